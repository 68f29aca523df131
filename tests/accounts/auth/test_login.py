"""Login, logout and lockout after wrong passwords."""

from datetime import timedelta
from typing import Any, Literal
from unicodedata import normalize

import pytest
from allauth.account.utils import perform_login
from allauth.core.context import request_context
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from accounts.auth.rate_limits import client_address
from accounts.models import User
from accounts.sessions import devices
from tests.accounts.mailed import start_counting
from tests.factories import PASSWORD, UserFactory

LOGIN = "/inloggen/"
LIMIT = 10  # wrong passwords


@pytest.fixture
def someone(db: None, settings: Any) -> User:
    start_counting(settings)
    return UserFactory(email="sam@school.test")


def log_in(client: Client, email: str = "sam@school.test", password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def test_every_page_asks_to_log_in_first(client: Client, db: None) -> None:
    response = client.get("/mijn-digibib/?weergave=rijen")
    assert response.url == "/inloggen/?next=/mijn-digibib/%3Fweergave%3Drijen"


def test_address_is_accepted_in_any_case_and_with_spaces(client: Client, someone: User) -> None:
    response = log_in(client, " Sam@School.test ", next="/productcatalogus/")
    assert response.url == "/productcatalogus/"


def test_login_accepts_a_pasted_address(client: Client, someone: User) -> None:
    pasted = "\ufeff\u00a0sam@\u200bschool.test\u2028"
    for _ in range(LIMIT - 1):
        log_in(client, pasted, "verkeerd")
    assert log_in(client, pasted).url == reverse("home")


def test_pasted_address_does_not_start_a_new_count(client: Client, someone: User) -> None:
    for _ in range(LIMIT):
        log_in(client, "\ufeff\u00a0sam@\u200bschool.test\u2028", "verkeerd")
    assert log_in(client).status_code == 429


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_password_accents_match_in_either_form(
    client: Client, someone: User, form: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"]
) -> None:
    someone.set_password(normalize(form, "café-crème-crêpe"))
    someone.save()
    assert log_in(client, password=normalize(typed, "café-crème-crêpe")).status_code == 302


def test_password_stored_before_nfc_still_works(client: Client, someone: User) -> None:
    decomposed = normalize("NFD", "café-crème-crêpe")
    User.objects.update(password=make_password(decomposed))
    assert log_in(client, password=decomposed).status_code == 302


def test_login_never_redirects_to_another_site(client: Client, someone: User) -> None:
    assert log_in(client, next="https://elders.example/").url == reverse("home")


@pytest.mark.parametrize(
    ("email", "password"), [("sam@school.test", "verkeerd"), ("niemand@school.test", PASSWORD)], ids=["word", "name"]
)
def test_wrong_word_and_unknown_address_answer_alike(client: Client, someone: User, email: str, password: str) -> None:
    page = log_in(client, email, password).content.decode()
    assert "Dit e-mailadres en wachtwoord horen niet bij elkaar." in page
    assert f'value="{email}"' in page


def test_inactive_account_cannot_log_in(client: Client, someone: User) -> None:
    User.objects.update(is_active=False)
    assert "horen niet bij elkaar" in log_in(client).content.decode()


def test_closed_account_cannot_log_in_by_passkey(client: Client, someone: User, rf: RequestFactory) -> None:
    User.objects.update(is_active=False)
    request = rf.post("/inloggen/passkey/")
    request.session, request.user = client.session, AnonymousUser()
    request._messages = CookieStorage(request)
    with request_context(request):
        answer = perform_login(request, User.objects.get())
    assert answer.url == LOGIN
    assert [str(message) for message in request._messages] == [
        "Dit account is niet actief. Vraag ernaar bij uw school."
    ]
    assert "_auth_user_id" not in request.session


def test_too_many_wrong_passwords_lock_for_a_while(client: Client, someone: User) -> None:
    for _ in range(LIMIT):
        response = log_in(client, password="verkeerd")
    assert response.status_code == 429
    assert "Te vaak een verkeerd wachtwoord" in response.content.decode()
    assert log_in(client).status_code == 429


def test_the_tenth_wrong_password_locks_out(client: Client, someone: User) -> None:
    assert [log_in(client, password="verkeerd").status_code for _ in range(10)] == [200] * 9 + [429]


@pytest.mark.parametrize(("minutes", "status"), [(14, 429), (16, 302)])
def test_lockout_ends_after_a_quarter_of_an_hour(
    client: Client, someone: User, time_machine: TimeMachineFixture, minutes: int, status: int
) -> None:
    lock_out(client)
    time_machine.move_to(timezone.now() + timedelta(minutes=minutes))
    assert log_in(client).status_code == status


def test_right_password_starts_the_count_again(someone: User) -> None:
    for _ in range(2):
        for _ in range(LIMIT - 1):
            log_in(Client(), password="verkeerd")
        assert log_in(Client()).status_code == 302


def test_capitals_in_the_address_do_not_start_a_new_count(client: Client, someone: User) -> None:
    for number in range(LIMIT):
        response = log_in(client, "sam@school.test" if number % 2 else "SAM@school.test", "verkeerd")
    assert response.status_code == 429


def test_wrong_passwords_lock_only_their_account(client: Client, someone: User) -> None:
    UserFactory(email="ander@school.test")
    for _ in range(LIMIT):
        log_in(client, password="verkeerd")
    assert log_in(client, "ander@school.test").status_code == 302


def test_admin_uses_the_sites_login(client: Client, someone: User) -> None:
    word = {"login": "sam@school.test", "password": PASSWORD}
    asked = client.get("/beheer/django/").url
    assert client.post(asked, word).url == "/inloggen/?next=%2Fbeheer%2Fdjango%2F"
    assert "_auth_user_id" not in client.session
    User.objects.update(is_staff=True)
    assert log_in(client, next="/beheer/").url == "/beheer/"
    assert client.get("/beheer/django/").status_code == 200


def test_logout_is_a_post_and_redirects_to_login(client: Client, someone: User) -> None:
    client.force_login(someone)
    assert client.get("/uitloggen/").status_code == 302
    assert client.post("/uitloggen/").url == LOGIN
    assert client.get("/mijn-digibib/").status_code == 302


def test_the_demo_shows_an_account_for_every_role(client: Client, db: None) -> None:
    page = client.get(LOGIN).content.decode()
    for address in ("docent", "praktijkopleider", "examencommissie", "student", "schoolbeheer", "consortium"):
        assert f'name="login" value="{address}@demo.example"' in page


def test_outside_the_demo_no_account_is_shown(client: Client, db: None, settings) -> None:
    settings.DEMO = False
    assert "demo.example" not in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "geen adres", "127.0.0.1"),
    ],
)
def test_client_address_comes_from_the_trusted_proxy(rf, settings, proxies: int, forwarded: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert client_address(rf.get("/", headers={"X-Forwarded-For": forwarded})) == expected


def test_lockout_behind_a_proxy_is_per_client(client: Client, someone: User, settings) -> None:
    settings.TRUSTED_PROXIES = 1
    for _ in range(LIMIT):
        client.post(
            LOGIN, {"login": "sam@school.test", "password": "verkeerd"}, headers={"X-Forwarded-For": "203.0.113.9"}
        )
    word = {"login": "sam@school.test", "password": PASSWORD}
    assert client.post(LOGIN, word, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 429
    assert client.post(LOGIN, word, headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 302


# --- Devices that logged in before -----------------------------------------------------------------------
def lock_out(client: Client, email: str = "sam@school.test") -> None:
    for _ in range(LIMIT):
        response = log_in(client, email, "verkeerd")
    assert response.status_code == 429


@pytest.fixture
def device(someone: User) -> Client:
    """A browser where `someone` logged in and out."""
    client = Client()
    log_in(client)
    client.post("/uitloggen/")
    return client


def test_known_device_logs_in_to_a_locked_account(device: Client, client: Client) -> None:
    lock_out(client)
    assert log_in(client).status_code == 429
    assert log_in(device).status_code == 302


def test_known_device_is_locked_separately(device: Client, client: Client) -> None:
    lock_out(device)
    assert log_in(device).status_code == 429
    assert log_in(client).status_code == 302


def test_known_device_belongs_to_one_account(device: Client, client: Client) -> None:
    UserFactory(email="ander@school.test")
    lock_out(client, "ander@school.test")
    assert log_in(device, "ander@school.test").status_code == 429


def test_device_cookie_is_void_after_a_new_password(device: Client, client: Client, someone: User) -> None:
    someone.set_password("een-ander-lang-wachtwoord")
    someone.save()
    lock_out(client)
    assert log_in(device, password="een-ander-lang-wachtwoord").status_code == 429


def test_device_cookie_is_signed_and_http_only(device: Client, client: Client) -> None:
    cookie = device.cookies[devices.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    lock_out(client)
    client.cookies[devices.COOKIE] = cookie.value[:-1] + ("a" if cookie.value[-1] != "a" else "b")
    assert log_in(client).status_code == 429


def test_a_device_knows_the_last_five_accounts(device: Client, client: Client) -> None:
    for number in range(devices.ACCOUNTS):
        UserFactory(email=f"ander{number}@school.test")
        log_in(device, f"ander{number}@school.test")
        device.post("/uitloggen/")
    for email, status in [("sam@school.test", 429), ("ander0@school.test", 302)]:
        lock_out(client, email)
        assert log_in(device, email).status_code == status
    assert len(device.cookies[devices.COOKIE].value) < 600


def test_lockout_page_links_to_a_new_password(client: Client, someone: User) -> None:
    lock_out(client)
    assert 'href="/wachtwoord-vergeten/"' in log_in(client).content.decode()


def test_an_address_longer_than_a_column_is_refused(client: Client, db: None) -> None:
    long = "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".test"
    assert 255 < len(long) < 320
    for _ in range(LIMIT):
        assert log_in(client, long).status_code in (200, 429)
