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
from committee.models import FinalBatch, FinalBatchItem
from committee.search import get_search

from . import batch_job
from .batch import MAX_BATCH, Chosen, find, plan
from .batch_job import progress

FOUND_BACK = 5  # batches on the page
AFTER = "vanaf"  # in the address: the key that these come after; the list has keys of its own
_CHOSEN = re.compile(
    "(?P<id>[0-9a-f-]{36}):(?P<version>[0-9]{1,9}):(?P<step>voordragen|afronden)(:(?P<proposal>[0-9]{1,18}))?"
)


@dataclass(frozen=True)
class Asked:
    """What was sent: the ticked ones of one school, where their PDFs go, and what is wrong with it, if something is."""

    school: School
    schools: list[School]
    form: OfficeForm
    chosen: list[Chosen]
    problem: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.chosen) and not self.problem and self.form.is_valid()


@require_http_methods(["GET", "POST"])
def finalise_many(request: UserRequest) -> HttpResponse:
    """To choose from the longest waiting ones of the search that is in the address; posted, as it was chosen."""
    return _choose(request, _asked(request))


@require_POST
def confirm_many(request: UserRequest) -> HttpResponse:
    """Changes nothing: says what would happen to whom, and what can't any more."""
    asked = _asked(request)
    if not asked.is_complete:
        return _choose(request, asked)
    office = asked.form.exam_office_email
    context = {
        "plan": plan(asked.chosen, by=request.user, exam_office_email=office),
        "form": asked.form,
        "form_id": uuid4(),
    }
    return render(request, "committee/decisions/confirm_many.html", context)


@require_POST
def make_many_final(request: UserRequest) -> HttpResponse:
    """What was confirmed, each as far as it is still as it was shown; its page says what became of each."""
    asked = _asked(request)
    if not asked.is_complete:
        return _choose(request, asked)
    form_id = next(iter(_uuids([request.POST.get("formulier", "")])), None)
    batch = batch_job.start(
        chosen=asked.chosen,
        school=asked.school,
        by=request.user,
        exam_office_email=asked.form.exam_office_email,
        form_id=form_id,
    )
    return redirect(reverse("committee:final_batch", args=[batch.public_id], query=request.GET))


def _choose(request: UserRequest, asked: Asked) -> HttpResponse:
    changed = [one.assessment for one in asked.chosen if one.assessment.version != one.version]
    problem = asked.problem
    if changed:
        names = ", ".join(one.student.user.full_name for one in changed)
        problem = f"Intussen gewijzigd, en daarom niet meer aangevinkt: {names}."
    ticked = {one.assessment.pk for one in asked.chosen if one.assessment not in changed}
    found = find(
        get_search(request),
        school=asked.school,
        after=read_key(request.GET.get(AFTER, "")),
        chosen=ticked,
    )
    form = asked.form
    if not form.is_bound:
        exams = {one.assessment.exam_id for one in found.candidates if not one.obstacle}
        form = OfficeForm(school=asked.school, exams=exams)
    context = {
        "found": found.candidates,
        "following": write_key(found.following) if found.following else "",
        "waiting_for_others": found.waiting_for_others,
        "most": MAX_BATCH,
        "batches": FinalBatch.objects.visible_to(request.user).filter(school=asked.school)[:FOUND_BACK],
        "school": asked.school,
        "schools": asked.schools,
        "form": form,
        "problem": problem,
    }
    return render(request, "committee/decisions/finalise_many.html", context)


def _asked(request: UserRequest) -> Asked:
    school, schools = _school(request)
    form = OfficeForm(request.POST or None, school=school)
    if request.method == "GET":
        return Asked(school, schools, form, [])
    chosen = _chosen(request, school)
    problem = "" if chosen else "Kies ten minste één beoordeling."
    if len(chosen) > MAX_BATCH:
        chosen, problem = [], f"Kies hooguit {MAX_BATCH} beoordelingen tegelijk."
    return Asked(school, schools, form, chosen, problem)


def _school(request: UserRequest) -> tuple[School, list[School]]:
    """The school whose offices can be chosen: one at a time; 404 for someone who is in no committee."""
    schools = list(get_schools(request.user))
    asked = request.GET.get("school", "")
    return next((school for school in schools if str(school.pk) == asked), schools[0]), schools


def _chosen(request: UserRequest, school: School) -> list[Chosen]:
    """Those that were ticked, each as it was shown; what is no such thing is passed over."""
    matches = [match for text in request.POST.getlist("afname") if (match := _CHOSEN.fullmatch(text))]
    asked = {match["id"]: match for match in matches}
    mine = Assessment.objects.for_committee(request.user).filter(school=school)
    found = mine.filter(public_id__in=_uuids(asked)).for_pages().order_by("status_since", "pk")
    return [_as_ticked(one, asked[str(one.public_id)]) for one in found]


def _as_ticked(assessment: Assessment, match: re.Match[str]) -> Chosen:
    proposal = int(match["proposal"]) if match["proposal"] else None
    return Chosen(assessment, int(match["version"]), proposing=match["step"] == "voordragen", proposal=proposal)


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


Outcome = FinalBatchItem.Outcome
_OF_ITEM = ("batch", "proposal", "assessment__student__user", "assessment__exam", "assessment__unit")


@require_GET
def final_batch(request: UserRequest, public_id: UUID) -> HttpResponse:
    """How far it is, which asks for itself again until it is done; then what became of each, and why."""
    batch = get_object_or_404(FinalBatch.objects.visible_to(request.user).select_related("school"), public_id=public_id)
    items = list(batch.items.select_related(*_OF_ITEM)) if batch.finished_at else []
    if batch.finished_at and not batch.seen_at:
        FinalBatch.objects.filter(pk=batch.pk).update(seen_at=timezone.now())
    sending = delivery.read([item.assessment for item in items if item.outcome == Outcome.FINAL])
    context = {
        "batch": batch,
        "progress": progress(batch),
        "left_out": [(item.assessment, item.reason) for item in items if item.outcome == Outcome.REFUSED],
        "done": [(item, sending.of(item)) for item in items if item.outcome != Outcome.REFUSED],
        "deliveries": sending,
    }
    return render(
        request, f"committee/decisions/{'_final_batch_state' if is_part(request) else 'final_batch'}.html", context
    )
