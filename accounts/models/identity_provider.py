"""A school's identity providers: where its people log in with their school account."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_slug
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import EncryptedField, LineField, NameField, ProseField
from accounts.mail.domains import check_domains, read_domains, tidy_domains

from .membership import Membership
from .school import School
from .user import Role, User

RESERVED_SLUGS = ("adres", "aanbieder")  # of `accounts.urls`


class IdentityProviderQuerySet(models.QuerySet["IdentityProvider"]):
    def active(self) -> IdentityProviderQuerySet:
        return self.filter(is_active=True).select_related("school")

    def saml(self) -> IdentityProviderQuerySet:
        return self.filter(preset__in=IdentityProvider.SAML_PRESETS)

    def for_address(self, typed: str) -> list[IdentityProvider]:
        """Return the active providers for the domain of `typed`, an e-mail address or a domain."""
        domains = read_domains(typed.strip().rpartition("@")[2])
        return [provider for provider in self.active() if set(domains) & set(provider.domain_list)]

    def linked_to(self, user: User) -> IdentityProviderQuerySet:
        """Return the providers at which the user has an account."""
        ids = SocialAccount.objects.filter(user=user).values_list("provider", flat=True)
        return self.filter(public_id__in=[uuid.UUID(public_id) for public_id in ids]).select_related("school")

    def gives_number(self, student: Membership) -> bool:
        """Return whether the student's number came with a login, so that the student does not type it."""
        ids = [
            str(public_id)
            for public_id in self.active().filter(school=student.school_id).values_list("public_id", flat=True)
        ]
        links = SocialAccount.objects.filter(user=student.user_id, provider__in=ids)
        return bool(student.student_number) and any(
            link.extra_data.get("student_number") == student.student_number for link in links
        )

    def required_of(self, user: User) -> list[IdentityProvider]:
        """Return the active providers with which `user` has to log in.

        Those of the user's schools that require it, for who has an account there, or an address of its domains.
        """
        schools = user.memberships.present().order_by().values("school")
        accounts = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
        domain = user.email.rpartition("@")[2]
        return [
            provider
            for provider in self.active().filter(is_required=True, school__in=schools)
            if str(provider.public_id) in accounts or domain in provider.domain_list
        ]


