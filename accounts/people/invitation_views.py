"""'Uitnodigingen': open invitations of a school, for Schoolbeheer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.lists import read_page
from accounts.models import School, SchoolInvitation
from accounts.school.navigation import get_managed_school
from accounts.search import matches

from . import invite as people_invite
from .forms import InviteForm


def get_invitation(school: School, public_id: UUID) -> SchoolInvitation:
    """Return an invitation of the school, open or closed; else raise 404."""
    return get_object_or_404(school.school_invitations.select_related("school", "by"), public_id=public_id)


@require_GET
def invitations(request: UserRequest, school_id: int) -> HttpResponse:
    """List open invitations, newest first, with the status of their mail."""
    school = get_managed_school(request.user, school_id)
    query = request.GET.get("q", "").strip()
    queryset = school.school_invitations.open().select_related("mail").defer("mail__text", "mail__html", "mail__links")
    if query:
        queryset = queryset.filter(matches(query))
    page = read_page(queryset, order="-pk", after=request.GET.get("na", ""), before=request.GET.get("voor", ""))
    context = {
        "school": school,
        "page": page,
        "searchable": bool(page or query),
        "query": query,
        "unsent": school.school_invitations.unsent().count(),
        "expired": school.school_invitations.expired().count(),
    }
    return render(request, "accounts/people/invitations.html", context)


@require_http_methods(["GET", "POST"])
def invite(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    form = InviteForm(request.POST or None, initial={"roles": request.GET.getlist("rol")})
    existing = None
    if request.method == "POST" and form.is_valid():
        try:
            invitation = people_invite.invite(
                school=school,
                invitation=form.save(commit=False),
                roles=form.cleaned_data["roles"],
                by=request.user,
            )
        except people_invite.InviteRefused as refused:
            form.add_error("email", str(refused))
            existing = refused.existing
        else:
            messages.success(request, f"De uitnodiging aan {invitation.full_name} is onderweg naar {invitation.email}.")
            return redirect("school:invitations", school.pk)
    return render(request, "accounts/people/invite.html", {"school": school, "form": form, "existing": existing})


@require_POST
def send_unsent(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    if count := people_invite.queue_unsent(school=school):
        mails = "1 mail gaat" if count == 1 else f"{count} mails gaan"
        messages.success(request, f"{mails} nu op weg.")
    return redirect("school:invitations", school.pk)


@require_POST
def send_expired(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    if count := people_invite.queue_expired(school=school):
        links = "1 nieuwe link gaat" if count == 1 else f"{count} nieuwe links gaan"
        messages.success(request, f"{links} nu op weg. De vorige werken niet meer.")
    return redirect("school:invitations", school.pk)


@require_POST
def send_again(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    invitation = get_invitation(school, public_id)
    if people_invite.send_again(invitation=invitation):
        messages.success(request, f"Er gaat een nieuwe link naar {invitation.email}. De vorige werkt niet meer.")
    else:
        messages.info(request, f"De uitnodiging aan {invitation.full_name} is niet meer open.")
    return _back(request, school, invitation)


@require_POST
def withdraw(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    invitation = get_invitation(school, public_id)
    if people_invite.withdraw(invitation=invitation):
        messages.success(request, f"De uitnodiging aan {invitation.full_name} is ingetrokken: de link werkt niet meer.")
    else:
        messages.info(request, f"De uitnodiging aan {invitation.full_name} was al niet meer open.")
    return _back(request, school, invitation)


def _back(request: UserRequest, school: School, invitation: SchoolInvitation) -> HttpResponse:
    """Redirect to the person's page if the request came from there, else to the list with its query."""
    if request.GET.get("terug") == "persoon" and invitation.user_id:
        return redirect("school:person", school.pk, invitation.user_id)
    return redirect(reverse("school:invitations", args=[school.pk], query=request.GET))
