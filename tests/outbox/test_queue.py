"""Validation by `queue_mail`, the queued row, and the start of its task."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from digibeoordelen.outbox import queue as outbox_queue
from digibeoordelen.outbox.links import Link, placeholder
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import Attachment, queue_mail, send_again
from digibeoordelen.outbox.storage import keep
from digibeoordelen.outbox.tasks import send_mail, sweep


def queue(**changes: Any) -> OutgoingMail:
    fields = {"kind": "test", "to": "erik@bedrijf.test", "subject": "Hallo", "text": "Tekst", "html": "<p>Tekst</p>"}
    return queue_mail(**{**fields, **changes})


def test_queued_mail_has_a_message_id_of_the_site(db: None, announced: list[int]) -> None:
    mail = queue()

    assert mail.state == MailState.QUEUED
    assert mail.state_label == "In de wachtrij"
    assert mail.message_id.endswith("@testserver>")
    assert mail.message_id != queue().message_id


def test_its_task_starts_on_commit(
    db: None, announced: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        mail = queue()
        assert announced == []

    assert announced == [mail.pk]


def test_a_transaction_rolled_back_sends_nothing(transactional_db: None, announced: list[int]) -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)

    assert not OutgoingMail.objects.exists()
    assert announced == []


@pytest.mark.parametrize("field", ["to", "subject", "reply_to"])
@pytest.mark.parametrize("injected", ["a@b.test\nBcc: x@y.test", "a@b.test\r\nBcc: x@y.test", "a@b.test\n"])
def test_a_line_break_in_a_header_is_refused(db: None, field: str, injected: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        queue(**{field: injected})


def test_a_line_break_in_a_file_name_is_refused(db: None) -> None:
    attachment = Attachment(filename="a\r\nX: y.pdf", content_type="application/pdf", file=keep(b"%PDF"))

    with pytest.raises(ValueError, match="line break"):
        queue(attachments=[attachment])


@pytest.mark.parametrize("address", ["", "erik", "erik@", "@bedrijf.test", "a@b.test, c@d.test", "a b@c.test"])
def test_invalid_address_is_refused(db: None, address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        queue(to=address)


def test_invalid_content_type_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="content type"):
        queue(attachments=[Attachment(filename="a", content_type="pdf\r\nX: y", file=keep(b""))])


def test_link_without_a_resolver_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="No resolver"):
        queue(text=placeholder("start"), html=placeholder("start"), links={"start": Link(kind="unheard of")})


@pytest.mark.parametrize("forgotten", ["text", "html"])
def test_link_missing_from_the_mail_is_refused(db: None, resolve_links: Any, forgotten: str) -> None:
    bodies = {"text": placeholder("start"), "html": placeholder("start"), forgotten: "niets"}

    with pytest.raises(ValueError, match="missing"):
        queue(links={"start": Link(kind="test")}, **bodies)


def test_each_mail_is_announced_when_its_transaction_commits(transactional_db: None, announced: list[int]) -> None:
    first = queue()
    queue_and_roll_back()
    with transaction.atomic():
        queue_and_roll_back()
        second, third = queue(), queue()
        assert announced == [first.pk]
    fourth = queue()
    assert announced == [first.pk, second.pk, third.pk, fourth.pk]


def queue_and_roll_back() -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)


def test_mail_queued_on_commit_is_announced(transactional_db: None, announced: list[int]) -> None:
    with transaction.atomic():
        queue()
        transaction.on_commit(queue)
    assert sorted(announced) == sorted(OutgoingMail.objects.values_list("pk", flat=True))


def test_sweep_sends_mail_queued_without_a_broker(
    transactional_db: None, announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def gone(args: tuple[int], *rest: object, **options: object) -> None:
        asked.append(args[0])
        raise OperationalError("Connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(send_mail, "apply_async", gone)
        mails = [queue(), queue()]
    assert asked == [mails[0].pk], "a broker that is gone is asked once, not for every mail"

    monkeypatch.setattr(outbox_queue, "_broker_failed_at", -outbox_queue.BROKER_REST)
    sweep()
    assert announced == [mail.pk for mail in mails]


def test_failed_mail_is_resent_under_its_message_id(
    mail: OutgoingMail, announced: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550 No", attempts=3)

    with django_capture_on_commit_callbacks(execute=True):
        assert send_again(mail)

    assert (mail.state, mail.attempts, mail.last_error) == (MailState.QUEUED, 0, "550 No")
    assert mail.message_id == OutgoingMail.objects.get().message_id
    assert announced == [mail.pk]


def test_only_failed_mail_is_resent(mail: OutgoingMail) -> None:
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())

    assert not send_again(mail)
    assert mail.state == MailState.SENT


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("mail_state_known", {"state": "LOST"}),
        ("mail_in_flight_has_claim_and_lease", {"state": MailState.IN_FLIGHT}),
        ("mail_in_flight_has_claim_and_lease", {"lease_until": timezone.now()}),
        ("mail_sent_has_time", {"state": MailState.SENT}),
        ("mail_sent_has_time", {"sent_at": timezone.now()}),
        ("mail_waiting_has_next_attempt", {"state": MailState.WAITING, "last_error": "451"}),
        ("mail_failure_has_reason", {"state": MailState.FAILED}),
    ],
)
def test_the_database_keeps_the_rules(mail: OutgoingMail, rule: str, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        OutgoingMail.objects.update(**values)


def test_status_and_reason_take_one_query(
    mail: OutgoingMail, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queue()
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, last_error="550 Onbekend")

    with django_assert_num_queries(1):
        shown = [(each.state_label, each.last_error) for each in OutgoingMail.objects.for_screen().order_by("pk")]

    assert shown == [("Mislukt", "550 Onbekend"), ("In de wachtrij", "")]
