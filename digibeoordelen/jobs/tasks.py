"""What worker and beat do for every kind of job; each task can run twice."""

from __future__ import annotations

from collections.abc import Iterator

from celery import shared_task
from django.apps import apps

from .models import Job

SWEPT = 1000  # of a kind at a time


@shared_task
def run(label: str, pk: int) -> None:
    """Do one job of the model with this label, unless another worker holds it."""
    apps.get_model(label).objects.run(pk)


@shared_task
def sweep() -> None:
    """Start what is due: its pause is over, its worker died, or it could not be announced."""
    for model in _kinds():
        for pk in model.objects.due().order_by("pk").values_list("pk", flat=True)[:SWEPT]:
            model.announce(pk)


@shared_task
def purge() -> None:
    """Delete what need not be retained any longer."""
    for model in _kinds():
        model.objects.purge()


def _kinds() -> Iterator[type[Job]]:
    return (model for model in apps.get_models() if issubclass(model, Job))
