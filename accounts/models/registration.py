"""Registrations and changes of e-mail address that wait for confirmation by mail."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import AddressField

from .school import School
from .user import PersonName, User

REGISTRATION_TERM = timedelta(hours=48)


class Registration(PersonName):
    """A request for a student account, until the owner confirms the address.

    An address may have several, and an account as well: the confirmed one counts.
    """

    email = AddressField("e-mailadres")
    password = models.CharField("wachtwoord", max_length=128)  # hashed
    school = models.ForeignKey(School, models.CASCADE, related_name="registrations")
    asked_at = models.DateTimeField("aangevraagd op", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "aanvraag van een account"
        verbose_name_plural = "aanvragen van een account"
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["email"], name="registration_email")]
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="registration_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.email


class EmailChange(models.Model):
    """A request to change an e-mail address; kept as long as mails and logins at the old address are."""

    user = models.ForeignKey(User, models.CASCADE, related_name="email_changes")
    old_email = AddressField("oud e-mailadres")
    new_email = AddressField("nieuw e-mailadres")
    asked_at = models.DateTimeField("gevraagd op", default=timezone.now, db_index=True)
    confirmed_at = models.DateTimeField("bevestigd op", null=True, blank=True)
    withdrawn_at = models.DateTimeField("ingetrokken op", null=True, blank=True)  # by the owner, or by a newer request
    stopped_at = models.DateTimeField("gestopt op", null=True, blank=True)  # from the old address

    class Meta:
        verbose_name = "wijziging van een e-mailadres"
        verbose_name_plural = "wijzigingen van een e-mailadres"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(confirmed_at=None, withdrawn_at=None, stopped_at=None),
                name="one_open_email_change",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None) | models.Q(withdrawn_at=None),
                name="email_change_confirmed_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_email} → {self.new_email}"
