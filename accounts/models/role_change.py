"""Who gave whom which role, and who took it: kept for the school's administrators to read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from .append_only import AppendOnly, AppendOnlyQuerySet
from .role import Role


class RoleChangeQuerySet(AppendOnlyQuerySet["RoleChange"]):
    """Lines of the log of roles."""

    def forget(self) -> None:
        """Deletes them, when nothing of the person is kept any more (`accounts.erase_account`)."""
        models.QuerySet.delete(self)


class RoleChange(AppendOnly):
    """One line of the append-only log: a role that someone was given at a school, or that was taken."""

    class Change(models.TextChoices):
        GIVEN = "GIVEN", "kreeg"
        TAKEN = "TAKEN", "heeft niet meer"

    class How(models.TextChoices):
        BY_HAND = "BY_HAND", "met de hand"
        INVITATION = "INVITATION", "uitnodiging aangenomen"
        IMPORT = "IMPORT", "lijst geïmporteerd"
        REGISTERED = "REGISTERED", "zelf aangemeld"
        LEFT = "LEFT", "uit de school gehaald"
        CONSORTIUM = "CONSORTIUM", "door het Consortium"

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
        """'Docent'; of a role that there is no more, its name."""
        return str(Role(self.role).label) if self.role in Role else self.role
