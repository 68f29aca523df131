"""The data export of a person is complete, also when tables are added."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role, School, Session, User
from accounts.people import roles
from accounts.school import student_numbers
from accounts.school.changes import fingerprints
from accounts.sessions import sessions
from addressbook.models import Contact
from assessments.models import Assessment
from assessments.privacy import access_log, data_requests
from assessments.privacy.data_export import collect
from assessments.privacy.study_dates import DATES, set_dates
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from tests.accounts.auth.codes import app_of, unused_codes
from tests.factories import ContactFactory, RegistrationFactory, UserFactory

from .conftest import today

# Each column that names a person, and the place of its row's data in the file.
IN_THE_FILE = {
    "accounts.EmailChange.new_email": ["wijzigingen_van_uw_e-mailadres"],
    "accounts.EmailChange.old_email": ["wijzigingen_van_uw_e-mailadres"],
    "accounts.EmailChange.user": ["wijzigingen_van_uw_e-mailadres"],
    "accounts.DirectoryUser.email": ["gegevens_uit_het_systeem_van_de_school"],
    "accounts.DirectoryUser.user": ["gegevens_uit_het_systeem_van_de_school"],
    "accounts.Membership.user": ["account", "rollen"],
    "accounts.NumberReport.student": ["gemelde_studentnummers"],
    "accounts.Registration.email": ["aanvragen_van_een_account"],
    "accounts.RoleChange.user": ["wijzigingen_van_uw_rollen"],
    "accounts.SchoolChange.student": ["wijzigingen_door_de_school"],
    "accounts.SchoolInvitation.accepted_by": ["uitnodigingen_voor_de_school"],
    "accounts.SchoolInvitation.email": ["uitnodigingen_voor_de_school"],
    "accounts.SchoolInvitation.user": ["uitnodigingen_voor_de_school"],
    "accounts.Session.user": ["sessies"],
    "accounts.User.email": ["account", "e-mailadres"],
    "addressbook.Contact.email": ["adresboek"],
    "addressbook.Contact.user": ["adresboek"],
    "assessments.Assessment.student": ["beoordelingen"],
    "assessments.DataRequest.student": ["verzoeken_om_inzage"],
    "exams.AccountExam.user": ["examens_op_uw_account"],
    "mfa.Authenticator.user": ["tweede_stap", "apps"],
    "outbox.OutgoingMail.to": ["mails"],
    "socialaccount.SocialAccount.user": ["schoolaccounts"],
}
ACTED = "says who of the school did something; what it did to a student is in that student's file"
HANDED_IN = "a list with data of others, that someone of the school handed in; gone after a week"
NOT_IN_THE_FILE = {
    "assessments.CalendarFeed.user": "only says that there is one",
    "assessments.SittingStaff.email": "an examiner's or a colleague's",
    "exchange.Partner.initiator": "a docent's",
    "exchange.PartnerKey.by": ACTED,
    **{
        f"oauth2_provider.{model}.user": "of systems, which log in without a person"
        for model in ("AccessToken", "Application", "DeviceGrant", "Grant", "IDToken", "RefreshToken")
    },
    "account.EmailAddress.email": "allauth's table, in which the site keeps nothing",
    "account.EmailAddress.user": "allauth's table, in which the site keeps nothing",
    "accounts.ExamCommittee.members": "the committees of staff; no student is in one",
    "accounts.ExamOffice.email": "an office's",
    "accounts.Membership.study_dates_set_by": ACTED,
    "accounts.PeopleImport.by": HANDED_IN,
    "accounts.RoleChange.by": ACTED,
    "accounts.SchoolChange.by": ACTED,
    "accounts.SchoolInvitation.by": ACTED,
    "accounts.ScimKey.by": ACTED,
    "accounts.Team.members": "the teams of docenten; no student is in one",
    "accounts.User.groups": "rights in the Consortium's admin; no student has any",
    "accounts.User.user_permissions": "rights in the Consortium's admin; no student has any",
    "addressbook.Import.by": HANDED_IN,
    "admin.LogEntry.user": ACTED,
    "assessments.Appeal.closed_by": ACTED,
    "assessments.Appeal.marked_by": ACTED,
    "assessments.Assessment.final_by": ACTED,
    "assessments.Assessment.initiator": ACTED,
    "assessments.Correction.by": ACTED,
    "assessments.DataRequest.asked_by": ACTED,
    "assessments.DatesImport.by": HANDED_IN,
    "assessments.Document.exam_office_email": "an office's",
    "assessments.Event.actor": ACTED,
    "assessments.FinalProposal.by": ACTED,
    "assessments.FinalProposal.exam_office_email": "an office's",
    "assessments.Proposal.decided_by": ACTED,
    "assessments.Proposal.email": "of a colleague whom an examiner proposed, who is no student",
    "assessments.Selection.owner": "ids for two weeks, of what the docent is about to do",
    "assessments.Viewing.by": ACTED,
    "committee.Export.by": ACTED,
    "committee.FinalBatch.by": ACTED,
    "committee.FinalBatch.exam_office_email": "an office's",
    "committee.ExportedResult.final_by": ACTED,
    "exams.ExamVersion.prepared_by": ACTED,
    "exams.ExamVersion.published_by": ACTED,
    "exams.Upload.by": ACTED,
    "outbox.OutgoingMail.reply_to": "of a mail to someone else; of one about the assessment it says that it was sent",
}
ADDRESSES = {"to", "username", "reply_to"}  # columns that hold an address as plain text


@pytest.fixture
def export(
    final: Assessment, student: Membership, school: School, administrator: User, colleague: User
) -> dict[str, Any]:
    """The export of a student with a row in each related table."""
    user = student.user
    browser = Client()
    browser.force_login(user)
    session = browser.session
    session[sessions.DEVICE] = ["Firefox", "Windows"]
    session.save()
    app_of(user)
    key = {"name": "Telefoon", "credential": {"id": "GEHEIMESLEUTEL"}}
    Authenticator.objects.create(user=user, type="webauthn", data=key)
    SocialAccount.objects.create(user=user, provider=str(uuid4()), uid="issuer subject", extra_data={"name": "Anouk"})
    queue_mail(kind="earlier", to="eerder@hier.test", to_name="", subject="Eerder", text="Vorig adres", html="x")
    user.email_changes.create(old_email="eerder@hier.test", new_email=user.email, confirmed_at=timezone.now())
    RegistrationFactory(email=user.email, school=school, password="md5$geheim$0123")
    roles.log_role_change(school=school, user=user, role=Role.STUDENT, change="GIVEN", by=administrator, how="IMPORT")
    day = {"diploma_on": today()}
    set_dates(student=student, typed=day, opened=fingerprints(student, DATES), by=administrator)
    student_numbers.notify_school(student=student, number="654321")
    name = {"first_name": "Anouk", "last_name": "Hoff", "by": administrator, "by_name": administrator.full_name}
    now = timezone.now()
    school.school_invitations.create(**name, email=user.email, roles=["STUDENT"], withdrawn_at=now)
    school.school_invitations.create(**name, email="lijst@hier.test", roles=["STUDENT"], user=user)
    school.school_invitations.create(**name, email="post@hier.test", roles=[], accepted_by=user, accepted_at=now)
    scim_key = school.scim_keys.create(name="Directory", by=colleague)
    school.directory_users.create(key=scim_key, user=user, user_name=user.email, email=user.email)
    ContactFactory(school=school, email=user.email, user=user)
    access_log.note(final, by=colleague)
    kind = ContentType.objects.get_for_model(user)
    line = {"user": UserFactory(), "content_type": kind, "object_id": str(user.pk), "object_repr": str(user)}
    LogEntry.objects.create(**line, action_flag=CHANGE, change_message="Tweede stap verwijderd.")
    data_requests.request_file(student=student, by=user)
    user.refresh_from_db()
    student.refresh_from_db()
    collected: dict[str, Any] = json.loads(json.dumps(collect(student), default=str))
    return collected


def test_every_personal_column_is_exported_or_excluded() -> None:
    """A new table or address column fails this test until it is exported or excluded."""
    named = set()
    for model in apps.get_models():
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
            whose = field.is_relation and field.related_model in (User, Membership)
            address = isinstance(field, models.EmailField) or field.name in ADDRESSES
            if whose or address or (model is User and field.many_to_many):
                named.add(f"{model._meta.label}.{field.name}")
    assert named == {*IN_THE_FILE, *NOT_IN_THE_FILE}
    assert not {*IN_THE_FILE} & {*NOT_IN_THE_FILE}


def test_export_has_the_contents_of_each_table(export: dict[str, Any]) -> None:
    empty = []
    for column, keys in IN_THE_FILE.items():
        value: Any = export
        for key in keys:
            value = value[key]
        empty += [] if value else [column]
    assert empty == []
    assert [invitation["e-mailadres"] for invitation in export["uitnodigingen_voor_de_school"]] == [
        "anouk@hier.test",
        "lijst@hier.test",
        "post@hier.test",
    ]


def test_export_has_the_details_of_the_person(export: dict[str, Any]) -> None:
    [session] = export["sessies"]
    assert session["apparaat"] == "Firefox op Windows"
    [change] = export["wijzigingen_door_de_school"]
    assert (change["wat"], change["werd"]) == ("Diplomadatum", f"{today():%d-%m-%Y}")
    assert export["tweede_stap"]["herstelcodes_over"] == 10
    assert [passkey["naam"] for passkey in export["tweede_stap"]["passkeys"]] == ["Telefoon"]
    assert [report["nummer"] for report in export["gemelde_studentnummers"]] == ["654321"]
    assert export["wijzigingen_door_het_consortium"][0]["wat"] == "Tweede stap verwijderd."
    assert "Vorig adres" in [mail.get("tekst") for mail in export["mails"]]


def test_export_has_no_secrets(export: dict[str, Any], student: Membership) -> None:
    text = json.dumps(export)
    [session] = Session.objects.all()
    [app] = Authenticator.objects.filter(type="totp")
    [registration] = student.school.registrations.all()
    for secret in (
        session.session_key,
        session.session_data,
        app.data["secret"],
        decrypt(app.data["secret"]),
        *unused_codes(student.user),
        student.user.password,
        registration.password,
        "GEHEIMESLEUTEL",
    ):
        assert secret not in text


def test_export_names_no_staff_unknown_to_the_student(
    export: dict[str, Any], administrator: User, colleague: User
) -> None:
    text = json.dumps(export)
    assert administrator.email not in text
    assert "Cora" not in text


def test_reassigned_address_exports_nothing_of_its_new_owner(student: Membership) -> None:
    student.user.email_changes.create(
        old_email="door@hier.test", new_email=student.user.email, confirmed_at=timezone.now()
    )
    UserFactory(email="door@hier.test")
    queue_mail(kind="later", to="door@hier.test", to_name="", subject="x", text="Voor de nieuwe", html="x")
    text = json.dumps(collect(student), default=str)
    assert "Voor de nieuwe" not in text
    assert OutgoingMail.objects.filter(to="door@hier.test").exists()


def test_namesake_examiner_is_not_exported(student: Membership, examiner: Contact) -> None:
    assert collect(student)["adresboek"] == []
