"""An examiner from link to copy, in English."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from addressbook.models import Contact
from assessments import links, unsubscribe
from assessments.models import Invitation
from assessments.rubric import read_uncorrected
from exams.criteria_cache import clear
from tests import steps

TYPED = "Zij legde rustig uit wat zij deed."


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def opened(client: Client, invitation: Invitation) -> Client:
    client.get(link(invitation))
    return client


def link(invitation: Invitation) -> str:
    return reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])


def url(name: str, invitation: Invitation) -> str:
    return reverse(f"assessments:{name}", args=[invitation.public_id])


def kept(invitation: Invitation) -> str:
    return Contact.objects.get(pk=invitation.contact_id).language


def language_of(page: str) -> str:
    [language] = re.findall(r'<html lang="(\w+)">', page)
    return language


def filled(invitation: Invitation, score: str, text: str = "") -> dict[str, str]:
    columns = read_uncorrected(invitation.assessment, contact=invitation.contact).columns
    scores = {name: score for column in columns for _, name, _ in column.lines}
    bases = {f"base-{column.assignment.pk}": str(column.base) for column in columns}
    return {**scores, **bases, **{column.justification_field: text for column in columns}}


def test_from_link_to_copy(opened: Client, invitation: Invitation) -> None:
    form = url("form", invitation)
    opened.post(url("language", invitation), {"language": "en"})
    page = opened.get(form).content.decode()
    assert language_of(page) == "en"
    for words in (
        "Assessment of Anouk",
        "You are assessing as",
        "Save for now",
        "Complete",
        "Insufficient",
        "required",
    ):
        assert words in page
    page = opened.post(url("check", invitation), filled(invitation, "G")).content.decode()
    assert "the justification is required with an O or a G" in page
    page = opened.post(url("check", invitation), filled(invitation, "G", TYPED), follow=True).content.decode()
    assert "The result that follows from this" in page
    assert re.search(r"grade <strong>\d+\.\d</strong>", page)
    [fingerprint] = re.findall(r'name="fingerprint" value="(\w+)"', page)
    day = {"fingerprint": fingerprint, "assessed_on": timezone.localdate().isoformat()}
    assert "Tick the box" in opened.post(url("complete", invitation), day).content.decode()
    page = opened.post(url("complete", invitation), {**day, "confirmed": "on"}, follow=True).content.decode()
    assert "Your assessment has been completed. Thank you." in page
    assert "Save a copy (PDF)" in page
    copy = PdfReader(io.BytesIO(opened.get(url("copy", invitation)).content))
    assert "DRAFT – not final yet" in copy.pages[0].extract_text()


def test_english_invitation_opens_in_english(client: Client, invitation: Invitation) -> None:
    Contact.objects.update(language="en")
    assert language_of(client.get(link(invitation), follow=True).content.decode()) == "en"
    assert language_of(client.post(url("leave", invitation)).content.decode()) == "en"


def test_opening_keeps_nothing(opened: Client, invitation: Invitation) -> None:
    opened.get(url("form", invitation))
    opened.get(url("language", invitation), {"language": "en"})
    assert kept(invitation) == "nl"


def test_the_choice_is_kept_for_the_mails(opened: Client, invitation: Invitation) -> None:
    opened.post(url("language", invitation), {"language": "en"})
    assert kept(invitation) == "en"
    opened.post(url("language", invitation), {"language": "nl"})
    assert kept(invitation) == "nl"


def test_typed_text_is_saved_first(opened: Client, invitation: Invitation) -> None:
    response = opened.post(url("language", invitation), {**filled(invitation, "O", TYPED), "language": "en"})
    assert response["Location"] == url("form", invitation)
    assert {one.justification for one in invitation.assessment.live_assignments} == {TYPED}


def test_unsaved_text_is_shown_in_the_chosen_language(opened: Client, invitation: Invitation) -> None:
    post = filled(invitation, "O", TYPED)
    steps.fill_in(invitation, "G", "Van elders.")
    response = opened.post(url("language", invitation), {**post, "language": "en"})
    assert response.status_code == 409
    assert "has been saved elsewhere in the meantime" in response.content.decode()
    assert TYPED in response.content.decode()


def test_language_choice_returns_to_its_page_only(opened: Client, invitation: Invitation) -> None:
    language, propose = url("language", invitation), url("propose", invitation)
    assert opened.post(language, {"language": "en", "next": propose})["Location"] == propose
    for elsewhere in ("https://evil.test/", "//evil.test/", "/profiel/"):
        assert opened.post(language, {"language": "en", "next": elsewhere})["Location"] == url("form", invitation)


def test_not_without_the_link(client: Client, invitation: Invitation) -> None:
    assert client.post(url("language", invitation), {"language": "en"}).status_code == 403
    assert kept(invitation) == "nl"


def test_unknown_language_changes_nothing(opened: Client, invitation: Invitation) -> None:
    opened.post(url("language", invitation), {"language": "tlh"})
    assert kept(invitation) == "nl"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generation": 2}, "There is a newer link"),
        ({"withdrawn_at": timezone.now()}, "This invitation has been withdrawn"),
        ({"expires_at": timezone.now(), "invited_at": timezone.now() - timedelta(days=1)}, "has expired"),
    ],
)
def test_void_link_page_is_in_english(client: Client, invitation: Invitation, change: dict, words: str) -> None:
    token = links.token_for(invitation=invitation)
    Contact.objects.update(language="en")
    Invitation.objects.update(**change)
    page = client.get(reverse("assessments:open_link", args=[token]))
    assert words in page.content.decode()
    assert language_of(page.content.decode()) == "en"


def test_wrong_link_page_uses_the_browser_language(client: Client, db: None) -> None:
    wrong = reverse("assessments:open_link", args=["x"])
    assert "Deze link klopt niet" in client.get(wrong).content.decode()
    client.post(reverse("accounts:language"), {"language": "en", "next": wrong})
    assert "This link is not correct" in client.get(wrong).content.decode()


def test_new_link_and_stopping_reminders_in_english(client: Client, invitation: Invitation) -> None:
    Contact.objects.update(language="en")
    token = links.token_for(invitation=invitation)
    asked = client.post(reverse("assessments:new_link", args=[token]))
    assert "The new link is on its way" in asked.content.decode()
    stop = reverse("assessments:no_reminders", args=[unsubscribe.stop_token(invitation)])
    assert "Would you like no more reminders?" in client.get(stop).content.decode()
    assert "You will not get any more reminders" in client.post(stop).content.decode()


def test_refusals_of_a_colleague_are_in_english(opened: Client, invitation: Invitation) -> None:
    Contact.objects.update(language="en")
    someone = {"first_name": "E", "last_name": "E", "email": invitation.contact.email}
    page = opened.post(url("propose", invitation), someone).content.decode()
    assert "This is your own email address." in page
    page = opened.post(url("propose", invitation), {}).content.decode()
    assert "This field is required." in page


def test_english_costs_the_form_no_query(opened: Client, invitation: Invitation) -> None:
    def queries() -> int:
        clear()
        with CaptureQueriesContext(connection) as captured:
            opened.get(url("form", invitation))
        return len(captured)

    in_dutch = queries()
    Contact.objects.update(language="en")
    assert queries() == in_dutch <= 5


def test_dutch_and_english_side_by_side(opened: Client, invitation: Invitation, second_examiner: Contact) -> None:
    Contact.objects.filter(pk=invitation.contact_id).update(language="en")
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    other = steps.send_invitation(invitation.assessment, second_examiner)
    opened.get(link(other))
    for one, words in ((invitation, "Save for now"), (other, "Tussentijds opslaan")) * 2:
        assert words in opened.get(url("form", one)).content.decode()
