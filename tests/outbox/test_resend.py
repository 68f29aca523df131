"""Sending again what failed since a moment, but for what does not hold any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from digibeoordelen.outbox import links, resend
from digibeoordelen.outbox.links import Link, LinkVoid, placeholder
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import drop, queue_mail

SINCE = "2026-11-30T08:00"
BEFORE, AFTER = "2026-11-30T07:59", "2026-11-30T08:01"

pytestmark = pytest.mark.django_db


def moment(text: str) -> Any:
    return timezone.datetime.fromisoformat(f"{text}+01:00")


def failed(at: str = AFTER, **values: Any) -> OutgoingMail:
    fields = {"kind": "invitation", "to": "a@b.test", "subject": "-", "text": "-", "html": "-", **values}
    mail = queue_mail(**fields)
    OutgoingMail.objects.filter(pk=mail.pk).update(
        state=MailState.FAILED, last_error="550", failed_at=moment(at), attempts=1
    )
    return mail


def failed_with_link(invitation: int) -> OutgoingMail:
    text = placeholder("start")
    return failed(text=text, html=text, links={"start": Link(kind="test", data={"invitation": invitation})})


def run(*options: str) -> list[str]:
    output = StringIO()
    call_command("resend_failed", "--since", SINCE, *options, stdout=output)
    return output.getvalue().splitlines()


def queued() -> set[OutgoingMail]:
    return set(OutgoingMail.objects.filter(state=MailState.QUEUED))


def test_what_failed_since_is_queued_again(announced: list[int], django_capture_on_commit_callbacks: Any) -> None:
    failed(BEFORE)
    again = {failed(), failed(kind="new_password")}
    sent = queue_mail(kind="invitation", to="a@b.test", subject="-", text="-", html="-")
    OutgoingMail.objects.filter(pk=sent.pk).update(state=MailState.SENT, sent_at=timezone.now())
    announced.clear()
    with django_capture_on_commit_callbacks(execute=True):
        output = run()

    assert output == ["invitation: 1", "new_password: 1", "2 mails queued again; 0 are outdated"]
    assert queued() == again
    assert {mail.attempts for mail in again} == {0}
    assert announced == [max(mail.pk for mail in again)], "the urgent one; its worker goes on with the others"
    assert {mail.pk for mail in OutgoingMail.objects.take_unannounced(10)} == {mail.pk for mail in again}
    assert run()[-1].startswith("0 mails")


def test_dry_run_sends_nothing() -> None:
    failed()

    assert run("--dry-run") == ["invitation: 1", "1 mails would be sent again; 0 are outdated"]
    assert not queued()


def test_mail_with_a_void_link_stays_failed(
    resolve_links: Callable[[Callable[[Mapping[str, Any]], str]], None],
) -> None:
    def resolve(data: Mapping[str, Any]) -> str:
        if data["invitation"] == 2:
            raise LinkVoid("Ingetrokken.")
        return "https://site.test/"

    resolve_links(resolve)
    valid, void = failed_with_link(1), failed_with_link(2)

    assert run("--dry-run")[-1] == "1 mails would be sent again; 1 are outdated"
    assert run()[-1] == "1 mails queued again; 1 are outdated"
    assert queued() == {valid}
    void.refresh_from_db()
    assert (void.state, void.last_error) == (MailState.FAILED, "550")


def test_refused_dropped_and_short_lived_mails_stay_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, dropped, good = failed(), failed(), failed()
    failed(kind="school_account_code")
    drop(dropped.pk)
    monkeypatch.setattr(links, "_checks", [lambda pks: dict.fromkeys({refused.pk} & set(pks), "Weg.")])

    assert run()[-1] == "1 mails queued again; 2 are outdated"
    assert queued() == {good}


def test_more_than_a_batch_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resend, "BATCH", 2)
    mails = {failed() for _ in range(5)}
    run()

    assert queued() == mails


def test_unsent_mails_are_counted_by_kind_and_state() -> None:
    failed(BEFORE)
    failed()
    queue_mail(kind="new_password", to="a@b.test", subject="-", text="-", html="-")

    assert resend.count_unsent(since=moment(SINCE)) == {"invitation": {"FAILED": 1}, "new_password": {"QUEUED": 1}}


@pytest.mark.parametrize("since", ["gisteren", "2026-11-31T08:00"])
def test_moment_that_is_none_is_refused(since: str) -> None:
    with pytest.raises(CommandError, match="is no moment"):
        call_command("resend_failed", "--since", since)


def test_mail_that_fails_again_is_found_by_its_last_failure() -> None:
    mail = failed()
    run()
    later = timezone.now() + timedelta(days=1)
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, failed_at=later)

    assert resend.survey(since=later).again.total() == 1
