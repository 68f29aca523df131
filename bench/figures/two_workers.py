"""P8: the rate of two workers / that of one, for mails and for PDFs; the figure is the worst.

The mail server takes `SERVER_SECONDS` per mail, like a real one, so that the figure shows whether workers wait for each
other, not the number of cores. For PDFs it needs a core per worker and one for the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from accounts.models import Role
from assessments.models import Document
from bench.figure import Figure, Rates, Worst
from bench.invitations import invite_examiners, queue_again
from bench.smtp_sink import Sink, sink
from bench.workers import forget_tasks, wait_until, workers
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member

MAILS, DOCUMENTS = 2_000, 40
RUNS = 3
SERVER_SECONDS = 0.01


def measure(scale: float) -> Worst:
    with sink() as server:
        mails = _compare(server, _mails, max(100, round(MAILS * scale)), invite_examiners)
        OutgoingMail.objects.all().delete()
        documents = _compare(server, _documents, max(8, round(DOCUMENTS * scale)), _finalise)
    return Worst({"mails": mails, "PDFs": documents})


def _compare(
    server: Sink, work: Callable[[Sink, int, int], float], count: int, prepare: Callable[[int], None]
) -> Rates:
    prepare(count)
    times: dict[int, list[float]] = {1: [], 2: []}
    for run in range(RUNS):
        for number in (1, 2) if run % 2 else (2, 1):
            times[number].append(work(server, count, number))
    return Rates(ours=times[2], reference=times[1])


def _mails(server: Sink, count: int, number: int) -> float:
    forget_tasks()
    server.begin(delay=SERVER_SECONDS)
    with workers(number, mail_to=server):
        queue_again()
        wait_until(lambda: server.count() >= count)
    return server.begin().seconds


def _documents(server: Sink, count: int, number: int) -> float:
    forget_tasks()
    OutgoingMail.objects.all().delete()  # each PDF makes one
    Document.objects.update(file=None, claim_id=None, lease_until=None, attempts=0)
    with workers(number, mail_to=server):
        started = time.monotonic()
        for pk in Document.objects.values_list("pk", flat=True):
            Document.announce(pk)
        wait_until(lambda: not Document.objects.filter(file=None).exists())
        return time.monotonic() - started


def _finalise(count: int) -> None:
    """Create final results without a PDF."""
    school, exam = SchoolFactory(), make_exam()
    docent, committee = member(school, Role.DOCENT, exam), member(school, Role.EXAMENCOMMISSIE)
    examiner = ContactFactory(school=school)
    for _number in range(count):
        assessment = steps.start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
        steps.choose(assessment, examiner)
        steps.assess(steps.send_invitation(assessment, examiner), "G")
        finalise(assessment=assessment, by=committee, exam_office_email="bureau@school.test")


FIGURE = Figure(name="P8", what="two-workers", goal=1.8, measure=measure, at_least=True)
