"""The site's icon, in pages and at /favicon.ico."""

from __future__ import annotations

import io
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from tests.factories import UserFactory

PURPLE, GREEN, WHITE = (0x5B, 0x2A, 0x86), (0x1B, 0x7A, 0x43), (255, 255, 255)


def colours(picture: Image.Image) -> set[tuple[int, int, int]]:
    """Return the colours of the pixels without transparency."""
    bytes_of = picture.convert("RGBA").tobytes()
    return set(zip(bytes_of[0::4], bytes_of[1::4], bytes_of[2::4], strict=True))


def test_favicon_has_three_sizes(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Content-Type"]) == (200, "image/x-icon")
    assert response["Cache-Control"] == "public, max-age=86400"
    picture = Image.open(io.BytesIO(response.content))
    assert set(picture.info["sizes"]) == {(16, 16), (32, 32), (48, 48)}
    assert colours(picture) >= {PURPLE, GREEN, WHITE}


def test_the_icon_of_a_phone_s_start_screen_is_the_same() -> None:
    with Image.open(str(finders.find("apple-touch-icon.png"))) as picture:
        assert picture.size == (180, 180)
        assert colours(picture) >= {PURPLE, GREEN, WHITE}


@pytest.mark.parametrize("path", ["/inloggen/", "/beheer/", "/beheer/django/exams/exam/"])
def test_every_page_links_to_existing_icons(client: Client, db: None, path: str) -> None:
    if path != "/inloggen/":
        client.force_login(UserFactory(is_staff=True))
    named = re.findall(r'<link rel="(?:apple-touch-)?icon"[^>]*href="([^"]+)"', client.get(path).content.decode())
    assert "/static/favicon.svg" in named
    for address in named:
        assert address == "/favicon.ico" or finders.find(address.removeprefix("/static/"))
