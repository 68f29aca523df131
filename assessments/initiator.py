"""The initiator's screens (source text, part A, and 'Beoordeling inzien initiator')."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role, User
from accounts.signed_in import UserRequest
from addressbook.forms import ContactForm
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from addressbook.picker import picker_lists
from digibeoordelen.outbox.queue import send_again as send_mail_again
from exams.models import ExamUnit, Part, WorkProcess

from . import couple, invite, lifecycle
from .attachments import keep_files
from .follow import invitation_rows, unit_rows
from .forms import MessageForm
from .models import Assessment, Invitation, Status
from .overview import read_overview
from .results import outcome
from .rubric import read_rubric


def _number(text: str | None) -> int | None:
    """The whole number that a field holds; None for anything else."""
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else None


def get_unit(user: User, pk: int) -> ExamUnit:
    """A published unit of an exam on the docent's account; else 404."""
    units = ExamUnit.objects.select_related("exam_version__exam").filter(
        exam_version__published_at__isnull=False, exam_version__exam__account_exams__user=user
    )
    if not user.schools_as(Role.DOCENT).exists():
        units = units.none()
    return get_object_or_404(units, pk=pk)


def get_assessment(user: User, public_id: UUID) -> Assessment:
    """An assessment that the docent may follow and change; else 404."""
    return get_object_or_404(Assessment.objects.for_docent(user).for_pages(), public_id=public_id)


@require_GET
def unit_list(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    return _list_page(request, unit, work_process=None)


@require_GET
def work_process_list(request: UserRequest, work_process_id: int) -> HttpResponse:
    work_process = get_object_or_404(WorkProcess.objects.select_related("core_task"), pk=work_process_id)
    unit = get_unit(request.user, work_process.core_task.unit_id)
    return _list_page(request, unit, work_process=work_process)


def _list_page(request: UserRequest, unit: ExamUnit, work_process: WorkProcess | None) -> HttpResponse:
    schools = request.user.schools_as(Role.DOCENT)
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "work_process": work_process,
        "tab": "assess",
        "rows": unit_rows(user=request.user, unit=unit),
        "active": schools.filter(digital_assessment_active=True).exists(),
        "school_names": ", ".join(school.name for school in schools),
    }
    return render(request, "assessments/unit_list.html", context)


