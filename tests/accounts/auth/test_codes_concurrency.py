"""Concurrent use of one code by two browsers, on real connections."""

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.auth import mfa
from accounts.models import Session, User
from accounts.models.mfa import digest
from tests.concurrency import at_once
from tests.factories import UserFactory

from .codes import App, app_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _announce_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def someone() -> User:
    return UserFactory()


def a_session() -> SessionBase:
    store = Session.get_session_store_class()()
    store.create()
    return store


def test_code_used_twice_at_once_works_once(someone: User) -> None:
    code = app_of(someone).code()
    results = at_once(*[lambda: mfa.check_code(user=someone, code=code)] * 4)
    assert results.count(None) == 1
    assert {type(result) for result in results if result is not None} == {mfa.CodeRefused}


def test_concurrent_guesses_count_once(someone: User) -> None:
    code = app_of(someone).wrong_code()
    at_once(*[lambda: mfa.check_code(user=someone, code=code)] * 4)
    assert TOTPDevice.objects.get().throttling_failure_count == 1


def test_recovery_code_used_twice_at_once_works_once(someone: User) -> None:
    app_of(someone)
    someone.recovery_codes.create(digest=digest(user_id=someone.pk, code="0123456789ABCDEF"))

    def take() -> int:
        return mfa.check_recovery_code(user=someone, typed="0123456789ABCDEF", device="Firefox")

    results = at_once(take, take, take)
    assert results.count(0) == 1


def test_switching_on_twice_at_once_works_once(someone: User) -> None:
    key = mfa.new_key()
    code = App(bytes.fromhex(key)).code()
    sessions = [a_session(), a_session()]
    results = at_once(
        *[
            lambda session=session: mfa.turn_on(user=someone, key=key, code=code, session=session)
            for session in sessions
        ]
    )
    assert TOTPDevice.objects.count() == 1
    assert [type(result) for result in results].count(list) == 1
    assert someone.recovery_codes.count() == mfa.RECOVERY_CODES
