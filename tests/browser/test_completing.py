"""An assessment sent back by the committee, in a real browser: the question and completing again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from addressbook.models import Contact
from assessments import links
from assessments.examiner import saving
from assessments.invitations import send_back
from assessments.models import Assessment, Assignment, Invitation
from tests import steps

from .walk import Shots
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRM = "Ik heb deze beoordeling zelf gegeven"
TEXT = "Anouk stelde mevrouw gerust en legde alles uit.\n\nOok bij het wassen bleef zij vragen wat mevrouw zelf wilde."


@pytest.fixture
def open_form(live_server, new_browser: Callable[..., Page], invitation: Invitation) -> Callable[..., Page]:
    """Return a function that opens the examiner's form with every score and one justified G."""
    Contact.objects.update(function="Werkbegeleider", organisation="Stichting Zorggroep Rivierenland-Noord")
    Assessment.objects.update(planned_on=timezone.localdate() - timedelta(days=2), place="De Linde, Utrecht")
    steps.fill_in(invitation, "V")
    steps.fill_in(invitation, "G", TEXT, parts=[invitation.assessment.live_assignments.order_by("pk")[0].part])

    def open_page(**browser) -> Page:
        invitation.refresh_from_db()
        page = new_browser(**browser)
        page.goto(f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/")
        return page

    return open_page


def test_send_back_question_is_shown_on_top(
    open_form: Callable[..., Page], invitation: Invitation, committee_member: User, shots: Shots
) -> None:
    saving.complete(invitation=invitation)
    invitation.assessment.refresh_from_db()
    remark = "Licht de G bij de gedragsobservatie toe: wat zag u?"
    send_back.send_back(
        assessment=invitation.assessment, contacts=[invitation.contact], by=committee_member, remark=remark
    )
    page = open_form()
    expect(page.get_by_text("De examencommissie vraagt u dit nog eens te bekijken")).to_be_visible()
    expect(page.get_by_text(remark)).to_be_visible()
    check_page(page)
    shots(page, "h4-teruggestuurd")
    page.get_by_role("button", name="Afronden", exact=True).click()
    page.get_by_label(CONFIRM).check()
    page.get_by_role("button", name="Beoordeling van").click()
    expect(page.get_by_role("status")).to_contain_text("Uw beoordeling is afgerond")
    expect(page.get_by_text(remark)).to_have_count(0)


def test_error_disappears_when_fixed_and_returns_when_broken(
    open_form: Callable[..., Page], invitation: Invitation
) -> None:
    part = invitation.assessment.live_assignments.order_by("pk")[0]
    Assignment.objects.filter(pk=part.pk).update(justification="")
    criterion = part.scores.order_by("pk")[0]
    criterion.delete()
    page = open_form(width=375)
    page.get_by_role("button", name="Afronden", exact=True).click()
    summary = page.locator(".error-summary")
    expect(summary.get_by_role("listitem")).to_have_count(2)
    missing = page.locator(".ovg-error")
    expect(missing).to_have_count(1)

    page.locator(f"label:has(#score-{part.pk}-{criterion.criterion_id}-V)").click()
    expect(missing).to_have_count(0)
    expect(summary.get_by_role("listitem")).to_have_count(1)
    page.locator("textarea.is-invalid").fill("Anouk stelde mevrouw gerust.")
    expect(summary).to_be_hidden()
    page.get_by_label("Onderbouwing").first.fill("")
    expect(summary.get_by_role("listitem")).to_have_count(1)
