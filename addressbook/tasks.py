"""Celery tasks of the address book: each takes an id and can run twice."""

from celery import shared_task


@shared_task
def work_on_import(import_id: int) -> None:
    """Reads a large file, or imports what was shown of it."""
    from .importing import background

    background.work(import_id)


@shared_task
def sweep_imports() -> None:
    """Starts what a crash left: imports that wait and that nobody is at."""
    from .importing import background

    for import_id in background.waiting_ids():
        work_on_import.delay(import_id)


@shared_task
def forget_imports() -> None:
    """Deletes files that were handed in a while ago, imported or not."""
    from .models import Import

    Import.objects.forget_old()
