"""The mails about how a person logs in: one function a mail, each queued in its caller's transaction.

They are in the language of the page that was open; nobody's account says what its owner reads.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail

from .models import User


def queue_second_step_on(*, user: User, device: str) -> OutgoingMail:
    """Logging in asks for a code from now on."""
    return _queue("second_step_on", user, device=device)


def queue_second_step_off(*, user: User, device: str) -> OutgoingMail:
    """Logging in asks for the password alone, as the person chose."""
    return _queue("second_step_off", user, device=device)


def queue_second_step_removed(*, user: User) -> OutgoingMail:
    """The Consortium's staff took the second step away, for who lost phone and recovery codes."""
    return _queue("second_step_removed", user)


def queue_new_recovery_codes(*, user: User, device: str) -> OutgoingMail:
    """The older recovery codes are void."""
    return _queue("new_recovery_codes", user, device=device)


def queue_recovery_code_used(*, user: User, left: int, device: str) -> OutgoingMail:
    """One recovery code less."""
    return _queue("recovery_code_used", user, device=device, left=left)


def queue_wrong_codes(*, user: User) -> OutgoingMail:
    """Someone who knows the password guesses at the code."""
    return _queue("wrong_codes", user)


def _queue(name: str, user: User, **context: Any) -> OutgoingMail:
    page = settings.SITE_URL + reverse("accounts:sessions")
    context = {"name": user.full_name, "at": timezone.localtime(), "link": page, **context}
    folder = f"accounts/mail/{name}"
    return queue_mail(
        kind=name,
        to=user.email,
        to_name=" ".join(user.full_name.split()),
        subject=" ".join(render_to_string(f"{folder}.subject.txt", context).split()),
        text=render_to_string(f"{folder}.txt", context),
        html=render_to_string(f"{folder}.html", context).strip(),
    )
