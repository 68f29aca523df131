"""What Schoolbeheer opens with."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, User
from tests.factories import MembershipFactory, member


@pytest.fixture
def administrator(school: School, client: Client) -> User:
    user = member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")
    client.force_login(user)
    return user


def test_the_start_leads_to_the_one_school(client: Client, administrator: User, school: School) -> None:
    assert client.get(reverse("school:start")).url == reverse("school:overview", args=[school.pk])


def test_who_manages_several_schools_chooses_one(
    client: Client, administrator: User, school: School, other_school: School
) -> None:
    MembershipFactory(user=administrator, school=other_school, role=Role.SCHOOLBEHEER)
    page = client.get(reverse("school:start")).content.decode()
    for managed in (school, other_school):
        assert reverse("school:overview", args=[managed.pk]) in page


def test_a_school_where_one_is_something_else_does_not_exist(
    client: Client, administrator: User, other_school: School
) -> None:
    MembershipFactory(user=administrator, school=other_school, role=Role.DOCENT)
    assert client.get(reverse("school:overview", args=[other_school.pk])).status_code == 404


def test_who_is_schoolbeheer_alone_begins_there(client: Client, administrator: User) -> None:
    assert client.get("/").url == reverse("school:start")


def test_who_also_teaches_begins_in_mijn_digibib(client: Client, administrator: User, school: School) -> None:
    MembershipFactory(user=administrator, school=school, role=Role.DOCENT)
    assert client.get("/").url == reverse("exams:my_digibib")


def test_the_overview_counts_who_is_active_in_each_role(
    client: Client, administrator: User, school: School, docent: User, student: Membership
) -> None:
    MembershipFactory(school=school, user__is_active=False)
    roles = dict(client.get(reverse("school:overview", args=[school.pk])).context["roles"])
    assert roles == {"Student": 1, "Docent": 1, "Praktijkopleider": 0, "Examencommissie": 0, "Schoolbeheer": 1}


def test_the_overview_says_who_switches_digital_assessment_on(
    client: Client, administrator: User, school: School
) -> None:
    School.objects.filter(pk=school.pk).update(digital_assessment_active=False)
    page = client.get(reverse("school:overview", args=[school.pk])).content.decode()
    assert "Een medewerker ICT van het Consortium kan het activeren." in page
