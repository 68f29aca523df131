"""A school, with its settings."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone

from accounts.fields import LineField, NameField, ProseField
from accounts.mail.domains import check_domains, read_domains, tidy_domains
from digibeoordelen.outbox.models import StoredFile

from . import retention_terms
from .branding import Branding, check_colour, tidy_colour
from .number_formats import check_patterns

if TYPE_CHECKING:
    from .exam_committee import ExamCommittee

DEFAULT_COMMITTEE = "Examencommissie"  # the name of a new school's committee
CHECKS: dict[str, Callable[[str], None]] = {
    "number_forms": check_patterns,
    "colour": check_colour,
    "mail_domains": check_domains,
    "register_domains": check_domains,
    "appeal_text": MaxLengthValidator(4000),
}


class School(retention_terms.RetentionTerms):
    """The tenant: every row belongs to exactly one school."""

    name = NameField("naam", max_length=200, unique=True)
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

    # Off by default: `assessments.models.AssessmentQuerySet.for_docent`.
    docents_see_team_only = models.BooleanField(
        "docenten zien alleen afnames van zichzelf en hun team",
        default=False,
        db_default=False,
        help_text="Aan: een docent ziet alleen afnames die diegene zelf of een teamgenoot startte. Uit: alle afnames "
        "van de school bij de examens op het eigen account.",
    )

    mail_domains = LineField(
        "eigen maildomeinen",
        max_length=500,
        blank=True,
        help_text="Met spaties ertussen, zoals: school.nl examens.school.nl. Gaat een pdf naar een ander domein, dat "
        "ook niet in de lijst van examenbureaus staat, dan vraagt het systeem of het adres klopt.",
    )
    appeal_text = ProseField(
        "hoe een student bezwaar maakt",
        blank=True,
        help_text="Staat bij de student onder een definitief resultaat: bij wie en hoe, gewone tekst. De uiterste "
        "datum komt er vanzelf bij.",
    )
    # The usual term in exam regulations of MBO schools.
    appeal_days = models.PositiveSmallIntegerField(
        "termijn voor bezwaar (dagen)",
        default=14,
        validators=[MinValueValidator(1)],
        help_text="Zoveel kalenderdagen nadat het resultaat definitief werd kan een student bezwaar maken.",
    )
    # Off by default: the school trusts the name that a student registers with.
    register_on = models.BooleanField(
        "studenten maken zelf een account",
        default=False,
        help_text="Aan: wie ‘Account aanmaken’ kiest kan deze school kiezen, en wordt student. Uit: alleen "
        "Schoolbeheer maakt accounts.",
    )
    register_domains = LineField(
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
    keeps_identity_providers = models.BooleanField(
        "Schoolbeheer regelt het inloggen met schoolaccounts",
        default=False,
        help_text="Aan: Schoolbeheer houdt ook zelf bij hoe mensen met hun schoolaccount inloggen. De maildomeinen "
        "blijven van het Consortium.",
    )
    number_forms = LineField(
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
    colour = LineField(
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Create a new school together with its default exam committee."""
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                self.committees.create(is_default=True)

    @property
    def default_committee(self) -> ExamCommittee:
        return self.committees.get(is_default=True)

    def link_expiry(self, since: datetime | None = None) -> datetime:
        """Return when a link mailed at `since` (default: now) expires."""
        return (since or timezone.now()) + timedelta(days=self.link_days)

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        # Not validators of the fields, which migrations would import.
        self.colour = tidy_colour(self.colour)
        self.mail_domains, self.register_domains = tidy_domains(self.mail_domains), tidy_domains(self.register_domains)
        errors: dict[str, list[ValidationError]] = {}
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for name, check in CHECKS.items():
            value = getattr(self, name)
            if value and name not in errors and name not in (exclude or ()):
                try:
                    check(value)
                except ValidationError as error:
                    errors[name] = error.error_list
        if errors:
            raise ValidationError(errors)

    @property
    def mail_domain_list(self) -> list[str]:
        return read_domains(self.mail_domains)

    def accepts_registration(self, email: str) -> bool:
        """Return whether the owner of `email` (normalised) may create a student account here."""
        domains = self.student_domains
        return self.register_on and (not domains or email.rpartition("@")[2] in domains)

    @property
    def student_domains(self) -> list[str]:
        """Domains that may register, as in normalised addresses; empty: any."""
        return read_domains(self.register_domains)

    @property
    def branding(self) -> Branding:
        return Branding(self.pk, self.name, self.logo_id, self.colour)
