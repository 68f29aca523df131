"""What a line of a file means for a school's address book: new, updated, skipped, or wrong."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Lower

from accounts.importing.columns import Column, Layout, Note, check
from accounts.language import Language
from accounts.models import School
from addressbook.models import Contact

CHUNK = 500  # lines a query: SQLite takes no thousands of values
EXAMPLE = ("Jan", "van den", "Voorbeeld", "jan.voorbeeld@bedrijf.example", "Praktijkopleider", "Bedrijf BV", "Beroepsonderwijs", "Nederlands")  # fmt: skip  # noqa: E501
T = TypeVar("T")
# What may stand in a cell → value; of several words for one value the first is offered.
CHOICES: dict[str, dict[str, str]] = {
    "side": {str(label).casefold(): value for value, label in Contact.Side.choices},
    "language": {"nederlands": Language.DUTCH, "engels": Language.ENGLISH, "english": Language.ENGLISH},
}


def _column(name: str, header: str, explanation: str, *, required: bool = False, also: tuple[str, ...] = ()) -> Column:
    choices = CHOICES.get(name, {})
    longest = 40 if choices else getattr(Contact, name).field.max_length
    return Column(name, header, explanation, longest, required, also, choices)


EMAIL = _column(
    "email",
    "E-mailadres",
    "Verplicht. Hieraan wordt iemand herkend: staat het adres al in het adresboek, dan wordt die persoon bijgewerkt.",
    required=True,
    also=("E-mail", "Mailadres", "Mail"),
)
COLUMNS = (
    _column("first_name", "Voornaam", "Verplicht.", required=True),
    _column("infix", "Tussenvoegsel", "Zoals ‘van der’."),
    _column("last_name", "Achternaam", "Verplicht, zonder tussenvoegsel.", required=True),
    EMAIL,
    _column("function", "Functie", "Leeg laat staan wat er al is."),
    _column("organisation", "Organisatie", "Leeg laat staan wat er al is.", also=("Bedrijf",)),
    _column("side", "Verbonden aan", "School of Beroepsonderwijs. Leeg is voor wie nieuw is Beroepsonderwijs."),
    _column("language", "Taal", "Van mails en formulier: Nederlands of Engels. Leeg is voor wie nieuw is Nederlands."),
)
NAMES = tuple(column.name for column in COLUMNS)
HEADERS = {column.name: column.header for column in COLUMNS}
OF_THE_ACCOUNT = ("first_name", "infix", "last_name", "side", "language")
KEEPS_ITS_NAME = "heeft een account: alleen functie en organisatie worden overgenomen"


class Outcome(models.TextChoices):
    NEW = "NEW", "Nieuw"
    UPDATED = "UPDATED", "Bijgewerkt"
    SKIPPED = "SKIPPED", "Overgeslagen"
    ERROR = "ERROR", "Fout"


GOOD = (Outcome.NEW, Outcome.UPDATED)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file and what importing it does; `values` in the order of `COLUMNS`."""

    line: int
    values: tuple[str, ...]
    outcome: str
    notes: tuple[Note, ...] = ()

    @property
    def outcome_label(self) -> str:
        return str(Outcome(self.outcome).label)

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, self.values[:3]))

    @property
    def email(self) -> str:
        return self.values[3].lower()


@dataclass(frozen=True, slots=True)
class Judged:
    """A row, with the contact that has its address already, if there is one."""

    row: Row
    contact: Contact | None = None


def judge(
    *,
    school: School,
    layout: Layout,
    lines: Iterable[tuple[int, tuple[str, ...]]],
    sound: Container[int] = (),
    lock: bool = False,
) -> Iterator[Judged]:
    """What each line would do to the school's address book as it is now, in the lines' order.

    The lines in `sound` have been judged before and hold good values: what is looked at is the address book alone.
    With `lock`, inside a transaction, the contacts that are there already can't change until it ends.
    """
    earlier: dict[str, tuple[int, tuple[str, ...]]] = {}
    for chunk in _chunks(iter(lines), CHUNK):
        known = _known(school, [values[3].lower() for _, values in chunk], lock=lock)
        for line, values in chunk:
            email = values[3].lower()
            notes = [] if line in sound else _problems(layout, values)
            if notes:
                yield Judged(Row(line, values, Outcome.ERROR, tuple(notes)))
            elif email == EXAMPLE[3]:
                yield Judged(Row(line, values, Outcome.SKIPPED, (Note("", "", "het voorbeeld uit het template"),)))
            elif email in earlier:
                yield Judged(_repeated(line, values, *earlier[email]))
            else:
                earlier[email] = line, values
                contact = known.get(email)
                yield Judged(_row(layout, line, values, contact), contact)


def _chunks(things: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(things, size)):
        yield chunk


def _known(school: School, emails: Sequence[str], *, lock: bool) -> dict[str, Contact]:
    # Lower() is what the unique index is on.
    contacts = school.contacts.alias(lower=Lower("email")).filter(lower__in=[email for email in emails if email])
    if lock:
        contacts = contacts.order_by("pk").select_for_update()
    return {contact.email.lower(): contact for contact in contacts}


def _problems(layout: Layout, values: Sequence[str]) -> list[Note]:
    notes = check(layout, values)
    email = values[3]
    if not any(note.column == EMAIL.header for note in notes) and not _can_get_mail(email):
        notes.append(Note(EMAIL.header, email, "is geen e-mailadres"))
    return notes


def _can_get_mail(email: str) -> bool:
    try:
        validate_email(email)
        if not email.isascii() or '"' in email:
            sanitize_address(email, "utf-8")  # what sending will do: a domain must be writable in ASCII
    except (ValidationError, ValueError):
        return False
    return True


def _repeated(line: int, values: tuple[str, ...], first: int, of_first: tuple[str, ...]) -> Row:
    if values == of_first:
        return Row(line, values, Outcome.SKIPPED, (Note("", "", f"staat ook in regel {first}"),))
    note = Note(EMAIL.header, values[3], f"staat ook in regel {first}, met andere gegevens")
    return Row(line, values, Outcome.ERROR, (note,))


def wanted(layout: Layout, values: Sequence[str]) -> dict[str, str]:
    """What the file says of someone's fields; an empty cell says nothing, but in a name."""
    given = dict(zip(NAMES, values, strict=True))
    for name, choices in CHOICES.items():
        given[name] = choices.get(given[name].casefold(), "")
    given["email"] = given["email"].lower()
    return {name: value for name, value in given.items() if value or (name == "infix" and "infix" in layout.places)}


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
    contact = judged.contact
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
