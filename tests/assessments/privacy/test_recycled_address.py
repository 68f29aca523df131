"""A reassigned mailbox: mails belong to the owner at the time of sending."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.auth import email_change
from accounts.auth.address_history import Address, addresses_of
from accounts.erasure import erase_account
from accounts.models import Membership, School, SchoolInvitation, User
from accounts.models.registration import REGISTRATION_TERM
from assessments.models import Assessment, Invitation, MailAbout
from assessments.privacy import erasure
from assessments.privacy.data_export import collect
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, RegistrationFactory, UserFactory

from .conftest import date_student, today

BOX, PRIVATE = "anouk@hier.test", "anouk@prive.test"
Later = Callable[..., None]


def mail(text: str, to: str = BOX) -> OutgoingMail:
    return queue_mail(kind="loose", to=to, to_name="", subject="x", text=text, html="x")


def move(user: User, to: str) -> datetime:
    """Change the address of the account and return the time of the change."""
    email_change.request_change(user=user, email=to, language="nl")
    change = user.email_changes.get(confirmed_at=None, withdrawn_at=None, stopped_at=None)
    email_change.confirm_change(change=change)
    user.refresh_from_db()
    change.refresh_from_db()
    assert change.confirmed_at
    return change.confirmed_at


def export_text(student: Membership) -> str:
    return json.dumps(collect(student), default=str)


@pytest.fixture
def moved(student: Membership, assessment: Assessment, school: School, pass_time: Later) -> Membership:
    """Anouk, who got mails in the school's mailbox and has a private address now."""
    pass_time(days=10)
    MailAbout.objects.create(mail=mail("Je afname is gepland."), assessment=assessment)
    mail("Uw code is 123.")
    school.school_invitations.create(first_name="Anouk", last_name="Hoff", email=BOX, withdrawn_at=timezone.now())
    pass_time(days=10)
    move(student.user, PRIVATE)
    pass_time(days=30)
    return student


@pytest.fixture
def newcomer(moved: Membership, school: School, pass_time: Later) -> Membership:
    """Ali, the new owner of the mailbox, with an account."""
    newcomer = MembershipFactory(school=school, user__email=BOX, user__first_name="Ali", user__last_name="Nieuw")
    pass_time(days=1)
    mail("Welkom Ali.")
    return newcomer


def test_export_of_new_owner_excludes_the_former(newcomer: Membership) -> None:
    text = export_text(newcomer)
    assert "Welkom Ali." in text
    for of_the_other in ("Je afname is gepland.", "Uw code is 123.", "Anouk", "Hoff"):
        assert of_the_other not in text


def test_export_of_former_owner_excludes_the_new(newcomer: Membership, moved: Membership) -> None:
    text = export_text(moved)
    for own in ("Je afname is gepland.", "Uw code is 123."):
        assert own in text
    assert "Welkom Ali." not in text


def test_erasing_new_owner_keeps_data_of_the_former(newcomer: Membership, pass_time: Later) -> None:
    date_student(newcomer, diploma_on=today())
    pass_time(days=590)
    assert erasure.erase_student(newcomer.pk, on=today())
    left = OutgoingMail.objects.filter(to=BOX, kind="loose").order_by("pk")
    assert [mail.text for mail in left] == ["Je afname is gepland.", "Uw code is 123."]
    assert MailAbout.objects.count() == 1
    assert SchoolInvitation.objects.filter(email=BOX, first_name="Anouk").exists()


def test_older_account_owns_mailbox_since_its_change(moved: Membership, school: School, pass_time: Later) -> None:
    older = MembershipFactory(school=school, user__joined_at=timezone.now().replace(year=2020))
    move(older.user, BOX)
    pass_time(days=1)
    mail("Welkom Ali.")
    text = export_text(older)
    assert "Welkom Ali." in text
    assert "Uw code is 123." not in text


def test_invitations_to_an_examiner_are_not_exported(
    moved: Membership, school: School, unit: ExamUnit, docent: User
) -> None:
    other = MembershipFactory(school=school, user__last_name="Andermans")
    invite_at_the_box(other, school, unit, docent)
    assert "Andermans" in OutgoingMail.objects.get(kind="invitation").text
    assert "Andermans" not in export_text(moved)


