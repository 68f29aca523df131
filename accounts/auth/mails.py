"""The mails about an account, each queued in its caller's transaction.

A mail to an unconfirmed address contains no text that the requester could choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from accounts.mail.rendering import one_line, render_mail
from accounts.models import EmailChange, Registration, User
from digibeoordelen.outbox.links import placeholder
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Link, queue_mail

from .links import CONFIRM_EMAIL, CONFIRM_REGISTRATION, STOP_EMAIL


def queue_confirm_registration(*, registration: Registration, until: datetime, language: str) -> OutgoingMail:
    """Ask the address to confirm the registration; without the typed name."""
    return _queue(
        "confirm_registration",
        to=registration.email,
        language=language,
        context={"school": registration.school, "until": until, "link": placeholder("confirm")},
        links={"confirm": CONFIRM_REGISTRATION.for_mail(registration=registration.pk, language=language)},
    )


def queue_has_account(*, to: str, language: str) -> OutgoingMail:
    """Inform an address, used to register or change to, that it has an account already."""
    return _queue("has_account", to=to, language=language, context=_pages())


def queue_no_account(*, to: str, language: str) -> OutgoingMail:
    """Inform an address that it has no account."""
    return _queue("no_account", to=to, language=language, context=_pages())


def queue_new_password(*, user: User, link: Link, language: str) -> OutgoingMail:
    return _queue(
        "new_password",
        to=user,
        language=language,
        context={"user": user, "link": placeholder("choose")},
        links={"choose": link},
    )


def queue_password_changed(*, user: User, language: str) -> OutgoingMail:
    """Inform the owner, who may not have changed it."""
    return _queue("password_changed", to=user, language=language, context={"user": user, **_pages()})


def queue_confirm_email(*, change: EmailChange, until: datetime, language: str) -> OutgoingMail:
    """Ask the new address to confirm the change."""
    return _queue(
        "confirm_email",
        to=change.new_email,
        language=language,
        context={"until": until, "link": placeholder("confirm")},
        links={"confirm": CONFIRM_EMAIL.for_mail(change=change.pk, language=language)},
    )


def queue_email_change_asked(*, change: EmailChange, until: datetime, language: str) -> OutgoingMail:
    """Inform the old address of the request, with the link to stop it."""
    return _queue(
        "email_change_asked",
        to=change.user,
        language=language,
        context={"change": change, "until": until, "link": placeholder("stop")},
        links={"stop": STOP_EMAIL.for_mail(change=change.pk, language=language)},
    )


def queue_email_given_back(*, to: str, language: str) -> OutgoingMail:
    """Inform the address that an account had until the change was stopped."""
    return _queue("email_given_back", to=to, language=language, context={})


def _pages() -> dict[str, str]:
    names = {"login": "account_login", "forgotten": "account_reset_password", "register": "accounts:register"}
    return {f"{word}_url": settings.SITE_URL + reverse(name) for word, name in names.items()}


def _queue(
    name: str,
    *,
    to: User | str,
    language: str,
    context: Mapping[str, Any],
    links: Mapping[str, Link] | None = None,
) -> OutgoingMail:
    subject, text, html = render_mail(f"accounts/mail/{name}", context, language=language)
    return queue_mail(
        kind=name,
        to=to if isinstance(to, str) else to.email,
        to_name="" if isinstance(to, str) else one_line(to.full_name),
        subject=subject,
        text=text,
        html=html,
        links=links or {},
    )


def queue_notice(kind: str, *, user: User, device: str) -> OutgoingMail:
    """Inform the owner of a change of the second step; `kind` is the mail."""
    return _queue_security_mail(kind, user, device=device)


def queue_second_step_removed(*, user: User) -> OutgoingMail:
    """Inform the owner that the Consortium's staff removed the second factor."""
    return _queue_security_mail("second_step_removed", user)


def queue_recovery_code_used(*, user: User, left: int, device: str) -> OutgoingMail:
    return _queue_security_mail("recovery_code_used", user, device=device, left=left)


def queue_wrong_codes(*, user: User) -> OutgoingMail:
    """Warn that someone knows the password and is guessing codes."""
    return _queue_security_mail("wrong_codes", user)


def _queue_security_mail(name: str, user: User, **context: Any) -> OutgoingMail:
    """In the language of the page that `user` is on."""
    page = settings.SITE_URL + reverse("accounts:sessions")
    context = {"name": user.full_name, "at": timezone.localtime(), "link": page, **context}
    return _queue(name, to=user, language=get_language(), context=context)
