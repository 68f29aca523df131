"""Models whose rows are never updated: the logs, and the committee's decisions."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import timezone

from accounts.fields import LineField

from .user import Role

LogRow = TypeVar("LogRow", bound=models.Model)


class ImmutableQuerySet(models.QuerySet[LogRow]):
    def update(self, **kwargs: Any) -> int:
        raise PermissionDenied("What was written stays as it is.")


class Immutable(models.Model):
    """Rows can be created and, where the law requires it, erased, but not changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise PermissionDenied("What was written stays as it is.")
        super().save(*args, **kwargs)


class AppendOnlyQuerySet(ImmutableQuerySet[LogRow]):
    def delete(self) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("The log is append-only.")


class AppendOnly(Immutable):
    """Rows can only be created; they are deleted with the object they refer to (cascade)."""

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("The log is append-only.")


class RoleChangeQuerySet(AppendOnlyQuerySet["RoleChange"]):
    def purge(self) -> None:
        """Delete the entries, for `accounts.erasure` alone."""
        models.QuerySet.delete(self)


class RoleChange(AppendOnly):
    """An entry of the append-only log of roles: a role granted or taken at a school."""

    class Change(models.TextChoices):
        GIVEN = "GIVEN", "kreeg"
        TAKEN = "TAKEN", "heeft niet meer"

    class How(models.TextChoices):
        BY_HAND = "BY_HAND", "met de hand"
        INVITATION = "INVITATION", "uitnodiging aangenomen"
        IMPORT = "IMPORT", "lijst geïmporteerd"
        REGISTERED = "REGISTERED", "zelf aangemeld"
        LEFT = "LEFT", "uit de school gehaald"
        SSO = "SSO", "ingelogd met schoolaccount"
        CONSORTIUM = "CONSORTIUM", "door het Consortium"
        SCIM = "SCIM", "koppeling (SCIM)"
        EXCHANGE = "EXCHANGE", "ingepland door gekoppeld systeem"

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="role_changes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="role_changes")
    user_name = models.CharField("wie", max_length=240)
    role = models.CharField("rol", max_length=20)
    change = models.CharField("wat", max_length=5, choices=Change)
    how = models.CharField("hoe", max_length=10, choices=How)
    at = models.DateTimeField("wanneer", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField("door", max_length=240)

    objects = RoleChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "wijziging van een rol"
        verbose_name_plural = "wijzigingen van rollen"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["school", "-id"], name="role_changes_newest")]
        constraints = [
            models.CheckConstraint(condition=models.Q(change__in=["GIVEN", "TAKEN"]), name="role_change_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} {self.get_change_display()} {self.role_label}"

    @property
    def role_label(self) -> str:
        """The role's label; the stored name for a role that no longer exists."""
        return str(Role(self.role).label) if self.role in Role else self.role


class SchoolChangeQuerySet(AppendOnlyQuerySet["SchoolChange"]):
    """The log of schools."""


class SchoolChange(AppendOnly):
    """An entry of the append-only log of a school: who changed what from what to what, when.

    `name` is the setting's name, `label` its label on the screen. An entry about a student is deleted with the
    student's membership, and refers to the student only through it.
    """

    school = models.ForeignKey("accounts.School", models.CASCADE, related_name="changes")
    student = models.ForeignKey("accounts.Membership", models.CASCADE, null=True, blank=True, related_name="changes")
    name = models.CharField(max_length=60)
    label = models.CharField("wat", max_length=200)
    before = models.TextField("was", blank=True)
    after = models.TextField("werd", blank=True)
    reason = LineField("reden", max_length=300, blank=True)
    at = models.DateTimeField("wanneer", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    by_name = models.CharField("door", max_length=240)

    objects = SchoolChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "wijziging"
        verbose_name_plural = "wijzigingen"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["school", "-at", "-id"], name="school_changes_newest")]

    def __str__(self) -> str:
        return f"{self.label} ({self.by_name})"
