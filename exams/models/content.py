"""The content of an exam version down to criteria, loaded from files (`exams.content.versions`)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ProseField
from exams.grading import scores
from exams.grading.nodes import unit_nodes

from .exam import ExamVersion
from .published import Content, ContentQuerySet


class ExamUnitQuerySet(ContentQuerySet):
    def with_content(self) -> ExamUnitQuerySet:
        """Prefetch everything down to criteria, in exam order: five queries. Walk it with `.all()` only."""
        return self.order_by("position").prefetch_related("core_tasks__work_processes__parts__criteria")


class ExamUnit(Content):
    """Exameneenheid: what one assessment covers."""

    version_path: ClassVar[str] = "exam_version"

    exam_version = models.ForeignKey(ExamVersion, models.PROTECT, related_name="units")
    code = LineField("code", max_length=20)
    title = LineField("titel", max_length=200)

    objects: ClassVar[Any] = ExamUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "exameneenheid"
        verbose_name_plural = "exameneenheden"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["exam_version", "code"], name="unit_code_once"),
            models.UniqueConstraint(fields=["exam_version", "position"], name="unit_position_once"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(title=""), name="unit_has_code_and_title"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def version(self) -> ExamVersion:
        return self.exam_version

    def node(self) -> scores.UnitNode:
        """Return the unit as a grading node, in one query; a criterion's key is its primary key."""
        (node,) = unit_nodes(ExamUnit.objects.filter(pk=self.pk))
        return node


class CoreTask(Content):
    """Kerntaak: groups work processes."""

    version_path: ClassVar[str] = "unit__exam_version"

    unit = models.ForeignKey(ExamUnit, models.PROTECT, related_name="core_tasks")
    code = LineField("code", max_length=20)
    title = LineField("titel", max_length=200)

    class Meta:
        verbose_name = "kerntaak"
        verbose_name_plural = "kerntaken"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "code"], name="core_task_code_once"),
            models.UniqueConstraint(fields=["unit", "position"], name="core_task_position_once"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(title=""), name="core_task_has_code_and_title"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def version(self) -> ExamVersion:
        return self.unit.exam_version


class WorkProcess(Content):
    """Werkproces, with a code such as B1-K1-W2."""

    version_path: ClassVar[str] = "core_task__unit__exam_version"

    core_task = models.ForeignKey(CoreTask, models.PROTECT, related_name="work_processes")
    code = LineField("code", max_length=20)
    title = LineField("titel", max_length=200)
    description = ProseField("omschrijving", blank=True)

    class Meta:
        verbose_name = "werkproces"
        verbose_name_plural = "werkprocessen"
        ordering = ["core_task__position", "position"]
        constraints = [
            models.UniqueConstraint(fields=["core_task", "code"], name="work_process_code_once"),
            models.UniqueConstraint(fields=["core_task", "position"], name="work_process_position_once"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(title=""), name="work_process_has_code_and_title"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def version(self) -> ExamVersion:
        return self.core_task.unit.exam_version


class Part(Content):
    """Onderdeel of a work process, which an examiner justifies as a whole."""

    class Kind(models.TextChoices):
        BEHAVIOUR = "BEHAVIOUR", _("Gedragsobservatie")
        PRODUCT = "PRODUCT", _("Productbeoordeling")

    version_path: ClassVar[str] = "work_process__core_task__unit__exam_version"

    work_process = models.ForeignKey(WorkProcess, models.PROTECT, related_name="parts")
    kind = models.CharField("soort", max_length=10, choices=Kind)

    class Meta:
        verbose_name = "onderdeel"
        verbose_name_plural = "onderdelen"
        ordering = ["work_process__core_task__position", "work_process__position", "position"]
        constraints = [
            models.UniqueConstraint(fields=["work_process", "kind"], name="part_kind_once"),
            models.UniqueConstraint(fields=["work_process", "position"], name="part_position_once"),
            models.CheckConstraint(condition=Q(kind__in=["BEHAVIOUR", "PRODUCT"]), name="part_kind_known"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def version(self) -> ExamVersion:
        return self.work_process.core_task.unit.exam_version


class Criterion(Content):
    """One line to score, with the meanings of O, V and G."""

    version_path: ClassVar[str] = "part__work_process__core_task__unit__exam_version"

    part = models.ForeignKey(Part, models.PROTECT, related_name="criteria")
    text = ProseField("criterium")
    meaning_o = ProseField("O betekent")
    meaning_v = ProseField("V betekent")
    meaning_g = ProseField("G betekent")

    class Meta:
        verbose_name = "criterium"
        verbose_name_plural = "criteria"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["part", "position"], name="criterion_position_once"),
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(meaning_o="") & ~Q(meaning_v="") & ~Q(meaning_g=""),
                name="criterion_has_texts",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def version(self) -> ExamVersion:
        return self.part.work_process.core_task.unit.exam_version


SCORE_CHOICES = [(score.value, score.label) for score in scores.Score]
