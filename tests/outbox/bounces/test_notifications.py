"""What makes a sent mail a returned one, by what real servers send; and all that does not."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from digibeoordelen.outbox import queue, resend
from digibeoordelen.outbox.bounces import returned_mail
from digibeoordelen.outbox.bounces.address import address_of
from digibeoordelen.outbox.bounces.notification import read_failure
from digibeoordelen.outbox.bounces.returned_mail import handle
from digibeoordelen.outbox.models import MailState, OutgoingMail

from .conftest import notification

FAILURES = {
    "postfix": "550 5.1.1 <…@bedrijf.test>: Recipient address rejected: User unknown in virtual mailbox table",
    "postfix_expired": "connect to mx.bedrijf.test[192.0.2.25]:25: Connection timed out",
    "exchange": "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient …@bedrijf.test not found by SMTP address lookup",
    "gmail": "552-5.2.2 The recipient's inbox is out of storage space and inactive. Please",
    "exim": "550 No Such User Here",
    "exim_mailbox_full": "5.0.0",
}
NO_FAILURES = [
    "postfix_delayed", "out_of_office", "read_receipt", "spam_report", "returned_notification", "one_of_two"
]  # fmt: skip


def state(mail: OutgoingMail) -> str:
    mail.refresh_from_db()
    return mail.state


@pytest.mark.parametrize(("name", "words"), FAILURES.items())
def test_final_failure_marks_the_mail(sent: OutgoingMail, name: str, words: str) -> None:
    assert handle(notification(name, sent))
    assert state(sent) == MailState.FAILED
    assert sent.last_error.startswith(f"De mailserver meldde later: “{words}")
    assert (sent.state_label, sent.sent_at) == ("Niet aangekomen", None)
    assert sent.returned_at == sent.failed_at is not None


@pytest.mark.parametrize("name", NO_FAILURES)
def test_anything_else_changes_nothing(sent: OutgoingMail, name: str) -> None:
    assert handle(notification(name, sent)), "it is dealt with all the same"
    assert state(sent) == MailState.SENT


def test_warning_before_a_failure(sent: OutgoingMail) -> None:
    handle(notification("postfix_delayed", sent))
    handle(notification("postfix_expired", sent))
    assert state(sent) == MailState.FAILED


# --- Who may say so ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("address", ["bounces@school.test", "bounces+{}-6a1b2c3d-00000000000000000000@school.test"])
def test_forged_notification_changes_nothing(sent: OutgoingMail, name: str, address: str) -> None:
    assert not handle(notification(name, address.format(sent.pk)))
    assert state(sent) == MailState.SENT


def test_signature_of_another_mail_is_of_that_mail(sent: OutgoingMail) -> None:
    other = queue.queue_mail(kind="test", to="a@b.test", subject="-", text="-", html="-")
    OutgoingMail.objects.filter(pk=other.pk).update(state=MailState.SENT, sent_at=timezone.now())
    forged = notification("postfix", other).replace(b"erik@bedrijf.test", b"a@b.test")
    handle(forged)
    assert (state(sent), state(other)) == (MailState.SENT, MailState.FAILED)


def test_address_counts_in_the_head_alone(sent: OutgoingMail) -> None:
    head, _, body = notification("postfix", sent).partition(b"\r\n\r\n")
    assert not handle(head.replace(address_of(sent).encode(), b"bounces@school.test") + b"\r\n\r\n" + body)
    assert state(sent) == MailState.SENT


def test_own_mail_in_the_mailbox_changes_nothing(sent: OutgoingMail) -> None:
    own = (
        b"From: noreply@school.test\r\nTo: bounces@school.test\r\nMessage-ID: %s\r\n\r\nDag" % sent.message_id.encode()
    )
    assert not handle(own)
    assert state(sent) == MailState.SENT


# --- Once, and of the last sending ----------------------------------------------------------------
def test_second_notification_changes_nothing(sent: OutgoingMail) -> None:
    handle(notification("postfix", sent))
    assert state(sent) == MailState.FAILED
    at = sent.returned_at
    assert handle(notification("exchange", sent))
    assert state(sent) == MailState.FAILED
    assert (sent.returned_at, "User unknown" in sent.last_error) == (at, True)


@pytest.mark.parametrize("send", ["send_again", "resend"])
def test_notification_of_an_earlier_sending_does_not_count(sent: OutgoingMail, announced: list[int], send: str) -> None:
    OutgoingMail.objects.update(queued_at=timezone.now() - timedelta(hours=1))
    sent.refresh_from_db()
    first = notification("postfix", sent)
    handle(first)
    sent.refresh_from_db()
    assert queue.send_again(sent) if send == "send_again" else resend.resend(since=sent.queued_at).again
    sent.refresh_from_db()
    assert (sent.returned_at, sent.state_label) == (None, "In de wachtrij")
    handle(first)
    assert state(sent) == MailState.QUEUED
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
    handle(first)
    assert state(sent) == MailState.SENT
    handle(notification("postfix", sent))
    assert state(sent) == MailState.FAILED


def test_refusal_after_sending_again_is_no_return(sent: OutgoingMail, announced: list[int]) -> None:
    handle(notification("postfix", sent))
    queue.send_again(sent)
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550")
    sent.refresh_from_db()
    assert sent.state_label == "Mislukt"


@pytest.mark.parametrize("changes", [{"dropped_at": timezone.now()}, {"html": ""}])
def test_erased_or_trimmed_mail_stays_as_it_is(sent: OutgoingMail, changes: dict[str, object]) -> None:
    OutgoingMail.objects.update(**changes)
    handle(notification("postfix", sent))
    assert state(sent) == MailState.SENT


def test_deleted_mail_is_passed_over(sent: OutgoingMail) -> None:
    content = notification("postfix", sent)
    sent.delete()
    assert handle(content)


def test_very_late_notification_does_not_count(sent: OutgoingMail) -> None:
    sent.queued_at -= timedelta(days=15)
    sent.save()
    handle(notification("postfix", sent))
    assert state(sent) == MailState.SENT


# --- What is shown -------------------------------------------------------------------------------
def reason(sent: OutgoingMail, words: bytes) -> str:
    content = notification("exim", sent).replace(b"Diagnostic-Code: smtp; 550 No Such User Here", words)
    assert handle(content)
    sent.refresh_from_db()
    return sent.last_error


def test_reason_is_bounded(sent: OutgoingMail) -> None:
    text = reason(sent, b"Diagnostic-Code: smtp; 550 " + b"x" * 5000)
    assert len(text) < returned_mail.MAX_REASON + 100


def test_reason_holds_no_link_and_no_address(sent: OutgoingMail) -> None:
    text = reason(
        sent,
        b"Diagnostic-Code: smtp; 550 spam: https://site.test/beoordelen/WzEsMV0:geheim/ (erik.prive@thuis.test)",
    )
    assert "https://site.test/beoordelen/…/ (…@thuis.test)" in text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (b"Diagnostic-Code: smtp; 550 \xe9\xff \x00\x1b[31m onbekend", "550 "),
        (b"Diagnostic-Code: smtp; 550 <script>alert(1)</script>", "550 <script>alert(1)</script>"),
        (b"Diagnostic-Code: smtp; =?no-such-charset?B?AAAA?= 550", "550"),
        (b"Diagnostic-Code: 550 zonder soort", "5.0.0"),
        (b"Diagnostic-Code:", "5.0.0"),
    ],
)
def test_odd_words_are_one_readable_line(sent: OutgoingMail, words: bytes, shown: str) -> None:
    text = reason(sent, words)
    assert shown in text
    assert text.isprintable()


def test_missing_reason_is_said(sent: OutgoingMail) -> None:
    handle(notification("exim_mailbox_full", sent).replace(b"Status: 5.0.0\r\n", b""))
    sent.refresh_from_db()
    assert sent.last_error == "De mailserver gaf geen reden."


# --- Damaged and large ---------------------------------------------------------------------------
def test_notification_that_is_cut_off_after_the_report_counts(sent: OutgoingMail) -> None:
    content = notification("exchange", sent)
    assert handle(content[: content.index(b"Content-Type: message/rfc822") + 100])
    assert state(sent) == MailState.FAILED


@pytest.mark.parametrize("name", FAILURES)
def test_notification_that_is_cut_off_within_the_report_does_not(sent: OutgoingMail, name: str) -> None:
    content = notification(name, sent)
    assert handle(content[: content.index(b"Action: failed")])
    assert state(sent) == MailState.SENT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"To: <bounces+",
        b"To: \xff\xfe\r\n\r\n",
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b"Content-Type: multipart/report; boundary=a\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n",
        b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n--a--",
        b"Content-Type: multipart/report; boundary=a\r\n\r\n" + b"--a\r\n" * 1000,
    ],
)
def test_broken_mail_is_no_failure(content: bytes) -> None:
    assert read_failure(email.message_from_bytes(content)) is None
    assert not handle(content)


@given(st.data())
def test_any_damage_is_survived(data: st.DataObject) -> None:
    content = bytearray(notification(data.draw(st.sampled_from(sorted(FAILURES))), "x@y.test"))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    failure = read_failure(email.message_from_bytes(bytes(content)))
    assert failure is None or isinstance(failure, str)
