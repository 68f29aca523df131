"""Django's session with its user, so that people can see and end their own sessions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone

from accounts.sessions.store import SessionStore, public_id


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
