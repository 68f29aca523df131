"""What a student told the school about a student number."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.fields import LineField

from .membership import STUDENT_NUMBER_LENGTH, Membership


class NumberReport(models.Model):
    """A student told the school that another has the number which they say is theirs."""

    student = models.ForeignKey(Membership, models.CASCADE, related_name="number_reports")
    number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH)
    at = models.DateTimeField("gemeld op", default=timezone.now)

    class Meta:
        verbose_name = "gemeld studentnummer"
        verbose_name_plural = "gemelde studentnummers"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.number} ({self.student})"
