"""The pages of Schoolbeheer in a few groups: a line of groups, and under it the pages of the one that is open.

Which group a page is in is told by its address, so that a page below another one needs to say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import Role, School, User


@dataclass(frozen=True)
class Page:
    """A page by its URL's name; `below` is what follows the school's number in its address and in those below it."""

    name: str
    label: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    label: str
    pages: tuple[Page, ...]


GROUPS = (
    Group(
        "School",
        (
            Page("school:overview", "Overzicht"),
            Page("school:settings", "Instellingen", ("instellingen/", "logo/")),
            Page("school:changes", "Wijzigingen", ("wijzigingen/",)),
        ),
    ),
    Group(
        "Mensen",
        (
            Page("school:people", "Rollen", ("mensen/", "importeren/")),
            Page("school:invitations", "Uitnodigingen", ("uitnodigingen/",)),
            Page("school:student_numbers", "Studentnummers", ("studentnummers/",)),
        ),
    ),
    Group(
        "Privacy",
        (
            Page("privacy:retention", "Bewaren en wissen", ("bewaren/",)),
            Page("privacy:viewings", "Wie zag wat", ("inzage/",)),
        ),
    ),
)


@dataclass(frozen=True)
class Line:
    """One link; `current` is what it says of itself: 'page' on its own page, 'true' on one below it, else ''."""

    label: str
    url: str
    current: str
    pages: tuple[Line, ...] = ()


def school_tabs(request: HttpRequest) -> tuple[Line, ...]:
    """The groups, each with its pages, for the school of this address; () where there is none."""
    match = request.resolver_match
    if match is None or "school_id" not in match.kwargs:
        return ()
    school = match.kwargs["school_id"]
    return tuple(_group(group, request.path, school) for group in GROUPS)


def _group(group: Group, path: str, school: int) -> Line:
    pages = tuple(_page(page, path, school) for page in group.pages)
    return Line(group.label, pages[0].url, "true" if any(page.current for page in pages) else "", pages)


def _page(page: Page, path: str, school: int) -> Line:
    url, start = reverse(page.name, args=[school]), reverse("school:overview", args=[school])
    is_below = any(path.startswith(start + below) for below in page.below)
    return Line(page.label, url, "page" if path == url else "true" if is_below else "")


def get_managed_school(user: User, school_id: int) -> School:
    """A school where `user` is Schoolbeheer; else 404."""
    return get_object_or_404(user.schools_as(Role.SCHOOLBEHEER), pk=school_id)
