"""What can be assessed: exams, their published versions, and everything below down to criteria."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from . import grading


class Exam(models.Model):
    """A qualification's exam or a keuzedeel exam, of one cohort; its content is in its versions."""

    class Kind(models.TextChoices):
        PROFESSION = "PROFESSION", "Beroep"
        KEUZEDEEL = "KEUZEDEEL", "Keuzedeel"

    kind = models.CharField("soort", max_length=12, choices=Kind)
    code = models.CharField("code", max_length=10, help_text="Crebonummer, of de code van het keuzedeel (K0125).")
    title = models.CharField("titel", max_length=200)
    cohort = models.CharField("cohort", max_length=9, help_text="Zoals 2025-2026.")
    level = models.PositiveSmallIntegerField("niveau", null=True, blank=True)

    class Meta:
        verbose_name = "examen"
        verbose_name_plural = "examens"
        ordering = ["title", "-cohort"]
        constraints = [models.UniqueConstraint(fields=["code", "cohort"], name="exam_code_once_per_cohort")]

    def __str__(self) -> str:
        return f"{self.title} ({self.code}, {self.cohort})"

    @property
    def current_version(self) -> ExamVersion | None:
        """The newest published version: the one that new assessments pin."""
        return self.versions.filter(published_at__isnull=False).order_by("-number").first()


class AccountExam(models.Model):
    """An exam that someone put on their account: a tile in 'Mijn Digibib'."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="account_exams")
    exam = models.ForeignKey(Exam, models.CASCADE, related_name="account_exams")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "examen op account"
        verbose_name_plural = "examens op account"
        constraints = [models.UniqueConstraint(fields=["user", "exam"], name="account_exam_once")]

    def __str__(self) -> str:
        return f"{self.exam}: {self.user}"


class PublishedContent(ValidationError):
    """Content of a published version was about to change."""


class ContentQuerySet(models.QuerySet[Any]):
    """Bulk changes would walk around the check in `Content.save`, so content refuses them."""

    def update(self, **kwargs: Any) -> int:
        raise PublishedContent("Exameninhoud wordt niet in bulk gewijzigd; maak een nieuwe versie.")

    def delete(self) -> tuple[int, dict[str, int]]:
        for thing in self:
            thing.refuse_if_published()
        return super().delete()


class Content(models.Model):
    """A piece of an exam version: it can't be changed once that version is published."""

    position = models.PositiveSmallIntegerField("volgorde")

    objects = ContentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def version(self) -> ExamVersion:
        raise NotImplementedError

    def refuse_if_published(self) -> None:
        if self.version.published_at:
            raise PublishedContent("Deze versie is gepubliceerd en verandert niet meer; maak een nieuwe versie.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.refuse_if_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.refuse_if_published()
        return super().delete(*args, **kwargs)


class ExamVersion(models.Model):
    """The content of an exam as an assessment pins it: immutable from `published_at` on.

    `grading_rule` names a rule of `exams.grading`; `grading_data` holds every number it needs.
    """

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("versie")
    published_at = models.DateTimeField("gepubliceerd op", null=True, blank=True)
    grading_rule = models.CharField("beoordelingsregel", max_length=40)
    grading_data = models.JSONField("gegevens van de regel")
    source_sha256 = models.CharField(
        "vingerafdruk van het bestand", max_length=64, blank=True, help_text="SHA-256 van het ingelezen bestand."
    )

    class Meta:
        verbose_name = "examenversie"
        verbose_name_plural = "examenversies"
        ordering = ["exam", "-number"]
        constraints = [models.UniqueConstraint(fields=["exam", "number"], name="exam_version_number_once")]

    def __str__(self) -> str:
        return f"{self.exam}, versie {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and ExamVersion.objects.filter(pk=self.pk, published_at__isnull=False).exists():
            raise PublishedContent("Deze versie is gepubliceerd en verandert niet meer; maak een nieuwe versie.")
        super().save(*args, **kwargs)


class ExamUnit(Content):
    """What is assessed in one go."""

    exam_version = models.ForeignKey(ExamVersion, models.PROTECT, related_name="units")
    code = models.CharField("code", max_length=20)
    title = models.CharField("titel", max_length=200)

    class Meta:
        verbose_name = "exameneenheid"
        verbose_name_plural = "exameneenheden"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["exam_version", "code"], name="unit_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def version(self) -> ExamVersion:
        return self.exam_version


class CoreTask(Content):
    """Kerntaak: groups work processes."""

    unit = models.ForeignKey(ExamUnit, models.PROTECT, related_name="core_tasks")
    code = models.CharField("code", max_length=20)
    title = models.CharField("titel", max_length=200)

    class Meta:
        verbose_name = "kerntaak"
        verbose_name_plural = "kerntaken"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["unit", "code"], name="core_task_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def version(self) -> ExamVersion:
        return self.unit.exam_version


class WorkProcess(Content):
    """Werkproces, with a code such as B1-K1-W2."""

    core_task = models.ForeignKey(CoreTask, models.PROTECT, related_name="work_processes")
    code = models.CharField("code", max_length=20)
    title = models.CharField("titel", max_length=200)
    description = models.TextField("omschrijving", blank=True)

    class Meta:
        verbose_name = "werkproces"
        verbose_name_plural = "werkprocessen"
        ordering = ["core_task__position", "position"]
        constraints = [models.UniqueConstraint(fields=["core_task", "code"], name="work_process_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def version(self) -> ExamVersion:
        return self.core_task.unit.exam_version


class Part(Content):
    """Onderdeel of a work process: what one examiner assesses and justifies as a whole."""

    class Kind(models.TextChoices):
        BEHAVIOUR = "BEHAVIOUR", "Gedragsobservatie"
        PRODUCT = "PRODUCT", "Productbeoordeling"

    work_process = models.ForeignKey(WorkProcess, models.PROTECT, related_name="parts")
    kind = models.CharField("soort", max_length=10, choices=Kind)

    class Meta:
        verbose_name = "onderdeel"
        verbose_name_plural = "onderdelen"
        ordering = ["work_process__core_task__position", "work_process__position", "position"]
        constraints = [models.UniqueConstraint(fields=["work_process", "kind"], name="part_kind_once")]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def version(self) -> ExamVersion:
        return self.work_process.core_task.unit.exam_version


class Criterion(Content):
    """One line to score, with what O, V and G mean for it."""

    part = models.ForeignKey(Part, models.PROTECT, related_name="criteria")
    text = models.TextField("criterium")
    meaning_o = models.TextField("O betekent")
    meaning_v = models.TextField("V betekent")
    meaning_g = models.TextField("G betekent")

    class Meta:
        verbose_name = "criterium"
        verbose_name_plural = "criteria"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["part", "position"], name="criterion_position_once")]

    def __str__(self) -> str:
        return self.text

    @property
    def version(self) -> ExamVersion:
        return self.part.work_process.core_task.unit.exam_version


SCORE_CHOICES = [(score.value, score.label) for score in grading.Score]
