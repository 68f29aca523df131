"""Addresses that schools type: none of the server's own network is reached, by whatever name."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from assessments.models import Participation
from exchange import outgoing
from exchange.models import Delivery

from .conftest import deliver
from .standin import StandIn


@pytest.fixture
def strict(settings: Any) -> None:
    settings.EXCHANGE_ALLOW_LOCAL = False
    outgoing._client.cache_clear()


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    "url",
    [
        "http://planning.example.nl/ooapi",
        "https://127.0.0.1/",
        "https://10.0.0.4/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://localhost/",
        "https://db.internal/",
        "https://naam:wachtwoord@planning.example.nl/",
        "https://planning.example.nl/#x",
        "https://",
        "https://[/",
        "https://planning.example.nl:99999/",
        "ftp://planning.example.nl/",
        "geen adres",
    ],
)
def test_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        outgoing.check_url(url)
    with pytest.raises(outgoing.AddressRefused):
        outgoing.send("POST", url, content=b"", headers={})


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["192.168.1.1"], ["fd00::1"], ["93.184.216.34", "10.0.0.1"]])
def test_name_of_a_private_address_is_refused(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that was public when it was typed: it is looked up again, and the address that is checked is used."""
    connected = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", (ip, 443)) for ip in addresses])
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: connected.append(args))
    with pytest.raises(outgoing.AddressRefused, match="eigen netwerk"):
        outgoing.send("POST", "https://planning.example.nl/", content=b"", headers={})
    assert not connected


@pytest.mark.usefixtures("strict")
def test_connects_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, connected = [], []

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.216.34", 443))]

    def connect(address: Any, *args: Any, **kwargs: Any) -> Any:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(outgoing.NoAnswer):
        outgoing.send("POST", "https://planning.example.nl/", content=b"", headers={})
    assert (asked, connected) == (["planning.example.nl"], [("93.184.216.34", 443)])


@pytest.mark.usefixtures("strict")
def test_delivery_to_a_private_address_waits(planning: StandIn, final: Participation) -> None:
    assert deliver().state == Delivery.State.WAITING
    assert not planning.tokens
    assert not planning.calls


def test_endless_answer_is_cut(planning: StandIn, final: Participation) -> None:
    planning.plan = [(409, {}, b" " * (outgoing.MAX_BYTES * 3))]
    assert deliver().last_error == "409"
