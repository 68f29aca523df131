"""The pages of 'Examen afnames' by keyset pagination, and the number of assessments by status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Case, IntegerField, Q, Subquery, When
from django.utils import timezone

from accounts.models import School, full_name
from assessments.models import CLOSED, Assessment, AssessmentQuerySet, Assignment, Document, Status, initiator_left
from committee.search import ALL, PROPOSED, AssessmentSearch

PAGE_SIZE = 30
COUNT_UP_TO = 1000  # of each status; beyond it the screen shows '1000+'
LONG = 14  # days; longer waits are highlighted
Key = tuple[datetime, int]  # `status_since` and id
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = ("first_name", "infix", "last_name")
_SHOWN = [
    *("public_id", "status", "status_since", "created_at", "version", "proposed_version", "attempt", "ovg", "grade"),
    *("unit_code", "unit__title", "exam__title", "exam__code", "school__four_eyes"),
    *("student__student_number", "student__left_on", "student__ended_at", "student__user__is_active"),
    *(f"{whose}__{name}" for whose in ("student__user", "initiator") for name in _NAME),
]


class CountOf(Subquery):
    """Count the rows of a subquery, which may have a limit."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class Row:
    """`examiners` are names, by last name; `document` is the current one of a final result."""

    assessment: Assessment
    examiners: Sequence[str]
    document: Document | None
    initiator_left: bool  # False once the assessment is closed
    days: int  # in this status

    @property
    def student_left(self) -> bool:
        return not self.assessment.is_closed and self.assessment.student_left

    @property
    def is_proposed(self) -> bool:
        """Whether a member proposed this version, for another to make final."""
        assessment = self.assessment
        is_current = assessment.proposed_version == assessment.version
        return assessment.school.four_eyes and assessment.status == Status.ASSESSED and is_current

    @property
    def age(self) -> str:
        """'wacht al 3 dagen' while it waits for the committee, else 'al 3 dagen'; '' once it is closed."""
        if self.assessment.is_closed:
            return ""
        age = {0: "sinds vandaag", 1: "al 1 dag"}.get(self.days, f"al {self.days} dagen")
        return f"wacht {age}" if self.assessment.status == Status.ASSESSED else age

    @property
    def waits_long(self) -> bool:
        return self.assessment.status == Status.ASSESSED and self.days >= LONG


@dataclass(frozen=True)
class Page:
    """`previous` and `following` are keys for the URL, or ''."""

    rows: list[Row]
    previous: str
    following: str


@dataclass(frozen=True)
class State:
    """A status to choose; `count` is '12', '1000+', or '' when not counted."""

    status: str
    label: str
    count: str


def read_page(search: AssessmentSearch, *, after: str = "", before: str = "") -> Page:
    """Return the page after or before a key, else the first one; an invalid key is ignored.

    Running assessments come longest waiting first; closed ones, and all statuses at once, newest first.
    """
    newest_first = search.status == ALL or search.status in CLOSED
    backwards = bool(read_key(before)) and not read_key(after)
    key = read_key(after) or read_key(before)
    ascending = newest_first == backwards
    keys: list[Key] = []
    for school in search.schools:  # an index gives the order within one school only
        queryset = in_order(search.find(search.status, school=school), ascending=ascending, after=key)
        keys += queryset.values_list("status_since", "pk")[: PAGE_SIZE + 1]
    keys.sort(reverse=not ascending)
    more, keys = len(keys) > PAGE_SIZE, keys[:PAGE_SIZE]
    if backwards:
        keys.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(key), more)
    return Page(
        rows=_read_rows([pk for _, pk in keys]),
        previous=write_key(keys[0]) if keys and has_previous else "",
        following=write_key(keys[-1]) if keys and has_next else "",
    )


def in_order(queryset: AssessmentQuerySet, *, ascending: bool, after: Key | None = None) -> AssessmentQuerySet:
    """Order by date and id, from `after` on."""
    if after:
        since, pk = after
        than = "gt" if ascending else "lt"
        # Redundant with the second condition, but lets an index scan begin at the key.
        queryset = queryset.filter(
            Q(**{f"status_since__{than}e": since}), Q(**{f"status_since__{than}": since}) | Q(**{f"pk__{than}": pk})
        )
    return queryset.order_by(*(("status_since", "pk") if ascending else ("-status_since", "-pk")))


