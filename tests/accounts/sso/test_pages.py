"""The pages of the login with a school account, and logging out."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import IdentityProvider, School, User

from .openid import OpenID, log_in, make_provider

pytestmark = pytest.mark.django_db


def test_login_page_offers_it_only_where_a_school_has_it(client: Client, school: School) -> None:
    assert "met uw schoolaccount" not in client.get("/inloggen/").content.decode()
    make_provider(school)
    assert "Inloggen met uw schoolaccount" in client.get("/inloggen/").content.decode()
    IdentityProvider.objects.update(is_active=False)
    assert "met uw schoolaccount" not in client.get("/inloggen/").content.decode()


@pytest.mark.parametrize("typed", ["iemand@hier.test", "Iemand@HIER.test ", "hier.test", "@hier.test"])
def test_domain_leads_to_the_school(client: Client, provider: IdentityProvider, typed: str) -> None:
    response = client.post("/inloggen/school/?next=/profiel/", {"address": typed})
    assert response["Location"] == f"/inloggen/school/{provider.slug}/?next=%2Fprofiel%2F"
    page = client.get(response["Location"]).content.decode()
    assert f"/inloggen/school/aanbieder/{provider.public_id}/?next=%2Fprofiel%2F" in page.replace(
        "/profiel/", "%2Fprofiel%2F"
    )


def test_answer_depends_on_the_domain_alone(client: Client, provider: IdentityProvider, docent: User) -> None:
    known = client.post("/inloggen/school/", {"address": docent.email})
    unknown = client.post("/inloggen/school/", {"address": "niemand@hier.test"})
    assert known["Location"] == unknown["Location"]


def test_unknown_domain_points_to_the_password(client: Client, provider: IdentityProvider) -> None:
    page = client.post("/inloggen/school/", {"address": "iemand@elders.test"}).content.decode()
    assert "Log in met uw wachtwoord" in page


def test_two_providers_of_one_domain_are_a_choice(client: Client, provider: IdentityProvider) -> None:
    make_provider(provider.school, slug="tweede", name="Medewerkers", client_id="2")
    page = client.post("/inloggen/school/", {"address": "iemand@hier.test"}).content.decode()
    assert "/inloggen/school/tweede/" in page
    assert f"/inloggen/school/{provider.slug}/" in page


def test_proof_page_without_a_login_starts_again(client: Client) -> None:
    assert client.get("/inloggen/school/adres/")["Location"] == "/inloggen/school/"


def test_pages_in_english(client: Client, provider: IdentityProvider) -> None:
    client.post("/taal/", {"language": "en"})
    for path in ("/inloggen/school/", f"/inloggen/school/{provider.slug}/"):
        assert "Log in with your school account" in client.get(path).content.decode()


def test_log_out_ends_both(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    log_in(client, provider, openid)
    token = client.session["school_login"]["id_token"]
    page = client.post("/uitloggen/").content.decode()
    assert "_auth_user_id" not in client.session
    [url] = {part.split('"')[0] for part in page.split('href="')[1:] if part.startswith("https://")}
    parts = urlsplit(url.replace("&amp;", "&"))
    assert parts.geturl().startswith("https://id.hier.test/uit?")
    assert parse_qs(parts.query) == {
        "id_token_hint": [token],
        "client_id": ["digibeoordelen"],
        "post_logout_redirect_uri": ["http://testserver/inloggen/"],
    }
    assert 'http-equiv="refresh"' in page


@pytest.mark.parametrize("endpoint", [None, "javascript:alert(1)", 7])
def test_log_out_here_where_the_provider_has_none(
    client: Client, openid: OpenID, provider: IdentityProvider, endpoint: object
) -> None:
    openid.discovery["end_session_endpoint"] = endpoint
    log_in(client, provider, openid)
    assert client.post("/uitloggen/")["Location"] == "/inloggen/"
    assert "_auth_user_id" not in client.session


def test_log_out_while_the_provider_is_gone(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    log_in(client, provider, openid)
    openid.issuer = "https://weg.test"
    assert client.post("/uitloggen/")["Location"] == "/inloggen/"
    assert "_auth_user_id" not in client.session


def test_log_out_after_a_password_is_as_before(client: Client, provider: IdentityProvider, docent: User) -> None:
    client.force_login(docent)
    assert client.post("/uitloggen/")["Location"] == "/inloggen/"
