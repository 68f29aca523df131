"""`/metrics/`: who may read it, and the figures."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import School, User
from assessments import links
from assessments.models import Document, Invitation
from committee.decisions.finalise import finalise
from digibeoordelen.instruments import database_metrics, request_metrics
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from exchange.models import Call, Partner
from scripts.environment import BASE
from tests import steps

TOKEN = "a-token-of-this-test-alone-0123456789"
Read = Callable[..., float | None]


@pytest.fixture
def scraped(db: None, settings: Settings) -> Client:
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def read(scraped: Client) -> Read:
    """Return `read("queue_depth", kind="mail")`, None for what is not there."""

    def read(name: str, **labels: str) -> float | None:
        page = scraped.get("/metrics/").content.decode()
        samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
        name = f"digibeoordelen_{name}"
        return next((sample.value for sample in samples if (sample.name, sample.labels) == (name, labels)), None)

    return read


def queue(count: int = 1, **values: object) -> None:
    for _ in range(count):
        mail = queue_mail(kind="test", to="a@example.nl", subject="Test", text="Test", html="<p>Test</p>")
        OutgoingMail.objects.filter(pk=mail.pk).update(**values or {"attempts": 0})


# --- Who may read it -----------------------------------------------------------------------------
@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer x", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}é"])
def test_wrong_token_gives_404(scraped: Client, header: str) -> None:
    assert Client().get("/metrics/", headers={"Authorization": header}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer "])
def test_without_the_setting_there_is_nothing(db: None, header: str) -> None:
    assert Client().get("/metrics/", headers={"Authorization": header}).status_code == 404


def test_right_token_reads_the_figures(scraped: Client) -> None:
    response = scraped.get("/metrics/")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(("token", "problems"), [("", set()), (TOKEN, set()), ("x" * 31, {"E002"})])
def test_guessable_token_is_refused(settings: Settings, token: str, problems: set[str]) -> None:
    settings.METRICS_TOKEN = token
    assert {message.id.rpartition(".")[2] for message in run_checks() if "instruments" in str(message.id)} == problems


def test_unknown_log_format_is_refused(settings: Settings) -> None:
    settings.LOG_FORMAT = "xml"
    assert "digibeoordelen.instruments.E001" in {message.id for message in run_checks()}


# --- Requests ------------------------------------------------------------------------------------
def test_request_is_counted_by_view_without_its_path(scraped: Client, read: Read, invitation: Invitation) -> None:
    labels = {"view": "assessments:open_link", "method": "GET"}
    before = read("requests_total", **labels, status="3xx") or 0
    token = links.token_for(invitation=invitation)
    scraped.get(reverse("assessments:open_link", args=[token]))
    assert read("requests_total", **labels, status="3xx") == before + 1
    assert (read("request_seconds_count", **labels) or 0) >= before + 1
    assert token not in scraped.get("/metrics/").content.decode()


def test_unknown_addresses_and_methods_share_a_label(scraped: Client, read: Read) -> None:
    labels = {"view": "none", "method": "other", "status": "4xx"}
    before = read("requests_total", **labels) or 0
    scraped.generic("BREW", "/bestaat-niet-1/")
    scraped.generic("STEEP", "/bestaat-niet-2/")
    assert read("requests_total", **labels) == before + 2


def test_nothing_is_counted_without_the_setting(db: None) -> None:
    labels = ("favicon", "GET", "2xx")
    before = request_metrics.REQUESTS.labels(*labels)._value.get()
    Client().get("/favicon.ico")
    assert request_metrics.REQUESTS.labels(*labels)._value.get() == before


def test_refused_login_is_counted(scraped: Client, read: Read, docent: User) -> None:
    before = read("refused_logins_total") or 0
    scraped.post("/inloggen/", {"login": docent.email, "password": "verkeerd-geraden"})
    assert read("refused_logins_total") == before + 1


def test_processes_share_counts_in_few_files(tmp_path: Path) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "from digibeoordelen.instruments import views, database_metrics\n"
        "database_metrics.DatabaseMetrics.collect = lambda self: iter(())\n"
        "Client().get('/favicon.ico')\n"
        f"print(Client(headers={{'Authorization': 'Bearer {TOKEN}'}}).get('/metrics/').content.decode())"
    )
    env = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "METRICS_TOKEN": TOKEN,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = [sys.executable, "-c", code]
    subprocess.run(command, env=env, cwd=BASE, check=True, capture_output=True)
    with (tmp_path / "0.lock").open("wb") as lock:  # of a process that still runs
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(command, env=env, cwd=BASE, check=True, capture_output=True)
    shown = subprocess.run(command, env=env, cwd=BASE, check=True, capture_output=True, text=True).stdout
    assert 'digibeoordelen_requests_total{method="GET",status="2xx",view="favicon"} 3.0' in shown
    assert sorted(path.name for path in tmp_path.glob("counter_*")) == ["counter_0.db", "counter_1.db"]


# --- Work in the database ------------------------------------------------------------------------
def test_queue_has_depth_and_age_by_kind(read: Read) -> None:
    assert read("queue_depth", kind="mail") == read("queue_oldest_seconds", kind="mail") == 0
    queue(2, queued_at=timezone.now() - timedelta(minutes=10))
    queue(1, state="WAITING", next_attempt_at=timezone.now(), last_error="Vol")
    assert read("queue_depth", kind="mail") == 3
    assert 600 <= (read("queue_oldest_seconds", kind="mail") or 0) < 660
    for kind in ("document", "delivery", "webhookmessage", "datarequest", "finalbatch", "peopleimport"):
        assert read("queue_depth", kind=kind) == read("queue_oldest_seconds", kind=kind) == 0


def test_unmade_pdf_is_in_the_queue_until_it_is_made(
    read: Read, invitation: Invitation, committee_member: User, plain_pdf: None
) -> None:
    document = finalise(assessment=steps.assess(invitation), by=committee_member, exam_office_email="bureau@hier.test")
    assert (read("queue_depth", kind="document"), read("pdfs_last_hour")) == (1, 0)
    Document.objects.run(document.pk)
    assert (read("queue_depth", kind="document"), read("pdfs_last_hour")) == (0, 1)


def test_mails_of_the_last_hour_are_counted_by_outcome(read: Read) -> None:
    queue(2, state="SENT", sent_at=timezone.now())
    queue(1, state="FAILED", failed_at=timezone.now(), last_error="Onbekend")
    queue(
        4,
        state="FAILED",
        failed_at=timezone.now(),
        last_error="Onbekend",
        created_at=timezone.now() - timedelta(minutes=61),
    )
    counts = [read("mails_last_hour", state=state) for state in ("sent", "failed", "queued")]
    assert counts == [2, 1, 0]


def test_returned_mails_of_the_last_hour_are_counted(read: Read) -> None:
    now = timezone.now()
    failed: dict[str, Any] = {"state": "FAILED", "last_error": "550"}
    queue(**failed, failed_at=now)
    queue(2, **failed, failed_at=now, returned_at=now)
    queue(**failed, failed_at=now - timedelta(hours=2), returned_at=now - timedelta(hours=2))
    assert read("mails_returned_last_hour") == 2


def test_only_the_newest_mails_are_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_metrics, "NEWEST", 3)
    queue(5)
    assert read("mails_last_hour", state="queued") == 3


def test_exchange_calls_are_counted_by_status_class(read: Read, school: School) -> None:
    partner = Partner.objects.create(school=school, name="Planning")
    for status in (200, 204, 404):
        Call.objects.create(partner=partner, method="GET", path="/ooapi/", http_status=status, ms=5)
    old = timezone.now() - timedelta(hours=2)
    Call.objects.create(partner=partner, method="GET", path="/ooapi/", http_status=500, ms=5, at=old)
    counts = [read("exchange_calls_last_hour", direction="in", status=status) for status in ("2xx", "4xx", "5xx")]
    assert counts == [2, 1, None]


def test_scrape_takes_few_queries(scraped: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(16):
        scraped.get("/metrics/")


def test_counts_are_given_without_the_database(scraped: Client, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise DatabaseError("connection to server at 10.0.0.1 failed")

    assert read("database") == 1
    monkeypatch.setattr(database_metrics, "_depth", refuse)
    assert read("database") == 0
    assert read("queue_depth", kind="mail") is None
    assert (read("requests_total", view="metrics", method="GET", status="2xx") or 0) > 0
