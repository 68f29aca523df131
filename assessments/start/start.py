"""Start an assessment of a student (source text, part A, 'Toevoegen studenten')."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Case, Q, When
from django.utils import timezone

from accounts.models import Membership, Role, User
from accounts.school.student_search import find_students as among_students
from addressbook.models import Contact
from assessments import access, lifecycle
from assessments.coupling import couplings
from assessments.models import Assessment, CancelKind, Event, Status, followed_by
from exams.models import ExamUnit

SEARCH_LIMIT = 20


@dataclass(frozen=True)
class UnitProgress:
    """A student's progress with a unit: the running assessment, if any, and the number of the next attempt.

    `is_followed`: whether the docent who asked may open the running one.
    """

    running: Assessment | None = None
    next_attempt: int = 1
    is_followed: bool = False

    @property
    def is_resit(self) -> bool:
        """Return whether starting now is a 'herkansing'."""
        return self.running is None and self.next_attempt > 1


@dataclass(frozen=True)
class StartedBatch:
    """The result for several students: `refused` had one running already, `left` left the school meanwhile."""

    started: Sequence[Assessment]
    refused: Sequence[Membership]
    left: Sequence[Membership] = ()


def is_activated(user: User) -> bool:
    """Return whether digital assessment is enabled at a school where `user` is Docent."""
    return user.schools_as(Role.DOCENT).filter(digital_assessment_active=True).exists()


def find_students(*, by: User, query: str) -> list[Membership]:
    """Return at most `SEARCH_LIMIT` + 1 matching students of `by`'s schools, without `by`.

    `query` is (a part of) the name, the e-mail address or the number; several words in any order. Last names that begin
    with it come first, each group by last name. A student without a number can't be assessed and is not found (source
    text, 'Studentnummer').
    """
    schools = by.schools_as(Role.DOCENT).filter(digital_assessment_active=True)
    students = among_students(schools=list(schools), query=query, limit=SEARCH_LIMIT + 2)  # one may be `by`
    return [student for student in students if student.user_id != by.pk][: SEARCH_LIMIT + 1]


def students_to_start(user: User, pks: Collection[int]) -> list[Membership]:
    """Return the students for whom `user` may start an assessment, in the order of `pks`."""
    if not pks:
        return []
    students = Membership.objects.students_of_docent(user).exclude(student_number="").select_related("user", "school")
    by_pk = students.in_bulk(list(pks))
    return [by_pk[pk] for pk in dict.fromkeys(pks) if pk in by_pk]


def start(
    *, unit: ExamUnit, student: Membership, by: User, planned_on: date | None = None, place: str = ""
) -> Assessment:
    """Start an assessment of `student`, pinned to the unit in the exam's newest version.

    It is the next attempt if others counted as one. Raises `DomainError` when one is running already, also when started
    concurrently, when the student left the school or is `by`, or when the newest version lacks the unit.
    """
    now = timezone.now()
    return _start(unit=_newest(unit), student=student, by=by, at=now, planned_on=planned_on, place=place)


def start_batch(
    *,
    unit: ExamUnit,
    students: Collection[Membership],
    by: User,
    planned_on: date | None = None,
    place: str = "",
    examiners: Mapping[int, Collection[Contact]] | None = None,
) -> StartedBatch:
    """Start an assessment for each student, in one transaction; those with one running, or who left, are skipped.

    All get the same `created_at`, by which they are found together (`unfinished_starts`). `examiners` (membership id →
    contacts) are coupled to the whole exam of each. Raises `DomainError` for more than `MAX_BATCH` students, when
    `by` is one of them, when the newest version lacks the unit, or when an examiner left the address book.
    """
    if len(students) > access.MAX_BATCH:
        raise lifecycle.DomainError(f"U kunt hooguit {access.MAX_BATCH} studenten tegelijk starten.")
    newest, now = _newest(unit), timezone.now()
    started, refused, left = [], [], []
    with transaction.atomic():
        # A fixed order prevents deadlocks between docents with the same students.
        for student in sorted(students, key=lambda student: student.pk):
            try:
                assessment = _start(unit=newest, student=student, by=by, at=now, planned_on=planned_on, place=place)
                started.append(assessment)
            except _AlreadyRunning:
                refused.append(student)
                continue
            except _Left:
                left.append(student)
                continue
            if contacts := (examiners or {}).get(student.pk):
                couplings.choose_examiners(assessment=assessment, target=couplings.Target(), contacts=contacts, by=by)
    return StartedBatch(started, refused, left)


class _AlreadyRunning(lifecycle.DomainError):
    """The student has an assessment that is not closed."""


class _Left(lifecycle.DomainError):
    """The student is no longer at the school."""


def _start(
    *, unit: ExamUnit, student: Membership, by: User, at: datetime, planned_on: date | None, place: str
) -> Assessment:
    lifecycle.refuse_own(student, by=by)
    exam = unit.exam_version.exam
    earlier = Assessment.objects.filter(student=student, exam=exam, unit_code=unit.code, counts_as_attempt=True)
    try:
        with transaction.atomic():
            _refuse_who_left(student)
            attempt = max(earlier.values_list("attempt", flat=True), default=0) + 1
            assessment = Assessment.objects.create(
                school=student.school,
                student=student,
                exam=exam,
                unit=unit,
                unit_code=unit.code,
                attempt=attempt,
                initiator=by,
                created_at=at,
                planned_on=planned_on,
                place=place,
            )
            lifecycle.record(assessment, kind=Event.Kind.STARTED, by=by, attempt=attempt)
    except IntegrityError as error:
        raise _AlreadyRunning(
            f"Voor {student.user.full_name} loopt al een beoordeling van deze exameneenheid."
        ) from error
    return assessment


def _refuse_who_left(student: Membership) -> None:
    """Check again, and lock the membership until the assessment exists."""
    present = Membership.objects.present().order_by().select_for_update(no_key=True).filter(pk=student.pk)
    if not present.values_list("pk", flat=True).first():
        raise _Left(f"{student.user.full_name} hoort niet meer bij {student.school}.")


def _newest(unit: ExamUnit) -> ExamUnit:
    """Return the unit in the newest version: an old URL may be of an old version."""
    exam = unit.exam_version.exam
    newest = (
        ExamUnit.objects.select_related("exam_version__exam")
        .filter(exam_version=exam.current_version, code=unit.code)
        .first()
    )
    if newest is None:
        raise lifecycle.DomainError("Deze exameneenheid staat niet meer in het examen; kies een andere.")
    return newest


def standings(*, students: Iterable[Membership], unit: ExamUnit, by: User) -> dict[int, UnitProgress]:
    """Return the progress with this unit, over all its versions, of students of docent `by`, by membership id.

    One query.
    """
    standing_by_student = {student.pk: UnitProgress() for student in students}
    if not standing_by_student:
        return standing_by_student
    assessments = Assessment.objects.filter(
        student__in=standing_by_student, exam=unit.exam_version.exam, unit_code=unit.code
    )
    for assessment in assessments.annotate(is_followed=Case(When(followed_by(by), then=True), default=False)):
        before = standing_by_student[assessment.student_id]
        counted = assessment.attempt if assessment.counts_as_attempt else 0
        is_running = not assessment.is_closed
        standing_by_student[assessment.student_id] = UnitProgress(
            running=assessment if is_running else before.running,
            next_attempt=max(before.next_attempt, counted + 1),
            is_followed=assessment.is_followed if is_running else before.is_followed,
        )
    return standing_by_student


LEFT = "De student is uitgeschreven."
REASON = "Er was nog niets beoordeeld."


def can_undo_start(assessment: Assessment) -> bool:
    """Return whether a docent may undo the start: nothing was filled in, by an invited examiner either.

    After that only the committee can, unless the student left and the work is not all completed.
    """
    if assessment.student_left:
        return assessment.status in (Status.NEW, Status.INVITED, Status.IN_PROGRESS)
    if assessment.status not in (Status.NEW, Status.INVITED):
        return False
    written = Q(scores__isnull=False) | Q(completed_at__isnull=False) | ~Q(justification="")
    return not assessment.assignments.filter(written).exists()


def undo_start(*, assessment: Assessment, by: User, version: int | None = None) -> None:
    """Undo the start: to CANCELLED, without counting as an attempt and without mail; links no longer work.

    Raises `DomainError` when it is not possible, or something changed since `version`.
    """
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        if not can_undo_start(current):
            raise lifecycle.DomainError(
                "Er is al iets beoordeeld; alleen de examencommissie kan deze beoordeling nog intrekken."
            )
        kind, reason = (CancelKind.OTHER, LEFT) if current.student_left else (CancelKind.MISTAKE, REASON)
        lifecycle.cancel(assessment=current, by=by, kind=kind, reason=reason, counts_as_attempt=False)
