"""Erase what `retention` no longer retains, as a nightly task.

Each assessment and each student is erased in a transaction of its own, with its counts and log, so that the next night
continues where a worker stopped. Rows of other apps are deleted by CASCADE; mails, documents and files are handled
here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from celery import shared_task
from django.db import DatabaseError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.auth.address_history import addresses_of, mails_to
from accounts.erasure import erase_membership, erase_unused
from accounts.models import Membership, School
from assessments.documents import verification
from assessments.models import (
    Assessment,
    AssessmentQuerySet,
    DataRequest,
    DestroyedDocument,
    Document,
    Erasure,
    MailAbout,
    PastAssessments,
    PastScores,
    Rule,
    Score,
    Selection,
    Sitting,
    Status,
)
from digibeoordelen.outbox import queue, storage
from digibeoordelen.outbox.models import OutgoingMail

from . import access_log, retention

logger = logging.getLogger(__name__)
# mails about no assessment, such as a password reset
LOOSE_MAILS_KEPT = timedelta(days=365)
_ABOUT = MailAbout.objects.filter(mail=OuterRef("pk"))


def erase_due(*, on: date | None = None) -> Counter[str]:
    """Erase everything due on the day, by default today, at every school; return counts by kind.

    What the database refuses is skipped and logged by id; the next night tries it again.
    """
    on = on or timezone.localdate()
    done: Counter[str] = Counter()
    for school in School.objects.order_by("pk"):
        for pk in list(retention.due(school, on=on).order_by("pk").values_list("pk", flat=True)):
            done["assessments"] += _tried(erase_assessment, pk, on=on)
        for pk in list(retention.leaving(school, on=on).order_by("pk").values_list("pk", flat=True)):
            done["students"] += _tried(erase_student, pk, on=on)
    done["accounts"] = erase_unused(on=on)
    return done


def tidy_up() -> None:
    """Delete what no school's rule covers: old views, files and mails, and unreferenced bytes."""
    access_log.forget_old()
    DataRequest.objects.purge()
    Selection.objects.purge()
    Sitting.objects.purge()
    MailAbout.objects.forget_delivered()
    old_mails = OutgoingMail.objects.filter(created_at__lt=timezone.now() - LOOSE_MAILS_KEPT)
    queue.delete(old_mails.filter(~Exists(_ABOUT)))
    storage.destroy()
    storage.destroy_strays()


def _tried(erase: Callable[..., bool], pk: int, *, on: date) -> bool:
    try:
        return erase(pk, on=on)
    except DatabaseError:
        logger.exception("Could not erase %s", pk)
        return False


@transaction.atomic
def erase_assessment(pk: int, *, on: date) -> bool:
    """Erase one assessment with its related data, if it is still due under the lock."""
    assessment = _held(pk)
    due = assessment and retention.due(assessment.school, on=on, among=Q(pk=pk)).first()
    if not assessment or not due:
        return False
    count(assessment)
    documents = _destroy_documents(assessment, on=on)
    mails = _forget_mails(assessment)
    assessment.student.data_requests.update(file=None)  # the file contains the result
    assessment.delete()
    _log(assessment.school, on, due.rule, assessments=1, documents=documents, mails=mails)
    return True


def _held(pk: int) -> Assessment | None:
    """Return the assessment with its student and all assessments of that student locked."""
    student = Membership.objects.filter(assessments=pk).values_list("pk", flat=True).first()
    if student is None:
        return None
    list(Membership.objects.select_for_update(of=("self",)).filter(pk=student))
    list(Assessment.objects.select_for_update(of=("self",)).filter(student=student).order_by("pk"))
    return Assessment.objects.select_related("school").filter(pk=pk).first()


def _destroy_documents(assessment: Assessment, *, on: date) -> int:
    """Keep only a record of each document for its holder; unreferenced bytes are collected later."""
    documents = list(assessment.documents.select_related("file"))
    DestroyedDocument.objects.bulk_create(
        DestroyedDocument(
            code_sha256=verification.code_hash(document.code) if document.code else None,
            sha256=document.file.sha256 if document.file else "",
            stood=document.superseded_at is None,
            destroyed_on=on,
        )
        for document in documents
        if document.code or document.file
    )
    Document.objects.filter(assessment=assessment).delete()
    return len(documents)


def _forget_mails(assessment: Assessment) -> int:
    """Delete the mails about it; a mail that is also about others is blanked instead."""
    others = MailAbout.objects.filter(mail=OuterRef("pk")).exclude(assessment=assessment)
    mails = OutgoingMail.objects.filter(about__assessment=assessment).annotate(shared=Exists(others))
    return queue.blank(mails.filter(shared=True)) + queue.delete(mails.filter(shared=False))


@transaction.atomic
def erase_student(pk: int, *, on: date) -> bool:
    """Remove a student without retained data from the school, and the account if it has no other use."""
    student = Membership.objects.select_for_update(of=("self",)).select_related("user", "school").filter(pk=pk).first()
    leaving = student and retention.leaving(student.school, on=on).filter(pk=pk).first()
    if not student or not leaving:
        return False
    school, addresses = student.school, addresses_of(student.user)
    if erase_membership(student):
        # The remaining mails about assessments are about others, in which the user was an examiner.
        queue.delete(OutgoingMail.objects.filter(mails_to(addresses), ~Exists(_ABOUT)))
    _log(school, on, leaving.rule, students=1)
    return True


