"""Helpers to read queued mails."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache

from digibeoordelen.outbox import links
from digibeoordelen.outbox.models import OutgoingMail


def mailed() -> list[tuple[str, str]]:
    """Return (kind, address) of every mail, oldest first."""
    return list(OutgoingMail.objects.order_by("pk").values_list("kind", "to"))


def link_in(kind: str) -> str:
    """Return the path, and the query, of the link in the newest mail of this kind."""
    mail = OutgoingMail.objects.filter(kind=kind).latest("pk")
    [url] = links.resolve(mail.links).values()
    return urlsplit(url)._replace(scheme="", netloc="").geturl()


def start_counting(settings: Any) -> None:
    """Start rate limits with an empty cache."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
