"""'Toepassen op meer studenten': the page that lists them, and doing it."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest

from . import asked, lifecycle
from .apply import apply_to_all, same_unit
from .group import Outcome, read_group
from .initiator import get_assessment
from .models import Assessment
from .overview import all_choices
from .start import MAX_TOGETHER
from .together import ask, seen_versions, together_url


@require_GET
def more_students(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    return _page(request, assessment, ticked=asked.public_ids(request.GET, "beoordeling"))


def _page(request: UserRequest, assessment: Assessment, *, ticked: list[UUID]) -> HttpResponse:
    choices = all_choices(assessment)
    examiners_url = reverse("assessments:examiners", args=[assessment.public_id])
    if not choices:
        messages.info(request, "Kies eerst een examinator.")
        return redirect(examiners_url)
    members = read_group(list(same_unit(assessment, user=request.user).running())).members
    context = {
        "assessment": assessment,
        "choices": choices,
        "rows": [(member, member.assessment.public_id in ticked) for member in members],
        "examiners_url": examiners_url,
    }
    return render(request, "assessments/more_students.html", context)


@require_POST
def apply(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Toepassen' to the ticked; whose work would no longer count is asked about, the others go on at once."""
    assessment = get_assessment(request.user, public_id)
    chosen = _ticked(request, assessment, "beoordeling")
    everyone = list(dict.fromkeys([*_ticked(request, assessment, "samen"), *chosen]))
    try:
        _refuse_wrong_number(chosen)
        outcome = apply_to_all(
            source=assessment,
            version=asked.number(request.POST, "version") or 0,
            assessments=chosen,
            versions=seen_versions(chosen, request.POST),
            by=request.user,
            asked_about=asked.numbers(request.POST, "weg"),
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return _page(request, assessment, ticked=[other.public_id for other in chosen])
    if outcome.done:
        messages.success(request, f"De keuzes zijn toegepast op {outcome.done_names}.")
    for refused in outcome.refused:
        messages.error(request, refused)
    return _go_on(request, assessment, everyone, outcome)


def _ticked(request: UserRequest, assessment: Assessment, name: str) -> list[Assessment]:
    """The assessments of the same unit that stand under `name`; 404 when one is not the docent's."""
    wanted = asked.public_ids(request.POST, name)
    found = list(same_unit(assessment, user=request.user).filter(public_id__in=wanted))
    if len(found) != len(wanted):
        raise Http404
    return found


def _refuse_wrong_number(chosen: list[Assessment]) -> None:
    if not chosen:
        raise lifecycle.DomainError("Vink eerst aan op wie u het wilt toepassen.")
    if len(chosen) >= MAX_TOGETHER:
        raise lifecycle.DomainError(f"U kunt dit op hooguit {MAX_TOGETHER - 1} studenten tegelijk toepassen.")


def _go_on(request: UserRequest, assessment: Assessment, everyone: list[Assessment], outcome: Outcome) -> HttpResponse:
    """To the confirmation where someone must be asked about, else to all of these students together."""
    if not outcome.to_ask:
        return redirect(together_url("together", assessment.unit, [assessment, *everyone]))
    again = urlencode([("beoordeling", other.public_id) for other, _ in outcome.to_ask])
    back = f"{reverse('assessments:more_students', args=[assessment.public_id])}?{again}"
    sentence = f"U past de keuzes voor {assessment.student.user.full_name} toe op meer studenten."
    return ask(request, outcome, everyone, sentence=sentence, cancel_url=back)
