"""Schools, the people in them, and their roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from digibeoordelen.outbox.models import StoredFile

from . import retention_terms
from .look import Look, check_colour, tidy_colour
from .number_forms import check_forms
from .recovery_code import RecoveryCode as RecoveryCode  # Django looks for an app's models here
from .school_log import SchoolChange as SchoolChange  # models of other modules that belong to this app
from .search import search_text, sort_key
from .session import Session as Session

STUDENT_NUMBER_LENGTH = 20
SEARCHED = ("search_text", "sort_key", "first_name_key")  # of a membership: what follows from name and number


def full_name(first_name: str, infix: str, last_name: str) -> str:
    """'Anouk van 't Hoff'."""
    return " ".join(filter(None, [first_name, infix, last_name]))


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
        return full_name(self.first_name, self.infix, self.last_name)


class School(retention_terms.RetentionTerms):
    """The tenant: everything that happens belongs to exactly one school."""

    name = models.CharField("naam", max_length=200, unique=True)
    digital_assessment_active = models.BooleanField(
        "Digitaal beoordelen geactiveerd",
        default=False,
        help_text="Wordt aangezet door een medewerker ICT van het Consortium.",
    )
    link_days = models.PositiveSmallIntegerField(
        "geldigheid van een link (dagen)",
        default=60,
        validators=[MinValueValidator(1)],
        help_text="Na zoveel dagen vervalt de link van een examinator.",
    )
    confirm_proposals = models.BooleanField(
        "voorgestelde collega's bevestigen",
        default=True,
        help_text="Een examinator kan een collega voorstellen. Aan: de docent bevestigt dat eerst. "
        "Uit: de collega krijgt meteen een eigen link.",
    )

    reminders_on = models.BooleanField(
        "herinneringen versturen",
        default=True,
        help_text="Examinatoren krijgen vanzelf een herinnering: 3 dagen voor de afname, en 7 en 14 dagen na de "
        "uitnodiging zolang er niets is afgerond.",
    )

    mail_domains = models.CharField(
        "eigen maildomeinen",
        max_length=500,
        blank=True,
        help_text="Met spaties ertussen, zoals: school.nl examens.school.nl. Gaat een pdf naar een ander domein, dat "
        "ook niet in de lijst van examenbureaus staat, dan vraagt het systeem of het adres klopt.",
    )
    four_eyes = models.BooleanField(
        "vier ogen bij het afronden",
        default=False,
        help_text="Aan: het ene lid van de examencommissie draagt een beoordeling voor, een ander lid rondt die af.",
    )
    appeal_text = models.TextField(
        "hoe een student bezwaar maakt",
        blank=True,
        help_text="Staat bij de student onder een definitief resultaat: bij wie en hoe, gewone tekst. De uiterste "
        "datum komt er vanzelf bij.",
    )
    # Two weeks is what exam regulations of MBO schools give; a school's own may differ.
    appeal_days = models.PositiveSmallIntegerField(
        "termijn voor bezwaar (dagen)",
        default=14,
        validators=[MinValueValidator(1)],
        help_text="Zoveel kalenderdagen nadat het resultaat definitief werd kan een student bezwaar maken.",
    )
    # Off until a school wants it: whoever registers is believed to be the student that they say they are.
    register_on = models.BooleanField(
        "studenten maken zelf een account",
        default=False,
        help_text="Aan: wie ‘Account aanmaken’ kiest kan deze school kiezen, en wordt student. Uit: alleen "
        "Schoolbeheer maakt accounts.",
    )
    register_domains = models.CharField(
        "maildomeinen voor een eigen account",
        max_length=500,
        blank=True,
        help_text="Met spaties ertussen, zoals: student.school.nl. Alleen met een e-mailadres van zo'n domein kan een "
        "student zelf een account maken, en wie dat deed kan daarna niet naar een ander domein, zolang diegene hier "
        "student is. Leeg: met elk e-mailadres; controleer dan zelf wie zich als student meldt.",
    )

    second_factor_for_committee = models.BooleanField(
        "examencommissie logt in met een code",
        default=False,
        help_text="Aan: wie hier in de examencommissie zit, ziet van deze school pas iets na inloggen met een code "
        "van een app.",
    )
    number_forms = models.CharField(
        "vorm van het studentnummer",
        max_length=200,
        blank=True,
        help_text="Schrijf een 9 voor elk cijfer en een A voor elke letter; wat altijd hetzelfde is schrijft u zoals "
        "het is. Zo staat 999999 voor zes cijfers en s999999 voor een s met zes cijfers. Meer vormen mogen, met "
        "spaties ertussen. Leeg: elk nummer mag. Nummers die er al zijn blijven zoals ze zijn.",
    )
    logo = models.ForeignKey(
        StoredFile, models.PROTECT, verbose_name="logo", null=True, blank=True, related_name="+", editable=False
    )
    colour = models.CharField(
        "kleur",
        max_length=7,
        blank=True,
        help_text="De huiskleur voor koppen, links en knoppen, zoals #1d5fa8. Leeg: het paars van Digitaal beoordelen. "
        "De kleuren van O, V en G blijven zoals ze zijn.",
    )

    class Meta:
        verbose_name = "school"
        verbose_name_plural = "scholen"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(link_days__gte=1), name="school_link_days_positive"),
            models.CheckConstraint(condition=models.Q(appeal_days__gte=1), name="school_appeal_days_positive"),
            models.CheckConstraint(
                condition=models.Q(colour="") | models.Q(colour__regex="^#[0-9a-f]{6}$"), name="school_colour_is_one"
            ),
            *retention_terms.checks(),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        # Not as the fields' validators, which migrations would import for good.
        self.colour = tidy_colour(self.colour)
        refused = {}
        for name, check in (("number_forms", check_forms), ("colour", check_colour)):
            try:
                if value := getattr(self, name):
                    check(value)
            except ValidationError as error:
                refused[name] = error
        if refused:
            raise ValidationError(refused)

    @property
    def own_domains(self) -> list[str]:
        """['school.nl'], in lower case."""
        return _domains(self.mail_domains)

    def lets_register(self, email: str) -> bool:
        """Whether the owner of `email`, in lower case, may make a student's account of their own here."""
        domains = self.student_domains
        return self.register_on and (not domains or email.rpartition("@")[2] in domains)

    @property
    def student_domains(self) -> list[str]:
        """['student.school.nl'], in lower case; empty where any address will do."""
        return _domains(self.register_domains)

    @property
    def look(self) -> Look:
        """Logo and colour, for the pages of its people."""
        return Look(self.pk, self.name, self.logo_id, self.colour)


