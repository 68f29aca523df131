"""Four eyes: what one member of the committee proposes to make final; `committee.finalise` writes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class FinalProposal(models.Model):
    """'Voorgedragen om af te ronden' by one member, for another to do.

    It stands while the assessment is as it was: still ASSESSED, and of the same `version`. Only the newest counts.
    """

    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="final_proposals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="voorgedragen door")
    at = models.DateTimeField("voorgedragen op", default=timezone.now)
    version = models.PositiveIntegerField("versie van de beoordeling")
    exam_office_email = models.EmailField("e-mailadres van het examenbureau")

    class Meta:
        verbose_name = "voordracht"
        verbose_name_plural = "voordrachten"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.by}: {self.assessment}"
