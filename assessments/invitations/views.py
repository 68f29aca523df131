"""Invite, withdraw, replace and send again (source text, part A, and 'Beoordeling inzien initiator')."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import User
from addressbook.models import Contact
from addressbook.picker import picker_lists
from assessments import lifecycle, mails, request_data
from assessments.access import (
    Selected,
    detail_url,
    get_examiner,
    get_invitation,
    get_proposal,
    get_selected,
    ticked_contacts,
)
from assessments.coupling import batch, couplings
from assessments.coupling.overview import read_overview
from assessments.coupling.views import flow_context, report_refused, seen_versions
from assessments.models import Assessment, Invitation
from digibeoordelen.file_storage import NOT_SAVED, StorageDown
from digibeoordelen.outbox.models import FileGone, OutgoingMail
from digibeoordelen.outbox.queue import send_again as send_mail_again

from . import invite, proposals
from . import replace as invitations_replace
from .attachments import as_download, keep_files
from .delivery_status import page_with, sending_in_unit
from .forms import MessageForm, WithdrawForm


@require_GET
def message(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The message, with everyone ticked who can be invited, or who `examinator` in the URL names."""
    selected = get_selected(request.user, public_id)
    ticked = ticked_contacts(selected.assessments, request.GET) if "examinator" in request.GET else None
    return _message_page(request, selected, ticked, MessageForm())


def _message_page(
    request: UserRequest,
    selected: Selected,
    ticked: list[Contact] | None,
    form: MessageForm,
    sent: Sequence[OutgoingMail] = (),
) -> HttpResponse:
    """Show the message form, with `ticked` contacts (None: all who can be invited) and the state of mails `sent`."""
    students = batch.read_batch(selected.assessments)
    invitable = students.invitable
    if not invitable:
        is_chosen = any(member.examiners for member in students.members)
        why = "Iedereen die gekozen is, is al uitgenodigd." if is_chosen else "Kies eerst een examinator."
        messages.info(request, why) if is_chosen else messages.error(request, why)
        return redirect("assessments:examiners", selected.public_id)
    overview = read_overview(selected.assessments, selected.unit)
    # The preview is the mail with the most students.
    reader, of_reader = max(invitable, key=lambda row: len(row[1]))
    rows = [
        InviteeRow(contact, of_contact, overview.parts_of(contact), ticked is None or contact in ticked)
        for contact, of_contact in invitable
    ]
    context = {
        "rows": rows,
        "plan": plan_mails(rows, one_mail=form["mails"].value() != form.EACH),
        "covered": len(selected.assessments) - len(students.skipped),
        "skipped": students.skipped,
        "uncovered": overview.uncovered,
        "form": form,
        "assessment": of_reader[0],
        "reader": reader,
        "sending": sending_in_unit(selected.unit, [mail.pk for mail in sent], by=request.user),
        **mails.batch_context([(assessment, "") for assessment in of_reader], by=request.user),
        **flow_context(selected),
    }
    return render(request, "assessments/invitations/message.html", context)


@dataclass(frozen=True)
class InviteeRow:
    """An examiner who can be invited: for which assessments, and for what of them."""

    contact: Contact
    assessments: list[Assessment]
    parts: list[str]
    is_ticked: bool


@dataclass(frozen=True)
class MailPlan:
    """What 'Uitnodiging(en) verzenden' will do; `invite_sum.js` counts the same as one ticks."""

    students: int
    examiners: int
    mails: int


def plan_mails(rows: Sequence[InviteeRow], *, one_mail: bool) -> MailPlan:
    ticked = [row.assessments for row in rows if row.is_ticked]
    students = {assessment for of_contact in ticked for assessment in of_contact}
    return MailPlan(len(students), len(ticked), len(ticked) if one_mail else sum(map(len, ticked)))


