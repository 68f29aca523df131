"""Validate the lines of a list for a school: new, updated, skipped or an error.

An account without a role here is invited. The preview must not reveal who has an account, neither in the lines nor in
the number of queries. Importing does reveal it: new people get an account at once, others appear after accepting. Each
address then costs a mail in the manager's name and a log entry, and lists are limited (`rate_limits`).

A list never removes an existing number, or a name that its owner confirmed. It takes roles only from people whom it
lacks, if the import `ends` them, and only when none of its lines has an error: that line might be about them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from django.core.exceptions import ValidationError

from accounts.importing.columns import (
    CHUNK,
    EMAIL_AT,
    IS_EXAMPLE,
    NOT_IN_FILE,
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
from accounts.models import STUDENT_NUMBER_LENGTH, Membership, PeopleImport, Role, School, SchoolInvitation, User
from accounts.models.number_formats import read_number
from accounts.people.enrol import NAME_FIELDS, ExistingUser, ListedPerson, find_existing

EXAMPLE = ("Jan", "van den", "Voorbeeld", "jan.voorbeeld@school.example", "Student", "123456", "Nederlands")
ROLE = Column(
    "role",
    "Rol",
    "Student, Docent, Praktijkopleider, Examencommissie of Schoolbeheer; meer dan één met een komma ertussen. Leeg mag "
    "als er een studentnummer staat: dat is een student.",
    100,
    synonyms=SYNONYMS["role"],
    choices={str(label).casefold(): value for value, label in Role.choices},
    several=True,
)
NUMBER = Column(
    "student_number",
    "Studentnummer",
    "Alleen voor studenten. De student ziet het bij de eerste keer inloggen.",
    STUDENT_NUMBER_LENGTH,
    synonyms=SYNONYMS["student_number"],
)
COLUMNS = (
    Column("first_name", "Voornaam", "Verplicht.", 80, required=True, synonyms=SYNONYMS["first_name"], holds="name"),
    Column("infix", "Tussenvoegsel", "Zoals ‘van der’.", 30, synonyms=SYNONYMS["infix"], holds="name"),
    Column(
        "last_name",
        "Achternaam",
        "Verplicht, zonder tussenvoegsel.",
        120,
        required=True,
        synonyms=SYNONYMS["last_name"],
        holds="name",
    ),
    Column(
        "email",
        "E-mailadres",
        "Verplicht. Hieraan wordt iemand herkend, en hiermee logt die in.",
        254,
        required=True,
        synonyms=SYNONYMS["email"],
    ),
    ROLE,
    NUMBER,
    Column(
        "language",
        "Taal",
        "Van de mail met de link: Nederlands of Engels. Leeg is Nederlands.",
        40,
        synonyms=SYNONYMS["language"],
        choices={"nederlands": Language.DUTCH, "engels": Language.ENGLISH, "english": Language.ENGLISH},
    ),
)
TEMPLATE = Template(
    title="Studenten en medewerkers",
    columns=COLUMNS,
    example=EXAMPLE,
    explanation=(
        "Vul op het eerste werkblad per persoon één regel in.",
        "De kolommen mogen in een andere volgorde staan. Lege regels worden overgeslagen.",
        "De regel met het voorbeeld mag blijven staan: die wordt niet geïmporteerd.",
        "Wie nieuw is krijgt een account, en een mail om een wachtwoord te kiezen. Wie al een account heeft en nog "
        "niet bij de school hoort, krijgt een uitnodiging en komt erbij als die is aangenomen.",
        "Een lijst wijzigt geen studentnummer dat er al staat, en neemt wie erin staat geen rol af.",
    ),
)
HEADERS = {column.name: column.header for column in COLUMNS}


def listed_person(values: Sequence[str], school: School) -> ListedPerson:
    values_by_name = dict(zip((column.name for column in COLUMNS), values, strict=True))
    roles = set(ROLE.parse(values_by_name["role"])) or {Role.STUDENT.value}
    return ListedPerson(
        first_name=values_by_name["first_name"],
        infix=values_by_name["infix"],
        last_name=values_by_name["last_name"],
        email=normalise_address(values_by_name["email"]),
        roles=tuple(role.value for role in Role if role.value in roles),
        student_number=format_number(values_by_name["student_number"], school),
        language=COLUMNS[-1].choices.get(values_by_name["language"].casefold(), Language.DUTCH),
    )


def format_number(typed: str, school: School) -> str:
    """Return the number in the school's format; one that no longer fits stays as it is, as the preview accepted it."""
    try:
        return read_number(typed, patterns=school.number_forms, school=school.name)
    except ValidationError:
        return "".join(typed.split())


