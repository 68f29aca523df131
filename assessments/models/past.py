"""What remains of assessments that were erased: counts, so that the picture of a past cohort still adds up.

By school year and not by month: in a month that one student was assessed in, counts would tell that student's result.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from exams.models import SCORE_CHOICES, Criterion, Exam


class PastQuerySet(models.QuerySet[Any]):
    def add(self, rows: list[dict[str, Any]], *, count: int = 1) -> None:
        """Adds `count` to each of these rows, and makes those that aren't there yet; call it in a transaction."""
        self.bulk_create([self.model(**row) for row in rows], ignore_conflicts=True)
        wanted = Q(pk__in=[])
        for row in rows:
            wanted |= Q(**row)
        # Locked in one order: two that add at once wait for each other, and never both.
        held = self.filter(wanted).order_by("pk").select_for_update().values_list("pk", flat=True)
        self.filter(pk__in=list(held)).update(count=models.F("count") + count)


class PastAssessments(models.Model):
    """Erased assessments of an exam, by the school year they began in (2026 for 2026-2027), state and result."""

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="+")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("schooljaar")
    status = models.CharField(max_length=12)
    ovg = models.CharField("resultaat", max_length=1, choices=SCORE_CHOICES, blank=True)
    count = models.PositiveIntegerField(default=0)

    objects = PastQuerySet.as_manager()

    class Meta:
        verbose_name = "telling van afnames"
        verbose_name_plural = "tellingen van afnames"
        constraints = [
            models.UniqueConstraint(
                fields=["school", "exam", "year", "status", "ovg"], name="past_assessments_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.exam_id}, {self.year}: {self.count}"


class PastScores(models.Model):
    """What examiners gave for a criterion in erased assessments, by the school year these began in."""

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="+")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="+")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("schooljaar")
    value = models.CharField("score", max_length=1, choices=SCORE_CHOICES)
    count = models.PositiveIntegerField(default=0)

    objects = PastQuerySet.as_manager()

    class Meta:
        verbose_name = "telling van scores"
        verbose_name_plural = "tellingen van scores"
        constraints = [
            models.UniqueConstraint(
                fields=["school", "exam", "criterion", "year", "value"], name="past_scores_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}, {self.year}: {self.count}"
