"""Pages while the database is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import User


@pytest.fixture
def visitor(docent: User) -> Client:
    client = Client(raise_request_exception=False, headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(docent)
    return client


@pytest.fixture
def database_down(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*args: object) -> None:
        raise OperationalError("connection to server at 10.0.0.1 failed for user 'secret'")

    with monkeypatch.context() as down:
        down.setattr(connection, "cursor", refuse)
        yield


def test_page_is_503_and_names_no_server(visitor: Client, database_down: None) -> None:
    response = visitor.get("/afnames/")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    page = response.content.decode()
    assert "Wat u had opgeslagen, is niet verloren" in page
    assert "10.0.0.1" not in page


def test_form_can_be_sent_again(visitor: Client, database_down: None) -> None:
    response = visitor.post("/afnames/herinneringen-verzenden/")
    assert response.status_code == 503
    assert "uw browser verstuurt het dan opnieuw" in response.content.decode()


def test_another_error_is_500(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("wrong")

    monkeypatch.setattr("assessments.progress.views.render", fail)
    response = visitor.get("/afnames/")
    assert response.status_code == 500
    assert "Er ging iets mis aan onze kant" in response.content.decode()
