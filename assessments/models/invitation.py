"""One examiner's access to one assessment, what went along with it, and its reminders."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.fields import LineField, NameField, ProseField
from addressbook.models import Contact
from digibeoordelen.outbox.models import MailState, OutgoingMail, StoredFile

from .assessment import Assessment

REMIND_PAUSE = timedelta(hours=24)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def standing(self) -> InvitationQuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Invitation(models.Model):
    """One examiner's access to one assessment; the link signs (this, `generation`).

    The fields `signed_…`, `assessed_on` and `assessed_place` hold what the examiner signed with the last
    time they completed (`assessments.examiner.signature`): the PDF says that, whatever the address book says later.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="invitations")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="invitations")
    generation = models.PositiveIntegerField(default=1)
    remark = ProseField("opmerking", blank=True)
    invited_at = models.DateTimeField("uitgenodigd op", default=timezone.now)
    expires_at = models.DateTimeField("geldig tot")
    withdrawn_at = models.DateTimeField("ingetrokken op", null=True, blank=True)
    replaced_by = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="+")  # the latest
    asked_at = models.DateTimeField("laatst gevraagd op", default=timezone.now, db_index=True)  # of this generation
    reminded_at = models.DateTimeField("herinnerd op", null=True, blank=True)
    reminders = models.PositiveSmallIntegerField("herinneringen", default=0)
    reminders_stopped_at = models.DateTimeField("herinneringen uitgezet op", null=True, blank=True)
    committee_remark = ProseField("opmerking van de examencommissie", blank=True)  # until it is completed again
    signed_name = LineField("naam", max_length=240, blank=True)
    signed_function = NameField("functie", max_length=120, blank=True)
    signed_organisation = NameField("organisatie", max_length=160, blank=True)
    assessed_on = models.DateField("beoordeeld op", null=True, blank=True)
    assessed_place = LineField("plaats", max_length=120, blank=True)
    typed_signature = models.JSONField(default=dict, blank=True)  # on the summary, not signed yet (`sign.keep_typed`)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "uitnodiging"
        verbose_name_plural = "uitnodigingen"
        constraints = [
            models.UniqueConstraint(fields=["assessment", "contact"], name="invitation_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="invitation_expires_later"),
            models.CheckConstraint(
                condition=(Q(assessed_on__isnull=False) & ~Q(signed_name=""))
                | Q(assessed_on__isnull=True, assessed_place="")
                & Q(signed_name="", signed_function="", signed_organisation=""),
                name="invitation_signed_with_name_and_date",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | Q(withdrawn_at__isnull=False),
                name="invitation_replaced_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.assessment}"

    @property
    def ending(self) -> str:
        """Return how it ended: 'ingetrokken' or 'vervangen door Greet Nieuw'; '' while it can be used."""
        if self.replaced_by:
            return f"vervangen door {self.replaced_by.full_name}"
        return "ingetrokken" if self.withdrawn_at else ""

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_just_reminded(self) -> bool:
        """Whether the last reminder is so recent that another would be one too many."""
        return self.reminded_at is not None and self.reminded_at > timezone.now() - REMIND_PAUSE

    @property
    def is_just_asked(self) -> bool:
        """Whether the invitation itself is so recent that there is nothing to remind of yet."""
        return self.asked_at > timezone.now() - REMIND_PAUSE


class InvitationAttachment(models.Model):
    """A file that went along with an invitation; the bytes are kept once, however many got them."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="attachments")
    filename = LineField("bestandsnaam", max_length=200)
    content_type = models.CharField(max_length=100)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "bijlage"
        verbose_name_plural = "bijlagen"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.filename


class PlannedReminder(models.Model):
    """One of the reminders that go out by themselves has had its turn: sent, or skipped for another mail.

    The constraint is what keeps two workers from sending it twice. A new link (`generation`) is a
    new request, and begins anew.
    """

    class Kind(models.TextChoices):
        BEFORE = "BEFORE", "Voor de afname"
        DAY_7 = "DAY_7", "Een week na de uitnodiging"
        DAY_14 = "DAY_14", "Twee weken na de uitnodiging"

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="planned_reminders")
    generation = models.PositiveIntegerField()
    kind = models.CharField("soort", max_length=8, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    is_sent = models.BooleanField("verstuurd")

    class Meta:
        verbose_name = "geplande herinnering"
        verbose_name_plural = "geplande herinneringen"
        constraints = [
            models.UniqueConstraint(fields=["invitation", "generation", "kind"], name="planned_reminder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.invitation}"


class MailAboutQuerySet(models.QuerySet["MailAbout"]):
    def failed(self) -> MailAboutQuerySet:
        """Of those that are watched: what went wrong for good and is still true; what was sent anew is left out."""
        return self.filter(is_watched=True, mail__state=MailState.FAILED, mail__dropped_at__isnull=True)

    def forget_delivered(self) -> None:
        """Watches no more what was sent, or need not be: what failed is found among few then."""
        done = Q(mail__state=MailState.SENT) | Q(mail__dropped_at__isnull=False)
        self.filter(done, is_watched=True).update(is_watched=False)


class MailAbout(models.Model):
    """A mail names the student of this assessment; one to an examiner of thirty students names thirty.

    While it `is_watched` the committee is told if it fails; once it was sent that may be taken off.
    """

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="about", db_index=False)
    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="mails")
    is_watched = models.BooleanField(default=False, db_default=False)

    objects = MailAboutQuerySet.as_manager()

    class Meta:
        verbose_name = "mail over een afname"
        verbose_name_plural = "mails over afnames"
        constraints = [models.UniqueConstraint(fields=["mail", "assessment"], name="mail_about_once")]
        indexes = [models.Index(fields=["mail"], condition=Q(is_watched=True), name="mails_watched")]

    def __str__(self) -> str:
        return f"{self.mail_id}: {self.assessment_id}"
