"""Requests for a student's own data, the logs of erasures and views, and imports of study dates."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import (
    Immutable,
    ImmutableQuerySet,
    ImportedFile,
    ImportedFileQuerySet,
    Membership,
    Role,
    School,
    User,
)
from digibeoordelen.jobs.models import Job, JobQuerySet
from digibeoordelen.outbox.models import OutgoingMail, StoredFile
from exams.models import SCORE_CHOICES, Criterion, Exam

KEPT_DAYS = 14  # of the file: allows for a holiday between the mail and the download


class DataRequestQuerySet(JobQuerySet["DataRequest"]):
    def of_student(self, user: User) -> DataRequestQuerySet:
        """Filter the user's own, at every school."""
        return self.filter(student__user=user)

    def pending(self) -> DataRequestQuerySet:
        """Filter those without a file yet."""
        return self.filter(made_at__isnull=True)

    def due(self) -> DataRequestQuerySet:
        return super().due().filter(attempts__lt=DataRequest.max_attempts)

    def given_up(self) -> DataRequestQuerySet:
        """Filter those that the student must request again."""
        return super().due().filter(attempts__gte=DataRequest.max_attempts)

    def oldest(self) -> datetime | None:
        return super(DataRequestQuerySet, self.filter(attempts__lt=DataRequest.max_attempts)).oldest()

    def available(self) -> DataRequestQuerySet:
        """Filter those whose file can be downloaded."""
        return self.filter(file__isnull=False, made_at__gt=timezone.now() - timedelta(days=KEPT_DAYS))

    def purge(self) -> None:
        """Release files after `KEPT_DAYS`; the log of requests remains."""
        before = timezone.now() - timedelta(days=KEPT_DAYS)
        self.filter(file__isnull=False, made_at__lte=before).update(file=None)


