"""'Examinatoren kiezen voor N studenten': one choice and one message for several assessments of a unit.

Which ones stands in the address and in each form (`beoordeling=`, repeated: their public ids).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import User
from addressbook.forms import ContactForm
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from addressbook.picker import picker_lists
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit

from . import asked, couple, group
from .attachments import keep_files
from .forms import TogetherMessageForm
from .initiator import get_unit
from .invite_group import invite_for_all
from .losses import read_losses
from .mails import together_context
from .models import Assessment
from .overview import finer_choices, named
from .sending import page_with, sending_in_unit
from .start import MAX_TOGETHER


def together_url(
    name: str, unit: ExamUnit, assessments: Iterable[Assessment], target: couple.Target = group.WHOLE_EXAM
) -> str:
    """The address of the page `name` for these assessments, and for `target` where one chooses."""
    chosen = QueryDict(mutable=True)
    chosen.setlist("beoordeling", [str(assessment.public_id) for assessment in assessments])
    chosen.update(asked.of_target(target))
    return f"{reverse(f'assessments:{name}', args=[unit.pk])}?{chosen.urlencode()}"


def get_assessments(user: User, unit: ExamUnit, data: QueryDict, name: str = "beoordeling") -> list[Assessment]:
    """The named assessments of this unit, all of one school, that the docent may change; else 404."""
    wanted = asked.public_ids(data, name)
    of_unit = Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)
    found = list(
        of_unit.for_pages().filter(public_id__in=wanted[: MAX_TOGETHER + 1]).order_by("student__sort_key", "pk")
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
    if "beoordeling" not in request.GET:
        return redirect("assessments:unit_list", unit.pk)
    assessments = get_assessments(request.user, unit, request.GET)
    found = group.read_group(assessments)
    return _page(
        request,
        "together",
        unit,
        assessments,
        group=found,
        work_processes=group.read_parts(assessments, unit).items(),
        finer=finer_choices(assessments, group.WHOLE_EXAM),
        pick_url=together_url("pick_together", unit, assessments),
        per_student_url=together_url("per_student", unit, assessments),
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
    target, ticked = asked.target(unit.pk, data), _ticked(assessments, data)
    shared = group.chosen_at(assessments, target)
    if request.method == "GET":
        ticked = list(dict.fromkeys([*shared.contacts, *ticked]))
    query = data.get("q", "")
    context = {
        "target": target,
        "differs": shared.differs,
        "query": query,
        "finer": finer_choices(assessments, target),
        "replace_finer": "ook_daar" in data,
        "add_url": together_url("add_contact_together", unit, assessments, target),
        **picker_lists(school=assessments[0].school, query=query, chosen=ticked),
    }
    return _page(request, "pick_together", unit, assessments, **context)


@require_http_methods(["GET", "POST"])
def add_contact_together(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Contactpersoon opslaan': adds an examiner by hand and goes back to the picker, ticked."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    pick_url = together_url("pick_together", unit, assessments, asked.target(unit.pk, request.GET))
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
    """'Overnemen' for all; whose work would no longer count is asked about, the others go on at once."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    target, ticked = asked.target(unit.pk, request.POST), _ticked(assessments, request.POST)
    everyone = get_assessments(request.user, unit, request.POST, "samen") if "samen" in request.POST else assessments
    outcome = group.choose_for_all(
        assessments=assessments,
        contacts=ticked,
        versions=seen_versions(assessments, request.POST),
        by=request.user,
        target=target,
        replace_finer="ook_daar" in request.POST,
        asked_about=asked.numbers(request.POST, "weg"),
    )
    if outcome.done:
        messages.success(request, f"Gekozen voor {target} van {outcome.done_names}: {named(ticked)}.")
    _tell_refused(request, outcome)
    if outcome.to_ask:
        pick_url = reverse("assessments:pick_together", args=[unit.pk])
        return ask(
            request, outcome, everyone, sentence=f"U kiest voor {target}: {named(ticked)}.", cancel_action=pick_url
        )
    return redirect(together_url("together", unit, everyone) + asked.anchor(target))


