"""A request for everything about one student (AVG, article 15); `assessments.own_data` is what writes it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, User
from digibeoordelen.outbox.models import OutgoingMail, StoredFile

MAX_ATTEMPTS = 5  # of making the file; after the last one someone has to ask again
KEPT_DAYS = 14  # of the file: a holiday may lie between the mail and the download


def _is_free() -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    def of_student(self, user: User) -> DataRequestQuerySet:
        """One's own, at every school."""
        return self.filter(student__user=user)

    def waiting(self) -> DataRequestQuerySet:
        """Those whose file has to be made."""
        return self.filter(made_at__isnull=True)

    def due(self) -> DataRequestQuerySet:
        """Those of them that no worker is at, and that were not given up."""
        return self.waiting().filter(_is_free(), attempts__lt=MAX_ATTEMPTS)

    def given_up(self) -> DataRequestQuerySet:
        return self.waiting().filter(_is_free(), attempts__gte=MAX_ATTEMPTS)

    def available(self) -> DataRequestQuerySet:
        """Those whose file is there to be downloaded."""
        return self.filter(file__isnull=False, made_at__gt=timezone.now() - timedelta(days=KEPT_DAYS))


class DataRequest(models.Model):
    """Asked for by the student, or started by Schoolbeheer for the student: the student alone gets the file.

    `lease_until` is when a worker that is at it is taken for dead, or when the next of its `attempts` may begin.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    student = models.ForeignKey(Membership, models.CASCADE, related_name="data_requests")
    asked_at = models.DateTimeField("aangevraagd op", default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_by_name = models.CharField("aangevraagd door", max_length=240)
    made_at = models.DateTimeField("gemaakt op", null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("pogingen", default=0)
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
        return self.made_at is None and is_free and self.attempts >= MAX_ATTEMPTS

    @property
    def available_until(self) -> datetime | None:
        """When the file goes; None while there is none."""
        if self.made_at is None or self.file_id is None:
            return None
        return self.made_at + timedelta(days=KEPT_DAYS)

    @property
    def is_available(self) -> bool:
        until = self.available_until
        return until is not None and timezone.now() < until
