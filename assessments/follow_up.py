"""What a teacher does about an examiner who was invited: ask again, withdraw, replace by another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from accounts.models import User
from addressbook.models import Contact
from addressbook.picker import picker_lists

from . import asked, couple, invite, lifecycle, taken_off
from . import replace as replacing
from .forms import WithdrawForm
from .initiator import detail_url, get_assessment
from .models import Assessment, Invitation
from .sending import page_with


def get_invitation(user: User, public_id: UUID) -> Invitation:
    """An invitation, withdrawn or not, of an assessment that the docent may follow and change; else 404."""
    invitations = Invitation.objects.select_related("contact", "mail", "assessment__student__user")
    return get_object_or_404(
        invitations, public_id=public_id, assessment__in=Assessment.objects.for_docent(user).for_pages()
    )


def _why_not(invitation: Invitation) -> str:
    """Why there is nothing to withdraw or send again; empty when there is."""
    if invitation.replaced_by:
        return f"{invitation.contact.full_name} is al {invitation.ending}."
    if invitation.withdrawn_at:
        return f"De uitnodiging van {invitation.contact.full_name} is al ingetrokken."
    if invitation.assessment.is_closed:
        return f"Deze beoordeling is {invitation.assessment.get_status_display().lower()}."
    return ""


def _answer(request: UserRequest, assessment: Assessment, told: str) -> HttpResponse:
    """Back to the assessment, where it stands that nothing was done."""
    messages.info(request, told)
    return redirect("assessments:detail", assessment.public_id)


@require_http_methods(["GET", "POST"])
def invite_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw uitnodigen': a new mail with a new link."""
    invitation = get_invitation(request.user, public_id)
    if told := _why_not(invitation):
        return _answer(request, invitation.assessment, told)
    contact = invitation.contact
    if request.method == "POST":
        [generation] = asked.numbers(request.POST, "link")[:1] or [0]
        try:
            invite.invite_again(invitation=invitation, by=request.user, generation=generation)
        except lifecycle.DomainError as told:
            return _answer(request, invitation.assessment, str(told))
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
    return render(request, "assessments/invite_again.html", context)


@require_http_methods(["GET", "POST"])
def withdraw(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Intrekken' of an invitation, with a reason if the teacher gives one."""
    invitation = get_invitation(request.user, public_id)
    if told := _why_not(invitation):
        return _answer(request, invitation.assessment, told)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            invite.withdraw(invitation=invitation, by=request.user, reason=form.cleaned_data["reason"])
        except lifecycle.DomainError as told:
            return _answer(request, invitation.assessment, str(told))
        messages.success(request, f"De uitnodiging van {invitation.contact.full_name} is ingetrokken.")
        return redirect("assessments:detail", invitation.assessment.public_id)
    others = invitation.assessment.invitations.standing().exclude(pk=invitation.pk).exists()
    context = {"invitation": invitation, "assessment": invitation.assessment, "form": form, "is_last": not others}
    return render(request, "assessments/withdraw.html", context)


def get_examiner(user: User, public_id: UUID, contact_id: int) -> tuple[Assessment, Contact]:
    """An assessment of the docent's, and someone of that school's address book, there now or before; else 404."""
    assessment = get_assessment(user, public_id)
    return assessment, get_object_or_404(assessment.school.contacts, pk=contact_id)


def _not_replaceable(assessment: Assessment, old: Contact) -> str:
    """Why nobody can take the place of `old`; empty when someone can."""
    if assessment.is_closed:
        return f"Deze beoordeling is {assessment.get_status_display().lower()}."
    if not assessment.couplings.filter(contact=old).exists():
        return f"{old.full_name} is geen examinator (meer) van deze beoordeling."
    return ""


def _stays(assessment: Assessment, old: Contact) -> str:
    """Why all that `old` has stays, where it was completed and assessed; empty when something can go to another."""
    own = list(assessment.live_assignments.filter(contact=old).select_related("contact"))
    handed_in = taken_off.handed_in(assessment, own)
    return str(couple.CompletedStays(handed_in)) if own and len(handed_in) == len(own) else ""


@require_GET
def pick_replacement(request: UserRequest, public_id: UUID, contact_id: int) -> HttpResponse:
    """'Vervangen': the address book, to choose one from."""
    assessment, old = get_examiner(request.user, public_id, contact_id)
    if told := _not_replaceable(assessment, old):
        return _answer(request, assessment, told)
    query = request.GET.get("q", "")
    stays = _stays(assessment, old)
    context: dict[str, Any] = {"assessment": assessment, "old": old, "query": query, "stays": stays}
    context |= picker_lists(school=assessment.school, query=query, chosen=[old])
    return render(request, "assessments/pick_replacement.html", context)


@require_http_methods(["GET", "POST"])
def replace(request: UserRequest, public_id: UUID, contact_id: int) -> HttpResponse:
    """Says what replacing does, and does it."""
    assessment, old = get_examiner(request.user, public_id, contact_id)
    if told := _not_replaceable(assessment, old):
        return _answer(request, assessment, told)
    if _stays(assessment, old):
        return redirect("assessments:pick_replacement", assessment.public_id, old.pk)  # which says so
    data = request.POST if request.method == "POST" else request.GET
    new = assessment.school.contacts.listed().filter(pk__in=asked.numbers(data, "examinator")).first()
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
    [version] = asked.numbers(data, "version")[:1] or [0]
    return replacing.replace(
        assessment=assessment,
        old=old,
        new=new,
        by=by,
        version=version,
        take_off_begun=asked.numbers(data, "vervalt"),
        keep_completed=data.get("afgerond") == "houden",
    )


def _replace_page(
    request: UserRequest, assessment: Assessment, old: Contact, new: Contact, *, keep_completed: bool
) -> HttpResponse:
    begun = replacing.begun_by(assessment, old)
    completed = [column.assignment for column in begun if column.assignment.completed_at]
    own = assessment.live_assignments.filter(contact=old).count()
    standing = assessment.invitations.standing().filter(contact__in=[old, new]).values_list("contact_id", flat=True)
    context = {
        "assessment": assessment,
        "old": old,
        "new": new,
        "begun": begun,
        "has_choice": 0 < len(completed) < own,
        "keep_completed": keep_completed,
        "must_keep": bool(taken_off.handed_in(assessment, completed)),
        "old_is_invited": old.pk in standing,
        "new_is_invited": new.pk in standing,
    }
    return render(request, "assessments/replace.html", context)
