"""'Mensen en rollen': the people of a school and their roles, for Schoolbeheer."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest, confirmation
from accounts.lists import read_page
from accounts.models import IdentityProvider, Role, RoleChange
from accounts.school.navigation import get_managed_school

from . import roles
from .listing import LEFT, Person, get_person, people_of, with_roles

LINES_OF_PERSON = 20  # log entries on a person's page


@require_GET
def people(request: UserRequest, school_id: int) -> HttpResponse:
    """List everyone by last name, filtered by query or role."""
    school = get_managed_school(request.user, school_id)
    role, query = request.GET.get("rol", ""), request.GET.get("q", "").strip()
    queryset = people_of(school, role=role, query=query)
    page = read_page(queryset, order="sort_key", after=request.GET.get("na", ""), before=request.GET.get("voor", ""))
    context = {
        "school": school,
        "page": page,
        "rows": with_roles(school, page.rows),
        "searchable": True,
        "query": query,
        "role": role,
        "roles": [*Role.choices, (LEFT, "Vertrokken studenten")],
    }
    return render(request, "accounts/people/people.html", context)


@require_GET
def person(request: UserRequest, school_id: int, user_id: int) -> HttpResponse:
    """Show one person: roles, their changes, and the account."""
    school = get_managed_school(request.user, school_id)
    target = get_person(school, user_id)
    held = {membership.role for membership in target.roles}
    invitations = school.school_invitations.open().select_related("mail")
    context = {
        "school": school,
        "person": target,
        "is_self": target.user == request.user,
        "offered": [(role.value, role.label) for role in Role if role.value not in held],
        "invitation": invitations.filter(user=target.user).first(),
        "school_accounts": IdentityProvider.objects.linked_to(target.user).filter(school=school),
        "changes": RoleChange.objects.filter(school=school, user=target.user)[:LINES_OF_PERSON],
    }
    return render(request, "accounts/people/person.html", context)


@require_POST
def give_role(request: UserRequest, school_id: int, user_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    target = get_person(school, user_id)
    role = _valid_role(request.POST.get("rol", ""))
    try:
        if roles.give_role(school=school, user=target.user, role=role, by=request.user):
            messages.success(request, f"{target.user.full_name} heeft nu de rol {Role(role).label}.")
    except roles.RoleRefused as refused:
        messages.error(request, str(refused))
    return redirect("school:person", school.pk, user_id)


@require_http_methods(["GET", "POST"])
def take_role(request: UserRequest, school_id: int, user_id: int, role: str) -> HttpResponse:
    """Revoke a role after confirmation."""
    school = get_managed_school(request.user, school_id)
    target = get_person(school, user_id)
    label = Role(_valid_role(role)).label
    if request.method == "GET":
        if role not in {membership.role for membership in target.roles}:
            return redirect("school:person", school.pk, user_id)
        heading = f"Rol {label} afnemen van {target.user.full_name}?"
        back = (reverse("school:person", args=[school.pk, user_id]), f"Terug naar {target.user.full_name}")
        return confirmation(request, heading, _what_taking_does(target, role), verb="Rol afnemen", back=back)
    try:
        if roles.take_role(school=school, user=target.user, role=role, by=request.user):
            messages.success(request, f"{target.user.full_name} heeft niet langer de rol {label}.")
    except roles.RoleRefused as refused:
        messages.error(request, str(refused))
    return _back_to(request, school_id, user_id)


@require_http_methods(["GET", "POST"])
def leave(request: UserRequest, school_id: int, user_id: int) -> HttpResponse:
    """Remove someone from the school after confirmation."""
    school = get_managed_school(request.user, school_id)
    target = get_person(school, user_id)
    if request.method == "GET":
        heading = f"{target.user.full_name} uit de school halen?"
        back = (reverse("school:person", args=[school.pk, user_id]), f"Terug naar {target.user.full_name}")
        return confirmation(request, heading, _what_leaving_does(target), verb="Uit de school halen", back=back)
    try:
        if roles.leave(school=school, user=target.user, by=request.user):
            messages.success(request, f"{target.user.full_name} is uit de school gehaald.")
    except roles.RoleRefused as refused:
        messages.error(request, str(refused))
    return _back_to(request, school_id, user_id)


@require_GET
def log(request: UserRequest, school_id: int) -> HttpResponse:
    """List the changes of roles, newest first."""
    school = get_managed_school(request.user, school_id)
    page = read_page(
        school.role_changes.all(), order="-pk", after=request.GET.get("na", ""), before=request.GET.get("voor", "")
    )
    return render(request, "accounts/people/log.html", {"school": school, "page": page})


def _valid_role(role: str) -> str:
    if role not in Role:
        raise Http404
    return role


def _back_to(request: UserRequest, school_id: int, user_id: int) -> HttpResponse:
    """Redirect to the person, else to the list; home for users who revoked their own last role."""
    if not request.user.schools_as(Role.SCHOOLBEHEER).filter(pk=school_id).exists():
        return redirect("home")
    try:
        get_person(get_managed_school(request.user, school_id), user_id)
    except Http404:
        return redirect(reverse("school:people", args=[school_id]))
    return redirect("school:person", school_id, user_id)


def _what_taking_does(target: Person, role: str) -> str:
    name = target.user.full_name
    does = {
        Role.STUDENT: "kan niet meer voor een beoordeling worden gekozen. Beoordelingen die er zijn blijven, en de "
        "student ziet de eigen resultaten zolang die worden bewaard.",
        Role.DOCENT: "kan geen beoordelingen meer starten of volgen, en gaat als docent uit het adresboek. "
        "Beoordelingen die al gestart zijn gaan door en houden de naam.",
        Role.PRAKTIJKOPLEIDER: "gaat als praktijkopleider uit het adresboek. Een link om te beoordelen die al is "
        "verzonden blijft werken.",
        Role.EXAMENCOMMISSIE: "ziet geen beoordelingen meer en kan niets meer afronden. Wat al vastgesteld is houdt de "
        "naam.",
        Role.SCHOOLBEHEER: "kan de school niet meer beheren. Open uitnodigingen van diegene voor Schoolbeheer of "
        "Examencommissie vervallen.",
    }
    return f"{name} {does[Role(role)]} Dit geldt meteen, ook voor wie nu is ingelogd."


def _what_leaving_does(target: Person) -> str:
    held = ", ".join(membership.get_role_display() for membership in target.roles)
    return (
        f"{target.user.full_name} verliest hier alle rollen ({held}), meteen, ook als diegene nu is ingelogd. "
        "Beoordelingen houden de naam; een student ziet de eigen resultaten zolang die worden bewaard. Het account "
        "zelf blijft bestaan."
    )
