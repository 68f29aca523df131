"""Logging in with a code: an authenticator app's (TOTP, RFC 6238), or a recovery code when the phone is not at hand.

The app's key, replayed codes and the growing pause after wrong ones are django-otp's.
"""

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
PASSED = "second_step_passed"  # in a session's data
RECOVERY_CODES = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O and U
RECOVERY_LENGTH = 16  # of 32 characters: 80 bits
GROUP = 4
# Each wrong code doubles the pause, up to 2 ** (LONGEST - 1) seconds: 17 minutes, so 84 tries a day. Without an end to
# it whoever knows the password could keep the person out for years.
LONGEST = 11
ALARM = 5  # wrong codes in a row: someone else may know the password


class CodeRefused(Exception):
    """The code does not count, in words for the person who typed it."""


# --- Is it on? -----------------------------------------------------------------------------------
def is_on(user: User) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def schools_that_ask(user: User) -> list[School]:
    """The schools that ask it of this person."""
    asking = School.objects.filter(second_factor_for_committee=True)
    return list(asking.filter(memberships__user=user, memberships__role=Role.EXAMENCOMMISSIE))


def pass_on(session: SessionBase, user: User) -> None:
    """This session has done the second step: what asks for it opens."""
    session[PASSED] = True
    user.passed_second_step = True


def key_as_text(key: str) -> str:
    """'ABCD EFGH …', as one types it in an app that can't scan."""
    base32 = b32encode(bytes.fromhex(key)).decode()
    return " ".join(base32[start : start + GROUP] for start in range(0, len(base32), GROUP))


# --- Switch on and off ---------------------------------------------------------------------------
def new_key() -> str:
    """A random key for an app, in hexadecimal; nothing is kept of it until a code proves that the app has it."""
    return default_key()


def app_url(*, user: User, key: str) -> str:
    """What the QR code says to the app."""
    return TOTPDevice(user=user, key=key).config_url


@transaction.atomic
def turn_on(*, user: User, key: str, code: str, session: SessionBase) -> list[str]:
    """From now on logging in asks for a code; every other session ends. Returns the recovery codes.

    Raises `CodeRefused` when the code is not of this key, or when it is on already.
    """
    _lock(user)
    if is_on(user):
        raise CodeRefused(_("Inloggen met een code staat al aan."))
    device = TOTPDevice(user=user, name="app", key=key)
    if not device.verify_token(code):  # it saves the device, right or wrong; what is raised takes the latter back
        raise CodeRefused(_("Deze code klopt niet. Neem de code over die de app op dit moment laat zien."))
    sessions.end_all(user=user, but=session)
    mails.queue_second_step_on(user=user, device=sessions.device(session))
    logger.info("Second step switched on by user %s.", user.pk)
    return _new_recovery_codes(user)


@transaction.atomic
def turn_off(*, user: User, session: SessionBase) -> None:
    """Logging in asks for the password alone; every other session ends, since it passes for one with a code.

    Check the password first.
    """
    if _remove(user):
        session.pop(PASSED, None)
        sessions.end_all(user=user, but=session)
        mails.queue_second_step_off(user=user, device=sessions.device(session))
        logger.info("Second step switched off by user %s.", user.pk)


@transaction.atomic
def remove(*, user: User, by: User) -> bool:
    """Takes the second step of someone who lost phone and recovery codes away, and ends all sessions; false if off."""
    if not _remove(user):
        return False
    sessions.end_all(user=user)
    mails.queue_second_step_removed(user=user)
    logger.info("Second step of user %s removed by user %s.", user.pk, by.pk)
    return True


def _remove(user: User) -> bool:
    _lock(user)
    found = is_on(user)
    TOTPDevice.objects.filter(user=user).delete()
    user.recovery_codes.all().delete()
    user.passed_second_step = False
    return found


def _lock(user: User) -> None:
    """Two at once would each find it off."""
    User.objects.select_for_update().get(pk=user.pk)


# --- Recovery codes ------------------------------------------------------------------------------
@transaction.atomic
def replace_recovery_codes(*, user: User, session: SessionBase) -> list[str]:
    """New recovery codes; the older ones are void. Check the password first. Raises `CodeRefused` while it is off."""
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
    """'34CD-79FG-…'."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def tidy(typed: str) -> str:
    """The recovery code that was meant: without spaces and dashes, in capitals, with 1 for I and L and 0 for O."""
    return re.sub(r"[\W_]", "", typed).upper().translate(str.maketrans("ILO", "110"))


# --- The code at login ---------------------------------------------------------------------------
def check_code(*, user: User, code: str) -> None:
    """Takes the app's code, once. Raises `CodeRefused`: wrong, used before, or too soon after wrong ones."""
    with transaction.atomic():
        device = _device(user)
        refused = _too_soon(device)
        if not refused and not device.verify_token(code):
            refused = _count_wrong(device)
    if refused:
        raise CodeRefused(refused)


def check_recovery_code(*, user: User, typed: str, device: str) -> int:
    """Takes a recovery code, once; mails and returns how many are left. Raises `CodeRefused` as `check_code` does."""
    left = 0
    with transaction.atomic():
        app = _device(user)
        refused = _too_soon(app)
        if not refused:
            kept = user.recovery_codes.filter(digest=digest(user_id=user.pk, code=tidy(typed)))
            if kept.delete()[0]:
                app.throttle_reset()
                left = user.recovery_codes.count()
                mails.queue_recovery_code_used(user=user, left=left, device=device)
            else:
                app.throttle_increment()
                refused = _count_wrong(app)
    if refused:
        raise CodeRefused(refused)
    return left


def _device(user: User) -> TOTPDevice:
    """The person's app, locked: of two that try a code at once the second sees what the first did."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        raise CodeRefused(_("Inloggen met een code staat niet aan. Log opnieuw in."))
    return device


def _too_soon(device: TOTPDevice) -> str:
    """Why no code counts now; '' when one does."""
    is_allowed, why = device.verify_is_allowed()
    return "" if is_allowed else _wait(why)


def _wait(why: Mapping[str, Any]) -> str:
    seconds = max(1, ceil((why["locked_until"] - timezone.now()).total_seconds()))
    pause = f"{seconds} s" if seconds < 60 else f"{ceil(seconds / 60)} min"
    return _("Er is een verkeerde code ingevuld. Wacht %(pause)s en probeer het dan opnieuw.") % {"pause": pause}


def _count_wrong(device: TOTPDevice) -> str:
    """What a wrong code, that the device has counted, leads to."""
    if device.throttling_failure_count == ALARM:
        mails.queue_wrong_codes(user=device.user)
        logger.warning("Wrong codes after the right password for user %s.", device.user_id)
    if device.throttling_failure_count > LONGEST:
        device.throttling_failure_count = LONGEST
        device.save(update_fields=["throttling_failure_count"])
    return _("Deze code klopt niet, of is al gebruikt. Elke code werkt één keer.")
