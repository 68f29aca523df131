"""'Bewaren en wissen': the pages of Schoolbeheer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, School, User
from assessments.models import Appeal, Assessment
from assessments.privacy import erasure, retention
from exams.models import ExamUnit
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory

from .conftest import date_student, today, words

Later = Callable[..., None]
pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def page(browser: Client, school: School) -> Callable[..., str]:
    """Return a function that opens a page of Schoolbeheer: `page("retention")`."""
    return lambda name, *args, **asked: words(browser.get(reverse(f"privacy:{name}", args=[school.pk, *args]), asked))


@pytest.fixture
def nearly_over(final: Assessment, student: Membership, pass_time: Later) -> Assessment:
    date_student(student, diploma_on=today())
    pass_time(days=530)
    return final


# --- Upcoming erasures ---------------------------------------------------------------------------
def test_upcoming_erasures_are_listed(
    nearly_over: Assessment, page: Callable[..., str], browser: Client, administrator: User
) -> None:
    browser.force_login(administrator)
    shown = page("retention")
    assert "18 maanden na de diplomadatum" in shown
    assert "1 afname" in shown
    assert "Anouk van &#x27;t Hoff" in shown
    assert "Voldoende" not in shown


def test_listed_day_is_the_day_of_erasure(
    nearly_over: Assessment, school: School, student: Membership, pass_time: Later
) -> None:
    from assessments.privacy.erasure import look_ahead, rows_of

    coming = look_ahead(school)
    [row] = rows_of(coming.students, school, until=coming.until)
    pass_time(days=(row.day - today()).days - 1)
    assert not erasure.erase_due()["assessments"]
    pass_time(days=1)
    assert erasure.erase_due()["assessments"]


def test_students_with_an_appeal_are_counted_separately(
    nearly_over: Assessment, page: Callable[..., str], browser: Client, administrator: User
) -> None:
    Appeal.objects.create(assessment=nearly_over, received_on=today())
    browser.force_login(administrator)
    shown = page("retention")
    assert "Door een bezwaar dat loopt blijft 1 afname staan." in shown
    assert "Anouk" not in shown


def test_results_without_a_date_are_reported(final: Assessment, page: Callable[..., str]) -> None:
    assert "Van 1 student met een definitief resultaat" in page("retention")
    assert "Anouk van &#x27;t Hoff" in page("students")
    date_student(final.student, diploma_on=today())
    assert "Van 1 student" not in page("retention")


def test_erasure_log_has_no_names(
    nearly_over: Assessment, page: Callable[..., str], browser: Client, administrator: User, pass_time: Later
) -> None:
    pass_time(days=60)
    erasure.erase_due()
    browser.force_login(administrator)
    for name in ("retention", "erased"):
        assert "18 maanden na de diplomadatum" in page(name)
        assert "Anouk" not in page(name)


def test_query_count_is_constant_for_rows(
    browser: Client,
    school: School,
    make_afname: AfnameMaker,
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(30):
        make_afname("CANCELLED", since=timezone.now() - timedelta(days=85 * 31 + n))
    with django_assert_max_num_queries(14):
        browser.get(reverse("privacy:retention", args=[school.pk]))


def test_large_list_is_paged_by_key_without_counting(
    browser: Client,
    school: School,
    make_afname: AfnameMaker,
    django_assert_max_num_queries: Any,
) -> None:
    names = [f"Persoon-{n:02}" for n in range(60)]
    for name in names:
        student = MembershipFactory(school=school, user__last_name=name)
        make_afname("CANCELLED", student=student, since=timezone.now() - timedelta(days=85 * 31))
    path = reverse("privacy:retention", args=[school.pk])
    with django_assert_max_num_queries(14) as asked:
        first = words(browser.get(path))
    assert not [query["sql"] for query in asked.captured_queries if "OFFSET" in query["sql"]]
    [following] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = words(browser.get(path + unescape(following)))
    assert ([name in first for name in names], [name in second for name in names]) == (
        [True] * 50 + [False] * 10,
        [False] * 50 + [True] * 10,
    )


def test_count_without_a_date_is_a_lower_bound(
    browser: Client,
    school: School,
    make_afname: AfnameMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "MANY", 2)
    for expected in ("Van 1 student met", "Van 2 studenten met", "Van meer dan 2 studenten met"):
        make_afname("FINAL", student=MembershipFactory(school=school))
        assert expected in words(browser.get(reverse("privacy:retention", args=[school.pk])))


def test_student_page_shows_no_result(final: Assessment, page: Callable[..., str]) -> None:
    shown = page("student", final.student_id)
    assert "Verzorgende" not in shown
    assert "Voldoende" not in shown


def test_unit_is_not_named(page: Callable[..., str], unit: ExamUnit, final: Assessment) -> None:
    assert unit.title not in page("retention")
