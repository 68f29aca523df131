"""Celery tasks of the address book: each takes an id and can run twice."""

from celery import shared_task


@shared_task
def work_on_import(import_id: int) -> None:
    """Reads a large file, or imports what was shown of it."""
    from accounts.importing.job import work

    from .models import Import

    work(Import, import_id)


@shared_task
def sweep_imports() -> None:
    """Starts what a crash left: imports that wait and that nobody is at."""
    from accounts.importing.job import waiting_ids

    from .models import Import

    for import_id in waiting_ids(Import):
        work_on_import.delay(import_id)


@shared_task
def forget_imports() -> None:
    """Deletes files that were handed in a while ago, imported or not."""
    from .models import Import

    Import.objects.forget_old()
