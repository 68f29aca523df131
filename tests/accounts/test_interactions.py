"""Interactions between rules of the accounts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.auth import password
from accounts.erasure import erase_account, erase_unused
from accounts.importing import reading
from accounts.importing.reading import Unreadable
from accounts.models import Membership, Role, RoleChange, School, SchoolInvitation, Session, User
from accounts.people.invite import send_queued
from accounts.people.links import NoInvitation, open_token, token_for
from accounts.people.roles import grant, leave, take_role
from assessments.models import Assessment
from assessments.privacy import retention
from digibeoordelen.outbox.models import OutgoingMail
from tests.addressbook.files import xlsx
from tests.factories import MembershipFactory, UserFactory, member


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


def invited(school: School, email: str, **fields: object) -> SchoolInvitation:
    name = {"first_name": "Noa", "last_name": "Wit", "search_text": "noa wit"}
    invitation: SchoolInvitation = school.school_invitations.create(email=email, roles=["DOCENT"], **name, **fields)
    return invitation


def test_unmailable_address_does_not_block_other_mails(school: School, other_school: School) -> None:
    bad = invited(school, "i\u0307brahim@hier.test", wanted_at=timezone.now())
    invited(other_school, "goed@elders.test", wanted_at=timezone.now())
    send_queued()
    assert [mail.to for mail in OutgoingMail.objects.all()] == ["goed@elders.test"]
    bad.refresh_from_db()
    assert bad.wanted_at is None


def test_unmailable_address_is_refused_with_a_message(client: Client, db: None) -> None:
    answer = client.post("/wachtwoord-vergeten/", {"email": "\u0130brahim@hier.test"})
    assert answer.status_code == 200
    assert "geen mail worden gestuurd" in answer.content.decode()


def test_endless_row_is_refused_before_reading() -> None:
    packed = io.BytesIO(xlsx(["a"]).read())
    with zipfile.ZipFile(packed) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</row>", b"<c/>" * 500_000 + b"</row>", 1)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(Unreadable, match="meer dan 1000 cellen"), reading.open_workbook(bomb):
        pass


def test_returned_student_is_not_a_leaver(school: School, manager: User, pass_time: Callable[..., None]) -> None:
    student = MembershipFactory(school=school, diploma_on=timezone.localdate())
    pass_time(days=800)
    on = timezone.localdate()
    assert student in retention.leaving(school, on=on)
    RoleChange.objects.create(school=school, user=student.user, role="STUDENT", change="GIVEN", how="IMPORT")
    assert student not in retention.leaving(school, on=on)


def test_removed_student_gets_a_leaving_date(school: School, manager: User, assessment: Assessment) -> None:
    student = assessment.student
    leave(school=school, user=student.user, by=manager)
    student.refresh_from_db()
    assert student.left_on == timezone.localdate()
    grant(school=school, user=student.user, role=Role.STUDENT, by=manager, how=RoleChange.How.BY_HAND)
    student.refresh_from_db()
    assert (student.left_on, student.ended_at) == (None, None)


def test_account_without_a_role_is_erased_after_a_year(
    school: School, manager: User, pass_time: Callable[..., None]
) -> None:
    student = MembershipFactory(school=school)
    leave(school=school, user=student.user, by=manager)
    assert erase_unused(on=timezone.localdate()) == 0
    pass_time(days=370)
    assert erase_unused(on=timezone.localdate()) == 1
    assert not User.objects.filter(pk=student.user_id).exists()
    assert not RoleChange.objects.filter(user_name=student.user.full_name).exists()


def test_account_of_a_kept_assessment_is_not_erased(docent: User, assessment: Assessment) -> None:
    assert not erase_account(docent)
    assert docent.memberships.exists()


def test_closed_invitations_are_purged(school: School, pass_time: Callable[..., None]) -> None:
    invited(school, "oud@hier.test", withdrawn_at=timezone.now())
    pass_time(days=370)
    erase_unused(on=timezone.localdate())
    assert not SchoolInvitation.objects.exists()


def test_password_reset_ends_every_listed_session(docent: User) -> None:
    browser = Client()
    browser.force_login(docent)
    docent.refresh_from_db()
    elsewhere, words = Client(), "een heel ander wachtwoord"
    form = elsewhere.get(password.resolve_password_link(password.password_link(user=docent, language="nl").data))
    elsewhere.post(form.url, {"password1": words, "password2": words})
    assert not Session.objects.active_for(docent.pk)


def test_correcting_an_address_voids_the_old_link(school: School) -> None:
    user = UserFactory(email="fout@hier.test", password=None)
    soon = timezone.now() + timedelta(days=3)
    token = token_for(invited(school, user.email, user=user, wanted_at=timezone.now(), expires_at=soon))
    assert open_token(token).user == user
    user.email = "goed@hier.test"
    user.save()
    with pytest.raises(NoInvitation):
        open_token(token)


def test_list_of_a_former_schoolbeheer_is_not_imported(school: School, manager: User) -> None:
    other = member(school, Role.SCHOOLBEHEER)
    school.people_imports.create(by=other, filename="lijst.csv")
    take_role(school=school, user=other, role=Role.SCHOOLBEHEER, by=manager)
    assert not school.people_imports.exists()


def test_last_schoolbeheer_with_a_password_stays(client: Client, school: School, manager: User) -> None:
    member(school, Role.SCHOOLBEHEER, password=None)
    client.force_login(member(school, Role.SCHOOLBEHEER))
    third = school.memberships.filter(role=Role.SCHOOLBEHEER).last()
    assert third is not None
    take_role(school=school, user=third.user, role=Role.SCHOOLBEHEER, by=manager)
    answer = client.get(reverse("school:people", args=[school.pk]))
    assert answer.status_code == 404
    assert school.memberships.filter(user=manager, role=Role.SCHOOLBEHEER).exists()


def test_registration_is_logged(client: Client, school: School) -> None:
    from accounts.registration import registration
    from tests.factories import RegistrationFactory

    School.objects.filter(pk=school.pk).update(register_on=True)
    school.refresh_from_db()
    user = registration.confirm_registration(registration=RegistrationFactory(school=school, email="zelf@hier.test"))
    [line] = school.role_changes.all()
    assert (line.user, line.how) == (user, "REGISTERED")


def test_former_student_s_number_can_be_found(
    client: Client, school: School, manager: User, student: Membership, assessment: Assessment
) -> None:
    leave(school=school, user=student.user, by=manager)
    client.force_login(manager)
    answer = client.get(reverse("school:student_numbers", args=[school.pk]), {"q": "123456"})
    assert "Anouk van" in answer.content.decode()
