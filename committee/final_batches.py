"""'Meer tegelijk afronden' while a worker is at it, and what came of it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from assessments.request_data import is_part

from . import deliveries
from .batch import FinalBatch, FinalBatchItem
from .finalise_batch import progress

Outcome = FinalBatchItem.Outcome
_OF_ITEM = ("batch", "proposal", "assessment__student__user", "assessment__exam", "assessment__unit")


@require_GET
def final_batch(request: UserRequest, public_id: UUID) -> HttpResponse:
    """How far it is, which asks for itself again until it is done; then what became of each, and why."""
    batch = get_object_or_404(FinalBatch.objects.visible_to(request.user).select_related("school"), public_id=public_id)
    items = list(batch.items.select_related(*_OF_ITEM)) if batch.finished_at else []
    if batch.finished_at and not batch.seen_at:
        FinalBatch.objects.filter(pk=batch.pk).update(seen_at=timezone.now())
    sending = deliveries.read([item.assessment for item in items if item.outcome == Outcome.FINAL])
    context = {
        "batch": batch,
        "progress": progress(batch),
        "left_out": [(item.assessment, item.reason) for item in items if item.outcome == Outcome.REFUSED],
        "done": [(item, sending.of(item)) for item in items if item.outcome != Outcome.REFUSED],
        "deliveries": sending,
    }
    return render(request, f"committee/final_batch{'_state' if is_part(request) else ''}.html", context)
