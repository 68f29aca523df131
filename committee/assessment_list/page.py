"""The pages of 'Examen afnames', by key, and how many there are in each state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from html import escape
from uuid import UUID

from django.db.models import Case, F, OuterRef, Q, Subquery, UUIDField, Value, When
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.models import full_name
from addressbook.models import Contact
from assessments.models import (
    CLOSED,
    FAILING_ATTEMPTS,
    Assessment,
    Assignment,
    Document,
    Status,
    initiator_left,
    student_left,
)
from assessments.templatetags.assessments import grade
from committee.prepared import OneOf, Prepared
from committee.search import ALL, PROPOSED
from exams.models import Exam

from .query import COUNT_UP_TO, AfnamesOfSchool, Key

PAGE_SIZE = 30
LONG = 14  # days; who waits longer on the committee stands out
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    ["pk", "public_id", "status", "status_since", "attempt", "exam", "unit__code", "unit__title"]
    + ["student__student_number", "ovg", "grade", "pdf", "is_proposed", "student_gone", "initiator_gone"]
    + [f"{whose}__{name}" for whose in ("student__user", "initiator") for name in ("first_name", "infix", "last_name")]
)
RUNNING = ~Q(status__in=CLOSED)
_FAILS = UUID(int=0)  # stands for a PDF that can't be made
_PDF = (
    Document.objects.current()
    .filter(assessment=OuterRef("pk"))
    .order_by()
    .values_list(
        Case(
            When(file__isnull=False, then=F("public_id")),
            When(attempts__gte=FAILING_ATTEMPTS, then=Value(_FAILS, output_field=UUIDField())),
        )
    )
)
_EXAM = _COLUMNS.index("exam")
_EXAMINERS = Prepared(
    lambda pks: (
        Assignment.objects.live()
        .filter(OneOf(F("assessment_id"), pks))
        .order_by()
        .values_list("contact_id", "assessment_id")
        .distinct()
    )
)
_CONTACTS = Prepared(
    lambda pks: (
        Contact.objects.filter(OneOf(F("pk"), pks))
        .order_by("sort_key", "pk")
        .values_list("pk", "first_name", "infix", "last_name")
    )
)


@dataclass(frozen=True)
class Row:
    """One line of the list; `examiners` are the names of those who have a part, by last name.

    A final one has its result, and `pdf` once that is made: the current document's; `pdf_fails` while that can't be.
    """

    public_id: UUID
    student: str
    number: str
    exam: str
    unit: str
    attempt: int
    examiners: Sequence[str]
    initiator: str
    status: str
    since: datetime
    days: int  # since then
    ovg: str
    grade: Decimal | None
    pdf: UUID | None
    pdf_fails: bool
    is_proposed: bool  # by one member, for another to make final
    student_left: bool  # while it runs, and so is the next
    initiator_left: bool

    @property
    def address(self) -> str:
        # Reversed once: a page has thirty.
        return _address_of_any("committee:afname").replace(str(_ANY), str(self.public_id))

    @property
    def pdf_address(self) -> str:
        return _address_of_any("assessments:document").replace(str(_ANY), str(self.pdf)) if self.pdf else ""

    @property
    def age(self) -> str:
        """'wacht al 3 dagen' for who waits on the committee, 'al 3 dagen' for what goes on, '' once it is closed."""
        if self.status in CLOSED:
            return ""
        said = {0: "sinds vandaag", 1: "al 1 dag"}.get(self.days, f"al {self.days} dagen")
        return f"wacht {said}" if self.status == Status.ASSESSED else said

    @property
    def waits_long(self) -> bool:
        return self.status == Status.ASSESSED and self.days >= LONG


@dataclass(frozen=True)
class Page:
    """One page of the list; `previous` and `following` are keys for the address, or ''."""

    rows: list[Row]
    previous: str
    following: str


@dataclass(frozen=True)
class State:
    """One of the states to choose from: `count` is '12', '1000+', or '' where counting would cost."""

    status: str
    label: str
    count: str


def read_page(
    places: Sequence[AfnamesOfSchool],
    *,
    after: str = "",
    before: str = "",
    exams: Mapping[int, Exam] | None = None,
    four_eyes: bool = False,
) -> Page:
    """The page after or before a key, else the first one; a key that is none is passed over.

    `exams` are those that were read already, by their ids: joined, they take a third of what the rows take. With
    `four_eyes` its rows say what was proposed; else that means nothing any more.

    What still runs comes longest waiting first; closed ones, and all statuses together, newest first.
    """
    status = places[0].wanted.status
    newest_first = status == ALL or status in CLOSED
    backwards = bool(read_key(before)) and not read_key(after)
    key = read_key(after) or read_key(before)
    ascending = newest_first == backwards
    found: list[Key] = []
    for place in places:
        until = found[-1] if len(found) > PAGE_SIZE else None  # no other school needs to look further
        found += place.find(limit=PAGE_SIZE + 1, ascending=ascending, after=key, until=until)
        found = sorted(found, reverse=not ascending)[: PAGE_SIZE + 1]
    more, keys = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if backwards:
        keys.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(key), more)
    return Page(
        rows=_read_rows([pk for _, pk in keys], exams or {}, four_eyes=four_eyes),
        previous=write_key(keys[0]) if keys and has_previous else "",
        following=write_key(keys[-1]) if keys and has_next else "",
    )


def count_each(places: Sequence[AfnamesOfSchool]) -> list[Counter[str]] | None:
    """Of each school how many in each state; None if it would cost at one of them."""
    counted = []
    for place in places:
        if (count := place.count()) is None:
            return None
        counted.append(count)
    return counted


def count_states(
    places: Sequence[AfnamesOfSchool], counted: list[Counter[str]] | None, *, proposed: bool = False
) -> list[State]:
    """Every state and then all of them together, with how many `count_each` found; with `proposed` those, too."""
    in_all = None if counted is None else sum(counted, Counter[str]())
    each = [State(status.value, str(status.label), say_count(in_all, status)) for status in Status]
    if proposed:
        waiting = Counter({PROPOSED: sum(place.count_proposed() for place in places)})
        each.insert(list(Status).index(Status.ASSESSED) + 1, State(PROPOSED, "Voorgedragen", say_count(waiting)))
    return [*each, State(ALL, "Alle statussen", say_count(in_all))]


def say_count(counted: Counter[str] | None, status: str | None = None) -> str:
    """Of one state or of all, as in `State`."""
    if counted is None:
        return ""
    count = counted.total() if status is None else counted[status]
    return f"{COUNT_UP_TO}+" if count > COUNT_UP_TO else str(count)


def _read_rows(pks: Sequence[int], exams: Mapping[int, Exam], *, four_eyes: bool) -> list[Row]:
    if not pks:
        return []
    examiners, rows, today = _read_examiners(pks), {}, timezone.localdate()
    found = list(
        Assessment.objects.filter(pk__in=pks)
        .annotate(
            pdf=Case(When(status=Status.FINAL, then=Subquery(_PDF))),  # looked up for those alone
            is_proposed=Case(When(status=Status.ASSESSED, proposed_version=F("version"), then=True), default=False),
            student_gone=Case(When(RUNNING & student_left(), then=True), default=False),
            initiator_gone=Case(When(RUNNING & initiator_left(), then=True), default=False),
        )
        .order_by()
        .values_list(*_COLUMNS)
    )
    if unread := {row[_EXAM] for row in found} - exams.keys():
        exams = {**exams, **Exam.objects.in_bulk(unread)}
    for pk, public_id, status, since, attempt, exam, unit_code, unit, number, *rest in found:
        local, (ovg, grade, pdf, is_proposed, student_gone, initiator_gone, *names) = timezone.localtime(since), rest
        rows[pk] = Row(
            public_id=public_id,
            student=full_name(*names[:3]),
            number=number,
            exam=f"{exams[exam].title} ({exams[exam].code})",
            unit=f"{unit_code} {unit}",
            attempt=attempt,
            examiners=examiners.get(pk, []),
            initiator=full_name(*names[3:]),
            status=status,
            since=local,
            days=(today - local.date()).days,
            ovg=ovg,
            grade=grade,
            pdf=None if pdf == _FAILS else pdf,
            pdf_fails=pdf == _FAILS,
            is_proposed=four_eyes and is_proposed,
            student_left=student_gone,
            initiator_left=initiator_gone,
        )
    return [rows[pk] for pk in pks if pk in rows]


def _read_examiners(pks: Sequence[int]) -> dict[int, list[str]]:
    """Each name once, however many parts; two of one name are two."""
    pairs = _EXAMINERS.ask(pks)
    # Not joined: the database might read the whole address book.
    contacts = _CONTACTS.ask(list({contact for contact, _ in pairs})) if pairs else []
    found: dict[int, list[str]] = {}
    of_contact: dict[int, list[int]] = {}
    for contact, assessment in pairs:
        of_contact.setdefault(contact, []).append(assessment)
    for contact, *name in contacts:
        for assessment in of_contact[contact]:
            found.setdefault(assessment, []).append(full_name(*name))
    return found


_ANY = UUID(int=0)


@cache
def _address_of_any(name: str) -> str:
    return reverse(name, args=[_ANY])


def write_key(key: Key) -> str:
    """A key as an address has it."""
    since, pk = key
    return f"{(since - _EPOCH) // timedelta(microseconds=1)}-{pk}"


def read_key(text: str) -> Key | None:
    """None where it is none."""
    since, dash, pk = text.partition("-")
    if not (dash and since.isascii() and since.isdigit() and pk.isascii() and pk.isdigit()):
        return None
    if len(since) > 17 or len(pk) > 18:  # beyond the year 5138, or what a database's integer holds
        return None
    return _EPOCH + timedelta(microseconds=int(since)), int(pk)


_OPEN, _CLOSE = "\ue000", "\ue001"  # of Unicode's private use
_MARK = re.compile(f"{_OPEN}([a-z]+){_CLOSE}")
_FILLED_IN = (
    "address",
    "student",
    "attempt",
    "number",
    "exam",
    "unit",
    "examiners",
    "initiator",
    "moment",
    "day",
    "age",
    "grade",
    "pdf",
)


def draw_rows(rows: Iterable[Row], *, search: str) -> SafeString:
    """As templates/committee/list/afname_row.html has each; `search` is the address's, for the way back."""
    return mark_safe("".join(_draw(row, search) for row in rows))  # noqa: S308  all that is filled in is escaped


