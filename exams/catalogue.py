"""The product catalogue and the exams on a user's account.

Loading is the check: `get_exam`, `get_unit` and `get_work_process` raise `Http404` unless the exam is on the account.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.search import holds

from .models import AccountExam, CoreTask, Exam, ExamUnit, ExamVersion, Part, WorkProcess


@dataclass(frozen=True)
class Search:
    """The catalogue's filters; an empty one does not filter."""

    query: str = ""
    kind: str = ""
    cohort: str = ""

    def __bool__(self) -> bool:
        return bool(self.query or self.kind or self.cohort)

    def finds(self, exam: Exam) -> bool:
        """Return whether `exam` matches all filters; `query` as `accounts.search.holds`."""
        if self.kind not in ("", exam.kind) or self.cohort not in ("", exam.cohort):
            return False
        return not self.query or holds(self.query, [exam.title, exam.code])


def catalogue(user: User) -> list[Exam]:
    """Return the exams with published content, each with `on_account`: whether `user` has it.

    They are a few hundred, so `Search` filters in Python, where accents are ignored on every database.
    """
    on_account = AccountExam.objects.filter(exam=OuterRef("pk"), user=user)
    return list(_in_catalogue().annotate(on_account=Exists(on_account)))


def cohorts(exams: Iterable[Exam]) -> list[str]:
    """Return the cohorts of `exams`, newest first."""
    return sorted({exam.cohort for exam in exams}, reverse=True)


def exams_on_account(user: User) -> QuerySet[Exam]:
    """Return the exams of 'Mijn Digibib', sorted by title."""
    return Exam.objects.filter(account_exams__user=user)


def get_exam(user: User, pk: int) -> Exam:
    return get_object_or_404(exams_on_account(user), pk=pk)


def get_exam_to_add(pk: int) -> Exam:
    """Return an exam of the catalogue, which every user may add."""
    return get_object_or_404(_in_catalogue(), pk=pk)


def get_unit(user: User, pk: int) -> ExamUnit:
    """Return a published unit, also of an older version: assessments keep the version they started with."""
    return get_object_or_404(_units_of(user).select_related("exam_version__exam"), pk=pk)


def get_work_process(user: User, pk: int) -> WorkProcess:
    """Return a work process of a published unit, with its parts and criteria."""
    work_processes = WorkProcess.objects.filter(core_task__unit__in=_units_of(user))
    return get_object_or_404(
        work_processes.select_related("core_task__unit__exam_version__exam").prefetch_related("parts__criteria"), pk=pk
    )


def current_units(exam: Exam) -> QuerySet[ExamUnit]:
    """Return the units of the current version with their work processes; empty without a published version."""
    return ExamUnit.objects.filter(exam_version=exam.current_version).prefetch_related("core_tasks__work_processes")


def core_tasks(unit: ExamUnit) -> QuerySet[CoreTask]:
    """Return the unit's core tasks with their work processes, parts and criteria."""
    parts = Prefetch("work_processes__parts", Part.objects.prefetch_related("criteria"))
    return unit.core_tasks.prefetch_related(parts)


def add_to_account(*, user: User, exam: Exam) -> None:
    """Add the exam to the account; idempotent."""
    AccountExam.objects.get_or_create(user=user, exam=exam)


def remove_from_account(*, user: User, exam: Exam) -> None:
    """Remove the exam from the account; assessments and results remain."""
    AccountExam.objects.filter(user=user, exam=exam).delete()


def _in_catalogue() -> QuerySet[Exam]:
    return Exam.objects.filter(Exists(ExamVersion.objects.published().filter(exam=OuterRef("pk"))))


def _units_of(user: User) -> QuerySet[ExamUnit]:
    versions = ExamVersion.objects.published().filter(exam__in=exams_on_account(user))
    return ExamUnit.objects.filter(exam_version__in=versions)
