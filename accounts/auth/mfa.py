"""Two-factor login: an authenticator app (TOTP, RFC 6238) or a recovery code; django-otp verifies and throttles."""

from __future__ import annotations

import logging
import re
import secrets
from base64 import b32encode
from collections.abc import Mapping
from math import ceil
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from accounts.models import RecoveryCode, Role, School, User
from accounts.models.mfa import digest
from accounts.sessions import sessions

from . import mails

logger = logging.getLogger(__name__)
PASSED = "second_step_passed"  # session key
RECOVERY_CODES = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: without I, L, O and U
RECOVERY_LENGTH = 16  # 80 bits
GROUP = 4
# Each wrong code doubles the pause, up to 2 ** (MAX_FAILURES - 1) seconds: 17 minutes, so 84 attempts a day. Without a
# cap, anyone who knows the password could lock the owner out for years.
MAX_FAILURES = 11
ALERT_AFTER = 5  # wrong codes in a row: the password may have leaked


class CodeRefused(Exception):
    """The code is not accepted; the message explains it to the user."""


# --- Is it on? -----------------------------------------------------------------------------------
def is_on(user: User) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def schools_requiring_code(user: User) -> list[School]:
    """Return the schools that require a code of this user, as a committee member."""
    schools = School.objects.filter(second_factor_for_committee=True)
    return list(schools.filter(memberships__user=user, memberships__role=Role.EXAMENCOMMISSIE))


def mark_passed(session: SessionBase, user: User) -> None:
    """Record that this session passed the second factor."""
    session[PASSED] = True
    user.passed_two_factor = True


def key_as_text(key: str) -> str:
    """Return 'ABCD EFGH …', to type in an app that can't scan."""
    base32 = b32encode(bytes.fromhex(key)).decode()
    return " ".join(base32[start : start + GROUP] for start in range(0, len(base32), GROUP))


# --- Switch on and off ---------------------------------------------------------------------------
def new_key() -> str:
    """Return a random key in hexadecimal; `turn_on` stores it."""
    return default_key()


def app_url(*, user: User, key: str) -> str:
    """Return the content of the QR code."""
    return TOTPDevice(user=user, key=key).config_url


@transaction.atomic
def turn_on(*, user: User, key: str, code: str, session: SessionBase) -> list[str]:
    """Require a code at login, end all other sessions, and return the recovery codes.

    Raise `CodeRefused` if the code does not match the key, or if it is on already.
    """
    _lock(user)
    if is_on(user):
        raise CodeRefused(_("Inloggen met een code staat al aan."))
    device = TOTPDevice(user=user, name="app", key=key)
    if not device.verify_token(code):  # saves the device even if wrong; the exception rolls that back
        raise CodeRefused(_("Deze code klopt niet. Neem de code over die de app op dit moment laat zien."))
    sessions.end_all(user=user, but=session)
    mails.queue_second_step_on(user=user, device=sessions.device(session))
    logger.info("Second step switched on by user %s.", user.pk)
    return _new_recovery_codes(user)


@transaction.atomic
def turn_off(*, user: User, session: SessionBase) -> None:
    """Stop requiring a code and end all other sessions. The caller has checked the password."""
    if _remove(user):
        session.pop(PASSED, None)
        sessions.end_all(user=user, but=session)
        mails.queue_second_step_off(user=user, device=sessions.device(session))
        logger.info("Second step switched off by user %s.", user.pk)


@transaction.atomic
def remove_by_staff(*, user: User, by: User) -> bool:
    """Remove the second factor of someone who lost phone and recovery codes; return False if it is off."""
    if not _remove(user):
        return False
    sessions.end_all(user=user)
    mails.queue_second_step_removed(user=user)
    logger.info("Second step of user %s removed by user %s.", user.pk, by.pk)
    return True


def _remove(user: User) -> bool:
    _lock(user)
    was_on = is_on(user)
    TOTPDevice.objects.filter(user=user).delete()
    user.recovery_codes.all().delete()
    user.passed_two_factor = False
    return was_on


def _lock(user: User) -> None:
    """Serialise concurrent requests, which would both find it off."""
    User.objects.select_for_update().get(pk=user.pk)


# --- Recovery codes ------------------------------------------------------------------------------
@transaction.atomic
def replace_recovery_codes(*, user: User, session: SessionBase) -> list[str]:
    """Return new recovery codes and void the older ones; raise `CodeRefused` if it is off.

    The caller has checked the password.
    """
    _lock(user)
    if not is_on(user):
        raise CodeRefused(_("Inloggen met een code staat niet aan."))
    mails.queue_new_recovery_codes(user=user, device=sessions.device(session))
    return _new_recovery_codes(user)


def _new_recovery_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=digest(user_id=user.pk, code=code)) for code in codes
    )
    return [grouped(code) for code in codes]


def grouped(code: str) -> str:
    """Return '34CD-79FG-…'."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def tidy(typed: str) -> str:
    """Normalise a typed recovery code: no spaces and dashes, capitals, 1 for I and L, 0 for O."""
    return re.sub(r"[\W_]", "", typed).upper().translate(str.maketrans("ILO", "110"))


# --- The code at login ---------------------------------------------------------------------------
def check_code(*, user: User, code: str) -> None:
    """Use up the app's code. Raise `CodeRefused` if it is wrong, used, or too soon after wrong ones."""
    with transaction.atomic():
        device = _device(user)
        error = _too_soon(device)
        if not error and not device.verify_token(code):
            error = _count_wrong(device)
    if error:
        raise CodeRefused(error)


def check_recovery_code(*, user: User, typed: str, device: str) -> int:
    """Use up a recovery code, mail the owner, and return how many are left. Raise `CodeRefused`."""
    left = 0
    with transaction.atomic():
        totp = _device(user)
        error = _too_soon(totp)
        if not error:
            stored = user.recovery_codes.filter(digest=digest(user_id=user.pk, code=tidy(typed)))
            if stored.delete()[0]:
                totp.throttle_reset()
                left = user.recovery_codes.count()
                mails.queue_recovery_code_used(user=user, left=left, device=device)
            else:
                totp.throttle_increment()
                error = _count_wrong(totp)
    if error:
        raise CodeRefused(error)
    return left


def _device(user: User) -> TOTPDevice:
    """Return the user's app, locked against concurrent attempts."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        raise CodeRefused(_("Inloggen met een code staat niet aan. Log opnieuw in."))
    return device


def _too_soon(device: TOTPDevice) -> str:
    """Return why no code is accepted now, or ''."""
    is_allowed, reason = device.verify_is_allowed()
    return "" if is_allowed else _wait(reason)


def _wait(reason: Mapping[str, Any]) -> str:
    seconds = max(1, ceil((reason["locked_until"] - timezone.now()).total_seconds()))
    pause = f"{seconds} s" if seconds < 60 else f"{ceil(seconds / 60)} min"
    return _("Er is een verkeerde code ingevuld. Wacht %(pause)s en probeer het dan opnieuw.") % {"pause": pause}


def _count_wrong(device: TOTPDevice) -> str:
    """Return the message for a wrong code; alert the owner and cap the pause."""
    if device.throttling_failure_count == ALERT_AFTER:
        mails.queue_wrong_codes(user=device.user)
        logger.warning("Wrong codes after the right password for user %s.", device.user_id)
    if device.throttling_failure_count > MAX_FAILURES:
        device.throttling_failure_count = MAX_FAILURES
        device.save(update_fields=["throttling_failure_count"])
    return _("Deze code klopt niet, of is al gebruikt. Elke code werkt één keer.")
