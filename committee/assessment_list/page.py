"""The pages of 'Examen afnames', by keyset pagination unless sorted, and the number of assessments by status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Q, Subquery, When
from django.utils import timezone

from accounts import lists
from accounts.lists import Header, page_link, sort_header
from accounts.models import ExamCommittee, User
from assessments.models import CLOSED, Assessment, Document, FinalProposal, Status, initiator_left
from committee.review.review import Summary, read_summaries, tick_value
from committee.search import ALL, BY_DATE, BY_GRADE, MAX_SORTED, PROPOSED, AssessmentSearch, Key, in_order

PAGE_SIZE = 30
COUNT_UP_TO = MAX_SORTED  # of each status; beyond it the screen shows '1000+'
LONG = 14  # days; longer waits are highlighted
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = ("first_name", "infix", "last_name")
_SHOWN = [
    *("public_id", "status", "status_since", "created_at", "version", "proposed_version", "attempt", "ovg", "grade"),
    *("unit_code", "unit__code", "unit__title", "unit__exam_version", "exam__title", "exam__code"),
    *("school__name", "committee__name", "committee__four_eyes"),
    *("student__student_number", "student__left_on", "student__ended_at", "student__user__is_active"),
    *(f"{whose}__{name}" for whose in ("student__user", "initiator") for name in _NAME),
]


class CountOf(Subquery):
    """Count the rows of a subquery, which may have a limit."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class Row:
    """`document` is the current one of a final result; `summary` is of one that waits for the committee."""

    assessment: Assessment
    document: Document | None
    summary: Summary | None
    proposal: FinalProposal | None  # the valid one where the committee has four eyes
    is_own_proposal: bool
    initiator_left: bool  # False once the assessment is closed
    days: int  # in this status

    @property
    def student_left(self) -> bool:
        return not self.assessment.is_closed and self.assessment.student_left

    @property
    def ovg(self) -> str:
        """The final result, or what it would be; '' without one."""
        return self.assessment.ovg or (self.summary.unit.ovg if self.summary and self.summary.unit else "")

    @property
    def grade(self) -> Decimal | None:
        return self.assessment.grade or (self.summary.unit.grade if self.summary and self.summary.unit else None)

    @property
    def remarks(self) -> list[tuple[str, bool]]:
        """What is out of the ordinary, each with whether it needs attention."""
        summary, attempt = self.summary, self.assessment.attempt
        found = [
            (bool(summary and summary.is_disputed), "Geschil", True),
            (bool(summary and not summary.is_disputed and not summary.can_finalise), "Nog geen resultaat", True),
            (self.student_left, "Student is uitgeschreven", True),
            (self.initiator_left, "Docent is weg", True),
            (self.is_own_proposal, "door u voorgedragen", False),
            (self.proposal is not None and not self.is_own_proposal, "voorgedragen, wacht op u", True),
            (bool(summary and summary.is_corrected), "aangepast", False),
            (attempt > 1, f"herkansing, poging {attempt}", False),
        ]
        return [(remark, is_serious) for holds, remark, is_serious in found if holds]

    @property
    def tick(self) -> str:
        """The value of the checkbox that selects it for a batch; '' when this member can't make it final."""
        if not self.summary or not self.summary.can_finalise or self.is_own_proposal:
            return ""
        return tick_value(self.assessment, self.proposal)

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
class Page(lists.Page):
    rows: list[Row]

    @property
    def can_finalise(self) -> bool:
        return any(row.tick for row in self.rows)

    @property
    def exams(self) -> set[int]:
        """The exams of the rows that can be made final."""
        return {row.assessment.exam_id for row in self.rows if row.tick}


@dataclass(frozen=True)
class State:
    """A status to choose; `count` is '12', '1000+', or '' when not counted."""

    status: str
    label: str
    count: str


def headers(search: AssessmentSearch, states: list[State]) -> list[Header]:
    """Return the headers; a list longer than `MAX_SORTED`, or of unknown length, is only sorted by date."""
    count = next((state.count for state in states if state.status == search.status), "")
    is_short = count.isdigit()
    by_date = f"-{BY_DATE}" if search.newest_first else BY_DATE
    current = by_date if search.is_by_date else search.sort
    student, exam, grade, since = (
        sort_header(label, key, current=current)
        for label, key in (("Student", "student"), ("Examen", "examen"), ("Cijfer", BY_GRADE), ("Sinds", BY_DATE))
    )
    if not is_short:
        student, exam = replace(student, sort=""), replace(exam, sort="")
    if not is_short or search.status != Status.FINAL:
        grade = replace(grade, sort="")
    committee = [Header("Commissie")] if search.names_committees else []
    status = [Header("Status")] if search.status == ALL else []
    result = [Header("Resultaat"), replace(grade, is_number=True), Header("Let op")]
    return [student, Header("Studentnummer"), exam, *committee, *status, *result, since]


