"""The Consortium's pages of schools: list, add, activate, and the first Schoolbeheer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, School, SchoolInvitation, User
from accounts.people.invite import invite, invite_first_manager, withdraw
from digibeoordelen.outbox.models import OutgoingMail
from tests.concurrency import at_once
from tests.factories import SchoolFactory, UserFactory, member

LIST = "/beheer/"
NEW = "/beheer/scholen/nieuw/"
MANAGER = {"first_name": "Bea", "last_name": "Beheer", "email": "Bea@hier.test"}


@pytest.fixture
def staff(client: Client, db: None) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- The list ------------------------------------------------------------------------------------
def test_list_shows_state_manager_and_counts(client: Client, staff: User, school: School) -> None:
    member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer")
    member(school, Role.DOCENT)
    left = member(school, Role.DOCENT)
    left.is_active = False
    left.save()
    [row] = client.get(LIST).context["rows"]
    assert [one.user.full_name for one in row.managers] == ["Bea Beheer"]
    assert (row.teachers, row.students, row.committee_members) == (1, 0, 0)
    assert "Bea Beheer" in text_of(client.get(LIST))


def test_list_names_who_is_missing_or_invited(client: Client, staff: User, school: School) -> None:
    assert "Nog niemand" in text_of(client.get(LIST))
    invite_by_form(client, school)
    assert "Uitgenodigd: Bea Beheer" in text_of(client.get(LIST))


def test_list_queries_do_not_grow_with_schools(client: Client, staff: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    def add(number: int) -> None:
        school = SchoolFactory(name=f"School {number}")
        member(school, Role.SCHOOLBEHEER)
        member(school, Role.DOCENT)

    add(1)
    queries()
    few = queries()
    for number in range(2, 8):
        add(number)
    assert queries() == few


def test_search_appears_with_many_schools(client: Client, staff: User, school: School) -> None:
    assert 'name="q"' not in text_of(client.get(LIST))
    for number in range(10):
        SchoolFactory(name=f"School {number}")
    assert 'name="q"' in text_of(client.get(LIST))


def test_school_is_found_by_letters_without_accents(client: Client, staff: User, school: School) -> None:
    skane = SchoolFactory(name="Skåne–Sørlandet")
    assert list(client.get(LIST, {"q": "skane-sorlandet"}).context["page"]) == [skane]
    assert "Geen school gevonden" in text_of(client.get(LIST, {"q": "bestaat niet"}))


def test_list_is_filtered_by_state(client: Client, staff: User, school: School) -> None:
    off = SchoolFactory(name="Uit", digital_assessment_active=False)
    assert list(client.get(LIST, {"stand": "uit"}).context["page"]) == [off]
    assert list(client.get(LIST, {"stand": "aan"}).context["page"]) == [school]


def test_list_has_pages(client: Client, staff: User) -> None:
    for number in range(51):
        SchoolFactory(name=f"School {number:02}")
    assert [str(one) for one in client.get(LIST, {"pagina": "2"}).context["page"]] == ["School 50"]


# --- A new school --------------------------------------------------------------------------------
def test_new_school_invites_its_manager_and_says_what_comes_next(client: Client, staff: User) -> None:
    page = text_of(client.post(NEW, {**MANAGER, "name": "ROC Nieuw"}, follow=True))
    school = School.objects.get(name="ROC Nieuw")
    assert not school.digital_assessment_active
    assert school.school_invitations.get().roles == [Role.SCHOOLBEHEER]
    assert OutgoingMail.objects.get().to == "bea@hier.test"
    assert "De uitnodiging is onderweg naar bea@hier.test." in page
    for step in (
        "Bea Beheer neemt de uitnodiging aan",
        "U activeert digitaal beoordelen",
        "Schoolbeheer nodigt docenten",
    ):
        assert step in page


def test_new_school_needs_name_and_manager(client: Client, staff: User) -> None:
    assert text_of(client.post(NEW, {"name": ""})).count("Dit veld is verplicht.") >= 4
    assert not School.objects.exists()


def test_known_name_or_own_address_makes_no_school(client: Client, staff: User, school: School) -> None:
    known = {**MANAGER, "name": school.name.upper()}
    assert "Er is al een school met deze naam." in text_of(client.post(NEW, known))
    own = {**MANAGER, "name": "ROC Nieuw", "email": staff.email}
    assert "Dit is uw eigen e-mailadres" in text_of(client.post(NEW, own))
    assert School.objects.count() == 1
    assert not OutgoingMail.objects.exists()


# --- Activation ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("verb", "active"), [("activeren", True), ("deactiveren", False)])
def test_activation_asks_first_and_is_logged(
    client: Client, staff: User, school: School, verb: str, active: bool
) -> None:
    School.objects.update(digital_assessment_active=not active)
    address = f"/beheer/scholen/{school.pk}/{verb}/"
    assert school.name in text_of(client.get(address))
    assert School.objects.get().digital_assessment_active is not active
    page = text_of(client.post(address, follow=True))
    assert School.objects.get().digital_assessment_active is active
    assert "Ongedaan maken" in page
    [line] = school.changes.all()
    assert (line.label, line.after) == ("Digitaal beoordelen geactiveerd", "aan" if active else "uit")
    assert line.by == staff
    assert "Ongedaan maken" not in text_of(client.post(address, follow=True))
    assert school.changes.count() == 1


def test_pages_of_an_unknown_school_are_missing(client: Client, staff: User) -> None:
    for page in ("", "activeren/", "deactiveren/"):
        assert client.get(f"/beheer/scholen/999/{page}").status_code == 404


def test_staff_without_a_role_start_at_the_schools(client: Client, staff: User, school: School) -> None:
    assert client.get("/").url == LIST
    assert '<a href="/beheer/" aria-current="page">Beheer</a>' in text_of(client.get(LIST))


# --- The first Schoolbeheer ----------------------------------------------------------------------
def invite_by_form(client: Client, school: School, **changes: str) -> Any:
    return client.post(f"/beheer/scholen/{school.pk}/", {**MANAGER, **changes})


def test_staff_invites_the_first_schoolbeheer(client: Client, staff: User, school: School) -> None:
    assert "Uitnodiging verzenden" in school_page(client, school)
    assert invite_by_form(client, school).status_code == 302
    invitation = school.school_invitations.get()
    assert (invitation.roles, invitation.email, invitation.by) == (["SCHOOLBEHEER"], "bea@hier.test", staff)
    assert OutgoingMail.objects.get().to == "bea@hier.test"
    assert not school.memberships.exists()
    assert "bea@hier.test" in school_page(client, school)


def school_page(client: Client, school: School) -> str:
    return client.get(f"/beheer/scholen/{school.pk}/").content.decode()


def test_school_with_schoolbeheer_refuses_the_invitation(client: Client, staff: User, school: School) -> None:
    there = member(school, "SCHOOLBEHEER")
    assert "heeft al iemand met de rol Schoolbeheer" in invite_by_form(client, school).content.decode()
    User.objects.filter(pk=there.pk).update(is_active=False)
    assert invite_by_form(client, school).status_code == 302


def test_one_first_manager_is_invited_at_a_time(client: Client, staff: User, school: School) -> None:
    invite_by_form(client, school)
    refused = invite_by_form(client, school, email="an@hier.test").content.decode()
    assert "Er staat al een uitnodiging open, aan Bea Beheer" in refused
    withdraw(invitation=school.school_invitations.get())
    assert invite_by_form(client, school, email="an@hier.test").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_concurrent_staff_invite_one_manager(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)

    def asks(email: str) -> Callable[[], SchoolInvitation]:
        someone = SchoolInvitation(first_name="Bea", last_name="Beheer", email=email)
        by = UserFactory(is_staff=True)
        return lambda: invite_first_manager(school=school, invitation=someone, by=by)

    results = at_once(asks("bea@hier.test"), asks("an@hier.test"))
    assert sorted(type(result).__name__ for result in results) == ["InviteRefused", "SchoolInvitation"]
    assert school.school_invitations.count() == OutgoingMail.objects.count() == 1


def test_staff_cannot_invite_themselves(client: Client, staff: User, school: School) -> None:
    assert "Dit is uw eigen e-mailadres" in invite_by_form(client, school, email=staff.email).content.decode()
    assert not school.school_invitations.exists()


def test_staff_gives_no_other_role_by_invitation(client: Client, staff: User, school: School) -> None:
    invite_by_form(client, school, roles="EXAMENCOMMISSIE")
    assert school.school_invitations.get().roles == ["SCHOOLBEHEER"]


def test_staff_resends_and_withdraws_the_invitation(client: Client, staff: User, school: School) -> None:
    invite_by_form(client, school)
    invitation = school.school_invitations.get()
    address = f"/beheer/scholen/{school.pk}/schoolbeheer/{invitation.public_id}/"
    assert client.post(f"{address}opnieuw/").status_code == 302
    invitation.refresh_from_db()
    assert invitation.generation == 2
    assert client.post(f"{address}intrekken/").status_code == 302
    assert not school.school_invitations.open().exists()


def test_staff_cannot_change_a_schools_invitations(client: Client, staff: User, school: School, docent: User) -> None:
    invitation = invite(
        school=school,
        invitation=SchoolInvitation(first_name="Noa", last_name="Wit", email="noa@hier.test"),
        roles=["DOCENT"],
        by=docent,
    )
    address = f"/beheer/scholen/{school.pk}/schoolbeheer/{invitation.public_id}/"
    assert client.post(f"{address}intrekken/").status_code == 404
    assert "noa@hier.test" not in school_page(client, school)


def test_asking_is_for_staff(client: Client, docent: User, school: School) -> None:
    client.force_login(docent)
    assert invite_by_form(client, school).status_code == 404
    assert not school.school_invitations.exists()
