"""The Celery application. `CELERY_IMPORTS` names the modules with tasks; the outbox has a `tasks.py`."""

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

TRANSPORT_ALIASES["filesystem"] = "digibeoordelen.file_broker:Transport"  # kombu's own loses messages

app = Celery("digibeoordelen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def make_queue_folders(sender: Celery, **kwargs: object) -> None:
    """The filesystem broker of the embedded mode expects its folders to exist."""
    for folder in (sender.conf.broker_transport_options or {}).values():
        if isinstance(folder, str):
            Path(folder).mkdir(parents=True, exist_ok=True)


@worker_init.connect
@beat_init.connect
def refuse_misconfiguration(**kwargs: object) -> None:
    """Worker and beat stop where the site does: Celery runs the system checks, but goes on after an error."""
    try:
        call_command("check", stdout=io.StringIO())
    except SystemCheckError as error:
        raise SystemExit(str(error)) from error


@worker_process_init.connect
def leave_what_stays_out_of_garbage_collection(**kwargs: object) -> None:
    """What is loaded by now lives as long as the process: looking through it anew took a tenth of a mail's time."""
    gc.collect()
    gc.freeze()
