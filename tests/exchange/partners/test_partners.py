"""The pages of 'Gekoppelde systemen'."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import AccessToken, Application

from accounts.models import Membership, Role, School, SchoolChange, User
from exchange.models import Partner
from exchange.partners.partners import make_key
from tests.factories import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def page(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


@pytest.fixture
def partner(school: School, docent: User) -> Partner:
    return Partner.objects.create(school=school, name="Planner", initiator=docent.memberships.get())


def test_system_is_coupled_and_logged(page: Client, school: School, docent: User) -> None:
    docent_id = docent.memberships.get().pk
    data = {"name": "Toetsplanning", "initiator": docent_id, "plans_sittings": "on", "is_active": "on"}
    page.post(reverse("partners:add", args=[school.pk]), data)
    partner = school.partners.get()
    assert (partner.reads_catalogue, partner.plans_sittings, partner.initiator_id) == (False, True, docent_id)
    labels = set(SchoolChange.objects.filter(school=school).values_list("label", flat=True))
    assert "Gekoppeld systeem: Docent" in labels


def test_docent_of_another_school_is_refused(page: Client, school: School, stranger: User) -> None:
    other = Membership.objects.get(user=stranger, role=Role.DOCENT)
    response = page.post(reverse("partners:add", args=[school.pk]), {"name": "Planner", "initiator": other.pk})
    assert "initiator" in response.context["form"].errors


def test_name_twice_is_refused(page: Client, school: School, partner: Partner) -> None:
    response = page.post(reverse("partners:add", args=[school.pk]), {"name": "PLANNER"})
    assert "name" in response.context["form"].errors


def test_key_is_shown_once_and_stored_as_a_hash(page: Client, school: School, partner: Partner) -> None:
    response = page.post(reverse("partners:make_key", args=[school.pk, partner.pk]))
    client_id, secret = re.findall(r"<code[^>]*>([^<]+)</code>", response.content.decode())
    application = Application.objects.get()
    assert application.client_id == client_id
    assert secret not in application.client_secret
    assert secret not in page.get(reverse("partners:partner", args=[school.pk, partner.pk])).content.decode()


def test_revoked_key_loses_its_tokens(page: Client, school: School, partner: Partner, manager: User) -> None:
    key, secret = make_key(partner=partner, by=manager)
    form = {"grant_type": "client_credentials", "client_id": key.client_id, "client_secret": secret}
    assert Client().post("/oauth2/token", form).status_code == 200
    assert AccessToken.objects.get().token == ""  # a hash alone is stored
    page.post(reverse("partners:revoke_key", args=[school.pk, partner.pk, key.pk]))
    assert not AccessToken.objects.exists()
    assert Client().post("/oauth2/token", form).status_code == 401
    assert "Ingetrokken op" in page.get(reverse("partners:partner", args=[school.pk, partner.pk])).content.decode()


def test_key_of_another_partner_does_not_exist(page: Client, school: School, partner: Partner, manager: User) -> None:
    other = Partner.objects.create(school=school, name="Andere")
    key, _secret = make_key(partner=other, by=manager)
    assert page.get(reverse("partners:revoke_key", args=[school.pk, partner.pk, key.pk])).status_code == 404


def test_calls_are_shown(page: Client, school: School, partner: Partner) -> None:
    for status in (200, 409):
        partner.calls.create(method="PUT", path="/ooapi/offerings/{offering_id}", http_status=status, ms=12)
    shown = page.get(reverse("partners:calls", args=[school.pk, partner.pk])).content.decode()
    assert "PUT /ooapi/offerings/{offering_id}" in shown
    assert "409" in shown


def test_editing_switches_off(page: Client, school: School, partner: Partner) -> None:
    data = {"name": "Planner", "initiator": partner.initiator_id}
    page.post(reverse("partners:edit", args=[school.pk, partner.pk]), data)
    partner.refresh_from_db()
    assert not partner.is_active
