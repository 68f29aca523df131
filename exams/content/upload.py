"""A file that was handed in and found right, kept from its preview until it is a version."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import LineField

KEPT_DAYS = 30


class UploadQuerySet(models.QuerySet["Upload"]):
    def forget_old(self) -> None:
        """Deletes what was handed in over `KEPT_DAYS` ago; the versions made of it stay."""
        self.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()


class Upload(models.Model):
    """An exam file of the Consortium's staff; `version` is what it became, if it was saved."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    filename = LineField("bestandsnaam", max_length=150)
    content = models.BinaryField("inhoud")
    created_at = models.DateTimeField("ingelezen op", default=timezone.now)
    version = models.ForeignKey("exams.ExamVersion", models.CASCADE, null=True, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = "ingelezen bestand"
        verbose_name_plural = "ingelezen bestanden"

    def __str__(self) -> str:
        return self.filename
