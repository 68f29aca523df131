"""What is told of an assessment, by the product's own functions, and what the messages hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Event
from assessments.privacy import erasure
from assessments.sittings.participation import record
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from exams.models import ExamUnit
from exchange.models import Partner, Webhook, WebhookMessage, WebhookType
from exchange.webhooks import messages
from tests import steps
from tests.assessments.privacy.conftest import date_student, today
from tests.exchange.calling.conftest import plan

from .conftest import Inbox, send_due


def bodies(inbox: Inbox) -> list[dict[str, Any]]:
    return [json.loads(content) for _, content in inbox.requests]


def test_each_type_once(
    webhook: Webhook,
    inbox: Inbox,
    student: Membership,
    unit: ExamUnit,
    examiner: Contact,
    docent: User,
    committee_member: User,
) -> None:
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, examiner)
    steps.assess(steps.send_invitation(assessment, examiner))
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assessment.refresh_from_db()
    withdraw_final(assessment=assessment, by=committee_member, reason="Verwisseling.")
    assessment.refresh_from_db()
    lifecycle.cancel(assessment=assessment, by=committee_member, reason="Ongeldig.", counts_as_attempt=False)
    send_due()
    assert [(body["type"], body["data"]["status"]) for body in bodies(inbox)] == [
        ("assessment.started", "NEW"),
        ("assessment.invited", "INVITED"),
        ("assessment.completed", "ASSESSED"),
        ("assessment.finalised", "FINAL"),
        ("assessment.withdrawn", "ASSESSED"),
        ("assessment.cancelled", "CANCELLED"),
    ]


def test_body_has_ids_and_codes_alone(message: WebhookMessage, inbox: Inbox, assessed: Assessment) -> None:
    send_due()
    assert bodies(inbox) == [
        {
            "type": "assessment.finalised",
            "timestamp": messages.moment(message.event.at),
            "data": {
                "assessment": str(assessed.public_id),
                "examCode": assessed.exam.code,
                "cohort": assessed.exam.cohort,
                "unitCode": "B1",
                "attempt": 1,
                "studentNumber": "123456",
                "status": "FINAL",
            },
        }
    ]


def test_association_of_a_partners_sitting_is_named(
    message: WebhookMessage, inbox: Inbox, assessed: Assessment, school: School
) -> None:
    participation = plan(assessed, Partner.objects.create(school=school, name="Toetsplanning"))
    send_due()
    assert bodies(inbox)[0]["data"]["association"] == str(participation.public_id)


def test_completed_waits_for_the_last_examiner(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, webhook: Webhook
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    first, last = (steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    steps.assess(first)
    assert WebhookType.COMPLETED not in [message.type for message in webhook.messages.all()]
    steps.assess(last)
    assert WebhookType.COMPLETED in [message.type for message in webhook.messages.all()]


def test_types_that_are_not_chosen_give_nothing(assessed: Assessment, webhook: Webhook, committee_member: User) -> None:
    Webhook.objects.update(types=["assessment.started"])
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert not webhook.messages.exists()


def test_another_school_is_told_nothing(
    assessed: Assessment, webhook: Webhook, committee_member: User, other_school: School
) -> None:
    Webhook.objects.update(school=other_school)
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert not webhook.messages.exists()


def test_rollback_queues_nothing(assessed: Assessment, webhook: Webhook, committee_member: User) -> None:
    with transaction.atomic():
        finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
        assert webhook.messages.exists()
        transaction.set_rollback(True)
    assert not webhook.messages.exists()


def test_queries_of_a_school_without_a_webhook(
    assessed: Assessment, docent: User, django_assert_num_queries: Any
) -> None:
    completed = assessed.events.select_related("assessment").get(kind=Event.Kind.COMPLETED)
    with django_assert_num_queries(1):
        messages.on_event(Event, completed, created=True)
    record(assessment=assessed, values={"attendance": "present"}, version=0, by=docent)
    attendance = assessed.events.get(kind=Event.Kind.ATTENDANCE)
    with django_assert_num_queries(0):
        messages.on_event(Event, attendance, created=True)


@pytest.mark.usefixtures("at_noon")
def test_erased_assessment_takes_its_messages_along(
    message: WebhookMessage, student: Membership, pass_time: Any
) -> None:
    date_student(student, diploma_on=today())
    pass_time(days=590)
    assert erasure.erase_due()["assessments"] == 1
    assert not WebhookMessage.objects.exists()
