"""'Mensen en rollen' of Schoolbeheer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.lists import PAGE_SIZE
from accounts.models import Role, School, User
from accounts.people.roles import give_role, leave
from assessments.models import Assessment
from tests.factories import MembershipFactory, member


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def people_url(school: School) -> str:
    return reverse("school:people", args=[school.pk])


def person_url(school: School, user: User, page: str = "person", *more: str) -> str:
    return reverse(f"school:{page}", args=[school.pk, user.pk, *more])


def names(browser: Client, url: str, **query: str) -> list[str]:
    return [person.user.full_name for person in browser.get(url, query).context["rows"]]


def test_people_are_listed_once_by_last_name(
    browser: Client, people_url: str, docent: User, student: Any, stranger: User, school: School
) -> None:
    MembershipFactory(user=docent, school=school, role=Role.EXAMENCOMMISSIE)
    assert names(browser, people_url) == ["Bea Beheer", "Dirk Docent", "Anouk van 't Hoff"]
    assert "Docent, Examencommissie" in words(browser.get(people_url))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "hoff"}, ["Anouk van 't Hoff"]),
        ({"q": "123456"}, ["Anouk van 't Hoff"]),
        ({"q": "DOCENT@hier"}, ["Dirk Docent"]),
        ({"rol": "STUDENT"}, ["Anouk van 't Hoff"]),
        ({"rol": "SCHOOLBEHEER", "q": "hoff"}, []),
        ({"rol": "VERTROKKEN"}, []),
        ({"q": "niemand"}, []),
        ({"rol": "KONING", "q": "dirk"}, ["Dirk Docent"]),
    ],
)
def test_people_are_found_by_name_address_number_and_role(
    browser: Client, people_url: str, docent: User, student: Any, query: dict[str, str], expected: list[str]
) -> None:
    assert names(browser, people_url, **query) == expected


def test_former_member_is_listed_while_the_role_exists(browser: Client, people_url: str, student: Any) -> None:
    student.left_on = timezone.localdate() + timedelta(days=1)
    student.save()
    assert names(browser, people_url, rol="VERTROKKEN") == []
    student.left_on = timezone.localdate()
    student.save()
    assert (
        names(browser, people_url, rol="VERTROKKEN")
        == names(browser, people_url, rol="STUDENT")
        == ["Anouk van 't Hoff"]
    )
    assert "vertrokken op" in words(browser.get(people_url))


def test_number_finds_person_with_two_roles(browser: Client, people_url: str, student: Any, school: School) -> None:
    """The person's first role has no number."""
    both = member(school, Role.DOCENT, first_name="Bo", last_name="Beide")
    MembershipFactory(user=both, school=school, student_number="777777")
    assert names(browser, people_url, q="777777") == ["Bo Beide"]
    assert names(browser, people_url, rol="STUDENT", q="beide") == ["Bo Beide"]


def test_pages_go_on_and_back_by_key(browser: Client, people_url: str, school: School) -> None:
    for number in range(PAGE_SIZE * 2):
        MembershipFactory(school=school, user__first_name="Sam", user__last_name=f"Zz {number:03}")
    first = browser.get(people_url)
    following = first.context["page"].following
    second = browser.get(people_url, {"na": following["na"]})
    assert [one.user.last_name for one in second.context["rows"]][:2] == ["Zz 049", "Zz 050"]
    third = browser.get(people_url, {"na": second.context["page"].following["na"]})
    assert [one.user.last_name for one in third.context["rows"]] == ["Zz 099"]
    assert not third.context["page"].following
    back = browser.get(people_url, {"voor": third.context["page"].previous["voor"]})
    assert [one.user.pk for one in back.context["rows"]] == [one.user.pk for one in second.context["rows"]]
    for key in ("0", "x", "9" * 30, "-1", "²"):
        assert browser.get(people_url, {"na": key}).context["rows"][0].user.last_name == "Beheer"


