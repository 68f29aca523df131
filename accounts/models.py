"""Schools, the people in them, and their roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from .search import search_text

STUDENT_NUMBER_LENGTH = 20


class PersonName(models.Model):
    """First name, infix and last name, as Dutch lists write and sort them."""

    first_name = models.CharField("voornaam", max_length=80)
    infix = models.CharField("tussenvoegsel", max_length=30, blank=True)
    last_name = models.CharField("achternaam", max_length=120)

    class Meta:
        abstract = True

    @property
    def full_name(self) -> str:
        """'Anouk van 't Hoff'; lists sort on 'Hoff'."""
        return " ".join(filter(None, [self.first_name, self.infix, self.last_name]))


class School(models.Model):
    """The tenant: everything that happens belongs to exactly one school."""

    name = models.CharField("naam", max_length=200, unique=True)
    digital_assessment_active = models.BooleanField(
        "Digitaal beoordelen geactiveerd",
        default=False,
        help_text="Wordt aangezet door een medewerker ICT van het Consortium.",
    )
    link_days = models.PositiveSmallIntegerField(
        "geldigheid van een link (dagen)", default=60, help_text="Na zoveel dagen vervalt de link van een examinator."
    )

    class Meta:
        verbose_name = "school"
        verbose_name_plural = "scholen"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(link_days__gte=1), name="school_link_days_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class ExamOffice(models.Model):
    """An address of the school's list that a final PDF can be mailed to."""

    school = models.ForeignKey(School, models.CASCADE, related_name="exam_offices")
    name = models.CharField("naam", max_length=120)
    email = models.EmailField("e-mailadres")

    class Meta:
        verbose_name = "examenbureau"
        verbose_name_plural = "examenbureaus"
        ordering = ["name"]
        constraints = [models.UniqueConstraint("school", Lower("email"), name="exam_office_once_per_school")]

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(PersonName, AbstractBaseUser, PermissionsMixin):
    """A person with an account; the e-mail address, kept in lower case, is the login."""

    email = models.EmailField("e-mailadres", unique=True)
    is_active = models.BooleanField("actief", default=True)
    is_staff = models.BooleanField(
        "medewerker Consortium", default=False, help_text="Heeft toegang tot het beheer van scholen en examens."
    )
    joined_at = models.DateTimeField("aangemaakt op", default=timezone.now)
    details_checked_at = models.DateTimeField("gegevens gecontroleerd op", null=True, blank=True)

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
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)
        saved = kwargs.get("update_fields")
        if saved is not None and not {"first_name", "infix", "last_name", "email"}.intersection(saved):
            return  # a login, say
        for membership in self.memberships.select_related("user"):
            membership.user = self
            membership.save(update_fields=["search_text"])

    def schools_as(self, *roles: str) -> models.QuerySet[School]:
        """The schools where this person holds one of `roles`."""
        return School.objects.filter(memberships__user=self, memberships__role__in=roles).distinct()


class Role(models.TextChoices):
    STUDENT = "STUDENT", "Student"
    DOCENT = "DOCENT", "Docent"
    PRAKTIJKOPLEIDER = "PRAKTIJKOPLEIDER", "Praktijkopleider"
    EXAMENCOMMISSIE = "EXAMENCOMMISSIE", "Examencommissie"
    SCHOOLBEHEER = "SCHOOLBEHEER", "Schoolbeheer"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def students_of_docent(self, user: User) -> MembershipQuerySet:
        """Students of the schools where `user` is Docent and digital assessment is switched on."""
        schools = user.schools_as(Role.DOCENT).filter(digital_assessment_active=True)
        return self.filter(role=Role.STUDENT, school__in=schools, user__is_active=True)


class Membership(models.Model):
    """One role of one person at one school; a student's number stands here."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    school = models.ForeignKey(School, models.PROTECT, related_name="memberships")
    role = models.CharField("rol", max_length=20, choices=Role)
    student_number = models.CharField("studentnummer", max_length=STUDENT_NUMBER_LENGTH, blank=True)
    search_text = models.TextField(editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "rol"
        verbose_name_plural = "rollen"
        ordering = ["user__last_name", "user__first_name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "school", "role"], name="membership_once"),
            models.UniqueConstraint(
                fields=["school", "student_number"],
                condition=~models.Q(student_number=""),
                name="student_number_once_per_school",
                violation_error_message="Een andere student van deze school heeft dit studentnummer al.",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.STUDENT) | models.Q(student_number=""),
                name="student_number_only_for_students",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}, {self.school})"

    @property
    def number_is_fixed(self) -> bool:
        """Whether an assessment points here: from then on only Schoolbeheer changes the student number."""
        return self.assessments.exists()

    def clean(self) -> None:
        self.student_number = self.student_number.strip()
        self._refuse_to_move_what_is_the_student_s()
        if self.student_number and self.role != Role.STUDENT:
            # Of the role as a whole: the Consortium's form shows the number and has no field for it.
            raise ValidationError("Alleen een student heeft een studentnummer.")

    def _refuse_to_move_what_is_the_student_s(self) -> None:
        """A number is the school's, and an assessment stays at the school that it was made at."""
        before = Membership.objects.filter(pk=self.pk).first() if self.pk else None
        if before is None or (before.school_id, before.role) == (self.school_id, self.role):
            return
        if before.student_number or before.number_is_fixed:
            raise ValidationError(
                "Hier horen een studentnummer of beoordelingen bij; rol en school blijven daarom zoals ze zijn. "
                "Voeg voor een andere rol of school een regel toe."
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        user = self.user
        self.search_text = search_text([user.first_name, user.infix, user.last_name, user.email, self.student_number])
        super().save(*args, **kwargs)
