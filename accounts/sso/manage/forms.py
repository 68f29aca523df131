"""The form of an identity provider."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from accounts.models import IdentityProvider
from accounts.sso.common import ProviderError
from accounts.sso.http import is_allowed
from accounts.sso.identity import FIELDS
from accounts.sso.saml import read_metadata

NO_ADDRESS = "Vul een adres in dat met https:// begint."
_FIXED_ONCE_LINKED = ("preset", "issuer")


class ProviderForm(forms.ModelForm):
    """The secret is never rendered; left empty, it stays."""

    folds_help = True

    client_secret = forms.CharField(
        label="Client secret",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Wordt versleuteld bewaard en nooit meer getoond.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider = self.instance
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("autocomplete", "off")
            if name in ("mapping", "metadata"):
                field.widget.attrs["rows"] = 3
        if provider.pk is None:
            self.initial.update(name=provider.school.name, slug=slugify(provider.school.name))
        else:
            self.fields["client_secret"].help_text = "Er is een geheim bewaard. Leeg: het blijft zoals het is."
            if provider.accounts.exists():
                self._fix_identity()

    def _fix_identity(self) -> None:
        """Fix what people are known by."""
        for name in _FIXED_ONCE_LINKED:
            self.fields[name].disabled = True
            self.fields[name].help_text = "Er zijn al mensen gekoppeld; voeg voor iets anders een nieuwe toe."

    def clean_client_secret(self) -> str:
        return self.cleaned_data["client_secret"] or self.instance.client_secret

    def clean_issuer(self) -> str:
        """Return the issuer; the entity id of SAML need not be an address."""
        issuer: str = self.cleaned_data["issuer"].strip()
        if self.cleaned_data.get("preset") not in IdentityProvider.SAML_PRESETS and not is_allowed(issuer):
            raise ValidationError(NO_ADDRESS)
        return issuer

    def clean_metadata_url(self) -> str:
        url: str = self.cleaned_data["metadata_url"]
        if url and not is_allowed(url):
            raise ValidationError(NO_ADDRESS)
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_saml = cleaned.get("preset") in IdentityProvider.SAML_PRESETS
        if not is_saml and not cleaned.get("client_secret") and "client_secret" not in self.errors:
            self.add_error("client_secret", "Dit veld is verplicht.")
        if is_saml and cleaned.get("metadata") and cleaned.get("issuer"):
            try:
                read_metadata(cleaned["metadata"], entity_id=cleaned["issuer"])
            except ProviderError:
                text = "Dit is geen metadata van deze entity-id met een certificaat en een inlogadres."
                self.add_error("metadata", text)
        return cleaned

    def clean_mapping(self) -> dict[str, Any]:
        mapping = self.cleaned_data["mapping"] or {}
        if not isinstance(mapping, dict):
            raise ValidationError('Schrijf dit als {"student_number": "employeeid"}.')
        if unknown := sorted(mapping.keys() - set(FIELDS)):
            raise ValidationError(f"{unknown[0]} bestaat hier niet. Het kan zijn: {', '.join(FIELDS)}.")
        for names in mapping.values():
            if not isinstance(names, str) and not (
                isinstance(names, list) and names and all(isinstance(name, str) for name in names)
            ):
                raise ValidationError("Zet achter de dubbele punt een naam, of een lijst van namen.")
        return mapping


_OWN = ["name", "slug", "preset", "issuer", "client_id", "client_secret", "metadata_url", "metadata"]
_TRUST = ["organization", "domains", "vouches_for_domains"]
_REST = ["is_required", "is_active", "mapping"]


class ConsortiumProviderForm(ProviderForm):
    class Meta:
        model = IdentityProvider
        fields: ClassVar[list[str]] = [*_OWN, *_TRUST, *_REST]


class SchoolProviderForm(ProviderForm):
    """Without what the Consortium decides: whose domains these are. What is invalid there only the Consortium mends."""

    class Meta:
        model = IdentityProvider
        fields: ClassVar[list[str]] = [*_OWN, "organization", *_REST]
