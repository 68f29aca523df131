"""Queued invitations, made by the product's own functions."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Role
from assessments.invitations import invite
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.tasks import send_mail
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member

EXAMINERS = 50  # per assessment; with fewer the same mails take longer to make


def invite_examiners(count: int) -> None:
    """Invite examiners until the database has `count` mails, each with a link."""
    count -= OutgoingMail.objects.count()
    if count <= 0:
        return
    school, exam = SchoolFactory(), make_exam()
    docent = member(school, Role.DOCENT, exam)
    for begin in range(0, count, EXAMINERS):
        contacts = ContactFactory.create_batch(min(EXAMINERS, count - begin), school=school)
        assessment = steps.start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
        steps.choose(assessment, *contacts)
        invite.invite(assessments=[assessment], contacts=contacts, by=docent)


def queue_again() -> None:
    """Queue every mail again, with a task for each."""
    OutgoingMail.objects.update(
        state=MailState.QUEUED,
        sent_at=None,
        claim_id=None,
        lease_until=None,
        attempts=0,
        last_error="",
        announce_at=timezone.now() + timedelta(minutes=10),
    )
    for pk in OutgoingMail.objects.order_by("pk").values_list("pk", flat=True):
        send_mail.delay(pk)
