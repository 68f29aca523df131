"""Celery tasks of the accounts: each can run twice."""

from celery import shared_task


@shared_task
def clear_sessions() -> None:
    """Deletes the sessions that are over; a browser that is simply closed leaves one behind."""
    from django.core.management import call_command

    call_command("clearsessions")


@shared_task
def forget_unconfirmed() -> None:
    """Deletes registrations and changes of address that nobody confirmed in time."""
    from . import change_email, register

    register.forget_unconfirmed()
    change_email.forget_old()