def seen_versions(assessments: Iterable[Assessment], data: QueryDict) -> dict[int, int]:
    """An assessment's id → the version of it that the form was made from (`versie-…`)."""
    return {a.pk: version for a in assessments for version in asked.numbers(data, f"versie-{a.pk}")}


def ask(request: UserRequest, outcome: group.Outcome, everyone: Iterable[Assessment], **page: Any) -> HttpResponse:
    """'Toch weghalen' for those of whom work would no longer count: the same form once more, for them alone.

    `everyone` (`samen=`) is where it goes on to afterwards.
    """
    context = {
        "students": read_losses(outcome.to_ask),
        "fields": asked.again(
            request.POST,
            beoordeling=[assessment.public_id for assessment, _ in outcome.to_ask],
            samen=[assessment.public_id for assessment in everyone],
            weg=[a.pk for _, loses in outcome.to_ask for a in loses.assignments],
        ),
        **page,
    }
    return render(request, "assessments/take_off.html", context)


@require_GET
def message_together(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    return _message_page(request, unit, assessments, None, TogetherMessageForm())


def _message_page(
    request: UserRequest,
    unit: ExamUnit,
    assessments: list[Assessment],
    ticked: list[Contact] | None,
    form: TogetherMessageForm,
    sent: Sequence[OutgoingMail] = (),
) -> HttpResponse:
    """The message, to `ticked` (None: to everyone who can be invited), where `sent` are on their way already."""
    found = group.read_group(assessments)
    invitable = found.invitable
    if not invitable:
        messages.info(request, "Iedereen die gekozen is, is al uitgenodigd.")
        return redirect(together_url("together", unit, assessments))
    rows = [(contact, of_contact, ticked is None or contact in ticked) for contact, of_contact in invitable]
    # Whose message stands on the screen: with a button per student, where there is such a one.
    reader, students = max(invitable, key=lambda row: len(row[1]))
    shown = together_context([(assessment, "") for assessment in students], by=request.user)
    context = {
        "rows": rows,
        "covered": len(assessments) - len(found.left_out),
        "left_out": found.left_out,
        "form": form,
        "assessment": students[0],
        "reader": reader,
        "sending": sending_in_unit(unit, [mail.pk for mail in sent], by=request.user),
        **shown,
    }
    return _page(request, "message_together", unit, assessments, **context)


@require_POST
def send_together(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Uitnodiging(en) verzenden' to the ticked examiners: one mail each, or one for each student."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    ticked = _ticked(assessments, request.POST)
    form = TogetherMessageForm(request.POST, request.FILES)
    if not ticked:
        messages.error(request, "Kies eerst wie u wilt uitnodigen.")
    if not ticked or not form.is_valid():
        return _message_page(request, unit, assessments, ticked, form)
    outcome = invite_for_all(
        assessments=assessments,
        contacts=ticked,
        by=request.user,
        one_mail=form.one_mail,
        versions=seen_versions(assessments, request.POST),
        remark=form.cleaned_data["remark"],
        attachments=keep_files(form.cleaned_data["attachments"]),
    )
    if not outcome.done and not outcome.refused:
        messages.info(request, "Iedereen die u koos, is al uitgenodigd.")
    _tell_refused(request, outcome)
    if nobody := group.read_group(assessments).without_examiner:
        messages.info(request, f"Nog geen examinator gekozen, en daarom niet uitgenodigd: {group.names_of(nobody)}.")
    left = get_assessments(request.user, unit, _only(request.POST, outcome.left)) if outcome.left else []
    if group.read_group(left).invitable:  # the remark stays for them
        return _message_page(request, unit, left, ticked, form, sent=outcome.mails)
    return redirect(page_with(reverse("assessments:unit_list", args=[unit.pk]), outcome.mails))


def _only(data: QueryDict, assessments: list[Assessment]) -> QueryDict:
    named = data.copy()
    named.setlist("beoordeling", [str(assessment.public_id) for assessment in assessments])
    return named


def _tell_refused(request: UserRequest, outcome: group.Outcome) -> None:
    for refused in outcome.refused:
        messages.error(request, refused)
