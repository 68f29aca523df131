"""Keeping the identity providers: by staff, and by Schoolbeheer if the Consortium allows it."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client

from accounts.models import IdentityProvider, Role, School, SchoolChange, User
from accounts.sso.manage.providers import encrypt_client_secrets
from tests.factories import SchoolFactory, UserFactory, member

from .openid import SECRET, OpenID, log_in, make_provider
from .saml import ENTITY, metadata, url

pytestmark = pytest.mark.django_db

NEW = {
    "name": "ROC Hier",
    "slug": "roc-hier",
    "preset": "OIDC",
    "issuer": "https://id.hier.test",
    "client_id": "digibeoordelen",
    "client_secret": SECRET,
    "domains": "@hier.test, student.hier.test",
    "vouches_for_domains": "on",
    "is_active": "on",
    "mapping": "{}",
}


@pytest.fixture
def staff(client: Client) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def manager(school: School) -> User:
    School.objects.update(keeps_identity_providers=True)
    return member(school, Role.SCHOOLBEHEER)


def pages(school: School, area: str = "beheer/scholen") -> str:
    return f"/{area}/{school.pk}/schoolaccounts/"


def add(client: Client, school: School, area: str = "beheer/scholen", **changed: str) -> Any:
    return client.post(f"{pages(school, area)}nieuw/", {**NEW, **changed})


def test_staff_adds_one_and_reads_what_to_fill_in(client: Client, staff: User, school: School) -> None:
    page = client.get(f"{pages(school)}nieuw/").content.decode()
    assert 'value="roc-hier"' in page
    response = add(client, school)
    provider = IdentityProvider.objects.get()
    assert provider.domain_list == ["hier.test", "student.hier.test"]
    page = client.get(response["Location"]).content.decode()
    assert f"http://testserver/inloggen/school/aanbieder/{provider.public_id}/terug/" in page
    assert "http://testserver/inloggen/school/roc-hier/" in page
    assert "ROC Hier" in client.get(pages(school)).content.decode()


def test_secret_is_encrypted_and_never_shown(client: Client, staff: User, school: School) -> None:
    response = add(client, school)
    page = client.get(response["Location"]).content.decode()
    assert SECRET not in page + "".join(SchoolChange.objects.values_list("after", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM accounts_identityprovider")
        [stored] = cursor.fetchone()
    assert stored
    assert SECRET not in stored
    assert IdentityProvider.objects.get().client_secret == SECRET


def test_empty_secret_keeps_the_stored_one_and_a_new_one_is_logged(client: Client, staff: User, school: School) -> None:
    url = add(client, school)["Location"]
    client.post(url, {**NEW, "client_secret": "", "name": "Anders"})
    assert IdentityProvider.objects.get().client_secret == SECRET
    client.post(url, {**NEW, "client_secret": "nieuw-geheim", "name": "Anders"})
    assert IdentityProvider.objects.get().client_secret == "nieuw-geheim"
    newest = SchoolChange.objects.first()
    assert newest is not None
    assert "client secret vervangen" in newest.after
    assert SchoolChange.objects.count() == 3


def test_secret_survives_a_new_key_with_the_old_one_as_fallback(school: School, settings: Any) -> None:
    make_provider(school)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "een nieuwe sleutel" * 4
    assert IdentityProvider.objects.get().client_secret == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    assert IdentityProvider.objects.get().client_secret == ""


def test_secret_is_encrypted_with_the_new_key_before_the_old_one_goes(school: School, settings: Any) -> None:
    make_provider(school)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "een nieuwe sleutel" * 4, [settings.SECRET_KEY]
    encrypt_client_secrets()
    settings.SECRET_KEY_FALLBACKS = []
    assert IdentityProvider.objects.get().client_secret == SECRET
    assert encrypt_client_secrets.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"issuer": "ftp://id.hier.test"}, "https://"),
        ({"domains": "gmail.com"}, "maildienst"),
        ({"domains": "elders.test"}, "al van een andere school"),
        ({"domains": "student.elders.test"}, "al van een andere school"),
        ({"domains": ""}, "voor welke maildomeinen"),
        ({"preset": "SURFCONEXT"}, "van welke organisatie"),
        ({"preset": "ENTRA", "organization": "tenant-1"}, "tenant-id te bevatten"),
        ({"slug": "adres"}, "gebruikt het systeem zelf"),
        ({"slug": "bezet"}, "al in gebruik"),
        ({"mapping": '{"rol": "x"}'}, "bestaat hier niet"),
        ({"mapping": '{"email": 7}'}, "lijst van namen"),
        ({"mapping": "[1]"}, "Schrijf dit als"),
        ({"client_secret": ""}, "verplicht"),
    ],
)
def test_what_is_refused(client: Client, staff: User, school: School, changed: dict[str, str], words: str) -> None:
    elsewhere = SchoolFactory(register_on=True, register_domains="student.elders.test")
    make_provider(elsewhere, domains="elders.test", slug="bezet")
    page = add(client, school, **changed).content.decode()
    assert words in page
    assert not school.identity_providers.exists()


def test_http_is_refused_on_a_server(client: Client, staff: User, school: School, settings: Any) -> None:
    settings.SSO_ALLOW_LOCAL = False
    assert "https://" in add(client, school, issuer="http://169.254.169.254").content.decode()
    assert not IdentityProvider.objects.exists()


def test_schoolbeheer_only_if_the_consortium_allows_it(client: Client, school: School, manager: User) -> None:
    client.force_login(manager)
    assert client.get(pages(school, "school")).status_code == 200
    assert pages(school, "school") in client.get(f"/school/{school.pk}/instellingen/").content.decode()
    School.objects.update(keeps_identity_providers=False)
    assert client.get(pages(school, "school")).status_code == 404
    assert add(client, school, "school").status_code == 404
    assert pages(school, "school") not in client.get(f"/school/{school.pk}/instellingen/").content.decode()


def test_schoolbeheer_does_not_choose_domains(client: Client, school: School, manager: User) -> None:
    client.force_login(manager)
    add(client, school, "school")
    provider = IdentityProvider.objects.get()
    assert (provider.domains, provider.vouches_for_domains) == ("", False)


def test_provider_of_another_school_does_not_exist(
    client: Client, school: School, manager: User, other_school: School
) -> None:
    elsewhere = make_provider(other_school)
    client.force_login(manager)
    for path in (pages(other_school, "school"), f"{pages(school, 'school')}{elsewhere.public_id}/"):
        assert client.get(path).status_code == 404


def test_issuer_is_fixed_once_people_are_linked(client: Client, staff: User, school: School, docent: User) -> None:
    url = add(client, school)["Location"]
    provider = IdentityProvider.objects.get()
    SocialAccount.objects.create(user=docent, provider=str(provider.public_id), uid="1")
    client.post(url, {**NEW, "issuer": "https://anders.hier.test", "preset": "ENTRA"})
    provider.refresh_from_db()
    assert (provider.issuer, provider.preset) == ("https://id.hier.test", "OIDC")


def test_switching_off_ends_only_its_own_sessions(
    client: Client, openid: OpenID, provider: IdentityProvider, staff: User
) -> None:
    browser, with_password = Client(), Client()
    log_in(browser, provider, openid)
    with_password.force_login(User.objects.get(email="anouk@hier.test"))
    url = f"{pages(provider.school)}{provider.public_id}/"
    client.post(url, {**NEW, "slug": provider.slug, "client_secret": "", "is_active": ""})
    assert not IdentityProvider.objects.get().is_active
    assert "_auth_user_id" not in browser.session
    assert "_auth_user_id" in with_password.session


def test_removing_leaves_nothing_dangling(
    client: Client, openid: OpenID, provider: IdentityProvider, staff: User
) -> None:
    browser = Client()
    log_in(browser, provider, openid)
    url = f"{pages(provider.school)}{provider.public_id}/verwijderen/"
    assert "verwijderen?" in client.get(url).content.decode()
    client.post(url)
    assert not IdentityProvider.objects.exists()
    assert not SocialAccount.objects.exists()
    assert "_auth_user_id" not in browser.session
    assert User.objects.get(email="anouk@hier.test").memberships.exists()
    assert SchoolChange.objects.get().after == ""


def test_saml_provider_shows_what_to_fill_in(client: Client, staff: User, school: School) -> None:
    new = {**NEW, "preset": "SAML", "issuer": ENTITY, "client_id": "", "client_secret": ""}
    page = client.post(f"{pages(school)}nieuw/", new).content.decode()
    assert "Vul het adres van de metadata in" in page
    page = client.post(f"{pages(school)}nieuw/", {**new, "metadata": metadata(entity="urn:anders")}).content.decode()
    assert "geen metadata van deze entity-id" in page
    assert "https://" in client.post(f"{pages(school)}nieuw/", {**new, "metadata_url": "ftp://x"}).content.decode()
    response = client.post(f"{pages(school)}nieuw/", {**new, "metadata": metadata()})
    provider = IdentityProvider.objects.get()
    page = client.get(response["Location"]).content.decode()
    for name in ("saml_metadata", "saml_acs", "saml_sls"):
        assert url(provider, name) in page


def test_secret_is_not_repeated_after_the_session_ended(client: Client, school: School) -> None:
    response = client.post(f"{pages(school)}nieuw/", NEW, headers={"Origin": "http://testserver"})
    page = response.content.decode()
    assert "https://id.hier.test" in page
    assert SECRET not in page