class IdentityProvider(models.Model):
    """An OpenID or SAML provider with which people of `school` log in.

    allauth's `SocialAccount.provider` is its `public_id`, and `SocialAccount.uid` issuer and subject.
    """

    class Preset(models.TextChoices):
        SURFCONEXT = "SURFCONEXT", "SURFconext"
        ENTRA = "ENTRA", "Microsoft Entra ID"
        ENTREE = "ENTREE", "Entree Federatie (SAML)"
        OIDC = "OIDC", "Andere OpenID-provider"
        SAML = "SAML", "Andere SAML-provider"

    SAML_PRESETS = (Preset.ENTREE, Preset.SAML)
    HUBS = (Preset.SURFCONEXT, Preset.ENTREE, Preset.ENTRA)  # one issuer, or one certificate, for many organisations

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.CASCADE, related_name="identity_providers")
    preset = models.CharField("soort", max_length=20, choices=Preset, default=Preset.SURFCONEXT)
    name = NameField("naam", max_length=80, help_text="Staat op de knop, zoals: ROC Voorbeeld.")
    slug = LineField(
        "eigen link",
        max_length=60,
        unique=True,
        validators=[validate_slug],
        help_text="Het laatste deel van de inloglink, zoals roc-voorbeeld. Zet die link op uw intranet.",
        error_messages={"unique": "Deze link is al in gebruik."},
    )
    issuer = LineField(
        "issuer",
        max_length=200,
        help_text="Precies zoals de provider zelf het schrijft; bij SAML de entity-id.",
    )
    client_id = LineField("client-id", max_length=191, blank=True, help_text="Alleen bij OpenID.")
    client_secret = EncryptedField("client secret", blank=True, purpose="accounts.identity_provider")
    metadata_url = LineField(
        "adres van de metadata",
        max_length=300,
        blank=True,
        help_text="Alleen bij SAML. Wordt elk uur opnieuw gelezen, zodat een nieuw certificaat vanzelf meekomt.",
    )
    metadata = ProseField(
        "metadata",
        blank=True,
        validators=[MaxLengthValidator(200_000)],
        help_text="Alleen bij SAML, als de metadata geen adres heeft: de hele XML.",
    )
    organization = LineField(
        "organisatie",
        max_length=200,
        blank=True,
        help_text="Alleen wie van deze organisatie is komt binnen. SURFconext: schacHomeOrganization, zoals school.nl. "
        "Entra ID: de tenant-id.",
    )
    domains = LineField(
        "maildomeinen",
        max_length=500,
        blank=True,
        help_text="Met spaties ertussen. Wie een e-mailadres van zo'n domein invult, komt bij deze provider.",
    )
    vouches_for_domains = models.BooleanField(
        "staat in voor deze maildomeinen",
        default=False,
        help_text="Aan: de school geeft elk adres van deze domeinen zelf uit. Een account met zo'n adres wordt dan "
        "zonder code uit een mail aan het schoolaccount gekoppeld.",
    )
    is_required = models.BooleanField(
        "verplicht",
        default=False,
        help_text="Aan: mensen van deze school met zo'n adres of een gekoppeld schoolaccount loggen niet meer in met "
        "een wachtwoord. Schoolbeheer kan dat nog wel, met een code of passkey als tweede stap.",
    )
    is_active = models.BooleanField("aan", default=True)
    mapping = models.JSONField(
        "andere namen van gegevens",
        default=dict,
        blank=True,
        help_text="Alleen als uw provider andere namen gebruikt dan de voorinstelling: "
        '{"student_number": "employeeid"}.',
    )
    created_at = models.DateTimeField("toegevoegd op", default=timezone.now)

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        verbose_name = "schoolaccount-provider"
        verbose_name_plural = "schoolaccount-providers"
        ordering = ["school__name", "name"]
        constraints = [
            models.UniqueConstraint("school", Lower("issuer"), "client_id", name="identity_provider_once_per_school"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_saml(self) -> bool:
        return self.preset in self.SAML_PRESETS

    @property
    def domain_list(self) -> list[str]:
        return read_domains(self.domains)

    @property
    def accounts(self) -> models.QuerySet[SocialAccount]:
        """The links of people to their account at this provider."""
        return SocialAccount.objects.filter(provider=str(self.public_id))

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.domains = tidy_domains(self.domains)
        self.issuer = self.issuer.strip()
        super().clean_fields(exclude)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.slug in RESERVED_SLUGS:
            errors["slug"] = "Deze link gebruikt het systeem zelf. Kies een andere."
        try:
            check_domains(self.domains)
            self._refuse_domains_of_others()
        except ValidationError as error:
            errors["domains"] = str(error.message)
        if self.is_saml and not self.metadata_url and not self.metadata:
            errors["metadata_url"] = "Vul het adres van de metadata in, of de metadata zelf."
        if not self.is_saml and not self.client_id:
            errors["client_id"] = "Dit veld is verplicht."
        if self.preset in self.HUBS and not self.organization:
            errors["organization"] = "Vul in van welke organisatie de mensen zijn; bij deze soort is dat nodig."
        if self.preset == self.Preset.ENTRA and self.organization and self.organization not in self.issuer:
            errors["issuer"] = "De issuer hoort de tenant-id te bevatten; ‘common’ laat elke organisatie toe."
        if self.vouches_for_domains and not self.domains:
            errors["domains"] = "Vul in voor welke maildomeinen deze provider instaat."
        if errors:
            raise ValidationError(errors)

    def _refuse_domains_of_others(self) -> None:
        """Raise `ValidationError` for a domain that another school uses: a school decides on its own logins alone."""
        own = set(self.domain_list)
        others = School.objects.exclude(pk=self.school_id)
        for school in others.exclude(register_domains="") | others.filter(identity_providers__isnull=False):
            used = set(school.student_domains).union(*(item.domain_list for item in school.identity_providers.all()))
            if taken := sorted(own & used):
                raise ValidationError(f"{taken[0]} is al van een andere school.")

    def lets_in_with_password(self, user: User) -> bool:
        """Return whether `user`, Schoolbeheer here, may use a password and a second step, for when it is down."""
        return user.memberships.filter(school=self.school_id, role=Role.SCHOOLBEHEER).exists()
