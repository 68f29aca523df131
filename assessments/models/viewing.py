"""Who looked at what, when: for the school's administrator. `assessments.view_log` is what writes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import NeverChanged, NeverChangedQuerySet


class ViewingQuerySet(NeverChangedQuerySet["Viewing"]):
    """Lines of who saw what; `view_log` deletes what is too old."""


class Viewing(NeverChanged):
    """Someone of the school opened an assessment, or downloaded an export (by its public id) with several.

    `slot` is the piece of time that `at` lies in: within it the same person opens the same thing once.
    """

    class What(models.TextChoices):
        RESULT = "RESULT", "De beoordeling"
        CORRECT = "CORRECT", "De beoordeling om te bewerken"
        FINALISE = "FINALISE", "De beoordeling om af te ronden"
        HISTORY = "HISTORY", "De bewerkhistorie"
        DOCUMENT = "DOCUMENT", "De pdf"
        EXPORT = "EXPORT", "Een export van resultaten"

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(
        "assessments.Assessment", models.CASCADE, null=True, related_name="viewings", db_index=False
    )
    export = models.UUIDField(null=True)
    what = models.CharField("wat", max_length=10, choices=What)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField("wie", max_length=240)
    at = models.DateTimeField("wanneer", default=timezone.now)
    slot = models.PositiveBigIntegerField()

    objects = ViewingQuerySet.as_manager()

    class Meta:
        verbose_name = "inzage"
        verbose_name_plural = "inzagen"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at", "-id"], name="viewings_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "by", "what", "slot"],
                condition=Q(assessment__isnull=False),
                name="viewing_of_assessment_once",
            ),
            models.UniqueConstraint(
                fields=["export", "by", "what", "slot"],
                condition=Q(export__isnull=False),
                name="viewing_of_export_once",
            ),
            models.CheckConstraint(
                condition=Q(assessment__isnull=False, export__isnull=True)
                | Q(assessment__isnull=True, export__isnull=False, what="EXPORT"),
                name="viewing_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.get_what_display()}"
