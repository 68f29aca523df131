"""'Teams': which docenten follow each other's assessments, kept by Schoolbeheer."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest, confirmation
from accounts.models import Role, School, Team
from accounts.people.members import listed_names, member_names
from accounts.school.changes import ChangedMeanwhile
from accounts.school.navigation import get_managed_school

from . import teams as school_teams
from .forms import TeamForm

PAGE_SIZE = 50


@require_GET
def teams(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    page = Paginator(school_teams.with_members(school), PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "accounts/teams/teams.html", {"school": school, "page": page})


@require_http_methods(["GET", "POST"])
def add(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    return _edit(request, school, Team(school=school))


@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, school_id: int, team_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    return _edit(request, school, get_object_or_404(school.teams, pk=team_id))


def _edit(request: UserRequest, school: School, team: Team) -> HttpResponse:
    """Show the form, or save it; a concurrent change is shown, never overwritten unseen."""
    stored, now = copy(team), school_teams.read_content(team)
    opened = request.POST.get("opened", now.fingerprint)
    form = TeamForm(request.POST or None, instance=team)
    described = ""
    if request.method == "POST" and form.is_valid():
        try:
            school_teams.save(team=team, content=form.content, opened=opened, by=request.user)
            messages.success(request, f"Het team ‘{team.name}’ is bewaard.")
            return redirect("school:teams", school.pk)
        except school_teams.TeamRefused as refused:
            form.add_error("name", str(refused))
        except ChangedMeanwhile:
            opened, described = now.fingerprint, _described(school, now)
    context = {"school": school, "team": stored, "form": form, "opened": opened, "stored": described}
    return render(request, "accounts/teams/team.html", context)


def _described(school: School, content: school_teams.Content) -> str:
    """Return what is stored, for the one whose form is outdated."""
    names = member_names(school, Role.DOCENT, pks=content.members)
    return f"{content.name}\nLeden: {listed_names(names, content.members) or 'geen'}"


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, school_id: int, team_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    team = get_object_or_404(school.teams, pk=team_id)
    if request.method == "POST":
        school_teams.delete(team=team, by=request.user)
        messages.success(request, f"Het team ‘{team.name}’ is verwijderd.")
        return redirect("school:teams", school.pk)
    sentence = "De leden volgen elkaars afnames daarna niet meer, tenzij ze samen in een ander team zitten."
    back = (reverse("school:teams", args=[school.pk]), "Terug naar teams")
    return confirmation(request, f"Team ‘{team}’ verwijderen?", sentence, verb="Verwijderen", back=back)