def _read_rows(pks: Sequence[int]) -> list[Row]:
    left = Case(When(~Q(status__in=CLOSED) & initiator_left(), then=True), default=False)
    by_pk = Assessment.objects.for_pages().only(*_SHOWN).annotate(without_initiator=left).in_bulk(pks)
    examiners, today = _read_examiners(pks), timezone.localdate()
    assessments = [by_pk[pk] for pk in pks if pk in by_pk]
    final = [assessment.pk for assessment in assessments if assessment.status == Status.FINAL]
    current: Iterable[Document] = (
        Document.objects.current().filter(assessment__in=final).defer("result") if final else []
    )
    documents = {document.assessment_id: document for document in current}
    return [
        Row(
            assessment,
            examiners.get(assessment.pk, []),
            document=documents.get(assessment.pk),
            initiator_left=assessment.without_initiator,
            days=(today - timezone.localdate(assessment.status_since)).days,
        )
        for assessment in assessments
    ]


def _read_examiners(pks: Sequence[int]) -> dict[int, list[str]]:
    """Return names by assessment id: each examiner once, also one of two with the same name."""
    live = Assignment.objects.live().filter(assessment__in=pks).order_by("contact__sort_key", "contact_id")
    columns = ("assessment", "contact__sort_key", "contact_id", *(f"contact__{name}" for name in _NAME))
    examiners: dict[int, list[str]] = {}
    for assessment, _, _, *name in live.values_list(*columns).distinct():
        examiners.setdefault(assessment, []).append(full_name(*name))
    return examiners


def count_each(search: AssessmentSearch) -> list[Counter[str]] | None:
    """Return the number by status for each school, each at most `COUNT_UP_TO` + 1.

    None when the search is for people and finds more than `COUNT_UP_TO` at a school.
    """
    counted = []
    for school in search.schools:
        if search.filters_by_person:
            states = search.find(ALL, school=school).order_by().values_list("status", flat=True)
            counts = Counter(states[: COUNT_UP_TO + 1])
            if counts.total() > COUNT_UP_TO:
                return None
        else:
            queryset = in_order(search.find(ALL, school=school), ascending=True)
            by_status = {s: CountOf(queryset.filter(status=s).values("pk")[: COUNT_UP_TO + 1]) for s in Status}
            counts = Counter(School.objects.values(**by_status).get(pk=school.pk))
        counted.append(counts)
    return counted


def count_states(search: AssessmentSearch, counted: list[Counter[str]] | None) -> list[State]:
    """Return each status and then `ALL`, with the counts of `count_each`; with `PROPOSED` where it exists."""
    total = None if counted is None else sum(counted, Counter[str]())
    states = [State(status.value, str(status.label), describe_count(total, status)) for status in Status]
    if search.four_eyes:
        proposed = [search.find(PROPOSED, school=school).order_by() for school in search.schools]
        waiting = Counter({PROPOSED: sum(queryset[: COUNT_UP_TO + 1].count() for queryset in proposed)})
        states.insert(list(Status).index(Status.ASSESSED) + 1, State(PROPOSED, "Voorgedragen", describe_count(waiting)))
    return [*states, State(ALL, "Alle statussen", describe_count(total))]


def describe_count(counted: Counter[str] | None, status: str | None = None) -> str:
    """Return the count of one status or of all, as in `State`."""
    if counted is None:
        return ""
    count = counted.total() if status is None else counted[status]
    return f"{COUNT_UP_TO}+" if count > COUNT_UP_TO else str(count)


def write_key(key: Key) -> str:
    """Return the key as text for the URL."""
    since, pk = key
    return f"{(since - _EPOCH) // timedelta(microseconds=1)}-{pk}"


def read_key(text: str) -> Key | None:
    """Parse a key from the URL; None if it is invalid."""
    since, dash, pk = text.partition("-")
    if not (dash and since.isascii() and since.isdigit() and pk.isascii() and pk.isdigit()):
        return None
    if len(since) > 17 or len(pk) > 18:  # beyond the year 5138, or a database integer
        return None
    return _EPOCH + timedelta(microseconds=int(since)), int(pk)
