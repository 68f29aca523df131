"""Sittings: an exam unit at a time and place, who takes part, and what happened there."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import AddressField, LineField, ProseField
from accounts.models import PersonName, School
from addressbook.models import Contact
from exams.models import ExamUnit

from .assessment import Assessment

KEPT_EMPTY = timedelta(days=365)


class SittingQuerySet(models.QuerySet["Sitting"]):
    def purge(self) -> None:
        """Delete, with its staff, what ended more than `KEPT_EMPTY` ago and has no student's assessment any more."""
        self.filter(ends_at__lt=timezone.now() - KEPT_EMPTY, participations__isnull=True).delete()


class Sitting(models.Model):
    """One exam unit at a time and place, with its assessments; a ComponentOffering of OOAPI.

    `public_id` is the planning system's own id where that system made the sitting, and unique within the school: two
    schools may use the same one.
    """

    school = models.ForeignKey(School, models.CASCADE, related_name="sittings")
    public_id = models.UUIDField(default=uuid.uuid4)
    unit = models.ForeignKey(ExamUnit, models.PROTECT, related_name="sittings")
    name = LineField("naam", max_length=200)
    starts_at = models.DateTimeField("begin")
    ends_at = models.DateTimeField("einde")
    room = LineField("ruimte", max_length=120, blank=True)
    is_cancelled = models.BooleanField("vervallen", default=False)
    irregularities = ProseField("bijzonderheden", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SittingQuerySet.as_manager()

    class Meta:
        verbose_name = "zitting"
        verbose_name_plural = "zittingen"
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["school", "starts_at"], name="sittings_by_start")]
        constraints = [
            models.UniqueConstraint(fields=["school", "public_id"], name="sitting_once_per_school"),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="sitting_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name


class Attendance(models.TextChoices):
    """As in OKE 1.0.1; the values are the standard's."""

    NOT_KNOWN = "notKnown", "Nog niet bekend"
    PRESENT = "present", "Aanwezig"
    NOT_PRESENT = "notPresent", "Niet aanwezig"
    NOT_STARTED = "notStarted", "Aanwezig, niet begonnen"
    NOT_FINISHED = "notFinished", "Begonnen, niet afgemaakt"


class Participation(models.Model):
    """How a student takes part: attendance, identity, irregularities that don't cancel, and adaptations granted.

    An assessment without one was not planned, and nothing of this was recorded. With a sitting it is an association of
    OOAPI, whose id is `public_id`, unique within the school; `person_id` is the student's id in the planning system.
    """

    school = models.ForeignKey(School, models.CASCADE, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4)
    assessment = models.OneToOneField(Assessment, models.CASCADE, related_name="participation")
    sitting = models.ForeignKey(Sitting, models.PROTECT, null=True, blank=True, related_name="participations")
    person_id = LineField(max_length=64, blank=True)
    attendance = models.CharField("aanwezigheid", max_length=12, choices=Attendance, default=Attendance.NOT_KNOWN)
    identity_checked = models.BooleanField("identiteit gecontroleerd", default=False)
    irregularities = ProseField("bijzonderheden", blank=True, max_length=2000)
    extra_minutes = models.PositiveSmallIntegerField("extra tijd in minuten", default=0)
    # Codes of IMS AfA PNP such as 'spoken', or a school's own words.
    needs = models.JSONField("aanpassingen", default=list, blank=True)
    version = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "deelname"
        verbose_name_plural = "deelnames"
        constraints = [
            models.UniqueConstraint(fields=["school", "public_id"], name="participation_once_per_school"),
            models.CheckConstraint(
                condition=Q(attendance__in=Attendance.values), name="participation_attendance_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SittingStaff(PersonName):
    """Someone with a task at a sitting; an assessor is an examiner of its assessments by way of `contact`."""

    class Role(models.TextChoices):
        """The roles of an association in OKE, but for 'student'."""

        ASSESSOR = "assessor", "Examinator"
        INVIGILATOR = "invigilator", "Surveillant"
        COORDINATOR = "coordinator", "Afnameleider"

    school = models.ForeignKey(School, models.CASCADE, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4)
    sitting = models.ForeignKey(Sitting, models.CASCADE, related_name="staff")
    role = models.CharField("taak", max_length=12, choices=Role)
    email = AddressField("e-mailadres", blank=True)
    person_id = LineField(max_length=64, blank=True)
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    is_cancelled = models.BooleanField("vervallen", default=False)

    class Meta:
        verbose_name = "medewerker bij een zitting"
        verbose_name_plural = "medewerkers bij een zitting"
        ordering = ["role", "last_name", "pk"]
        constraints = [models.UniqueConstraint(fields=["school", "public_id"], name="sitting_staff_once_per_school")]

    def __str__(self) -> str:
        return self.full_name


class CalendarFeed(models.Model):
    """The address at which a user's calendar program reads what is planned; its token is stored as SHA-256."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "agenda-adres"
        verbose_name_plural = "agenda-adressen"

    def __str__(self) -> str:
        return str(self.user)