def validate(
    *,
    school: School,
    by_id: int,
    layout: Layout,
    lines: Lines,
    checked: Container[int] = (),
    lock: bool = False,
) -> Iterator[ValidatedRow]:
    """Yield what each line would do to the school now; see `Validate`."""
    earlier: dict[str, tuple[int, tuple[str, ...]]] = {}
    numbers: dict[str, int] = {}  # number → line
    for chunk in chunks(iter(lines), CHUNK):
        known = _Known(school, [values for _, values in chunk], lock=lock)
        for line, values in chunk:
            email = normalise_address(values[EMAIL_AT])
            notes = [] if line in checked else _problems(layout, values, school)
            if notes:
                yield ValidatedRow(Row(line, values, Outcome.ERROR, tuple(notes)))
            elif email == EXAMPLE[EMAIL_AT]:
                yield ValidatedRow(skipped(line, values, IS_EXAMPLE))
            elif email in earlier:
                yield ValidatedRow(repeated(layout, line, values, *earlier[email]))
            else:
                earlier[email] = line, values
                yield _validate_line(line, values, listed_person(values, school), known, numbers, by_id)


def _problems(layout: Layout, values: Sequence[str], school: School) -> list[Note]:
    """Return what is wrong with a line by itself."""
    notes = problems(layout, values)
    role, number = values[4], values[5]
    if not role and not number:
        notes.append(Note(ROLE.header, "", "moet worden ingevuld, of anders een studentnummer"))
    elif number and role and not notes and Role.STUDENT not in ROLE.parse(role):
        notes.append(Note(NUMBER.header, number, "kan niet: alleen een student heeft een studentnummer"))
    if any(note.column == NUMBER.header for note in notes):
        return notes
    try:
        read_number(number, patterns=school.number_forms, school=school.name)
    except ValidationError as error:
        notes.append(Note(NUMBER.header, number, f"kan niet. {error.messages[0]}"))
    return notes


class _Known:
    """The school's people and numbers for some lines, in five queries."""

    def __init__(self, school: School, lines: Sequence[Sequence[str]], *, lock: bool) -> None:
        emails = [normalise_address(values[EMAIL_AT]) for values in lines]
        self.people = find_existing(school, emails, lock=lock)
        invitations = school.school_invitations.open().filter(email__in=emails)
        self.invitations: dict[str, SchoolInvitation] = {invitation.email: invitation for invitation in invitations}
        numbers = {format_number(values[5], school) for values in lines} - {""}
        owners = Membership.objects.filter(school=school, student_number__in=numbers).select_related("user")
        self.owners = {owner.student_number: owner.user for owner in owners}


def _validate_line(
    line: int, values: tuple[str, ...], listed: ListedPerson, known: _Known, numbers: dict[str, int], by_id: int
) -> ValidatedRow:
    existing = known.people.get(listed.email)
    if error := _number_taken(listed, existing, known, numbers):
        return ValidatedRow(Row(line, values, Outcome.ERROR, (error,)), existing)
    if listed.student_number:
        numbers[listed.student_number] = line
    if existing and existing.memberships:
        return ValidatedRow(_member(line, values, listed, existing, by_id), existing)
    if invitation := known.invitations.get(listed.email):
        return ValidatedRow(_already_invited(line, values, listed, invitation), existing)
    return ValidatedRow(Row(line, values, Outcome.NEW), existing)


def _number_taken(
    listed: ListedPerson, existing: ExistingUser | None, known: _Known, numbers: dict[str, int]
) -> Note | None:
    number = listed.student_number
    if number in numbers:
        return Note(NUMBER.header, number, f"staat ook in regel {numbers[number]}")
    owner = known.owners.get(number)
    if owner and (existing is None or owner.pk != existing.user.pk):
        return Note(NUMBER.header, number, f"is al van {owner.full_name} ({owner.email})")
    return None


