"""The rows, filter and sorting of the tab 'Digitaal beoordelen'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import django_filters
from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Value, When
from django.http import QueryDict
from django.template.defaultfilters import pluralize
from django.utils import timezone

from accounts.models import User
from accounts.search import matches
from addressbook.models import Contact
from assessments import leavers
from assessments.access import of_unit
from assessments.invitations.reminders import UNREAD_MAIL, days_late, late
from assessments.models import CLOSED, Assessment, AssessmentQuerySet, Assignment, Document, Invitation, Status
from digibeoordelen.outbox.models import MailState
from exams.models import ExamUnit, Part


def describe_open(*, open_parts: int, parts: int) -> str:
    """Return what an examiner still has to do; a part is open until each criterion has a score."""
    if not open_parts:
        return "alles is gescoord, nog niet afgerond"
    return f"{open_parts} van {parts} {pluralize(parts, 'onderdeel,onderdelen')} open"


@dataclass
class Waiting:
    """An examiner with parts that are not completed; `invitation` is the standing one, if any."""

    contact: Contact
    parts: int
    open_parts: int
    invitation: Invitation | None

    @property
    def text(self) -> str:
        return describe_open(open_parts=self.open_parts, parts=self.parts)

    @property
    def days_late(self) -> int:
        """Return how many days the examiner is late; 0 when in time or not invited yet."""
        return max(0, days_late(self.invitation)) if self.invitation else 0

    @property
    def mail_failed(self) -> bool:
        mail = self.invitation.mail if self.invitation else None
        return mail is not None and mail.state == MailState.FAILED


@dataclass
class UnitRow:
    """One student's assessment in the list; `waiting` is empty once it is closed."""

    assessment: Assessment
    waiting: list[Waiting] = field(default_factory=list)
    parts_without_examiner: int = 0
    document: Document | None = None
    initiator_left: bool = False

    @property
    def student_left(self) -> bool:
        return not self.assessment.is_closed and self.assessment.student_left

    @property
    def days_in_state(self) -> int:
        return (timezone.localdate() - timezone.localdate(self.assessment.status_since)).days

    @property
    def lacks_examiners(self) -> bool:
        """Return whether a running assessment has no examiner for any part."""
        return self.parts_without_examiner > 0 and not self.waiting and self.assessment.status == Status.NEW


def unit_rows(assessments: Iterable[Assessment]) -> list[UnitRow]:
    """Return the rows of these assessments, in their order, in six queries."""
    rows = {assessment.pk: UnitRow(assessment) for assessment in assessments}
    running = {pk: row for pk, row in rows.items() if not row.assessment.is_closed}
    _set_open_work(running)
    for pk in leavers.without_initiator(row.assessment for row in running.values()):
        rows[pk].initiator_left = True
    for document in Document.objects.current().filter(assessment__in=rows, file__isnull=False):
        rows[document.assessment_id].document = document
    return list(rows.values())


class _Own(NamedTuple):
    """A part of one examiner."""

    is_completed: bool
    is_scored: bool

    @property
    def is_open(self) -> bool:
        return not (self.is_completed or self.is_scored)


def _set_open_work(running: dict[int, UnitRow]) -> None:
    """Set `waiting`, by last name, and the number of parts without an examiner."""
    in_unit = Part.objects.filter(
        work_process__core_task__unit__in={row.assessment.unit_id for row in running.values()}
    )
    parts: Counter[int] = Counter()
    criteria = {}
    for unit, part, count in in_unit.values_list("work_process__core_task__unit", "pk", Count("criteria")).order_by():
        parts[unit] += 1
        criteria[part] = count
    covered: dict[int, set[int]] = {pk: set() for pk in running}
    parts_by_examiner: dict[tuple[int, int], list[_Own]] = {}
    live = Assignment.objects.live().filter(assessment__in=running).order_by()
    counted = live.values_list("assessment_id", "contact_id", "part_id", "completed_at", Count("scores"))
    for pk, contact, part, at, scores in counted:
        covered[pk].add(part)
        parts_by_examiner.setdefault((pk, contact), []).append(_Own(at is not None, scores >= criteria[part]))
    for pk, row in running.items():
        row.parts_without_examiner = parts[row.assessment.unit_id] - len(covered[pk])
    invitations = _standing([row.assessment for row in running.values()])
    contacts = Contact.objects.filter(pk__in={contact for _, contact in parts_by_examiner})
    for person in contacts.order_by("sort_key", "pk"):
        for pk, row in running.items():
            theirs = parts_by_examiner.get((pk, person.pk), [])
            if not all(part.is_completed for part in theirs):
                open_parts = sum(part.is_open for part in theirs)
                row.waiting.append(Waiting(person, len(theirs), open_parts, invitations.get((pk, person.pk))))


def _standing(running: list[Assessment]) -> dict[tuple[int, int], Invitation]:
    """Return the standing invitations by assessment and contact, with the assessment set."""
    by_id = {assessment.pk: assessment for assessment in running}
    queryset = Invitation.objects.standing().filter(assessment__in=by_id).select_related("mail").defer(*UNREAD_MAIL)
    invitations = {}
    for invitation in queryset:
        invitation.assessment = by_id[invitation.assessment_id]
        invitations[invitation.assessment_id, invitation.contact_id] = invitation
    return invitations


