"""What a line of a file means for a school's address book: new, updated, skipped, or wrong."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Literal

from django.db.models.functions import Lower

from accounts.importing.columns import (
    CHUNK,
    EMAIL_AT,
    SYNONYMS,
    Column,
    Judged,
    Layout,
    Note,
    Outcome,
    Row,
    chunks,
    problems,
    repeated,
)
from accounts.importing.kinds import Lines
from accounts.importing.template_files import Template
from accounts.language import Language
from accounts.mailable import normalise_address
from accounts.models import School
from addressbook.models import Contact

EXAMPLE = ("Jan", "van den", "Voorbeeld", "jan.voorbeeld@bedrijf.example", "Praktijkopleider", "Bedrijf BV", "Beroepsonderwijs", "Nederlands")  # fmt: skip  # noqa: E501
# What may stand in a cell → value; of several words for one value the first is offered.
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
OF_THE_ACCOUNT = ("first_name", "infix", "last_name", "side", "language")
KEEPS_ITS_NAME = "heeft een account: alleen functie en organisatie worden overgenomen"


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


def judge(
    *, school: School, by_id: int, layout: Layout, lines: Lines, sound: Container[int] = (), lock: bool = False
) -> Iterator[Judged]:
    """What each line would do to the school's address book as it is now; `Judge` says the rest."""
    earlier: dict[str, tuple[int, tuple[str, ...]]] = {}
    for chunk in chunks(iter(lines), CHUNK):
        known = _known(school, [normalise_address(values[EMAIL_AT]) for _, values in chunk], lock=lock)
        for line, values in chunk:
            email = normalise_address(values[EMAIL_AT])
            notes = [] if line in sound else problems(layout, values)
            if notes:
                yield Judged(Row(line, values, Outcome.ERROR, tuple(notes)))
            elif email == EXAMPLE[EMAIL_AT]:
                yield Judged(Row(line, values, Outcome.SKIPPED, (Note("", "", "het voorbeeld uit het template"),)))
            elif email in earlier:
                yield Judged(repeated(layout, line, values, *earlier[email]))
            else:
                earlier[email] = line, values
                contact = known.get(email)
                yield Judged(_row(layout, line, values, contact), contact)


def _known(school: School, emails: Sequence[str], *, lock: bool) -> dict[str, Contact]:
    # Lower() is what the unique index is on.
    contacts = school.contacts.alias(lower=Lower("email")).filter(lower__in=[email for email in emails if email])
    if lock:
        contacts = contacts.order_by("pk").select_for_update()
    return {contact.email.lower(): contact for contact in contacts}


def wanted(layout: Layout, values: Sequence[str]) -> dict[str, str]:
    """What the file says of someone's fields; an empty cell says nothing, but in a name."""
    given = dict(zip(NAMES, values, strict=True))
    for name, choices in CHOICES.items():
        given[name] = choices.get(given[name].casefold(), "")
    given["email"] = normalise_address(given["email"])
    return {name: value for name, value in given.items() if value or (name == "infix" and "infix" in layout.places)}


def choices_written(row: Row) -> tuple[str, str]:
    """Return what a row gives for 'Verbonden aan' and 'Taal': as it was typed, or for someone new what empty means."""
    side, language = row.values[NAMES.index("side")], row.values[NAMES.index("language")]
    if row.outcome != Outcome.NEW:
        return side, language
    return side or str(Contact.Side.WORKPLACE.label), language or str(Language.DUTCH.label)


def _row(layout: Layout, line: int, values: tuple[str, ...], contact: Contact | None) -> Row:
    if contact is None:
        return Row(line, values, Outcome.NEW)
    if contact.removed_at is not None:
        return Row(line, values, Outcome.NEW, (Note("", "", "stond eerder in het adresboek en komt terug"),))
    changes = {name: value for name, value in wanted(layout, values).items() if getattr(contact, name) != value}
    left = [] if contact.user_id is None else [changes.pop(name, None) for name in OF_THE_ACCOUNT]
    notes = [Note(HEADERS[name], values[NAMES.index(name)], _was(contact, name)) for name in changes]
    if any(value is not None for value in left):
        notes.append(Note("", "", KEEPS_ITS_NAME))
    elif not changes:
        notes.append(Note("", "", "staat al zo in het adresboek"))
    return Row(line, values, Outcome.UPDATED if changes else Outcome.SKIPPED, tuple(notes))


def _was(contact: Contact, name: str) -> str:
    before = getattr(contact, f"get_{name}_display")() if name in CHOICES else getattr(contact, name)
    return f"was ‘{before}’" if before else "was leeg"


def contact_after(judged: Judged, *, school: School, layout: Layout) -> Contact:
    """The unsaved contact that a good row makes of what is there."""
    given = wanted(layout, judged.row.values)
    contact: Contact | None = judged.there
    if contact is None:
        contact = Contact(school=school, **given)
    elif contact.removed_at is not None:  # comes back as if added by hand
        contact = Contact(pk=contact.pk, school=school, **{"language": contact.language, **given})
    else:
        for name, value in given.items():
            if contact.user_id is None or name not in OF_THE_ACCOUNT:
                setattr(contact, name, value)
    contact.set_derived()
    return contact
