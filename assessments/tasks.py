"""Celery tasks of the assessments: each takes an id and can run twice."""

from celery import shared_task


@shared_task
def render_document(document_id: int) -> None:
    """Makes a final result's PDF and queues its mail."""
    from . import documents

    documents.make(document_id)


@shared_task
def send_planned_reminders() -> None:
    """Sends the reminders whose time has come, in office hours."""
    from . import remind_on_time

    remind_on_time.send_due()


@shared_task
def sweep_documents() -> None:
    """Starts what a crash left: documents that are pending and that nobody is making. What was sent is done with."""
    from . import documents
    from .models import MailAbout

    MailAbout.objects.forget_delivered()
    for document_id in documents.pending_ids():
        render_document.delay(document_id)


@shared_task
def make_own_data(request_id: int) -> None:
    """Makes the file with everything about one student."""
    from . import own_data

    own_data.make(request_id)


@shared_task
def sweep_own_data() -> None:
    """Starts what a crash left: files that were asked for and that nobody is making."""
    from . import own_data

    for request_id in own_data.waiting_ids():
        make_own_data.delay(request_id)


@shared_task
def work_on_dates(import_id: int) -> None:
    """Reads a long list of students' dates, or imports what was shown of it."""
    from accounts.importing.job import work

    from .models import DatesImport

    work(DatesImport, import_id)


@shared_task
def sweep_dates() -> None:
    """Starts what a crash left: lists that wait and that nobody is at."""
    from accounts.importing.job import waiting_ids

    from .models import DatesImport

    for import_id in waiting_ids(DatesImport):
        work_on_dates.delay(import_id)


@shared_task
def forget_dates() -> None:
    """Deletes lists that were handed in a while ago, imported or not."""
    from .models import DatesImport

    DatesImport.objects.forget_old()


@shared_task
def erase_due() -> None:
    """The night's work: erases what need not be kept any more, at every school."""
    from . import erase

    erase.erase_due()
    erase.tidy_up()
