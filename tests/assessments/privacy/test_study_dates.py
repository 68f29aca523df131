"""The diploma and leaving dates of a student: manual changes, conflicts and the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from accounts.people import roles
from assessments.models import Assessment
from assessments.privacy import erasure
from tests.factories import MembershipFactory

from .conftest import marks_on, opened, words

Later = Callable[..., None]


@pytest.fixture
def path(student: Membership) -> str:
    return reverse("privacy:student", args=[student.school_id, student.pk])


def keep(browser: Client, path: str, **typed: str) -> str:
    """Open the page, save the dates and return the text of the response."""
    dates = {"diploma_on": "", "left_on": ""} | typed
    return words(browser.post(path, opened(browser, path) | dates, follow=True))


def log(school: School) -> list[tuple[str, str, str, str, str]]:
    lines = school.changes.select_related("student__user")
    return [(line.student.user.full_name, line.label, line.before, line.after, line.by_name) for line in lines]


def test_new_date_erases_nothing_for_a_month(
    browser: Client, final: Assessment, student: Membership, path: str, administrator: User, pass_time: Later
) -> None:
    pass_time(days=900)
    browser.force_login(administrator)
    diploma = timezone.localdate(final.created_at)
    text = keep(browser, path, diploma_on=diploma.isoformat())
    assert "De datums van Anouk van &#x27;t Hoff zijn bewaard." in text
    student.refresh_from_db()
    assert (student.diploma_on, student.study_dates_set_by) == (diploma, administrator)
    assert not erasure.erase_due()["assessments"]
    pass_time(days=31)
    assert erasure.erase_due()["assessments"] == 1


@pytest.mark.parametrize("typed", ["1026-07-10", "2999-01-01", "straks"])
def test_implausible_date_is_refused(browser: Client, student: Membership, path: str, typed: str) -> None:
    assert "Dit moet nog worden aangepast" in keep(browser, path, diploma_on=typed)
    student.refresh_from_db()
    assert student.diploma_on is None


@pytest.mark.parametrize(
    ("diploma_on", "left_on", "text"),
    [
        ("2026-07-10", "2024-01-31", "op 31-01-2024 en ook een diploma op 10-07-2026"),
        ("2026-07-10", "2026-07-10", "geldt de diplomadatum"),
        ("2024-07-05", "2026-01-31", "een diploma op 05-07-2024 en daarna vertrokken zonder diploma op 31-01-2026"),
    ],
)
def test_two_dates_are_saved_with_a_warning(
    browser: Client, student: Membership, path: str, diploma_on: str, left_on: str, text: str
) -> None:
    """Both can be true with two studies."""
    page = keep(browser, path, diploma_on=diploma_on, left_on=left_on)
    assert "zijn bewaard." in page
    assert text in page
    student.refresh_from_db()
    assert (str(student.diploma_on), str(student.left_on)) == (diploma_on, left_on)
    assert "Let op" not in keep(browser, path, diploma_on=diploma_on)


def test_docent_has_no_study_dates_page(browser: Client, docent: User, school: School) -> None:
    membership = docent.memberships.get()
    assert browser.get(reverse("privacy:student", args=[school.pk, membership.pk])).status_code == 404


def test_student_of_another_school_is_not_found(browser: Client, school: School, other_school: School) -> None:
    other = MembershipFactory(school=other_school)
    for name in ("student", "ask_own_data"):
        path = reverse(f"privacy:{name}", args=[school.pk, other.pk])
        assert browser.post(path, {"diploma_on": "2026-01-01"}).status_code == 404


# --- Concurrent changes --------------------------------------------------------------------------
def test_conflicting_date_shows_both_values(
    browser: Client, colleague_browser: Client, student: Membership, path: str
) -> None:
    mine = opened(browser, path)
    keep(colleague_browser, path, diploma_on="2026-07-10")
    html = words(browser.post(path, mine | {"diploma_on": "2025-07-11", "left_on": ""}))
    assert "Iemand anders wijzigde intussen hetzelfde" in html
    assert re.search(r"Intussen gewijzigd door Otto Ander \([^)]+\) in: <strong>10-07-2026</strong>", html)
    assert 'value="2025-07-11"' in html
    student.refresh_from_db()
    assert student.diploma_on == date(2026, 7, 10)
    browser.post(path, marks_on(html) | {"diploma_on": "2025-07-11", "left_on": ""})
    student.refresh_from_db()
    assert student.diploma_on == date(2025, 7, 11)


def test_concurrent_changes_of_different_dates_are_saved(
    browser: Client, colleague_browser: Client, student: Membership, path: str
) -> None:
    mine = opened(browser, path)
    keep(colleague_browser, path, diploma_on="2026-07-10")
    browser.post(path, mine | {"diploma_on": "", "left_on": "2024-01-31"})
    student.refresh_from_db()
    assert (student.diploma_on, student.left_on) == (date(2026, 7, 10), date(2024, 1, 31))


def test_form_without_opening_values_overwrites_nothing(browser: Client, student: Membership, path: str) -> None:
    assert "Er is niets bewaard." in words(browser.post(path, {"diploma_on": "2026-07-10", "left_on": ""}))
    student.refresh_from_db()
    assert student.diploma_on is None


# --- Log -----------------------------------------------------------------------------------------
def test_each_date_change_is_logged(browser: Client, school: School, student: Membership, path: str) -> None:
    keep(browser, path, diploma_on="2026-07-10")
    keep(browser, path, diploma_on="2026-07-10")
    keep(browser, path, diploma_on="", left_on="2026-01-31")
    name, by = "Anouk van 't Hoff", "Bea Beheer"
    assert sorted(log(school)) == [
        (name, "Diplomadatum", "", "10-07-2026", by),
        (name, "Diplomadatum", "10-07-2026", "", by),
        (name, "Vertrokken zonder diploma op", "", "31-01-2026", by),
    ]
    for page in (reverse("school:changes", args=[school.pk]), path):
        shown = words(browser.get(page))
        assert "10-07-2026" in shown
        assert "31-01-2026" in shown
    numbers = words(browser.get(reverse("school:change_number", args=[school.pk, student.pk])))
    assert "10-07-2026" not in numbers


def test_dates_of_leaving_and_returning_are_logged(
    final: Assessment, school: School, student: Membership, administrator: User
) -> None:
    roles.leave(school=school, user=student.user, by=administrator)
    roles.grant(school=school, user=student.user, role=Role.STUDENT, by=None, how=roles.How.INVITATION)
    today = f"{timezone.localdate():%d-%m-%Y}"
    assert log(school) == [
        ("Anouk van 't Hoff", "Vertrokken zonder diploma op", today, "", ""),
        ("Anouk van 't Hoff", "Vertrokken zonder diploma op", "", today, "Bea Beheer"),
    ]
