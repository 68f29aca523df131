"""The Celery application; tasks live in each app's `tasks.py`."""

import os
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digibeoordelen.settings")

app = Celery("digibeoordelen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_queue_folders(sender: Celery, **kwargs: object) -> None:
    """The filesystem broker of the embedded mode expects its folders to exist."""
    for folder in (sender.conf.broker_transport_options or {}).values():
        if isinstance(folder, str):
            Path(folder).mkdir(parents=True, exist_ok=True)
