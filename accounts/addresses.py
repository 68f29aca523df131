"""The e-mail addresses that an account has and had: what was sent there, and who logged in with it, is its owner's.

A school gives the mailbox of who left to who comes: so an address is someone's from one moment to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from .auth.registration import TERM
from .models import EmailChange, User


@dataclass(frozen=True)
class Address:
    """Someone's from `since` on, up to `until`: of the address of now that is None."""

    email: str
    since: datetime
    until: datetime | None = None


def addresses_of(user: User) -> list[Address]:
    """The address of now first. Earlier ones are known for as long as `change_email` keeps that they were changed."""
    left = sorted(_left(user.email_changes.all()), key=lambda found: found[1])
    emails = [*(email for email, _ in left), user.email]
    moments = [at for _, at in left]
    begin = _had_from(user, emails[0])
    spans = zip(emails, [begin, *moments], [*moments, None], strict=True)
    return [Address(email, since, until) for email, since, until in spans][::-1]


def _left(changes: Iterable[EmailChange]) -> Iterable[tuple[str, datetime]]:
    """The addresses that were given up, and when: by confirming a new one, or by stopping what came of that."""
    stopped: dict[datetime, EmailChange] = {}  # several at once: of these the newest was the address
    for change in changes:
        if not change.confirmed_at:
            continue
        yield change.old_email, change.confirmed_at
        if at := change.stopped_at:
            stopped[at] = max(stopped.get(at, change), change, key=lambda one: (one.asked_at, one.pk))
    for at, change in stopped.items():
        yield change.new_email, at


def _had_from(user: User, email: str) -> datetime:
    """The mail by which one registers comes before the account; not before another account gave the address up."""
    ever = EmailChange.objects.filter(Q(old_email=email) | Q(new_email=email)).exclude(user=user)
    given_up = [at for left, at in _left(ever) if left == email]
    return max([user.joined_at - TERM, *(at for at in given_up if at <= user.joined_at)])


def mails_to(addresses: Iterable[Address]) -> Q:
    """A filter of the outbox."""
    return _any(addresses, "to__iexact", "created_at")


def logins_with(addresses: Iterable[Address]) -> Q:
    """A filter of the log of logging in, where a device may follow the address (`login_name`)."""
    addresses = list(addresses)
    on_device = [replace(one, email=f"{one.email} ") for one in addresses]
    return _any(addresses, "username__iexact", "attempt_time") | _any(
        on_device, "username__istartswith", "attempt_time"
    )


def answered_to(addresses: Iterable[Address]) -> Q:
    """A filter of the outbox: mails that are answered to this person."""
    return _any(addresses, "reply_to__iexact", "created_at")


def invited_at(addresses: Iterable[Address]) -> Q:
    """A filter of invitations for a school."""
    return _any(addresses, "email", "created_at")


def _any(addresses: Iterable[Address], name: str, at: str) -> Q:
    return reduce(or_, (Q(**{name: one.email}) & _within(one, at) for one in addresses))


def _within(address: Address, at: str) -> Q:
    since = Q(**{f"{at}__gte": address.since})
    return since & Q(**{f"{at}__lt": address.until}) if address.until else since
