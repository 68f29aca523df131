"""The teacher's choice of an examiner."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from addressbook.models import Contact
from exams.models import Part, WorkProcess

from .assessment import Assessment


class Coupling(models.Model):
    """The teacher's choice of one examiner: for the whole unit, a work process, or a part.

    Source text, part A, 'Examinator(en) kiezen': (1) neither `work_process` nor `part` is set,
    (2) `work_process` is, (3) `part` is.
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="couplings")
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