def read_page(search: AssessmentSearch, params: Mapping[str, str]) -> Page:
    """Return the page of `params`: 'na' or 'voor' with a key, or 'pagina' with a number when not sorted by date.

    An invalid value is ignored.
    """
    if not search.is_by_date:
        return _read_sorted(search, params.get("pagina", ""))
    after, before = read_key(params.get("na", "")), read_key(params.get("voor", ""))
    backwards = bool(before) and not after
    key = after or before
    ascending = search.newest_first == backwards
    keys: list[Key] = []
    for committee in search.committees:  # an index gives the order within one committee only
        queryset = in_order(search.find(search.status, committee=committee), ascending=ascending, after=key)
        keys += queryset.values_list("status_since", "pk")[: PAGE_SIZE + 1]
    keys.sort(reverse=not ascending)
    more, keys = len(keys) > PAGE_SIZE, keys[:PAGE_SIZE]
    if backwards:
        keys.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(key), more)
    return Page(
        rows=_read_rows([pk for _, pk in keys], by=search.user),
        previous=page_link(voor=write_key(keys[0])) if keys and has_previous else {},
        following=page_link(na=write_key(keys[-1])) if keys and has_next else {},
    )


def _read_sorted(search: AssessmentSearch, number: str) -> Page:
    pks = [pk for pk, _ in search.read_order()]
    page = Paginator(pks, PAGE_SIZE).get_page(number)
    return Page(
        rows=_read_rows(list(page), by=search.user),
        previous=page_link(pagina=str(page.previous_page_number())) if page.has_previous() else {},
        following=page_link(pagina=str(page.next_page_number())) if page.has_next() else {},
    )


def _read_rows(pks: Sequence[int], *, by: User) -> list[Row]:
    left = Case(When(~Q(status__in=CLOSED) & initiator_left(), then=True), default=False)
    by_pk = Assessment.objects.for_pages().only(*_SHOWN).annotate(without_initiator=left).in_bulk(pks)
    today = timezone.localdate()
    assessments = [by_pk[pk] for pk in pks if pk in by_pk]
    final = [assessment.pk for assessment in assessments if assessment.status == Status.FINAL]
    current: Iterable[Document] = (
        Document.objects.current().filter(assessment__in=final).defer("result") if final else []
    )
    documents = {document.assessment_id: document for document in current}
    summaries = read_summaries([one for one in assessments if one.status == Status.ASSESSED])
    proposals = _read_proposals(assessments)
    return [
        Row(
            assessment,
            document=documents.get(assessment.pk),
            summary=summaries.get(assessment.pk),
            proposal=(proposal := proposals.get(assessment.pk)),
            is_own_proposal=proposal is not None and proposal.by_id == by.pk,
            initiator_left=assessment.without_initiator,
            days=(today - timezone.localdate(assessment.status_since)).days,
        )
        for assessment in assessments
    ]


def _read_proposals(assessments: Iterable[Assessment]) -> dict[int, FinalProposal]:
    """Return the valid proposals by assessment id (`Assessment.valid_proposal`), of committees with four eyes."""
    versions = {
        one.pk: one.version
        for one in assessments
        if one.committee.four_eyes and one.status == Status.ASSESSED and one.proposed_version == one.version
    }
    if not versions:
        return {}
    newest = {proposal.assessment_id: proposal for proposal in FinalProposal.objects.filter(assessment__in=versions)}
    return {pk: proposal for pk, proposal in newest.items() if proposal.version == versions[pk]}


def count_each(search: AssessmentSearch) -> list[Counter[str]] | None:
    """Return the number by status for each committee, each at most `COUNT_UP_TO` + 1.

    None when the search is for people and finds more than `COUNT_UP_TO` in a committee.
    """
    counted = []
    for committee in search.committees:
        if search.filters_by_person:
            states = search.find(ALL, committee=committee).order_by().values_list("status", flat=True)
            counts = Counter(states[: COUNT_UP_TO + 1])
            if counts.total() > COUNT_UP_TO:
                return None
        else:
            queryset = in_order(search.find(ALL, committee=committee), ascending=True)
            by_status = {s: CountOf(queryset.filter(status=s).values("pk")[: COUNT_UP_TO + 1]) for s in Status}
            counts = Counter(ExamCommittee.objects.values(**by_status).get(pk=committee.pk))
        counted.append(counts)
    return counted


def count_states(search: AssessmentSearch, counted: list[Counter[str]] | None) -> list[State]:
    """Return each status and then `ALL`, with the counts of `count_each`; with `PROPOSED` where it exists."""
    total = None if counted is None else sum(counted, Counter[str]())
    states = [State(status.value, str(status.label), describe_count(total, status)) for status in Status]
    if search.four_eyes:
        proposed = [search.find(PROPOSED, committee=committee).order_by() for committee in search.committees]
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
