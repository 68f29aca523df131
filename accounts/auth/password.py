"""A new password: by a mailed link for who forgot it, or in the profile.

With the password every session begun before ends by itself: Django signs it into the session.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from accounts.sessions import sessions
from digibeoordelen.outbox.links import Link, LinkVoid

from . import mails
from .links import NEW_PASSWORD, LinkGone

logger = logging.getLogger(__name__)
TERM = timedelta(hours=24)


def ask(*, email: str, language: str) -> None:
    """One mail to `email`: a link to choose a new password, or that no account has this address."""
    user = User.objects.filter(email=email, is_active=True).first()
    with transaction.atomic():
        if user is None:
            mails.queue_no_account(to=email, language=language)
        else:
            mails.queue_new_password(user=user, link=mail_link(user=user, language=language), language=language)


def mail_link(*, user: User, language: str) -> Link:
    """What the outbox keeps of a link: void as soon as the password or the address changes, or one logs in."""
    asked = int(timezone.now().timestamp())
    return NEW_PASSWORD.for_mail(user=user.pk, asked=asked, state=_state(user), language=language)


def resolve(data: Mapping[str, Any]) -> str:
    """The URL for a mail about to go out; raises `LinkVoid`."""
    try:
        _usable(data)
    except LinkGone:
        raise LinkVoid("De link is intussen verlopen, of het wachtwoord is al gewijzigd.") from None
    return NEW_PASSWORD.url(data)


def find(token: str) -> User:
    """Whose password the mailed link lets choose; raises `LinkGone`."""
    return _usable(NEW_PASSWORD.read(token))


def choose(*, token: str, password: str, language: str) -> User:
    """Gives the account of the link a new password and tells its owner; raises `LinkGone`: a link works once."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=find(token).pk)
        _usable(NEW_PASSWORD.read(token), user)
        change(user=user, password=password, language=language)
        sessions.end_all(user=user)
    return user


def change(*, user: User, password: str, language: str) -> None:
    """Sets the password and tells the owner by mail."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        mails.queue_password_changed(user=user, language=language)
    logger.info("Account %s has a new password", user.pk)


def is_own(request: HttpRequest, password: str) -> bool:
    """Whether this is the password of who asks; a wrong one counts as one at the login does."""
    user = request.user
    return isinstance(user, User) and authenticate(request, username=user.email, password=password) == user


def _usable(data: Mapping[str, Any], user: User | None = None) -> User:
    user = user or User.objects.filter(pk=data["user"], is_active=True).first()
    if user is None or not constant_time_compare(data["state"], _state(user)):
        raise LinkGone("used")
    if datetime.fromtimestamp(data["asked"], UTC) + TERM < timezone.now():
        raise LinkGone("expired")
    return user


def _state(user: User) -> str:
    """Changes with what makes older links void; tells nothing to who does not know the secret key."""
    value = f"{user.pk} {user.password} {user.email} {user.last_login}"
    return salted_hmac("accounts.auth.password.state", value, algorithm="sha256").hexdigest()[:32]
