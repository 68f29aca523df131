"""`/beheer/onderdelen/`: every part on one page, with DEBUG only."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from assessments.models import Status
from tests.factories import UserFactory


def test_page_exists_with_debug_only() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("parts")


@pytest.mark.urls("tests.parts_urls")
def test_page_shows_every_part(client: Client, db: None) -> None:
    client.force_login(UserFactory(is_staff=True))
    page = client.get("/beheer/onderdelen/").content.decode()
    for status in Status:
        assert f"state state-{status.value}" in page
    for part in ("steps", "person", "list-search", "page-tabs", "table-dense", "cell-tick", "bottom-bar", "row-menu"):
        assert f'class="{part}' in page or f" {part}" in page, part
    for level in ("success", "info", "warning", "error"):
        assert f"message message-{level}" in page
    for part in ("Ongedaan maken", 'id="fouten"', 'class="empty"', 'class="confirm"', 'class="columns"', "ovg-error"):
        assert part in page, part
    assert 'id="panel-heading"' in client.get("/beheer/onderdelen/?paneel=ja").content.decode()
    assert client.post("/beheer/onderdelen/").status_code == 302


@pytest.mark.urls("tests.parts_urls")
def test_page_is_for_staff(client: Client, docent: User) -> None:
    client.force_login(docent)
    assert client.get("/beheer/onderdelen/").status_code == 404
