"""The committee's decision on a score, or its wording of a justification; written by `assessments.corrections`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import ProseField
from accounts.models import Immutable, ImmutableQuerySet
from exams.models import SCORE_CHOICES, Criterion


class CorrectionQuerySet(ImmutableQuerySet["Correction"]):
    """Corrections are deleted only with their assessment."""


class Correction(Immutable):
    """One 'bewerking': applied over the examiners' answers, which never change.

    On a criterion it is a decision: `after` is O, V or G, or '' to withdraw an earlier one. On an assignment it is the
    text of its justification. `covers` holds the examiners' answers at that moment ({assignment id: score}, or
    {assignment id: text}): the correction counts while they are the same. `before` is the value that counted until
    then, for the history; '' where examiners differed.
    """

    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="corrections")
    criterion = models.ForeignKey(Criterion, models.PROTECT, null=True, blank=True, related_name="+")
    assignment = models.ForeignKey(
        "assessments.Assignment", models.CASCADE, null=True, blank=True, related_name="corrections"
    )
    before = ProseField("was", blank=True)
    after = ProseField("wordt", blank=True)
    covers = models.JSONField(default=dict)
    reason = ProseField("reden")
    at = models.DateTimeField("gewijzigd op", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField("gewijzigd door", max_length=240)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = "bewerking"
        verbose_name_plural = "bewerkingen"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(criterion__isnull=False, assignment__isnull=True, after__in=["", *dict(SCORE_CHOICES)])
                | Q(criterion__isnull=True, assignment__isnull=False),
                name="correction_of_a_score_or_a_text",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="correction_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion or self.assignment}: {self.after[:40]}"


class FinalProposal(models.Model):
    """'Voorgedragen om af te ronden' by one member, for another to decide.

    Valid while the assessment is ASSESSED and of the same `version`. Only the newest counts.
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


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> AppealQuerySet:
        """Filter those that wait for an outcome."""
        return self.filter(closed_on__isnull=True)


class Appeal(models.Model):
    """An appeal, its date and its outcome; only the committee sees it.

    While one is open nothing of the assessment is erased.
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
