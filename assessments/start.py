"""Starting an assessment of a student (source text, part A, 'Toevoegen studenten')."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.models import Membership, User
from accounts.search import matches
from exams.models import ExamUnit

from . import lifecycle
from .models import CLOSED, Assessment, Event

SEARCH_LIMIT = 20


def find_students(*, by: User, query: str) -> list[Membership]:
    """At most `SEARCH_LIMIT` + 1 students of `by`'s schools that match, with a number, sorted by last name.

    `query` is (a part of) the name, the e-mail address or the number; several words in any order.
    A student without a number can't be assessed and is not found (source text, 'Studentnummer').
    """
    found = (
        Membership.objects.students_of_docent(by)
        .filter(matches(query))
        .exclude(student_number="")
        .select_related("user", "school")
        .order_by("user__last_name", "user__first_name", "pk")
    )
    return list(found[: SEARCH_LIMIT + 1])


def get_student_to_start(user: User, pk: int) -> Membership:
    """The student, when `user` may start an assessment of them; else `Http404`."""
    student = (
        Membership.objects.students_of_docent(user)
        .exclude(student_number="")
        .select_related("user", "school")
        .filter(pk=pk)
        .first()
    )
    if student is None:
        raise Http404
    return student


def running_assessment(*, student: Membership, unit: ExamUnit) -> Assessment | None:
    """The student's assessment of this unit that is not closed yet, whatever version it began with."""
    return (
        Assessment.objects.filter(student=student, exam=unit.exam_version.exam, unit_code=unit.code)
        .exclude(status__in=CLOSED)
        .first()
    )


def start(*, unit: ExamUnit, student: Membership, by: User) -> Assessment:
    """A new assessment of `student`, pinned to the unit as the exam's newest version has it.

    It is the next attempt if others counted as one. Raises `DomainError` when one is running
    already, also when that was started a moment ago, or when the newest version lacks the unit.
    """
    exam = unit.exam_version.exam
    unit = _newest(unit)
    earlier = Assessment.objects.filter(student=student, exam=exam, unit_code=unit.code, counts_as_attempt=True)
    try:
        with transaction.atomic():
            attempt = max(earlier.values_list("attempt", flat=True), default=0) + 1
            assessment = Assessment.objects.create(
                school=student.school,
                student=student,
                exam=exam,
                unit=unit,
                unit_code=unit.code,
                attempt=attempt,
                initiator=by,
            )
            lifecycle.record(assessment, kind=Event.Kind.STARTED, by=by, attempt=attempt)
    except IntegrityError as error:
        raise lifecycle.DomainError(
            f"Voor {student.user.full_name} loopt al een beoordeling van deze exameneenheid."
        ) from error
    return assessment


def _newest(unit: ExamUnit) -> ExamUnit:
    """An old address leads to an old version, which is there for what began with it."""
    exam = unit.exam_version.exam
    newest = ExamUnit.objects.filter(exam_version=exam.current_version, code=unit.code).first()
    if newest is None:
        raise lifecycle.DomainError("Deze exameneenheid staat niet meer in het examen; kies een andere.")
    return newest


def running_student_ids(*, students: Iterable[Membership], unit: ExamUnit) -> set[int]:
    """Which of `students` (their memberships' ids) have an assessment of this unit that is not closed."""
    running = Assessment.objects.filter(student__in=students, exam=unit.exam_version.exam, unit_code=unit.code)
    return set(running.exclude(status__in=CLOSED).values_list("student_id", flat=True))