def _draw(row: Row, search: str) -> str:
    state = (row.status, str(Status(row.status).label), row.ovg)
    pdf = (row.pdf is not None, row.pdf_fails)
    marks = (row.is_proposed, row.attempt > 1, bool(row.age), row.waits_long, row.student_left, row.initiator_left)
    filled_in = {
        "address": row.address + search,
        "student": row.student,
        "attempt": str(row.attempt),
        "number": row.number,
        "exam": row.exam,
        "unit": row.unit,
        "examiners": ", ".join(row.examiners) or "–",
        "initiator": row.initiator,
        "moment": row.since.isoformat(),
        "day": _say(row.since.date(), get_language()),
        "age": row.age,
        "grade": grade(row.grade),
        "pdf": row.pdf_address,
    }
    # Text and marks by turns.
    pieces = _drawn(*state, *pdf, *marks)
    return "".join(escape(filled_in[piece]) if place % 2 else piece for place, piece in enumerate(pieces))


@lru_cache(maxsize=512)
def _say(day: date, language: str | None) -> str:
    return date_format(day, "j b Y")


@lru_cache(maxsize=256)
def _drawn(
    status: str,
    label: str,
    ovg: str,
    has_pdf: bool,
    pdf_fails: bool,
    is_proposed: bool,
    is_resit: bool,
    has_age: bool,
    waits_long: bool,
    student_left: bool,
    initiator_left: bool,
) -> Sequence[str]:
    marks = {name: f"{_OPEN}{name}{_CLOSE}" for name in _FILLED_IN}
    said = {"status": status, "label": label, "ovg": ovg, "has_pdf": has_pdf, "is_proposed": is_proposed}
    said |= {"pdf_fails": pdf_fails, "is_resit": is_resit, "has_age": has_age, "waits_long": waits_long}
    said |= {"student_left": student_left, "initiator_left": initiator_left}
    return _MARK.split(render_to_string("committee/list/afname_row.html", marks | said))


@lru_cache(maxsize=128)
def draw_options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    """The options of a select, which are dozens; `chosen` is one of them."""
    return render_to_string("committee/list/search_options.html", {"choices": choices, "chosen": chosen})