def _domains(written: str) -> list[str]:
    return written.lower().replace(",", " ").replace("@", " ").split()


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

    # Whether the session of who asks did the second step (accounts/held_back.py); not a column.
    passed_second_step: bool = False

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
            membership.save(update_fields=SEARCHED)

    def schools_as(self, *roles: str) -> models.QuerySet[School]:
        """The schools where this person holds one of `roles` and may see what is there.

        A school that wants its committee to log in with a code does not exist for a member who did not,
        in whichever role.
        """
        found = School.objects.filter(memberships__user=self, memberships__role__in=roles).distinct()
        if self.passed_second_step:
            return found
        in_committee = self.memberships.filter(role=Role.EXAMENCOMMISSIE).order_by().values("school")
        return found.exclude(second_factor_for_committee=True, pk__in=in_committee)


class Role(models.TextChoices):
    STUDENT = "STUDENT", "Student"
    DOCENT = "DOCENT", "Docent"
    PRAKTIJKOPLEIDER = "PRAKTIJKOPLEIDER", "Praktijkopleider"
    EXAMENCOMMISSIE = "EXAMENCOMMISSIE", "Examencommissie"
    SCHOOLBEHEER = "SCHOOLBEHEER", "Schoolbeheer"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def present(self) -> MembershipQuerySet:
        """Without the students who left and whose assessments are kept."""
        return self.filter(ended_at__isnull=True)

    def students_of_docent(self, user: User) -> MembershipQuerySet:
        """Students of the schools where `user` is Docent and digital assessment is switched on."""
        schools = user.schools_as(Role.DOCENT).filter(digital_assessment_active=True)
        return self.present().filter(role=Role.STUDENT, school__in=schools, user__is_active=True)


