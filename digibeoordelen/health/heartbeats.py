"""Write the heartbeats: beat when it starts and at each publishing of the task, a worker when it starts and runs it.

That of the mailbox of bounces is written each time that it was read to the end.
"""

from celery import shared_task
from celery.signals import beat_init, before_task_publish, task_success, worker_ready
from django.db import close_old_connections, connection

from digibeoordelen.outbox.bounces.mailbox import read_bounces

from .models import Heartbeat

TASK = "digibeoordelen.health.heartbeats.note_worker"


@shared_task(name=TASK)
def note_worker() -> None:
    Heartbeat.note(Heartbeat.Process.WORKER)


@worker_ready.connect
def on_worker_ready(**kwargs: object) -> None:
    note_worker()
    connection.close()  # of the parent process: its children may not share it


@beat_init.connect
@before_task_publish.connect(sender=TASK)
def note_beat(**kwargs: object) -> None:
    """Only beat publishes the task; it does so also while the broker is gone."""
    if not connection.in_atomic_block:
        close_old_connections()  # the server may have been restarted since a minute ago
    Heartbeat.note(Heartbeat.Process.BEAT)


@task_success.connect(sender=read_bounces)
def note_mailbox(**kwargs: object) -> None:
    Heartbeat.note(Heartbeat.Process.MAILBOX)
