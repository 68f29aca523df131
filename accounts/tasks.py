"""Celery tasks of the accounts; each can run twice."""

from celery import shared_task


@shared_task
def clear_sessions() -> None:
    """Deletes the sessions that are over; a browser that is simply closed leaves one behind."""
    from django.core.management import call_command

    call_command("clearsessions")
