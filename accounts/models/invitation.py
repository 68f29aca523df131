"""Invitations to join a school."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import AddressField, LineField
from accounts.language import Language
from accounts.mail.addresses import normalise_address, searchable
from accounts.search import search_text
from digibeoordelen.outbox.models import OutgoingMail

from .membership import STUDENT_NUMBER_LENGTH
from .user import PersonName, Role


class SchoolInvitationQuerySet(models.QuerySet["SchoolInvitation"]):
    def open(self) -> SchoolInvitationQuerySet:
        """Return what is neither accepted nor withdrawn; an expired invitation is open, since it can be sent again."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)

    def unsent(self) -> SchoolInvitationQuerySet:
        """Return open invitations whose mail is not requested yet."""
        return self.open().filter(wanted_at__isnull=True)

    def expired(self) -> SchoolInvitationQuerySet:
        return self.open().filter(expires_at__lte=timezone.now())

    def to_send(self) -> SchoolInvitationQuerySet:
        """Return open invitations whose mail is requested and not written yet."""
        return self.open().filter(wanted_at__isnull=False, expires_at__isnull=True)


class SchoolInvitation(PersonName):
    """Invites the owner of an e-mail address to join; the roles are granted on acceptance.

    With `user` the account was imported without a password and has the roles already: accepting is choosing the
    password. The link signs (invitation, `generation`); no secret is stored.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="school_invitations")
    email = AddressField("e-mailadres")
    roles = models.JSONField("rollen", default=list)
    student_number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH, blank=True)
    language = models.CharField("taal van de mail", max_length=2, choices=Language, default=Language.DUTCH)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="school_invitations"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField("door", max_length=240)
    created_at = models.DateTimeField("uitgenodigd op", default=timezone.now)
    generation = models.PositiveSmallIntegerField(default=1)
    wanted_at = models.DateTimeField("verzenden gevraagd op", null=True, blank=True)
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField("verloopt op", null=True, blank=True)  # set when its mail is written
    accepted_at = models.DateTimeField("aangenomen op", null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField("ingetrokken op", null=True, blank=True)
    search_text = models.TextField(editable=False)

    objects = SchoolInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "uitnodiging voor een school"
        verbose_name_plural = "uitnodigingen voor een school"
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["school", "-id"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="open_school_invitations",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(
                    accepted_at__isnull=True,
                    withdrawn_at__isnull=True,
                    wanted_at__isnull=False,
                    expires_at__isnull=True,
                ),
                name="school_invitations_to_send",
            ),
            # The page counts both, and a school that imported its students has as many as students.
            models.Index(
                fields=["school"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True, wanted_at__isnull=True),
                name="unsent_school_invitations",
            ),
            models.Index(
                fields=["school", "expires_at"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="school_invitations_expiry",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "email"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="school_invitation_one_open",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="school_invitation_email_lower_case"),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="school_invitation_accepted_or_withdrawn",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=["nl", "en"]), name="school_invitation_language_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.school})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_derived()
        super().save(*args, **kwargs)

    def set_derived(self) -> None:
        """Set the columns derived from other fields. `save` calls it; call it before `bulk_create`."""
        self.email = normalise_address(self.email)
        self.search_text = search_text(
            [self.first_name, self.infix, self.last_name, searchable(self.email), self.student_number]
        )

    @property
    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