def _log(school: School, on: date, rule: str, **counts: int) -> None:
    line, _ = Erasure.objects.get_or_create(school=school, on=on, rule=Rule(rule))
    Erasure.objects.filter(pk=line.pk).update(**{name: F(name) + count for name, count in counts.items()})


ENOUGH_STUDENTS = 5


def school_year(day: date) -> int:
    """Return the year in which the school year of this day began, in August."""
    return day.year if day.month >= 8 else day.year - 1


def first_moment(year: int) -> datetime:
    """Return the start of the school year that begins in this year."""
    return timezone.make_aware(datetime.combine(date(year, 8, 1), time.min))


def counting() -> QuerySet[Score]:
    """Return the scores for statistics: completed, live, and in an assessment that was not cancelled.

    Without the committee's corrections.
    """
    completed = Score.objects.filter(assignment__removed_at__isnull=True, assignment__completed_at__isnull=False)
    return completed.exclude(assignment__assessment__status=Status.CANCELLED)


def count(assessment: Assessment) -> None:
    """Add the assessment and its scores to the counts, where enough students took the exam and unit that year.

    Call it in the transaction that erases the assessment, before it is deleted. A year that was counted before
    continues to be counted as it shrinks.
    """
    began_at: datetime = assessment.created_at
    year = school_year(timezone.localdate(began_at))
    of = {"school": assessment.school, "exam_id": assessment.exam_id, "year": year}
    same_year = Assessment.objects.filter(
        school=assessment.school_id,
        exam=assessment.exam_id,
        created_at__gte=first_moment(year),
        created_at__lt=first_moment(year + 1),
    )
    if _are_enough(same_year) or PastAssessments.objects.filter(**of).exists():  # there were enough earlier
        PastAssessments.objects.add([{**of, "status": assessment.status, "ovg": assessment.ovg}])
    of_unit = same_year.filter(unit_code=assessment.unit_code).exclude(status=Status.CANCELLED)
    counted = {**of, "criterion__part__work_process__core_task__unit__code": assessment.unit_code}
    if _are_enough(of_unit) or PastScores.objects.filter(**counted).exists():
        _count_scores(assessment, of)


def _are_enough(assessments: AssessmentQuerySet) -> bool:
    students = assessments.order_by().values("student").distinct()
    return students[:ENOUGH_STUDENTS].count() == ENOUGH_STUDENTS


def _count_scores(assessment: Assessment, of: dict[str, Any]) -> None:
    counts = Counter(counting().filter(assignment__assessment=assessment).values_list("criterion", "value"))
    by_times: dict[int, list[dict[str, Any]]] = {}
    for (criterion, value), times in counts.items():
        by_times.setdefault(times, []).append({**of, "criterion_id": criterion, "value": value})
    for times, rows in by_times.items():
        PastScores.objects.add(rows, count=times)


AHEAD = timedelta(weeks=4)


@dataclass(frozen=True)
class StudentErasure:
    """One student, and the first day of erasure; without an assessment the account is erased."""

    student: Membership
    count: int
    day: date
    rules: list[str]


@dataclass(frozen=True)
class Coming:
    """`until` is the last day of the period; `counts` has the label and the number of each rule that applies."""

    until: date
    counts: list[tuple[str, int]]
    leaving: int
    kept_by_appeal: int
    students: QuerySet[Membership]


def look_ahead(school: School, *, on: date | None = None) -> Coming:
    """Return what the nightly task will erase within the period, if no date, term or appeal changes."""
    until = (on or timezone.localdate()) + AHEAD
    due = retention.due(school, on=until)
    leaving = retention.leaving(school, on=until)
    counts = dict(due.order_by().values_list("rule").annotate(Count("pk")))
    concerned = due.order_by().values("student").union(leaving.order_by().values("pk"))
    return Coming(
        until=until,
        counts=[(str(rule.label), counts[rule.value]) for rule in Rule if rule.value in counts],
        leaving=leaving.count(),
        kept_by_appeal=retention.due(school, on=until, appealed=True).count(),
        students=school.memberships.filter(pk__in=concerned).select_related("user"),
    )


def rows_of(students: Iterable[Membership], school: School, *, until: date) -> list[StudentErasure]:
    """Return the rows of a page of `Coming.students`; three queries."""
    students = list(students)
    due = retention.due(school, on=until, among=Q(student__in=students)).select_related("student")
    by_student: dict[int, list[Assessment]] = {}
    students_due = list(due)
    for assessment in students_due:
        by_student.setdefault(assessment.student_id, []).append(assessment)
    facts, terms, today = retention.facts_of(students_due, school), retention.Terms.of(school), timezone.localdate()
    rows = []
    for student in students:
        erasures = [retention.erased_from(facts[item.pk], terms) for item in by_student.get(student.pk, [])]
        days = [erasure for erasure in erasures if erasure] or [
            (today, Rule.DIPLOMA if student.diploma_on else Rule.LEFT)
        ]
        first = max(min(day for day, _ in days), today)
        rows.append(
            StudentErasure(student, len(erasures), first, list(dict.fromkeys(str(rule.label) for _, rule in days)))
        )
    return rows


@shared_task(name="assessments.tasks.erase_due")
def run_nightly_erasure() -> None:
    """Erase everything due, at every school; the nightly task."""

    erase_due()
    tidy_up()
