"""The session of one browser: Django's own, and whose it is, so that a person can see and end them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone

from accounts.sessions.store import SessionStore, public_id


class SessionManager(BaseSessionManager["Session"]):
    def of(self, user_id: int) -> models.QuerySet[Session]:
        """Those in which this person is logged in at this moment, the one used last first."""
        return self.filter(user=user_id, expire_date__gt=timezone.now()).order_by("-seen_at")


class Session(AbstractBaseSession):
    """One browser's session; `user` is who logged in in it. What it runs on stands in the session's own data.

    No address and no whole User-Agent: what is kept is what the person needs to know a device by.
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
