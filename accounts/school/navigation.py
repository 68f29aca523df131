"""The tabs of Schoolbeheer: groups, and the pages of the open group, derived from the request's path."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import Role, School, User


@dataclass(frozen=True)
class NavPage:
    """A page by its URL's name; `below` are path prefixes, under the school's, of the pages it contains."""

    name: str
    label: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class NavGroup:
    label: str
    pages: tuple[NavPage, ...]


GROUPS = (
    NavGroup(
        "School",
        (
            NavPage("school:overview", "Overzicht"),
            NavPage(
                "school:settings",
                "Instellingen",
                ("instellingen/", "logo/", "schoolaccounts/", "examencommissies/", "teams/"),
            ),
            NavPage("school:changes", "Wijzigingen", ("wijzigingen/",)),
        ),
    ),
    NavGroup(
        "Mensen",
        (
            NavPage("school:people", "Rollen", ("mensen/", "importeren/")),
            NavPage("school:invitations", "Uitnodigingen", ("uitnodigingen/",)),
            NavPage("school:student_numbers", "Studentnummers", ("studentnummers/",)),
        ),
    ),
    NavGroup(
        "Koppelingen",
        (
            NavPage("school:directory", "Mensen (SCIM)", ("koppeling/",)),
            NavPage("partners:list", "Systemen (OKE)", ("systemen/",)),
            NavPage("webhooks:list", "Webhooks", ("webhooks/",)),
        ),
    ),
    NavGroup(
        "Privacy",
        (
            NavPage("privacy:retention", "Bewaren en wissen", ("bewaren/",)),
            NavPage("privacy:viewings", "Wie zag wat", ("inzage/",)),
        ),
    ),
)


@dataclass(frozen=True)
class NavLink:
    """A link; `current` is its aria-current: 'page' on its own page, 'true' on one below it, else ''."""

    label: str
    url: str
    current: str
    pages: tuple[NavLink, ...] = ()


def school_tabs(request: HttpRequest) -> tuple[NavLink, ...]:
    """Return the groups with their pages for the school in the URL; () for other URLs."""
    match = request.resolver_match
    if match is None or "school_id" not in match.kwargs:
        return ()
    school = match.kwargs["school_id"]
    return tuple(_group_link(group, request.path, school) for group in GROUPS)


def _group_link(group: NavGroup, path: str, school: int) -> NavLink:
    pages = tuple(_page_link(page, path, school) for page in group.pages)
    return NavLink(group.label, pages[0].url, "true" if any(page.current for page in pages) else "", pages)


def _page_link(page: NavPage, path: str, school: int) -> NavLink:
    url, start = reverse(page.name, args=[school]), reverse("school:overview", args=[school])
    is_below = any(path.startswith(start + below) for below in page.below)
    return NavLink(page.label, url, "page" if path == url else "true" if is_below else "")


def get_managed_school(user: User, school_id: int) -> School:
    """Return a school where `user` is Schoolbeheer; else raise 404."""
    return get_object_or_404(user.schools_as(Role.SCHOOLBEHEER), pk=school_id)
