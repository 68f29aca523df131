"""Concurrent requests, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.auth import email_change, password
from accounts.auth.links import LinkGone
from accounts.models import EmailChange, Membership, User
from accounts.registration.registration import AlreadyAnAccount, confirm_registration
from digibeoordelen.outbox.models import OutgoingMail
from tests.concurrency import at_once
from tests.factories import RegistrationFactory, SchoolFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _announce_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tasks in the queue: there is no broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


def kinds(results: list[Any]) -> set[type]:
    return {type(result) for result in results}


def test_concurrent_confirmations_make_one_account() -> None:
    registration = RegistrationFactory()
    results = at_once(*2 * [lambda: confirm_registration(registration=registration)])
    assert kinds(results) == {User, LinkGone}
    assert Membership.objects.count() == 1


def test_concurrent_registrations_make_one_account() -> None:
    school = SchoolFactory(register_on=True)
    made = [RegistrationFactory(email="noa@school.test", school=school) for _ in range(2)]

    def confirm(number: int) -> Callable[[], User]:
        return lambda: confirm_registration(registration=made[number])

    results = at_once(confirm(0), confirm(1))
    assert User in kinds(results)
    assert kinds(results) - {User} <= {LinkGone, AlreadyAnAccount}
    assert User.objects.count() == Membership.objects.count() == 1


def test_password_link_works_once() -> None:
    path = password.resolve_password_link(password.password_link(user=UserFactory(), language="nl").data)

    def choose(word: str) -> Callable[[], int]:
        browser = Client()
        form = browser.get(path).url
        return lambda: browser.post(form, {"password1": word, "password2": word}).status_code

    results = at_once(choose("het-ene-woord"), choose("het-andere-woord"))
    assert sorted(results) == [302, 410]
    assert OutgoingMail.objects.filter(kind="password_changed").count() == 1


def test_concurrent_changes_to_one_address_assign_it_once() -> None:
    changes = [
        EmailChange.objects.create(user=user, old_email=user.email, new_email="samen@school.test")
        for user in (UserFactory(), UserFactory())
    ]

    def confirm(number: int) -> Callable[[], None]:
        return lambda: email_change.confirm_change(change=changes[number])

    results = at_once(confirm(0), confirm(1))
    assert kinds(results) == {type(None), email_change.AddressTaken}
    assert User.objects.filter(email="samen@school.test").count() == 1


def test_confirming_while_stopping_keeps_the_old_address() -> None:
    user = UserFactory(email="oud@school.test")
    change = EmailChange.objects.create(user=user, old_email=user.email, new_email="nieuw@school.test")
    at_once(lambda: email_change.confirm_change(change=change), lambda: email_change.stop(change=change, language="nl"))
    user.refresh_from_db()
    assert (user.email, user.has_usable_password()) == ("oud@school.test", False)


def test_concurrent_requests_leave_one_open_change() -> None:
    user = UserFactory()

    def ask(email: str) -> Callable[[], None]:
        return lambda: email_change.request_change(user=user, email=email, language="nl")

    results = at_once(ask("een@school.test"), ask("twee@school.test"))
    assert results == [None, None]
    assert EmailChange.objects.filter(withdrawn_at=None).count() == 1
