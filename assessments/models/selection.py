from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import LineField

KEPT = timedelta(days=14)


class SelectionQuerySet(models.QuerySet["Selection"]):
    def purge(self) -> None:
        """Delete what was not changed for `KEPT`."""
        self.filter(changed_at__lt=timezone.now() - KEPT).delete()


class Selection(models.Model):
    """The students and assessments that a docent starts, couples and invites in one go.

    It gives the pages of the flow a short address. Only its owner can open it. It holds ids: what was removed, or is no
    longer the docent's, is left out when it is read.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    unit = models.ForeignKey("exams.ExamUnit", models.CASCADE, related_name="+")
    students = models.JSONField(default=list)  # ids of memberships without an assessment yet, in the order of choosing
    examiners = models.JSONField(default=dict)  # id of a membership → ids of the contacts that the pasted list names
    assessments = models.JSONField(default=list)  # ids
    planned_on = LineField(max_length=200, blank=True)  # as typed; `PlanForm` validates it
    place = LineField(max_length=200, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        verbose_name = "selectie"
        verbose_name_plural = "selecties"

    def __str__(self) -> str:
        return str(self.public_id)
