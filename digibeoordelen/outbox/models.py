"""The mails on their way out, and the files they carry."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone


class FileGone(Exception):
    """A stored file is missing, or no longer holds the bytes it was kept with."""


class StoredFile(models.Model):
    """Bytes kept once, named by their SHA-256; `files.keep` is the only writer, `unused.destroy` what removes them.

    `kept_at`: when someone last handed these bytes in, and may be about to refer to them.
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
        """The bytes, proven by their hash; raises `FileGone` if they are missing or damaged."""
        try:
            with self.file.open("rb") as stored:
                content: bytes = stored.read()
        except FileNotFoundError:
            raise FileGone(f"{self.sha256} is missing") from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise FileGone(f"{self.sha256} is damaged")
        return content


class MailState(models.TextChoices):
    QUEUED = "QUEUED", "In de wachtrij"
    IN_FLIGHT = "IN_FLIGHT", "Wordt verzonden"
    WAITING = "WAITING", "Wacht op nieuwe poging"
    SENT = "SENT", "Verzonden"
    FAILED = "FAILED", "Mislukt"


DROPPED = "Niet verzonden: wat erin stond klopte intussen niet meer."

_MOVE_ON = """
UPDATE outbox_outgoingmail SET
    state = CASE WHEN id = %s THEN 'SENT' ELSE state END,
    sent_at = CASE WHEN id = %s THEN %s ELSE sent_at END,
    last_error = CASE WHEN id = %s THEN '' ELSE last_error END,
    claim_id = CASE WHEN id = %s THEN NULL ELSE claim_id END,
    lease_until = CASE WHEN id = %s THEN NULL ELSE %s END,
    attempts = attempts + CASE WHEN id = %s THEN 1 ELSE 0 END
WHERE claim_id = %s AND (id = %s OR (id = %s AND dropped_at IS NULL))
RETURNING id
"""


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def for_screen(self) -> OutgoingMailQuerySet:
        """What a screen shows of a mail: `state_label`, `last_error` and times, without fetching its content."""
        return self.defer("text", "html", "links", "headers")

    def claim(self, pk: int) -> list[OutgoingMail]:
        """The mail, held by the caller alone; an empty list when it isn't there to be claimed."""
        return self._claim(self.filter(pk=pk), 1)

    def claim_queued(self, limit: int) -> list[OutgoingMail]:
        """Up to `limit` queued mails, the longest waiting first, held by the caller alone."""
        return self._claim(self.order_by("announce_at"), limit)

    def _claim(self, wanted: OutgoingMailQuerySet, limit: int) -> list[OutgoingMail]:
        """All under one claim id, for a time in which each must be begun: until then any may be taken back.

        Of any number of callers one gets a mail: they pass over each other's rows, or on SQLite, where
        every writer waits for the one before, find them claimed.
        """
        held = {
            "state": MailState.IN_FLIGHT,
            "claim_id": uuid.uuid4(),
            "lease_until": timezone.now() + timedelta(seconds=settings.OUTBOX_HOLD_SECONDS),
        }
        queued = wanted.filter(state=MailState.QUEUED, dropped_at__isnull=True)
        if not queued.exists():  # as for most tasks after a batch: no lock is taken for nothing
            return []
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                queued = queued.select_for_update(skip_locked=True, of=("self",))
            mails = list(queued[:limit])
            if mails:
                self.filter(pk__in=[mail.pk for mail in mails]).update(**held)
        for mail in mails:
            for name, value in held.items():
                setattr(mail, name, value)
        models.prefetch_related_objects(mails, "attachments__file")
        return mails

    def move_on(self, *, sent: OutgoingMail | None = None, begun: OutgoingMail | None = None) -> set[int]:
        """Marks `sent`, and begins an attempt at `begun`: their ids, less those that were no longer the caller's own.

        One statement for both, by hand: with a query built for each it would take as long as sending.
        An attempt has its full lease from now.
        """
        own = sent or begun
        if own is None:
            return set()
        sent_pk, begun_pk, now = sent.pk if sent else 0, begun.pk if begun else 0, timezone.now()
        lease = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        adapt = connection.ops.adapt_datetimefield_value
        claim_id = OutgoingMail.claim_id.field.get_db_prep_value(own.claim_id, connection)
        values = [sent_pk, sent_pk, adapt(now), sent_pk, sent_pk, sent_pk, adapt(lease), begun_pk]
        with connection.cursor() as cursor:
            cursor.execute(_MOVE_ON, [*values, claim_id, sent_pk, begun_pk])
            return {pk for (pk,) in cursor.fetchall()}

    def release(self, mails: Sequence[OutgoingMail]) -> None:
        """Gives back what was claimed and not begun."""
        pks, claims = [mail.pk for mail in mails], {mail.claim_id for mail in mails}
        self.filter(pk__in=pks, claim_id__in=claims).update(
            state=MailState.QUEUED, claim_id=None, lease_until=None, announce_at=timezone.now() + announce_grace()
        )

    def requeue(self) -> None:
        """Puts what waits and is due, and what a crash left in flight, back in the queue.

        A mail that was broken off as often as it may be tried is given up: it may be what breaks the worker.
        One that was dropped meanwhile is given up, too.
        """
        now = timezone.now()
        self._give_up_dropped(now)
        left = self.filter(state=MailState.IN_FLIGHT, lease_until__lt=now)
        released = {"claim_id": None, "lease_until": None}
        left.filter(attempts__gt=len(settings.OUTBOX_RETRY_SECONDS)).update(
            state=MailState.FAILED, last_error="Het verzenden is telkens afgebroken voordat het klaar was.", **released
        )
        left.update(state=MailState.QUEUED, announce_at=now, **released)
        self.filter(state=MailState.WAITING, next_attempt_at__lte=now).update(
            state=MailState.QUEUED, next_attempt_at=None, announce_at=now
        )

    def _give_up_dropped(self, now: datetime) -> None:
        idle = Q(state__in=[MailState.QUEUED, MailState.WAITING]) | Q(state=MailState.IN_FLIGHT, lease_until__lt=now)
        over = {"claim_id": None, "lease_until": None, "next_attempt_at": None}
        self.filter(idle, dropped_at__isnull=False).update(state=MailState.FAILED, last_error=DROPPED, **over)

    def drop(self, pk: int) -> bool:
        """Sees to it that the mail is begun no more; whether nothing of it can have gone out.

        What a worker has begun at this moment may still arrive, but is not tried again. Call it in the
        transaction that makes the mail untrue.
        """
        # One write, for which a worker that is about to begin waits: whoever is second knows of the first.
        self.filter(pk=pk).exclude(state=MailState.SENT).update(dropped_at=timezone.now())
        mail = self.only("attempts", "state", "last_error").get(pk=pk)
        self._give_up_dropped(timezone.now())
        # What failed once may have arrived all the same, its answer lost.
        return mail.state != MailState.SENT and mail.attempts == 0 and not mail.last_error

    def take_unannounced(self, limit: int) -> list[int]:
        """The ids of up to `limit` queued mails that no task was started for in time, oldest first.

        They count as announced from now, so that two sweeps at once don't both start a task for one mail.
        """
        now = timezone.now()
        due = self.filter(state=MailState.QUEUED, announce_at__lte=now).order_by("announce_at")
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            ids = list(due.values_list("pk", flat=True)[:limit])
            self.filter(pk__in=ids).update(announce_at=now + announce_again())
        return ids

    def batches_to_announce(self, size: int = 500) -> Iterator[list[int]]:
        """Batches of `take_unannounced` until there are no more."""
        while ids := self.take_unannounced(size):
            yield ids


