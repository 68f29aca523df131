"""Common properties of all mails: equal text and HTML parts, the u-form, and a contact for questions."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from accounts.models import User
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.models import OutgoingMail

from .mails import queue_all, sentences, words_of

# Only in the HTML part: texts about buttons, and the sender on top.
ONLY_IN_HTML = {
    "ROC Hier",
    "Digitaal beoordelen",
    "Start beoordeling",
    "Werkt de knop niet?",
    "Kopieer dan deze link",
    "Werkt een knop niet?",
    "Kopieer dan de link die eronder staat.",
}
ADDRESS = re.compile(r"https?://\S+|\[\[link:\w+\]\]")


@pytest.fixture
def everything(
    assessment: Assessment,
    invitation: Invitation,
    colleague: User,
    committee_member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> list[OutgoingMail]:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    queue_all(assessment, invitation, colleague, committee_member)
    return list(OutgoingMail.objects.all())


def test_no_mail_is_missing_here(everything: list[OutgoingMail]) -> None:
    there = {path.stem for path in settings.BASE_DIR.glob("templates/*/mail/[a-z]*.md")}
    assert {mail.kind for mail in everything} == there


def test_html_contains_the_text(everything: list[OutgoingMail]) -> None:
    missing = {}
    for mail in everything:
        words = words_of(mail).replace("\n", " ")
        missing[mail.kind] = {sentence for sentence in sentences(mail.text) if sentence not in words}
    assert {kind: texts for kind, texts in missing.items() if texts} == {}


def test_text_contains_the_html(everything: list[OutgoingMail]) -> None:
    missing = {}
    for mail in everything:
        text = " ".join(sentences(mail.text))
        missing[mail.kind] = {sentence for sentence in sentences(words_of(mail)) if sentence not in text} - ONLY_IN_HTML
    assert {kind: texts for kind, texts in missing.items() if texts} == {}


def test_each_link_is_a_button_and_a_copyable_url(everything: list[OutgoingMail]) -> None:
    """Except the link that stops reminders, which is not a next step, and a code, which is no link."""
    for mail in everything:
        for address in set(ADDRESS.findall(mail.text)) - {"[[link:stop]]", "[[link:code]]"}:
            assert f'href="{address}"' in mail.html, mail.kind
            assert f">{address}</a>" in mail.html, mail.kind


def test_the_reader_is_u(everything: list[OutgoingMail]) -> None:
    for mail in everything:
        assert not re.search(r"^ |\n{4}", mail.text, re.MULTILINE), mail.kind
        assert not re.search(r"\b(je|jij|jouw|jullie|succesvol)\b", f"{mail.subject} {mail.text}", re.IGNORECASE)
        assert re.match(r"(Geachte|Geacht|Beste|Goedendag)\b", mail.text), mail.kind


def test_requests_mention_the_deadline_and_the_contact(everything: list[OutgoingMail]) -> None:
    asks = [mail for mail in everything if "[[link:start" in mail.text]
    assert {mail.kind for mail in asks} == {
        "invitation", "invitation_together", "reminder", "reminder_together", "sent_back", "proposal_declined"
    }  # fmt: skip
    for mail in asks:
        for part in (mail.text, words_of(mail)):
            assert re.search(r"geldig tot \d{1,2} [a-z]+ 20\d\d", part), mail.kind
            assert "Mail Dirk Docent" in part
            assert mail.reply_to == "docent@hier.test"
