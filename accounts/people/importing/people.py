"""What a line of a list means for a school: someone new, more of someone who is there, nothing, or what is wrong.

Who has an account without a role here is asked first, as anyone at another school is. Looking at a list does not tell
who that is: the lines, and the queries, are those of someone without an account. Importing it does: who had none gets
one at once, with the roles, and the others are not among the school's people until they accept. What that shows of an
address costs an invitation with the manager's name, a line in the log, and lists are few an hour (`rate_limits`).

Nothing is taken away by a list: no role, no number that is there, no name that its owner has checked.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

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
from accounts.models import STUDENT_NUMBER_LENGTH, Membership, Role, School, SchoolInvitation, User
from accounts.school.number_formats import read_number

EXAMPLE = ("Jan", "van den", "Voorbeeld", "jan.voorbeeld@school.example", "Student", "123456", "Nederlands")
ROLE = Column(
    "role",
    "Rol",
    "Student, Docent, Praktijkopleider, Examencommissie of Schoolbeheer; meer dan één met een komma ertussen. Leeg mag "
    "als er een studentnummer staat: dat is een student.",
    100,
    also=SYNONYMS["role"],
    choices={str(label).casefold(): value for value, label in Role.choices},
    several=True,
)
NUMBER = Column(
    "student_number",
    "Studentnummer",
    "Alleen voor studenten. De student ziet het bij de eerste keer inloggen.",
    STUDENT_NUMBER_LENGTH,
    also=SYNONYMS["student_number"],
)
COLUMNS = (
    Column("first_name", "Voornaam", "Verplicht.", 80, required=True, also=SYNONYMS["first_name"], holds="name"),
    Column("infix", "Tussenvoegsel", "Zoals ‘van der’.", 30, also=SYNONYMS["infix"], holds="name"),
    Column(
        "last_name",
        "Achternaam",
        "Verplicht, zonder tussenvoegsel.",
        120,
        required=True,
        also=SYNONYMS["last_name"],
        holds="name",
    ),
    Column(
        "email",
        "E-mailadres",
        "Verplicht. Hieraan wordt iemand herkend, en hiermee logt die in.",
        254,
        required=True,
        also=SYNONYMS["email"],
    ),
    ROLE,
    NUMBER,
    Column(
        "language",
        "Taal",
        "Van de mail met de link: Nederlands of Engels. Leeg is Nederlands.",
        40,
        also=SYNONYMS["language"],
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
        "Een lijst neemt niemand een rol af en wijzigt geen studentnummer dat er al staat.",
    ),
)
NAMES = ("first_name", "infix", "last_name")
HEADERS = {column.name: column.header for column in COLUMNS}


@dataclass(frozen=True)
class Wanted:
    """What a good line says of someone."""

    first_name: str
    infix: str
    last_name: str
    email: str
    roles: tuple[str, ...]
    student_number: str
    language: str


@dataclass
class There:
    """Someone who has an account: `here` are their roles at the school, by role, an ended one included."""

    user: User
    here: dict[str, Membership] = field(default_factory=dict)
    is_elsewhere: bool = False

    @property
    def can_be_renamed(self) -> bool:
        """As long as nobody but this school wrote the name."""
        return self.user.details_checked_at is None and not self.is_elsewhere


def wanted(values: Sequence[str], school: School) -> Wanted:
    given = dict(zip((column.name for column in COLUMNS), values, strict=True))
    roles = set(ROLE.chosen(given["role"])) or {Role.STUDENT.value}
    return Wanted(
        first_name=given["first_name"],
        infix=given["infix"],
        last_name=given["last_name"],
        email=normalise_address(given["email"]),
        roles=tuple(role.value for role in Role if role.value in roles),
        student_number=number_of(given["student_number"], school),
        language=COLUMNS[-1].choices.get(given["language"].casefold(), Language.DUTCH),
    )


def number_of(typed: str, school: School) -> str:
    """A number as the school writes it; one that was shown as good stays, though another form is wanted by now."""
    try:
        return read_number(typed, forms=school.number_forms, school=school.name)
    except ValidationError:
        return "".join(typed.split())


def judge(
    *,
    school: School,
    by_id: int,
    layout: Layout,
    lines: Lines,
    sound: Container[int] = (),
    lock: bool = False,
) -> Iterator[Judged]:
    """What each line would do to the school as it is now; `Judge` says the rest."""
    earlier: dict[str, tuple[int, tuple[str, ...]]] = {}
    numbers: dict[str, int] = {}  # → the line that has it
    for chunk in chunks(iter(lines), CHUNK):
        known = _Known(school, [values for _, values in chunk], lock=lock)
        for line, values in chunk:
            email = normalise_address(values[EMAIL_AT])
            notes = [] if line in sound else _problems(layout, values, school)
            if notes:
                yield Judged(Row(line, values, Outcome.ERROR, tuple(notes)))
            elif email == EXAMPLE[EMAIL_AT]:
                yield Judged(Row(line, values, Outcome.SKIPPED, (Note("", "", "het voorbeeld uit het template"),)))
            elif email in earlier:
                yield Judged(repeated(layout, line, values, *earlier[email]))
            else:
                earlier[email] = line, values
                yield _judge(line, values, wanted(values, school), known, numbers, by_id)


def _problems(layout: Layout, values: Sequence[str], school: School) -> list[Note]:
    """What is wrong with a line by itself."""
    notes = problems(layout, values)
    role, number = values[4], values[5]
    if not role and not number:
        notes.append(Note(ROLE.header, "", "moet worden ingevuld, of anders een studentnummer"))
    elif number and role and not notes and Role.STUDENT not in ROLE.chosen(role):
        notes.append(Note(NUMBER.header, number, "kan niet: alleen een student heeft een studentnummer"))
    if any(note.column == NUMBER.header for note in notes):
        return notes
    try:
        read_number(number, forms=school.number_forms, school=school.name)
    except ValidationError as wrong:
        notes.append(Note(NUMBER.header, number, f"kan niet. {wrong.messages[0]}"))
    return notes


class _Known:
    """What the school has of the people and numbers of some lines, in five queries."""

    def __init__(self, school: School, lines: Sequence[Sequence[str]], *, lock: bool) -> None:
        emails = [normalise_address(values[EMAIL_AT]) for values in lines]
        users = User.objects.filter(email__in=emails).order_by("pk")
        if lock:
            users = users.select_for_update(no_key=True)
        self.people = {user.email: There(user) for user in users}
        of_user = {there.user.pk: there for there in self.people.values()}
        # By address, not by account: a query for no accounts would not be asked, and its absence be noticed.
        held = Membership.objects.filter(user__email__in=emails).order_by()
        for membership in held.filter(school=school):
            if there := of_user.get(membership.user_id):
                there.here[membership.role] = membership
        for pk in held.exclude(school=school).values_list("user", flat=True):
            if there := of_user.get(pk):  # else the account was made between the queries
                there.is_elsewhere = True
        asked = school.school_invitations.open().filter(email__in=emails)
        self.asked: dict[str, SchoolInvitation] = {invitation.email: invitation for invitation in asked}
        numbers = {number_of(values[5], school) for values in lines} - {""}
        owners = Membership.objects.filter(school=school, student_number__in=numbers).select_related("user")
        self.owners = {owner.student_number: owner.user for owner in owners}


def _judge(
    line: int, values: tuple[str, ...], given: Wanted, known: _Known, numbers: dict[str, int], by_id: int
) -> Judged:
    there = known.people.get(given.email)
    if wrong := _number_taken(given, there, known, numbers):
        return Judged(Row(line, values, Outcome.ERROR, (wrong,)), there)
    if given.student_number:
        numbers[given.student_number] = line
    if there and there.here:
        return Judged(_of_the_school(line, values, given, there, by_id), there)
    if asked := known.asked.get(given.email):
        return Judged(_asked_already(line, values, given, asked), there)
    return Judged(Row(line, values, Outcome.NEW), there)


def _number_taken(given: Wanted, there: There | None, known: _Known, numbers: dict[str, int]) -> Note | None:
    number = given.student_number
    if number in numbers:
        return Note(NUMBER.header, number, f"staat ook in regel {numbers[number]}")
    owner = known.owners.get(number)
    if owner and (there is None or owner.pk != there.user.pk):
        return Note(NUMBER.header, number, f"is al van {owner.full_name} ({owner.email})")
    return None


def _asked_already(line: int, values: tuple[str, ...], given: Wanted, asked: SchoolInvitation) -> Row:
    if set(given.roles) <= set(asked.roles) and given.student_number in ("", asked.student_number):
        return Row(line, values, Outcome.SKIPPED, (Note("", "", "is al uitgenodigd"),))
    text = "heeft al een open uitnodiging, met een andere rol of een ander studentnummer; trek die eerst in"
    return Row(line, values, Outcome.ERROR, (Note("", "", text),))


def _of_the_school(line: int, values: tuple[str, ...], given: Wanted, there: There, by_id: int) -> Row:
    new_roles = missing_roles(given, there)
    if new_roles and there.user.pk == by_id:
        return Row(line, values, Outcome.ERROR, (Note(ROLE.header, values[4], "kan niet: dit bent u zelf"),))
    student = there.here.get(Role.STUDENT)
    number_there = student.student_number if student else ""
    if given.student_number and number_there and number_there != given.student_number:
        text = f"kan niet: het nummer is nu {number_there}. Wijzig het bij de student zelf"
        return Row(line, values, Outcome.ERROR, (Note(NUMBER.header, given.student_number, text),))
    changes = [Note(ROLE.header, str(Role(role).label), "komt erbij") for role in new_roles]
    if given.student_number and not number_there:
        changes.append(Note(NUMBER.header, given.student_number, "was leeg"))
    renamed = [name for name in NAMES if getattr(there.user, name) != getattr(given, name)]
    said = []
    if there.can_be_renamed:
        changes += [Note(HEADERS[name], getattr(given, name), _was(there.user, name)) for name in renamed]
    elif renamed:
        said.append(Note("", "", f"heeft een account en houdt de naam {there.user.full_name}"))
    if not changes and not said:
        said.append(Note("", "", "hoort al zo bij de school"))
    outcome = Outcome.UPDATED if changes else Outcome.SKIPPED
    return Row(line, values, outcome, (*changes, *said), there.user.pk)


def missing_roles(given: Wanted, there: There) -> list[str]:
    """Of what the line says, the roles that someone of the school does not have, or has no more."""
    return [role for role in given.roles if role not in there.here or there.here[role].ended_at]


def _was(user: User, name: str) -> str:
    before = getattr(user, name)
    return f"was ‘{before}’" if before else "was leeg"
