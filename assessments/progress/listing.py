"""The docent's list of assessments: the tab 'Afnames', and 'Digitaal beoordelen' of a unit; and what waits, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import django_filters
from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.http import QueryDict
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.lists import Header, sort_header
from accounts.models import Role, User
from accounts.search import matches
from addressbook.models import Contact
from assessments import leavers
from assessments.invitations.reminders import UNREAD_MAIL, days_late, late, late_since, unfinished
from assessments.models import CLOSED, Assessment, AssessmentQuerySet, Assignment, Document, Invitation, Status
from digibeoordelen.outbox.models import MailState
from exams.models import Exam, Part
from exams.open_work import OpenWork, Task


def own_running(user: User) -> AssessmentQuerySet:
    """Return the running assessments that the docent started."""
    return Assessment.objects.started_by(user).running()


def describe_open(*, open_parts: int, parts: int) -> str:
    """Return what an examiner still has to do; a part is open until each criterion has a score."""
    if not open_parts:
        return "alles is gescoord, nog niet afgerond"
    return f"{open_parts} van {parts} {pluralize(parts, 'onderdeel,onderdelen')} open"


@dataclass
class Waiting:
    """An examiner with parts that are not completed; `invitation` is the standing one, if any."""

    contact: Contact
    invitation: Invitation | None

    @property
    def days_late(self) -> int:
        """Return how many days the examiner is late; 0 when in time or not invited yet."""
        return max(0, days_late(self.invitation)) if self.invitation else 0

    @property
    def mail_failed(self) -> bool:
        mail = self.invitation.mail if self.invitation else None
        return mail is not None and mail.state == MailState.FAILED

    @property
    def urgency(self) -> tuple[bool, bool, int, bool]:
        """Return a sort key: first those that only the docent can help on."""
        expired = self.invitation is not None and self.invitation.is_expired
        return not self.mail_failed, not expired, -self.days_late, self.invitation is not None


@dataclass
class Row:
    """One assessment in the list; `waiting`, the most urgent first, is empty once it is closed."""

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
    def days_late(self) -> int:
        return max((examiner.days_late for examiner in self.waiting), default=0)

    @property
    def lacks_examiners(self) -> bool:
        """Return whether a running assessment has no examiner for any part."""
        return self.parts_without_examiner > 0 and not self.waiting and self.assessment.status == Status.NEW


def read_rows(assessments: Iterable[Assessment]) -> list[Row]:
    """Return the rows of these assessments, in their order, in six queries."""
    rows = {assessment.pk: Row(assessment) for assessment in assessments}
    running = {pk: row for pk, row in rows.items() if not row.assessment.is_closed}
    _set_open_work(running)
    for pk in leavers.without_initiator(row.assessment for row in running.values()):
        rows[pk].initiator_left = True
    for document in Document.objects.current().filter(assessment__in=rows, file__isnull=False):
        rows[document.assessment_id].document = document
    return list(rows.values())


def _set_open_work(running: dict[int, Row]) -> None:
    """Set `waiting` and the number of parts without an examiner."""
    units = {row.assessment.unit_id for row in running.values()}
    in_units = Part.objects.filter(work_process__core_task__unit__in=units).order_by()
    parts = Counter(in_units.values_list("work_process__core_task__unit", flat=True))
    covered: dict[int, set[int]] = {pk: set() for pk in running}
    unfinished_by: dict[int, set[int]] = {pk: set() for pk in running}
    live = Assignment.objects.live().filter(assessment__in=running).order_by()
    for pk, contact, part, at in live.values_list("assessment_id", "contact_id", "part_id", "completed_at"):
        covered[pk].add(part)
        if at is None:
            unfinished_by[pk].add(contact)
    invitations = _standing([row.assessment for row in running.values()])
    contacts = Contact.objects.in_bulk({contact for of_one in unfinished_by.values() for contact in of_one})
    by_name = sorted(contacts.values(), key=lambda contact: (contact.sort_key, contact.pk))
    for pk, row in running.items():
        row.parts_without_examiner = parts[row.assessment.unit_id] - len(covered[pk])
        waiting = [Waiting(c, invitations.get((pk, c.pk))) for c in by_name if c.pk in unfinished_by[pk]]
        row.waiting = sorted(waiting, key=lambda examiner: examiner.urgency)


def _standing(running: list[Assessment]) -> dict[tuple[int, int], Invitation]:
    """Return the standing invitations by assessment and contact, with the assessment set."""
    by_id = {assessment.pk: assessment for assessment in running}
    queryset = Invitation.objects.standing().filter(assessment__in=by_id).select_related("mail").defer(*UNREAD_MAIL)
    invitations = {}
    for invitation in queryset:
        invitation.assessment = by_id[invitation.assessment_id]
        invitations[invitation.assessment_id, invitation.contact_id] = invitation
    return invitations


# --- What waits, for whom ------------------------------------------------------------------------
def _lacks_examiner() -> Q:
    covered = Assignment.objects.live().filter(assessment=OuterRef(OuterRef("pk")), part=OuterRef("pk"))
    parts = Part.objects.filter(work_process__core_task__unit=OuterRef("unit"))
    return Q(Exists(parts.exclude(Exists(covered))), status__in=_BEFORE_COMMITTEE)


def _lacks_invitation() -> Q:
    invited = Invitation.objects.standing().filter(assessment=OuterRef("assessment"), contact=OuterRef("contact"))
    open_work = Assignment.objects.live().filter(assessment=OuterRef("pk"), completed_at=None)
    return Q(Exists(open_work.exclude(Exists(invited))), status__in=_BEFORE_COMMITTEE)


def _waits_for_examiner() -> Q:
    return Q(Exists(unfinished(among=Invitation.objects.filter(assessment=OuterRef("pk")))))


def _is_late() -> Q:
    return Q(Exists(late(among=Invitation.objects.filter(assessment=OuterRef("pk")))))


_BEFORE_COMMITTEE = (Status.NEW, Status.INVITED, Status.IN_PROGRESS)
LATE_TASK = "te-laat"
# `taak` in the URL → the label, and the condition; an assessment may wait for several.
TASKS: dict[str, tuple[Any, Callable[[], Q]]] = {
    "kiezen": (gettext_lazy("Examinator kiezen"), _lacks_examiner),
    "uitnodigen": (gettext_lazy("Nog niet uitgenodigd"), _lacks_invitation),
    "examinator": (gettext_lazy("Wacht op examinator"), _waits_for_examiner),
    LATE_TASK: (gettext_lazy("Te laat"), _is_late),
    "commissie": (gettext_lazy("Bij de commissie"), lambda: Q(status=Status.ASSESSED)),
}


def _counts() -> dict[str, Count]:
    return {f"task_{key}": Count("pk", filter=condition()) for key, (_, condition) in TASKS.items()}


def task_counts(queryset: AssessmentQuerySet) -> dict[str, int]:
    """Count the assessments of each task, and under '' all, in one query."""
    counts = queryset.order_by().aggregate(task_=Count("pk"), **_counts())
    return {key: counts[f"task_{key}"] for key in ("", *TASKS)}


def open_work(user: User) -> OpenWork | None:
    """Count the docent's own running assessments, in total and by exam, in two queries; None for other users."""
    if not user.schools_as(Role.DOCENT).exists():
        return None
    by_exam = {}
    total = Counter[str]()
    rows: Any = own_running(user).order_by().values("exam").annotate(**_counts())
    for row in rows:
        counts = {key: row[f"task_{key}"] for key in TASKS}
        total.update(counts)
        by_exam[row["exam"]] = _tasks(counts, examen=row["exam"])
    return OpenWork(_tasks(total), by_exam)