def test_invitation_about_the_student_is_exported_without_text(
    moved: Membership, school: School, unit: ExamUnit, docent: User
) -> None:
    Assessment.objects.all().delete()
    invite_at_the_box(moved, school, unit, docent)
    [exported] = [mail for mail in collect(moved)["mails"] if mail["soort"] == "invitation"]
    assert "tekst" not in exported


def invite_at_the_box(student: Membership, school: School, unit: ExamUnit, docent: User) -> Invitation:
    contact = ContactFactory(school=school, email=BOX)
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, contact)
    return steps.send_invitation(assessment, contact)


def test_erasing_former_owner_keeps_data_of_the_new(moved: Membership, school: School) -> None:
    invitation = school.school_invitations.create(first_name="Ali", last_name="Nieuw", email=BOX, roles=["STUDENT"])
    registered = RegistrationFactory(email=BOX, school=school)
    mail("Welkom Ali.")
    Assessment.objects.all().delete()
    moved.delete()
    assert erase_account(moved.user)
    assert SchoolInvitation.objects.get() == invitation
    assert school.registrations.get() == registered
    assert OutgoingMail.objects.filter(text="Welkom Ali.").exists()


def test_mails_about_other_students_are_kept(
    student: Membership, school: School, unit: ExamUnit, docent: User, pass_time: Later
) -> None:
    other = MembershipFactory(school=school, user__last_name="Andermans")
    invite_at_the_box(other, school, unit, docent)
    mail("Uw code is 123.")
    date_student(student, diploma_on=today())
    pass_time(days=590)
    assert erasure.erase_student(student.pk, on=today())
    [left] = OutgoingMail.objects.filter(to=BOX)
    assert "Andermans" in left.text


# --- Address ownership ---------------------------------------------------------------------------
def spans(user: User) -> list[tuple[str, Any, Any]]:
    return [(one.email, one.since, one.until) for one in addresses_of(user)]


def test_unchanged_address_is_owned_since_registration(db: None) -> None:
    user = UserFactory(email=BOX)
    assert spans(user) == [(BOX, user.joined_at - REGISTRATION_TERM, None)]


def test_regained_address_has_a_gap_in_ownership(db: None, pass_time: Later) -> None:
    user = UserFactory(email=BOX)
    joined = addresses_of(user)[0].since
    pass_time(days=1)
    away = move(user, PRIVATE)
    pass_time(days=1)
    back = move(user, BOX)
    assert addresses_of(user) == [Address(BOX, back, None), Address(PRIVATE, away, back), Address(BOX, joined, away)]


def test_stopped_change_restores_the_old_address(db: None, pass_time: Later) -> None:
    user = UserFactory(email=BOX)
    joined = addresses_of(user)[0].since
    pass_time(days=1)
    stolen = move(user, "dief@elders.test")
    further = move(user, "verder@elders.test")
    pass_time(hours=1)
    email_change.stop(change=user.email_changes.get(old_email=BOX), language="nl")
    user.refresh_from_db()
    stopped = user.email_changes.first().stopped_at
    assert addresses_of(user) == [
        Address(BOX, stopped, None),
        Address("verder@elders.test", further, stopped),
        Address("dief@elders.test", stolen, further),
        Address(BOX, joined, stolen),
    ]


def test_unconfirmed_address_is_not_owned(db: None) -> None:
    user = UserFactory(email=BOX)
    email_change.request_change(user=user, email=PRIVATE, language="nl")
    email_change.stop(change=user.email_changes.get(), language="nl")
    user.refresh_from_db()
    assert [one.email for one in addresses_of(user)] == [BOX]


def test_erasure_covers_mails_of_a_stopped_change(db: None) -> None:
    user = UserFactory(email=BOX)
    move(user, PRIVATE)
    email_change.stop(change=user.email_changes.get(), language="nl")
    user.refresh_from_db()
    assert OutgoingMail.objects.filter(to=PRIVATE, kind="email_given_back").exists()
    assert erase_account(user)
    assert not OutgoingMail.objects.filter(to=PRIVATE).exists()
