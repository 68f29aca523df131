"""Validation of a school's mail domains."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.mail.domains import read_domains, tidy_domains
from accounts.models import Role, School, User
from tests.factories import UserFactory, member

NO_DOMAIN, PUBLIC = "is geen maildomein", "is van een maildienst waar iedereen een adres kan nemen"
WRONG = [
    ("@@", NO_DOMAIN),
    ("@", NO_DOMAIN),
    (",", NO_DOMAIN),
    ("a b", NO_DOMAIN),
    ("*.nl", NO_DOMAIN),
    ("nl", NO_DOMAIN),
    ("bcc:, evil", NO_DOMAIN),
    ("jan@school.nl", NO_DOMAIN),
    ("127.0.0.1", NO_DOMAIN),
    ("school.nl Gmail.com", PUBLIC),
    ("@hotmail.com", PUBLIC),
    ("live.nl", PUBLIC),
    ("ziggo.nl", PUBLIC),
    ("kpnmail.nl", PUBLIC),
    ("icloud.com", PUBLIC),
]


@pytest.fixture
def administrator(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("name", ["mail_domains", "register_domains"])
def test_schoolbeheer_sees_invalid_domains(client: Client, administrator: User, school: School, name: str) -> None:
    client.force_login(administrator)
    for typed, why in WRONG:
        form = {"link_days": "60", "appeal_days": "14", "appeal_text": "", name: typed}
        assert why in words(client.post(reverse("school:settings", args=[school.pk]), form)), typed
        assert getattr(School.objects.get(pk=school.pk), name) == getattr(school, name), typed


@pytest.mark.parametrize(("typed", "why"), [("*.nl", NO_DOMAIN), ("gmail.com", PUBLIC)])
def test_admin_shows_invalid_domains(client: Client, school: School, typed: str, why: str) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:accounts_school_change", args=[school.pk])
    assert why in words(client.post(address, {"name": school.name, "register_domains": typed}))


def test_domains_are_tidied() -> None:
    assert tidy_domains(" @School.nl,student.school.nl; school.nl.") == "school.nl student.school.nl"
    assert read_domains("bücher.example") == ["xn--bcher-kva.example"]


def test_domains_are_normalised(school: School) -> None:
    school.mail_domains, school.register_domains = " @School.nl,student.school.nl.", "@Student.school.nl;"
    school.full_clean()
    assert (school.mail_domains, school.register_domains) == ("school.nl student.school.nl", "student.school.nl")


def test_an_earlier_mistake_leaves_other_pages_working(client: Client, administrator: User, school: School) -> None:
    School.objects.update(mail_domains="gmail.com", number_forms="123456")
    client.force_login(administrator)
    answer = client.post(reverse("privacy:terms", args=[school.pk]), {})
    assert answer.status_code == 200


def test_a_text_on_appeals_has_a_limit(client: Client, administrator: User, school: School) -> None:
    client.force_login(administrator)
    form = {"link_days": "60", "appeal_days": "14", "appeal_text": "x" * 4001}
    assert "4000 tekens" in words(client.post(reverse("school:settings", args=[school.pk]), form))
