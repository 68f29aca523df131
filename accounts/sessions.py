"""Where a person is logged in: what is kept of it, the list, and ending them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .models import Session, User
from .user_agent import browser_and_system, in_words

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


class LastSeenMiddleware:
    """Keeps when each session was last in use, to some minutes; from then on it lasts as long as a new one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        if getattr(request, "session_is_extended", False) and key:
            # As Django's own middleware does, which comes after this and has the last word: after logging out, say.
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                key,
                max_age=request.session.get_expiry_age(),
                path=settings.SESSION_COOKIE_PATH,
                domain=settings.SESSION_COOKIE_DOMAIN,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.user.is_authenticated:
            request.session_is_extended = request.session.see()  # type: ignore[attr-defined]  # of our own store
        return None


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
