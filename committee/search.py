"""The search of 'Examen afnames', read from the query string."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils import timezone

from accounts.fields import LineFormField
from accounts.http import UserRequest
from accounts.models import ExamCommittee, Membership, Role, School, User
from accounts.search import matches
from assessments.models import CLOSED, Assessment, AssessmentQuerySet, Assignment, Status
from exams.models import Exam

from .access import get_committees, student_memberships

ALL = "ALLE"
PROPOSED = "VOORGEDRAGEN"  # the 'Beoordeeld' ones that a member proposed to make final

MAX_SORTED = 1000  # a longer list is in the order of its dates
BY_DATE = "sinds"
# Of final results only, where it sorts O, V and G too. Before that no result is stored: to sort the queue by it would
# take computing that of up to `MAX_SORTED` assessments, some sixty scores each, for every page.
BY_GRADE = "cijfer"
SORTS = {
    "student": ("student__sort_key",),
    "examen": ("exam__title", "exam__code", "unit_code"),
    BY_GRADE: ("grade",),
    BY_DATE: ("status_since",),
}
Key = tuple[datetime, int]  # `status_since` and id

EARLIEST, LATEST = date(1970, 1, 1), date(9000, 1, 1)  # one day further is still a date
NO_DATE = "Dit is geen datum. Een datum ziet eruit als 23-11-2026."


class SearchDateField(forms.DateField):
    """An optional day from a date picker, or typed as 23-11-2026."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d", "%d-%m-%Y"],
            error_messages={"invalid": NO_DATE},
            **kwargs,
        )

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(NO_DATE)
        return day


class SearchForm(forms.Form):
    """Match students and initiators by parts of name, e-mail address or number, examiners by their contact.

    The period is that of the current status (column 'Sinds').
    """

    commissie = forms.ChoiceField(label="Examencommissie", required=False)
    examen = forms.ChoiceField(label="Examen", required=False)
    student = LineFormField(label="Student", required=False)
    status = forms.ChoiceField(
        label="Status", required=False, choices=[*Status.choices, (ALL, "Alle statussen")], initial=Status.ASSESSED
    )
    van = SearchDateField(label="Sinds: van")
    tot = SearchDateField(label="Sinds: tot en met")
    initiator = LineFormField(label="Initiator", required=False)
    examinator = LineFormField(label="Examinator", required=False)

    def clean(self) -> None:
        since, until = self.cleaned_data.get("van"), self.cleaned_data.get("tot")
        if since and until and until < since:
            self.add_error("tot", "Deze datum ligt voor de datum bij ‘van’.")


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


@dataclass(frozen=True)
class Place:
    """Where an assessment is in a list; `previous` and `following` are public ids."""

    number: int
    total: str  # '67', or '1000+'
    previous: UUID | None
    following: UUID | None


