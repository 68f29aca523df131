"""'Beeld van het werk', opened by a committee member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Status
from committee.statistics import statistics
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)


def test_old_pending_work_links_to_the_list(
    log_in_at: Callable[..., Page],
    committee_member: User,
    school: School,
    unit: ExamUnit,
    docent: User,
    examiner: Contact,
    shots: Shots,
) -> None:
    for _ in range(3):
        assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        steps.choose(assessment, examiner)
        steps.assess(steps.send_invitation(assessment, examiner), "G")
    waiting = steps.start_assessment(MembershipFactory(school=school, user__last_name="Lang"), unit, docent)
    this_year = statistics.periods(timezone.localdate())[0]
    Assessment.objects.filter(pk=waiting.pk).update(
        status=Status.ASSESSED,
        created_at=this_year.since - timedelta(days=60),
        status_since=timezone.now() - timedelta(days=190),
    )
    page = log_in_at(committee_member, "/commissie/beeld/")
    earlier = page.get_by_text("1 van eerdere schooljaren wacht nog, de langste 190 dagen")
    expect(earlier).to_have_css("color", "rgb(138, 83, 0)")
    shots(page, "picture-1")
    page.get_by_role("link", name=str(unit.exam_version.exam)).click()
    expect(page.get_by_text("alleen G")).to_have_count(1)
    shots(page, "picture-2")
    page.get_by_role("link", name="Beoordeeld 1").click()
    expect(page.locator("[data-row]").first).to_contain_text("Lang")
