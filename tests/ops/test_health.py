"""`/gezondheid/`: ready, alive, and what is wrong."""

from __future__ import annotations

import uuid
from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from assessments.models import Assessment, DataRequest, Document
from committee.models import FinalBatch
from digibeoordelen import VERSION
from digibeoordelen.celery import app
from digibeoordelen.health import heartbeats, report
from digibeoordelen.health.models import Heartbeat
from digibeoordelen.jobs.models import Job
from digibeoordelen.outbox import queue
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from scripts.processes import free_port
from tests.factories import FinalBatchFactory, MembershipFactory

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def alive(db: None) -> None:
    """Worker and beat gave a sign of life just now."""
    for process in Heartbeat.Process:
        Heartbeat.note(process)


def read(client: Client) -> dict[str, Any]:
    response = client.get("/gezondheid/")
    assert response.status_code == 200
    details: dict[str, Any] = response.json()
    watched = client.get("/gezondheid/bewaking/")
    assert watched.status_code == (200 if details["status"] == "ok" else 503)
    assert watched.json()["status"] == details["status"]
    return details


def mail_of(age: timedelta, state: MailState = MailState.QUEUED, **values: Any) -> OutgoingMail:
    mail = queue_mail(kind="test", to="a@example.nl", subject="Test", text="Test", html="<p>Test</p>")
    OutgoingMail.objects.filter(pk=mail.pk).update(queued_at=timezone.now() - age, state=state, **values)
    return mail


def test_healthy_site_tells_anyone_its_figures(client: Client) -> None:
    details = read(client)
    seen = {name: details.pop(name) for name in ("worker_seen_seconds_ago", "beat_seen_seconds_ago", "disk_free_mb")}
    assert all(isinstance(value, int) for value in seen.values())
    assert details == {
        "status": "ok", "version": VERSION, "database": True, "broker": True,
        "mail_queued_seconds": None, "mail_stuck_seconds": None, "mail_waiting_seconds": None,
        "mails_failed_in_24_hours": 0,
        **{f"{kind._meta.model_name}_seconds": None for kind in apps.get_models() if issubclass(kind, Job)},
    }  # fmt: skip
    assert "no-store" in client.get("/gezondheid/")["Cache-Control"]


def test_a_look_costs_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(15):
        client.get("/gezondheid/")


# --- Mail ----------------------------------------------------------------------------------------
def test_mail_that_is_not_sent_is_wrong(client: Client) -> None:
    mail_of(timedelta(minutes=5))
    assert read(client)["status"] == "ok"
    mail_of(HOUR)
    details = read(client)
    assert details["status"] == "mail_queued_seconds"
    assert 3600 <= details["mail_queued_seconds"] < 3660


def test_mail_that_keeps_waiting_is_wrong(client: Client) -> None:
    soon = {"last_error": "451", "next_attempt_at": timezone.now() + HOUR, "attempts": 1}
    mail_of(HOUR / 2, MailState.WAITING, **soon)
    assert read(client)["status"] == "ok"
    mail_of(2 * HOUR, MailState.WAITING, **soon)
    assert read(client)["status"] == "mail_waiting_seconds"


def test_mail_that_is_due_again_still_waits(client: Client) -> None:
    mail_of(HOUR / 2, attempts=3)
    assert read(client)["status"] == "ok"
    mail_of(2 * HOUR, attempts=3)
    assert read(client)["status"] == "mail_waiting_seconds"


def test_mail_of_a_dead_worker_is_wrong(client: Client) -> None:
    claim = {"claim_id": uuid.uuid4(), "attempts": 1}
    mail_of(HOUR, MailState.IN_FLIGHT, lease_until=timezone.now() + HOUR, **claim)
    assert read(client)["status"] == "ok"
    mail_of(HOUR, MailState.IN_FLIGHT, lease_until=timezone.now() - HOUR, **claim)
    assert read(client)["status"] == "mail_stuck_seconds"


def test_many_failed_mails_are_wrong(client: Client, settings: Any) -> None:
    settings.HEALTH_FAILED_MAILS = 1
    failed = {"last_error": "550"}
    now = timezone.now()
    mail_of(HOUR, MailState.FAILED, failed_at=now - 25 * HOUR, **failed)
    mail_of(HOUR, MailState.FAILED, failed_at=now, dropped_at=now, **failed)
    mail_of(HOUR, MailState.FAILED, failed_at=now, **failed)
    assert (read(client)["mails_failed_in_24_hours"], read(client)["status"]) == (1, "ok")
    mail_of(HOUR, MailState.FAILED, failed_at=now, **failed)
    assert read(client)["status"] == "mails_failed_in_24_hours"


