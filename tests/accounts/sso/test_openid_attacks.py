"""What a forged, swapped or replayed answer of an OpenID provider gets: nobody is logged in."""

from __future__ import annotations

import logging
import time
from typing import Any

import jwt
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import IdentityProvider, School, User

from .openid import KEYS, SECRET, OpenID, begin, come_back, log_in, make_provider

pytestmark = pytest.mark.django_db


def is_refused(client: Client, response: Any, *, words: str = "klopt niet") -> bool:
    assert words in response.content.decode(), response.content.decode()
    return response.status_code >= 400 and "_auth_user_id" not in client.session and not User.objects.exists()


def test_wrong_audience(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.token["aud"] = "andere-dienst"
    assert is_refused(client, log_in(client, provider, openid))


def test_token_for_several_audiences(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.token |= {"aud": ["digibeoordelen", "andere-dienst"], "azp": "andere-dienst"}
    assert is_refused(client, log_in(client, provider, openid))


def test_wrong_issuer(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.token["iss"] = "https://id.elders.test"
    assert is_refused(client, log_in(client, provider, openid))


def test_discovery_of_another_issuer(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.discovery["issuer"] = "https://id.elders.test"
    response = client.get(reverse("school_login_start", args=[provider.public_id]))
    assert is_refused(client, response, words="niet goed ingesteld")


def test_swapped_nonce(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    """The token of another login, by whoever stole it or their own."""
    other = begin(Client(), provider)
    sent = begin(client, provider)
    openid.nonce = other["nonce"]
    assert is_refused(client, come_back(client, provider, state=sent["state"]))


def test_missing_nonce(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.token["nonce"] = ""
    assert is_refused(client, log_in(client, provider, openid))


def test_swapped_state(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    """An attacker's answer in the browser of a victim."""
    attacker = begin(Client(), provider)
    begin(client, provider)
    openid.nonce = attacker["nonce"]
    assert is_refused(client, come_back(client, provider, state=attacker["state"]))
    assert is_refused(client, come_back(client, provider))


def test_replayed_answer(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    sent = begin(client, provider)
    openid.nonce = sent["nonce"]
    come_back(client, provider, state=sent["state"])
    client.post("/uitloggen/")
    User.objects.all().delete()
    openid.codes.add("code-1")
    assert is_refused(client, come_back(client, provider, state=sent["state"]))


def test_code_that_the_provider_refuses(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    sent = begin(client, provider)
    assert is_refused(client, come_back(client, provider, state=sent["state"], code="gestolen"))


@pytest.mark.parametrize(
    ("headers", "algorithm"), [({}, "none"), ({"kid": ""}, "none"), ({}, "RS256"), ({"kid": "2"}, "RS256")]
)
def test_unsigned_or_badly_signed_token(
    client: Client, openid: OpenID, provider: IdentityProvider, headers: dict[str, str], algorithm: str
) -> None:
    sent = begin(client, provider)
    signer = OpenID(key=KEYS[1], algorithm=algorithm, headers=headers, person=openid.person, nonce=sent["nonce"])
    openid.id_token = signer.sign()
    assert is_refused(client, come_back(client, provider, state=sent["state"]))


def test_token_signed_with_the_public_key_as_a_secret(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    sent = begin(client, provider)
    payload = jwt.decode(OpenID(nonce=sent["nonce"]).sign(), options={"verify_signature": False})
    for secret in ("x" * 40, SECRET * 2):
        openid.id_token = jwt.encode(payload, secret, algorithm="HS256", headers={"kid": "1"})
        assert is_refused(client, come_back(client, provider, state=sent["state"]))
        sent = begin(client, provider)


def test_userinfo_of_someone_else(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.userinfo["sub"] = "2"
    assert is_refused(client, log_in(client, provider, openid))


def test_signed_claims_go_before_the_userinfo(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    openid.userinfo |= {"email": "collega@hier.test"}
    log_in(client, provider, openid)
    assert User.objects.get().email == "anouk@hier.test"


def test_answer_for_one_school_at_the_address_of_another(
    client: Client, openid: OpenID, provider: IdentityProvider, other_school: School
) -> None:
    """Issuer mix-up: the state is of one provider, the answer comes in at another's."""
    elsewhere = make_provider(other_school, issuer="https://id.elders.test", domains="elders.test")
    sent = begin(client, provider)
    openid.nonce = sent["nonce"]
    assert is_refused(client, come_back(client, elsewhere, state=sent["state"]))
    assert openid.posted == [], "the code of one provider is not sent to another"


def test_answer_that_names_another_issuer(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    sent = begin(client, provider)
    response = come_back(client, provider, state=sent["state"], iss="https://id.elders.test")
    assert is_refused(client, response)
    assert openid.posted == []


def test_unverified_address_of_a_colleague(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    openid.person |= {"email": docent.email, "email_verified": False}
    response = log_in(client, provider, openid)
    assert response["Location"] == "/inloggen/school/adres/"
    assert "_auth_user_id" not in client.session


def test_provider_does_not_vouch_for_another_domain(
    client: Client, openid: OpenID, provider: IdentityProvider, stranger: User
) -> None:
    openid.person |= {"email": stranger.email, "email_verified": True}
    assert log_in(client, provider, openid)["Location"] == "/inloggen/school/adres/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("fields", [{"is_active": False}, None])
def test_removed_or_inactive_provider(
    client: Client, openid: OpenID, provider: IdentityProvider, fields: dict[str, bool] | None
) -> None:
    sent = begin(client, provider)
    if fields:
        IdentityProvider.objects.update(**fields)
    else:
        IdentityProvider.objects.all().delete()
    openid.nonce = sent["nonce"]
    assert come_back(client, provider, state=sent["state"]).status_code == 404
    assert client.get(reverse("school_login_start", args=[provider.public_id])).status_code == 404
    assert client.get(f"/inloggen/school/{provider.slug}/").status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize(("seconds", "is_let_in"), [(300, False), (-300, False), (45, True), (-45, True)])
def test_clock_that_differs(
    client: Client, openid: OpenID, provider: IdentityProvider, seconds: int, *, is_let_in: bool
) -> None:
    """A minute is allowed. Tokens of this provider live for two; those of most live for longer."""
    now = int(time.time()) + seconds
    openid.token |= {"iat": now, "exp": now + 120}
    response = log_in(client, provider, openid)
    if is_let_in:
        assert response["Location"] == "/"
    else:
        assert is_refused(client, response, words="klok")


@pytest.mark.parametrize("claim", ["iat", "exp", "sub", "iss", "aud"])
def test_token_without_a_claim_that_must_be_there(
    client: Client, openid: OpenID, provider: IdentityProvider, claim: str
) -> None:
    openid.token[claim] = ""
    assert is_refused(client, log_in(client, provider, openid))


def test_person_cancels(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    sent = begin(client, provider)
    response = client.get(
        reverse("openid_connect_callback", args=[provider.public_id]),
        {"error": "access_denied", "state": sent["state"]},
    )
    assert "afgebroken" in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "broken", [{"token_endpoint": ""}, {"jwks_uri": "ftp://id.hier.test/"}, {"authorization_endpoint": 7}]
)
def test_discovery_that_lacks_an_endpoint(
    client: Client, openid: OpenID, provider: IdentityProvider, broken: dict[str, Any]
) -> None:
    openid.discovery |= broken
    response = client.get(reverse("school_login_start", args=[provider.public_id]))
    assert is_refused(client, response, words="niet goed ingesteld")


def test_secrets_stay_out_of_the_logs(
    client: Client, openid: OpenID, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = begin(client, provider)
    come_back(client, provider, state=sent["state"], code="gestolen")
    log_in(client, provider, openid)
    assert openid.posted[0]["auth"].password == SECRET
    for secret in (SECRET, "gestolen", "toegang", openid.posted[0]["code_verifier"]):
        assert secret not in caplog.text
