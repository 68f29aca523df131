"""What the committee and Schoolbeheer see of deliveries, and what they can do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, User
from assessments.models import Participation
from exchange.models import Delivery, Partner, Receiver
from tests.factories import member

from .conftest import deliver
from .standin import StandIn


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER)


def posted(planning: StandIn, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "PLANNING",
        "base_url": planning.base_url,
        "token_url": f"{planning.url}/token",
        "client_id": "roc hier",
        "client_secret": "",
        "takes_results": "on",
        "is_active": "on",
        **fields,
    }


def page(partner: Partner, name: str = "receiver", *more: object) -> str:
    return reverse(f"exchange:{name}", args=[partner.school_id, partner.pk, *more])


def test_committee_sees_and_offers_again(
    client: Client, planning: StandIn, final: Participation, committee_member: User
) -> None:
    client.force_login(committee_member)
    file = reverse("committee:afname", args=[final.assessment.public_id])
    assert "Wordt aangeleverd" in client.get(file).content.decode()
    planning.plan = [(409, {}, {"detail": "Onbekend <b>"})]
    deliver()
    shown = client.get(file).content.decode()
    assert "Geweigerd: 409: Onbekend &lt;b&gt;" in shown
    client.post(reverse("exchange:offer_result", args=[final.assessment.public_id]))
    assert deliver().state == Delivery.State.DELIVERED
    shown = client.get(file).content.decode()
    assert "Aangeleverd op" in shown
    assert "Opnieuw aanbieden" not in shown


def test_stranger_offers_nothing(client: Client, final: Participation, stranger: User) -> None:
    client.force_login(stranger)
    url = reverse("exchange:offer_result", args=[final.assessment.public_id])
    assert client.post(url).status_code == 404
    assert Delivery.objects.get().changes == 1


def test_manager_couples_tries_and_offers(client: Client, planning: StandIn, school: School, manager: User) -> None:
    partner = Partner.objects.create(school=school, name="Planner")
    client.force_login(manager)
    client.post(page(partner), posted(planning))
    assert not Receiver.objects.exists()  # a secret is needed
    client.post(page(partner), posted(planning, client_secret="geheim"))
    receiver = Receiver.objects.get()
    assert receiver.client_secret == "geheim"
    assert "geheim" not in school.changes.get(name="receiver").after
    assert "Antwoord op een aanroep van het adres: 200" in client.post(page(partner, "check_receiver")).content.decode()


def test_secret_stays_but_not_at_another_address(
    client: Client, planning: StandIn, receiver: Receiver, manager: User
) -> None:
    client.force_login(manager)
    client.post(page(receiver.partner), posted(planning))
    assert Receiver.objects.get().client_secret == "een+geheim"
    moved = posted(planning, token_url="https://elders.example.nl/token")
    assert "Vul het geheim opnieuw in" in client.post(page(receiver.partner), moved).content.decode()
    assert Receiver.objects.get().token_url == receiver.token_url
    assert b"een+geheim" not in client.get(page(receiver.partner)).content


def test_private_address_is_refused(
    client: Client, planning: StandIn, receiver: Receiver, manager: User, settings: Any
) -> None:
    settings.EXCHANGE_ALLOW_LOCAL = False
    client.force_login(manager)
    assert "https://" in client.post(page(receiver.partner), posted(planning, client_id="ander")).content.decode()
    assert Receiver.objects.get().client_id == receiver.client_id


def test_manager_offers_a_delivery_of_the_own_partner_alone(
    client: Client, final: Participation, manager: User, school: School, other_school: School
) -> None:
    delivery = Delivery.objects.get()
    client.force_login(manager)
    other = Partner.objects.create(school=school, name="Ander systeem")
    assert client.post(page(other, "offer_delivery", delivery.public_id)).status_code == 404
    elsewhere = Partner.objects.create(school=other_school, name="Planner")
    for url in (page(elsewhere), page(elsewhere, "offer_delivery", delivery.public_id)):
        assert client.post(url).status_code == 404
    client.post(page(delivery.receiver.partner, "offer_delivery", delivery.public_id))
    assert Delivery.objects.get().changes == 2
