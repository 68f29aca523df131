"""Addresses that a school's own systems are told at what happens to an assessment (Standard Webhooks)."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import EncryptedField, LineField
from accounts.models import School
from assessments.models import Event, Status
from digibeoordelen.jobs.models import Job, JobQuerySet

KEPT = timedelta(days=30)
BOTH_SIGN = timedelta(hours=24)  # after a change of the secret


class WebhookType(models.TextChoices):
    """The value is the `type` in a message's body."""

    STARTED = "assessment.started", "Beoordeling gestart"
    INVITED = "assessment.invited", "Examinator uitgenodigd"
    COMPLETED = "assessment.completed", "Afgerond door de laatste examinator"
    FINALISED = "assessment.finalised", "Definitief gemaakt"
    WITHDRAWN = "assessment.withdrawn", "Definitief ingetrokken"
    CANCELLED = "assessment.cancelled", "Beoordeling ingetrokken"


_TYPES: dict[str, WebhookType] = {
    Event.Kind.STARTED: WebhookType.STARTED,
    Event.Kind.INVITED: WebhookType.INVITED,
    Event.Kind.COMPLETED: WebhookType.COMPLETED,
    Event.Kind.FINALISED: WebhookType.FINALISED,
    Event.Kind.FINAL_WITHDRAWN: WebhookType.WITHDRAWN,
    Event.Kind.CANCELLED: WebhookType.CANCELLED,
}


def type_of(event: Event) -> WebhookType | None:
    """Return the type of the messages about an event; an examiner who completes before the last one gives none."""
    if event.kind == Event.Kind.COMPLETED and event.to_status != Status.ASSESSED:
        return None
    return _TYPES.get(event.kind)


class Webhook(models.Model):
    """An address of a school's system; after a change of the secret the previous one signs too, for `BOTH_SIGN`."""

    school = models.ForeignKey(School, models.CASCADE, related_name="webhooks")
    name = LineField("naam", max_length=120)
    url = LineField("adres", max_length=500)
    secret = EncryptedField("geheim", purpose="exchange.webhook", editable=False)
    previous_secret = EncryptedField("vorig geheim", purpose="exchange.webhook", blank=True, editable=False)
    secret_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    types = models.JSONField("berichten", default=list)  # values of `WebhookType`
    is_active = models.BooleanField("aan", default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "webhook"
        verbose_name_plural = "webhooks"
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("school", Lower("name"), name="webhook_name_once_per_school")]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> list[str]:
        """Return the secrets that sign a message now; none if no key of the site reads them."""
        both = timezone.now() < self.secret_changed_at + BOTH_SIGN
        return [secret for secret in (self.secret, self.previous_secret if both else "") if secret]

    @property
    def type_labels(self) -> list[str]:
        return [kind.label for kind in WebhookType if kind in self.types]


class WebhookMessageQuerySet(JobQuerySet["WebhookMessage"]):
    def pending(self) -> WebhookMessageQuerySet:
        return self.filter(state=WebhookMessage.State.WAITING)

    def offer(self) -> int:
        """Make these due again, with all their attempts; return how many."""
        messages = list(self.only("pk"))
        for message in messages:
            message.start()
        again = WebhookMessage.objects.filter(pk__in=[message.pk for message in messages])
        return again.update(state=WebhookMessage.State.WAITING, attempts=0, claim_id=None, lease_until=None)

    def purge(self) -> None:
        """Delete messages older than `KEPT`, and secrets that no longer sign."""
        self.filter(created_at__lt=timezone.now() - KEPT).delete()
        changed = Webhook.objects.exclude(previous_secret="").filter(secret_changed_at__lt=timezone.now() - BOTH_SIGN)
        changed.update(previous_secret="")


class WebhookMessage(Job):
    """One event for one webhook. The body is made when it is sent, so that no copy of it outlives the assessment."""

    class State(models.TextChoices):
        WAITING = "WAITING", "Wordt verzonden"
        HELD = "HELD", "Wacht: de webhook staat uit"
        SENT = "SENT", "Verzonden"
        FAILED = "FAILED", "Mislukt"

    max_attempts = 10
    health_limit = "HEALTH_DELIVERY_SECONDS"
    pauses = (5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))  # as Standard Webhooks advises

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # the webhook-id of each attempt
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="messages", db_index=False)
    event = models.ForeignKey(Event, models.CASCADE, related_name="webhook_messages")
    state = models.CharField("status", max_length=10, choices=State, default=State.WAITING)
    http_status = models.PositiveSmallIntegerField("antwoord", null=True)
    last_error = LineField("laatste fout", max_length=300, blank=True)
    created_at = models.DateTimeField("wanneer", default=timezone.now)
    sent_at = models.DateTimeField("verzonden op", null=True)

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        verbose_name = "bericht aan een webhook"
        verbose_name_plural = "berichten aan webhooks"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="WAITING"), name="webhook_messages_waiting"),
            models.Index(fields=["webhook", "-created_at", "-id"], name="webhook_messages_newest"),
            models.Index(fields=["created_at"], name="webhook_messages_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def type(self) -> WebhookType | None:
        return type_of(self.event)

    def give_up(self) -> None:
        self.finish(state=self.State.FAILED)
