"""The list 'Examen afnames': its search fields, and its pages by key (source text, part C)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import django_filters
from crispy_forms.helper import FormHelper
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, QueryDict

from accounts.models import Membership, User
from accounts.search import matches
from assessments.models import CLOSED, Assessment, AssessmentQuerySet, Assignment, Status
from exams.models import Exam

PAGE_SIZE = 30
ALL = "ALLE"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exams_of(request: HttpRequest | None) -> Any:
    """The exams that were assessed at the member's schools: what the select offers."""
    if request is None or not isinstance(request.user, User):
        return Exam.objects.none()
    own = Assessment.objects.for_committee(request.user).filter(exam=OuterRef("pk"))
    return Exam.objects.filter(Exists(own))


class AfnamesFilter(django_filters.FilterSet):
    """The search fields, as they stand in the address.

    Without a status it is 'Beoordeeld', since those wait for the committee; `ALLE` is all of them.
    Students and initiators are found by (parts of) name, e-mail address or number, examiners by
    what the address book holds of them.
    """

    examen = django_filters.ModelChoiceFilter(
        field_name="exam", label="Examen", queryset=exams_of, empty_label="Alle examens"
    )
    student = django_filters.CharFilter(label="Student", method="by_student")
    status = django_filters.ChoiceFilter(
        label="Status", choices=[(ALL, "Alle statussen"), *Status.choices], empty_label=None, method="by_status"
    )
    initiator = django_filters.CharFilter(label="Initiator", method="by_initiator")
    examinator = django_filters.CharFilter(label="Examinator", method="by_examiner")

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, request: HttpRequest, queryset: AssessmentQuerySet) -> None:
        data = data.copy()
        data.setdefault("status", Status.ASSESSED)
        super().__init__(data, queryset=queryset, request=request)
        for field in self.form.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        self.form.helper = FormHelper()
        self.form.helper.form_tag = False

    @property
    def shown_status(self) -> str:
        """The status that is shown, or `ALL`."""
        self.form.is_valid()
        return self.form.cleaned_data.get("status") or ALL

    @property
    def exam(self) -> Exam | None:
        """The exam that is chosen."""
        self.form.is_valid()
        return self.form.cleaned_data.get("examen")

    @property
    def has_words(self) -> bool:
        """Whether anything but the status narrows the list."""
        self.form.is_valid()
        return any(value for name, value in self.form.cleaned_data.items() if name != "status")

    def final_results(self) -> AssessmentQuerySet | None:
        """What the CSV holds: the final results of the chosen exam, by the other fields too; None without an exam.

        The status that the list shows does not count (source text: 'mits die de status Definitief hebben').
        """
        if self.exam is None:
            return None
        fields = {name: value for name, value in self.form.cleaned_data.items() if name != "status" and value}
        found = self.queryset.filter(status=Status.FINAL)
        for name, value in fields.items():
            found = self.filters[name].filter(found, value)
        return found

    def by_student(self, found: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        return found.filter(matches(value, "student__search_text"))

    def by_status(self, found: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        return found if value == ALL else found.filter(status=value)

    def by_initiator(self, found: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        own = Membership.objects.filter(user=OuterRef("initiator"), school=OuterRef("school"))
        return found.filter(Exists(own.filter(matches(value))))

    def by_examiner(self, found: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
        return found.filter(Exists(live.filter(matches(value, "contact__search_text"))))


@dataclass(frozen=True)
class Row:
    """One line of the list; `examiners` are the names of those who have a part, by last name."""

    assessment: Assessment
    examiners: list[str]


@dataclass(frozen=True)
class Page:
    """One page of the list; `previous` and `following` are keys for the address, or ''."""

    rows: list[Row]
    previous: str
    following: str


def read_page(found: AssessmentQuerySet, *, status: str, after: str = "", before: str = "") -> Page:
    """The page after or before a key, else the first one, in two queries; a key that is none is passed over.

    What still runs comes longest waiting first; closed ones, and all statuses together, newest first.
    """
    newest_first = status == ALL or status in CLOSED
    backwards = bool(_read_key(before)) and not _read_key(after)
    key = _read_key(after) or _read_key(before)
    ascending = newest_first == backwards
    if key:
        found = found.filter(_beyond(key, ascending=ascending))
    order = ("status_since", "pk") if ascending else ("-status_since", "-pk")
    rows = _with_examiners(found.for_pages().order_by(*order)[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(key), more)
    return Page(
        rows=rows,
        previous=_key(rows[0]) if rows and has_previous else "",
        following=_key(rows[-1]) if rows and has_next else "",
    )


def _with_examiners(found: AssessmentQuerySet) -> list[Row]:
    live = Assignment.objects.live().select_related("contact").order_by("contact__last_name", "pk")
    return [
        # One examiner has many parts: each name once, in this order.
        Row(assessment, list({a.contact_id: a.contact.full_name for a in assessment.assignments.all()}.values()))
        for assessment in found.prefetch_related(Prefetch("assignments", live))
    ]


def _beyond(key: tuple[datetime, int], *, ascending: bool) -> Q:
    since, pk = key
    # The first condition alone says nothing new; it lets an index on `status_since` begin at the key.
    if ascending:
        return Q(status_since__gte=since) & (Q(status_since__gt=since) | Q(pk__gt=pk))
    return Q(status_since__lte=since) & (Q(status_since__lt=since) | Q(pk__lt=pk))


def _key(row: Row) -> str:
    return f"{(row.assessment.status_since - _EPOCH) // timedelta(microseconds=1)}-{row.assessment.pk}"


def _read_key(text: str) -> tuple[datetime, int] | None:
    since, dash, pk = text.partition("-")
    if not (dash and since.isascii() and since.isdigit() and pk.isascii() and pk.isdigit()):
        return None
    if len(since) > 17 or len(pk) > 18:  # beyond the year 5138, or what a database's integer holds
        return None
    return _EPOCH + timedelta(microseconds=int(since)), int(pk)
