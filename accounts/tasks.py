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


@shared_task
def work_on_import(import_id: int) -> None:
    """Reads a long list of people, or imports what was shown of it."""
    from .importing.background import work
    from .models import PeopleImport

    work(PeopleImport, import_id)


@shared_task
def sweep_imports() -> None:
    """Starts what a crash left: lists that wait and that nobody is at."""
    from .importing.background import waiting_ids
    from .models import PeopleImport

    for import_id in waiting_ids(PeopleImport):
        work_on_import.delay(import_id)


@shared_task
def forget_imports() -> None:
    """Deletes lists that were handed in a while ago, imported or not."""
    from .models import PeopleImport

    PeopleImport.objects.forget_old()


@shared_task
def send_invitations() -> None:
    """Writes the mails of invitations that are wanted; also what a crash left."""
    from .people.invite import send_wanted

    send_wanted()
