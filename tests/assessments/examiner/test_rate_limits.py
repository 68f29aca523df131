"""Wrong links are counted by address; a link that is right is never kept out, and no cache is needed for it."""

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
def test_after_twenty_wrong_links_the_next_is_refused_calmly() -> None:
    assert try_wrong(TIMES) == [404] * TIMES
    answer = Client().get(WRONG)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "600"
    assert "Een link die klopt werkt gewoon" in answer.content.decode()


@pytest.mark.django_db
def test_ten_minutes_later_it_counts_anew(pass_time: Any) -> None:
    assert try_wrong(TIMES + 1)[-1] == 429
    pass_time(minutes=11)
    assert try_wrong(1) == [404]


def test_a_link_that_is_right_opens_from_an_address_over_the_limit(invitation: Invitation) -> None:
    assert try_wrong(TIMES + 5)[-1] == 429
    browser = Client()
    assert browser.get(link(invitation)).status_code == 302
    assert browser.get(page("form", invitation)).status_code == 200


def test_links_that_are_right_or_void_are_not_counted(invitation: Invitation, docent: Any) -> None:
    from assessments.invitations import invite

    void = link(invitation)
    invite.invite_again(invitation=invitation, by=docent)
    invitation.refresh_from_db()
    for _ in range(TIMES + 1):
        assert Client().get(link(invitation)).status_code == 302
        assert Client().get(void).status_code == 410
    assert try_wrong(1) == [404]


@pytest.mark.django_db
def test_asking_a_new_link_with_a_wrong_token_counts_too() -> None:
    post = reverse("assessments:new_link", args=["WzEsMV0:verzonnen"])
    assert [Client().post(post).status_code for _ in range(TIMES)] == [404] * TIMES
    assert try_wrong(1) == [429]


def test_another_address_is_not_counted_with_it(db: None) -> None:
    assert try_wrong(TIMES + 1, REMOTE_ADDR="192.0.2.1")[-1] == 429
    assert try_wrong(1, REMOTE_ADDR="192.0.2.2") == [404]


# --- Whose address -----------------------------------------------------------------------------------
def test_behind_a_proxy_each_visitor_is_counted_apart(db: None, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    # What stands before the proxy's own word is the visitor's, who can't start a new count with it.
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
def test_an_ipv6_network_of_64_bits_is_one_visitor(address: str, counted_as: str) -> None:
    assert client_key(RequestFactory().get("/", REMOTE_ADDR=address)) == counted_as


# --- Posts without a cookie ----------------------------------------------------------------------------
def test_saving_without_a_cookie_is_refused_and_what_was_typed_still_stands_there(invitation: Invitation) -> None:
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


# --- Copies to keep ----------------------------------------------------------------------------------
def test_an_examiner_makes_ten_copies_in_ten_minutes(
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
def test_wrong_links_that_stop_reminders_count_with_the_other_wrong_ones(invitation: Invitation, method: str) -> None:
    wrong = reverse("assessments:no_reminders", args=[links.token_for(invitation=invitation)])  # of another purpose
    right = reverse("assessments:no_reminders", args=[unsubscribe.stop_token(invitation)])
    assert [getattr(Client(), method)(wrong).status_code for _ in range(TIMES)] == [404] * TIMES
    assert try_wrong(1) == [429]
    assert getattr(Client(), method)(wrong).status_code == 429
    assert getattr(Client(), method)(right).status_code == 200


# --- New links -------------------------------------------------------------------------------------------
def test_an_examiner_gets_at_most_ten_new_links_a_day(invitation: Invitation, pass_time: Any) -> None:
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


def test_clicks_that_send_nothing_are_not_counted_for_the_examiner(invitation: Invitation, pass_time: Any) -> None:
    post = reverse("assessments:new_link", args=[links.token_for(invitation=invitation)])
    assert {Client().post(post).status_code for _ in range(15)} == {200}
    pass_time(minutes=6)
    Client().post(post)
    assert OutgoingMail.objects.count() == 2


def test_one_address_asks_sixty_new_links_of_an_invitation_in_ten_minutes(
    invitation: Invitation, second_examiner: Contact
) -> None:
    post = reverse("assessments:new_link", args=[links.token_for(invitation=invitation)])
    assert {Client().post(post).status_code for _ in range(60)} == {200}
    assert Client().post(post).status_code == 429
    assert Client().post(post, REMOTE_ADDR="192.0.2.9").status_code == 200
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    other = steps.send_invitation(invitation.assessment, second_examiner)
    of_other = reverse("assessments:new_link", args=[links.token_for(invitation=other)])
    assert Client().post(of_other).status_code == 200, "who shares the network"


# --- Without a cache ---------------------------------------------------------------------------------------
def test_a_cache_that_is_gone_keeps_nobody_out_and_is_told_once(
    invitation: Invitation, settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.auth.rate_limits._outage_logged", False)
    gone = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": gone}
    with caplog.at_level(logging.WARNING, logger="accounts.auth.rate_limits"):
        assert try_wrong(TIMES + 2) == [404] * (TIMES + 2)
        assert Client().get(link(invitation)).status_code == 302
    told = [record for record in caplog.records if record.name == "accounts.auth.rate_limits"]
    assert len(told) == 1
    assert "The cache does not answer" in told[0].message


def test_a_count_that_expires_at_that_moment_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = rate_limits.Limit("test", 1, timedelta(minutes=1))
    assert not limit.exceeds("x")

    def gone(*args: Any) -> int:
        raise ValueError("Key not found")

    monkeypatch.setattr(type(cache._connections["default"]), "incr", gone)
    assert not limit.exceeds("x")
