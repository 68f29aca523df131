"""The form of 34 criteria: its length in screens, the presses that score it all, and its weight.

`pytest -s` prints the figures; `python -m bench.form_page` measures how soon the page can be used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Page, Response, expect

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
KILOBYTES = 60


@pytest.fixture
def unit(db: None) -> ExamUnit:
    """The unit with the most criteria of the demo."""
    path = settings.BASE_DIR / "exams" / "data" / "verzorgende-ig-25656.yaml"
    call_command("load_exam", path, "--publish", verbosity=0)
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
    print(f"{CRITERIA} criteria at {width} x {height}: {screens:.1f} screens, at most {SCREENS[window]}")  # noqa: T201
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
    print(f"{len(keys)} presses score {CRITERIA} criteria and save, at most {PRESSES}")  # noqa: T201
    assert len(keys) <= PRESSES


def test_first_visit_is_light(new_browser: Callable[..., Page], url: str) -> None:
    """Everything that the page loads, compressed as WhiteNoise and Caddy do, fits a poor connection."""
    page, weights = new_browser(width=375), {}

    def weigh(response: Response) -> None:
        if response.status == 200:
            body = response.body()
            packed = response.url.endswith((".woff2", ".png"))
            weights[response.url] = len(body) if packed else len(brotli.compress(body, quality=5))

    page.on("response", weigh)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    lines = [f"{weight / 1000:6.1f} kB {address.rsplit('/', 1)[-1]}" for address, weight in weights.items()]
    total = sum(weights.values()) / 1000
    print("\n".join([*lines, f"{total:6.1f} kB in all, at most {KILOBYTES}"]))  # noqa: T201
    assert len(weights) > 5
    assert total <= KILOBYTES
