"""What a school's own directory sends through SCIM: its keys, people and groups; see `accounts.scim`."""

from __future__ import annotations

import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import AddressField, LineField

from .invitation import SchoolInvitation
from .membership import STUDENT_NUMBER_LENGTH
from .school import School
from .user import Role


def token_hash(token: str) -> str:
    """Return what is stored of a key's token: the token itself would give access."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class ScimKeyQuerySet(models.QuerySet["ScimKey"]):
    def active(self) -> ScimKeyQuerySet:
        return self.filter(revoked_at__isnull=True)


class ScimKey(models.Model):
    """Gives a directory access to the people of one school. Revoked keys are kept, as what they made refers to them."""

    school = models.ForeignKey(School, models.CASCADE, related_name="scim_keys")
    name = LineField("naam", max_length=80)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    mails_now = models.BooleanField(
        "nieuwe mensen meteen mailen",
        default=False,
        help_text="Uit: de mails met een link om een wachtwoord te kiezen wachten bij ‘Uitnodigingen’.",
    )
    students_by_default = models.BooleanField(
        "wie in geen groep met een rol zit is student",
        default=False,
        help_text="Uit: alleen wie een studentnummer meekrijgt wordt vanzelf student.",
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField("door", max_length=240)
    created_at = models.DateTimeField("gemaakt op", default=timezone.now)
    last_used_at = models.DateTimeField("laatst gebruikt op", null=True, blank=True)
    revoked_at = models.DateTimeField("ingetrokken op", null=True, blank=True)

    objects = ScimKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "sleutel voor SCIM"
        verbose_name_plural = "sleutels voor SCIM"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class DirectoryUser(models.Model):
    """A person as the directory describes them.

    `attributes` is the SCIM resource as it was sent; the other columns are derived from it, for look-ups and
    constraints. `user` is empty until the person has a role from the directory, and while the invitation of an existing
    account is open.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.CASCADE, related_name="directory_users")
    key = models.ForeignKey(ScimKey, models.CASCADE, related_name="directory_users")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="directory_users"
    )
    invitation = models.ForeignKey(SchoolInvitation, models.SET_NULL, null=True, blank=True, related_name="+")
    attributes = models.JSONField(default=dict)
    user_name = LineField("gebruikersnaam", max_length=254)  # in lower case: SCIM compares it so
    external_id = LineField("kenmerk in de directory", max_length=254, blank=True)
    first_name = LineField("voornaam", max_length=80, blank=True)
    infix = LineField("tussenvoegsel", max_length=30, blank=True)
    last_name = LineField("achternaam", max_length=120, blank=True)
    email = AddressField("e-mailadres", blank=True)
    student_number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH, blank=True)
    is_active = models.BooleanField("actief", default=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "persoon in de directory"
        verbose_name_plural = "personen in de directory"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["school", "user_name"], name="directory_user_name_once_per_school"),
            models.UniqueConstraint(
                fields=["school", "email"], condition=~models.Q(email=""), name="directory_email_once_per_school"
            ),
            models.UniqueConstraint(
                fields=["school", "student_number"],
                condition=~models.Q(student_number=""),
                name="directory_number_once_per_school",
            ),
            models.UniqueConstraint(
                fields=["school", "user"], condition=models.Q(user__isnull=False), name="directory_account_once"
            ),
        ]
        indexes = [models.Index(fields=["school", "external_id"], name="directory_users_external")]

    def __str__(self) -> str:
        return self.user_name


class DirectoryGroup(models.Model):
    """A group of the directory; `role` is what its members get, chosen by Schoolbeheer and never by the directory."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.CASCADE, related_name="directory_groups")
    external_id = LineField("kenmerk in de directory", max_length=254, blank=True)
    display_name = LineField("naam", max_length=254)
    role = models.CharField("rol", max_length=20, choices=Role, blank=True)
    members = models.ManyToManyField(DirectoryUser, related_name="groups", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "groep in de directory"
        verbose_name_plural = "groepen in de directory"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role="") | models.Q(role__in=Role.values), name="directory_group_role_known"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name
