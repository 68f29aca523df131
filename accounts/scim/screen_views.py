"""'Koppeling (SCIM)': keys, groups and what needs attention, for Schoolbeheer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest, confirmation
from accounts.models import DirectoryGroup, School, ScimKey
from accounts.people.roles import RoleRefused
from accounts.school.navigation import get_managed_school

from . import keys
from .attention import attention
from .forms import GroupRoleForm, KeyForm
from .keys import base_url


@require_GET
def directory(request: UserRequest, school_id: int) -> HttpResponse:
    """Show the keys, the groups with their roles, and what needs attention."""
    school = get_managed_school(request.user, school_id)
    context = {
        "school": school,
        "base_url": base_url(school.pk),
        "keys": [
            (key, key.name, reverse("school:revoke_scim_key", args=[school.pk, key.pk]))
            for key in school.scim_keys.all()
        ],
        "groups": school.directory_groups.annotate(count=Count("members")).order_by("display_name", "pk"),
        "people": school.directory_users.filter(is_active=True).count(),
        "attention": attention(school),
    }
    return render(request, "accounts/scim/directory.html", context)


@require_http_methods(["GET", "POST"])
def make_key(request: UserRequest, school_id: int) -> HttpResponse:
    """Make a key, and show its token this once."""
    school = get_managed_school(request.user, school_id)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        token = keys.make_key(school=school, key=form.save(commit=False), by=request.user)
        context = {"school": school, "key": form.instance, "token": token, "base_url": base_url(school.pk)}
        return render(request, "accounts/scim/key_made.html", context)
    return render(request, "accounts/scim/make_key.html", {"school": school, "form": form})


@require_http_methods(["GET", "POST"])
def revoke_key(request: UserRequest, school_id: int, key_id: int) -> HttpResponse:
    """Revoke a key after confirmation."""
    school = get_managed_school(request.user, school_id)
    key = get_key(school, key_id)
    back = reverse("school:directory", args=[school.pk])
    if request.method == "GET":
        sentence = "Uw systeem kan er daarna niets meer mee doorgeven. Wie er al is houdt account en rollen."
        heading = f"Sleutel {key.name} intrekken?"
        return confirmation(request, heading, sentence, verb="Sleutel intrekken", back=(back, "Terug naar koppeling"))
    if keys.revoke(key=key, by=request.user):
        messages.success(request, f"Sleutel {key.name} is ingetrokken.")
    return redirect(back)


@require_http_methods(["GET", "POST"])
def group_role(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    """Choose the role that a group gives."""
    from . import groups  # scim2-models: see urls.py

    school = get_managed_school(request.user, school_id)
    group = get_group(school, public_id)
    form = GroupRoleForm(request.POST or None, instance=group)
    if request.method == "POST" and form.is_valid():
        try:
            groups.set_role(group=get_group(school, public_id), role=form.cleaned_data["role"], by=request.user)
        except RoleRefused as refused:
            form.add_error("role", str(refused))
        else:
            messages.success(request, f"De rol van groep {group.display_name} is opgeslagen.")
            return redirect("school:directory", school.pk)
    context = {"school": school, "group": group, "form": form, "count": group.members.count()}
    return render(request, "accounts/scim/group_role.html", context)


def get_key(school: School, key_id: int) -> ScimKey:
    """Return a key of the school; else raise 404."""
    return get_object_or_404(school.scim_keys.select_related("school"), pk=key_id)


def get_group(school: School, public_id: UUID) -> DirectoryGroup:
    """Return a group of the school; else raise 404."""
    return get_object_or_404(school.directory_groups.select_related("school"), public_id=public_id)
