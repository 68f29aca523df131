"""The list of sessions, ending one, 'Overal uitloggen', and the stored data of a session."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions.sessions import STARTED_AT, browser_and_system, clear_sessions
from tests.accounts.auth.codes import password_of
from tests.factories import UserFactory

LIST, ALL, OTHERS = "/profiel/ingelogd/", "/profiel/ingelogd/overal-uitloggen/", "/profiel/ingelogd/elders-uitloggen/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory(email="sam@school.test")


@pytest.fixture
def log_in(someone: User) -> Callable[..., Client]:
    """Return a function that logs `someone` in with a new browser."""

    def log_in(user_agent: str = FIREFOX) -> Client:
        browser = Client(headers={"user-agent": user_agent})
        browser.post("/inloggen/", password_of(someone))
        return browser

    return log_in


def is_in(client: Client) -> bool:
    return client.get("/profiel/").status_code == 200


def page_of(client: Client) -> str:
    return " ".join(client.get(LIST).content.decode().split())


def test_list_shows_device_start_and_current_session(
    log_in: Callable[..., Client], pass_time: Callable[..., None]
) -> None:
    phone = log_in(IPHONE)
    pass_time(hours=2)
    here = log_in()
    page = page_of(here)
    assert page.index("Firefox op Windows") < page.index("nu in gebruik") < page.index("Safari op iPhone")
    assert page.count("Ingelogd") >= 2
    assert 'aria-label="Uitloggen op Safari op iPhone"' in page
    assert "sessionid" not in page
    assert str(phone.session.session_key) not in page


def test_ending_one_session(log_in: Callable[..., Client]) -> None:
    phone, here, third = log_in(IPHONE), log_in(), log_in()
    [row] = Session.objects.filter(session_key=phone.session.session_key)
    response = here.post(f"{LIST}{row.public_id}/uitloggen/", follow=True)
    assert "U bent uitgelogd op: Safari op iPhone." in response.content.decode()
    assert [is_in(browser) for browser in (phone, here, third)] == [False, True, True]
    assert here.post(f"{LIST}{row.public_id}/uitloggen/").status_code == 404, "it's gone"


def test_present_session_can_be_ended(log_in: Callable[..., Client]) -> None:
    here = log_in()
    [row] = Session.objects.filter(session_key=here.session.session_key)
    assert here.post(f"{LIST}{row.public_id}/uitloggen/").url == "/inloggen/"
    assert not is_in(here)


def test_another_person_s_session_does_not_exist(client: Client, log_in: Callable[..., Client]) -> None:
    theirs = log_in()
    [row] = Session.objects.filter(session_key=theirs.session.session_key)
    client.force_login(UserFactory())
    assert "Firefox op Windows" not in page_of(client)
    assert client.post(f"{LIST}{row.public_id}/uitloggen/").status_code == 404
    client.post(ALL)
    assert is_in(theirs)


def test_ending_other_sessions(log_in: Callable[..., Client]) -> None:
    stolen, here = log_in(), log_in()
    here.post(OTHERS)
    assert is_in(here)
    assert not is_in(stolen)


def test_stolen_cookie_is_void_after_logging_out_everywhere(log_in: Callable[..., Client]) -> None:
    here = log_in()
    thief = Client()
    thief.cookies["sessionid"] = here.cookies["sessionid"].value
    assert is_in(thief)
    assert here.post(ALL).url == "/inloggen/"
    assert not is_in(thief)
    assert not is_in(here)
    thief.post("/taal/", {"language": "en", "next": "/"})
    assert not Session.objects.exists(), "nothing brings it back"


def test_running_request_does_not_restore_an_ended_session(log_in: Callable[..., Client], someone: User) -> None:
    from django.contrib.sessions.backends.base import UpdateError

    store = log_in().session
    dict(store.items())
    Session.objects.all().delete()
    store["more"] = 1
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_ending_is_a_post(log_in: Callable[..., Client]) -> None:
    here = log_in()
    for url in (ALL, OTHERS, f"{LIST}abc/uitloggen/"):
        assert here.get(url).status_code == 302
    assert is_in(here)


def test_only_browser_and_system_are_stored(log_in: Callable[..., Client]) -> None:
    log_in()
    [row] = Session.objects.all()
    data = row.get_decoded()
    assert data["device"] == ["Firefox", "Windows"]
    # Any three digits can occur in a hash, a key or a microsecond.
    by_chance = (HASH_SESSION_KEY, SESSION_KEY, STARTED_AT, AUTHENTICATION_METHODS_SESSION_KEY)
    assert not re.search(r"127\.0\.0\.1|Gecko|140", str({key: data[key] for key in data.keys() - by_chance}))


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (IPHONE, ("Safari", "iPhone")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
            "Safari/537.36 Edg/138.0.0.0",
            ("Edge", "Windows"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
            "Safari/605.1.15",
            ("Safari", "macOS"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile "
            "Safari/537.36",
            ("Chrome", "Android"),
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
            "Safari/537.36",
            ("Chrome", "ChromeOS"),
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0 "
            "Mobile/15E148 Safari/604.1",
            ("Chrome", "iPad"),
        ),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_known_by_two_words(user_agent: str, expected: tuple[str, str]) -> None:
    assert browser_and_system(user_agent) == expected


def test_missing_user_agent_is_unknown(log_in: Callable[..., Client]) -> None:
    assert "Onbekend apparaat" in page_of(log_in(""))


# --- Last use and retention ----------------------------------------------------------------------
def queries(client: Client) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        client.get("/mijn-digibib/")
    return [query["sql"] for query in captured]


def test_session_is_updated_once_in_five_minutes(log_in: Callable[..., Client], pass_time: Callable[..., None]) -> None:
    here = log_in()
    first = queries(here)
    assert not [sql for sql in first if sql.startswith(("UPDATE", "INSERT"))]
    pass_time(minutes=6)
    second = queries(here)
    assert len(second) == len(first) + 1
    assert [sql for sql in second if sql.startswith("UPDATE") and "seen_at" in sql]
    assert len(queries(here)) == len(first)
    assert timezone.now() - Session.objects.get().seen_at < timedelta(seconds=30)


def test_two_factor_costs_no_extra_query(log_in: Callable[..., Client]) -> None:
    from tests.accounts.auth.codes import set_up

    here = log_in()
    before = len(queries(here))
    set_up(here)
    assert len(queries(here)) == before


def test_session_lasts_while_in_use(log_in: Callable[..., Client], pass_time: Callable[..., None]) -> None:
    here = log_in()
    for _ in range(3):
        pass_time(hours=11)
        answer = here.get("/profiel/")
        assert answer.status_code == 200
        cookie = answer.cookies["sessionid"]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (12 * 3600, True, "Lax")
    assert "sessionid" not in here.get("/profiel/").cookies
    pass_time(hours=12, minutes=1)
    assert not is_in(here)


def test_late_logout_deletes_the_cookie(log_in: Callable[..., Client], pass_time: Callable[..., None]) -> None:
    here = log_in()
    pass_time(hours=1)
    assert here.post("/uitloggen/").cookies["sessionid"].value == ""
    assert not Session.objects.exists()


def test_only_expired_sessions_are_deleted(log_in: Callable[..., Client], pass_time: Callable[..., None]) -> None:
    log_in()
    pass_time(hours=13)
    here = log_in()
    assert Session.objects.count() == 2
    assert page_of(here).count("Firefox op Windows") == 1
    clear_sessions()
    assert Session.objects.get().session_key == here.session.session_key
    call_command("clearsessions")


def test_beat_deletes_expired_sessions() -> None:
    assert "accounts.tasks.clear_sessions" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_deleting_a_user_deletes_their_sessions(log_in: Callable[..., Client], someone: User) -> None:
    log_in()
    someone.delete()
    assert not Session.objects.exists()


def test_session_cookie_is_http_only_and_lax(log_in: Callable[..., Client], settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    cookie = log_in().cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["domain"]
    assert cookie["max-age"] == 12 * 3600
