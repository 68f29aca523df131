"""The tasks of jobs; each is idempotent."""

from __future__ import annotations

from collections.abc import Iterator

from celery import shared_task
from django.apps import apps

from .models import Job

SWEPT = 1000  # of a kind at a time


@shared_task
def sweep() -> None:
    """Announce the jobs that are due: after a pause, a dead worker, or a broker that was gone."""
    for model in _kinds():
        for pk in model.objects.due_pks()[:SWEPT]:
            model.announce(pk)


@shared_task
def purge() -> None:
    for model in _kinds():
        model.objects.purge()


def _kinds() -> Iterator[type[Job]]:
    return (model for model in apps.get_models() if issubclass(model, Job))
