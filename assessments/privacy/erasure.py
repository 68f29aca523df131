"""Erases what need not be kept any more (`retention` says what that is), a nightly task a step at a time.

Each assessment and each student goes in a transaction of its own, which also counts it and writes the log: a worker
that dies leaves nothing half, and the next night goes on. What else hangs on an assessment, in whichever app, goes with
it by its foreign key (CASCADE); mails, documents and bytes are dealt with here.
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

from accounts.addresses import addresses_of, mails_to
from accounts.erasure import erase_membership, erase_unused, forget_logins
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
    Status,
)
from digibeoordelen.outbox import cancel, storage
from digibeoordelen.outbox.models import OutgoingMail

from . import access_log, retention

logger = logging.getLogger(__name__)
# Mails that are about no assessment: a forgotten password, say.
LOOSE_MAILS_KEPT = timedelta(days=365)
_ABOUT = MailAbout.objects.filter(mail=OuterRef("pk"))


def erase_due(*, on: date | None = None) -> Counter[str]:
    """Erases everything that is due on this day, today if not given, at every school; how much of what.

    What the database refuses is passed over, and logged by its id: the next night tries it again.
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
    """What isn't a rule of a school's: old views, files and mails, and the bytes that nothing refers to any more."""
    access_log.forget_old()
    DataRequest.objects.purge()
    MailAbout.objects.forget_delivered()
    forget_logins()
    old = OutgoingMail.objects.filter(created_at__lt=timezone.now() - LOOSE_MAILS_KEPT)
    cancel.delete(old.filter(~Exists(_ABOUT)))
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
    """Erases one assessment with all that hangs on it, if it is still due now that nothing can change it."""
    assessment = _held(pk)
    found = assessment and retention.due(assessment.school, on=on, among=Q(pk=pk)).first()
    if not assessment or not found:
        return False
    count(assessment)
    documents = _destroy_documents(assessment, on=on)
    mails = _forget_mails(assessment)
    assessment.student.data_requests.update(file=None)  # the result is in it
    assessment.delete()
    _log(assessment.school, on, found.rule, assessments=1, documents=documents, mails=mails)
    return True


def _held(pk: int) -> Assessment | None:
    """The assessment with its student and all of their assessments locked: no appeal, date or attempt comes between."""
    student = Membership.objects.filter(assessments=pk).values_list("pk", flat=True).first()
    if student is None:
        return None
    list(Membership.objects.select_for_update(of=("self",)).filter(pk=student))
    list(Assessment.objects.select_for_update(of=("self",)).filter(student=student).order_by("pk"))
    return Assessment.objects.select_related("school").filter(pk=pk).first()


def _destroy_documents(assessment: Assessment, *, on: date) -> int:
    """Leaves of each that there was one, for who holds it; its bytes go with what nothing refers to."""
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
    """A mail that is about others too is blanked: that it was sent is theirs to know."""
    others = MailAbout.objects.filter(mail=OuterRef("pk")).exclude(assessment=assessment)
    mails = OutgoingMail.objects.filter(about__assessment=assessment).annotate(shared=Exists(others))
    return cancel.blank(mails.filter(shared=True)) + cancel.delete(mails.filter(shared=False))


@transaction.atomic
def erase_student(pk: int, *, on: date) -> bool:
    """Takes a student of whom nothing is kept off the school, and the account if it serves nowhere else."""
    student = Membership.objects.select_for_update(of=("self",)).select_related("user", "school").filter(pk=pk).first()
    found = student and retention.leaving(student.school, on=on).filter(pk=pk).first()
    if not student or not found:
        return False
    school, addresses = student.school, addresses_of(student.user)
    if erase_membership(student):
        # What is about an assessment is by now about others' alone: of one who was their examiner, too.
        cancel.delete(OutgoingMail.objects.filter(mails_to(addresses), ~Exists(_ABOUT)))
    _log(school, on, found.rule, students=1)
    return True


def _log(school: School, on: date, rule: str, **counts: int) -> None:
    line, _ = Erasure.objects.get_or_create(school=school, on=on, rule=Rule(rule))
    Erasure.objects.filter(pk=line.pk).update(**{name: F(name) + count for name, count in counts.items()})


