"""A student's appeal (bezwaar) against a final result; `committee.appeals` is what writes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import ProseField


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> AppealQuerySet:
        """Those that wait for an outcome."""
        return self.filter(closed_on__isnull=True)


class Appeal(models.Model):
    """That there is one, since when and what came of it, for the committee alone.

    While one is open nothing of the assessment is cleared away, however old it is.
    """

    class Outcome(models.TextChoices):
        UPHELD = "UPHELD", "Gegrond"
        DISMISSED = "DISMISSED", "Ongegrond"
        WITHDRAWN = "WITHDRAWN", "Ingetrokken"

    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="appeals")
    received_on = models.DateField("ontvangen op")
    note = ProseField("notitie", blank=True)
    marked_at = models.DateTimeField(default=timezone.now)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    closed_on = models.DateField("afgehandeld op", null=True, blank=True)
    outcome = models.CharField("uitkomst", max_length=10, choices=Outcome, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = "bezwaar"
        verbose_name_plural = "bezwaren"
        ordering = ["received_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment"], condition=Q(closed_on__isnull=True), name="appeal_one_open"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True, outcome="")
                | Q(closed_on__isnull=False, outcome__in=["UPHELD", "DISMISSED", "WITHDRAWN"]),
                name="appeal_closed_with_date_and_outcome",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("received_on")),
                name="appeal_closed_after_it_came",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on}: {self.get_outcome_display() or 'loopt'}"
