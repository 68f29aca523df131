"""The append-only log of an assessment."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import AppendOnly, AppendOnlyQuerySet

from .assessment import Assessment, Status

SYSTEM = "systeem"  # the actor's name of an event without a user


class EventQuerySet(AppendOnlyQuerySet["Event"]):
    """Append-only."""


class Event(AppendOnly):
    """One line of the append-only log: who did what to an assessment, when.

    `data` holds the names and states that the line shows, never a link or a score.
    """

    class Kind(models.TextChoices):
        """Labels must fit before 'door' and a name (`assessments.progress.detail`)."""

        STARTED = "STARTED", "Beoordeling gestart"
        TAKEN_OVER = "TAKEN_OVER", "Beoordeling overgenomen"
        HANDED_OVER = "HANDED_OVER", "Beoordeling overgedragen"
        COUPLED = "COUPLED", "Examinatoren gekozen"
        INVITED = "INVITED", "Examinator uitgenodigd"
        INVITED_AGAIN = "INVITED_AGAIN", "Opnieuw uitgenodigd"
        REMINDED = "REMINDED", "Herinnering verstuurd"
        REMINDERS_OFF = "REMINDERS_OFF", "Herinneringen uitgezet"
        PROPOSED = "PROPOSED", "Collega voorgesteld"
        PROPOSAL_DECLINED = "PROPOSAL_DECLINED", "Voorgestelde collega afgewezen"
        REPLACED = "REPLACED", "Andere examinator gekozen"
        LINK_RENEWED = "LINK_RENEWED", "Nieuwe link aangevraagd"
        WITHDRAWN = "WITHDRAWN", "Uitnodiging ingetrokken"
        PLANNED = "PLANNED", "Afname gepland"
        ATTENDANCE = "ATTENDANCE", "Verloop van de afname vastgelegd"
        REMOVAL_REFUSED = "REMOVAL_REFUSED", "Afmelding geweigerd"
        SAVED = "SAVED", "Tussentijds opgeslagen"
        COMPLETED = "COMPLETED", "Beoordeling afgerond"
        CORRECTED = "CORRECTED", "Bewerkt namens de examencommissie"
        SENT_BACK = "SENT_BACK", "Teruggestuurd naar examinator"
        FINAL_PROPOSED = "FINAL_PROPOSED", "Voorgedragen om af te ronden"
        FINALISED = "FINALISED", "Definitief gemaakt"
        FINAL_WITHDRAWN = "FINAL_WITHDRAWN", "Definitief ingetrokken"
        CANCELLED = "CANCELLED", "Beoordeling ingetrokken"
        DOCUMENT_MADE = "DOCUMENT_MADE", "Pdf gemaakt"
        SENT_AGAIN = "SENT_AGAIN", "Pdf opnieuw verzonden"
        APPEAL_MARKED = "APPEAL_MARKED", "Bezwaar genoteerd"
        APPEAL_CLOSED = "APPEAL_CLOSED", "Bezwaar afgesloten"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=240)
    from_status = models.CharField(max_length=12, choices=Status)
    to_status = models.CharField(max_length=12, choices=Status)
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = "gebeurtenis"
        verbose_name_plural = "gebeurtenissen"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.actor_name})"
