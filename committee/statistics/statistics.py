"""Statistics of one school year: per exam the assessments by status, per criterion and examiner the scores given.

Nothing here names a student. Erased work is included where enough students were erased, without the examiner
(`PastScores`). Scores are those of the newest `SCORED` assessments of an exam in the year, so that a query stays fast
however many there are; of earlier years only the running assessments are counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Min, Value
from django.utils import timezone

from accounts.models import ExamCommittee
from addressbook.models import Contact
from assessments.models import CLOSED, Assessment, AssessmentQuerySet, PastAssessments, PastScores, Status
from assessments.privacy import erasure
from exams.grading.scores import Score
from exams.models import Criterion, Exam, ExamUnit

SCORES = tuple(letter.value for letter in Score)
ENOUGH_FINAL = 5  # results; with fewer, no pass means little
ENOUGH_SCORES = 20  # for one criterion, or of one examiner
ENOUGH_EXAMINED = 3  # students; with fewer, an examiner's scores are about them
YEARS_SHOWN = 5
SCORED = 1000


@dataclass(frozen=True)
class Segment:
    """`x` and `width` are percentages of the bar."""

    key: str
    label: str
    count: int
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    segments: list[Segment]
    total: int

    @property
    def text(self) -> str:
        """'Beoordeeld 3, Definitief 12', for a screen reader."""
        return ", ".join(f"{segment.label} {segment.count}" for segment in self.segments if segment.count)

    def share(self, key: str) -> float:
        """Return the fraction of all, between 0 and 1."""
        return sum(s.count for s in self.segments if s.key == key) / self.total if self.total else 0.0


def bar(counts: Mapping[str, int], labels: Iterable[tuple[str, str]]) -> Bar:
    """Return a bar of these counts in the order of the labels."""
    total, x, segments = sum(counts.values()), 0.0, []
    for key, label in labels:
        count = counts.get(key, 0)
        width = 100 * count / total if total else 0.0
        segments.append(Segment(key, label, count, round(x, 3), round(width, 3)))
        x += width
    return Bar(segments, total)


@dataclass
class Waiting:
    """The time that assessments have had a status, in days."""

    status: str
    label: str
    count: int
    average: float
    longest: int


@dataclass(frozen=True)
class EarlierWaiting:
    """The assessments that started before the period and still run, by status."""

    waiting: list[Waiting]

    @property
    def count(self) -> int:
        return sum(status.count for status in self.waiting)

    @property
    def longest(self) -> int:
        return max((status.longest for status in self.waiting), default=0)


@dataclass
class ExamStatistics:
    """`passed` of the `final` results are V or G."""

    exam: Exam
    states: Bar
    waiting: list[Waiting] = field(default_factory=list)
    final: int = 0
    passed: int = 0

    @property
    def has_no_passes(self) -> bool:
        return self.final >= ENOUGH_FINAL and self.passed == 0


@dataclass(frozen=True)
class ScoreCounts:
    """The scores given for a criterion, or by an examiner to this number of `students`."""

    title: str
    code: str
    scores: Bar
    students: int | None = None

    @property
    def always(self) -> str:
        """The only letter that was given, if there are enough scores; else ''."""
        few_students = self.students is not None and self.students < ENOUGH_EXAMINED
        if self.scores.total < ENOUGH_SCORES or few_students:
            return ""
        return next((letter for letter in SCORES if self.scores.share(letter) == 1.0), "")


@dataclass(frozen=True)
class Period:
    """A school year, '2026-2027', from August; `until` is exclusive."""

    key: str
    since: datetime
    until: datetime

    @property
    def last_day(self) -> date:
        return timezone.localdate(self.until) - timedelta(days=1)


def periods(today: date) -> list[Period]:
    """Return the current school year and those before it, the newest first."""
    first = erasure.school_year(today)
    begins = erasure.first_moment
    return [Period(f"{y}-{y + 1}", begins(y), begins(y + 1)) for y in range(first, first - YEARS_SHOWN, -1)]


def read_exams(
    committees: Collection[int], period: Period, *, exam: Exam | None = None, own: Collection[int] = ()
) -> list[ExamStatistics]:
    """Return the exams with assessments that started in the period, or only `exam`, by title; in three queries.

    Without the assessments of the memberships `own`.
    """
    started = _started(committees, period, own)
    if exam is not None:
        started = started.filter(exam=exam)
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    results: dict[int, dict[str, int]] = defaultdict(dict)
    for row in _by(started, "exam", "status", "ovg"):
        rows[row["exam"]].append(row)
        if row["status"] == Status.FINAL:
            results[row["exam"]][row["ovg"]] = row["count"]
    erased: dict[int, Counter[str]] = defaultdict(Counter)
    for row in _past_assessments(exam, committees, period):
        erased[row["exam"]][row["status"]] += row["count"]
        if row["status"] == Status.FINAL:
            of_exam = results[row["exam"]]
            of_exam[row["ovg"]] = of_exam.get(row["ovg"], 0) + row["count"]
    exams = Exam.objects.filter(pk__in={*rows, *erased}).order_by("title", "cohort", "pk")
    return [_statistics(exam, rows[exam.pk], erased[exam.pk], results[exam.pk]) for exam in exams]


def _statistics(
    exam: Exam, rows: list[dict[str, Any]], erased: Counter[str], results: Mapping[str, int]
) -> ExamStatistics:
    counts = Counter(erased)
    for row in rows:
        counts[row["status"]] += row["count"]
    return ExamStatistics(
        exam=exam,
        states=bar(counts, Status.choices),
        waiting=_waiting(rows),
        final=sum(results.values()),
        passed=sum(count for ovg, count in results.items() if ovg != Score.O),
    )


def read_earlier(
    committees: Collection[int], period: Period, *, exam: Exam | None = None, own: Collection[int] = ()
) -> EarlierWaiting:
    """Return the running assessments that started before the period."""
    running = Assessment.objects.filter(committee__in=committees, created_at__lt=period.since)
    running = running.filter(status__in=[s for s in Status if s not in CLOSED])  # the condition of an index
    if exam is not None:
        running = running.filter(exam=exam)
    return EarlierWaiting(_waiting(_by(running.exclude(student__in=own) if own else running, "status")))


def _by(assessments: AssessmentQuerySet, *fields: str) -> list[dict[str, Any]]:
    """Count each combination of `fields`, with the average and the longest time in the status."""
    since = ExpressionWrapper(Value(timezone.now()) - F("status_since"), output_field=DurationField())
    rows: Any = assessments.order_by().values(*fields)
    return list(rows.annotate(count=Count("pk"), average=Avg(since), oldest=Min("status_since")))


def _waiting(rows: Iterable[dict[str, Any]]) -> list[Waiting]:
    """Return the statuses that are not closed, in their order."""
    return [
        Waiting(
            status=row["status"],
            label=Status(row["status"]).label,
            count=row["count"],
            average=row["average"] / timedelta(days=1),
            longest=(timezone.now() - row["oldest"]).days,
        )
        for row in sorted(rows, key=lambda row: Status.values.index(row["status"]))
        if row["status"] not in CLOSED
    ]


def _started(committees: Collection[int], period: Period, own: Collection[int]) -> AssessmentQuerySet:
    started = Assessment.objects.filter(
        committee__in=committees, created_at__gte=period.since, created_at__lt=period.until
    )
    return started.exclude(student__in=own) if own else started


def _past(rows: Any, exam: Exam | None, committees: Collection[int], period: Period, *by: str) -> list[dict[str, Any]]:
    """Return the counts of erased work, a row for each school and combination of `by`."""
    own = ExamCommittee.objects.filter(pk__in=committees)
    rows = rows.filter(own.covers(), year=period.since.year)
    if exam is not None:
        rows = rows.filter(exam=exam)
    return list(rows.order_by().values("school", *by, "count"))


def _past_assessments(exam: Exam | None, committees: Collection[int], period: Period) -> list[dict[str, Any]]:
    """Return the erased assessments of exams with at least `ENOUGH_STUDENTS` times the number of units."""
    rows = _past(PastAssessments.objects.all(), exam, committees, period, "exam", "status", "ovg")
    units = ExamUnit.objects.filter(exam_version__exam__in={row["exam"] for row in rows}).order_by()
    of_exam: Any = units.values_list("exam_version__exam").annotate(Count("code", distinct=True))
    needed = {pk: count * erasure.ENOUGH_STUDENTS for pk, count in of_exam}
    return _where_enough(rows, "exam", needed)


def _past_scores(exam: Exam, committees: Collection[int], period: Period) -> list[dict[str, Any]]:
    """Return the erased scores of criteria with at least `ENOUGH_STUDENTS`."""
    rows = _past(PastScores.objects.all(), exam, committees, period, "criterion", "value")
    return _where_enough(rows, "criterion", {row["criterion"]: erasure.ENOUGH_STUDENTS for row in rows})


def _where_enough(rows: list[dict[str, Any]], of: str, needed: Mapping[int, int]) -> list[dict[str, Any]]:
    """Filter the rows whose key `of` has at least the needed total at its school."""
    totals = Counter[tuple[int, int]]()
    for row in rows:
        totals[row["school"], row[of]] += row["count"]
    return [row for row in rows if totals[row["school"], row[of]] >= needed[row[of]]]


def _scores(exam: Exam, committees: Collection[int], period: Period, own: Collection[int]) -> Any:
    """Return the examiners' completed scores in the newest `SCORED` assessments, without committee decisions."""
    started = _started(committees, period, own).filter(exam=exam).exclude(status=Status.CANCELLED)
    newest = started.order_by("-created_at", "-pk").values("pk")[:SCORED]
    return erasure.counting().filter(assignment__assessment__in=newest).order_by()


