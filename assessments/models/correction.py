"""The committee's decision on a score, or its wording of a justification; `assessments.correct` writes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.fields import ProseField
from accounts.models import NeverChanged, NeverChangedQuerySet
from exams.models import SCORE_CHOICES, Criterion


class CorrectionQuerySet(NeverChangedQuerySet["Correction"]):
    """Decisions; they go with their assessment."""


class Correction(NeverChanged):
    """One bewerking: laid over what the examiners wrote, which itself never changes.

    On a criterion it is a decision: `after` is O, V or G, or '' where an earlier decision is taken back.
    On an assignment it is the text of its justification. `covers` is what the examiners had written when it
    was made ({assignment id: score}, or {assignment id: text}): it counts only while they still say that.
    `before` is what counted until then, for the history; '' where examiners differed.
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