def _tasks(counts: dict[str, int], **also: object) -> list[Task]:
    """Return the tasks that are not empty, with the URL of their list."""
    url = reverse("assessments:afnames")
    return [
        Task(str(label), counts[key], f"{url}?{urlencode({'taak': key, **also})}", is_late=key == LATE_TASK)
        for key, (label, _) in TASKS.items()
        if counts[key]
    ]


# --- Filter and order ----------------------------------------------------------------------------
class ListFilter(django_filters.FilterSet):
    """The search line and the tabs of the list; an invalid field is ignored and gets an error.

    `user` is the docent whose exams can be chosen; None on a unit's page, which has one.
    """

    q = django_filters.CharFilter(label="Student of nummer", method="by_student")
    examinator = django_filters.CharFilter(label="Examinator", method="by_examiner")
    examen = django_filters.ModelChoiceFilter(
        "exam", label="Examen", queryset=Exam.objects.none(), empty_label="Alle examens"
    )
    status = django_filters.ChoiceFilter(label="Status", choices=Status.choices, empty_label="Alle statussen")
    taak = django_filters.ChoiceFilter(
        choices=[(key, label) for key, (label, _) in TASKS.items()], method="by_task", widget=forms.HiddenInput
    )

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, queryset: AssessmentQuerySet, user: User | None = None) -> None:
        super().__init__(data, queryset=queryset)
        if user is None:
            del self.filters["examen"]
        else:
            self.filters["examen"].queryset = Exam.objects.filter(account_exams__user=user)
            self.filters["status"].extra["choices"] = [
                (value, label) for value, label in Status.choices if value not in CLOSED
            ]
        self.form.helper = FormHelper()
        self.form.helper.form_tag = False
        for name in ("q", "examinator"):
            self.form.fields[name].widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})

    @property
    def narrows(self) -> bool:
        """Return whether any field was filled in."""
        self.form.is_valid()
        return any(self.form.cleaned_data.values())

    @property
    def task(self) -> str:
        self.form.is_valid()
        return self.form.cleaned_data.get("taak") or ""

    def by_student(self, queryset: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        return queryset.filter(matches(value, "student__search_text"))

    def by_examiner(self, queryset: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
        return queryset.filter(Exists(live.filter(matches(value, "contact__search_text"))))

    def by_task(self, queryset: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        return queryset.filter(TASKS[value][1]())


@dataclass(frozen=True)
class Tab:
    """A filter of the list; `key` is its `taak`, '' for all."""

    key: str
    label: str
    count: int


def tabs(queryset: AssessmentQuerySet) -> list[Tab]:
    """Return 'Alle' and the tasks, with their numbers in `queryset`; one query."""
    counts = task_counts(queryset)
    tasks = [Tab(key, str(label), counts[key]) for key, (label, _) in TASKS.items()]
    return [Tab("", "Alle", counts[""]), *tasks]


def _by_state() -> list[Any]:
    whens = [When(status=value, then=Value(place)) for place, value in enumerate(Status.values)]
    return [Case(*whens, output_field=IntegerField()), F("status_since")]


@dataclass(frozen=True)
class Column:
    """A column: its name in the URL, '' when it does not sort, its label, and the expressions to sort by.

    `counts_down`: what is shown grows as the expressions fall; its link sorts by the highest first.
    """

    key: str
    label: str
    sort_by: Callable[[], list[Any]] = list
    counts_down: bool = False


STUDENT = Column("student", "Student", lambda: [F("student__sort_key")])
UNIT = Column("eenheid", "Exameneenheid", lambda: [F("exam__title"), F("unit_code")])
STATE = Column("status", "Status", _by_state)
WAITS_FOR = Column("", "Wacht op")
LATE = Column("laat", "Te laat", lambda: [late_since(OuterRef("pk"))], counts_down=True)
PLANNED = Column("afname", "Afname", lambda: [F("planned_on")])
OWN = (STUDENT, UNIT, STATE, WAITS_FOR, LATE, PLANNED)
OF_UNIT = (STUDENT, STATE, WAITS_FOR, LATE, PLANNED, Column("", "Resultaat"), Column("", "Pdf"))
DEFAULT_SORT = "student"


def headers(columns: Iterable[Column], sort: str) -> list[Header]:
    """Return the headers; the link of the current one reverses the order."""
    return [
        sort_header(column.label, column.key, current=sort, highest_first=column.counts_down)
        if column.key
        else Header(column.label)
        for column in columns
    ]


def get_sort(columns: Iterable[Column], asked: str) -> str:
    """Return `asked` ('student', '-afname' …) if it is one of the columns, else the default: by last name."""
    keys = {column.key for column in columns if column.key}
    return asked if asked.removeprefix("-") in keys else DEFAULT_SORT


def in_order(queryset: AssessmentQuerySet, columns: Iterable[Column], sort: str) -> AssessmentQuerySet:
    """Sort by a value of `get_sort`, then by last name; what lacks the value comes last either way."""
    column = next(column for column in columns if column.key == sort.removeprefix("-"))
    descending = sort.startswith("-") != column.counts_down
    keys = [key.desc(nulls_last=True) if descending else key.asc(nulls_last=True) for key in column.sort_by()]
    return queryset.order_by(*keys, "student__sort_key", "pk")
