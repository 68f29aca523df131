"""Exams and their versions."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.fields import LineField
from accounts.models import User
from exams.grading import scores
from exams.grading.nodes import unit_nodes

from .published import PublishedContent

CODES = {
    "PROFESSION": (r"^[0-9]{5}$", "Een crebonummer heeft vijf cijfers, zoals 25656."),
    "KEUZEDEEL": (r"^K[0-9]{4}$", "De code van een keuzedeel is een K met vier cijfers, zoals K0023."),
}
BY_PUBLISHING = "Zoals het in het bestand staat; het examen krijgt het bij het publiceren."
COHORT = r"^20[0-9]{2}-20[0-9]{2}$"
SHA256 = r"^[0-9a-f]{64}$"


class Exam(models.Model):
    """The exam of a qualification or keuzedeel for one cohort; its content is in its versions."""

    class Kind(models.TextChoices):
        PROFESSION = "PROFESSION", "Beroep"
        KEUZEDEEL = "KEUZEDEEL", "Keuzedeel"

    kind = models.CharField("soort", max_length=12, choices=Kind)
    code = LineField("code", max_length=10, help_text="Crebonummer, of de code van het keuzedeel (K0023).")
    title = LineField("titel", max_length=200)
    cohort = LineField("cohort", max_length=9, help_text="Zoals 2025-2026.")
    level = models.PositiveSmallIntegerField("niveau", null=True, blank=True, help_text="1 tot en met 4.")

    class Meta:
        verbose_name = "examen"
        verbose_name_plural = "examens"
        ordering = ["title", "-cohort"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "cohort"],
                name="exam_code_once_per_cohort",
                violation_error_message="Er is al een examen met deze code voor dit cohort.",
            ),
            models.CheckConstraint(
                condition=Q(kind="PROFESSION", code__regex=CODES["PROFESSION"][0])
                | Q(kind="KEUZEDEEL", code__regex=CODES["KEUZEDEEL"][0]),
                name="exam_code_fits_kind",
                violation_error_message="De code past niet bij de soort: vijf cijfers, of een K met vier cijfers.",
            ),
            models.CheckConstraint(
                condition=Q(cohort__regex=COHORT),
                name="exam_cohort_is_school_year",
                violation_error_message="Schrijf het cohort als schooljaar, zoals 2025-2026.",
            ),
            models.CheckConstraint(
                condition=Q(level__isnull=True) | Q(level__range=(1, 4)),
                name="exam_level_1_to_4",
                violation_error_message="Het niveau is 1, 2, 3 of 4.",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="exam_has_title"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.code}, {self.cohort})"

    def clean(self) -> None:
        errors = {}
        pattern, message = CODES.get(self.kind, ("", ""))
        if not re.search(pattern, self.code):
            errors["code"] = message
        if not re.search(COHORT, self.cohort) or int(self.cohort[5:]) != int(self.cohort[:4]) + 1:
            errors["cohort"] = "Schrijf het cohort als schooljaar, zoals 2025-2026."
        if errors:
            raise ValidationError(errors)

    @property
    def current_version(self) -> ExamVersion | None:
        """The newest published version, which new assessments use."""
        return self.versions.filter(published_at__isnull=False).order_by("-number").first()


class AccountExam(models.Model):
    """An exam on a user's account: a tile in 'Mijn Digibib'."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="account_exams")
    exam = models.ForeignKey(Exam, models.CASCADE, related_name="account_exams")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "examen op account"
        verbose_name_plural = "examens op account"
        constraints = [models.UniqueConstraint(fields=["user", "exam"], name="account_exam_once")]

    def __str__(self) -> str:
        return f"{self.exam}: {self.user}"


class ExamVersionQuerySet(models.QuerySet["ExamVersion"]):
    """Refuses bulk changes, which would bypass the checks in `ExamVersion`."""

    def published(self) -> ExamVersionQuerySet:
        return self.filter(published_at__isnull=False)

    def update(self, **kwargs: Any) -> int:
        raise PublishedContent("Examenversies worden niet in bulk gewijzigd.")

    def delete(self) -> tuple[int, dict[str, int]]:
        if self.published().exists():
            raise PublishedContent
        return super().delete()


class ExamVersion(models.Model):
    """The content of an exam as assessments refer to it: immutable once published.

    `grading_rule` is a key of `exams.grading.scores.RULES`, `grading_data` its data. Publishing checks them against
    the content, so a published version can be graded.
    """

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="versions", verbose_name="examen")
    number = models.PositiveSmallIntegerField("versie")
    title = LineField("titel van het examen", max_length=200, blank=True, help_text=BY_PUBLISHING)
    level = models.PositiveSmallIntegerField("niveau van het examen", null=True, blank=True, help_text=BY_PUBLISHING)
    prepared_at = models.DateTimeField("voorbereid op", default=timezone.now)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="voorbereid door",
    )
    published_at = models.DateTimeField("gepubliceerd op", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="gepubliceerd door",
    )
    grading_rule = models.CharField("beoordelingsregel", max_length=40)
    grading_data = models.JSONField("gegevens van de regel")
    source_sha256 = models.CharField(
        "vingerafdruk van het bestand", max_length=64, blank=True, help_text="SHA-256 van het ingelezen bestand."
    )

    objects = ExamVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "examenversie"
        verbose_name_plural = "examenversies"
        ordering = ["exam", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "number"], name="exam_version_number_once"),
            models.UniqueConstraint(
                fields=["exam", "source_sha256"], condition=~Q(source_sha256=""), name="exam_version_file_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="exam_version_number_from_1"),
            models.CheckConstraint(
                condition=Q(level__isnull=True) | Q(level__range=(1, 4)), name="exam_version_level_1_to_4"
            ),
            models.CheckConstraint(
                condition=Q(source_sha256="") | Q(source_sha256__regex=SHA256), name="exam_version_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exam}, versie {self.number}"

    def clean(self) -> None:
        if self.pk and self.units.exists():
            try:
                self.scheme()
            except scores.SchemeError as error:
                raise ValidationError([str(problem) for problem in error.problems]) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raise `PublishedContent` if already published, `SchemeError` if published with unfit grading data."""
        if self.pk and ExamVersion.objects.published().filter(pk=self.pk).exists():
            raise PublishedContent
        if self.published_at:
            self.scheme()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if ExamVersion.objects.published().filter(pk=self.pk).exists():
            raise PublishedContent
        return super().delete(*args, **kwargs)

    @transaction.atomic
    def publish(self, *, by: User | None = None) -> None:
        """Make this the version of new assessments, and copy its title and level to the exam; raise as `save`."""
        self.published_at, self.published_by = timezone.now(), by
        try:
            self.save()
        except (scores.SchemeError, PublishedContent):
            self.refresh_from_db(fields=["published_at", "published_by"])
            raise
        if self.title:
            self.exam.title, self.exam.level = self.title, self.level
            self.exam.save(update_fields=["title", "level"])

    def nodes(self) -> tuple[scores.UnitNode, ...]:
        """Return all units as grading nodes, in one query."""
        return unit_nodes(self.units.all()) if self.pk else ()

    def scheme(self) -> scores.Scheme:
        """Return the grading scheme, cached on this object once published; raise `SchemeError` on unfit data."""
        cached: scores.Scheme | None = self.__dict__.get("_scheme")
        if cached is not None:
            return cached
        scheme = scores.load_scheme(rule=self.grading_rule, data=self.grading_data, units=self.nodes())
        if self.published_at:
            self.__dict__["_scheme"] = scheme
        return scheme
