"""Where sessions are kept (`SESSION_ENGINE`): Django's database store, which fills in whose each is."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

SEEN_EVERY = timedelta(minutes=5)


def public_id(session_key: str) -> str:
    """What a session can be called by in public: whoever has the key itself is logged in."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


class SessionStore(db.SessionStore):
    """Knows when the session was seen last from the row that it was loaded from: asking costs no query."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        found = super()._get_session_from_db()  # type: ignore[misc]  # the stubs lack it
        self.seen_at = found.seen_at if found else None
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made: Any = super().create_model_instance(data)
        made.user_id = data.get(SESSION_KEY)
        made.seen_at = timezone.now()
        return made

    @property
    def public_id(self) -> str:
        return public_id(self.session_key or "")

    def see(self) -> bool:
        """Keep that it is in use and let it last as long as a new one, at most once in `SEEN_EVERY`; return whether.

        Only these two columns are written: a request beside this one may change the session's data.
        """
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at < SEEN_EVERY:
            return False
        own = self.get_model_class().objects.filter(session_key=self.session_key)
        own.update(seen_at=now, expire_date=self.get_expiry_date())
        self.seen_at = now
        return True