def _already_invited(line: int, values: tuple[str, ...], listed: ListedPerson, invitation: SchoolInvitation) -> Row:
    if set(listed.roles) <= set(invitation.roles) and listed.student_number in ("", invitation.student_number):
        return Row(line, values, Outcome.SKIPPED, (Note("", "", "is al uitgenodigd"),))
    text = "heeft al een open uitnodiging, met een andere rol of een ander studentnummer; trek die eerst in"
    return Row(line, values, Outcome.ERROR, (Note("", "", text),))


def _member(line: int, values: tuple[str, ...], listed: ListedPerson, existing: ExistingUser, by_id: int) -> Row:
    new_roles = existing.missing_roles(listed.roles)
    if new_roles and existing.user.pk == by_id:
        return Row(line, values, Outcome.ERROR, (Note(ROLE.header, values[4], "kan niet: dit bent u zelf"),))
    student = existing.memberships.get(Role.STUDENT)
    current_number = student.student_number if student else ""
    if listed.student_number and current_number and current_number != listed.student_number:
        text = f"kan niet: het nummer is nu {current_number}. Wijzig het bij de student zelf"
        return Row(line, values, Outcome.ERROR, (Note(NUMBER.header, listed.student_number, text),))
    changes = [Note(ROLE.header, str(Role(role).label), "komt erbij") for role in new_roles]
    if listed.student_number and not current_number:
        changes.append(Note(NUMBER.header, listed.student_number, "was leeg"))
    renamed = [name for name in NAME_FIELDS if getattr(existing.user, name) != getattr(listed, name)]
    notes = []
    if existing.can_be_renamed:
        changes += [Note(HEADERS[name], getattr(listed, name), _old_value(existing.user, name)) for name in renamed]
    elif renamed:
        notes.append(Note("", "", f"heeft een account en houdt de naam {existing.user.full_name}"))
    if not changes and not notes:
        notes.append(Note("", "", "hoort al zo bij de school"))
    outcome = Outcome.UPDATED if changes else Outcome.SKIPPED
    return Row(line, values, outcome, (*changes, *notes), existing.user.pk)


def find_absent(prepared: PeopleImport, rows: Sequence[Row]) -> Iterator[ValidatedRow]:
    """Yield those whom `prepared` ends: members whom the list lacks, by last name. The importing user stays."""
    if not prepared.ends:
        return
    has_errors = any(row.outcome == Outcome.ERROR for row in rows)
    listed = {row.email for row in rows}
    held = prepared.school.memberships.present().exclude(user=prepared.by_id).select_related("user")
    if prepared.ends == PeopleImport.Ends.STUDENTS:
        held = held.filter(role=Role.STUDENT)
    elif prepared.ends == PeopleImport.Ends.STAFF:
        held = held.exclude(role=Role.STUDENT)
    absent: dict[int, ExistingUser] = {}
    for membership in held.order_by("sort_key", "pk"):
        if membership.user.email not in listed:
            existing = absent.setdefault(membership.user_id, ExistingUser(membership.user))
            existing.memberships[membership.role] = membership
    for existing in absent.values():
        yield ValidatedRow(_absent_row(existing, stays=has_errors), existing)


def _absent_row(existing: ExistingUser, *, stays: bool) -> Row:
    user, student = existing.user, existing.memberships.get(Role.STUDENT)
    roles = ", ".join(membership.get_role_display() for membership in existing.memberships.values())
    number = student.student_number if student else ""
    values = (user.first_name, user.infix, user.last_name, user.email, roles, number, "")
    text = "staat niet in de lijst" + ("; blijft tot alle regels met een fout zijn verbeterd" if stays else "")
    outcome = Outcome.SKIPPED if stays else Outcome.ENDED
    return Row(NOT_IN_FILE, values, outcome, (Note("", "", text),), user.pk)


def _old_value(user: User, name: str) -> str:
    before = getattr(user, name)
    return f"was ‘{before}’" if before else "was leeg"
