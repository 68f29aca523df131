"""The Celery application; modules with tasks are `tasks.py` of an app and those in `CELERY_IMPORTS`."""

import gc
import io
import os
from pathlib import Path

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digibeoordelen.settings")

# Kombu's own lose messages, and end the worker when Redis restarts.
TRANSPORT_ALIASES["filesystem"] = "digibeoordelen.brokers.files:Transport"
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "digibeoordelen.brokers.redis:Transport"

app = Celery("digibeoordelen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_queue_folders(sender: Celery, **kwargs: object) -> None:
    """Make the folders of the embedded mode's filesystem broker."""
    for folder in (sender.conf.broker_transport_options or {}).values():
        if isinstance(folder, str):
            Path(folder).mkdir(parents=True, exist_ok=True)


@worker_init.connect
@beat_init.connect
def refuse_misconfiguration(**kwargs: object) -> None:
    """Stop worker and beat on a failed system check, which Celery only prints."""
    try:
        call_command("check", stdout=io.StringIO())
    except SystemCheckError as error:
        raise SystemExit(str(error)) from error


@worker_process_init.connect
def freeze_loaded_objects(**kwargs: object) -> None:
    """Exclude loaded modules from garbage collection, which took a tenth of a mail's time."""
    gc.collect()
    gc.freeze()
