"""A provider's claims about a person, read from its claims; pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from accounts.fields import refuse_web_address
from accounts.mail.addresses import mailable
from accounts.models import User
from accounts.text import clean_line

Mapping_ = Mapping[str, "str | list[str]"]
FIELDS = (
    "subject",
    "email",
    "email_verified",
    "first_name",
    "infix",
    "last_name",
    "student_number",
    "affiliation",
    "organization",
)
_STANDARD: dict[str, list[str]] = {
    "subject": ["sub"],
    "email": ["email"],
    "email_verified": ["email_verified"],
    "first_name": ["given_name"],
    "last_name": ["family_name"],
}
_EMAIL_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
# Per preset, the claims of each field, the first that is present. SURFconext: its page 'Claims', which has older and
# newer names. Entra ID: 'Optional claims reference'; `employeeid` is a claim that the school adds.
PRESETS: dict[str, dict[str, list[str]]] = {
    "SURFCONEXT": {
        **_STANDARD,
        "organization": ["schac_home_organization"],
        "affiliation": ["eduperson_affiliation", "edu_person_affiliations"],
        "student_number": ["schac_personal_unique_code", "schac_personal_unique_codes"],
    },
    "ENTRA": {
        **_STANDARD,
        "subject": ["oid"],
        "email": ["email", "preferred_username"],
        "organization": ["tid"],
        "affiliation": ["roles"],
        "student_number": ["employeeid"],
    },
    # Entree Federatie: 'Attributen overzicht voor Service Providers'; the last three only by agreement with the school.
    "ENTREE": {
        "subject": ["uid"],
        "email": ["mail"],
        "first_name": ["givenName"],
        "infix": ["nlEduPersonTussenvoegsels"],
        "last_name": ["sn"],
        "organization": ["nlEduPersonHomeOrganizationId"],
        "affiliation": ["eduPersonAffiliation"],
        "student_number": ["employeeNumber", "nlEduPersonProfileId"],
    },
    "SAML": {
        "subject": ["urn:oasis:names:tc:SAML:attribute:subject-id", "NameID"],
        "email": [
            "urn:oid:0.9.2342.19200300.100.1.3",
            "urn:mace:dir:attribute-def:mail",
            "mail",
            "email",
            _EMAIL_CLAIM,
        ],
        "first_name": ["urn:oid:2.5.4.42", "urn:mace:dir:attribute-def:givenName", "givenName"],
        "last_name": ["urn:oid:2.5.4.4", "urn:mace:dir:attribute-def:sn", "sn"],
        "organization": ["urn:oid:1.3.6.1.4.1.25178.1.2.9", "schacHomeOrganization"],
        "affiliation": ["urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "eduPersonAffiliation"],
        "student_number": ["urn:oid:1.3.6.1.4.1.25178.1.2.14", "studentNumber"],
    },
    "OIDC": {
        **_STANDARD,
        "infix": ["middle_name"],
        "organization": ["schac_home_organization"],
        "affiliation": ["eduperson_affiliation"],
        "student_number": ["student_number"],
    },
}
SCOPES = {"SURFCONEXT": ["openid"]}
DEFAULT_SCOPES = ["openid", "profile", "email"]
MAX_UID = 191  # characters, of allauth's column
STUDENT_CODE = ":studentid:"  # in urn:schac:personalUniqueCode:nl:local:school.nl:studentid:s1234567


@dataclass(frozen=True)
class Identity:
    """A person at a provider. `email_verified` is None if the provider does not say."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool | None = None
    first_name: str = ""
    infix: str = ""
    last_name: str = ""
    student_number: str = ""
    affiliations: tuple[str, ...] = ()
    organization: str = ""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]

    @property
    def uid(self) -> str:
        """The key of the person at the provider: issuer and subject, never the address."""
        text = f"{self.issuer} {self.subject}"
        return text if len(text) <= MAX_UID else hashlib.sha256(text.encode()).hexdigest()


class NoSubject(Exception):
    """The claims do not say who it is."""


def read_identity(claims: Mapping[str, Any], *, issuer: str, preset: str, mapping: Mapping_) -> Identity:
    """Return who the claims are about; `mapping` replaces names of the preset. Raise `NoSubject`."""
    names = {**PRESETS[preset], **{field: _listed(name) for field, name in mapping.items()}}
    values = {field: _first(claims, names.get(field, [])) for field in FIELDS}
    subject = _text(values["subject"])
    if not subject:
        raise NoSubject
    return Identity(
        issuer=issuer,
        subject=subject,
        email=_email(_text(values["email"])),
        email_verified=_verified(values["email_verified"]),
        first_name=_name("first_name", values["first_name"]),
        infix=_name("infix", values["infix"]),
        last_name=_name("last_name", values["last_name"]),
        student_number=_student_number(values["student_number"]),
        affiliations=tuple(text.lower() for text in _texts(values["affiliation"])),
        organization=_text(values["organization"]),
    )


def _listed(name: str | list[str]) -> list[str]:
    return [name] if isinstance(name, str) else list(name)


def _first(claims: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((claims[name] for name in names if claims.get(name) not in (None, "", [])), None)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [clean_line(item) for item in values if isinstance(item, str)]


def _text(value: Any) -> str:
    return next(iter(_texts(value)), "")


def _verified(value: Any) -> bool | None:
    """Return True, False, or None if absent; some providers send it as text."""
    text = str(value[0] if isinstance(value, list) else value).lower()
    return {"true": True, "false": False, "1": True, "0": False}.get(text)


def _email(value: str) -> str:
    try:
        return mailable(value) if "@" in value else ""
    except ValidationError:
        return ""


def _name(field: str, value: Any) -> str:
    """Return a name as the column holds it; '' for one that no form would accept."""
    name = _text(value)[: _column(field).max_length]
    try:
        refuse_web_address(name)
    except ValidationError:
        return ""
    return name


def _column(field: str) -> Any:
    return User._meta.get_field(field)  # noqa: SLF001 - Django's documented API


def _student_number(value: Any) -> str:
    """Return the number, of codes the one of a student, and of 'number@administration' the number."""
    texts = _texts(value)
    codes = [text for text in texts if text.lower().startswith("urn:")]
    if codes:
        texts = [text.rpartition(":")[2] for text in codes if STUDENT_CODE in text.lower()]
    return next(iter(texts), "").partition("@")[0]
