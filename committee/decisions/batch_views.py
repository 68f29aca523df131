"""'Meer tegelijk afronden': select, confirm, start and follow a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import School
from assessments.models import Assessment
from assessments.request_data import is_part
from committee.access import get_schools
from committee.assessment_list.page import read_key, write_key
from committee.delivery import delivery
from committee.delivery.forms import OfficeForm
from committee.models import FinalBatch
from committee.search import get_search

from . import batch_job
from .batch import MAX_BATCH, Selected, find_candidates, plan
from .batch_job import Outcome, progress

BATCHES_SHOWN = 5  # batches on the page
AFTER = "vanaf"  # the URL parameter with the key of the page; the list has others
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SELECTED = re.compile(
    f"(?P<id>{_UUID}):(?P<version>[0-9]{{1,9}}):(?P<step>voordragen|afronden)(:(?P<proposal>[0-9]{{1,18}}))?"
)


@dataclass(frozen=True)
class Submission:
    """A posted selection at one school; `problem` is an error text, or ''."""

    school: School
    schools: list[School]
    form: OfficeForm
    selected: list[Selected]
    problem: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.selected) and not self.problem and self.form.is_valid()


@require_http_methods(["GET", "POST"])
def finalise_batch(request: UserRequest) -> HttpResponse:
    """Select from the longest waiting ones of the search; a POST comes back from the confirmation."""
    return _choose(request, _read_submission(request))


@require_POST
def confirm_batch(request: UserRequest) -> HttpResponse:
    """Show what would be done and what is skipped; changes nothing."""
    submission = _read_submission(request)
    if not submission.is_complete:
        return _choose(request, submission)
    office = submission.form.exam_office_email
    context = {
        "plan": plan(submission.selected, by=request.user, exam_office_email=office),
        "form": submission.form,
        "form_id": uuid4(),
    }
    return render(request, "committee/decisions/confirm_batch.html", context)


@require_POST
def start_batch(request: UserRequest) -> HttpResponse:
    """Start the confirmed batch and redirect to its progress."""
    submission = _read_submission(request)
    if not submission.is_complete:
        return _choose(request, submission)
    form_id = request.POST.get("formulier", "")
    batch = batch_job.start(
        selected=submission.selected,
        school=submission.school,
        by=request.user,
        exam_office_email=submission.form.exam_office_email,
        form_id=UUID(form_id) if re.fullmatch(_UUID, form_id) else None,
    )
    return redirect(reverse("committee:final_batch", args=[batch.public_id], query=request.GET))


def _choose(request: UserRequest, submission: Submission) -> HttpResponse:
    changed = [choice.assessment for choice in submission.selected if choice.assessment.version != choice.version]
    problem = submission.problem
    if changed:
        names = ", ".join(assessment.student.user.full_name for assessment in changed)
        problem = f"Intussen gewijzigd, en daarom niet meer aangevinkt: {names}."
    ticked = {choice.assessment.pk for choice in submission.selected if choice.assessment not in changed}
    after = read_key(request.GET.get(AFTER, ""))
    page = find_candidates(get_search(request), school=submission.school, after=after, selected=ticked)
    form = submission.form
    if not form.is_bound:
        exams = {candidate.assessment.exam_id for candidate in page.candidates if not candidate.obstacle}
        form = OfficeForm(school=submission.school, exams=exams)
    context = {
        "candidates": page.candidates,
        "following": write_key(page.following) if page.following else "",
        "waiting_for_others": page.waiting_for_others,
        "max_batch": MAX_BATCH,
        "batches": FinalBatch.objects.visible_to(request.user).filter(school=submission.school)[:BATCHES_SHOWN],
        "school": submission.school,
        "schools": submission.schools,
        "form": form,
        "problem": problem,
    }
    return render(request, "committee/decisions/finalise_batch.html", context)


def _read_submission(request: UserRequest) -> Submission:
    """Read the selection, at the school of the URL or else the first; raise `Http404` without a school."""
    schools = list(get_schools(request.user))
    pk = request.GET.get("school", "")
    school = next((school for school in schools if str(school.pk) == pk), schools[0])
    form = OfficeForm(request.POST or None, school=school)
    if request.method == "GET":
        return Submission(school, schools, form, [])
    selected = _selected(request, school)
    problem = "" if selected else "Kies ten minste één beoordeling."
    if len(selected) > MAX_BATCH:
        selected, problem = [], f"Kies hooguit {MAX_BATCH} beoordelingen tegelijk."
    return Submission(school, schools, form, selected, problem)


def _selected(request: UserRequest, school: School) -> list[Selected]:
    """Return the ticked assessments; invalid values are ignored."""
    matches = [match for text in request.POST.getlist("afname") if (match := _SELECTED.fullmatch(text))]
    by_id = {match["id"]: match for match in matches}
    queryset = Assessment.objects.for_committee(request.user).filter(school=school, public_id__in=by_id)
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
    items = list(batch.items.select_related(*_OF_ITEM)) if batch.finished_at else []
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
