"""A batch of assessments that one member makes final or proposes; `decisions.batch_job` does the work."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import ExamCommittee, School, User
from assessments.models import Assessment, FinalProposal
from digibeoordelen.jobs.models import Job, JobQuerySet

RETENTION = timedelta(days=30)  # of a batch; the outcomes stay in the assessments' logs
NOT_DONE = "Dit is niet gelukt; aan deze beoordeling is niets veranderd. Probeer het nog eens."
RECENT = timedelta(days=7)


class FinalBatchQuerySet(JobQuerySet["FinalBatch"]):
    def visible_to(self, user: User, *, committees: Iterable[ExamCommittee] | None = None) -> FinalBatchQuerySet:
        """Filter the user's own batches with an assessment that `AssessmentQuerySet.for_committee` finds."""
        visible = Assessment.objects.for_committee(user, committees=committees).order_by()
        items = FinalBatchItem.objects.filter(batch=OuterRef("pk"), assessment__in=visible)
        return self.filter(Exists(items), by=user)

    def pending(self) -> FinalBatchQuerySet:
        return self.filter(finished_at__isnull=True)

    def purge(self) -> None:
        """Delete the finished batches that were started more than `RETENTION` ago."""
        self.filter(finished_at__isnull=False, started_at__lt=timezone.now() - RETENTION).delete()


class FinalBatch(Job):
    """`attempts` counts those of the next item."""

    max_attempts = 3
    since = "started_at"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.CASCADE, related_name="final_batches")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="final_batches", db_index=False)
    exam_office_email = models.EmailField("e-mailadres van het examenbureau")
    started_at = models.DateTimeField("gestart op", default=timezone.now)
    finished_at = models.DateTimeField("klaar op", null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = FinalBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "afronding van meer tegelijk"
        verbose_name_plural = "afrondingen van meer tegelijk"
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["by", "-started_at"], name="final_batches_newest_first"),
            models.Index(fields=["started_at"], condition=Q(finished_at__isnull=True), name="final_batches_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.school}, {self.started_at:%Y-%m-%d}"

    @property
    def is_recent(self) -> bool:
        """Whether it is unfinished, or recent and not viewed since it finished."""
        return self.finished_at is None or (self.seen_at is None and self.started_at >= timezone.now() - RECENT)

    def give_up(self) -> None:
        """Refuse the item at which workers died, and have a worker do the others."""
        if item := self.items.waiting().first():
            item.close(FinalBatchItem.Outcome.REFUSED, NOT_DONE)
        self.finish(attempts=0)
        self.start()


class FinalBatchItemQuerySet(models.QuerySet["FinalBatchItem"]):
    def waiting(self) -> FinalBatchItemQuerySet:
        return self.filter(outcome=FinalBatchItem.Outcome.WAITING)


class FinalBatchItem(models.Model):
    """An assessment with the version and the proposal that the member saw; `reason` is why it was refused."""

    class Outcome(models.TextChoices):
        WAITING = "WAITING", "Wacht"
        FINAL = "FINAL", "Definitief"
        PROPOSED = "PROPOSED", "Voorgedragen"
        REFUSED = "REFUSED", "Niet afgerond"

    batch = models.ForeignKey(FinalBatch, models.CASCADE, related_name="items", db_index=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="final_batch_items")
    version = models.PositiveIntegerField("versie van de beoordeling")
    proposal = models.ForeignKey(FinalProposal, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    proposing = models.BooleanField("voordragen")
    outcome = models.CharField("uitkomst", max_length=8, choices=Outcome, default=Outcome.WAITING)
    reason = models.TextField("reden", blank=True)

    objects = FinalBatchItemQuerySet.as_manager()

    class Meta:
        verbose_name = "beoordeling in een afronding"
        verbose_name_plural = "beoordelingen in een afronding"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "assessment"], name="final_batch_item_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["WAITING", "FINAL", "PROPOSED", "REFUSED"]), name="final_batch_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome="REFUSED") & ~Q(reason="") | ~Q(outcome="REFUSED") & Q(reason=""),
                name="final_batch_refused_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.get_outcome_display()}"

    def close(self, outcome: FinalBatchItem.Outcome, reason: str = "") -> bool:
        """Write the outcome; return False when there is one already."""
        return bool(FinalBatchItem.objects.waiting().filter(pk=self.pk).update(outcome=outcome, reason=reason))

    @property
    def office(self) -> str:
        """The address of the proposal, if there is one, else of the batch."""
        return self.proposal.exam_office_email if self.proposal else self.batch.exam_office_email
