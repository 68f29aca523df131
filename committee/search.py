"""Finding a school's assessments by their dates, and by people's names, as fast among a million as among a thousand.

The list in its order is an index, so that a page of it, or a count up to a bound, reads no more than it shows. By names
of students and examiners a bounded piece of it is walked, which meets what is common; where that was not enough, the
few people who are called so are looked up first and then their assessments. (`accounts.student_search` does the same.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from typing import Any

from django import forms
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.http import Http404, QueryDict
from django.utils import timezone

from accounts.fields import LineFormField
from accounts.http import UserRequest
from accounts.models import Membership, Role, User
from accounts.search import matches
from assessments.models import Assessment, AssessmentQuerySet, Assignment, Status
from exams.models import Exam

from .prepared import OneOf, Prepared

ALL = "ALLE"
PROPOSED = "VOORGEDRAGEN"  # of those that are 'Beoordeeld': what a member proposed to make final


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to: `status` may be `ALL` or `PROPOSED`, `until` is after its last moment.

    Others may be empty. `own` are the memberships of who asks, as a student: for nearly everybody none, and then no
    condition. Those have one each, and the indexes hold the student, so that leaving theirs out reads nothing more.
    `not_proposed_by` is a member (the id of the user) whose proposals that still stand are left out.
    """

    status: str = ALL
    exam: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    student: str = ""
    initiator: str = ""
    examiner: str = ""
    own: tuple[int, ...] = ()
    not_proposed_by: int | None = None

    @property
    def names_people(self) -> bool:
        return bool(self.student or self.initiator or self.examiner)


EARLIEST, LATEST = date(1970, 1, 1), date(9000, 1, 1)  # what is one day further is a date, too
NO_DATE = "Dit is geen datum. Een datum ziet eruit als 23-11-2026."
_OF_EXAM = ["id", "kind", "code", "title", "cohort", "level"]


def _assessed_at(schools: Any) -> QuerySet[Any, Any]:
    assessed = Assessment.objects.filter(OneOf(F("school_id"), schools), exam=OuterRef("pk"))
    return Exam.objects.filter(Exists(assessed)).values_list(*_OF_EXAM)


_EXAMS = Prepared(_assessed_at)


def exams_of(schools: list[int]) -> list[Exam]:
    """The exams that were assessed at these schools: what the select offers."""
    return [Exam.from_db(DEFAULT_DB_ALIAS, _OF_EXAM, row) for row in _EXAMS.ask(schools)]


class DayField(forms.DateField):
    """A day from a date picker, or typed as people write it."""

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
    """Students and initiators are found by (parts of) name, e-mail address or number, examiners by what the address
    book holds of them; the period is that of the state which the list shows, in its column 'Sinds'."""

    examen = forms.ChoiceField(label="Examen", required=False)
    student = LineFormField(label="Student", required=False)
    status = forms.ChoiceField(
        label="Status", required=False, choices=[*Status.choices, (ALL, "Alle statussen")], initial=Status.ASSESSED
    )
    van = DayField(label="Sinds: van")
    tot = DayField(label="Sinds: tot en met")
    initiator = LineFormField(label="Initiator", required=False)
    examinator = LineFormField(label="Examinator", required=False)

    def clean(self) -> None:
        since, until = self.cleaned_data.get("van"), self.cleaned_data.get("tot")
        if since and until and until < since:
            self.add_error("tot", "Deze datum ligt voor de datum bij ‘van’.")