class Membership(models.Model):
    """One role of one person at one school; a student's number stands here."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    school = models.ForeignKey(School, models.PROTECT, related_name="memberships")
    role = models.CharField("rol", max_length=20, choices=Role)
    student_number = models.CharField("studentnummer", max_length=STUDENT_NUMBER_LENGTH, blank=True)
    # When the study ended: how long the student's results are kept follows from these two (`assessments.retention`).
    # Schoolbeheer types or imports them, in advance if known, for who is here and who is not; they take nothing away.
    diploma_on = models.DateField("diplomadatum", null=True, blank=True)
    left_on = models.DateField("vertrokken zonder diploma op", null=True, blank=True)
    study_dates_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    study_dates_set_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    # When the role ended, for a student whom assessments point to: nothing new begins, one's own results stay. Others'
    # rows are deleted. Without one of the dates above the results of who is gone would be kept for ever, so one is
    # there (today, when Schoolbeheer takes out who has none); coming back takes it off, with `left_on`.
    ended_at = models.DateTimeField("uit de school gehaald op", null=True, blank=True, editable=False)
    search_text = models.TextField(editable=False)
    # For lists in order, and to find what a name begins with; compared by bytes on both databases.
    sort_key = models.TextField(editable=False, default="", db_default="")
    first_name_key = models.TextField(editable=False, default="", db_default="")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "rol"
        verbose_name_plural = "rollen"
        ordering = ["user__last_name", "user__first_name"]
        indexes = [
            models.Index(
                fields=["school", key], condition=models.Q(role=Role.STUDENT) & ~models.Q(student_number=""), name=name
            )
            for key, name in (("sort_key", "students_by_last_name"), ("first_name_key", "students_by_first_name"))
        ] + [
            # A few among a school's many students: its teachers, say.
            models.Index(fields=["school", "user"], condition=~models.Q(role=Role.STUDENT), name="staff_of_school"),
            models.Index(fields=["school", "sort_key", "id"], name="people_by_last_name"),
        ]
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
            models.CheckConstraint(
                condition=models.Q(role=Role.STUDENT) | models.Q(diploma_on__isnull=True, left_on__isnull=True),
                name="study_dates_only_for_students",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.STUDENT) | models.Q(ended_at__isnull=True),
                name="ended_only_for_students",
            ),
            models.CheckConstraint(
                condition=~models.Q(role=Role.STUDENT)
                | models.Q(ended_at__isnull=True)
                | models.Q(diploma_on__isnull=False)
                | models.Q(left_on__isnull=False),
                name="ended_has_a_study_date",
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
        if self.ended_at and not self.diploma_on and not self.left_on:
            text = "Deze student is uit de school gehaald; laat een van de twee datums staan."
            raise ValidationError({"left_on": text})
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
        self.set_derived()
        super().save(*args, **kwargs)

    def set_derived(self) -> None:
        """Sets what follows from name and number; `save` does, writing many at once has to."""
        user = self.user
        self.search_text = search_text([user.first_name, user.infix, user.last_name, user.email, self.student_number])
        self.sort_key = sort_key(user.last_name, user.first_name, self.student_number)
        self.first_name_key = sort_key(user.first_name, user.last_name, self.student_number)


# Django looks for an app's models here; these stand on the ones above.
from .people.imported import PeopleImport as PeopleImport  # noqa: E402
from .people.invitation import SchoolInvitation as SchoolInvitation  # noqa: E402
from .people.log import RoleChange as RoleChange  # noqa: E402
from .reported_number import NumberReport as NumberReport  # noqa: E402
from .unconfirmed import EmailChange as EmailChange  # noqa: E402
from .unconfirmed import Registration as Registration  # noqa: E402
