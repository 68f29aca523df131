"""A colleague proposed by an examiner; written by `assessments.invitations.proposals`."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import AddressField, NameField, ProseField
from accounts.mail.addresses import normalise_address
from accounts.models import PersonName


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> ProposalQuerySet:
        """Filter those that wait for an answer: the proposer was neither withdrawn nor invited again since."""
        return self.filter(
            state=Proposal.State.OPEN,
            invitation__withdrawn_at__isnull=True,
            proposed_at__gte=F("invitation__invited_at"),
        )


class Proposal(PersonName):
    """A colleague to replace an invitation's examiner, as filled in by the holder of the link.

    `decided_by` is None when no decision was needed: the school requires none, or the proposal lapsed.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Wacht op antwoord"
        CONFIRMED = "CONFIRMED", "Bevestigd"
        DECLINED = "DECLINED", "Afgewezen"
        LAPSED = "LAPSED", "Vervallen"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invitation = models.ForeignKey("assessments.Invitation", models.CASCADE, related_name="proposals")
    email = AddressField("e-mailadres")
    organisation = NameField("organisatie", max_length=160, blank=True)
    function = NameField("functie", max_length=120, blank=True)
    word = ProseField("bericht", blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    proposed_at = models.DateTimeField("voorgesteld op", default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="decided_proposals"
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "voorgestelde collega"
        verbose_name_plural = "voorgestelde collega's"
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["invitation"], condition=Q(state="OPEN"), name="proposal_one_open"),
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "CONFIRMED", "DECLINED", "LAPSED"]), name="proposal_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at__isnull=True) | (~Q(state="OPEN") & Q(decided_at__isnull=False)),
                name="proposal_decided_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normalise_address(self.email)
        super().save(*args, **kwargs)