@pytest.mark.parametrize(("way", "than"), [("na", ">"), ("voor", "<")])
def test_middle_page_is_found_by_index(browser: Client, people_url: str, docent: User, way: str, than: str) -> None:
    where = f"{people_url}?{way}={docent.memberships.get().pk}"
    with CaptureQueriesContext(connection) as asked:
        browser.get(where)
    [page] = [one["sql"] for one in asked if 'ORDER BY "accounts_membership"."sort_key"' in one["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # of so few
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + page)
        steps = [str(row[-1]).replace(" ", "") for row in cursor.fetchall()]
    by_index = [step for step in steps if "USINGINDEXpeople_by_last_name" in step or "IndexCond" in step]
    assert f"sort_key{than}" in by_index[0], steps


def test_the_queries_do_not_grow_with_the_people(
    browser: Client, people_url: str, school: School, django_assert_num_queries: Any
) -> None:
    def look() -> None:
        browser.get(people_url, {"q": "zz"})

    MembershipFactory(school=school, user__last_name="Zz")
    browser.get(people_url)
    with django_assert_num_queries(7):  # session, user, school, roles of the tabs, and three for the page
        look()
    for number in range(40):
        user = member(school, Role.DOCENT, last_name=f"Zz {number}")
        MembershipFactory(user=user, school=school)
    with django_assert_num_queries(7):
        look()


def test_persons_page_shows_roles_number_and_changes(
    browser: Client, school: School, manager: User, student: Any
) -> None:
    give_role(school=school, user=student.user, role=Role.DOCENT, by=manager)
    page = words(browser.get(person_url(school, student.user)))
    assert "123456" in page
    assert "kreeg <strong>Docent</strong>" in page
    assert "Bea Beheer" in page
    assert '<option value="STUDENT">' not in page


@pytest.mark.parametrize("page", ["person", "leave"])
def test_person_of_another_school_is_404(
    browser: Client, school: School, other_school: School, stranger: User, page: str
) -> None:
    assert browser.get(person_url(school, stranger, page)).status_code == 404
    assert browser.get(person_url(other_school, stranger, page)).status_code == 404
    assert browser.post(person_url(school, stranger, "leave")).status_code == 404
    assert browser.post(person_url(school, stranger, "give_role"), {"rol": "STUDENT"}).status_code == 404
    assert browser.post(person_url(other_school, stranger, "take_role", "DOCENT")).status_code == 404
    assert stranger.memberships.count() == 2


def test_double_click_changes_a_role_once(browser: Client, school: School, docent: User) -> None:
    for _ in range(2):
        page = browser.post(person_url(school, docent, "give_role"), {"rol": "EXAMENCOMMISSIE"}, follow=True)
    assert "heeft nu de rol" not in words(page)
    take = person_url(school, docent, "take_role", "EXAMENCOMMISSIE")
    assert "Dirk Docent ziet geen beoordelingen meer" in words(browser.get(take))
    for _ in range(2):
        browser.post(take)
    assert school.role_changes.count() == 2
    assert browser.get(take).status_code == 302


@pytest.mark.parametrize("role", ["", "KONING"])
def test_invalid_role_gets_404(browser: Client, school: School, docent: User, role: str) -> None:
    assert browser.post(person_url(school, docent, "give_role"), {"rol": role}).status_code == 404


def test_own_roles_cannot_be_changed(browser: Client, school: School, manager: User) -> None:
    page = words(browser.get(person_url(school, manager)))
    assert "Dit bent u zelf." in page
    assert "Rol geven" not in page
    page = words(browser.post(person_url(school, manager, "give_role"), {"rol": "EXAMENCOMMISSIE"}, follow=True))
    assert "U kunt uzelf geen rol geven." in page
    assert not school.memberships.filter(role=Role.EXAMENCOMMISSIE).exists()


def test_removing_own_last_role_redirects_home(
    browser: Client, school: School, manager: User, second_manager: User
) -> None:
    assert browser.post(person_url(school, manager, "leave")).url == reverse("home")
    assert browser.get(reverse("school:people", args=[school.pk])).status_code == 404


def test_leaving_redirects_to_the_list(
    browser: Client, school: School, manager: User, docent: User, assessment: Assessment, people_url: str
) -> None:
    assert "verliest hier alle rollen (Docent)" in words(browser.get(person_url(school, docent, "leave")))
    assert browser.post(person_url(school, docent, "leave")).url == people_url
    leave(school=school, user=assessment.student.user, by=manager)
    assert names(browser, people_url, rol="VERTROKKEN") == ["Anouk van 't Hoff"]
    assert "Anouk van 't Hoff" not in names(browser, people_url)
    assert "uit de school gehaald" in words(browser.get(person_url(school, assessment.student.user)))


def test_log_shows_actor_person_change_and_time(browser: Client, school: School, manager: User, docent: User) -> None:
    log = reverse("school:role_log", args=[school.pk])
    assert "Hier staat straks wie welke rol kreeg" in words(browser.get(log))
    give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    page = words(browser.get(log))
    for text in ("Dirk Docent", "Examencommissie", "Bea Beheer", "met de hand"):
        assert text in page


def test_name_is_escaped(browser: Client, people_url: str, school: School) -> None:
    MembershipFactory(school=school, user__first_name="<b>Anouk</b>")
    assert b"<b>Anouk" not in browser.get(people_url).content
