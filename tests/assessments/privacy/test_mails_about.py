"""Every mail of an assessment says which it is about, those from before this was kept included."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.db.models import Exists, OuterRef

from accounts.models import User
from addressbook.models import Contact
from assessments.invitations.invite import invite_for_all
from assessments.models import Assessment, MailAbout
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory


def test_no_mail_of_a_whole_life_is_without(final: Assessment) -> None:
    about = MailAbout.objects.filter(mail=OuterRef("pk"))
    kinds = OutgoingMail.objects.filter(~Exists(about)).values_list("kind", flat=True)
    assert OutgoingMail.objects.exists()
    assert list(kinds) == []


def test_of_mails_from_before_it_is_found_out(
    final: Assessment, unit: ExamUnit, docent: User, examiner: Contact
) -> None:
    two = [steps.start_assessment(MembershipFactory(school=final.school), unit, docent) for _ in range(2)]
    for assessment in two:
        steps.choose(assessment, examiner)
    invite_for_all(assessments=two, contacts=[examiner], by=docent, one_mail=True)
    known = MailAbout.objects.exclude(mail__kind__in=["all_done", "final_student"])  # nothing in them leads back
    before = set(known.values_list("mail", "assessment"))
    MailAbout.objects.all().delete()
    import_module("assessments.migrations.0015_mails_about").say_what_mails_are_about(apps, None)
    assert set(MailAbout.objects.values_list("mail", "assessment")) == before
    assert len(before) == 4
