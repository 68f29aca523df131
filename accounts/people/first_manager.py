"""Admin pages on which the Consortium's staff invite the first Schoolbeheer of a school."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Role, School

from . import invite
from .forms import InviteManagerForm


def urls(site: admin.AdminSite) -> list[URLPattern]:
    start = "<int:school_id>/schoolbeheer-uitnodigen/"
    return [
        path(start, site.admin_view(invite_manager), name="ask_manager"),
        path(f"{start}<uuid:public_id>/opnieuw/", site.admin_view(resend), name="ask_manager_again"),
        path(f"{start}<uuid:public_id>/intrekken/", site.admin_view(withdraw_invitation), name="take_back_manager"),
    ]


@require_http_methods(["GET", "POST"])
def invite_manager(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_object_or_404(School, pk=school_id)
    form = InviteManagerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite.invite_first_manager(school=school, invitation=form.save(commit=False), by=request.user)
        except invite.InviteRefused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, f"De uitnodiging is onderweg naar {invitation.email}.")
            return redirect("admin:ask_manager", school.pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Schoolbeheer uitnodigen voor {school}",
        "school": school,
        "form": form,
        "invitations": invite.manager_invitations(school).select_related("mail"),
        "managers": school.memberships.filter(role=Role.SCHOOLBEHEER).select_related("user").order_by("sort_key"),
    }
    return TemplateResponse(request, "admin/accounts/school/ask_manager.html", context)


@require_POST
def resend(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    school = get_object_or_404(School, pk=school_id)
    invitation = get_object_or_404(invite.manager_invitations(school), public_id=public_id)
    if invite.send_again(invitation=invitation):
        messages.success(request, f"Er gaat een nieuwe link naar {invitation.email}. De vorige werkt niet meer.")
    return redirect("admin:ask_manager", school.pk)


@require_POST
def withdraw_invitation(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    school = get_object_or_404(School, pk=school_id)
    invitation = get_object_or_404(invite.manager_invitations(school), public_id=public_id)
    if invite.withdraw(invitation=invitation):
        messages.success(request, f"De uitnodiging aan {invitation.full_name} is ingetrokken.")
    return redirect("admin:ask_manager", school.pk)
