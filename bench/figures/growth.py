"""P13: bytes of the database per assessment / 12 kB, after a year of use and of the nightly tasks.

Assessments of 20 criteria, spread over a year, by the product's own functions: one in five has a second examiner, one
in three a reminder, one in twelve is cancelled; the others become final. All mails are sent.
The figure is how far the database grew beyond exam and people, indexes included, after VACUUM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from unittest import mock

import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import Membership, Role, User
from addressbook.models import Contact
from assessments.invitations import reminders
from assessments.models import CancelKind, Document, Invitation
from assessments.privacy import access_log
from assessments.privacy.erasure import erase_due
from bench.figure import Counts, Figure
from committee.decisions.cancel import cancel
from committee.decisions.finalise import finalise
from digibeoordelen.jobs import tasks as jobs
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.trim import trim_sent
from exams.models import ExamUnit
from tests import steps
from tests.factories import (
    AccountExamFactory,
    ContactFactory,
    MembershipFactory,
    SchoolFactory,
    first_unit,
    make_exam,
    member,
)

ASSESSMENTS = 400
CRITERIA_A_PART = 5  # of four parts
KILOBYTES = 12
YEAR = timedelta(days=365)
JUSTIFICATION = "Zij vroeg door waar dat nodig was, en legde vast wat zij met de cliënt had afgesproken. "


@dataclass(frozen=True)
class Growth(Counts):
    """Bytes and the allowed bytes, with the bytes per assessment of each table and each index."""

    parts: dict[str, float]

    def details(self) -> list[str]:
        largest = sorted(self.parts.items(), key=lambda item: -item[1])
        return [f"{size:7.0f} {name}" for name, size in largest if size >= 1]


def measure(scale: float) -> Growth:
    school, exam = SchoolFactory(), make_exam(criteria=CRITERIA_A_PART)
    docent, committee = member(school, Role.DOCENT, exam), member(school, Role.EXAMENCOMMISSIE)
    count = max(20, round(ASSESSMENTS * scale))
    students = [MembershipFactory(school=school) for _ in range(count)]
    for student in students:
        AccountExamFactory(user=student.user, exam=exam)
    contacts = [ContactFactory(school=school) for _ in range(count // 10)]
    _nightly()
    before = _sizes()
    began = timezone.now() - YEAR
    with mock.patch("assessments.documents.documents.render", return_value=b"%PDF-1.7\n"):
        for number, student in enumerate(students):
            with time_machine.travel(began + number * YEAR / count):
                _live(number, student, first_unit(exam), docent, committee, contacts)
                _send_mails()
                if number % max(1, count // 100) == 0:
                    _nightly()
    _nightly()
    after = _sizes()
    parts = {name: (size - before[name]) / count for name, size in after.items()}
    return Growth(sum(after.values()) - sum(before.values()), count * KILOBYTES * 1024, parts)


def _live(
    number: int, student: Membership, unit: ExamUnit, docent: User, committee: User, contacts: Sequence[Contact]
) -> None:
    """Take one assessment from start to its end."""
    assessment = steps.start_assessment(student, unit, docent)
    examiners = [contacts[number % len(contacts)], contacts[(number + 1) % len(contacts)]][
        : 2 if number % 5 == 0 else 1
    ]
    steps.choose(assessment, *examiners)
    access_log.note(assessment, by=docent)
    invitations = [steps.send_invitation(assessment, examiner) for examiner in examiners]
    _send_mails()
    if number % 12 == 11:
        cancel(assessment=assessment, by=committee, kind=CancelKind.NO_SHOW, reason="Niet verschenen.")
        return
    if number % 3 == 0:
        for invitation in invitations:
            reminders.remind(invitation=Invitation.objects.get(pk=invitation.pk), by=docent)
    for invitation in invitations:
        steps.fill_in(invitation, "V")
        steps.fill_in(invitation, "G", JUSTIFICATION)
        steps.assess(invitation, "G")
    access_log.note(assessment, by=committee)
    assessment.refresh_from_db()
    finalise(assessment=assessment, by=committee, exam_office_email="examenbureau@school.test")
    for document in Document.objects.filter(assessment=assessment):
        Document.objects.run(document.pk)


def _send_mails() -> None:
    OutgoingMail.objects.filter(state=MailState.QUEUED).update(state=MailState.SENT, sent_at=timezone.now())


def _nightly() -> None:
    """Do what beat and autovacuum do."""
    for task in (erase_due, trim_sent, jobs.purge):
        task()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _sizes() -> dict[str, int]:
    """Return the bytes of each table, with its long values, and of each index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, pg_table_size(relid) FROM pg_stat_user_tables")
        tables = cursor.fetchall()
        cursor.execute("SELECT relname || ': ' || indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes")
        return dict(tables + cursor.fetchall())


FIGURE = Figure(name="P13", what="database-per-assessment", goal=1.0, measure=measure)
