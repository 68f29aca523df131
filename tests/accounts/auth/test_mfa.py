"""Two-factor login: setup, the code at login, recovery codes, switching off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.conf import settings as site
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from accounts.auth import mfa
from accounts.models import User
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.mailed import link_in, start_counting
from tests.factories import UserFactory

from .codes import (
    REAUTHENTICATE,
    SET_UP,
    App,
    app_of,
    password_of,
    post,
    reauthenticate,
    set_up,
    shown_codes,
    steps_of,
    unused_codes,
)

LOGIN, CODE, OVERVIEW = "/inloggen/", "/inloggen/code/", "/profiel/code/"
OFF, CODES, NEW_CODES = "/profiel/code/uitzetten/", "/profiel/code/herstelcodes/", "/profiel/code/herstelcodes/nieuw/"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture(autouse=True)
def counting(settings: Any) -> None:
    """Used codes and failures are counted in the cache."""
    start_counting(settings)


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory(email="sam@school.test")


@pytest.fixture
def logged_in(client: Client, someone: User) -> Client:
    client.post(LOGIN, password_of(someone))
    return client


@pytest.fixture
def app(someone: User) -> App:
    """The authenticator app of `someone`."""
    return app_of(someone)


@pytest.fixture
def halfway(client: Client, someone: User, app: App) -> Client:
    """A login after the password step, waiting for the code."""
    client.post(LOGIN, password_of(someone))
    return client


def is_in(client: Client) -> bool:
    return client.get("/profiel/").status_code == 200


def page_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def latest() -> OutgoingMail:
    return OutgoingMail.objects.latest("pk")


def turn_off(client: Client) -> Any:
    reauthenticate(client)
    return post(client, OFF)


def new_codes(client: Client) -> list[str]:
    reauthenticate(client)
    return shown_codes(post(client, NEW_CODES, follow=True).content.decode())


# --- Setting up ----------------------------------------------------------------------------------
def test_set_up_with_qr_key_and_a_first_code(logged_in: Client, someone: User) -> None:
    page = page_of(logged_in.get(SET_UP))
    assert 'src="data:image/svg+xml' in page
    assert "otpauth://totp/sam%40school.test?secret=" in page
    assert "issuer=Digitaal%20beoordelen" in page
    set_up(logged_in)
    assert mfa.is_on(someone)
    assert latest().kind == "second_step_on"
    assert latest().to == someone.email


def test_nothing_is_stored_until_a_code_is_valid(logged_in: Client, someone: User) -> None:
    app = App.of_page(logged_in.get(SET_UP).content.decode())
    again = logged_in.post(SET_UP, {"code": app.wrong_code()}).content.decode()
    assert "Deze code klopt niet" in again
    assert App.of_page(again).key == app.key, "the app has this one by now"
    assert not Authenticator.objects.exists()


def test_key_of_another_session_is_refused(logged_in: Client, someone: User) -> None:
    other = Client()
    other.post(LOGIN, password_of(UserFactory()))
    foreign = App.of_page(other.get(SET_UP).content.decode())
    logged_in.get(SET_UP)
    logged_in.post(SET_UP, {"code": foreign.code(), "key": "A" * 32, "secret": "A" * 32})
    assert not mfa.is_on(someone)


def test_each_visit_shows_another_key(logged_in: Client) -> None:
    first, second = (App.of_page(logged_in.get(SET_UP).content.decode()) for _ in range(2))
    assert first.key != second.key


def test_older_login_requires_the_password_again(
    logged_in: Client, someone: User, pass_time: Callable[..., None]
) -> None:
    assert logged_in.get(SET_UP).status_code == 200
    pass_time(minutes=16)
    assert logged_in.get(SET_UP).url == f"{REAUTHENTICATE}?next=%2Fprofiel%2Fcode%2Faanzetten%2F"
    logged_in.post(SET_UP, {"code": "123456"})
    assert "Dit is niet uw wachtwoord." in page_of(reauthenticate(logged_in, "verkeerd"))
    assert logged_in.get(SET_UP).status_code == 302
    reauthenticate(logged_in)
    set_up(logged_in)


def test_switching_on_ends_other_sessions_and_rotates_the_key(logged_in: Client, someone: User) -> None:
    elsewhere = Client()
    elsewhere.post(LOGIN, password_of(someone))
    before = logged_in.session.session_key
    set_up(logged_in)
    assert is_in(logged_in)
    assert logged_in.session.session_key != before
    assert not is_in(elsewhere)


def test_concurrent_setup_makes_one_device(logged_in: Client, someone: User, monkeypatch: pytest.MonkeyPatch) -> None:
    app = App.of_page(logged_in.get(SET_UP).content.decode())
    kept = app_of(someone)
    monkeypatch.setattr("allauth.mfa.totp.views.is_mfa_enabled", lambda user, types: False)  # read just before
    monkeypatch.setattr("accounts.auth.mfa.is_on", lambda user: False)
    reauthenticate(logged_in)
    assert logged_in.post(SET_UP, {"code": app.code()}).url == OVERVIEW
    [device] = Authenticator.objects.filter(type="totp")
    assert App(decrypt(device.data["secret"])).key == kept.key
    monkeypatch.undo()


def test_pages_with_secrets_are_not_cached(logged_in: Client) -> None:
    assert "no-store" in logged_in.get(SET_UP)["Cache-Control"]


def test_keys_and_seeds_are_stored_encrypted(logged_in: Client, someone: User, settings: Any) -> None:
    app, _ = set_up(logged_in)
    stored = {item.type: item.data for item in Authenticator.objects.all()}
    assert App(decrypt(stored["totp"]["secret"])).key == app.key
    assert decrypt(stored["totp"]["secret"]) not in json.dumps(stored)
    assert decrypt(stored["recovery_codes"]["seed"]) not in json.dumps(stored)


def test_second_step_survives_a_change_of_the_secret_key(someone: User, app: App, settings: Any) -> None:
    codes = unused_codes(someone)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [site.SECRET_KEY]
    assert unused_codes(someone) == codes
    mfa.encrypt_second_steps()
    settings.SECRET_KEY_FALLBACKS = []
    assert unused_codes(someone) == codes
    client = Client()
    client.post(LOGIN, password_of(someone))
    client.post(CODE, {"code": app.code()})
    assert is_in(client)


def test_beat_encrypts_with_the_present_key() -> None:
    tasks = {entry["task"] for entry in site.CELERY_BEAT_SCHEDULE.values()}
    assert mfa.encrypt_second_steps.name in tasks


# --- Logging in ----------------------------------------------------------------------------------
def test_without_two_factor_the_password_is_enough(client: Client, someone: User) -> None:
    client.post(LOGIN, password_of(someone))
    assert is_in(client)


def test_password_without_code_opens_nothing(client: Client, someone: User, app: App) -> None:
    response = client.post(LOGIN, {**password_of(someone), "next": "/productcatalogus/"})
    assert response.url == CODE
    assert not is_in(client)
    assert client.post(response.url, {"code": app.code()}).url == "/productcatalogus/"
    assert is_in(client)


def test_a_code_may_have_a_space(halfway: Client, app: App) -> None:
    code = app.code()
    halfway.post(CODE, {"code": f" {code[:3]} {code[3:]}"})
    assert is_in(halfway)


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567", "١٢٣٤٥٦", "12345\x00", "1_2_34"])
def test_malformed_code_is_not_counted(halfway: Client, app: App, typed: str) -> None:
    for _ in range(11):
        assert halfway.post(CODE, {"code": typed}).status_code == 200
    assert not is_in(halfway)
    halfway.post(CODE, {"code": app.code()})
    assert is_in(halfway)


def test_a_code_works_once(halfway: Client, someone: User, app: App) -> None:
    code = app.code()
    halfway.post(CODE, {"code": code})
    thief = Client()
    thief.post(LOGIN, password_of(someone))
    assert "Deze code klopt niet, of is al gebruikt." in page_of(thief.post(CODE, {"code": code}))
    assert not is_in(thief)


def test_set_up_code_can_not_log_in(logged_in: Client, someone: User, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now(), tick=False)  # both codes belong to one step
    app, _ = set_up(logged_in)
    thief = Client()
    thief.post(LOGIN, password_of(someone))
    thief.post(CODE, {"code": app.code(-1)})
    assert not is_in(thief)
    thief.post(CODE, {"code": app.code()})
    assert is_in(thief)


def test_an_older_code_is_void(halfway: Client, app: App) -> None:
    halfway.post(CODE, {"code": app.code(-2)})
    assert not is_in(halfway)


def test_next_url_must_be_of_this_site(client: Client, someone: User, app: App, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "elders.example"]
    client.post(LOGIN, {**password_of(someone), "next": "https://elders.example/"})
    assert client.post(f"{CODE}?next=https://elders.example/", {"code": app.code()}).url == "/"


def test_code_page_requires_the_password(client: Client, someone: User, app: App) -> None:
    assert client.get(CODE).url == LOGIN
    assert client.post(CODE, {"code": app.code()}).url == LOGIN
    assert not is_in(client)


def test_login_restarts_after_ten_minutes(halfway: Client, app: App, pass_time: Callable[..., None]) -> None:
    pass_time(minutes=11)
    assert halfway.post(CODE, {"code": app.code()}).url == LOGIN
    assert not is_in(halfway)


def test_login_page_takes_another_account_halfway(halfway: Client) -> None:
    halfway.post(LOGIN, password_of(UserFactory(email="ander@school.test")))
    assert "ander@school.test" in page_of(halfway.get("/profiel/"))


def test_changed_password_ends_the_pending_login(halfway: Client, someone: User, app: App) -> None:
    someone.set_password("een-ander-wachtwoord")
    someone.save()
    assert halfway.post(CODE, {"code": app.code()}).url == LOGIN
    assert not is_in(halfway)


def test_account_deactivated_meanwhile_can_not_log_in(halfway: Client, app: App) -> None:
    User.objects.update(is_active=False)
    halfway.post(CODE, {"code": app.code()})
    assert not is_in(halfway)


def test_login_restarts_if_two_factor_is_turned_off(halfway: Client, app: App) -> None:
    Authenticator.objects.all().delete()
    assert halfway.post(CODE, {"code": app.code()}).url == LOGIN
    assert not is_in(halfway)


# --- Guessing ------------------------------------------------------------------------------------
def test_right_code_waits_after_ten_wrong_ones(halfway: Client, app: App, pass_time: Callable[..., None]) -> None:
    for _ in range(10):
        assert "Deze code klopt niet" in page_of(halfway.post(CODE, {"code": app.wrong_code()}))
    assert "Wacht een kwartier." in page_of(halfway.post(CODE, {"code": app.code()}))
    assert not is_in(halfway)


def test_new_password_ends_the_wait_for_the_owner(halfway: Client, someone: User, app: App) -> None:
    for _ in range(11):
        halfway.post(CODE, {"code": app.wrong_code()})
    owner = Client(REMOTE_ADDR="192.0.2.7")
    owner.post("/wachtwoord-vergeten/", {"email": someone.email})
    form = owner.get(link_in("new_password")).url
    owner.post(form, {"password1": "een-heel-ander-woord", "password2": "een-heel-ander-woord"})
    owner.post(LOGIN, {"login": someone.email, "password": "een-heel-ander-woord"})
    owner.post(CODE, {"code": app.code()})
    assert is_in(owner)
    assert "Wacht een kwartier." not in page_of(halfway.post(CODE, {"code": app.wrong_code()}))
    assert not is_in(halfway), "the password changed meanwhile"


def test_guessing_is_limited_to_a_hundred_tries_a_day(someone: User, app: App, pass_time: Callable[..., None]) -> None:
    tried = 0
    for _ in range(36):
        pass_time(minutes=16)
        for _ in range(10):
            browser = Client()
            browser.post(LOGIN, password_of(someone))
            tried += "Deze code klopt niet" in page_of(browser.post(CODE, {"code": app.wrong_code()}))
    assert tried == 100


def test_owner_is_warned_once_of_wrong_codes(halfway: Client, app: App) -> None:
    for number in range(8):
        halfway.post(CODE, {"code": app.wrong_code()})
        assert OutgoingMail.objects.filter(kind="wrong_codes").count() == (number >= 4)
    assert "dan weet iemand anders uw wachtwoord" in latest().text


def test_recovery_codes_are_guessed_no_faster(halfway: Client, someone: User, app: App) -> None:
    for number in range(10):
        halfway.post(CODE, {"code": f"{number:08}" if number % 2 else app.wrong_code()})
    assert "Wacht een kwartier." in page_of(halfway.post(CODE, {"code": unused_codes(someone)[0]}))
    assert len(unused_codes(someone)) == 10


def test_guessing_the_repeated_password_is_limited(logged_in: Client, someone: User) -> None:
    set_up(logged_in)
    for _ in range(10):
        response = reauthenticate(logged_in, "verkeerd")
    assert response.status_code == 429
    assert reauthenticate(logged_in).status_code == 429
    assert mfa.is_on(someone)


# --- Fixation ------------------------------------------------------------------------------------
def test_session_key_changes_at_password_and_code(client: Client, someone: User, app: App) -> None:
    client.session.save()
    planted = client.session.session_key
    client.post(LOGIN, password_of(someone))
    after_password = client.session.session_key
    client.post(CODE, {"code": app.code()})
    after_code = client.session.session_key
    assert len({planted, after_password, after_code}) == 3
    for key in (planted, after_password):
        thief = Client()
        thief.cookies["sessionid"] = str(key)
        assert not is_in(thief)
        assert thief.get(CODE).status_code == 302


# --- Recovery codes ------------------------------------------------------------------------------
def test_recovery_code_works_once_and_mails_the_rest(logged_in: Client, someone: User) -> None:
    _, codes = set_up(logged_in)
    browser = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    browser.post(LOGIN, {**password_of(someone), "next": "/profiel/"})
    response = browser.post(CODE, {"code": f"{codes[3][:4]} {codes[3][4:]}"}, follow=True)
    assert "Er zijn er nog 9." in page_of(response)
    assert latest().kind == "recovery_code_used"
    assert "U hebt er nog 9." in latest().text
    assert "Firefox op Linux" in latest().text
    thief = Client()
    thief.post(LOGIN, password_of(someone))
    assert "Deze code klopt niet" in page_of(thief.post(CODE, {"code": codes[3]}))
    assert not is_in(thief)


def test_last_recovery_code_shows_a_warning(logged_in: Client, someone: User) -> None:
    _, codes = set_up(logged_in)
    for code in codes:
        browser = Client()
        browser.post(LOGIN, password_of(someone))
        browser.post(CODE, {"code": code})
        assert is_in(browser)
    assert "uw laatste herstelcode" in latest().text
    assert "U hebt geen herstelcodes meer." in page_of(browser.get(OVERVIEW))


def test_recovery_codes_are_shown_once_and_not_stored(logged_in: Client, someone: User) -> None:
    _, codes = set_up(logged_in)
    stored = repr(list(Authenticator.objects.values())) + repr(dict(logged_in.session))
    stored += "".join(mail.text + mail.html for mail in OutgoingMail.objects.all())
    assert not [code for code in codes if code in stored]
    assert logged_in.get(CODES).url == OVERVIEW
    assert not [code for code in codes if code in page_of(logged_in.get(OVERVIEW))]


def test_recovery_code_of_another_user_is_refused(logged_in: Client, someone: User) -> None:
    other = UserFactory()
    app_of(other)
    _, codes = set_up(logged_in)
    browser = Client()
    browser.post(LOGIN, password_of(other))
    browser.post(CODE, {"code": codes[0]})
    assert not is_in(browser)


def test_new_recovery_codes_void_the_old(logged_in: Client, someone: User, pass_time: Callable[..., None]) -> None:
    _, old = set_up(logged_in)
    pass_time(minutes=16)
    assert logged_in.post(NEW_CODES).url.startswith(REAUTHENTICATE)
    assert unused_codes(someone) == old
    new = new_codes(logged_in)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert unused_codes(someone) == new
    assert latest().kind == "new_recovery_codes"


def test_recovery_codes_can_be_downloaded(logged_in: Client) -> None:
    set_up(logged_in)
    reauthenticate(logged_in)
    page = post(logged_in, NEW_CODES, follow=True).content.decode()
    [code, *_] = shown_codes(page)
    [file] = re.findall(r'href="(data:text/plain[^"]+)"', page)
    assert code in file


# --- Switching off -------------------------------------------------------------------------------
def test_turning_off_requires_the_password(logged_in: Client, someone: User, pass_time: Callable[..., None]) -> None:
    set_up(logged_in)
    pass_time(minutes=16)
    for response in (logged_in.get(OFF), logged_in.post(OFF)):
        assert response.url.startswith(REAUTHENTICATE)
    assert "Dit is niet uw wachtwoord." in page_of(reauthenticate(logged_in, "verkeerd"))
    assert logged_in.post(OFF).url.startswith(REAUTHENTICATE)
    assert mfa.is_on(someone)
    assert turn_off(logged_in).url == OVERVIEW
    assert not steps_of(someone)
    assert "Inloggen met een code staat uit." in page_of(logged_in.get(OVERVIEW))
    assert latest().kind == "second_step_off"


def test_switching_off_ends_other_sessions(logged_in: Client, someone: User) -> None:
    app, _ = set_up(logged_in)
    elsewhere = Client()
    elsewhere.post(LOGIN, password_of(someone))
    elsewhere.post(CODE, {"code": app.code()})
    assert is_in(elsewhere)
    turn_off(logged_in)
    assert is_in(logged_in)
    assert not is_in(elsewhere)


@pytest.mark.parametrize("url", [OFF, NEW_CODES, CODES, OVERVIEW, SET_UP, "/profiel/passkeys/toevoegen/"])
def test_a_session_without_the_code_changes_nothing(client: Client, someone: User, app: App, url: str) -> None:
    """The session started while another browser was switching two-factor login on."""
    client.force_login(someone)
    reauthenticate(client)
    assert client.post(url).url.startswith(LOGIN)
    assert not is_in(client)
    assert steps_of(someone) == {"totp", "recovery_codes"}


def test_profile_links_to_two_factor(logged_in: Client) -> None:
    assert SET_UP in page_of(logged_in.get("/profiel/"))
    assert SET_UP in page_of(logged_in.get(OVERVIEW))
    set_up(logged_in)
    assert f'href="{OVERVIEW}"' in page_of(logged_in.get("/profiel/"))
    assert "U hebt nog 10 herstelcodes." in page_of(logged_in.get(OVERVIEW))


# --- English -------------------------------------------------------------------------------------
def test_setup_and_mails_in_english(logged_in: Client, someone: User) -> None:
    logged_in.post("/taal/", {"language": "en", "next": "/"})
    page = logged_in.get(SET_UP).content.decode()
    assert "Log in with a code" in page
    set_up(logged_in)
    assert latest().subject == "Logging in with a code is on"
    assert '<html lang="en">' in latest().html
    logged_in.post("/uitloggen/")
    logged_in.post(LOGIN, password_of(someone))
    assert "This code is not correct" in page_of(logged_in.post(CODE, {"code": "123123"}))
    for _ in range(10):
        answer = page_of(logged_in.post(CODE, {"code": "123123"}))
    assert "Wait a quarter of an hour" in answer