@require_GET
def detail(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    rubric = read_rubric(assessment)
    readable = assessment.status in (Status.ASSESSED, Status.FINAL)
    context = {
        "assessment": assessment,
        "rubric": rubric,
        "readable": readable,
        "outcome": outcome(rubric) if readable else None,
        "invitations": invitation_rows(assessment, rubric),
        "invitable": invite.invitable(assessment),
        "document": assessment.documents.current().first(),
    }
    return render(request, "assessments/detail.html", context)


@require_GET
def examiners(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    context = {
        "assessment": assessment,
        "overview": read_overview(assessment),
        "invitable": invite.invitable(assessment),
    }
    return render(request, "assessments/examiners.html", context)


def _target(assessment: Assessment, data: QueryDict) -> couple.Target:
    """What is chosen for; 404 for a work process or part of another unit."""
    work_process, part = _number(data.get("werkproces")), _number(data.get("onderdeel"))
    try:
        return couple.get_target(assessment, work_process_id=work_process, part_id=part)
    except (WorkProcess.DoesNotExist, Part.DoesNotExist):
        raise Http404 from None


def _ticked(assessment: Assessment, data: QueryDict) -> list[Contact]:
    """The ticked contacts of the address book, and who was chosen before and has left it since."""
    ids = [pk for pk in map(_number, data.getlist("examinator")) if pk is not None]
    mine = Q(removed_at__isnull=True) | Q(pk__in=assessment.couplings.values("contact"))
    return list(assessment.school.contacts.filter(mine, pk__in=ids))


@require_http_methods(["GET", "POST"])
def pick(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The address book as a picker; a POST is a search that keeps the ticks, and changes nothing."""
    assessment = get_assessment(request.user, public_id)
    data = request.POST if request.method == "POST" else request.GET
    target = _target(assessment, data)
    ticked = _ticked(assessment, data)
    if request.method == "GET":
        ticked = list({c.pk: c for c in [*couple.chosen_at(assessment, target), *ticked]}.values())
    return _picker_page(request, assessment, target, ticked, query=data.get("q", ""))


def _picker_page(
    request: UserRequest, assessment: Assessment, target: couple.Target, ticked: list[Contact], *, query: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {"assessment": assessment, "target": target, "query": query}
    context |= picker_lists(school=assessment.school, query=query, chosen=ticked)
    return render(request, "assessments/pick.html", context)


@require_POST
def take_over(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    target, ticked = _target(assessment, request.POST), _ticked(assessment, request.POST)
    try:
        couple.choose_examiners(
            assessment=assessment,
            target=target,
            contacts=ticked,
            by=request.user,
            version=_number(request.POST.get("version")) or 0,
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        assessment.refresh_from_db(fields=["version", "status"])
        return _picker_page(request, assessment, target, ticked)
    names = ", ".join(contact.full_name for contact in ticked) or "niemand"
    messages.success(request, f"Gekozen voor {target}: {names}.")
    return redirect("assessments:examiners", assessment.public_id)


@require_http_methods(["GET", "POST"])
def add_contact(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Contactpersoon opslaan': adds an examiner by hand and goes back to the picker, ticked."""
    assessment = get_assessment(request.user, public_id)
    target = _target(assessment, request.GET)
    form = ContactForm(request.POST or None)
    there = ""
    if request.method == "POST" and form.is_valid():
        try:
            contact = add_by_hand(school=assessment.school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            there = _picker_with(request, assessment, listed.contact)
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(_picker_with(request, assessment, contact))
    context = {"assessment": assessment, "form": form, "target": target, "there": there}
    return render(request, "assessments/add_contact.html", context)


def _picker_with(request: UserRequest, assessment: Assessment, contact: Contact) -> str:
    """The picker's address with the ticks that this page was opened with, and `contact` ticked."""
    chosen = request.GET.copy()
    chosen.appendlist("examinator", str(contact.pk))
    return f"{reverse('assessments:pick', args=[assessment.public_id])}?{chosen.urlencode()}"


@require_GET
def choose_invitees(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    overview = read_overview(assessment)
    context = {
        "assessment": assessment,
        "overview": overview,
        "invitable": [(contact, overview.parts_of(contact)) for contact in invite.invitable(assessment)],
    }
    return render(request, "assessments/choose_invitees.html", context)


@require_GET
def message(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    return _message_page(request, assessment, _ticked(assessment, request.GET), MessageForm())


def _message_page(
    request: UserRequest, assessment: Assessment, invitees: list[Contact], form: MessageForm
) -> HttpResponse:
    if not invitees:
        messages.error(request, "Kies eerst wie u wilt uitnodigen.")
        return redirect("assessments:choose_invitees", assessment.public_id)
    context = {"assessment": assessment, "invitees": invitees, "form": form}
    return render(request, "assessments/message.html", context)


@require_POST
def send_invitations(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    invitees = _ticked(assessment, request.POST)
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return _message_page(request, assessment, invitees, form)
    try:
        invite.invite(
            assessment=assessment,
            contacts=invitees,
            by=request.user,
            remark=form.cleaned_data["remark"],
            attachments=keep_files(form.cleaned_data["attachments"]),
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        left = [contact for contact in invitees if contact in invite.invitable(assessment)]
        if left and not assessment.is_closed:  # the remark stays for them
            return _message_page(request, assessment, left, form)
        return redirect("assessments:choose_invitees", assessment.public_id)
    names = ", ".join(contact.full_name for contact in invitees)
    messages.success(request, f"De uitnodiging is verzonden aan {names}.")
    return redirect("assessments:detail", assessment.public_id)


@require_POST
def send_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw verzenden' of an invitation's mail that failed; its link stays what it was."""
    invitation = get_object_or_404(
        Invitation.objects.standing().select_related("assessment", "contact", "mail"),
        public_id=public_id,
        assessment__in=Assessment.objects.for_docent(request.user),
        mail__isnull=False,
    )
    if invitation.mail and send_mail_again(invitation.mail):
        messages.success(request, f"De mail aan {invitation.contact.full_name} wordt opnieuw verzonden.")
    else:
        messages.info(request, "Deze mail is al verzonden of staat al in de wachtrij.")
    return redirect("assessments:detail", invitation.assessment.public_id)
