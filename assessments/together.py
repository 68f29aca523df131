"""'Examinatoren kiezen voor N studenten': one choice and one message for several assessments of a unit.

Which ones stands in the address and in each form (`beoordeling=`, repeated: their public ids).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.signed_in import UserRequest
from addressbook.forms import ContactForm
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from addressbook.picker import picker_lists
from exams.models import ExamUnit

from . import asked, group
from .attachments import keep_files
from .forms import MessageForm
from .initiator import get_unit
from .models import Assessment
from .start import MAX_TOGETHER


def together_url(name: str, unit: ExamUnit, assessments: Iterable[Assessment]) -> str:
    """The address of the page `name` for these assessments."""
    chosen = QueryDict(mutable=True)
    chosen.setlist("beoordeling", [str(assessment.public_id) for assessment in assessments])
    return f"{reverse(f'assessments:{name}', args=[unit.pk])}?{chosen.urlencode()}"


def get_assessments(user: User, unit: ExamUnit, data: QueryDict) -> list[Assessment]:
    """The named assessments of this unit, all of one school, that the docent may change; else 404."""
    wanted = asked.public_ids(data, "beoordeling")
    of_unit = Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)
    found = list(
        of_unit.for_pages()
        .filter(public_id__in=wanted[: MAX_TOGETHER + 1])
        .order_by("student__user__last_name", "student__user__first_name", "pk")
    )
    one_school = len({assessment.school_id for assessment in found}) == 1
    if not one_school or len(found) != len(wanted) or len(found) > MAX_TOGETHER:
        raise Http404
    return found


def _page(
    request: UserRequest, template: str, unit: ExamUnit, assessments: list[Assessment], **context: Any
) -> HttpResponse:
    context |= {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "assessments": assessments,
        "together_url": together_url("together", unit, assessments),
    }
    return render(request, f"assessments/{template}.html", context)


@require_GET
def together(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    found = group.read_group(assessments)
    return _page(
        request,
        "together",
        unit,
        assessments,
        group=found,
        pick_url=together_url("pick_together", unit, assessments),
        invite_url=together_url("message_together", unit, assessments) if found.invitable else "",
    )


def _ticked(assessments: list[Assessment], data: QueryDict) -> list[Contact]:
    """The ticked contacts of the address book, and who was chosen before and has left it since."""
    mine = Q(removed_at__isnull=True) | Q(couplings__assessment__in=assessments)
    return list(assessments[0].school.contacts.filter(mine, pk__in=asked.numbers(data, "examinator")).distinct())


@require_http_methods(["GET", "POST"])
def pick_together(request: UserRequest, unit_id: int) -> HttpResponse:
    """The address book as a picker; a POST is a search that keeps the ticks, and changes nothing."""
    unit = get_unit(request.user, unit_id)
    data = request.POST if request.method == "POST" else request.GET
    assessments = get_assessments(request.user, unit, data)
    ticked = _ticked(assessments, data)
    if request.method == "GET":
        ticked = list(dict.fromkeys([*group.chosen_for_unit(assessments), *ticked]))
    query = data.get("q", "")
    lists = picker_lists(school=assessments[0].school, query=query, chosen=ticked)
    add_url = together_url("add_contact_together", unit, assessments)
    return _page(request, "pick_together", unit, assessments, query=query, add_url=add_url, **lists)


@require_http_methods(["GET", "POST"])
def add_contact_together(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Contactpersoon opslaan': adds an examiner by hand and goes back to the picker, ticked."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    pick_url = together_url("pick_together", unit, assessments)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            contact = add_by_hand(school=assessments[0].school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(f"{pick_url}&examinator={contact.pk}")
    return _page(request, "add_contact_together", unit, assessments, form=form, pick_url=pick_url)


@require_POST
def take_over_together(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    ticked = _ticked(assessments, request.POST)
    seen = {a.pk: version for a in assessments for version in asked.numbers(request.POST, f"versie-{a.pk}")}
    outcome = group.choose_for_all(assessments=assessments, contacts=ticked, versions=seen, by=request.user)
    if outcome.done:
        names = ", ".join(contact.full_name for contact in ticked) or "niemand"
        messages.success(request, f"Gekozen voor het hele examen van {_named(outcome.done)}: {names}.")
    _tell_refused(request, outcome)
    return redirect(together_url("together", unit, assessments))


@require_GET
def message_together(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    return _message_page(request, unit, assessments, [], MessageForm())


def _message_page(
    request: UserRequest, unit: ExamUnit, assessments: list[Assessment], ticked: list[Contact], form: MessageForm
) -> HttpResponse:
    invitable = group.read_group(assessments).invitable
    if not invitable:
        messages.info(request, "Iedereen die gekozen is, is al uitgenodigd.")
        return redirect(together_url("together", unit, assessments))
    rows = [(contact, of_contact, contact in ticked) for contact, of_contact in invitable]
    first = invitable[0][1][0]
    return _page(request, "message_together", unit, assessments, rows=rows, form=form, assessment=first)


@require_POST
def send_together(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Uitnodiging(en) verzenden' to the ticked examiners, a mail for each student."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    ticked = _ticked(assessments, request.POST)
    form = MessageForm(request.POST, request.FILES)
    if not ticked:
        messages.error(request, "Kies eerst wie u wilt uitnodigen.")
    if not ticked or not form.is_valid():
        return _message_page(request, unit, assessments, ticked, form)
    outcome = group.invite_for_all(
        assessments=assessments,
        contacts=ticked,
        by=request.user,
        remark=form.cleaned_data["remark"],
        attachments=keep_files(form.cleaned_data["attachments"]),
    )
    if outcome.done:
        names = ", ".join(contact.full_name for contact in ticked)
        messages.success(request, f"De uitnodiging is verzonden aan {names}, voor {_named(outcome.done)}.")
    elif not outcome.refused:
        messages.info(request, "Iedereen die u koos, is al uitgenodigd.")
    _tell_refused(request, outcome)
    return redirect("assessments:unit_list", unit.pk)


def _tell_refused(request: UserRequest, outcome: group.Outcome) -> None:
    for refused in outcome.refused:
        messages.error(request, refused)


def _named(assessments: list[Assessment]) -> str:
    return ", ".join(assessment.student.user.full_name for assessment in assessments)
