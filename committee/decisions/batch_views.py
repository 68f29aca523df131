"""'Meer tegelijk afronden': confirm, start and follow a batch that was selected in the list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from assessments.models import Assessment
from assessments.request_data import is_part
from committee.access import get_schools, page_url
from committee.delivery import delivery
from committee.delivery.forms import OfficeForm
from committee.models import FinalBatch

from . import batch_job
from .batch import MAX_BATCH, Selected, plan
from .batch_job import Outcome, progress

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SELECTED = re.compile(
    f"(?P<id>{_UUID}):(?P<version>[0-9]{{1,9}}):(?P<step>voordragen|afronden)(:(?P<proposal>[0-9]{{1,18}}))?"
)


@dataclass(frozen=True)
class Submission:
    """A posted selection; `problem` is the reason to refuse it, or ''."""

    selected: list[Selected]
    form: OfficeForm | None = None
    problem: str = ""

    @property
    def exam_office_email(self) -> str:
        """The address once it is valid, else ''."""
        return self.form.exam_office_email if self.form and self.form.is_valid() else ""


@require_POST
def confirm_batch(request: UserRequest) -> HttpResponse:
    """Show what would be done and what is skipped; changes nothing."""
    return _confirm(request, _read_submission(request))


@require_POST
def start_batch(request: UserRequest) -> HttpResponse:
    """Start the confirmed batch and redirect to its progress."""
    submission = _read_submission(request)
    if not submission.exam_office_email:
        return _confirm(request, submission)
    form_id = request.POST.get("formulier", "")
    batch = batch_job.start(
        selected=submission.selected,
        school=submission.selected[0].assessment.school,
        by=request.user,
        exam_office_email=submission.exam_office_email,
        form_id=UUID(form_id) if re.fullmatch(_UUID, form_id) else None,
    )
    return redirect(reverse("committee:final_batch", args=[batch.public_id], query=request.GET))


def _confirm(request: UserRequest, submission: Submission) -> HttpResponse:
    if submission.problem:
        messages.warning(request, submission.problem)
        return redirect(page_url(request, "committee:afnames"))
    context = {
        "plan": plan(submission.selected, by=request.user, exam_office_email=submission.exam_office_email),
        "form": submission.form,
        "form_id": uuid4(),
    }
    return render(request, "committee/decisions/confirm_batch.html", context)


def _read_submission(request: UserRequest) -> Submission:
    """Read the selection and the exam office; the list's bar may leave the office open for the confirmation."""
    get_schools(request.user)
    selected = _selected(request)
    committees = {choice.assessment.committee for choice in selected}
    if not selected:
        return Submission([], problem="Kies ten minste één beoordeling.")
    if len(selected) > MAX_BATCH:
        return Submission([], problem=f"Kies hooguit {MAX_BATCH} beoordelingen tegelijk.")
    if len(committees) > 1:
        return Submission([], problem="Kies beoordelingen van één examencommissie tegelijk.")
    is_open = not request.POST.get("office") and "email" not in request.POST
    form = OfficeForm(
        None if is_open else request.POST,
        committee=committees.pop(),
        exams={choice.assessment.exam_id for choice in selected},
    )
    return Submission(selected, form)


def _selected(request: UserRequest) -> list[Selected]:
    """Return the ticked assessments; invalid values are ignored."""
    matches = [match for text in request.POST.getlist("afname") if (match := _SELECTED.fullmatch(text))]
    by_id = {match["id"]: match for match in matches}
    queryset = Assessment.objects.for_committee(request.user).filter(public_id__in=by_id)
    assessments = queryset.for_pages().order_by("status_since", "pk")
    return [_as_ticked(assessment, by_id[str(assessment.public_id)]) for assessment in assessments]


def _as_ticked(assessment: Assessment, match: re.Match[str]) -> Selected:
    proposal = int(match["proposal"]) if match["proposal"] else None
    return Selected(assessment, int(match["version"]), proposing=match["step"] == "voordragen", proposal=proposal)


_OF_ITEM = ("batch", "proposal", "assessment__student__user", "assessment__exam", "assessment__unit")


@require_GET
def final_batch(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show the progress, polled by htmx until it is done, and then the outcome of each item."""
    batch = get_object_or_404(FinalBatch.objects.visible_to(request.user).select_related("school"), public_id=public_id)
    visible = Assessment.objects.for_committee(request.user).order_by()
    items = batch.items.filter(assessment__in=visible).select_related(*_OF_ITEM) if batch.finished_at else []
    if batch.finished_at and not batch.seen_at:
        FinalBatch.objects.filter(pk=batch.pk).update(seen_at=timezone.now())
    sending = delivery.read_deliveries([item.assessment for item in items if item.outcome == Outcome.FINAL])
    context = {
        "batch": batch,
        "progress": progress(batch),
        "skipped": [(item.assessment, item.reason) for item in items if item.outcome == Outcome.REFUSED],
        "done": [(item, sending.of(item)) for item in items if item.outcome != Outcome.REFUSED],
        "deliveries": sending,
    }
    template = "_final_batch_progress" if is_part(request) else "final_batch"
    return render(request, f"committee/decisions/{template}.html", context)
