"""'Wachtwoord vergeten?' and the password change in the profile."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from django.urls import reverse

from accounts.auth import rate_limits
from accounts.models import User
from digibeoordelen.outbox import links, worker
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests.accounts.mailed import link_in, mailed, start_counting
from tests.factories import PASSWORD, UserFactory

FORGOTTEN = reverse("account_reset_password")
CHANGE = reverse("account_change_password")
EMAIL, NEW = "sam@school.test", "een-heel-ander-woord"
LIMIT = 10  # wrong passwords


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory(email=EMAIL, first_name="Sam", last_name="Smit")


def ask(client: Client, email: str = EMAIL) -> str:
    response = client.post(FORGOTTEN, {"email": email})
    assert response.status_code == 200
    return response.content.decode()


def choose(client: Client, path: str = "", password: str = NEW) -> Any:
    """Follow the mailed link, which redirects to an address without the token, and choose."""
    opened = client.get(path or link_in("new_password"))
    if opened.status_code != 302:
        return opened
    return client.post(opened.url, {"password1": password, "password2": password})


def log_in(client: Client, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/inloggen/", {"login": EMAIL, "password": password}, **more)


# --- Forgotten ------------------------------------------------------------------------------------------
def test_login_page_links_to_the_reset(client: Client, db: None) -> None:
    assert f'href="{FORGOTTEN}"' in client.get("/inloggen/").content.decode()


def test_reset_sets_a_new_password_by_mail(client: Client, someone: User) -> None:
    assert "Kijk in uw mail" in ask(client, " SAM@school.test ")
    assert mailed() == [("new_password", EMAIL)]
    answer = choose(client)
    assert answer.url == "/inloggen/"
    assert "Uw nieuwe wachtwoord is bewaard." in client.get("/inloggen/").content.decode()
    assert log_in(Client()).status_code == 200, "the old one"
    assert log_in(client, NEW).status_code == 302
    assert mailed()[-1] == ("password_changed", EMAIL)


def test_choosing_a_password_does_not_log_in(client: Client, someone: User) -> None:
    ask(client)
    choose(client)
    assert "_auth_user_id" not in client.session


def test_every_session_begun_before_ends(client: Client, someone: User) -> None:
    elsewhere = Client()
    log_in(elsewhere)
    assert elsewhere.get("/profiel/").status_code == 200
    ask(client)
    choose(client)
    assert elsewhere.get("/profiel/").url.startswith("/inloggen/")


def test_a_link_works_once(client: Client, someone: User) -> None:
    ask(client)
    path = link_in("new_password")
    choose(client, path)
    answer = choose(Client(), path, "nog-een-ander-woord")
    assert answer.status_code == 410
    assert "Deze link werkt niet meer" in answer.content.decode()
    assert log_in(client, NEW).status_code == 302


def test_get_does_not_use_up_the_link(client: Client, someone: User) -> None:
    ask(client)
    path = link_in("new_password")
    for _ in range(3):
        assert "Kies een nieuw wachtwoord" in client.get(path, follow=True).content.decode()
    assert choose(client, path).status_code == 302


def test_reset_link_expires_after_a_day(client: Client, someone: User, pass_time: Any) -> None:
    ask(client)
    path = link_in("new_password")
    pass_time(hours=26)  # Django counts in local time, which becomes UTC here
    answer = choose(client, path)
    assert answer.status_code == 410
    assert "Deze link werkt niet meer" in answer.content.decode()
    with pytest.raises(links.LinkVoid):
        link_in("new_password")


@pytest.mark.parametrize(
    "change", [{"email": "anders@school.test"}, {"is_active": False}, {"last_login": "2026-01-01T00:00Z"}]
)
def test_later_events_void_the_link(client: Client, someone: User, change: dict[str, Any]) -> None:
    ask(client)
    path = link_in("new_password")
    User.objects.update(**change)
    assert choose(client, path).status_code == 410
    with pytest.raises(links.LinkVoid):
        link_in("new_password")
    assert User.objects.get().check_password(PASSWORD)


def test_link_is_bound_to_its_account(client: Client, someone: User) -> None:
    other = UserFactory()
    ask(client)
    own_id, token = link_in("new_password").split("/")[-2].split("-", 1)
    other_id = user_pk_to_url_str(other)
    assert own_id != other_id
    wrong = reverse("account_reset_password_from_key", args=[other_id, token])
    assert choose(client, wrong).status_code == 410
    assert User.objects.get(pk=other.pk).check_password(PASSWORD)


@pytest.mark.parametrize("word", ["kort", "password123", "sam@school.test"])
def test_weak_password_is_refused_and_the_link_stays_valid(client: Client, someone: User, word: str) -> None:
    ask(client)
    assert "Dit moet nog worden aangepast" in choose(client, password=word).content.decode()
    assert choose(client).status_code == 302


def test_the_outbox_keeps_no_link(client: Client, someone: User) -> None:
    ask(client)
    mail = OutgoingMail.objects.get()
    token = link_in("new_password").split("/")[-2].rpartition("-")[2]
    assert len(token) >= 32
    kept = "\n".join(str(getattr(mail, field.name)) for field in OutgoingMail._meta.fields)
    assert token not in kept
    assert PASSWORD not in kept


def test_server_that_quotes_the_mail_leaks_no_link(
    client: Client, someone: User, smtp_sink: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_sink.port
    ask(client)
    path = link_in("new_password")
    smtp_sink.answer("DATA", f"550 5.1.1 refused: http://testserver{path}")
    worker.deliver(OutgoingMail.objects.get().pk)
    mail = OutgoingMail.objects.get()
    assert mail.state == MailState.FAILED
    assert path.split("/")[-2] not in mail.last_error + caplog.text


def test_inactive_account_gets_no_link(client: Client, someone: User) -> None:
    User.objects.update(is_active=False)
    ask(client)
    assert mailed() == [("no_account", EMAIL)]


def test_former_address_in_allauths_table_gets_no_link(client: Client, someone: User) -> None:
    EmailAddress.objects.create(user=someone, email="eerder@school.test", verified=True, primary=True)
    ask(client, "eerder@school.test")
    assert mailed() == [("no_account", "eerder@school.test")]
    client.force_login(someone)
    assert change(client).url == "/profiel/", "the password belongs to the account's own address"


def test_new_password_ends_the_lockout(client: Client, someone: User, settings: Any) -> None:
    start_counting(settings)
    for _ in range(LIMIT):
        answer = log_in(client, "verkeerd")
    assert answer.status_code == 429
    ask(client)
    choose(Client(REMOTE_ADDR="192.0.2.7"))
    assert log_in(client, NEW).status_code == 302


def test_mails_per_address_are_limited_with_or_without_account(client: Client, someone: User, settings: Any) -> None:
    start_counting(settings)
    for email in (EMAIL, "niemand@school.test"):
        answers = [client.post(FORGOTTEN, {"email": email}).status_code for _ in range(6)]
        assert answers == 5 * [200] + [429]


def test_mail_limit_spares_known_browsers_of_the_network(client: Client, someone: User, settings: Any) -> None:
    log_in(client)
    client.post("/uitloggen/")
    start_counting(settings)
    for number in range(rate_limits.MAILS_BY_ADDRESS.times + 1):
        answer = Client().post(FORGOTTEN, {"email": f"p{number}@school.test"})
    assert answer.status_code == 429
    assert Client().post(FORGOTTEN, {"email": EMAIL}).status_code == 429
    assert client.post(FORGOTTEN, {"email": EMAIL}).status_code == 200
    assert client.post(FORGOTTEN, {"email": "ander@school.test"}).status_code == 429


def test_blocked_mails_do_not_count_for_the_network(client: Client, someone: User, settings: Any) -> None:
    start_counting(settings)
    for _ in range(rate_limits.MAILS_BY_ADDRESS.times + 1):
        client.post(FORGOTTEN, {"email": EMAIL})
    assert client.post(FORGOTTEN, {"email": "ander@school.test"}).status_code == 200


# --- In the profile ---------------------------------------------------------------------------------------
def change(client: Client, old: str = PASSWORD, new: str = NEW) -> Any:
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


def test_changing_the_password_ends_other_sessions(client: Client, someone: User) -> None:
    elsewhere = Client()
    log_in(elsewhere)
    log_in(client)
    before = client.session.session_key
    assert change(client).url == "/profiel/"
    assert client.session.session_key != before
    assert "Uw wachtwoord is gewijzigd." in client.get("/profiel/").content.decode()
    assert elsewhere.get("/profiel/").status_code == 302
    assert log_in(Client(), NEW).status_code == 302
    assert mailed() == [("password_changed", EMAIL)]


def test_wrong_old_password_changes_nothing(client: Client, someone: User) -> None:
    client.force_login(someone)
    page = change(client, "verkeerd").content.decode()
    assert "Dit is niet uw wachtwoord." in page
    assert User.objects.get().check_password(PASSWORD)
    assert mailed() == []


def test_wrong_old_password_counts_as_failed_login(client: Client, someone: User, settings: Any) -> None:
    start_counting(settings)
    client.force_login(someone)
    answers = [change(client, "verkeerd").status_code for _ in range(LIMIT)]
    assert answers[-1] == 429
    assert change(client).status_code == 429
    assert User.objects.get().check_password(PASSWORD)
    assert log_in(Client()).status_code == 429


def test_profile_links_to_the_password_change(client: Client, someone: User) -> None:
    client.force_login(someone)
    assert f'href="{CHANGE}"' in client.get("/profiel/").content.decode()
    assert client.get(CHANGE).status_code == 200
