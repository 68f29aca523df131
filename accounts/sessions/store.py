"""The session engine (`SESSION_ENGINE`): Django's database store, with the user and last use of each session."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

SEEN_EVERY = timedelta(minutes=5)


def public_id(session_key: str) -> str:
    """Return a session's public identifier: the key itself would give access."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


class SessionStore(db.SessionStore):
    """Loads `seen_at` with the session, so reading it costs no query."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session

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
