"""What changed at a school, and who changed it: its settings, its exam offices, the numbers of its students."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import LineField

from .append_only import AppendOnly, AppendOnlyQuerySet


class SchoolChangeQuerySet(AppendOnlyQuerySet["SchoolChange"]):
    """Lines of the log of schools."""


class SchoolChange(AppendOnly):
    """One line of the append-only log: who changed what from what to what, when.

    `name` tells which setting it is, `label` is what the screen called it. A line about a student goes with the
    student's membership, and names them through it alone.
    """

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="changes")
    student = models.ForeignKey("accounts.Membership", models.CASCADE, null=True, blank=True, related_name="changes")
    name = models.CharField(max_length=60)
    label = models.CharField("wat", max_length=200)
    before = models.TextField("was", blank=True)
    after = models.TextField("werd", blank=True)
    reason = LineField("reden", max_length=300, blank=True)
    at = models.DateTimeField("wanneer", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField("door", max_length=240)

    objects = SchoolChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "wijziging"
        verbose_name_plural = "wijzigingen"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at", "-id"], name="school_changes_newest")]

    def __str__(self) -> str:
        return f"{self.label} ({self.by_name})"