def test_mail_sent_again_waits_from_then(client: Client) -> None:
    mail = mail_of(24 * HOUR, MailState.FAILED, failed_at=timezone.now(), last_error="550")
    assert queue.send_again(mail)
    assert read(client)["mail_queued_seconds"] < 60


# --- Jobs ----------------------------------------------------------------------------------------
def test_pdf_that_is_not_made_is_wrong(client: Client, assessment: Assessment) -> None:
    result = {"document": {"code": None}}
    document = Document.objects.create(assessment=assessment, number=1, result=result, exam_office_email="b@hier.test")
    Document.objects.update(created_at=timezone.now() - HOUR, lease_until=timezone.now() + HOUR, attempts=2)
    details = read(client)
    assert details["status"] == "document_seconds"
    assert 3600 <= details["document_seconds"] < 3660
    document.claim_id = uuid.uuid4()
    document.save()
    Document.objects.update(lease_until=timezone.now() + HOUR)
    assert read(client)["status"] == "ok", "a worker is making it"


def test_batch_that_no_worker_takes_is_wrong(client: Client) -> None:
    FinalBatchFactory()
    FinalBatch.objects.update(started_at=timezone.now() - 2 * HOUR)
    assert read(client)["status"] == "finalbatch_seconds"


def test_request_that_was_given_up_is_not_waited_for(client: Client) -> None:
    DataRequest.objects.create(student=MembershipFactory(), asked_by_name="Zelf")
    DataRequest.objects.update(asked_at=timezone.now() - 2 * HOUR)
    assert read(client)["status"] == "datarequest_seconds"
    DataRequest.objects.update(attempts=DataRequest.max_attempts)
    assert read(client)["status"] == "ok"


# --- Processes, disk, broker, database -----------------------------------------------------------
@pytest.mark.parametrize("process", Heartbeat.Process)
def test_process_without_a_sign_of_life_is_wrong(client: Client, process: str, settings: Any) -> None:
    settings.BOUNCES_IMAP_URL = "imaps://user:password@host/INBOX"
    Heartbeat.objects.filter(process=process).update(at=timezone.now() - 2 * HOUR)
    assert read(client)["status"] == f"{process}_seen_seconds_ago"
    Heartbeat.objects.filter(process=process).delete()
    assert read(client)["status"] == f"{process}_seen_seconds_ago"


def test_mailbox_that_is_not_set_need_not_be_read(client: Client) -> None:
    Heartbeat.objects.filter(process="mailbox").delete()
    details = read(client)
    assert details["status"] == "ok"
    assert "mailbox_seen_seconds_ago" not in details


def test_sign_of_life_from_the_future_is_wrong(client: Client) -> None:
    """A clock that was ahead, and a process that ended before it was right again."""
    Heartbeat.objects.filter(process="beat").update(at=timezone.now() + HOUR)
    assert read(client)["status"] == "beat_seen_seconds_ago"


def test_beat_notes_itself_and_the_worker_itself() -> None:
    Heartbeat.objects.all().delete()
    schedule = settings.CELERY_BEAT_SCHEDULE["heartbeat"]
    assert app.tasks[schedule["task"]] is app.tasks[heartbeats.TASK]
    heartbeats.note_worker.apply_async()
    assert [one.process for one in Heartbeat.objects.all()] == ["beat"]
    heartbeats.note_worker()
    assert {one.process for one in Heartbeat.objects.all()} == {"beat", "worker"}


def test_full_disk_is_wrong(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(report.shutil, "disk_usage", lambda folder: usage(100 * report.MEGABYTE))
    details = read(client)
    assert (details["status"], details["disk_free_mb"]) == ("disk_free_mb", 100)


def test_free_space_of_object_storage_is_not_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> str:
        raise NotImplementedError

    monkeypatch.setattr(default_storage, "path", refuse)
    assert read(client)["status"] == "ok"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "redis://nowhere.invalid:{port}/0"])
def test_missing_broker_is_wrong(client: Client, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    away = app.connection(url.format(port=free_port()), connect_timeout=report.BROKER_SECONDS)
    monkeypatch.setattr(app, "connection_for_write", lambda **kwargs: away)
    details = read(client)
    assert (details["broker"], details["status"]) == (False, "broker")


@pytest.mark.parametrize("address", ["/gezondheid/", "/gezondheid/bewaking/"])
def test_missing_database_gives_503_without_details(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def refuse(*args: object) -> None:
        raise OperationalError("connection to server at 10.0.0.1 failed for user 'secret'")

    with monkeypatch.context() as down:
        down.setattr(connection, "cursor", refuse)
        response = client.get(address)
    assert response.status_code == 503
    assert response.json() == {"status": "database", "database": False}


def test_process_is_alive_without_a_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = client.get("/gezondheid/leeft/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_only_reading_is_answered(client: Client) -> None:
    assert client.post("/gezondheid/").status_code == 405
