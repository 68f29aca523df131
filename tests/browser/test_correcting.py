"""The source text's part C on 'Bewerken', sentence by sentence in a real browser (C.2, C.9 – C.11)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from accounts.models import User
from addressbook.models import Contact
from assessments.coupling import couplings
from assessments.examiner import saving
from assessments.models import Assessment, Correction, Invitation
from tests import steps

from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def assessed(invitation: Invitation) -> Assessment:
    """An assessment with all G and a spelling mistake in each text."""
    steps.fill_in(invitation, "G", "Anouk weet hoe het word gedaan.")
    saving.complete(invitation=invitation)
    return invitation.assessment


@pytest.fixture
def committee(log_in_at: Callable[..., Page], committee_member: User, assessed: Assessment) -> Callable[..., Page]:
    """Return a function that opens the assessment as the committee member."""

    def open_page(**browser: object) -> Page:
        return log_in_at(committee_member, f"/commissie/{assessed.public_id}/", **browser)

    return open_page


@pytest.mark.parametrize("javascript", [True, False])
def test_c2_and_c9_to_c11_slider_edits_and_saves_icon_shows_history(
    committee: Callable[..., Page], shots: Shots, javascript: bool
) -> None:
    page = committee(javascript=javascript)
    shots(page, "bewerken-0")
    page.get_by_role("link", name="Bewerken", exact=True).click()
    shots(page, "bewerken-1")
    text = page.get_by_label("Onderbouwing van Erik Examinator").first
    reasons = page.get_by_label("Reden van de wijziging")
    if javascript:
        expect(reasons.first).to_be_hidden()
    text.fill("Anouk weet hoe het wordt gedaan.")
    page.get_by_role("radiogroup").first.get_by_role("radio", name="V Voldoende").check()
    page.get_by_role("button", name="Bewerken").click()
    expect(page.get_by_text("Schrijf erbij waarom u dit wijzigt.").first).to_be_visible()
    shots(page, "bewerken-2")
    reasons.first.fill("Niet zelf gezien.")
    text.locator("xpath=ancestor::*[@data-ask-reason]").get_by_label("Reden van de wijziging").fill("Schrijffout.")
    page.get_by_role("button", name="Bewerken").click()
    expect(page.get_by_role("status")).to_contain_text("2 wijzigingen opgeslagen.")
    shots(page, "bewerken-3")
    page.get_by_role("link", name="Bekijk de bewerkhistorie").click()
    shots(page, "bewerken-4")
    expect(page.locator("del").filter(has_text="word")).to_have_text("weg: word")
    expect(page.locator("ins").filter(has_text="wordt")).to_have_text("nieuw: wordt")
    expect(page.get_by_text("Reden: ‘Schrijffout.’")).to_be_visible()
    assert Correction.objects.count() == 2


def test_the_later_of_two_members_sees_the_others_change(committee: Callable[..., Page], shots: Shots) -> None:
    first, second = committee(), committee()
    for page in (first, second):
        page.get_by_role("link", name="Bewerken", exact=True).click()
        page.get_by_label("Onderbouwing van Erik Examinator").first.fill(
            "Van de eerste." if page is first else "Van de tweede."
        )
        reason = page.get_by_label("Reden van de wijziging").locator("visible=true")
        expect(reason).to_have_count(1)  # the script hides the others
        reason.fill("Schrijffout.")
    first.get_by_role("button", name="Wijzigingen opslaan").dblclick()
    expect(first.get_by_role("status")).to_contain_text("1 wijziging opgeslagen.")
    second.get_by_role("button", name="Wijzigingen opslaan").click()
    expect(second.get_by_text("Intussen gewijzigd door Carla Commissie")).to_contain_text("Van de eerste.")
    expect(second.get_by_label("Onderbouwing van Erik Examinator").first).to_have_value("Van de tweede.")
    shots(second, "bewerken-5")
    second.get_by_role("button", name="Wijzigingen opslaan").click()
    expect(second.get_by_role("status")).to_contain_text("1 wijziging opgeslagen.")
    assert list(Correction.objects.values_list("before", "after")) == [
        ("Anouk weet hoe het word gedaan.", "Van de eerste."),
        ("Van de eerste.", "Van de tweede."),
    ]


def test_leaving_with_typed_text_asks_for_confirmation(committee: Callable[..., Page]) -> None:
    page, asked = committee(), list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Bewerken", exact=True).click()
    page.get_by_role("link", name="Annuleren").first.click()
    expect(page).not_to_have_url(re.compile("/bewerken/"))
    assert asked == [], "nothing was typed"
    page.get_by_role("link", name="Bewerken", exact=True).click()
    page.get_by_label("Onderbouwing van Erik Examinator").first.fill("Bijna kwijt.")
    page.get_by_role("link", name="Annuleren").first.click(no_wait_after=True)
    expect(page.get_by_label("Onderbouwing van Erik Examinator").first).to_have_value("Bijna kwijt.")
    assert asked == ["beforeunload"]
    reason = page.get_by_label("Reden van de wijziging bij de onderbouwing van Erik Examinator").locator("visible=true")
    reason.fill("Schrijffout.")
    reason.press("Enter")
    expect(page).to_have_url(re.compile("/bewerken/"))
    assert not Correction.objects.exists(), "Enter in one reason doesn't save and close all of it"
    page.get_by_role("button", name="Wijzigingen opslaan").click()
    expect(page.get_by_role("status")).to_contain_text("1 wijziging opgeslagen.")
    assert asked == ["beforeunload"]


def test_text_typed_before_the_script_requires_a_reason(committee: Callable[..., Page]) -> None:
    page = committee()
    held: list[Route] = []
    page.route("**/ask_reason*.js", lambda route: held.append(route))
    with page.expect_request("**/ask_reason*.js"):
        page.get_by_role("link", name="Bewerken", exact=True).click()
    page.get_by_label("Onderbouwing van Erik Examinator").first.fill("Op een trage lijn getypt.")
    held[0].continue_()
    expect(page.get_by_label("Reden van de wijziging").locator("visible=true")).to_have_count(1)


def test_long_text_is_readable_in_its_field(
    log_in_at: Callable[..., Page], committee_member: User, invitation: Invitation
) -> None:
    steps.fill_in(invitation, "G", "Anouk weet hoe het wordt gedaan.\n" * 9)
    saving.complete(invitation=invitation)
    page = log_in_at(committee_member, f"/commissie/{invitation.assessment.public_id}/bewerken/")
    height = "field => [field.clientHeight, field.scrollHeight]"
    shown, needed = page.get_by_label("Onderbouwing van Erik Examinator").first.evaluate(height)
    assert shown == needed > 200


def test_texts_of_two_examiners_are_side_by_side(
    log_in_at: Callable[..., Page], committee_member: User, invitation: Invitation, second_examiner: Contact
) -> None:
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    for one, score in ((invitation, "G"), (steps.send_invitation(invitation.assessment, second_examiner), "O")):
        steps.fill_in(one, score, "Anouk weet hoe het wordt gedaan. " * 40)
        saving.complete(invitation=one)
    address = f"/commissie/{invitation.assessment.public_id}/"
    for width, is_beside in ((1280, True), (375, False)):
        page = log_in_at(committee_member, address, width=width)
        figures = page.get_by_role("figure").all()[:2]
        tops = [figure.evaluate("figure => figure.getBoundingClientRect().top") for figure in figures]
        assert (tops[0] == tops[1]) == is_beside
    page.get_by_role("link", name="B1-K1-W2, Productbeoordeling").click()
    expect(page.get_by_text("Productbeoordeling", exact=True).last).to_be_in_viewport()


def test_scores_of_a_removed_examiner_are_struck_through(
    log_in_at: Callable[..., Page],
    committee_member: User,
    assessment: Assessment,
    examiner: Contact,
    second_examiner: Contact,
    docent: User,
    shots: Shots,
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.assess(steps.send_invitation(assessment, second_examiner), "O")
    couplings.choose_examiners(
        assessment=assessment, target=couplings.Target(), contacts=[examiner], by=docent, remove_begun=True
    )
    steps.assess(steps.send_invitation(assessment, examiner), "G")
    page = log_in_at(committee_member, f"/commissie/{assessment.public_id}/")
    summary = page.get_by_text("Tineke Tweede heeft ook beoordeeld (8 keer O; afgerond)")
    expect(summary).to_contain_text("weggehaald door Dirk Docent")
    struck = page.locator("td.dropped .score").first
    assert "line-through" in struck.evaluate("score => getComputedStyle(score).textDecoration")
    shots(page, "weggehaald-1")
    page.get_by_role("link", name="Afronden").click()
    expect(summary).to_be_visible()
    shots(page, "weggehaald-2")
    page = log_in_at(docent, f"/beoordelingen/{assessment.public_id}/")
    page.locator("summary", has_text="…").first.click()
    page.get_by_role("link", name="Vervangen").first.click()
    expect(page.get_by_text("Erik Examinator heeft al afgerond")).to_be_visible()
    shots(page, "weggehaald-3")
