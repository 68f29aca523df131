"""Recovery codes for logging in without the phone."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.utils import timezone


class RecoveryCode(models.Model):
    """An unused code, stored as a digest; using it deletes the row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "herstelcode"
        verbose_name_plural = "herstelcodes"
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"herstelcode van {self.user}"


def digest(*, user_id: int, code: str) -> str:
    """Return the stored form of a code. A fast hash suffices: the code is random, of 80 bits."""
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()
