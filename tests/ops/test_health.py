"""`/gezondheid/`."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from digibeoordelen import health
from digibeoordelen.celery import app
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from scripts.processes import free_port

pytestmark = pytest.mark.django_db


def test_healthy_site_returns_200_to_anyone(client):
    response = client.get("/gezondheid/")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok", "database": True, "broker": True, "oldest_queued_mail_seconds": None, "failing_pdfs": 0,
    }  # fmt: skip
    assert "no-store" in response["Cache-Control"]


def test_age_of_the_oldest_queued_mail_is_reported(client):
    for age in (30, 600):
        mail = queue_mail(kind="test", to="a@example.nl", subject="Test", text="Test", html="<p>Test</p>")
        OutgoingMail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(seconds=age))
    assert 600 <= client.get("/gezondheid/").json()["oldest_queued_mail_seconds"] < 660


def test_missing_database_gives_503_without_details(client, monkeypatch):
    def refuse(*args: object) -> None:
        raise OperationalError("connection to server at 10.0.0.1 failed for user 'secret'")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/gezondheid/")
    assert response.status_code == 503
    assert response.json() == {"status": "database", "database": False}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "redis://nowhere.invalid:{port}/0"])
def test_missing_broker_is_reported_with_200(client, monkeypatch, url):
    away = app.connection(url.format(port=free_port()), connect_timeout=health.BROKER_SECONDS)
    monkeypatch.setattr(app, "connection_for_write", lambda **kwargs: away)
    response = client.get("/gezondheid/")
    assert response.status_code == 200
    assert response.json()["broker"] is False


def test_only_reading_is_answered(client):
    assert client.post("/gezondheid/").status_code == 405
