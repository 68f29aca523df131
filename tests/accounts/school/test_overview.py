"""The overview of Schoolbeheer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, SchoolInvitation, User
from accounts.people.invite import invite
from tests.factories import ExamOfficeFactory, MembershipFactory, member


@pytest.fixture
def administrator(school: School, client: Client) -> User:
    user = member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")
    client.force_login(user)
    return user


def test_start_redirects_to_the_only_school(client: Client, administrator: User, school: School) -> None:
    assert client.get(reverse("school:start")).url == reverse("school:overview", args=[school.pk])


def test_manager_of_several_schools_chooses_one(
    client: Client, administrator: User, school: School, other_school: School
) -> None:
    MembershipFactory(user=administrator, school=other_school, role=Role.SCHOOLBEHEER)
    page = client.get(reverse("school:start")).content.decode()
    for managed in (school, other_school):
        assert reverse("school:overview", args=[managed.pk]) in page


def test_school_gets_404_for_other_roles(client: Client, administrator: User, other_school: School) -> None:
    MembershipFactory(user=administrator, school=other_school, role=Role.DOCENT)
    assert client.get(reverse("school:overview", args=[other_school.pk])).status_code == 404


def test_schoolbeheer_only_starts_at_the_overview(client: Client, administrator: User) -> None:
    assert client.get("/").url == reverse("school:start")


def test_schoolbeheer_who_teaches_starts_in_mijn_digibib(client: Client, administrator: User, school: School) -> None:
    MembershipFactory(user=administrator, school=school, role=Role.DOCENT)
    assert client.get("/").url == reverse("exams:my_digibib")


def test_overview_counts_active_people_per_role(
    client: Client, administrator: User, school: School, docent: User, student: Membership
) -> None:
    MembershipFactory(school=school, user__is_active=False)
    response = client.get(reverse("school:overview", args=[school.pk]))
    roles = {words: count for _, words, count in response.context["roles"]}
    assert roles == {"Studenten": 1, "Docenten": 1, "Praktijkopleiders": 0, "Examencommissie": 0, "Schoolbeheer": 1}
    leads_to = reverse("school:people", args=[school.pk]) + "?rol=DOCENT"
    assert f'<a href="{leads_to}">1</a>' in response.content.decode()
    assert "Dirk Docent" in client.get(leads_to).content.decode()


def test_overview_explains_activation(client: Client, administrator: User, school: School) -> None:
    School.objects.filter(pk=school.pk).update(digital_assessment_active=False)
    page = client.get(reverse("school:overview", args=[school.pk])).content.decode()
    assert "Een medewerker ICT van het Consortium kan het activeren." in page


# --- To do ---------------------------------------------------------------------------------------
def to_do(client: Client, school: School) -> dict[str, str]:
    """Return the first words and the URL of each item, after checking that the URL opens."""
    items = client.get(reverse("school:overview", args=[school.pk])).context["to_do"]
    for one in items:
        assert client.get(one.url).status_code == 200
    return {" ".join(one.sentence.split()[:4]): one.url for one in items}


def test_new_school_sees_tasks_with_links(client: Client, administrator: User, school: School) -> None:
    lacking = to_do(client, school)
    assert list(lacking) == [
        "Er zijn nog geen",
        "Niemand heeft de rol",
        "U bent de enige",
        "Er staat nog geen",
    ]  # Docent and Examencommissie start with the same words
    page = client.get(reverse("school:overview", args=[school.pk])).content.decode()
    for role in ("DOCENT", "EXAMENCOMMISSIE", "SCHOOLBEHEER"):
        address = reverse("school:invite", args=[school.pk]) + f"?rol={role}"
        assert f'href="{address}"' in page
        assert client.get(address).context["form"]["roles"].value() == [role]


def test_complete_school_sees_no_tasks(
    client: Client, administrator: User, school: School, docent: User, student: Membership, committee_member: User
) -> None:
    member(school, Role.SCHOOLBEHEER)
    ExamOfficeFactory(school=school)
    assert to_do(client, school) == {}
    assert "Nog te doen" not in client.get(reverse("school:overview", args=[school.pk])).content.decode()


def test_missing_numbers_and_waiting_invitations_are_counted(
    client: Client, administrator: User, school: School
) -> None:
    for number in ("", "", "123457"):
        MembershipFactory(school=school, student_number=number)
    MembershipFactory(school=school, student_number="", user__is_active=False)
    for email, until in (("an@hier.test", None), ("bo@hier.test", timezone.now() - timedelta(days=1))):
        asked = SchoolInvitation(first_name="An", last_name="Wit", email=email)
        invite(school=school, invitation=asked, roles=["DOCENT"], by=administrator)
        wanted_at = until and timezone.now() - timedelta(days=15)
        school.school_invitations.filter(email=email).update(expires_at=until, wanted_at=wanted_at)
    sentences = [one.sentence for one in client.get(reverse("school:overview", args=[school.pk])).context["to_do"]]
    assert "2 studenten hebben nog geen studentnummer en kunnen niet worden beoordeeld." in sentences
    assert "1 uitnodiging is nog niet verstuurd." in sentences
    assert "1 uitnodiging is verlopen." in sentences


def test_overview_queries_do_not_grow_with_the_school(
    client: Client, administrator: User, school: School, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        MembershipFactory(school=school, student_number="")
    with django_assert_max_num_queries(16):
        client.get(reverse("school:overview", args=[school.pk]))
