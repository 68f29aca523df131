"""An examiner's invitation to an assessment, its attachments and its reminders."""

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
        """Filter those that were not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Invitation(models.Model):
    """One examiner's access to one assessment; the link signs (this, `generation`).

    `signed_…`, `assessed_on` and `assessed_place` are the examiner's last signature (`assessments.examiner.signature`),
    which the PDF shows even when the address book changes later.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="invitations", db_index=False)
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
    typed_signature = models.JSONField(default=dict, blank=True)  # not signed yet (`signature.keep_typed`)

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
        """Return 'ingetrokken' or 'vervangen door Greet Nieuw'; '' while it can be used."""
        if self.replaced_by:
            return f"vervangen door {self.replaced_by.full_name}"
        return "ingetrokken" if self.withdrawn_at else ""

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_just_reminded(self) -> bool:
        """Return whether the last reminder is too recent for another."""
        return self.reminded_at is not None and self.reminded_at > timezone.now() - REMIND_PAUSE

    @property
    def is_just_asked(self) -> bool:
        """Return whether the invitation is too recent for a reminder."""
        return self.asked_at > timezone.now() - REMIND_PAUSE


class InvitationAttachment(models.Model):
    """An attachment of an invitation; its bytes are stored once for all recipients."""

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
    """A scheduled reminder that was handled: sent, or skipped because of another mail.

    The constraint prevents two workers from sending it twice. A new link (`generation`) starts again.
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
        """Filter the watched mails that failed for good, still apply and were not sent again."""
        return self.filter(is_watched=True, mail__state=MailState.FAILED, mail__dropped_at__isnull=True)

    def forget_delivered(self) -> None:
        """Stop watching mails that were delivered or need no delivery, which keeps `failed` fast."""
        done = Q(mail__state=MailState.SENT) | Q(mail__dropped_at__isnull=False)
        self.filter(done, is_watched=True).update(is_watched=False)


class MailAbout(models.Model):
    """A mail about this student's assessment; one mail to an examiner can be about several.

    While it `is_watched` the committee sees its failure; the flag may be cleared after delivery.
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
