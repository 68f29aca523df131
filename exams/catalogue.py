"""What is in the product catalogue, what someone has on their account, and opening it.

Loading is the check: each `get_…` gives the thing when its exam is on the account, else raises `Http404`.
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
    """What the catalogue is narrowed to; what is empty narrows nothing."""

    query: str = ""
    kind: str = ""
    cohort: str = ""

    def __bool__(self) -> bool:
        return bool(self.query or self.kind or self.cohort)

    def finds(self, exam: Exam) -> bool:
        """Whether title or code hold every word, accents ignored (one of one or two characters where a word starts)."""
        if self.kind not in ("", exam.kind) or self.cohort not in ("", exam.cohort):
            return False
        return not self.query or holds(self.query, [exam.title, exam.code])


def catalogue(user: User) -> list[Exam]:
    """The exams with published content, each with `on_account`: whether `user` has it.

    There are a few hundred, so that `Search` runs here: accents are ignored alike on both databases.
    """
    on_account = AccountExam.objects.filter(exam=OuterRef("pk"), user=user)
    return list(_in_catalogue().annotate(on_account=Exists(on_account)))


def cohorts(exams: Iterable[Exam]) -> list[str]:
    """Those of these exams, the newest first."""
    return sorted({exam.cohort for exam in exams}, reverse=True)


def exams_on_account(user: User) -> QuerySet[Exam]:
    """The exams of 'Mijn Digibib', sorted by title."""
    return Exam.objects.filter(account_exams__user=user)


def get_exam(user: User, pk: int) -> Exam:
    return get_object_or_404(exams_on_account(user), pk=pk)


def get_exam_to_add(pk: int) -> Exam:
    """An exam of the catalogue: anyone may put it on their account."""
    return get_object_or_404(_in_catalogue(), pk=pk)


def get_unit(user: User, pk: int) -> ExamUnit:
    """A published unit; of an older version too, since assessments keep the version they began with."""
    return get_object_or_404(_units_of(user).select_related("exam_version__exam"), pk=pk)


def get_work_process(user: User, pk: int) -> WorkProcess:
    """A work process of such a unit, with its parts and their criteria."""
    work_processes = WorkProcess.objects.filter(core_task__unit__in=_units_of(user))
    return get_object_or_404(
        work_processes.select_related("core_task__unit__exam_version__exam").prefetch_related("parts__criteria"), pk=pk
    )


def current_units(exam: Exam) -> QuerySet[ExamUnit]:
    """The units of the newest published version, down to their work processes; none without such a version."""
    return ExamUnit.objects.filter(exam_version=exam.current_version).prefetch_related("core_tasks__work_processes")


def core_tasks(unit: ExamUnit) -> QuerySet[CoreTask]:
    """The unit's core tasks with their work processes, parts and criteria."""
    parts = Prefetch("work_processes__parts", Part.objects.prefetch_related("criteria"))
    return unit.core_tasks.prefetch_related(parts)


def add_to_account(*, user: User, exam: Exam) -> None:
    """Put the exam on the account; nothing changes when it is there already."""
    AccountExam.objects.get_or_create(user=user, exam=exam)


def remove_from_account(*, user: User, exam: Exam) -> None:
    """Take the exam off the account; assessments and results of it stay."""
    AccountExam.objects.filter(user=user, exam=exam).delete()


def _published() -> QuerySet[ExamVersion]:
    return ExamVersion.objects.filter(published_at__isnull=False)


def _in_catalogue() -> QuerySet[Exam]:
    return Exam.objects.filter(Exists(_published().filter(exam=OuterRef("pk"))))


def _units_of(user: User) -> QuerySet[ExamUnit]:
    return ExamUnit.objects.filter(exam_version__in=_published(), exam_version__exam__in=exams_on_account(user))
