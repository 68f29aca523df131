"""Outgoing mails, and stored files."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core.files.base import File
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from digibeoordelen.file_storage import storage_errors, storage_slot

from .kinds import kind_label


class FileGone(Exception):
    """A stored file is missing or damaged."""


class StoredFile(models.Model):
    """Bytes stored once, named by their SHA-256; only `storage` writes and removes them.

    `kept_at` is when `storage.keep` last returned it: a row that refers to it may be about to come.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField("grootte")
    file = models.FileField("bestand", max_length=120)
    kept_at = models.DateTimeField("voor het laatst bewaard op", default=timezone.now)

    class Meta:
        verbose_name = "bestand"
        verbose_name_plural = "bestanden"
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="stored_file_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return self.sha256

    def read(self) -> bytes:
        """Return the bytes; raise `FileGone` or `StorageDown` like `open_proven`."""
        with self.open_proven() as stored, storage_errors():
            return stored.read()

    def open_proven(self) -> File[bytes]:
        """Return the file open, its bytes checked by their hash; raise `FileGone` if they are missing or damaged.

        Raises `StorageDown` when the storage doesn't answer, or others wait for its answer.
        """
        try:
            with storage_slot(), storage_errors():
                stored: File[bytes] = self.file.storage.open(str(self.file.name), "rb")
                if hashlib.file_digest(stored, "sha256").hexdigest() == self.sha256:
                    stored.seek(0)
                    return stored
        except FileNotFoundError:
            raise FileGone(f"{self.sha256} is missing") from None
        stored.close()
        raise FileGone(f"{self.sha256} is damaged")


class MailState(models.TextChoices):
    QUEUED = "QUEUED", "In de wachtrij"
    IN_FLIGHT = "IN_FLIGHT", "Wordt verzonden"
    WAITING = "WAITING", "Wacht op nieuwe poging"
    SENT = "SENT", "Verzonden"
    FAILED = "FAILED", "Mislukt"


NOT_ARRIVED = "Niet aangekomen"  # instead of 'Mislukt', for who sent it


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def for_screen(self) -> OutgoingMailQuerySet:
        """Leave out the content: a screen shows `state_label`, `last_error` and times."""
        return self.defer("text", "html", "links", "headers")

    def in_order(self) -> OutgoingMailQuerySet:
        """Order queued mails as they are sent: the urgent ones, then what has waited longest."""
        return self.order_by("-is_urgent", "announce_at", "pk")

    def take_unannounced(self, limit: int) -> list[OutgoingMail]:
        """Return up to `limit` queued mails that no task was started for in time, in their order, for `announce`.

        They count as announced from now on: of two sweeps at the same time one starts a task for a mail.
        """
        now = timezone.now()
        due = self.filter(state=MailState.QUEUED, announce_at__lte=now).in_order()
        with transaction.atomic():
            taken = list(due.select_for_update(skip_locked=True).only("is_urgent")[:limit])
            self.filter(pk__in=[mail.pk for mail in taken]).update(announce_at=now + announce_again())
        return taken


