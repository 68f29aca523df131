"""The sessions of a user: listing and ending them, with a device name from the User-Agent.

Not allauth's `usersessions`, which stores the network address and whole User-Agent, ends no single session, and costs
two queries and a write per request.
"""

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

# The first match counts: nearly all mention Safari and Chrome too.
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
    """Return ('Firefox', 'Windows'), with '' for unknown."""
    return _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)


def device_label(names: Sequence[str]) -> str:
    """Return 'Firefox op Windows' for the result of `browser_and_system`."""
    browser, system = names
    if browser and system:
        return _("%(browser)s op %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Onbekend apparaat")


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for token, name in table if token in user_agent), "")


STARTED_AT = "started_at"  # session key
DEVICE = "device"


@dataclass(frozen=True)
class ActiveSession:
    """A row of the list of sessions."""

    public_id: str
    device: str
    started_at: datetime | None
    seen_at: datetime
    is_this: bool


def remember_start(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Receive `user_logged_in`."""
    request.session[STARTED_AT] = timezone.now().isoformat()
    request.session[DEVICE] = list(browser_and_system(request.headers.get("User-Agent", "")))


def started_at(session: SessionBase | dict[str, Any]) -> datetime | None:
    return parse_datetime(session.get(STARTED_AT, ""))


def device(session: SessionBase | dict[str, Any]) -> str:
    """Return 'Firefox op Windows', the device on which the session started."""
    return device_label(session.get(DEVICE, ["", ""]))


def device_of(request: HttpRequest) -> str:
    """Return 'Firefox op Windows' for the browser of a request."""
    return device_label(browser_and_system(request.headers.get("User-Agent", "")))


def active_sessions(*, user: User, session: SessionBase) -> list[ActiveSession]:
    """Return the user's sessions, the present one first, then last used first."""
    sessions = [_active_session(row, session) for row in Session.objects.active_for(user.pk)]
    return sorted(sessions, key=lambda login: not login.is_this)


def _active_session(row: Session, session: SessionBase) -> ActiveSession:
    data = row.get_decoded()
    return ActiveSession(
        public_id=row.public_id,
        device=device(data),
        started_at=started_at(data),
        seen_at=row.seen_at,
        is_this=row.session_key == session.session_key,
    )


def end(*, user: User, public_id: str) -> None:
    keys = [row.session_key for row in Session.objects.active_for(user.pk) if row.public_id == public_id]
    Session.objects.filter(user=user, session_key__in=keys).delete()


def end_all(*, user: User, but: SessionBase | None = None) -> int:
    """End the user's sessions, except `but`, and return how many."""
    sessions = Session.objects.filter(user=user)
    if but is not None:
        sessions = sessions.exclude(session_key=but.session_key)
    return sessions.delete()[0]


@shared_task(name="accounts.tasks.clear_sessions")
def clear_sessions() -> None:
    """Delete expired sessions."""
    from django.core.management import call_command

    call_command("clearsessions")