def read_criteria(
    exam: Exam, committees: Collection[int], period: Period, own: Collection[int] = ()
) -> list[ScoreCounts]:
    """Return the scores by criterion, in the order of the exam, the newest version first."""
    counts = _counts(_scores(exam, committees, period, own), "criterion")
    for row in _past_scores(exam, committees, period):
        of_criterion = counts[row["criterion"]]
        of_criterion[row["value"]] = of_criterion.get(row["value"], 0) + row["count"]
    criteria = Criterion.objects.filter(pk__in=counts).select_related("part__work_process__core_task__unit")
    in_order = criteria.order_by(
        "-part__work_process__core_task__unit__exam_version__number",
        "part__work_process__core_task__unit__position",
        "part__work_process__core_task__position",
        "part__work_process__position",
        "part__position",
        "position",
    )
    return [
        ScoreCounts(criterion.text, f"{criterion.part.work_process.code} {criterion.part}", _bar(counts[criterion.pk]))
        for criterion in in_order
    ]


def read_examiners(
    exam: Exam, committees: Collection[int], period: Period, own: Collection[int] = ()
) -> list[ScoreCounts]:
    """Return the scores by examiner, by last name."""
    scores = _scores(exam, committees, period, own)
    counts = _counts(scores, "assignment__contact")
    students: Any = scores.values_list("assignment__contact").annotate(
        Count("assignment__assessment__student", distinct=True)
    )
    of_students = dict(students)
    contacts = Contact.objects.filter(pk__in=counts).order_by("sort_key", "pk")
    return [
        ScoreCounts(contact.full_name, contact.organisation, _bar(counts[contact.pk]), of_students[contact.pk])
        for contact in contacts
    ]


def _counts(scores: Any, by: str) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for row in scores.values(by, "value").annotate(count=Count("pk")):
        counts[row[by]][row["value"]] = row["count"]
    return counts


def _bar(counts: Mapping[str, int]) -> Bar:
    return bar(counts, [(letter.value, letter.label) for letter in Score])
