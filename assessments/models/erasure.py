"""What is left of what was erased: how much, when and by which rule; no name. `assessments.erase` writes it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Rule(models.TextChoices):
    """Why something was erased; `assessments.retention` has the terms."""

    DIPLOMA = "DIPLOMA", "18 maanden na de diplomadatum"
    LEFT = "LEFT", "Vertrokken zonder diploma"
    CANCELLED = "CANCELLED", "Ingetrokken afname"
    UNFINISHED = "UNFINISHED", "Nooit definitief geworden"


class Erasure(models.Model):
    """What one rule took of a school on one day; `students`: of whom nothing is left at the school."""

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="erasures")
    on = models.DateField("gewist op")
    rule = models.CharField("regel", max_length=12, choices=Rule)
    assessments = models.PositiveIntegerField("afnames", default=0)
    documents = models.PositiveIntegerField("pdf's", default=0)
    mails = models.PositiveIntegerField("mails", default=0)
    students = models.PositiveIntegerField("studenten", default=0)

    class Meta:
        verbose_name = "wissing"
        verbose_name_plural = "wissingen"
        ordering = ["-on", "rule"]
        constraints = [
            models.UniqueConstraint(fields=["school", "on", "rule"], name="erasure_once_a_day_and_rule"),
            models.CheckConstraint(condition=Q(rule__in=Rule.values), name="erasure_rule_known"),
        ]

    def __str__(self) -> str:
        return f"{self.on}: {self.get_rule_display()}"


class DestroyedDocument(models.Model):
    """That there was a document with this code, for who still holds it; whose and what it said nobody can tell.

    Of its code the SHA-256 is kept: who has the code finds this row, who has this row finds no code. `stood`: it was
    the current one when it was destroyed.
    """

    code_sha256 = models.CharField(max_length=64, null=True, unique=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    stood = models.BooleanField()
    destroyed_on = models.DateField()

    class Meta:
        verbose_name = "vernietigd document"
        verbose_name_plural = "vernietigde documenten"

    def __str__(self) -> str:
        return f"vernietigd op {self.destroyed_on}"
