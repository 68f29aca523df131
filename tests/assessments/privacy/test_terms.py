"""The school's own terms: the delay of a change, and conflicting changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School
from assessments.privacy import erasure, retention
from tests.committee.conftest import AfnameMaker

from .conftest import marks_on, opened, words

Later = Callable[..., None]


@pytest.fixture
def path(school: School) -> str:
    return reverse("privacy:terms", args=[school.pk])


def typed(**changed: int) -> dict[str, str]:
    months = {"left_months": 84, "cancelled_months": 84, "unfinished_months": 84, "views_months": 24} | changed
    return {name: str(number) for name, number in months.items()}


def keep(browser: Client, path: str, **changed: int) -> str:
    """Open the page, save the changes and return the text of the response."""
    return words(browser.post(path, opened(browser, path) | typed(**changed), follow=True))


def test_shorter_term_applies_after_a_delay(
    browser: Client,
    school: School,
    path: str,
    make_afname: AfnameMaker,
    pass_time: Later,
) -> None:
    make_afname("CANCELLED", since=timezone.now() - timedelta(days=800))
    keep(browser, path, cancelled_months=12)
    assert [(line.name, line.before, line.after) for line in school.changes.all()] == [("cancelled_months", "84", "12")]
    school.refresh_from_db()
    assert school.cancelled_months == 12
    assert not erasure.erase_due()["assessments"]
    pass_time(days=retention.NOTICE.days + 1)
    assert erasure.erase_due()["assessments"] == 1


def test_overview_is_available_during_the_delay(browser: Client, school: School, path: str) -> None:
    keep(browser, path, left_months=12)
    assert "Wordt gewist in de komende vier weken" in words(browser.get(reverse("privacy:retention", args=[school.pk])))


@pytest.mark.parametrize("months", [0, 11, 601, -1])
def test_term_has_bounds(browser: Client, school: School, path: str, months: int) -> None:
    assert "Dit moet nog worden aangepast" in keep(browser, path, left_months=months)
    school.refresh_from_db()
    assert school.left_months == 84
    assert school.terms_set_at is None


def test_unchanged_terms_cause_no_delay(browser: Client, school: School, path: str) -> None:
    assert "Er is niets veranderd." in keep(browser, path)
    assert "Bewaard: Wie wat heeft ingezien (maanden)." in keep(browser, path, views_months=36)
    school.refresh_from_db()
    assert (school.views_months, school.terms_set_at) == (36, None)


# --- Concurrent changes --------------------------------------------------------------------------
def test_conflicting_term_shows_both_values(
    browser: Client, colleague_browser: Client, school: School, path: str
) -> None:
    mine = opened(browser, path)
    keep(colleague_browser, path, cancelled_months=36)
    html = words(browser.post(path, mine | typed(cancelled_months=12)))
    assert "Iemand anders wijzigde intussen hetzelfde" in html
    assert re.search(r"Intussen gewijzigd door Otto Ander \([^)]+\) in: <strong>36</strong>", html)
    assert 'value="12"' in html
    school.refresh_from_db()
    assert school.cancelled_months == 36
    browser.post(path, marks_on(html) | typed(cancelled_months=12))
    school.refresh_from_db()
    assert school.cancelled_months == 12


def test_concurrent_changes_of_different_terms_are_saved(
    browser: Client, colleague_browser: Client, school: School, path: str
) -> None:
    mine = opened(browser, path)
    keep(colleague_browser, path, cancelled_months=36)
    browser.post(path, mine | typed(left_months=48))
    school.refresh_from_db()
    assert (school.cancelled_months, school.left_months) == (36, 48)
    assert [(line.name, line.before, line.after, line.by_name) for line in school.changes.all()] == [
        ("left_months", "84", "48", "Bea Beheer"),
        ("cancelled_months", "84", "36", "Otto Ander"),
    ]


def test_other_form_error_keeps_conflict_detection(
    browser: Client, colleague_browser: Client, school: School, path: str
) -> None:
    mine = opened(browser, path)
    keep(colleague_browser, path, cancelled_months=36)
    html = words(browser.post(path, mine | typed(cancelled_months=12, left_months=1)))
    html = words(browser.post(path, marks_on(html) | typed(cancelled_months=12)))
    assert "<strong>36</strong>" in html
    school.refresh_from_db()
    assert school.cancelled_months == 36


def test_form_without_opening_values_overwrites_nothing(browser: Client, school: School, path: str) -> None:
    assert "Er is niets bewaard." in words(browser.post(path, typed(cancelled_months=12)))
    school.refresh_from_db()
    assert school.cancelled_months == 84