class OutgoingMail(models.Model):
    """One mail to one address: `queue.queue_mail` creates it, the tasks change its state.

    Its content never changes after that; `queue.blank` and `queue.delete` erase it, `trim` what a sent one no longer
    needs. It holds placeholders for its links: the URLs are made when it is sent, in memory only.
    """

    State = MailState

    kind = models.CharField("soort", max_length=40)
    to = models.CharField("aan", max_length=320)
    to_name = models.CharField("naam van de ontvanger", max_length=255, blank=True)
    from_name = models.CharField("naam van de afzender", max_length=255, blank=True)
    subject = models.CharField("onderwerp", max_length=255)
    text = models.TextField("tekst")
    html = models.TextField("opgemaakte tekst")
    reply_to = models.CharField("antwoordadres", max_length=320, blank=True)
    message_id = models.CharField("Message-ID", max_length=255, unique=True)
    links = models.JSONField(default=dict, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    is_urgent = models.BooleanField("gaat voor", default=False, db_default=False)
    state = models.CharField("status", max_length=10, choices=MailState, default=MailState.QUEUED)
    created_at = models.DateTimeField("aangemaakt op", default=timezone.now)
    queued_at = models.DateTimeField("in de wachtrij sinds", default=timezone.now, db_default=Now())  # or sent again
    announce_at = models.DateTimeField(default=timezone.now)  # when the sweep starts a task if it is still queued
    claim_id = models.UUIDField(null=True, blank=True)  # of the attempt that is being made
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("pogingen", default=0)
    next_attempt_at = models.DateTimeField("volgende poging", null=True, blank=True)
    last_error = models.TextField("laatste fout", blank=True)
    sent_at = models.DateTimeField("verzonden op", null=True, blank=True)
    failed_at = models.DateTimeField("mislukt op", null=True, blank=True)  # for the last time
    returned_at = models.DateTimeField("teruggekomen op", null=True, blank=True)  # after a server had accepted it
    dropped_at = models.DateTimeField("vervallen op", null=True, blank=True)  # no attempt starts after that

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "uitgaande mail"
        verbose_name_plural = "uitgaande mails"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="mail_state_known"),
            models.CheckConstraint(
                condition=Q(state=MailState.IN_FLIGHT, claim_id__isnull=False, lease_until__isnull=False)
                | (~Q(state=MailState.IN_FLIGHT) & Q(claim_id__isnull=True, lease_until__isnull=True)),
                name="mail_in_flight_has_claim_and_lease",
            ),
            models.CheckConstraint(
                condition=Q(state=MailState.SENT, sent_at__isnull=False)
                | (~Q(state=MailState.SENT) & Q(sent_at__isnull=True)),
                name="mail_sent_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=MailState.WAITING, next_attempt_at__isnull=False)
                | (~Q(state=MailState.WAITING) & Q(next_attempt_at__isnull=True)),
                name="mail_waiting_has_next_attempt",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[MailState.WAITING, MailState.FAILED]) | ~Q(last_error=""),
                name="mail_failure_has_reason",
            ),
        ]
        indexes = [  # few rows of many: the first three for the sweep, the last for what to send again
            models.Index(
                fields=["-is_urgent", "announce_at"], condition=Q(state=MailState.QUEUED), name="mail_queued_in_order"
            ),
            models.Index(fields=["next_attempt_at"], condition=Q(state=MailState.WAITING), name="mail_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state=MailState.IN_FLIGHT), name="mail_in_flight"),
            models.Index(fields=["failed_at"], condition=Q(state=MailState.FAILED), name="mail_failed"),
            # For `trim`.
            models.Index(fields=["sent_at"], condition=Q(state=MailState.SENT) & ~Q(html=""), name="mail_sent_whole"),
        ]

    def __str__(self) -> str:
        return f"{kind_label(self.kind)} ({self.to})"  # not the subject: the admin must not show whose result it is

    @property
    def is_returned(self) -> bool:
        """Return whether it failed after the server had accepted it (`bounces`)."""
        return self.state == MailState.FAILED and self.returned_at is not None

    @property
    def state_label(self) -> str:
        return NOT_ARRIVED if self.is_returned else str(MailState(self.state).label)


class MailAttachment(models.Model):
    """A file of a mail: the bytes it was queued with."""

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="attachments", db_index=False)
    position = models.PositiveSmallIntegerField()
    filename = models.CharField("bestandsnaam", max_length=255)
    content_type = models.CharField(max_length=127)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "bijlage"
        verbose_name_plural = "bijlagen"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["mail", "position"], name="mail_attachment_position_once"),
        ]

    def __str__(self) -> str:
        return self.filename


def announce_grace() -> timedelta:
    """Return how long a queued mail may wait for its task before the sweep starts another."""
    return timedelta(seconds=settings.SWEEP_SECONDS)


def announce_again() -> timedelta:
    """Return the same for a task of the sweep: longer, so that it does not fill a long queue with repeats."""
    return 5 * announce_grace()