class OutgoingMail(models.Model):
    """One mail to one address; `queue.queue_mail` writes it, the tasks alone move it on.

    What it says never changes once it is queued; `forget` alone blanks or deletes it. A link stands in it as a
    placeholder: its URL is made at sending, in memory only.
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
    state = models.CharField("status", max_length=10, choices=MailState, default=MailState.QUEUED)
    created_at = models.DateTimeField("aangemaakt op", default=timezone.now)
    announce_at = models.DateTimeField(default=timezone.now)  # when the sweep starts a task, if it is still queued
    claim_id = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("pogingen", default=0)
    next_attempt_at = models.DateTimeField("volgende poging", null=True, blank=True)
    last_error = models.TextField("laatste fout", blank=True)
    sent_at = models.DateTimeField("verzonden op", null=True, blank=True)
    dropped_at = models.DateTimeField("vervallen op", null=True, blank=True)  # no attempt is begun after that

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
        indexes = [  # what the sweep looks for: few rows of many
            models.Index(fields=["announce_at"], condition=Q(state=MailState.QUEUED), name="mail_queued"),
            models.Index(fields=["next_attempt_at"], condition=Q(state=MailState.WAITING), name="mail_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state=MailState.IN_FLIGHT), name="mail_in_flight"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.to})"  # the admin shows this to people who may not know whose result it is

    @property
    def state_label(self) -> str:
        """'In de wachtrij', 'Verzonden', 'Mislukt' …"""
        return str(MailState(self.state).label)


class MailAttachment(models.Model):
    """A file of a mail, pinned to the bytes it was queued with."""

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="attachments")
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
    """How long a queued mail may go unclaimed before the sweep starts another task for it."""
    return timedelta(seconds=settings.SWEEP_SECONDS)


def announce_again() -> timedelta:
    """How long the sweep trusts its own task: longer, so that a long queue isn't filled with repeats."""
    return 5 * announce_grace()
