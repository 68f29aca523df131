"""A valid uploaded exam file, stored between its preview and its version."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import LineField

RETENTION_DAYS = 30


class UploadQuerySet(models.QuerySet["Upload"]):
    def delete_expired(self) -> None:
        """Delete files uploaded over `RETENTION_DAYS` ago; their versions remain."""
        self.filter(created_at__lt=timezone.now() - timedelta(days=RETENTION_DAYS)).delete()


class Upload(models.Model):
    """An exam file of the Consortium's staff; `version` is set once it is saved as one."""

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
