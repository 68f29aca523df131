"""The schools: list, add, activate, and invite the first Schoolbeheer; `urls` limits them to staff."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest, confirmation
from accounts.models import School
from accounts.people import invite

from . import schools as domain
from .forms import InviteManagerForm, NewSchoolForm

PAGE_SIZE = 50
SEARCH_FROM = 10  # with fewer schools the list has no search line
DEACTIVATED = "Docenten van deze school kunnen dan geen nieuwe beoordeling starten. Wat al is gestart gaat door."
STATES = {"aan": True, "uit": False}


@require_GET
def schools(request: UserRequest) -> HttpResponse:
    query, state = request.GET.get("q", "").strip(), request.GET.get("stand", "")
    found = domain.find_schools(query=query, active=STATES.get(state))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("pagina"))
    filtered = bool(query) or state in STATES
    context = {
        "page": page,
        "rows": domain.school_rows(list(page)),
        "query": query,
        "state": state,
        "filtered": filtered,
        "searchable": filtered or page.paginator.count >= SEARCH_FROM,
    }
    return render(request, "accounts/consortium/schools.html", context)


@require_http_methods(["GET", "POST"])
def add_school(request: UserRequest) -> HttpResponse:
    """Add a school and show its page, which lists the next steps."""
    form = NewSchoolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        manager = form.save(commit=False)
        try:
            school = domain.add_school(name=form.cleaned_data["name"], manager=manager, by=request.user)
        except invite.InviteRefused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, f"{school} is toegevoegd. De uitnodiging is onderweg naar {manager.email}.")
            return redirect("consortium:school", school.pk)
    return render(request, "accounts/consortium/new_school.html", {"form": form})


@require_http_methods(["GET", "POST"])
def school(request: UserRequest, school_id: int) -> HttpResponse:
    """Show a school; POST invites its first Schoolbeheer."""
    school = get_object_or_404(School, pk=school_id)
    form = InviteManagerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        manager = form.save(commit=False)
        try:
            invite.invite_first_manager(school=school, invitation=manager, by=request.user)
        except invite.InviteRefused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, f"De uitnodiging is onderweg naar {manager.email}.")
            return redirect("consortium:school", school.pk)
    [row] = domain.school_rows([school])
    return render(request, "accounts/consortium/school.html", {"school": school, "row": row, "form": form})


@require_http_methods(["GET", "POST"])
def activate(request: UserRequest, school_id: int) -> HttpResponse:
    return _set_active(request, school_id, active=True)


@require_http_methods(["GET", "POST"])
def deactivate(request: UserRequest, school_id: int) -> HttpResponse:
    return _set_active(request, school_id, active=False)


def _set_active(request: UserRequest, school_id: int, *, active: bool) -> HttpResponse:
    """Switch 'Digitaal beoordelen' after a confirmation, with a message that undoes it."""
    school = get_object_or_404(School, pk=school_id)
    if request.method == "GET":
        verb = "Activeren" if active else "Deactiveren"
        heading = f"Digitaal beoordelen {verb.lower()} voor {school}?"
        sentence = "Docenten van deze school kunnen daarna beoordelingen starten." if active else DEACTIVATED
        back = (reverse("consortium:school", args=[school.pk]), "Terug naar de school")
        return confirmation(request, heading, sentence, verb=verb, back=back, removes=not active)
    if domain.set_active(school=school, active=active, by=request.user):
        undo = reverse(f"consortium:{'deactivate' if active else 'activate'}", args=[school.pk])
        done = "geactiveerd" if active else "gedeactiveerd"
        messages.success(request, f"Digitaal beoordelen is {done} voor {school}.", extra_tags=undo)
    return redirect("consortium:school", school.pk)


@require_POST
def resend_invitation(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    school = get_object_or_404(School, pk=school_id)
    invitation = get_object_or_404(invite.manager_invitations(), school=school, public_id=public_id)
    if invite.send_again(invitation=invitation):
        messages.success(request, f"Er gaat een nieuwe link naar {invitation.email}. De vorige werkt niet meer.")
    return redirect("consortium:school", school.pk)


@require_POST
def withdraw_invitation(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    school = get_object_or_404(School, pk=school_id)
    invitation = get_object_or_404(invite.manager_invitations(), school=school, public_id=public_id)
    if invite.withdraw(invitation=invitation):
        messages.success(request, f"De uitnodiging aan {invitation.full_name} is ingetrokken.")
    return redirect("consortium:school", school.pk)
