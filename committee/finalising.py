"""'Afronden', of one assessment or of several, and 'Voordragen' where the school wants four eyes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import School
from accounts.signed_in import UserRequest
from assessments import view_log
from assessments.lifecycle import DomainError
from assessments.models import Assessment

from . import finalise as finalising
from . import finalise_batch
from .batch import FinalBatch
from .concerns import concerns
from .finalise_many import AT_ONCE, MAX_TOGETHER, Chosen, Done, candidates, finalise_all
from .forms import FinaliseForm
from .loading import address, get_afname, get_filter, get_schools
from .office_form import OfficeForm
from .reading import read

FOUND_BACK = 5  # batches on the page
_CHOSEN = re.compile(
    "(?P<id>[0-9a-f-]{36}):(?P<version>[0-9]{1,9}):(?P<step>voordragen|afronden)(:(?P<proposal>[0-9]{1,18}))?"
)


@require_http_methods(["GET", "POST"])
def finalise(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    return _step(request, assessment, finalising.finalise, _finalised)


@require_http_methods(["GET", "POST"])
def propose(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    if not assessment.school.four_eyes:
        return redirect(address(request, "committee:finalise", assessment))
    return _step(request, assessment, finalising.propose, _proposed, proposing=True)


def _step(
    request: UserRequest,
    assessment: Assessment,
    act: Callable[..., Any],
    said: Callable[[Assessment, str], str],
    *,
    proposing: bool = False,
) -> HttpResponse:
    """Shows what would be fixed and asks where the PDF goes; on a valid post it is done."""
    proposal = finalising.standing_proposal(assessment) if assessment.school.four_eyes else None
    proposed = proposal.exam_office_email if proposal else ""
    form = FinaliseForm(request.POST or None, assessment=assessment, by=request.user, proposed=proposed)
    try:
        finalising.refuse_if_final(assessment)
        if request.method == "POST" and form.is_valid():
            email, version = form.exam_office_email, form.cleaned_data["version"]
            act(assessment=assessment, by=request.user, exam_office_email=email, version=version)
            messages.success(request, said(assessment, email))
            return redirect(address(request, "committee:afname", assessment))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(address(request, "committee:afname", assessment))
    reading = read(assessment)
    if not reading.can_finalise:
        messages.error(request, "Deze beoordeling kan nog niet worden afgerond.")
        return redirect(address(request, "committee:afname", assessment))
    view_log.note(assessment, by=request.user, what=view_log.What.FINALISE)
    context = {
        "assessment": assessment,
        "reading": reading,
        "form": form,
        "concerns": list(concerns(reading.rubric, by=request.user)),
        "proposal": proposal,
        "proposing": proposing,
    }
    return render(request, "committee/finalise.html", context)


def _finalised(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"De beoordeling van {name} is definitief. De pdf wordt gemaakt en gemaild naar {email}."


def _proposed(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"U hebt de beoordeling van {name} voorgedragen. Een ander lid van de commissie rondt haar af."


@require_http_methods(["GET", "POST"])
def finalise_many(request: UserRequest) -> HttpResponse:
    """The longest waiting ones of the search that is in the address."""
    search = get_filter(request)
    school, schools = _school(request)
    form = OfficeForm(request.POST or None, school=school, by=request.user)
    chosen = _chosen(request, school) if request.method == "POST" else []
    problem = "" if chosen or request.method == "GET" else "Kies ten minste één beoordeling."
    if len(chosen) > MAX_TOGETHER:
        chosen, problem = [], f"Kies hooguit {MAX_TOGETHER} beoordelingen tegelijk."
    if chosen and form.is_valid():
        return _finalise_chosen(request, chosen, form)
    ticked = {one.assessment.pk for one in chosen if one.assessment.version == one.version}
    if len(ticked) < len(chosen):
        problem = "Wat u aanvinkte is deels intussen gewijzigd, en staat daarom niet meer aangevinkt."
    context = {
        "found": candidates(search.wanted, school=school, by=request.user, chosen=ticked),
        "most": MAX_TOGETHER,
        "form_id": _form_id(request) or uuid4(),
        "batches": FinalBatch.objects.visible_to(request.user).filter(school=school)[:FOUND_BACK],
        "school": school,
        "schools": schools,
        "form": form,
        "problem": problem,
    }
    return render(request, "committee/finalise_many.html", context)


def _finalise_chosen(request: UserRequest, chosen: list[Chosen], form: OfficeForm) -> HttpResponse:
    """A few at once; of more a list is written down for a worker, and its page shown."""
    email = form.exam_office_email
    if len(chosen) > AT_ONCE:
        batch = finalise_batch.start(
            chosen=chosen, school=form.school, by=request.user, exam_office_email=email, form_id=_form_id(request)
        )
        return redirect(reverse("committee:final_batch", args=[batch.public_id], query=request.GET))
    done = finalise_all(chosen=chosen, by=request.user, exam_office_email=email)
    _say(request, done)
    return redirect(address(request, "committee:finalise_many" if done.refused else "committee:afnames"))


def _form_id(request: UserRequest) -> UUID | None:
    """Tells a form that is sent twice from another."""
    return next(iter(_uuids([request.POST.get("formulier", "")])), None)


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


def _say(request: UserRequest, done: Done) -> None:
    if done.final:
        count = len(done.final)
        of = "beoordeling is" if count == 1 else "beoordelingen zijn"
        messages.success(request, f"{count} {of} definitief. De pdf's worden gemaakt en gemaild.")
    if done.proposed:
        count = len(done.proposed)
        messages.success(request, f"{count} voorgedragen. Een ander lid van de commissie rondt ze af.")
    for assessment, reason in done.refused:
        messages.error(request, f"{assessment.student.user.full_name}: {reason}")
