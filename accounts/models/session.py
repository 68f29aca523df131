"""Django's session with its user, so that people can see and end their own sessions; `SESSION_ENGINE`."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone

SEEN_EVERY = timedelta(minutes=5)


def public_id(session_key: str) -> str:
    """Return a session's public identifier: the key itself would give access."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


class SessionStore(db.SessionStore):
    """Django's database store, with the user and last use; `seen_at` is loaded with the session, without a query."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def _get_session_from_db(self) -> Any:
        session = super()._get_session_from_db()  # type: ignore[misc]  # the stubs lack it
        self.seen_at = session.seen_at if session else None
        return session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        session.seen_at = timezone.now()
        return session

    @property
    def public_id(self) -> str:
        return public_id(self.session_key or "")

    def see(self) -> bool:
        """Update last use and expiry, at most once per `SEEN_EVERY`; return whether it did.

        Other columns are left alone, as a concurrent request may change the session's data.
        """
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at < SEEN_EVERY:
            return False
        rows = self.get_model_class().objects.filter(session_key=self.session_key)
        rows.update(seen_at=now, expire_date=self.get_expiry_date())
        self.seen_at = now
        return True


class SessionManager(BaseSessionManager["Session"]):
    def active_for(self, user_id: int) -> models.QuerySet[Session]:
        """Return the sessions in which the user is logged in now, last used first."""
        return self.filter(user=user_id, expire_date__gt=timezone.now()).order_by("-seen_at")


class Session(AbstractBaseSession):
    """A browser's session; `user` is the person logged in. The device is in the session's data.

    Neither IP address nor full User-Agent is stored, to hold no more than people need to recognise a device.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")
    seen_at = models.DateTimeField("laatst gezien op", default=timezone.now)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "sessie"
        verbose_name_plural = "sessies"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore

    @property
    def public_id(self) -> str:
        return public_id(self.session_key)
