"""'Meer tegelijk afronden': choosing, confirming what will happen to whom, and doing it."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
AFTER = "vanaf"  # in the address: the key that these come after; the list has keys of its own
_SELECTED = re.compile(
    "(?P<id>[0-9a-f-]{36}):(?P<version>[0-9]{1,9}):(?P<step>voordragen|afronden)(:(?P<proposal>[0-9]{1,18}))?"
)


@dataclass(frozen=True)
class Submission:
    """What was sent: the ticked ones of one school, where their PDFs go, and what is wrong with it, if something is."""

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
    """To choose from the longest waiting ones of the search that is in the address; posted, as it was selected."""
    return _choose(request, _read_submission(request))


@require_POST
def confirm_batch(request: UserRequest) -> HttpResponse:
    """Changes nothing: says what would happen to whom, and what can't any more."""
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
    """What was confirmed, each as far as it is still as it was shown; its page says what became of each."""
    submission = _read_submission(request)
    if not submission.is_complete:
        return _choose(request, submission)
    form_id = next(iter(_uuids([request.POST.get("formulier", "")])), None)
    batch = batch_job.start(
        selected=submission.selected,
        school=submission.school,
        by=request.user,
        exam_office_email=submission.form.exam_office_email,
        form_id=form_id,
    )
    return redirect(reverse("committee:final_batch", args=[batch.public_id], query=request.GET))


def _choose(request: UserRequest, submission: Submission) -> HttpResponse:
    changed = [one.assessment for one in submission.selected if one.assessment.version != one.version]
    problem = submission.problem
    if changed:
        names = ", ".join(one.student.user.full_name for one in changed)
        problem = f"Intussen gewijzigd, en daarom niet meer aangevinkt: {names}."
    ticked = {one.assessment.pk for one in submission.selected if one.assessment not in changed}
    found = find_candidates(
        get_search(request),
        school=submission.school,
        after=read_key(request.GET.get(AFTER, "")),
        selected=ticked,
    )
    form = submission.form
    if not form.is_bound:
        exams = {one.assessment.exam_id for one in found.candidates if not one.obstacle}
        form = OfficeForm(school=submission.school, exams=exams)
    context = {
        "found": found.candidates,
        "following": write_key(found.following) if found.following else "",
        "waiting_for_others": found.waiting_for_others,
        "max_batch": MAX_BATCH,
        "batches": FinalBatch.objects.visible_to(request.user).filter(school=submission.school)[:BATCHES_SHOWN],
        "school": submission.school,
        "schools": submission.schools,
        "form": form,
        "problem": problem,
    }
    return render(request, "committee/decisions/finalise_batch.html", context)


def _read_submission(request: UserRequest) -> Submission:
    school, schools = _school(request)
    form = OfficeForm(request.POST or None, school=school)
    if request.method == "GET":
        return Submission(school, schools, form, [])
    selected = _selected(request, school)
    problem = "" if selected else "Kies ten minste één beoordeling."
    if len(selected) > MAX_BATCH:
        selected, problem = [], f"Kies hooguit {MAX_BATCH} beoordelingen tegelijk."
    return Submission(school, schools, form, selected, problem)


def _school(request: UserRequest) -> tuple[School, list[School]]:
    """The school whose offices can be selected: one at a time; 404 for someone who is in no committee."""
    schools = list(get_schools(request.user))
    submission = request.GET.get("school", "")
    return next((school for school in schools if str(school.pk) == submission), schools[0]), schools


def _selected(request: UserRequest, school: School) -> list[Selected]:
    """Those that were ticked, each as it was shown; what is no such thing is passed over."""
    matches = [match for text in request.POST.getlist("afname") if (match := _SELECTED.fullmatch(text))]
    submission = {match["id"]: match for match in matches}
    mine = Assessment.objects.for_committee(request.user).filter(school=school)
    found = mine.filter(public_id__in=_uuids(submission)).for_pages().order_by("status_since", "pk")
    return [_as_ticked(one, submission[str(one.public_id)]) for one in found]


def _as_ticked(assessment: Assessment, match: re.Match[str]) -> Selected:
    proposal = int(match["proposal"]) if match["proposal"] else None
    return Selected(assessment, int(match["version"]), proposing=match["step"] == "voordragen", proposal=proposal)


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


_OF_ITEM = ("batch", "proposal", "assessment__student__user", "assessment__exam", "assessment__unit")


@require_GET
def final_batch(request: UserRequest, public_id: UUID) -> HttpResponse:
    """How far it is, which asks for itself again until it is done; then what became of each, and why."""
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
    return render(
        request, f"committee/decisions/{'_final_batch_progress' if is_part(request) else 'final_batch'}.html", context
    )
