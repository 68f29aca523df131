"""The endpoints against scim2-tester, the conformance checks of the authors of scim2-models."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from .conftest import Directory

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's connection open between requests, as Django's test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_conforms(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    # The checks fill each text with a UUID, which is longer than a student number can be.
    monkeypatch.setattr("scim2_tester.filling.uuid", SimpleNamespace(uuid4=lambda: secrets.token_hex(8)))
    client = WSGISCIMClient(
        get_wsgi_application(),
        base_url=f"{settings.SITE_URL}/scim/v2/{directory.school.pk}",
        headers={"Authorization": f"Bearer {directory.token}"},
    )
    results = check_server(client)
    checked = {result.title for result in results if result.status == Status.SUCCESS}
    assert {"object_creation", "object_replacement", "object_deletion", "check_add_attribute"} <= checked
    bad = [result for result in results if result.status in (Status.ERROR, Status.CRITICAL, Status.DEVIATION)]
    assert [(result.title, result.reason) for result in bad] == []
