"""What a browser calls itself, in two words: enough for a person to know the own device by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import shared_task
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import Session, User

# The first that fits: nearly all of them name Safari and Chrome as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_and_system(user_agent: str) -> tuple[str, str]:
    """('Firefox', 'Windows'); '' for what is unknown."""
    return _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)


def in_words(names: Sequence[str]) -> str:
    """'Firefox op Windows', of what `browser_and_system` gave."""
    browser, system = names
    if browser and system:
        return _("%(browser)s op %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Onbekend apparaat")


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in table if mark in user_agent), "")


STARTED_AT = "started_at"  # in the session's data, beside Django's own
DEVICE = "device"


@dataclass(frozen=True)
class Login:
    """One place where a person is logged in, as the list shows it."""

    public_id: str
    device: str
    started_at: datetime | None
    seen_at: datetime
    is_this: bool


def remember_start(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Receives `user_logged_in`."""
    request.session[STARTED_AT] = timezone.now().isoformat()
    request.session[DEVICE] = list(browser_and_system(request.headers.get("User-Agent", "")))


def started_at(session: SessionBase | dict[str, Any]) -> datetime | None:
    return parse_datetime(session.get(STARTED_AT, ""))


def device(session: SessionBase | dict[str, Any]) -> str:
    """'Firefox op Windows': what the session began on."""
    return in_words(session.get(DEVICE, ["", ""]))


def logins(*, user: User, session: SessionBase) -> list[Login]:
    """Every place where `user` is logged in, the one of `session` first, then by when it was last in use."""
    found = [_login(row, session) for row in Session.objects.of(user.pk)]
    return sorted(found, key=lambda login: not login.is_this)


def _login(row: Session, session: SessionBase) -> Login:
    data = row.get_decoded()
    return Login(
        public_id=row.public_id,
        device=device(data),
        started_at=started_at(data),
        seen_at=row.seen_at,
        is_this=row.session_key == session.session_key,
    )


def end(*, user: User, public_id: str) -> None:
    """Ends the one session; who uses it is asked to log in."""
    keys = [row.session_key for row in Session.objects.of(user.pk) if row.public_id == public_id]
    Session.objects.filter(user=user, session_key__in=keys).delete()


def end_all(*, user: User, but: SessionBase | None = None) -> int:
    """Ends every session of `user`, except the one given; how many."""
    ended = Session.objects.filter(user=user)
    if but is not None:
        ended = ended.exclude(session_key=but.session_key)
    return ended.delete()[0]


@shared_task(name="accounts.tasks.clear_sessions")
def clear_sessions() -> None:
    """Deletes the sessions that are over; a browser that is simply closed leaves one behind."""
    from django.core.management import call_command

    call_command("clearsessions")
