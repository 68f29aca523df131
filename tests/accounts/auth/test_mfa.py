"""Two-factor login: setup, the code at login, recovery codes, switching off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from time_machine import TimeMachineFixture

from accounts.auth import mfa
from accounts.models import RecoveryCode, User
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import PASSWORD, UserFactory

from .codes import SET_UP, App, app_of, password_of, set_up

LOGIN, CODE, RECOVERY = "/inloggen/", "/inloggen/code/", "/inloggen/herstelcode/"
OFF, NEW_CODES = "/profiel/code/uitzetten/", "/profiel/code/herstelcodes/"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


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


def page_of(response) -> str:
    return " ".join(response.content.decode().split())


def latest() -> OutgoingMail:
    return OutgoingMail.objects.latest("pk")


# --- Setting up ----------------------------------------------------------------------------------
def test_set_up_with_qr_key_and_a_first_code(logged_in: Client, someone: User) -> None:
    page = page_of(logged_in.get(SET_UP))
    assert 'src="data:image/svg+xml' in page
    assert "otpauth://totp/Digitaal%20beoordelen%3Asam%40school.test?secret=" in page
    set_up(logged_in)
    assert mfa.is_on(someone)
    assert latest().kind == "second_step_on"
    assert latest().to == someone.email


def test_nothing_is_stored_until_a_code_is_valid(logged_in: Client, someone: User) -> None:
    page = logged_in.get(SET_UP).content.decode()
    app = App.of_page(page)
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    again = logged_in.post(SET_UP, {"key": key, "code": app.wrong_code()}).content.decode()
    assert "Deze code klopt niet." in again
    assert App.of_page(again).key == app.key, "the app has this one by now"
    assert not TOTPDevice.objects.exists()


def test_foreign_or_forged_key_is_refused(logged_in: Client, someone: User) -> None:
    other = Client()
    other.force_login(UserFactory())
    page = other.get(SET_UP).content.decode()
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    for foreign in (key, "00" * 20, ""):
        logged_in.post(SET_UP, {"key": foreign, "code": App.of_page(page).code()})
        assert not mfa.is_on(someone)


def test_expired_page_gets_a_new_key(logged_in: Client, pass_time: Callable[..., None]) -> None:
    page = logged_in.get(SET_UP).content.decode()
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    pass_time(hours=1, minutes=1)
    code = App.of_page(page).code()
    again = logged_in.post(SET_UP, {"key": key, "code": code, "password": PASSWORD}).content.decode()
    assert App.of_page(again).key != App.of_page(page).key
    assert "Deze pagina stond te lang open." in again


def test_older_login_requires_the_password_again(
    logged_in: Client, someone: User, pass_time: Callable[..., None]
) -> None:
    assert 'name="password"' not in page_of(logged_in.get(SET_UP))
    pass_time(minutes=16)
    assert 'name="password"' in page_of(logged_in.get(SET_UP))
    page = logged_in.get(SET_UP).content.decode()
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    data = {"key": key, "code": App.of_page(page).code()}
    assert "Dit wachtwoord klopt niet." in page_of(logged_in.post(SET_UP, {**data, "password": "verkeerd"}))
    assert not mfa.is_on(someone)
    set_up(logged_in, password=PASSWORD)


def test_switching_on_ends_other_sessions_and_rotates_the_key(logged_in: Client, someone: User) -> None:
    elsewhere = Client()
    elsewhere.post(LOGIN, password_of(someone))
    before = logged_in.session.session_key
    set_up(logged_in)
    assert is_in(logged_in)
    assert logged_in.session.session_key != before
    assert not is_in(elsewhere)


def test_concurrent_setup_makes_one_device(logged_in: Client, someone: User) -> None:
    set_up(logged_in)
    key = mfa.new_key()
    code = App(bytes.fromhex(key)).code()
    with pytest.raises(mfa.CodeRefused, match="staat al aan"):
        mfa.turn_on(user=someone, key=key, code=code, session=logged_in.session)
    assert TOTPDevice.objects.count() == 1
    assert logged_in.get(SET_UP).url == "/profiel/code/"


def test_pages_with_secrets_are_not_cached(logged_in: Client) -> None:
    assert "no-store" in logged_in.get(SET_UP)["Cache-Control"]


# --- Logging in ----------------------------------------------------------------------------------
def test_without_two_factor_the_password_is_enough(client: Client, someone: User) -> None:
    client.post(LOGIN, password_of(someone))
    assert is_in(client)


def test_password_without_code_opens_nothing(client: Client, someone: User, app: App) -> None:
    response = client.post(LOGIN, {**password_of(someone), "next": "/productcatalogus/"})
    assert response.url == "/inloggen/code/?next=%2Fproductcatalogus%2F"
    assert not is_in(client)
    assert client.post(response.url, {"code": app.code()}).url == "/productcatalogus/"
    assert is_in(client)


def test_a_code_may_have_a_space(halfway: Client, app: App) -> None:
    code = app.code()
    halfway.post(CODE, {"code": f" {code[:3]} {code[3:]}"})
    assert is_in(halfway)


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567", "١٢٣٤٥٦", "12345\x00", "-12345", "1_2_34"])
def test_malformed_code_is_not_counted(halfway: Client, typed: str) -> None:
    assert halfway.post(CODE, {"code": typed}).status_code == 200
    assert not is_in(halfway)
    assert TOTPDevice.objects.get().throttling_failure_count == 0


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


def test_an_older_code_is_void(halfway: Client, app: App) -> None:
    halfway.post(CODE, {"code": app.code(-2)})
    assert not is_in(halfway)


def test_next_url_must_be_of_this_site(halfway: Client, app: App) -> None:
    assert halfway.post(f"{CODE}?next=https://elders.example/", {"code": app.code()}).url == "/"


def test_code_page_requires_the_password(client: Client, someone: User, app: App) -> None:
    for url in (CODE, RECOVERY):
        assert client.get(url).url.startswith(LOGIN)
        assert client.post(url, {"code": app.code()}).url.startswith(LOGIN)
    assert not is_in(client)


def test_login_restarts_after_ten_minutes(halfway: Client, app: App, pass_time: Callable[..., None]) -> None:
    pass_time(minutes=11)
    response = halfway.post(f"{CODE}?next=/productcatalogus/", {"code": app.code()}, follow=True)
    assert response.redirect_chain[-1][0] == "/inloggen/?next=%2Fproductcatalogus%2F"
    assert "Het duurde te lang." in page_of(response)
    assert not is_in(halfway)


def test_changed_password_ends_the_pending_login(halfway: Client, someone: User, app: App) -> None:
    someone.set_password("een-ander-wachtwoord")
    someone.save()
    halfway.post(CODE, {"code": app.code()})
    assert not is_in(halfway)


def test_account_deactivated_meanwhile_can_not_log_in(halfway: Client, app: App) -> None:
    User.objects.update(is_active=False)
    halfway.post(CODE, {"code": app.code()})
    assert not is_in(halfway)


def test_login_restarts_if_two_factor_is_turned_off(halfway: Client, app: App) -> None:
    TOTPDevice.objects.all().delete()
    assert "Log opnieuw in." in page_of(halfway.post(CODE, {"code": app.code()}))
    assert not is_in(halfway)


# --- Guessing ------------------------------------------------------------------------------------
def test_right_code_waits_after_a_wrong_code(halfway: Client, app: App, pass_time: Callable[..., None]) -> None:
    for _ in range(4):
        pass_time(minutes=1)
        halfway.post(CODE, {"code": app.wrong_code()})
    page = page_of(halfway.post(CODE, {"code": app.code()}))
    assert re.search(r"Wacht [78] s en probeer het dan opnieuw\.", page)
    assert not is_in(halfway)
    pass_time(seconds=9)
    halfway.post(CODE, {"code": app.code()})
    assert is_in(halfway)
    assert TOTPDevice.objects.get().throttling_failure_count == 0


def test_guessing_is_limited_to_84_tries_a_day(someone: User, app: App, pass_time: Callable[..., None]) -> None:
    tried = 0
    for _ in range(8 * 12):
        pass_time(minutes=5)
        browser = Client()
        browser.post(LOGIN, password_of(someone))
        tried += "Deze code klopt niet" in page_of(browser.post(CODE, {"code": app.wrong_code()}))
    assert tried <= 84 / 3 + 10, "the first ten come sooner"
    [device] = TOTPDevice.objects.all()
    wait = device.verify_is_allowed()[1]["locked_until"] - device.throttling_failure_timestamp
    assert wait.total_seconds() == 1024, "and never out for longer"
    assert OutgoingMail.objects.filter(kind="wrong_codes").count() == 1
    assert "dan weet iemand anders uw wachtwoord" in latest().text


def test_recovery_codes_are_guessed_no_faster(halfway: Client, app: App, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now(), tick=False)  # the wait is a second
    halfway.post(RECOVERY, {"code": "0000-0000-0000-0000"})
    assert "Wacht 1 s" in page_of(halfway.post(CODE, {"code": app.code()}))
    assert "Wacht 1 s" in page_of(halfway.post(RECOVERY, {"code": "0000-0000-0000-0000"}))


def test_guessing_the_repeated_password_is_limited(logged_in: Client, someone: User, settings) -> None:
    set_up(logged_in)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = logged_in.post(OFF, {"password": "verkeerd"})
    assert response.status_code == 429
    assert logged_in.post(OFF, {"password": PASSWORD}).status_code == 429
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
    browser.post(LOGIN, password_of(someone))
    response = browser.post(f"{RECOVERY}?next=/profiel/", {"code": codes[3].lower().replace("-", " ")}, follow=True)
    assert "Er zijn er nog 9." in page_of(response)
    assert latest().kind == "recovery_code_used"
    assert "U hebt er nog 9." in latest().text
    assert "Firefox op Linux" in latest().text
    thief = Client()
    thief.post(LOGIN, password_of(someone))
    assert "Deze code klopt niet" in page_of(thief.post(RECOVERY, {"code": codes[3]}))
    assert not is_in(thief)


def test_last_recovery_code_shows_a_warning(logged_in: Client, someone: User) -> None:
    _, codes = set_up(logged_in)
    RecoveryCode.objects.filter(pk__in=RecoveryCode.objects.values("pk")[1:]).delete()
    browser = Client()
    browser.post(LOGIN, password_of(someone))
    last = next(c for c in codes if _is_kept(someone, c))
    browser.post(RECOVERY, {"code": last})
    assert "uw laatste herstelcode" in latest().text
    assert "U hebt geen herstelcodes meer." in page_of(browser.get("/profiel/code/"))


def _is_kept(user: User, code: str) -> bool:
    from accounts.models.mfa import digest

    return user.recovery_codes.filter(digest=digest(user_id=user.pk, code=mfa.tidy(code))).exists()


def test_recovery_codes_are_not_stored(logged_in: Client, someone: User) -> None:
    _, codes = set_up(logged_in)
    kept = repr(list(RecoveryCode.objects.values())) + repr(dict(logged_in.session))
    kept += "".join(mail.text + mail.html for mail in OutgoingMail.objects.all())
    assert not [code for code in codes if code in kept or mfa.tidy(code) in kept]
    assert codes[0] not in page_of(logged_in.get("/profiel/code/"))


def test_recovery_code_of_another_user_is_refused(logged_in: Client, someone: User) -> None:
    other = UserFactory()
    app_of(other)
    _, codes = set_up(logged_in)
    browser = Client()
    browser.post(LOGIN, password_of(other))
    browser.post(RECOVERY, {"code": codes[0]})
    assert not is_in(browser)


def test_letters_like_digits_are_read_as_digits() -> None:
    assert mfa.tidy(" o1il-ab_cd ") == "0111ABCD"


def test_new_recovery_codes_void_the_old(logged_in: Client, someone: User) -> None:
    _, old = set_up(logged_in)
    assert "Dit wachtwoord klopt niet." in page_of(logged_in.post(NEW_CODES, {"password": "verkeerd"}))
    assert _is_kept(someone, old[0])
    page = logged_in.post(NEW_CODES, {"password": PASSWORD}).content.decode()
    new = re.findall(r"<code>([0-9A-Z-]{19})</code>", page)
    assert len(new) == 10
    assert _is_kept(someone, new[0])
    assert not _is_kept(someone, old[0])
    assert latest().kind == "new_recovery_codes"


def test_recovery_codes_can_be_downloaded(logged_in: Client) -> None:
    set_up(logged_in)
    page = logged_in.post(NEW_CODES, {"password": PASSWORD}).content.decode()
    [code, *_] = re.findall(r"<code>([0-9A-Z-]{19})</code>", page)
    [file] = re.findall(r'href="(data:text/plain[^"]+)"', page)
    assert code in file


# --- Switching off -------------------------------------------------------------------------------
def test_turning_off_requires_the_password(logged_in: Client, someone: User) -> None:
    set_up(logged_in)
    assert "Dit wachtwoord klopt niet." in page_of(logged_in.post(OFF, {"password": "verkeerd"}))
    assert mfa.is_on(someone)
    assert logged_in.post(OFF, {"password": PASSWORD}).url == "/profiel/"
    assert not mfa.is_on(someone)
    assert not someone.recovery_codes.exists()
    assert mfa.PASSED not in logged_in.session
    assert latest().kind == "second_step_off"


def test_switching_off_ends_other_sessions(logged_in: Client, someone: User) -> None:
    app, _ = set_up(logged_in)
    elsewhere = Client()
    elsewhere.post(LOGIN, password_of(someone))
    elsewhere.post(CODE, {"code": app.code()})
    assert is_in(elsewhere)
    logged_in.post(OFF, {"password": PASSWORD})
    assert is_in(logged_in)
    assert not is_in(elsewhere)


def test_a_session_without_the_code_changes_nothing(client: Client, someone: User, app: App) -> None:
    """The session started while another browser was switching two-factor login on."""
    client.force_login(someone)
    for url in (OFF, NEW_CODES):
        assert client.post(url, {"password": PASSWORD}).url == SET_UP
    assert client.get(SET_UP).url.startswith(LOGIN)
    assert not is_in(client)
    assert mfa.is_on(someone)


def test_profile_links_to_two_factor(logged_in: Client) -> None:
    assert SET_UP in page_of(logged_in.get("/profiel/"))
    assert logged_in.get("/profiel/code/").url == SET_UP
    set_up(logged_in)
    assert 'href="/profiel/code/"' in page_of(logged_in.get("/profiel/"))
    assert "U hebt nog 10 herstelcodes." in page_of(logged_in.get("/profiel/code/"))


# --- English -------------------------------------------------------------------------------------
def test_setup_and_mails_in_english(logged_in: Client, someone: User, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now(), tick=False)  # the wait is a second
    logged_in.post("/taal/", {"language": "en", "next": "/"})
    page = logged_in.get(SET_UP).content.decode()
    assert "Log in with a code" in page
    _, codes = set_up(logged_in)
    assert latest().subject == "Logging in with a code is on"
    assert '<html lang="en">' in latest().html
    logged_in.post("/uitloggen/")
    logged_in.post(LOGIN, password_of(someone))
    assert "This code is not correct" in page_of(logged_in.post(RECOVERY, {"code": "x"}))
    assert "Wait 1 s" in page_of(logged_in.post(RECOVERY, {"code": codes[0]}))
