"""Validate the lines of a list of examiners against a school's address book."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Literal

from django.db.models.functions import Lower

from accounts.importing.columns import (
    CHUNK,
    EMAIL_AT,
    IS_EXAMPLE,
    SYNONYMS,
    Column,
    Layout,
    Note,
    Outcome,
    Row,
    ValidatedRow,
    chunks,
    problems,
    repeated,
    skipped,
)
from accounts.importing.kinds import Lines
from accounts.importing.template_files import Template
from accounts.language import Language
from accounts.mail.addresses import normalise_address
from accounts.models import School
from addressbook.models import Contact

EXAMPLE = ("Jan", "van den", "Voorbeeld", "jan.voorbeeld@bedrijf.example", "Praktijkopleider", "Bedrijf BV", "Beroepsonderwijs", "Nederlands")  # fmt: skip  # noqa: E501
# Text of a cell, case-insensitive → value; the template offers the first text of each value.
CHOICES: dict[str, dict[str, str]] = {
    "side": {str(label).casefold(): value for value, label in Contact.Side.choices},
    "language": {"nederlands": Language.DUTCH, "engels": Language.ENGLISH, "english": Language.ENGLISH},
}


def _column(name: str, header: str, explanation: str, *, required: bool = False) -> Column:
    choices = CHOICES.get(name, {})
    longest = 40 if choices else getattr(Contact, name).field.max_length
    holds: Literal["text", "name"] = "name" if name in ("first_name", "infix", "last_name") else "text"
    return Column(name, header, explanation, longest, required, SYNONYMS[name], choices, holds=holds)


COLUMNS = (
    _column("first_name", "Voornaam", "Verplicht.", required=True),
    _column("infix", "Tussenvoegsel", "Zoals ‘van der’."),
    _column("last_name", "Achternaam", "Verplicht, zonder tussenvoegsel.", required=True),
    _column(
        "email",
        "E-mailadres",
        "Verplicht. Hieraan wordt iemand herkend: staat het adres al in het adresboek, dan wordt die persoon "
        "bijgewerkt.",
        required=True,
    ),
    _column("function", "Functie", "Leeg laat staan wat er al is."),
    _column("organisation", "Organisatie", "Leeg laat staan wat er al is."),
    _column("side", "Verbonden aan", "School of Beroepsonderwijs. Leeg is voor wie nieuw is Beroepsonderwijs."),
    _column("language", "Taal", "Van mails en formulier: Nederlands of Engels. Leeg is voor wie nieuw is Nederlands."),
)
NAMES = tuple(column.name for column in COLUMNS)
HEADERS = {column.name: column.header for column in COLUMNS}
ACCOUNT_FIELDS = ("first_name", "infix", "last_name", "side", "language")
DETAILS_FROM_ACCOUNT = "heeft een account: alleen functie en organisatie worden overgenomen"


TEMPLATE = Template(
    title="Examinatoren",
    columns=COLUMNS,
    example=EXAMPLE,
    explanation=(
        "Vul op het eerste werkblad per examinator één regel in.",
        "De kolommen mogen in een andere volgorde staan. Lege regels worden overgeslagen.",
        "De regel met het voorbeeld mag blijven staan: die wordt niet geïmporteerd.",
        "Heeft iemand een account in Digibib, dan worden alleen functie en organisatie overgenomen.",
    ),
)


def validate(
    *, school: School, by_id: int, layout: Layout, lines: Lines, checked: Container[int] = (), lock: bool = False
) -> Iterator[ValidatedRow]:
    """See `accounts.importing.kinds.Validate`."""
    earlier: dict[str, tuple[int, tuple[str, ...]]] = {}
    for chunk in chunks(iter(lines), CHUNK):
        known = _known(school, [normalise_address(values[EMAIL_AT]) for _, values in chunk], lock=lock)
        for line, values in chunk:
            email = normalise_address(values[EMAIL_AT])
            notes = [] if line in checked else problems(layout, values)
            if notes:
                yield ValidatedRow(Row(line, values, Outcome.ERROR, tuple(notes)))
            elif email == EXAMPLE[EMAIL_AT]:
                yield ValidatedRow(skipped(line, values, IS_EXAMPLE))
            elif email in earlier:
                yield ValidatedRow(repeated(layout, line, values, *earlier[email]))
            else:
                earlier[email] = line, values
                contact = known.get(email)
                yield ValidatedRow(_row(layout, line, values, contact), contact)


def _known(school: School, emails: Sequence[str], *, lock: bool) -> dict[str, Contact]:
    # As the unique index.
    contacts = school.contacts.alias(lower=Lower("email")).filter(lower__in=[email for email in emails if email])
    if lock:
        contacts = contacts.order_by("pk").select_for_update()
    return {contact.email.lower(): contact for contact in contacts}


def field_values(layout: Layout, values: Sequence[str]) -> dict[str, str]:
    """Return the fields that a line sets: not the empty ones, except an infix."""
    fields = dict(zip(NAMES, values, strict=True))
    for name, choices in CHOICES.items():
        fields[name] = choices.get(fields[name].casefold(), "")
    fields["email"] = normalise_address(fields["email"])
    return {name: value for name, value in fields.items() if value or (name == "infix" and "infix" in layout.places)}


def displayed_choices(row: Row) -> tuple[str, str]:
    """Return 'Verbonden aan' and 'Taal' of a row as typed; for a new contact the default of an empty cell."""
    side, language = row.values[NAMES.index("side")], row.values[NAMES.index("language")]
    if row.outcome != Outcome.NEW:
        return side, language
    return side or str(Contact.Side.WORKPLACE.label), language or str(Language.DUTCH.label)


def _row(layout: Layout, line: int, values: tuple[str, ...], contact: Contact | None) -> Row:
    if contact is None:
        return Row(line, values, Outcome.NEW)
    if contact.removed_at is not None:
        return Row(line, values, Outcome.NEW, (Note("", "", "stond eerder in het adresboek en komt terug"),))
    changes = {name: value for name, value in field_values(layout, values).items() if getattr(contact, name) != value}
    ignored = [] if contact.user_id is None else [changes.pop(name, None) for name in ACCOUNT_FIELDS]
    notes = [Note(HEADERS[name], values[NAMES.index(name)], _was(contact, name)) for name in changes]
    if any(value is not None for value in ignored):
        notes.append(Note("", "", DETAILS_FROM_ACCOUNT))
    elif not changes:
        notes.append(Note("", "", "staat al zo in het adresboek"))
    return Row(line, values, Outcome.UPDATED if changes else Outcome.SKIPPED, tuple(notes))


def _was(contact: Contact, name: str) -> str:
    before = getattr(contact, f"get_{name}_display")() if name in CHOICES else getattr(contact, name)
    return f"was ‘{before}’" if before else "was leeg"


def contact_after(validated: ValidatedRow, *, school: School, layout: Layout) -> Contact:
    """Return the unsaved contact after importing a valid row."""
    fields = field_values(layout, validated.row.values)
    contact: Contact | None = validated.existing
    if contact is None:
        contact = Contact(school=school, **fields)
    elif contact.removed_at is not None:  # returns as if added by hand
        contact = Contact(pk=contact.pk, school=school, **{"language": contact.language, **fields})
    else:
        for name, value in fields.items():
            if contact.user_id is None or name not in ACCOUNT_FIELDS:
                setattr(contact, name, value)
    contact.set_derived()
    return contact
