"""The log of the calls of partners."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

from .partner import Partner

KEPT = timedelta(days=30)


class CallQuerySet(models.QuerySet["Call"]):
    def forget_old(self) -> int:
        """Delete the calls older than `KEPT` and return how many."""
        return self.filter(at__lt=timezone.now() - KEPT).delete()[0]


class Call(models.Model):
    """One request of a partner; no ids, tokens or names: `path` is the pattern of the address."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="calls", db_index=False)
    method = models.CharField("methode", max_length=7)
    path = models.CharField("adres", max_length=120)
    http_status = models.PositiveSmallIntegerField("antwoord")
    ms = models.PositiveIntegerField("duur in ms")
    at = models.DateTimeField("wanneer", default=timezone.now)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = "aanroep"
        verbose_name_plural = "aanroepen"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["partner", "-at", "-id"], name="calls_newest_first"),
            models.Index(fields=["at"], name="calls_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.http_status}"
