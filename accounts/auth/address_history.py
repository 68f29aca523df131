"""The e-mail addresses that an account has and had, each with its period.

Schools reassign mailboxes, so what was mailed to an address belongs to its owner at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from accounts.models import EmailChange, User
from accounts.models.registration import REGISTRATION_TERM


@dataclass(frozen=True)
class Address:
    """An address of a user from `since` up to `until`; None for the present address."""

    email: str
    since: datetime
    until: datetime | None = None


def addresses_of(user: User) -> list[Address]:
    """Return the addresses, the present address first; earlier ones as long as their changes are stored."""
    left = sorted(_left(user.email_changes.all()), key=lambda item: item[1])
    emails = [*(email for email, _ in left), user.email]
    moments = [at for _, at in left]
    begin = _had_from(user, emails[0])
    spans = zip(emails, [begin, *moments], [*moments, None], strict=True)
    return [Address(email, since, until) for email, since, until in spans][::-1]


def _left(changes: Iterable[EmailChange]) -> Iterable[tuple[str, datetime]]:
    """Yield the addresses given up, and when: by confirming a new address, or by stopping that."""
    stopped: dict[datetime, EmailChange] = {}  # of several stopped at once, the newest was the address
    for change in changes:
        if not change.confirmed_at:
            continue
        yield change.old_email, change.confirmed_at
        if at := change.stopped_at:
            stopped[at] = max(stopped.get(at, change), change, key=lambda item: (item.asked_at, item.pk))
    for at, change in stopped.items():
        yield change.new_email, at


def _had_from(user: User, email: str) -> datetime:
    """Return since when the address was the user's: registering mails it before the account exists."""
    ever = EmailChange.objects.filter(Q(old_email=email) | Q(new_email=email)).exclude(user=user)
    given_up = [at for left, at in _left(ever) if left == email]
    return max([user.joined_at - REGISTRATION_TERM, *(at for at in given_up if at <= user.joined_at)])


def mails_to(addresses: Iterable[Address]) -> Q:
    """Return a filter on the outbox."""
    return _any(addresses, "to__iexact", "created_at")


def answered_to(addresses: Iterable[Address]) -> Q:
    """Return a filter on the outbox: mails whose replies go to the user."""
    return _any(addresses, "reply_to__iexact", "created_at")


def invited_at(addresses: Iterable[Address]) -> Q:
    """Return a filter on invitations to a school."""
    return _any(addresses, "email", "created_at")


def _any(addresses: Iterable[Address], name: str, at: str) -> Q:
    return reduce(or_, (Q(**{name: address.email}) & _within(address, at) for address in addresses))


def _within(address: Address, at: str) -> Q:
    since = Q(**{f"{at}__gte": address.since})
    return since & Q(**{f"{at}__lt": address.until}) if address.until else since
