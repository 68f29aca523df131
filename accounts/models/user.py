"""Accounts and roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import AddressField, NameField
from accounts.mail.addresses import normalise_address
from accounts.text import clean_line, nfc

from .school import School


class Role(models.TextChoices):
    STUDENT = "STUDENT", "Student"
    DOCENT = "DOCENT", "Docent"
    PRAKTIJKOPLEIDER = "PRAKTIJKOPLEIDER", "Praktijkopleider"
    EXAMENCOMMISSIE = "EXAMENCOMMISSIE", "Examencommissie"
    SCHOOLBEHEER = "SCHOOLBEHEER", "Schoolbeheer"


def full_name(first_name: str, infix: str, last_name: str) -> str:
    return clean_line(" ".join(filter(None, [first_name, infix, last_name])))


class PersonName(models.Model):
    """First name, infix and last name, as Dutch lists write and sort them."""

    first_name = NameField("voornaam", max_length=80)
    infix = NameField("tussenvoegsel", max_length=30, blank=True)
    last_name = NameField("achternaam", max_length=120)

    class Meta:
        abstract = True

    @property
    def full_name(self) -> str:
        """'Anouk van 't Hoff'; lists sort on 'Hoff'."""
        return full_name(self.first_name, self.infix, self.last_name)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise_address(username or ""))


class User(PersonName, AbstractBaseUser, PermissionsMixin):
    """An account; the e-mail address, in lower case, is the login."""

    email = AddressField("e-mailadres", unique=True)
    is_active = models.BooleanField("actief", default=True)
    is_staff = models.BooleanField(
        "medewerker Consortium", default=False, help_text="Heeft toegang tot het beheer van scholen en examens."
    )
    joined_at = models.DateTimeField("aangemaakt op", default=timezone.now)
    details_checked_at = models.DateTimeField("gegevens gecontroleerd op", null=True, blank=True)

    # Set by `RequireTwoFactorMiddleware` for the current session; not a column.
    passed_two_factor: bool = False

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = "gebruiker"
        verbose_name_plural = "gebruikers"
        ordering = ["last_name", "first_name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normalise_address(self.email)
        super().save(*args, **kwargs)
        update_fields = kwargs.get("update_fields")
        if update_fields is not None and not {"first_name", "infix", "last_name", "email"}.intersection(update_fields):
            return  # such as a login
        for membership in self.memberships.select_related("user"):
            membership.user = self
            membership.save_derived()

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(nfc(raw_password) if raw_password else raw_password)

    def check_password(self, raw_password: str | None) -> bool:
        composed = nfc(raw_password) if raw_password else raw_password
        if super().check_password(composed):
            return True
        return composed != raw_password and super().check_password(
            raw_password
        )  # set before passwords were stored in NFC

    def schools_requiring_code(self) -> models.QuerySet[School]:
        """Return the schools that require a second step of this user, as a committee member."""
        schools = School.objects.filter(second_factor_for_committee=True)
        return schools.filter(memberships__user=self, memberships__role=Role.EXAMENCOMMISSIE)

    def schools_as(self, *roles: str) -> models.QuerySet[School]:
        """Return the schools where the user holds one of `roles` and has access.

        A school with `second_factor_for_committee` is hidden, for every role, from committee members who logged in
        without a code.
        """
        schools = School.objects.filter(memberships__user=self, memberships__role__in=roles).distinct()
        if self.passed_two_factor:
            return schools
        in_committee = self.memberships.filter(role=Role.EXAMENCOMMISSIE).order_by().values("school")
        return schools.exclude(second_factor_for_committee=True, pk__in=in_committee)
