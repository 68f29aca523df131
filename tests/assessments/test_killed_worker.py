"""A worker killed while PDFs are pending: every PDF is made once and every mail is sent."""

from __future__ import annotations

import pytest

from tests.processes import Site, wait_until
from tests.smtp import SmtpSink

pytestmark = [pytest.mark.process]
DOCUMENTS = 6
# Runs in a process of the site: final results with PDFs that no worker has started.
FINALISE = f"""
from accounts.models import Role
from committee.decisions.finalise import finalise
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member

school, exam = SchoolFactory(), make_exam()
docent = member(school, Role.DOCENT, exam)
committee = member(school, Role.EXAMENCOMMISSIE)
examiner = ContactFactory(school=school)
for number in range({DOCUMENTS}):
    assessment = steps.start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
    steps.choose(assessment, examiner)
    steps.assess(steps.send_invitation(assessment, examiner), "G")
    finalise(assessment=assessment, by=committee, exam_office_email=f"bureau{{number}}@school.test")
"""


def document_count(site: Site) -> int:
    return int(site.rows("select count(*) from assessments_document where file_id is not null")[0][0])


def unsent(site: Site) -> int:
    return int(site.rows("select count(*) from outbox_outgoingmail where state <> 'SENT'")[0][0])


def test_killed_worker_loses_and_repeats_nothing(site: Site, smtp_sink: SmtpSink) -> None:
    site.env |= {
        "EMAIL_URL": smtp_sink.url,
        "EMAIL_TIMEOUT": "0.3",
        "OUTBOX_LEASE_SECONDS": "7",
        "OUTBOX_RETRY_SECONDS": "1,1,1,1,1,1",
        "JOB_LEASE_SECONDS": "3",
        "SWEEP_SECONDS": "1",
    }
    site.python(FINALISE)
    worker = site.worker(wait=False)
    wait_until(lambda: document_count(site) > 0, "a first PDF")
    worker.kill()
    assert document_count(site) < DOCUMENTS

    site.worker("second", wait=False)
    site.beat()
    wait_until(lambda: document_count(site) == DOCUMENTS, "every PDF", timeout=120)
    wait_until(lambda: not unsent(site), "every mail", timeout=120)

    made_events = site.rows("select assessment_id from assessments_event where kind = 'DOCUMENT_MADE'")
    assert len(set(made_events)) == len(made_events) == DOCUMENTS
    results = site.rows("select message_id from outbox_outgoingmail where kind = 'result'")
    assert len(results) == DOCUMENTS
    assert {mail.message_id for mail in smtp_sink.received} >= {message_id for (message_id,) in results}
    offices = {mail.to for mail in smtp_sink.received if mail.to.startswith("bureau")}
    assert len(offices) == DOCUMENTS


def test_two_workers_repeat_nothing(site: Site, smtp_sink: SmtpSink) -> None:
    site.env |= {"EMAIL_URL": smtp_sink.url, "SWEEP_SECONDS": "1"}
    workers = [site.worker(name, wait=False) for name in ("first", "second")]
    for worker in workers:
        worker.wait_for_output(" ready.")
    site.python(FINALISE)
    wait_until(lambda: document_count(site) == DOCUMENTS and not unsent(site), "every PDF and mail", timeout=120)
    sent = [mail.message_id for mail in smtp_sink.received]
    assert len(sent) == len(set(sent)) == 4 * DOCUMENTS  # to examiner, initiator, student and exam office
    assert site.rows("select count(*) from assessments_event where kind = 'DOCUMENT_MADE'") == [(DOCUMENTS,)]
