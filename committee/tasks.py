"""Celery tasks of the committee: each takes an id and can run twice."""

from celery import shared_task


@shared_task
def finalise_batch(batch_id: int) -> None:
    """Makes final, or proposes, what a member chose together."""
    from .finalise_batch import work

    work(batch_id)


@shared_task
def sweep_final_batches() -> None:
    """Starts what a crash left: batches that wait and that nobody is at."""
    from .finalise_batch import waiting_ids

    for batch_id in waiting_ids():
        finalise_batch.delay(batch_id)


@shared_task
def forget_final_batches() -> None:
    """Deletes batches that ended a while ago."""
    from .batch import FinalBatch

    FinalBatch.objects.forget_old()
