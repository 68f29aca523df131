"""Celery tasks of the address book."""

from celery import shared_task


@shared_task
def forget_imports() -> None:
    """Deletes files that were handed in a while ago, imported or not."""
    from .models import Import

    Import.objects.forget_old()
