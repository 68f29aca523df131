"""Schoolbeheer and Examencommissie are mailed about new members."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.importing.job import import_previewed
from accounts.importing.preview import prepare
from accounts.models import PeopleImport, Role, School, SchoolInvitation, User
from accounts.people.importing.people import COLUMNS
from accounts.people.invite import invite_first_manager
from accounts.people.join import join_logged_in, join_with_password
from accounts.people.links import token_for
from accounts.people.roles import give_role, take_role
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.test_admin import change
from tests.addressbook.files import csv_file
from tests.factories import MembershipFactory, UserFactory, member

from .test_invitations import NOA, ask

HEADER = [column.header for column in COLUMNS]
KIND = "roles_given"


def notified() -> list[str]:
    """Return the mailed addresses, sorted."""
    return sorted(OutgoingMail.objects.filter(kind=KIND).values_list("to", flat=True))


def only_mail(to: str) -> OutgoingMail:
    return OutgoingMail.objects.get(kind=KIND, to=to)


# --- Recipients ----------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER])
def test_other_members_are_mailed_except_the_grantor(
    school: School, manager: User, second_manager: User, committee_member: User, docent: User, stranger: User, role: str
) -> None:
    give_role(school=school, user=docent, role=role, by=manager)
    assert notified() == ["bas@hier.test", "commissie@hier.test", "docent@hier.test"]


@pytest.mark.parametrize("role", [Role.STUDENT, Role.DOCENT, Role.PRAKTIJKOPLEIDER])
def test_other_roles_are_not_mailed(school: School, manager: User, committee_member: User, role: str) -> None:
    assert give_role(school=school, user=committee_member, role=role, by=manager)
    assert notified() == []


def test_existing_or_revoked_role_is_not_mailed(
    school: School, manager: User, second_manager: User, committee_member: User
) -> None:
    give_role(school=school, user=committee_member, role=Role.EXAMENCOMMISSIE, by=manager)
    take_role(school=school, user=committee_member, role=Role.EXAMENCOMMISSIE, by=manager)
    assert notified() == []


def test_holder_of_both_roles_gets_one_mail(school: School, manager: User, second_manager: User, docent: User) -> None:
    MembershipFactory(user=second_manager, school=school, role=Role.EXAMENCOMMISSIE)
    give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    assert notified() == ["bas@hier.test", "docent@hier.test"]


def test_inactive_or_unused_account_is_not_mailed(school: School, manager: User, docent: User) -> None:
    member(school, Role.SCHOOLBEHEER, is_active=False)
    member(school, Role.EXAMENCOMMISSIE, password=None)
    give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    assert notified() == ["docent@hier.test"]


def test_unmailable_address_does_not_block_the_others(
    school: School, manager: User, second_manager: User, committee_member: User, docent: User
) -> None:
    User.objects.filter(pk=second_manager.pk).update(email="bas@hier..test")
    assert give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    assert notified() == ["commissie@hier.test", "docent@hier.test"]


# --- Content -------------------------------------------------------------------------------------
def test_mail_names_giver_role_receiver_and_log(
    client: Client, school: School, manager: User, second_manager: User, docent: User, time_machine
) -> None:
    time_machine.move_to("2026-11-23 13:03:00+00:00")
    give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    mail = only_mail("bas@hier.test")
    assert mail.subject == "ROC Hier: Dirk Docent heeft nu de rol Examencommissie"
    for text in (mail.text, mail.html):
        message = " ".join(re.sub(r"<[^>]+>", " ", text).split())
        assert "Bea Beheer gaf bij ROC Hier" in message
        assert "Examencommissie: Dirk Docent (docent@hier.test)" in message
        assert "ma 23 nov 2026, 14:03" in message
        assert "met de hand" in message
    log = reverse("school:role_log", args=[school.pk])
    assert log in mail.text
    assert log in mail.html
    client.force_login(second_manager)
    assert client.get(log).status_code == 200


def test_committee_mail_refers_to_schoolbeheer(
    school: School, manager: User, committee_member: User, docent: User
) -> None:
    give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    mail = only_mail("commissie@hier.test")
    for text in (mail.text, mail.html):
        assert reverse("school:role_log", args=[school.pk]) not in text
        assert "collega met de rol Schoolbeheer" in text


def test_name_is_escaped_and_stays_on_one_line(school: School, manager: User, second_manager: User) -> None:
    odd = member(school, Role.DOCENT, first_name="<b>Ot</b>", last_name="En\nSien", email="ot@hier.test")
    give_role(school=school, user=odd, role=Role.EXAMENCOMMISSIE, by=manager)
    mail = only_mail("bas@hier.test")
    assert "<b>Ot" not in mail.html
    assert "Examencommissie: <b>Ot</b> En Sien (ot@hier.test)" in mail.text
    assert "\n" not in mail.subject


# --- By an invitation ----------------------------------------------------------------------------
def test_accepted_invitation_mails_only_the_others(
    school: School, manager: User, second_manager: User, committee_member: User
) -> None:
    invitation = ask(school, manager, "DOCENT", "EXAMENCOMMISSIE", "SCHOOLBEHEER")
    assert notified() == []  # an open invitation grants no role
    join_with_password(token=token_for(invitation), password="een-nieuw-lang-wachtwoord")
    assert notified() == ["bas@hier.test", "commissie@hier.test"]
    mail = only_mail("commissie@hier.test")
    assert mail.subject == "ROC Hier: 2 rollen gegeven (Examencommissie, Schoolbeheer)"
    assert "Bea Beheer" in mail.text
    assert "uitnodiging aangenomen" in mail.text
    assert mail.text.count("Noa de Wit (noa@hier.test)") == 2


def test_acceptance_by_an_existing_account_is_mailed(school: School, manager: User, committee_member: User) -> None:
    noa = UserFactory(email="noa@hier.test")
    join_logged_in(token=token_for(ask(school, manager, "EXAMENCOMMISSIE")), user=noa)
    assert notified() == ["commissie@hier.test"]


def test_first_password_after_an_import_is_not_mailed(school: School, manager: User, committee_member: User) -> None:
    import_list(school, manager, ["Noa", "", "Wit", "noa@hier.test", "Examencommissie", "", ""])
    join_with_password(token=token_for(school.school_invitations.get()), password="een-nieuw-lang-wachtwoord")
    assert notified() == ["commissie@hier.test"]


def test_first_schoolbeheer_is_mailed_to_the_committee(school: School, committee_member: User) -> None:
    staff = UserFactory(is_staff=True, first_name="Cas", last_name="Consortium")
    invitation = invite_first_manager(school=school, invitation=SchoolInvitation(**NOA), by=staff)
    join_with_password(token=token_for(invitation), password="een-nieuw-lang-wachtwoord")
    assert notified() == ["commissie@hier.test"]
    assert "Cas Consortium gaf bij ROC Hier" in only_mail("commissie@hier.test").text


# --- By a list -----------------------------------------------------------------------------------
def import_list(school: School, manager: User, *rows: list[str]) -> None:
    file = csv_file(*rows, header=HEADER)
    prepared = prepare(PeopleImport, school=school, by=manager, file=file, filename="lijst.csv", mails_now=False)
    import_previewed(prepared)


def test_import_sends_one_mail_per_recipient(
    school: School, manager: User, second_manager: User, committee_member: User, docent: User
) -> None:
    new = [[f"Noa {n}", "", "Wit", f"noa{n}@hier.test", "Docent, Examencommissie", "", ""] for n in range(40)]
    there = ["Dirk", "", "Docent", docent.email, "Schoolbeheer", "", ""]
    student = ["Bo", "", "Bos", "bo@hier.test", "Student", "200300", ""]
    import_list(school, manager, *new, there, student)
    assert notified() == ["bas@hier.test", "commissie@hier.test", "docent@hier.test"]
    mail = only_mail("bas@hier.test")
    assert mail.subject == "ROC Hier: 41 rollen gegeven (Examencommissie, Schoolbeheer)"
    assert "Examencommissie: Noa 0 Wit (noa0@hier.test)" in mail.text
    assert "en nog 16" in mail.text  # 25 of 41 lines are shown
    assert "bo@hier.test" not in mail.text


def test_list_without_these_roles_is_not_mailed(school: School, manager: User, second_manager: User) -> None:
    import_list(school, manager, ["Bo", "", "Bos", "bo@hier.test", "Student", "200300", ""])
    assert notified() == []


# --- By the Consortium ---------------------------------------------------------------------------
def test_role_from_a_superuser_is_mailed_to_the_school(
    client: Client, school: School, manager: User, docent: User
) -> None:
    chief = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(chief)
    role = {"user": docent.pk, "school": school.pk, "role": "EXAMENCOMMISSIE"}
    new = {f"memberships-1-{name}": value for name, value in role.items()}
    assert change(client, docent, **new, **{"memberships-TOTAL_FORMS": 2}) == 302
    assert notified() == ["beheer@hier.test", "docent@hier.test"]
    assert "door het Consortium" in only_mail("beheer@hier.test").text