class AfnamesFilter:
    """The search as the address has it, at these schools (their ids); `inactive` names those where assessing is off,
    `own` are the memberships of who asks, as a student. Only where a school wants `four_eyes` there is `PROPOSED`.

    Without a status it is 'Beoordeeld', since those wait for the committee; `ALL` is all of them. What can't be
    understood is passed over, and said at its field.
    """

    def __init__(
        self,
        data: QueryDict,
        *,
        schools: list[int],
        inactive: Sequence[str] = (),
        own: Sequence[int] = (),
        four_eyes: bool = False,
    ) -> None:
        self.schools = schools
        self.four_eyes = four_eyes
        self.own = tuple(own)
        self.inactive = ", ".join(inactive)
        data = data.copy()
        data.setdefault("status", Status.ASSESSED)
        self.form = SearchForm(data)
        if four_eyes:
            statuses = self.form.fields["status"].choices  # type: ignore[attr-defined]
            self.form.fields["status"].choices = [*statuses, (PROPOSED, "Voorgedragen")]  # type: ignore[attr-defined]
        self.exams = {exam.pk: exam for exam in exams_of(schools)}  # what can be chosen
        choices = [(str(pk), str(exam)) for pk, exam in self.exams.items()]
        self.form.fields["examen"].choices = [("", "Alle examens"), *choices]  # type: ignore[attr-defined]

    @cached_property
    def _given(self) -> dict[str, Any]:
        self.form.is_valid()
        return self.form.cleaned_data

    @property
    def shown_status(self) -> str:
        """The status that is shown, or `ALL`."""
        return self._given.get("status") or ALL

    @property
    def exam(self) -> Exam | None:
        """The exam that is chosen."""
        chosen = self._given.get("examen")
        return self.exams[int(chosen)] if chosen else None

    @property
    def problems(self) -> list[str]:
        """What can't be understood, and in which field."""
        return [f"‘{self.form[name].label}’: {error}" for name, errors in self.form.errors.items() for error in errors]

    @property
    def has_words(self) -> bool:
        """Whether anything but the status narrows the list."""
        return any(value for name, value in self._given.items() if name != "status")

    @property
    def wanted(self) -> Wanted:
        until = self._given.get("tot")
        return Wanted(
            status=self.shown_status,
            exam=self.exam.pk if self.exam else None,
            since=_start_of(self._given.get("van")),
            until=_start_of(until + timedelta(days=1)) if until else None,
            student=self._given.get("student", ""),
            initiator=self._given.get("initiator", ""),
            examiner=self._given.get("examinator", ""),
            own=self.own,
        )

    def final_results(self) -> AssessmentQuerySet | None:
        """What the CSV holds: the final results of the chosen exam, by the other fields too; None without an exam.

        The status that the list shows does not count (source text: 'mits die de status Definitief hebben'). One's
        own result is among them: it is no secret any more, and the file is the school's.
        """
        wanted = self.wanted
        if wanted.exam is None:
            return None
        found = Assessment.objects.filter(school__in=self.schools, exam=wanted.exam, status=Status.FINAL)
        if wanted.since:
            found = found.filter(status_since__gte=wanted.since)
        if wanted.until:
            found = found.filter(status_since__lt=wanted.until)
        if wanted.student:
            found = found.filter(matches(wanted.student, "student__search_text"))
        if wanted.initiator:
            own = Membership.objects.filter(user=OuterRef("initiator"), school=OuterRef("school"))
            found = found.filter(Exists(own.filter(matches(wanted.initiator))))
        if wanted.examiner:
            live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
            found = found.filter(Exists(live.filter(matches(wanted.examiner, "contact__search_text"))))
        return found


def _start_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _schools(user: int, *, passed_two_factor: bool) -> QuerySet[Any, Any]:
    """Those of `get_schools`, with the own membership as a student (`own_memberships`)."""
    member = User(pk=user)
    member.passed_two_factor = passed_two_factor
    mine = member.memberships.filter(role=Role.STUDENT, school=OuterRef("pk")).order_by().values("pk")
    theirs = member.schools_as(Role.EXAMENCOMMISSIE).order_by("name").annotate(own=Subquery(mine))
    return theirs.values_list("pk", "name", "digital_assessment_active", "four_eyes", "own")


SCHOOLS = {passed: Prepared(partial(_schools, passed_two_factor=passed)) for passed in (False, True)}


def get_filter(request: UserRequest) -> AfnamesFilter:
    """The search as the address has it; 404 for someone who is in no committee."""
    schools = SCHOOLS[request.user.passed_two_factor].ask(request.user.pk)
    if not schools:
        raise Http404
    return AfnamesFilter(
        request.GET,
        schools=[pk for pk, *_ in schools],
        inactive=[name for _, name, is_active, *_ in schools if not is_active],
        own=[own for *_, own in schools if own],
        four_eyes=any(four_eyes for *_, four_eyes, _ in schools),
    )
