"""Setting a password, by a mailed link or in the profile; Django then ends all earlier sessions."""

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
LINK_TERM = timedelta(hours=24)


def request_reset(*, email: str, language: str) -> None:
    """Mail `email` a link to choose a new password, or that it has no account."""
    user = User.objects.filter(email=email, is_active=True).first()
    with transaction.atomic():
        if user is None:
            mails.queue_no_account(to=email, language=language)
        else:
            mails.queue_new_password(user=user, link=password_link(user=user, language=language), language=language)


def password_link(*, user: User, language: str) -> Link:
    """Return the outbox's placeholder for a link, void after a login or a change of password or address."""
    requested = int(timezone.now().timestamp())
    return NEW_PASSWORD.for_mail(user=user.pk, asked=requested, state=_state(user), language=language)


def resolve_password_link(data: Mapping[str, Any]) -> str:
    """Return the URL for the mail being sent; raise `LinkVoid`."""
    try:
        _usable(data)
    except LinkGone:
        raise LinkVoid("De link is intussen verlopen, of het wachtwoord is al gewijzigd.") from None
    return NEW_PASSWORD.url(data)


def get_user(token: str) -> User:
    """Return the user of a mailed link; raise `LinkGone`."""
    return _usable(NEW_PASSWORD.read(token))


def reset(*, token: str, password: str, language: str) -> User:
    """Set the password by a mailed link, which works once, and mail the owner; raise `LinkGone`."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=get_user(token).pk)
        _usable(NEW_PASSWORD.read(token), user)
        change_password(user=user, password=password, language=language)
        sessions.end_all(user=user)
    return user


def change_password(*, user: User, password: str, language: str) -> None:
    """Set the password and mail the owner."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        mails.queue_password_changed(user=user, language=language)
    logger.info("Account %s has a new password", user.pk)


def is_current_password(request: HttpRequest, password: str) -> bool:
    """Return whether this is the user's password; a failure counts as a failed login."""
    user = request.user
    return isinstance(user, User) and authenticate(request, username=user.email, password=password) == user


def _usable(data: Mapping[str, Any], user: User | None = None) -> User:
    user = user or User.objects.filter(pk=data["user"], is_active=True).first()
    if user is None or not constant_time_compare(data["state"], _state(user)):
        raise LinkGone("used")
    if datetime.fromtimestamp(data["asked"], UTC) + LINK_TERM < timezone.now():
        raise LinkGone("expired")
    return user


def _state(user: User) -> str:
    """Return a value that changes whenever older links become void; keyed, so it reveals nothing."""
    value = f"{user.pk} {user.password} {user.email} {user.last_login}"
    return salted_hmac("accounts.auth.password.state", value, algorithm="sha256").hexdigest()[:32]
