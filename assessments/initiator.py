"""The initiator's screens (source text, part A, and 'Beoordeling inzien initiator')."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from accounts.models import Role, User
from addressbook.models import Contact
from digibeoordelen.outbox.models import FileGone
from digibeoordelen.outbox.queue import send_again as send_mail_again
from exams.models import ExamUnit

from . import asked, correct, invite, lifecycle, take_back, view_log
from .attachments import as_download, keep_files
from .forms import MessageForm
from .history import read_history
from .invited import invited_rows
from .models import Assessment, Invitation, Status
from .overview import read_overview
from .proposals import waiting_rows
from .results import outcome
from .rubric import read_rubric
from .sending import asked_mails, page_with, sending_in_assessment


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


def detail_url(assessment: Assessment) -> str:
    return reverse("assessments:detail", args=[assessment.public_id])


@require_GET
def detail(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    view_log.note(assessment, by=request.user)
    rubric = read_rubric(assessment)
    readable = assessment.status in (Status.ASSESSED, Status.FINAL)
    if readable:
        correct.lay_over(rubric)
    invitable = invite.invitable(assessment)
    invited = invited_rows(assessment, rubric, invitable)
    mails = [row.invitation.mail for row in invited if row.invitation.mail]
    context = {
        "assessment": assessment,
        "rubric": rubric,
        "readable": readable,
        "outcome": outcome(rubric) if readable else None,
        "invited": invited,
        "sending": sending_in_assessment(assessment, asked_mails(request.GET), watched=mails),
        "invitable": invitable,
        "document": assessment.documents.current().first(),
        "proposals": waiting_rows(assessment),
        "can_take_back": take_back.is_possible(assessment),
        "history": read_history(assessment),
    }
    return render(request, "assessments/detail.html", context)


def ticked_contacts(assessment: Assessment, data: QueryDict) -> list[Contact]:
    """The ticked contacts of the address book, and who was chosen before and has left it since."""
    mine = Q(removed_at__isnull=True) | Q(pk__in=assessment.couplings.values("contact"))
    return list(assessment.school.contacts.filter(mine, pk__in=asked.numbers(data, "examinator")))


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
    return _message_page(request, assessment, ticked_contacts(assessment, request.GET), MessageForm())


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
    invitees = ticked_contacts(assessment, request.POST)
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return _message_page(request, assessment, invitees, form)
    try:
        made = invite.invite(
            assessment=assessment,
            contacts=invitees,
            by=request.user,
            remark=form.cleaned_data["remark"],
            attachments=keep_files(form.cleaned_data["attachments"]),
            version=asked.number(request.POST, "version") or 0,
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        assessment.refresh_from_db(fields=["version", "status"])
        left = [contact for contact in invitees if contact in invite.invitable(assessment)]
        if left and not assessment.is_closed:  # the remark stays for them
            return _message_page(request, assessment, left, form)
        return redirect("assessments:choose_invitees", assessment.public_id)
    return redirect(page_with(detail_url(assessment), [invitation.mail for invitation in made]))


@never_cache
@require_GET
def sent_attachment(request: UserRequest, public_id: UUID, attachment_id: int) -> HttpResponse:
    """A file that went along with an invitation, as a download."""
    mine = Invitation.objects.filter(assessment__in=Assessment.objects.for_docent(request.user))
    invitation = get_object_or_404(mine.select_related("assessment"), public_id=public_id)
    kept = get_object_or_404(invitation.attachments.select_related("file"), pk=attachment_id)
    try:
        return as_download(kept)
    except FileGone:
        messages.error(request, f"‘{kept.filename}’ is niet meer te lezen.")
        return redirect(detail_url(invitation.assessment))


@require_POST
def send_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw verzenden' of an invitation's mail that failed; its link stays what it was. Of any other: how it is."""
    invitation = get_object_or_404(
        Invitation.objects.standing().select_related("assessment", "contact", "mail"),
        public_id=public_id,
        assessment__in=Assessment.objects.for_docent(request.user),
        mail__isnull=False,
    )
    if invitation.mail:
        send_mail_again(invitation.mail)
    return redirect(page_with(detail_url(invitation.assessment), [invitation.mail]))