class DataRequest(Job):
    """A request by the student, or by Schoolbeheer for the student; only the student gets the file."""

    max_attempts: ClassVar[int] = 5
    since = "asked_at"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Membership, models.CASCADE, related_name="data_requests")
    asked_at = models.DateTimeField("aangevraagd op", default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_by_name = models.CharField("aangevraagd door", max_length=240)
    made_at = models.DateTimeField("gemaakt op", null=True, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    downloaded_at = models.DateTimeField("voor het eerst gedownload op", null=True, blank=True)
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "verzoek om inzage"
        verbose_name_plural = "verzoeken om inzage"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student"], condition=Q(made_at__isnull=True), name="data_request_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(file__isnull=True) | Q(made_at__isnull=False), name="data_request_file_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_by_name}, {self.asked_at:%Y-%m-%d}"

    @property
    def is_given_up(self) -> bool:
        is_free = self.lease_until is None or self.lease_until < timezone.now()
        return self.made_at is None and is_free and self.attempts >= self.max_attempts

    @property
    def available_until(self) -> datetime | None:
        """Return when the file is released; None without a file."""
        if self.made_at is None or self.file_id is None:
            return None
        return self.made_at + timedelta(days=KEPT_DAYS)

    @property
    def is_available(self) -> bool:
        until = self.available_until
        return until is not None and timezone.now() < until


class Rule(models.TextChoices):
    """Why something was erased; `assessments.privacy.retention` has the terms."""

    DIPLOMA = "DIPLOMA", "18 maanden na de diplomadatum"
    LEFT = "LEFT", "Vertrokken zonder diploma"
    CANCELLED = "CANCELLED", "Ingetrokken afname"
    UNFINISHED = "UNFINISHED", "Nooit definitief geworden"


class Erasure(models.Model):
    """The counts of one rule's erasures in a school on one day; `students` counts those fully erased."""

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
    """Proof that a document with this code existed, for its holder, without its student or content.

    Only the SHA-256 of the code is stored, so that the row does not reveal it. `stood`: it was the current document
    when it was destroyed.
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


class PastQuerySet(models.QuerySet[Any]):
    def add(self, rows: list[dict[str, Any]], *, count: int = 1) -> None:
        """Add `count` to each of these rows and create missing ones; call it in a transaction."""
        self.bulk_create([self.model(**row) for row in rows], ignore_conflicts=True)
        condition = Q(pk__in=[])
        for row in rows:
            condition |= Q(**row)
        # Locked in a fixed order, which prevents deadlocks between concurrent calls.
        locked = self.filter(condition).order_by("pk").select_for_update().values_list("pk", flat=True)
        self.filter(pk__in=list(locked)).update(count=models.F("count") + count)


class PastAssessments(models.Model):
    """Counts of erased assessments by exam, school year of their start (2026 for 2026-2027), state and result."""

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="+")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("schooljaar")
    status = models.CharField(max_length=12)
    ovg = models.CharField("resultaat", max_length=1, choices=SCORE_CHOICES, blank=True)
    count = models.PositiveIntegerField(default=0)

    objects = PastQuerySet.as_manager()

    class Meta:
        verbose_name = "telling van afnames"
        verbose_name_plural = "tellingen van afnames"
        constraints = [
            models.UniqueConstraint(
                fields=["school", "exam", "year", "status", "ovg"], name="past_assessments_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.exam_id}, {self.year}: {self.count}"


class PastScores(models.Model):
    """Counts of scores by criterion in erased assessments, by the school year of their start."""

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="+")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="+")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("schooljaar")
    value = models.CharField("score", max_length=1, choices=SCORE_CHOICES)
    count = models.PositiveIntegerField(default=0)

    objects = PastQuerySet.as_manager()

    class Meta:
        verbose_name = "telling van scores"
        verbose_name_plural = "tellingen van scores"
        constraints = [
            models.UniqueConstraint(
                fields=["school", "exam", "criterion", "year", "value"], name="past_scores_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}, {self.year}: {self.count}"


class ViewingQuerySet(ImmutableQuerySet["Viewing"]):
    """The log of views; `access_log` deletes old rows."""


class Viewing(Immutable):
    """A user of the school opened an assessment, or downloaded an export (its public id) with several.

    `slot` is the interval that contains `at`: one row per user, object and interval.
    """

    class What(models.TextChoices):
        RESULT = "RESULT", "De beoordeling"
        CORRECT = "CORRECT", "De beoordeling om te bewerken"
        FINALISE = "FINALISE", "De beoordeling om af te ronden"
        HISTORY = "HISTORY", "De bewerkhistorie"
        DOCUMENT = "DOCUMENT", "De pdf"
        EXPORT = "EXPORT", "Een export van resultaten"

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="+", db_index=False)
    assessment = models.ForeignKey(
        "assessments.Assessment", models.CASCADE, null=True, related_name="viewings", db_index=False
    )
    export = models.UUIDField(null=True)
    what = models.CharField("wat", max_length=10, choices=What)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField("wie", max_length=240)
    at = models.DateTimeField("wanneer", default=timezone.now)
    slot = models.PositiveBigIntegerField()

    objects = ViewingQuerySet.as_manager()

    class Meta:
        verbose_name = "inzage"
        verbose_name_plural = "inzagen"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at", "-id"], name="viewings_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "by", "what", "slot"],
                condition=Q(assessment__isnull=False),
                name="viewing_of_assessment_once",
            ),
            models.UniqueConstraint(
                fields=["export", "by", "what", "slot"],
                condition=Q(export__isnull=False),
                name="viewing_of_export_once",
            ),
            models.CheckConstraint(
                condition=Q(assessment__isnull=False, export__isnull=True)
                | Q(assessment__isnull=True, export__isnull=False, what="EXPORT"),
                name="viewing_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.get_what_display()}"


class DatesImportQuerySet(ImportedFileQuerySet["DatesImport"]):
    def visible_to(self, user: User) -> DatesImportQuerySet:
        """Filter the user's own, while the user is Schoolbeheer of the school."""
        return self.filter(by=user, school__in=user.schools_as(Role.SCHOOLBEHEER))


class DatesImport(ImportedFile):
    """A list of diploma and leaving dates; read by `assessments.privacy.study_dates_import`."""

    school = models.ForeignKey(School, models.CASCADE, related_name="dates_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="dates_imports")

    objects = DatesImportQuerySet.as_manager()

    class Meta(ImportedFile.Meta):
        verbose_name = "import van datums"
        verbose_name_plural = "imports van datums"