ENOUGH_STUDENTS = 5


def school_year(day: date) -> int:
    """The year in which the school year of this day began, in August."""
    return day.year if day.month >= 8 else day.year - 1


def first_moment(year: int) -> datetime:
    """Of the school year that begins in August of this year."""
    return timezone.make_aware(datetime.combine(date(year, 8, 1), time.min))


def counting() -> QuerySet[Score]:
    """The scores that a picture of the work is made of: given and completed by an examiner who was not taken off,
    in an assessment that was not cancelled. Not what the committee decided."""
    completed = Score.objects.filter(assignment__removed_at__isnull=True, assignment__completed_at__isnull=False)
    return completed.exclude(assignment__assessment__status=Status.CANCELLED)


def count(assessment: Assessment) -> None:
    """Adds the assessment and its scores to the counts, each where enough students did the exam and the unit that year.

    Call it in the transaction that erases it, before it is gone: of a year that shrinks the last are counted too.
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
    if _are_enough(same_year) or PastAssessments.objects.filter(**of).exists():  # then they were enough before
        PastAssessments.objects.add([{**of, "status": assessment.status, "ovg": assessment.ovg}])
    of_unit = same_year.filter(unit_code=assessment.unit_code).exclude(status=Status.CANCELLED)
    counted = {**of, "criterion__part__work_process__core_task__unit__code": assessment.unit_code}
    if _are_enough(of_unit) or PastScores.objects.filter(**counted).exists():
        _count_scores(assessment, of)


def _are_enough(assessments: AssessmentQuerySet) -> bool:
    students = assessments.order_by().values("student").distinct()
    return students[:ENOUGH_STUDENTS].count() == ENOUGH_STUDENTS


def _count_scores(assessment: Assessment, of: dict[str, Any]) -> None:
    given = Counter(counting().filter(assignment__assessment=assessment).values_list("criterion", "value"))
    by_times: dict[int, list[dict[str, Any]]] = {}
    for (criterion, value), times in given.items():
        by_times.setdefault(times, []).append({**of, "criterion_id": criterion, "value": value})
    for times, rows in by_times.items():
        PastScores.objects.add(rows, count=times)


AHEAD = timedelta(weeks=4)


@dataclass(frozen=True)
class Row:
    """One student: from which day on what goes. With no assessment it is the account that does."""

    student: Membership
    count: int
    day: date
    rules: list[str]


@dataclass(frozen=True)
class Coming:
    """`until` is the last day that was looked at; `counts` has each rule that takes something, by its words."""

    until: date
    counts: list[tuple[str, int]]
    leaving: int
    kept_by_appeal: int
    students: QuerySet[Membership]


def look_ahead(school: School, *, on: date | None = None) -> Coming:
    """What the nightly task will do up to then, if nothing is mended and nobody appeals."""
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


def rows_of(students: Iterable[Membership], school: School, *, until: date) -> list[Row]:
    """The rows of a page of `Coming.students`; three queries."""
    students = list(students)
    due = retention.due(school, on=until, among=Q(student__in=students)).select_related("student")
    by_student: dict[int, list[Assessment]] = {}
    found = list(due)
    for assessment in found:
        by_student.setdefault(assessment.student_id, []).append(assessment)
    facts, terms, today = retention.facts_of(found, school), retention.Terms.of(school), timezone.localdate()
    rows = []
    for student in students:
        own = [retention.erased_from(facts[one.pk], terms) for one in by_student.get(student.pk, [])]
        days = [found for found in own if found] or [(today, Rule.DIPLOMA if student.diploma_on else Rule.LEFT)]
        first = max(min(day for day, _ in days), today)
        rows.append(Row(student, len(own), first, list(dict.fromkeys(str(rule.label) for _, rule in days))))
    return rows


@shared_task(name="assessments.tasks.erase_due")
def run_nightly_erasure() -> None:
    """The night's work: erases what need not be kept any more, at every school."""

    erase_due()
    tidy_up()
