"""Where results go: the address of a partner, and what still has to arrive there."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Min, Q
from django.utils import timezone

from accounts.fields import EncryptedField, LineField
from assessments.models import Participation, Sitting
from digibeoordelen.jobs.models import Job, JobQuerySet

from .partner import Partner

BATCH = 100
ANNOUNCED = timedelta(seconds=10)  # a due delivery older than this may have been announced to a worker that died


class Receiver(models.Model):
    """The API of a partner that takes results, with our client there; a partner without one only asks."""

    class Kind(models.TextChoices):
        PLANNING = "PLANNING", "Toetsplanning"
        STUDENT_RECORDS = "STUDENT_RECORDS", "Deelnemerregistratie"

    partner = models.OneToOneField(Partner, models.CASCADE, related_name="receiver")
    kind = models.CharField("soort", max_length=20, choices=Kind, default=Kind.PLANNING)
    base_url = LineField(
        "adres", max_length=300, help_text="Waar /associations onder valt, zoals https://planning.example.nl/ooapi."
    )
    token_url = LineField("adres voor tokens", max_length=300)
    client_id = LineField("client-id", max_length=191)
    client_secret = EncryptedField("client secret", purpose="exchange.receiver")
    takes_results = models.BooleanField("aanwezigheid en resultaten", default=True, help_text="Stroom 3, of stroom 5.")
    takes_reports = models.BooleanField("verslag van de zitting", default=True, help_text="Stroom 4.")
    is_active = models.BooleanField("aan", default=True)

    class Meta:
        verbose_name = "ontvanger van resultaten"
        verbose_name_plural = "ontvangers van resultaten"

    def __str__(self) -> str:
        return str(self.partner)

    @property
    def is_on(self) -> bool:
        return self.is_active and self.partner.is_active

    @property
    def scope(self) -> str:
        is_planning = self.kind == self.Kind.PLANNING
        return "nl-test-admin-flow-2-3-4" if is_planning else "nl-test-admin-flow-1-5"


class DeliveryQuerySet(JobQuerySet["Delivery"]):
    def pending(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.WAITING)

    def claimed(self) -> DeliveryQuerySet:
        return self.filter(claim_id__isnull=False, lease_until__gt=timezone.now())

    def due_pks(self) -> models.QuerySet[Delivery, int]:
        """Return one due delivery of each receiver that no worker is busy with: all are sent with it."""
        idle = self.due().exclude(receiver__in=self.claimed().values("receiver")).order_by()
        return idle.values("receiver").annotate(first=Min("pk")).values_list("first", flat=True)

    def run(self, pk: int) -> bool:
        """Send what is due at the receiver of this delivery, if this one is; return whether it was."""
        first = self.due().filter(pk=pk).first()
        if first is not None:
            first.work()
        return first is not None

    def claim_batch(self, receiver_id: int) -> DeliveryQuerySet:
        """Claim the longest known of a receiver's due deliveries, at most `BATCH`."""
        due = self.due().filter(receiver=receiver_id).order_by("pk").values_list("pk", flat=True)
        return self.claim_all(list(due[:BATCH]), claimed_changes=F("changes"))

    def settle(self, state: str, **values: object) -> None:
        """End the claim of these with `state`; one that changed meanwhile is due again. Either way write `values`."""
        values |= {"claim_id": None, "lease_until": None}
        self.filter(changes=F("claimed_changes")).update(state=state, **values)
        self.update(attempts=0, **values)

    def postpone(self, pause: timedelta, **values: object) -> None:
        """End the claim of these, which are due again after `pause`."""
        self.update(claim_id=None, lease_until=timezone.now() + pause, **values)

    def release(self) -> None:
        """End the claim of these, which were not attempted."""
        self.update(claim_id=None, lease_until=None, attempts=F("attempts") - 1)

    def offer_again(self) -> int:
        """Offer these again, at once; return how many."""
        pks = list(self.values_list("pk", flat=True))
        for delivery in Delivery.objects.filter(pk__in=pks):
            delivery.offer()
        return len(pks)


class Delivery(Job):
    """The state of one student's association, or of one sitting, at a receiver: one row, which each change makes due.

    The body is made when it is sent, so that a later change replaces an earlier one and nothing overtakes: there is one
    claim a row. `changes` counts what happened; one after the claim makes the row due again. `sent_sha256` is the
    body of the last attempt, `confirmed_sha256` of the last that the receiver confirmed: where they differ, it
    is unknown what the receiver holds. A worker claims a batch of one receiver, which thus gets one request at a time.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Wordt aangeleverd"
        HELD = "HELD", "Wacht: het systeem staat uit"
        DELIVERED = "DELIVERED", "Aangeleverd"
        REFUSED = "REFUSED", "Geweigerd"

    max_attempts = None  # the receiver may be down for days
    since = "changed_at"
    health_limit = "HEALTH_DELIVERY_SECONDS"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    receiver = models.ForeignKey(Receiver, models.CASCADE, related_name="deliveries")
    participation = models.ForeignKey(Participation, models.CASCADE, null=True, related_name="deliveries")
    sitting = models.ForeignKey(Sitting, models.CASCADE, null=True, related_name="deliveries")
    state = models.CharField("status", max_length=10, choices=State, default=State.WAITING)
    changes = models.PositiveIntegerField(default=1)
    claimed_changes = models.PositiveIntegerField(default=0, db_default=0)
    changed_at = models.DateTimeField(default=timezone.now)
    last_error = LineField("laatste fout", max_length=300, blank=True)
    sent_sha256 = models.CharField(max_length=64, blank=True)
    confirmed_sha256 = models.CharField(max_length=64, blank=True)
    confirmed_state = models.CharField(max_length=20, blank=True)  # of the result, in the standard's words
    confirmed_at = models.DateTimeField("bevestigd op", null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "aanlevering"
        verbose_name_plural = "aanleveringen"
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="WAITING"), name="deliveries_waiting"),
            models.Index(fields=["receiver", "state", "-changed_at"], name="deliveries_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(participation__isnull=True, sitting__isnull=False)
                | Q(participation__isnull=False, sitting__isnull=True),
                name="delivery_about_one_thing",
            ),
            models.UniqueConstraint(fields=["receiver", "participation"], name="delivery_once_per_association"),
            models.UniqueConstraint(fields=["receiver", "sitting"], name="delivery_once_per_offering"),
        ]

    def __str__(self) -> str:
        return f"{self.receiver}: {self.get_state_display()}"

    def offer(self) -> None:
        """Make it due for what is true now, without its pause; a worker that is sending it will find it changed."""
        own = Delivery.objects.filter(pk=self.pk)
        own.update(state=self.State.WAITING, changes=F("changes") + 1, changed_at=timezone.now())
        own.filter(claim_id__isnull=True).restart()
        self.start()

    def start(self) -> None:
        """Announce it on commit, unless a worker is busy with its receiver or about to be: that one takes it along."""
        transaction.on_commit(self._announce_first, robust=True)

    def _announce_first(self) -> None:
        same = Delivery.objects.filter(receiver=self.receiver_id)
        announced = same.due().filter(pk__lt=self.pk, changed_at__gt=timezone.now() - ANNOUNCED)
        if not announced.exists() and not same.claimed().exists():
            self.announce(self.pk)