class AssessmentSearch:
    """A search in the committees of `user`, or in the chosen one; raises `Http404` without any.

    The default status is 'Beoordeeld', which waits for the committee. `PROPOSED` exists where a committee has
    `four_eyes`. An invalid field does not filter and has its error.
    """

    def __init__(self, data: QueryDict, *, user: User) -> None:
        self.user = user
        self.all_committees, self.memberships = get_committees(user), student_memberships(user)
        chosen = [one for one in self.all_committees if str(one.pk) == data.get("commissie")]
        self.committees = chosen or self.all_committees
        self.schools = list({committee.school_id: committee.school for committee in self.committees}.values())
        self.four_eyes = any(committee.four_eyes for committee in self.committees)
        assessed = Assessment.objects.filter(committee__in=self.committees, exam=OuterRef("pk")).order_by()
        self.exams = {exam.pk: exam for exam in Exam.objects.filter(Exists(assessed))}
        data = data.copy()
        data.setdefault("status", Status.ASSESSED)
        self.form = SearchForm(data)
        fields: dict[str, Any] = self.form.fields
        if self.four_eyes:
            fields["status"].choices = [*fields["status"].choices, (PROPOSED, "Voorgedragen")]
        fields["commissie"].choices = [
            ("", "Alle examencommissies"),
            *((str(one.pk), self.label(one)) for one in self.all_committees),
        ]
        fields["examen"].choices = [("", "Alle examens"), *((str(pk), str(exam)) for pk, exam in self.exams.items())]
        self.form.is_valid()
        self.values = self.form.cleaned_data
        sort = data.get("sorteer", "")
        column = sort.removeprefix("-")
        can_sort = column in SORTS and (column != BY_GRADE or self.status == Status.FINAL)
        self.sort = sort if can_sort else ""

    def label(self, committee: ExamCommittee) -> str:
        """Return the committee's name, with its school where the user's committees are of several."""
        several = len({one.school_id for one in self.all_committees}) > 1
        return f"{committee.name} ({committee.school})" if several else committee.name

    @property
    def names_committees(self) -> bool:
        """Whether rows name their committee: where the search is in several."""
        return len(self.committees) > 1

    @property
    def inactive(self) -> str:
        """The names of the schools where digital assessment is off."""
        return ", ".join(school.name for school in self.schools if not school.digital_assessment_active)

    @property
    def status(self) -> str:
        """A `Status`, `ALL` or `PROPOSED`."""
        return self.values.get("status") or ALL

    @property
    def exam(self) -> Exam | None:
        selected = self.values.get("examen")
        return self.exams[int(selected)] if selected else None

    @property
    def exam_schools(self) -> list[School]:
        """The schools where a committee of the search decides on the exam; [] without one."""
        if self.exam is None or len(self.schools) == 1:
            return self.schools if self.exam else []
        code, find = self.exam.code, ExamCommittee.objects.of_programme
        return [school for school in self.schools if find(school=school.pk, code=code) in self.committees]

    @property
    def problems(self) -> list[str]:
        """The errors, each with the label of its field."""
        return [f"‘{self.form[name].label}’: {error}" for name, errors in self.form.errors.items() for error in errors]

    @property
    def has_filters(self) -> bool:
        """Whether a field other than the status filters."""
        return any(value for name, value in self.values.items() if name not in ("status", "commissie"))

    @property
    def folded_count(self) -> int:
        """The number of fields behind 'Meer filters' that filter."""
        return sum(bool(self.values.get(name)) for name in ("initiator", "examinator", "van", "tot"))

    @property
    def filters_by_person(self) -> bool:
        return any(self.values.get(name) for name in ("student", "initiator", "examinator"))

    def find(self, status: str, *, committee: ExamCommittee) -> AssessmentQuerySet:
        """Return the matching assessments of `committee` with this status, `ALL` or `PROPOSED`.

        The same rows as `AssessmentQuerySet.for_committee`, from committees and memberships that were read once.
        """
        queryset = self._filter(Assessment.objects.filter(committee=committee))
        if self.memberships:
            queryset = queryset.exclude(student__in=self.memberships)
        if status == PROPOSED:
            return queryset.proposed_to_make_final()
        return queryset if status == ALL else queryset.filter(status=status)

    @property
    def is_by_date(self) -> bool:
        return self.sort.removeprefix("-") in ("", BY_DATE)

    @property
    def newest_first(self) -> bool:
        """Running assessments come longest waiting first; closed ones, and all statuses at once, newest first."""
        return self.sort.startswith("-") if self.sort else self.status == ALL or self.status in CLOSED

    def read_order(self) -> list[tuple[int, UUID]]:
        """Return the id and public id of the first `MAX_SORTED` + 1 of the list."""
        descending = self.newest_first if self.is_by_date else self.sort.startswith("-")
        fields = (*SORTS[self.sort.removeprefix("-") or BY_DATE], "pk")
        order = [f"-{name}" if descending else name for name in fields]
        rows: list[tuple[Any, ...]] = []
        for committee in self.committees:  # an index gives the order within one committee only
            queryset = self.find(self.status, committee=committee).order_by(*order)
            rows += queryset.values_list(*fields, "public_id")[: MAX_SORTED + 1]
        if len(self.committees) > 1:
            rows.sort(key=lambda row: row[:-1], reverse=descending)
        return [(row[-2], row[-1]) for row in rows[: MAX_SORTED + 1]]

    def find_place(self, assessment: Assessment) -> Place | None:
        """Return the place of an assessment in this list; None if it is not in its first `MAX_SORTED`."""
        order = [public_id for _, public_id in self.read_order()]
        if assessment.public_id not in order[:MAX_SORTED]:
            return None
        place = order.index(assessment.public_id)
        return Place(
            number=place + 1,
            total=f"{MAX_SORTED}+" if len(order) > MAX_SORTED else str(len(order)),
            previous=order[place - 1] if place else None,
            following=order[place + 1] if place + 1 < len(order) else None,
        )

    def final_results(self) -> AssessmentQuerySet | None:
        """Return the final results to export; None without an exam.

        Every field but the status filters (source text: 'mits die de status Definitief hebben'). The member's own
        result is included: the file is the school's.
        """
        if self.exam is None:
            return None
        return self._filter(Assessment.objects.filter(committee__in=self.committees, status=Status.FINAL))

    def _filter(self, queryset: AssessmentQuerySet) -> AssessmentQuerySet:
        """By every field but the status."""
        values = self.values
        if self.exam:
            queryset = queryset.filter(exam=self.exam)
        if since := values.get("van"):
            queryset = queryset.filter(status_since__gte=_start_of(since))
        if until := values.get("tot"):
            queryset = queryset.filter(status_since__lt=_start_of(until + timedelta(days=1)))
        if student := values.get("student"):
            queryset = queryset.filter(matches(student, "student__search_text"))
        if initiator := values.get("initiator"):
            own = Membership.objects.filter(user=OuterRef("initiator"), school=OuterRef("school"))
            queryset = queryset.filter(Exists(own.exclude(role=Role.STUDENT).filter(matches(initiator))))
        if examiner := values.get("examinator"):
            live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
            queryset = queryset.filter(Exists(live.filter(matches(examiner, "contact__search_text"))))
        return queryset


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def get_search(request: UserRequest) -> AssessmentSearch:
    return AssessmentSearch(request.GET, user=request.user)