@require_POST
def send_invitations(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Uitnodiging(en) verzenden' to the ticked examiners: one mail each, or one for each student."""
    selected = get_selected(request.user, public_id)
    ticked = ticked_contacts(selected.assessments, request.POST)
    form = MessageForm(request.POST, request.FILES)
    if not ticked:
        messages.error(request, "Kies eerst wie u wilt uitnodigen.")
    if not ticked or not form.is_valid():
        return _message_page(request, selected, ticked, form)
    try:
        attachments = keep_files(form.cleaned_data["attachments"])
    except StorageDown:
        form.add_error("attachments", NOT_SAVED)
        return _message_page(request, selected, ticked, form)
    outcome = invite.invite(
        assessments=selected.assessments,
        contacts=ticked,
        by=request.user,
        one_mail=form.one_mail,
        versions=seen_versions(selected.assessments, request.POST),
        remark=form.cleaned_data["remark"],
        attachments=attachments,
    )
    if not outcome.done and not outcome.refused:
        messages.info(request, "Iedereen die u koos, is al uitgenodigd.")
    report_refused(request, outcome)
    if without_examiner := batch.read_batch(selected.assessments).without_examiner:
        names = batch.names_of(without_examiner)
        messages.info(request, f"Nog geen examinator gekozen, en daarom niet uitgenodigd: {names}.")
    if outcome.left:  # keeps the remark for them
        refused = {assessment.pk for assessment in outcome.left}
        now = get_selected(request.user, public_id)
        left = replace_fields(now, assessments=[a for a in now.assessments if a.pk in refused])
        if left.assessments and batch.read_batch(left.assessments).invitable:
            return _message_page(request, left, ticked, form, sent=outcome.mails)
    address = detail_url(selected.only) if selected.only else reverse("assessments:unit_list", args=[selected.unit.pk])
    return redirect(page_with(address, outcome.mails))


@require_GET
def sent_attachment(request: UserRequest, public_id: UUID, attachment_id: int) -> HttpResponse:
    invitations = Invitation.objects.filter(assessment__in=Assessment.objects.for_docent(request.user))
    invitation = get_object_or_404(invitations.select_related("assessment"), public_id=public_id)
    attachment = get_object_or_404(invitation.attachments.select_related("file"), pk=attachment_id)
    try:
        return as_download(attachment)
    except FileGone:
        messages.error(request, f"‘{attachment.filename}’ is niet meer te lezen.")
        return redirect(detail_url(invitation.assessment))


@require_POST
def send_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw verzenden' of a failed mail with the same link; for any other mail a message about its state."""
    invitation = get_object_or_404(
        Invitation.objects.standing().select_related("assessment", "contact", "mail"),
        public_id=public_id,
        assessment__in=Assessment.objects.for_docent(request.user),
        mail__isnull=False,
    )
    if invitation.mail:
        send_mail_again(invitation.mail)
    return redirect(page_with(detail_url(invitation.assessment), [invitation.mail]))


def _why_not(invitation: Invitation) -> str:
    """Return why the invitation can't be withdrawn or sent again (Dutch); '' when it can."""
    if invitation.replaced_by:
        return f"{invitation.contact.full_name} is al {invitation.ending}."
    if invitation.withdrawn_at:
        return f"De uitnodiging van {invitation.contact.full_name} is al ingetrokken."
    if invitation.assessment.is_closed:
        return f"Deze beoordeling is {invitation.assessment.get_status_display().lower()}."
    return ""


def _answer(request: UserRequest, assessment: Assessment, text: str) -> HttpResponse:
    """Redirect to the assessment with the message that nothing was done."""
    messages.info(request, text)
    return redirect("assessments:detail", assessment.public_id)


@require_http_methods(["GET", "POST"])
def invite_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw uitnodigen': a new mail with a new link."""
    invitation = get_invitation(request.user, public_id)
    if obstacle := _why_not(invitation):
        return _answer(request, invitation.assessment, obstacle)
    contact = invitation.contact
    if request.method == "POST":
        [generation] = request_data.numbers(request.POST, "link")[:1] or [0]
        try:
            invite.invite_again(invitation=invitation, by=request.user, generation=generation)
        except lifecycle.DomainError as error:
            return _answer(request, invitation.assessment, str(error))
        messages.success(
            request, f"{contact.full_name} krijgt een nieuwe mail met een nieuwe link, op {contact.email}."
        )
        return redirect("assessments:detail", invitation.assessment.public_id)
    sentence = (
        f"{contact.full_name} krijgt een nieuwe mail met een nieuwe link, op {contact.email}; eerdere links werken "
        "niet meer. De opmerking en de bijlagen gaan weer mee, en wat al is ingevuld blijft staan."
    )
    context = {"invitation": invitation, "assessment": invitation.assessment, "sentence": sentence}
    context["hidden"] = ("link", invitation.generation)
    return render(request, "assessments/invitations/invite_again.html", context)


@require_http_methods(["GET", "POST"])
def withdraw(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Intrekken' of an invitation, with an optional reason."""
    invitation = get_invitation(request.user, public_id)
    if obstacle := _why_not(invitation):
        return _answer(request, invitation.assessment, obstacle)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            invite.withdraw(invitation=invitation, by=request.user, reason=form.cleaned_data["reason"])
        except lifecycle.DomainError as error:
            return _answer(request, invitation.assessment, str(error))
        messages.success(request, f"De uitnodiging van {invitation.contact.full_name} is ingetrokken.")
        return redirect("assessments:detail", invitation.assessment.public_id)
    others = invitation.assessment.invitations.standing().exclude(pk=invitation.pk).exists()
    context = {"invitation": invitation, "assessment": invitation.assessment, "form": form, "is_last": not others}
    return render(request, "assessments/invitations/withdraw.html", context)


def _not_replaceable(assessment: Assessment, old: Contact) -> str:
    """Return why `old` can't be replaced (Dutch); '' when possible."""
    if assessment.is_closed:
        return f"Deze beoordeling is {assessment.get_status_display().lower()}."
    if not assessment.couplings.filter(contact=old).exists():
        return f"{old.full_name} is geen examinator (meer) van deze beoordeling."
    return ""


def _stays(assessment: Assessment, old: Contact) -> str:
    """Return why all work of `old` stays (Dutch), when all was submitted to the committee; '' otherwise."""
    assignments = list(assessment.live_assignments.filter(contact=old).select_related("contact"))
    handed_in = couplings.submitted(assessment, assignments)
    return str(couplings.CompletedWorkLocked(handed_in)) if assignments and len(handed_in) == len(assignments) else ""


@require_GET
def pick_replacement(request: UserRequest, public_id: UUID, contact_id: int) -> HttpResponse:
    """'Vervangen': choose a replacement from the address book."""
    assessment, old = get_examiner(request.user, public_id, contact_id)
    if obstacle := _not_replaceable(assessment, old):
        return _answer(request, assessment, obstacle)
    query = request.GET.get("q", "")
    stays = _stays(assessment, old)
    context: dict[str, Any] = {"assessment": assessment, "old": old, "query": query, "stays": stays}
    context |= picker_lists(school=assessment.school, query=query, chosen=[old])
    return render(request, "assessments/coupling/pick_replacement.html", context)


@require_http_methods(["GET", "POST"])
def replace(request: UserRequest, public_id: UUID, contact_id: int) -> HttpResponse:
    """Show the consequences of replacing; a POST replaces."""
    assessment, old = get_examiner(request.user, public_id, contact_id)
    if obstacle := _not_replaceable(assessment, old):
        return _answer(request, assessment, obstacle)
    if _stays(assessment, old):
        return redirect("assessments:pick_replacement", assessment.public_id, old.pk)  # shows the reason
    data = request.POST if request.method == "POST" else request.GET
    new = assessment.school.contacts.listed().filter(pk__in=request_data.numbers(data, "examinator")).first()
    if new is None or new == old:
        messages.error(request, f"Kies wie {old.full_name} vervangt.")
        return redirect("assessments:pick_replacement", assessment.public_id, old.pk)
    if request.method == "POST":
        try:
            invitation = _replace(assessment, old, new, by=request.user, data=data)
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
            assessment.refresh_from_db(fields=["version", "status"])
        else:
            messages.success(request, f"{old.full_name} is vervangen door {new.full_name}.")
            return redirect(page_with(detail_url(assessment), [invitation.mail] if invitation else []))
    return _replace_page(request, assessment, old, new, keep_completed=data.get("afgerond", "houden") == "houden")


def _replace(assessment: Assessment, old: Contact, new: Contact, *, by: User, data: QueryDict) -> Invitation | None:
    [version] = request_data.numbers(data, "version")[:1] or [0]
    return invitations_replace.replace(
        assessment=assessment,
        old=old,
        new=new,
        by=by,
        version=version,
        remove_begun=request_data.numbers(data, "vervalt"),
        keep_completed=data.get("afgerond") == "houden",
    )


def _replace_page(
    request: UserRequest, assessment: Assessment, old: Contact, new: Contact, *, keep_completed: bool
) -> HttpResponse:
    begun = invitations_replace.begun_by(assessment, old)
    completed = [column.assignment for column in begun if column.assignment.completed_at]
    part_count = assessment.live_assignments.filter(contact=old).count()
    standing = assessment.invitations.standing().filter(contact__in=[old, new]).values_list("contact_id", flat=True)
    context = {
        "assessment": assessment,
        "old": old,
        "new": new,
        "begun": begun,
        "has_choice": 0 < len(completed) < part_count,
        "keep_completed": keep_completed,
        "must_keep": bool(couplings.submitted(assessment, completed)),
        "old_is_invited": old.pk in standing,
        "new_is_invited": new.pk in standing,
    }
    return render(request, "assessments/invitations/replace.html", context)


@require_POST
def confirm(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Bevestigen': the colleague replaces the examiner; asks first what work still counts if there is any."""
    proposal = get_proposal(request.user, public_id)
    assessment, old = proposal.invitation.assessment, proposal.invitation.contact
    try:
        new, done = proposals.confirm(proposal=proposal, by=request.user)
    except lifecycle.DomainError as error:
        messages.info(request, str(error))
        return redirect("assessments:detail", assessment.public_id)
    if done:
        messages.success(request, f"{old.full_name} is vervangen door {new.full_name}, die de uitnodiging krijgt.")
        return redirect("assessments:detail", assessment.public_id)
    messages.info(request, f"{old.full_name} is al begonnen. Kijk na wat er met dat werk gebeurt en kies ‘Vervangen’.")
    query = {"examinator": new.pk}
    return redirect(reverse("assessments:replace", args=[assessment.public_id, old.pk], query=query))


@require_POST
def decline(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Afwijzen': decline the proposal and mail the examiner."""
    proposal = get_proposal(request.user, public_id)
    old = proposal.invitation.contact.full_name
    try:
        proposals.decline(proposal=proposal, by=request.user)
    except lifecycle.DomainError as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{old} blijft beoordelen en krijgt daarover een mail.")
    return redirect("assessments:detail", proposal.invitation.assessment.public_id)
