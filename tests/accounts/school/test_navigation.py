"""The groups and pages of Schoolbeheer's navigation."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from accounts.models import Role, School, User
from accounts.school.navigation import GROUPS
from tests.factories import member

MENSEN = ["Rollen", "Uitnodigingen", "Studentnummers"]
KOPPELINGEN = ["Mensen (SCIM)", "Systemen (OKE)", "Webhooks"]
PRIVACY = ["Bewaren en wissen", "Wie zag wat"]


@pytest.fixture
def browser(client: Client, school: School) -> Client:
    client.force_login(member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer"))
    return client


def lines(page: str) -> list[list[tuple[str, str, bool]]]:
    """Return label, URL and aria-current of each link, per line."""
    nav = re.search(r'<nav[^>]*aria-label="Schoolbeheer">(.*?)</nav>', page, re.DOTALL)
    assert nav
    links = r'<a href="([^"]*)"([^>]*)>\s*([^<]*?)\s*</a>'
    return [
        [(label, url, "aria-current" in more) for url, more, label in re.findall(links, line)]
        for line in re.findall(r"<ul.*?</ul>", nav[1], re.DOTALL)
    ]


def here(line: list[tuple[str, str, bool]]) -> list[str]:
    return [label for label, _, is_here in line if is_here]


@pytest.mark.parametrize(
    ("name", "group", "pages", "current"),
    [
        ("school:overview", "School", ["Overzicht", "Instellingen", "Wijzigingen"], "Overzicht"),
        ("school:changes", "School", ["Overzicht", "Instellingen", "Wijzigingen"], "Wijzigingen"),
        ("school:people", "Mensen", MENSEN, "Rollen"),
        ("school:role_log", "Mensen", MENSEN, "Rollen"),
        ("school:import_start", "Mensen", MENSEN, "Rollen"),
        ("school:invite", "Mensen", MENSEN, "Uitnodigingen"),
        ("school:student_numbers", "Mensen", MENSEN, "Studentnummers"),
        ("school:directory", "Koppelingen", KOPPELINGEN, "Mensen (SCIM)"),
        ("partners:add", "Koppelingen", KOPPELINGEN, "Systemen (OKE)"),
        ("webhooks:list", "Koppelingen", KOPPELINGEN, "Webhooks"),
        ("privacy:terms", "Privacy", PRIVACY, "Bewaren en wissen"),
        ("privacy:viewings", "Privacy", PRIVACY, "Wie zag wat"),
    ],
)
def test_page_shows_groups_and_sibling_pages(
    browser: Client, school: School, name: str, group: str, pages: list[str], current: str
) -> None:
    groups, beside = lines(browser.get(reverse(name, args=[school.pk])).content.decode())
    assert [label for label, *_ in groups] == ["School", "Mensen", "Koppelingen", "Privacy"]
    assert here(groups) == [group]
    assert [label for label, *_ in beside] == pages
    assert here(beside) == [current]


def test_only_the_exact_url_is_the_current_page(browser: Client, school: School, docent: User) -> None:
    address = reverse("school:people", args=[school.pk])
    assert f'href="{address}" aria-current="page"' in browser.get(address).content.decode()
    person = browser.get(reverse("school:person", args=[school.pk, docent.pk])).content.decode()
    assert f'href="{address}" aria-current="true"' in person


def test_a_group_opens_with_its_first_page(browser: Client, school: School) -> None:
    groups, _ = lines(browser.get(reverse("school:overview", args=[school.pk])).content.decode())
    for _, url, _ in groups:
        beside = lines(browser.get(url).content.decode())[1]
        assert beside[0][1:] == (url, True)


def test_every_school_page_is_in_a_group(school: School) -> None:
    """A page outside every group would open without a selected group."""
    known = tuple(below for group in GROUPS for page in group.pages for below in page.below)
    for pattern in get_resolver().url_patterns:
        for page in getattr(pattern, "url_patterns", ()) if str(pattern.pattern) == "school/" else ():
            address = str(page.pattern)
            if address.startswith("<int:school_id>/") and page.name != "overview":
                assert address.removeprefix("<int:school_id>/").startswith(known), address


def test_the_tabs_cost_no_query(browser: Client, school: School, django_assert_num_queries, rf) -> None:
    from accounts.school.navigation import school_tabs

    request = rf.get(reverse("school:people", args=[school.pk]))
    request.resolver_match = resolve(request.path)
    with django_assert_num_queries(0):
        assert len(school_tabs(request)) == 4