class FollowFilter(django_filters.FilterSet):
    """The filter above the list; an invalid field is ignored and gets an error."""

    q = django_filters.CharFilter(label="Student", method="by_student")
    status = django_filters.ChoiceFilter(label="Status", choices=Status.choices, empty_label="Alle statussen")
    examinator = django_filters.CharFilter(label="Examinator", method="by_examiner")
    te_laat = django_filters.BooleanFilter(label="Alleen te laat", method="by_late", widget=forms.CheckboxInput)

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, queryset: AssessmentQuerySet) -> None:
        super().__init__(data, queryset=queryset)
        self.form.helper = FormHelper()
        self.form.helper.form_tag = False
        for name in ("q", "examinator"):
            self.form.fields[name].widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})

    @property
    def narrows(self) -> bool:
        """Return whether any field was filled in."""
        self.form.is_valid()
        return any(self.form.cleaned_data.values())

    def by_student(self, queryset: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        return queryset.filter(matches(value, "student__search_text"))

    def by_examiner(self, queryset: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
        return queryset.filter(Exists(live.filter(matches(value, "contact__search_text"))))

    def by_late(self, queryset: AssessmentQuerySet, name: str, value: bool) -> AssessmentQuerySet:
        return queryset.filter(_has_late()) if value else queryset


def _has_late() -> Exists:
    return Exists(late(among=Invitation.objects.filter(assessment=OuterRef("pk"))))


def _in_order(values: Any) -> Case:
    """Sort key: a state's place in the life of an assessment."""
    whens = [When(status=value, then=Value(place)) for place, value in enumerate(values)]
    return Case(*whens, output_field=IntegerField())


# The column's name in the URL → the expressions to sort by.
COLUMNS: dict[str, tuple[str, Callable[[], list[Any]]]] = {
    "student": ("Student", lambda: [F("student__sort_key")]),
    "status": ("Status", lambda: [_in_order(Status.values)]),
    "sinds": ("Sinds", lambda: [F("status_since")]),
    "afname": ("Afname", lambda: [F("planned_on")]),
}


@dataclass(frozen=True)
class ColumnHeader:
    """A sortable header: `sort` is the link's parameter, `direction` the current `aria-sort`."""

    key: str
    label: str
    direction: str
    sort: str


def columns(asked: str) -> list[ColumnHeader]:
    """Return the sortable headers; the link of the current one reverses the order."""
    return [
        ColumnHeader(
            key=key,
            label=label,
            direction={key: "ascending", f"-{key}": "descending"}.get(asked, ""),
            sort=f"-{key}" if asked == key else key,
        )
        for key, (label, _) in COLUMNS.items()
    ]


def in_order(queryset: AssessmentQuerySet, asked: str) -> AssessmentQuerySet:
    """Sort by `asked` ('student', '-sinds' …); for another value, what needs attention first.

    That is late, then running, then closed, the newest first in each. Without a planned date comes last either way.
    """
    key = asked.removeprefix("-")
    if key not in COLUMNS:
        closed = Case(When(status__in=CLOSED, then=Value(1)), default=Value(0), output_field=IntegerField())
        attention = queryset.annotate(is_late=_has_late(), is_closed_now=closed)
        return attention.order_by("-is_late", "is_closed_now", "-created_at", "-pk")
    _, expressions = COLUMNS[key]
    if asked.startswith("-"):
        return queryset.order_by(*[e.desc(nulls_last=True) for e in expressions()], "-pk")
    return queryset.order_by(*[e.asc(nulls_last=True) for e in expressions()], "pk")


@dataclass(frozen=True)
class UnfinishedStart:
    """Several assessments of one start that lack an invitation."""

    started_at: datetime
    public_ids: list[UUID]

    @property
    def count(self) -> int:
        return len(self.public_ids)


def unfinished_starts(*, user: User, unit: ExamUnit) -> list[UnfinishedStart]:
    """Return the docent's unfinished starts of this unit, the newest first, in one query.

    Assessments of one start share a moment (`start.start_batch`). A single one left is not included: the list shows
    it.
    """
    return [
        UnfinishedStart(batch[0].created_at, [assessment.public_id for assessment in batch])
        for batch in _batches(of_unit(user=user, unit=unit).running().filter(initiator=user))
        if len(batch) > 1
    ]


def _batches(own: AssessmentQuerySet) -> Iterator[list[Assessment]]:
    """Yield the assessments by moment and school, since each school has its own address book."""
    invited = Invitation.objects.standing().filter(assessment=OuterRef("assessment"), contact=OuterRef("contact"))
    examiners = Assignment.objects.live().filter(assessment=OuterRef("pk"))
    live_assignments = Assignment.objects.live().filter(assessment=OuterRef(OuterRef("pk")), part=OuterRef("pk"))
    parts = Part.objects.filter(work_process__core_task__unit=OuterRef("unit"))
    uninvited, without_examiner = examiners.exclude(Exists(invited)), parts.exclude(Exists(live_assignments))
    lacking = own.filter(Exists(uninvited) | Exists(without_examiner)).only("public_id", "created_at", "school_id")
    for _, batch in groupby(lacking.order_by("-created_at", "school", "pk"), lambda a: (a.created_at, a.school_id)):
        yield list(batch)
