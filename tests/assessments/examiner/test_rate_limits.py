"""Wrong links are counted by address; a valid link always opens, also without the cache."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.auth.rate_limits import client_key
from addressbook.models import Contact
from assessments import links, rate_limits, unsubscribe
from assessments.models import Invitation
from assessments.rubric import read_uncorrected
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps

WRONG = reverse("assessments:open_link", args=["WzEsMV0:verzonnen"])
TIMES = rate_limits.WRONG["unknown"].times


@pytest.fixture(autouse=True)
def counting(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


def link(invitation: Invitation) -> str:
    return reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])


def page(name: str, invitation: Invitation) -> str:
    return reverse(f"assessments:{name}", args=[invitation.public_id])


def try_wrong(times: int, **headers: Any) -> list[int]:
    return [Client().get(WRONG, **headers).status_code for _ in range(times)]


# --- Wrong links -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_wrong_links_are_limited_after_twenty() -> None:
    assert try_wrong(TIMES) == [404] * TIMES
    answer = Client().get(WRONG)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "600"
    assert "Een link die klopt werkt gewoon" in answer.content.decode()


@pytest.mark.django_db
def test_count_is_reset_after_ten_minutes(pass_time: Any) -> None:
    assert try_wrong(TIMES + 1)[-1] == 429
    pass_time(minutes=11)
    assert try_wrong(1) == [404]


def test_valid_link_opens_over_the_limit(invitation: Invitation) -> None:
    assert try_wrong(TIMES + 5)[-1] == 429
    browser = Client()
    assert browser.get(link(invitation)).status_code == 302
    assert browser.get(page("form", invitation)).status_code == 200


def test_valid_and_void_links_are_not_counted(invitation: Invitation, docent: Any) -> None:
    from assessments.invitations import invite

    void = link(invitation)
    invite.invite_again(invitation=invitation, by=docent)
    invitation.refresh_from_db()
    for _ in range(TIMES + 1):
        assert Client().get(link(invitation)).status_code == 302
        assert Client().get(void).status_code == 410
    assert try_wrong(1) == [404]


@pytest.mark.django_db
def test_new_link_request_with_a_wrong_token_counts() -> None:
    post = reverse("assessments:new_link", args=["WzEsMV0:verzonnen"])
    assert [Client().post(post).status_code for _ in range(TIMES)] == [404] * TIMES
    assert try_wrong(1) == [429]


def test_addresses_are_counted_separately(db: None) -> None:
    assert try_wrong(TIMES + 1, REMOTE_ADDR="192.0.2.1")[-1] == 429
    assert try_wrong(1, REMOTE_ADDR="192.0.2.2") == [404]


# --- Client addresses --------------------------------------------------------------------------------
def test_visitors_behind_a_proxy_are_counted_separately(db: None, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    # Entries before the proxy's own come from the visitor, who can't start a new count with them.
    for number in range(TIMES + 1):
        [status] = try_wrong(1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1")
    assert status == 429
    assert try_wrong(1, HTTP_X_FORWARDED_FOR="192.0.2.2") == [404]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::"),
        ("", "unknown"),
    ],
)
def test_ipv6_network_of_64_bits_is_one_visitor(address: str, counted_as: str) -> None:
    assert client_key(RequestFactory().get("/", REMOTE_ADDR=address)) == counted_as


# --- Posts without a cookie ----------------------------------------------------------------------------
def test_limited_save_without_cookie_keeps_input(invitation: Invitation) -> None:
    [column, *_] = read_uncorrected(invitation.assessment, contact=invitation.contact).columns
    post = {column.justification_field: "Een uur werk"}
    times = rate_limits.WRONG["no_cookie"].times
    assert {Client().post(page("keep", invitation), post).status_code for _ in range(times)} == {403}
    assert Client().post(page("keep", invitation), post).json() == {"reason": "too_many"}
    answer = Client().post(page("save", invitation), post)
    assert answer.status_code == 429
    assert "Een uur werk" in answer.content.decode()
    with_cookie = Client()
    with_cookie.get(link(invitation))
    assert with_cookie.post(page("keep", invitation), post).status_code == 200


# --- Copies ------------------------------------------------------------------------------------------
def test_copies_are_limited_to_ten_in_ten_minutes(
    invitation: Invitation, pass_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessments.examiner.summary.write_pdf", lambda html: b"%PDF-")
    steps.assess(invitation)
    browser = Client()
    browser.get(link(invitation))
    copy = page("copy", invitation)
    assert [browser.get(copy).status_code for _ in range(rate_limits.COPIES.times)] == [200] * 10
    refused = browser.get(copy, REMOTE_ADDR="192.0.2.9")  # it is counted by invitation
    assert (refused.status_code, refused["Retry-After"]) == (429, "600")
    assert "Probeer het over tien minuten opnieuw" in refused.content.decode()
    assert browser.get(page("form", invitation)).status_code == 200
    pass_time(minutes=11)
    assert browser.get(copy).status_code == 200


# --- Links that stop reminders -------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "post"])
def test_wrong_stop_links_count_as_wrong_links(invitation: Invitation, method: str) -> None:
    wrong = reverse("assessments:no_reminders", args=[links.token_for(invitation=invitation)])  # of another purpose
    right = reverse("assessments:no_reminders", args=[unsubscribe.stop_token(invitation)])
    assert [getattr(Client(), method)(wrong).status_code for _ in range(TIMES)] == [404] * TIMES
    assert try_wrong(1) == [429]
    assert getattr(Client(), method)(wrong).status_code == 429
    assert getattr(Client(), method)(right).status_code == 200


# --- New links -------------------------------------------------------------------------------------------
def test_new_links_are_limited_to_ten_a_day(invitation: Invitation, pass_time: Any) -> None:
    post = reverse("assessments:new_link", args=[links.token_for(invitation=invitation)])
    for _ in range(10):
        pass_time(minutes=6)
        assert Client().post(post).status_code == 200
    pass_time(minutes=6)
    answer = Client().post(post)
    assert answer.status_code == 429
    assert "gebruik de nieuwste link" in answer.content.decode()
    assert OutgoingMail.objects.count() == 11
    pass_time(hours=24)
    assert Client().post(post).status_code == 200


def test_requests_without_a_mail_are_not_counted(invitation: Invitation, pass_time: Any) -> None:
    post = reverse("assessments:new_link", args=[links.token_for(invitation=invitation)])
    assert {Client().post(post).status_code for _ in range(15)} == {200}
    pass_time(minutes=6)
    Client().post(post)
    assert OutgoingMail.objects.count() == 2


def test_new_link_requests_are_limited_to_sixty_per_address(invitation: Invitation, second_examiner: Contact) -> None:
    post = reverse("assessments:new_link", args=[links.token_for(invitation=invitation)])
    assert {Client().post(post).status_code for _ in range(60)} == {200}
    assert Client().post(post).status_code == 429
    assert Client().post(post, REMOTE_ADDR="192.0.2.9").status_code == 200
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    other = steps.send_invitation(invitation.assessment, second_examiner)
    of_other = reverse("assessments:new_link", args=[links.token_for(invitation=other)])
    assert Client().post(of_other).status_code == 200, "who shares the network"


# --- Without a cache ---------------------------------------------------------------------------------------
def test_cache_outage_blocks_no_visitor_and_is_logged_once(
    invitation: Invitation, settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digibeoordelen.cache._outage_logged", False)
    cache_down = {"BACKEND": "digibeoordelen.cache.FailOpenRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": cache_down}
    with caplog.at_level(logging.WARNING, logger="digibeoordelen.cache"):
        assert try_wrong(TIMES + 2) == [404] * (TIMES + 2)
        assert Client().get(link(invitation)).status_code == 302
    log_records = [record for record in caplog.records if record.name == "digibeoordelen.cache"]
    assert len(log_records) == 1
    assert "The cache does not answer" in log_records[0].message


def test_count_that_expires_meanwhile_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = rate_limits.Limit("test", 1, timedelta(minutes=1))
    assert not limit.exceeds("x")

    def cache_down(*args: Any) -> int:
        raise ValueError("Key not found")

    monkeypatch.setattr(type(cache._connections["default"]), "incr", cache_down)
    assert not limit.exceeds("x")
