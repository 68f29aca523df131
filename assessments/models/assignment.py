"""One examiner on one part, with the scores and the justification."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.fields import ProseField
from addressbook.models import Contact
from exams.models import SCORE_CHOICES, Criterion, Part, WorkProcess

from .assessment import Assessment


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> AssignmentQuerySet:
        """Filter those that count: not removed."""
        return self.filter(removed_at__isnull=True)


class Assignment(models.Model):
    """One examiner on one part: the justification, the scores, and whether it is completed.

    Derived from the couplings by `assessments.coupling.couplings`. One with content is never deleted: it gets
    `removed_at`. `version` counts the saves of its content. `written_by` is the page that wrote the justification,
    `cleared_by` maps a criterion id to the page that cleared its score, `heard` holds the last saves per page
    (`assessments.autosave`).
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="assignments", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="assignments")
    part = models.ForeignKey(Part, models.PROTECT, related_name="assignments")
    justification = ProseField("onderbouwing", blank=True)
    completed_at = models.DateTimeField("afgerond op", null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    written_by = models.CharField(max_length=16, blank=True)
    cleared_by = models.JSONField(default=dict)
    heard = models.JSONField(default=list)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "koppeling"
        verbose_name_plural = "koppelingen"
        indexes = [
            models.Index(fields=fields, condition=Q(removed_at__isnull=True), name=name)
            for fields, name in (
                (["assessment", "contact"], "examiners_of_assessment"),
                (["contact", "assessment"], "assessments_of_examiner"),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "contact", "part"], name="assignment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.part}"


class Score(models.Model):
    """O, V or G for one criterion in one assignment; `written_by` is the page that saved it."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="scores", db_index=False)
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="scores")
    value = models.CharField("score", max_length=1, choices=SCORE_CHOICES)
    written_by = models.CharField(max_length=16, blank=True)

    class Meta:
        verbose_name = "score"
        verbose_name_plural = "scores"
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="score_once"),
            models.CheckConstraint(condition=Q(value__in=["O", "V", "G"]), name="score_known"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.value}"


class Coupling(models.Model):
    """The docent's choice of one examiner: for the whole unit, a work process, or a part.

    Source text, part A, 'Examinator(en) kiezen': (1) neither `work_process` nor `part` is set, (2) `work_process` is,
    (3) `part` is.
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="couplings", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="couplings")
    work_process = models.ForeignKey(WorkProcess, models.PROTECT, null=True, blank=True, related_name="+")
    part = models.ForeignKey(Part, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "keuze van examinator"
        verbose_name_plural = "keuzes van examinator"
        constraints = [
            models.CheckConstraint(
                condition=Q(work_process__isnull=True) | Q(part__isnull=True), name="coupling_at_one_level"
            ),
            models.UniqueConstraint(
                fields=["assessment", "contact"],
                condition=Q(work_process__isnull=True, part__isnull=True),
                name="coupling_unit_once",
            ),
            models.UniqueConstraint(
                fields=["assessment", "contact", "work_process"], name="coupling_work_process_once"
            ),
            models.UniqueConstraint(fields=["assessment", "contact", "part"], name="coupling_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.part or self.work_process or 'het hele examen'}"
