"""Reading the mailbox: each mail once, bounded, and going on after what broke it off."""

from __future__ import annotations

import imaplib
import logging
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from digibeoordelen.health.models import Heartbeat
from digibeoordelen.outbox.bounces import mailbox, returned_mail
from digibeoordelen.outbox.bounces.mailbox import read_bounces
from digibeoordelen.outbox.models import MailState, OutgoingMail
from scripts.processes import free_port
from tests.front import make_certificate
from tests.imap import FLAGGED, ImapServer

from .conftest import notification

FORGED = "bounces+1-6a1b2c3d-00000000000000000000@school.test"


@pytest.fixture(autouse=True)
def configured(imap_server: ImapServer, settings: Settings, db: None) -> None:
    settings.BOUNCES_IMAP_URL = imap_server.url


def flags(server: ImapServer) -> dict[int, set[str]]:
    return {uid: mail.flags for uid, mail in server.mails.items()}


def test_handled_mail_is_deleted_and_the_rest_stays(imap_server: ImapServer, sent: OutgoingMail) -> None:
    for name in ("postfix", "out_of_office"):
        imap_server.receive(notification(name, sent))
    forged = imap_server.receive(notification("postfix", FORGED))
    human = imap_server.receive(b"From: erik@bedrijf.test\r\nTo: bounces@school.test\r\n\r\nHallo?")
    read_bounces()
    sent.refresh_from_db()
    assert sent.state == MailState.FAILED
    assert flags(imap_server) == {forged: {FLAGGED}, human: set()}
    imap_server.commands.clear()
    read_bounces()
    assert not [command for command in imap_server.commands if "FETCH" in command]


def test_nothing_happens_without_a_mailbox(imap_server: ImapServer, settings: Settings) -> None:
    settings.BOUNCES_IMAP_URL = ""
    read_bounces()
    assert imap_server.commands == []


def test_empty_mailbox_is_read_in_few_commands(imap_server: ImapServer) -> None:
    read_bounces()
    names = [command.split()[0] for command in imap_server.commands]
    assert names == ["CAPABILITY", "LOGIN", "SELECT", "UID", "EXPUNGE", "LOGOUT"]


# --- Bounds --------------------------------------------------------------------------------------
def test_a_run_reads_so_many_and_the_next_goes_on(
    imap_server: ImapServer, sent: OutgoingMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MAX_MAILS", 2)
    for _ in range(2):
        imap_server.receive(notification("postfix", FORGED))
    last = imap_server.receive(notification("postfix", sent))
    read_bounces()
    assert flags(imap_server)[last] == set()
    read_bounces()
    assert last not in imap_server.mails


def test_a_run_ends_in_time(imap_server: ImapServer, sent: OutgoingMail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "RUN_SECONDS", 0.0)
    uid = imap_server.receive(notification("postfix", sent))
    read_bounces()
    assert uid in imap_server.mails


def test_of_a_huge_mail_the_begin_is_read(imap_server: ImapServer, sent: OutgoingMail) -> None:
    head, separator, returned = notification("postfix", sent).partition(b"Content-Description: Undelivered Message")
    imap_server.receive(head + separator + returned.replace(b"Beste Erik", b"x" * 20_000_000))
    returned_at_once: list[int] = []
    original = mailbox.handle

    def measure(content: bytes) -> bool:
        returned_at_once.append(len(content))
        return original(content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mailbox, "handle", measure)
        read_bounces()
    sent.refresh_from_db()
    assert (sent.state, returned_at_once) == (MailState.FAILED, [mailbox.READ_BYTES])


def test_silent_server_is_given_up(
    imap_server: ImapServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "STEP_SECONDS", 0.2)
    monkeypatch.setattr("tests.imap._Conversation.handle", lambda self: threading.Event().wait(2))
    with pytest.raises(OSError, match="timed out"):
        read_bounces()


# --- Broken off ----------------------------------------------------------------------------------
@pytest.mark.parametrize("command", ["UID FETCH", "UID STORE"])
def test_lost_connection_is_taken_up_by_the_next_run(imap_server: ImapServer, sent: OutgoingMail, command: str) -> None:
    imap_server.receive(notification("postfix_delayed", sent))
    imap_server.receive(notification("postfix", sent))
    imap_server.hang_up_at = command
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        read_bounces()
    imap_server.hang_up_at = ""
    read_bounces()
    sent.refresh_from_db()
    assert (sent.state, imap_server.mails) == (MailState.FAILED, {})


def test_mail_that_could_not_be_marked_stays(
    imap_server: ImapServer, sent: OutgoingMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**kwargs: object) -> None:
        raise DatabaseError

    uid = imap_server.receive(notification("postfix", sent))
    returned_mail.mail_returned.connect(fail)
    try:
        with pytest.raises(DatabaseError):
            read_bounces()
    finally:
        returned_mail.mail_returned.disconnect(fail)
    sent.refresh_from_db()
    assert (sent.state, flags(imap_server)) == (MailState.SENT, {uid: set()})


# --- Access --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wrong", "answer"),
    [("p%40ss", "AUTHENTICATIONFAILED"), ("/INBOX", "NONEXISTENT"), ("127.0.0.1:", "refused")],
)
def test_refused_reading_leaves_no_sign_of_life(
    imap_server: ImapServer, settings: Settings, wrong: str, answer: str
) -> None:
    replacements = {"p%40ss": "niet", "/INBOX": "/Elders", "127.0.0.1:": f"127.0.0.1:{free_port()}/#"}
    settings.BOUNCES_IMAP_URL = imap_server.url.replace(wrong, replacements[wrong])
    with pytest.raises((imaplib.IMAP4.error, OSError), match=answer):
        read_bounces.apply(throw=True)
    assert not Heartbeat.objects.filter(process="mailbox").exists()


def test_success_is_a_sign_of_life(imap_server: ImapServer) -> None:
    read_bounces.apply(throw=True)
    assert Heartbeat.objects.filter(process="mailbox").exists()


def test_unknown_certificate_is_refused(
    imap_server: ImapServer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "imap.pem", tmp_path / "imap.key"
    make_certificate(certificate, key)
    imap_server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    imap_server.tls.load_cert_chain(certificate, key)
    settings.BOUNCES_IMAP_URL = imap_server.url
    with pytest.raises(ssl.SSLCertVerificationError):
        read_bounces()
    assert imap_server.commands == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    read_bounces()
    assert "EXPUNGE" in imap_server.commands


def test_log_names_no_one(
    imap_server: ImapServer, sent: OutgoingMail, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    imap_server.receive(notification("postfix", sent))
    imap_server.receive(notification("gmail", FORGED))
    read_bounces()
    assert f"Returned: mail {sent.pk} (test)" in caplog.text
    assert "Bounces: 1 handled, 1 without a valid signature" in caplog.text
    for secret in ("erik", "Erik", "bounces@", "p@ss", "School", "school.test"):
        assert secret not in caplog.text


@pytest.mark.parametrize(("url", "tasks"), [("imaps://a:b@c.test/INBOX", 1), ("", 0)])
def test_beat_reads_where_a_mailbox_is_set(url: str, tasks: int) -> None:
    code = (
        "from digibeoordelen import settings\n"
        "print(sum('read_bounces' in one['task'] for one in settings.CELERY_BEAT_SCHEDULE.values()))"
    )
    env = {"SECRET_KEY": "x", "BOUNCES_IMAP_URL": url}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert int(done.stdout) == tasks
