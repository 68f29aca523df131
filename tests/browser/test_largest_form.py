"""The form of 34 criteria: its length in screens, the presses that score it all, and its weight."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Page, expect

from addressbook.models import Contact
from assessments import links
from assessments.models import Assessment, Score
from exams.models import Exam, ExamUnit
from tests import steps

from .walk import Shots
from .wcag import check_focus, check_page

pytestmark = pytest.mark.django_db(transaction=True)

CRITERIA = 34
SCREENS = {(1280, 800): 8, (375, 667): 14}
PRESSES = 45


@pytest.fixture
def unit(db: None) -> ExamUnit:
    """The unit with the most criteria of the demo."""
    call_command("load_exam", settings.BASE_DIR / "exams" / "data" / "verzorgende-ig-25656.yaml", "--publish", verbosity=0)
    return ExamUnit.objects.get(code="PVB-1")


@pytest.fixture
def exam(unit: ExamUnit) -> Exam:
    return unit.exam_version.exam


@pytest.fixture
def url(live_server: Any, assessment: Assessment, examiner: Contact) -> str:
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner, remark="Graag voor vrijdag.")
    return f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/"


@pytest.mark.parametrize("window", SCREENS)
def test_form_fits_in_a_few_screens(
    new_browser: Callable[..., Page], url: str, shots: Shots, window: tuple[int, int]
) -> None:
    width, height = window
    page = new_browser(width=width)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(url)
    expect(page.get_by_role("radiogroup")).to_have_count(CRITERIA)
    check_page(page)
    shots(page, f"grootste-formulier-{width}")
    screens = page.evaluate("document.documentElement.scrollHeight") / height
    print(f"{CRITERIA} criteria at {width} x {height}: {screens:.1f} screens, at most {SCREENS[window]}")
    assert screens <= SCREENS[window]


def test_all_is_scored_and_saved_in_few_presses(new_browser: Callable[..., Page], url: str) -> None:
    page = new_browser()
    page.goto(url)
    keys = ["Tab", "Enter", *["v"] * CRITERIA, "Enter"]  # the skip link, the scores, 'Tussentijds opslaan'
    for key in keys:
        page.keyboard.press(key)
        check_focus(page)
    expect(page.locator("[data-status]")).to_contain_text("Tussentijds opgeslagen om")
    assert Score.objects.filter(value="V").count() == CRITERIA
    print(f"{len(keys)} presses score {CRITERIA} criteria and save, at most {PRESSES}")
    assert len(keys) <= PRESSES
