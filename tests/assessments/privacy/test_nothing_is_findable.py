"""After erasure no table or file has data of the person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import CASCADE, EmailField, ForeignObjectRel
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.auth import email_change
from accounts.models import Membership, Role, School, User
from accounts.people.invite import send_queued
from accounts.registration.registration import purge_unconfirmed
from accounts.school import student_numbers
from addressbook.models import Contact
from assessments import corrections
from assessments.examiner import saving
from assessments.invitations.attachments import keep_files
from assessments.invitations.invite import invite
from assessments.invitations.proposals import propose
from assessments.invitations.reminders import remind_all
from assessments.models import (
    Assessment,
    DataRequest,
    DestroyedDocument,
    Document,
    Erasure,
    Invitation,
    PastScores,
    Proposal,
)
from assessments.privacy import data_requests, erasure
from assessments.rubric import read_rubric
from committee.decisions import cancel
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.models import Export, ExportedResult
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.accounts.auth.codes import app_of, password_of
from tests.factories import AccountExamFactory, MembershipFactory, RegistrationFactory, UserFactory, member

from .conftest import date_student, today
from .findable import find

FIRST, LAST, ADDRESS, NUMBER = "Quirijn", "Zonneveld-Ypma", "quirijn@zonneveld.test", "Q9876543"
JUSTIFICATION = "Werkte onnavolgbaar nauwkeurig aan het infuus."
CORRECTED = "Werkte zeer nauwkeurig aan het infuusje."
APPEAL = "Kluisnummer achtendertig, tweede lade."
REMARK = "Let op de rolstoelhelling achterom."
WITHDRAWN = "Verwisseling van twee leerlingstelsels."
EARLIER, MISTYPED, INVITED = "q.ypma@eerder.test", "quirijn@zonnevelt.test", "quirijn.y@lijst.test"
PERSON = [FIRST, LAST, ADDRESS, NUMBER]
ADDRESSES = [EARLIER, MISTYPED, INVITED]
SAID = [JUSTIFICATION, CORRECTED, APPEAL, REMARK, WITHDRAWN]


@pytest.fixture
def quirijn(school: School, unit: ExamUnit) -> Membership:
    person = MembershipFactory(
        school=school,
        student_number=NUMBER,
        user__first_name=FIRST,
        user__last_name=LAST,
        user__email=ADDRESS,
    )
    AccountExamFactory(user=person.user, exam=unit.exam_version.exam)
    return person


@pytest.fixture
def bystander(school: School) -> Membership:
    return MembershipFactory(school=school, user__first_name="Blijvende", user__last_name="Buur")


@pytest.fixture
def life(
    quirijn: Membership,
    bystander: Membership,
    unit: ExamUnit,
    docent: User,
    committee_member: User,
    examiner: Contact,
    second_examiner: Contact,
    administrator: User,
    school: School,
) -> Assessment:
    """Run everything that can happen to an assessment through the product code."""
    mine, other = (steps.start_assessment(student, unit, docent) for student in (quirijn, bystander))
    steps.choose(mine, examiner, second_examiner)
    steps.choose(other, second_examiner)
    attached = keep_files([SimpleUploadedFile(f"{LAST}.pdf", f"%PDF-1.4 {FIRST} {LAST}".encode())])
    steps.invite_for_one(mine, contacts=[examiner], by=docent, remark=REMARK, attachments=attached)
    for_both = keep_files([SimpleUploadedFile("reglement.pdf", b"%PDF-1.4 Examenreglement")])
    invite(assessments=[mine, other], contacts=[second_examiner], by=docent, one_mail=True, attachments=for_both)
    remind_all(invitations=Invitation.objects.filter(contact=second_examiner), by=docent)
    for invitation in mine.invitations.select_related("assessment", "contact"):
        _fill_in(invitation)
    _correct(mine, committee_member)
    document = finalise(assessment=mine, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    _withdraw(mine, committee_member)
    document = finalise(assessment=mine, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    results = Assessment.objects.filter(pk=mine.pk)
    create_export(results=results, school=school, exam=mine.exam, by=committee_member, shape=PLAIN)
    appeal = cancel.mark_appeal(assessment=mine, by=committee_member, received_on=today(), note=APPEAL)
    cancel.close_appeal(appeal=appeal, by=committee_member, closed_on=today(), outcome=appeal.Outcome.DISMISSED)
    request, _ = data_requests.request_file(student=quirijn, by=administrator)
    DataRequest.objects.run(request.pk)
    _what_packages_write(quirijn)
    _come_to_the_school(quirijn)
    _open_pages(mine, committee_member, docent)
    return mine


def _fill_in(invitation: Invitation) -> None:
    """Propose a colleague, then complete the form."""
    colleague = Proposal(invitation=invitation, first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    colleague.word = REMARK
    propose(invitation=invitation, proposal=colleague)
    steps.fill_in(invitation, "G", JUSTIFICATION)
    saving.complete(invitation=invitation)


def _correct(assessment: Assessment, by: User) -> None:
    rubric = read_rubric(assessment)
    column = rubric.columns[0]
    text = corrections.Change(CORRECTED, REMARK)
    changes = corrections.Changes(scores={}, texts={column.assignment.pk: text})
    corrections.correct(assessment=assessment, by=by, changes=changes, fingerprint=rubric.result_fingerprint)


def _withdraw(assessment: Assessment, by: User) -> None:
    assessment.refresh_from_db()
    withdraw_final(assessment=assessment, by=by, reason=WITHDRAWN)
    assessment.refresh_from_db()


def _come_to_the_school(student: Membership) -> None:
    """Leave the data of an import, a registration, and changes of address and number."""
    user, school = student.user, student.school
    name = {"first_name": FIRST, "last_name": LAST}
    school.school_invitations.create(**name, email=ADDRESS, user=user, search_text=f"{FIRST} {LAST}".lower())
    school.role_changes.create(user=user, user_name=user.full_name, role="STUDENT", change="GIVEN", how="IMPORT")
    key = school.scim_keys.create(name="Directory")
    school.directory_users.create(**name, key=key, user=user, user_name=ADDRESS, attributes={"userName": ADDRESS})
    RegistrationFactory(**name, email=ADDRESS, school=school)
    user.email_changes.create(old_email=ADDRESS, new_email=f"oud.{ADDRESS}")
    student_numbers.notify_school(student=student, number=NUMBER)


def _what_packages_write(student: Membership) -> None:
    """Leave the data of a second step, a login and the admin."""
    app = app_of(student.user)
    client = Client()
    client.post("/inloggen/", password_of(student.user))
    assert client.post("/inloggen/code/", {"code": app.code()}).status_code == 302
    for thing in (student, student.user):
        LogEntry.objects.create(
            user=UserFactory(),
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr=str(thing),
            action_flag=CHANGE,
        )


def _open_pages(assessment: Assessment, committee_member: User, docent: User) -> None:
    for person, page in ((committee_member, "committee:afname"), (docent, "assessments:detail")):
        client = Client()
        client.force_login(person)
        assert client.get(reverse(page, args=[assessment.public_id])).status_code == 200


def test_data_is_findable_before_erasure(life: Assessment) -> None:
    matches = find([*PERSON, *SAID])
    assert {text for text in (*PERSON, *SAID) if not any(place.endswith(text) for place in matches)} == set()
    tables = {place.split(".")[0] for place in matches}
    assert tables >= {
        "accounts_user",
        "accounts_membership",
        "assessments_assignment",
        "assessments_correction",
        "assessments_document",
        "assessments_event",
        "assessments_appeal",
        "assessments_invitation",
        "assessments_invitationattachment",
        "outbox_outgoingmail",
        "django_admin_log",
    }
    assert len({place for place in matches if place.startswith("file ")}) >= 4


def test_no_data_is_findable_after_erasure(
    life: Assessment, quirijn: Membership, bystander: Membership, pass_time: Callable[..., None]
) -> None:
    date_student(quirijn, diploma_on=today())
    pass_time(days=590)
    done = erasure.erase_due()
    erasure.tidy_up()
    assert (done["assessments"], done["students"]) == (1, 1)
    assert find([*PERSON, *SAID]) == set()
    assert Membership.objects.filter(pk=bystander.pk).exists()
    [invitation] = Invitation.objects.filter(assessment__student=bystander)
    assert invitation.attachments.get().file.read() == b"%PDF-1.4 Examenreglement"
    shared = OutgoingMail.objects.get(kind="invitation_together")
    assert (shared.subject, shared.text, shared.html, shared.to) == ("", "", "", "tineke@bedrijf.test")


@pytest.fixture
def later_life(
    life: Assessment, quirijn: Membership, bystander: Membership, school: School, pass_time: Callable[..., None]
) -> None:
    """Recent events: no older than the term of loose mails."""
    user = quirijn.user
    user.email_changes.all().delete()
    user.email = EARLIER
    user.save()
    date_student(quirijn, diploma_on=today())
    pass_time(days=400)
    forget_password(EARLIER)
    email_change.request_change(user=user, email=MISTYPED, language="nl")
    email_change.request_change(user=user, email=ADDRESS, language="nl")
    email_change.confirm_change(change=user.email_changes.get(new_email=ADDRESS))
    user.refresh_from_db()
    name = {"first_name": "Qui", "last_name": "Rijn", "roles": ["STUDENT"]}
    school.school_invitations.create(**name, email=INVITED, accepted_by=user, wanted_at=timezone.now())
    send_queued()
    school.school_invitations.update(accepted_at=timezone.now())
    student_numbers.notify_school(student=quirijn, number="Q1111111")
    student_numbers.notify_school(student=bystander, number=NUMBER)
    pass_time(days=10)
    purge_unconfirmed()
    pass_time(days=180)


def test_recent_data_is_erased_too(later_life: None, quirijn: Membership) -> None:
    assert {"outbox_outgoingmail"} <= tables_of([EARLIER])
    for text in (MISTYPED, INVITED, f"?q={NUMBER}"):
        assert "outbox_outgoingmail" in tables_of([text])
    assert "accounts_numberreport" in tables_of([NUMBER])
    erasure.erase_due()
    erasure.tidy_up()
    assert not Membership.objects.filter(pk=quirijn.pk).exists()
    assert find([*PERSON, *ADDRESSES, "Q1111111"]) == set()


def test_other_school_of_the_account_keeps_its_data(
    later_life: None, quirijn: Membership, other_school: School
) -> None:
    elsewhere = MembershipFactory(user=quirijn.user, school=other_school, student_number="E777")
    member(other_school, Role.SCHOOLBEHEER, email="beheer@elders.test")
    student_numbers.notify_school(student=elsewhere, number="E888")
    erasure.erase_due()
    erasure.tidy_up()
    assert not Membership.objects.filter(pk=quirijn.pk).exists()
    [mail] = OutgoingMail.objects.filter(kind="number_taken")
    assert mail.to == "beheer@elders.test"
    assert OutgoingMail.objects.filter(to=EARLIER).exists()


def test_mail_to_a_released_address_is_kept(later_life: None, quirijn: Membership) -> None:
    next_owner = UserFactory(email=EARLIER, first_name="Nina", last_name="Nieuw")
    MembershipFactory(user=next_owner)
    forget_password(EARLIER)
    erasure.erase_due()
    erasure.tidy_up()
    assert [mail.to_name for mail in OutgoingMail.objects.filter(to=EARLIER)] == ["Nina Nieuw"]


def forget_password(email: str) -> None:
    Client().post(reverse("account_reset_password"), {"email": email})


def tables_of(texts: list[str]) -> set[str]:
    return {place.split(".")[0] for place in find(texts)}


def test_statistics_are_kept(
    few_are_enough: None, life: Assessment, quirijn: Membership, pass_time: Callable[..., None]
) -> None:
    date_student(quirijn, diploma_on=today())
    pass_time(days=590)
    erasure.erase_due()
    assert set(PastScores.objects.values_list("value", "count")) == {("G", 2)}
    [line] = Erasure.objects.all()
    assert (line.assessments, line.documents, line.students) == (1, 2, 1)
    assert line.mails >= 4
    assert Export.objects.get().count == 1
    assert not ExportedResult.objects.exists()
    assert DestroyedDocument.objects.filter(stood=True).count() == 1


# --- Future models -------------------------------------------------------------------------------
ACTED = {
    "by",
    "actor",
    "initiator",
    "final_by",
    "marked_by",
    "closed_by",
    "decided_by",
    "asked_by",
    "study_dates_set_by",
    "prepared_by",
    "published_by",
}


def test_every_reference_to_a_person_is_covered() -> None:
    """A new model that keeps a row about a person after the account fails this test: see `accounts.erasure`."""
    others = set()
    for person in (User, Membership):
        for relation in person._meta.get_fields(include_hidden=True):
            if isinstance(relation, ForeignObjectRel) and relation.on_delete is not CASCADE:
                others.add((relation.related_model._meta.label, relation.field.name))
    assert {(label, name) for label, name in others if name not in ACTED} == {
        ("accounts.ExamCommittee", "members"),  # its rows are deleted with the membership
        ("accounts.Team", "members"),  # its rows are deleted with the membership
        ("accounts.RoleChange", "user"),  # deleted with the membership, as is the user who accepted an invitation
        ("accounts.SchoolInvitation", "accepted_by"),
        ("addressbook.Contact", "user"),  # an examiner's own line, kept for the assessments of others
        ("assessments.Assessment", "student"),  # erased first
    }


def test_every_address_column_is_covered() -> None:
    """A new address column fails this test until its erasure is defined."""
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EmailField)
    }
    assert columns == {
        "account.EmailAddress.email",  # allauth's, in which the site keeps nothing
        "accounts.User.email",  # erased with the account
        "accounts.ExamOffice.email",  # an office's
        "accounts.EmailChange.old_email",  # erased with the account
        "accounts.EmailChange.new_email",
        "accounts.Registration.email",  # erased with the account made from it, otherwise after some days
        "accounts.SchoolInvitation.email",  # erased with the membership
        "accounts.DirectoryUser.email",  # erased with the membership
        "addressbook.Contact.email",  # an examiner's
        "assessments.Document.exam_office_email",
        "assessments.FinalProposal.exam_office_email",
        "assessments.SittingStaff.email",  # an examiner's or a colleague's, with the sitting
        "assessments.Proposal.email",  # erased with the assessment
        "committee.FinalBatch.exam_office_email",
    }
