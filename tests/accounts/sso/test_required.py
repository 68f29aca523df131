"""A school that requires its provider, and who comes in when it is down."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import IdentityProvider, Role, School, User
from tests.accounts.auth.codes import set_up
from tests.factories import PASSWORD, MembershipFactory, UserFactory, member

from .openid import OpenID, log_in, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(school: School) -> IdentityProvider:
    return make_provider(school, is_required=True)


def password(client: Client, email: str, typed: str = PASSWORD) -> Any:
    return client.post("/inloggen/", {"login": email, "password": typed})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_password_is_refused_and_leads_to_the_school(client: Client, provider: IdentityProvider, docent: User) -> None:
    response = password(client, docent.email)
    assert response.status_code == 403
    assert f"/inloggen/school/{provider.slug}/" in response.content.decode()
    assert not is_in(client)


def test_wrong_password_says_nothing_about_the_account(
    client: Client, provider: IdentityProvider, docent: User
) -> None:
    known = password(client, docent.email, "verkeerd-wachtwoord")
    unknown = password(client, "niemand@hier.test", "verkeerd-wachtwoord")
    assert known.status_code == unknown.status_code == 200
    assert "Log in met uw schoolaccount" not in known.content.decode()


def test_the_provider_lets_the_same_person_in(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    openid.person |= {"email": docent.email, "eduperson_affiliation": ["employee"]}
    log_in(client, provider, openid)
    assert is_in(client)


def test_linked_person_with_a_private_address_is_bound_as_well(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    openid.person |= {"email": docent.email, "eduperson_affiliation": ["employee"]}
    log_in(Client(), provider, openid)
    docent.email = "dirk@prive.test"
    docent.save()
    assert password(client, docent.email).status_code == 403


def test_others_keep_their_password(client: Client, provider: IdentityProvider, stranger: User) -> None:
    external = member(provider.school, Role.EXAMENCOMMISSIE, email="extern@bedrijf.test")
    no_member = UserFactory(email="weg@hier.test")
    for user in (stranger, external, no_member):
        browser = Client()
        password(browser, user.email)
        assert is_in(browser), user.email


def test_inactive_provider_requires_nothing(client: Client, provider: IdentityProvider, docent: User) -> None:
    IdentityProvider.objects.update(is_active=False)
    password(client, docent.email)
    assert is_in(client)


def test_schoolbeheer_comes_in_with_password_and_second_step(client: Client, provider: IdentityProvider) -> None:
    manager = member(provider.school, Role.SCHOOLBEHEER, email="beheer@hier.test")
    assert password(client, manager.email).status_code == 403, "the password alone is not enough"
    owner = Client()
    owner.force_login(manager)
    owner.session["started_at"] = ""
    IdentityProvider.objects.update(is_active=False)
    password(owner, manager.email)
    app, _codes = set_up(owner)
    IdentityProvider.objects.update(is_active=True)
    assert password(client, manager.email)["Location"].startswith("/inloggen/code/")
    assert not is_in(client)
    client.post("/inloggen/code/", {"code": app.code(later=1)})
    assert is_in(client)


def test_schoolbeheer_of_another_school_is_no_exception(
    client: Client, provider: IdentityProvider, other_school: School
) -> None:
    user = member(provider.school, Role.DOCENT, email="docent2@hier.test")
    MembershipFactory(user=user, school=other_school, role=Role.SCHOOLBEHEER)
    assert not provider.lets_in_with_password(user)


def test_provider_of_another_school_does_not_count(
    client: Client, openid: OpenID, provider: IdentityProvider, other_school: School, docent: User
) -> None:
    """The required one is the school's own, whatever else the account is linked to."""
    elsewhere = make_provider(other_school, issuer="https://id.hier.test", client_id="ander", domains="elders.test")
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    elsewhere.accounts.create(user=docent, provider=str(elsewhere.public_id), uid="https://id.hier.test 1")
    openid.person |= {"email": docent.email, "aud": "ander"}
    response = log_in(client, elsewhere, openid)
    assert response.status_code == 403
    assert "wachtwoord" in response.content.decode()
    assert not is_in(client)
