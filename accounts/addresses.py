"""The e-mail addresses that an account has and had: what was sent there, and who logged in with it, is its owner's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from .models import User


@dataclass(frozen=True)
class Address:
    """`until`: of one that another account has by now, the last moment at which it can have been this person's."""

    email: str
    until: datetime | None = None


def addresses_of(user: User) -> list[Address]:
    """The address of now first. Earlier ones are known for as long as `change_email` keeps that they were changed."""
    changes = list(user.email_changes.all())
    earlier = {change.old_email for change in changes}
    earlier |= {change.new_email for change in changes if change.confirmed_at}
    earlier.discard(user.email)
    others = set(User.objects.filter(email__in=earlier).values_list("email", flat=True))
    moments = [at for change in changes for at in (change.confirmed_at, change.stopped_at) if at]
    last = max(moments, default=None)
    former = [Address(email, last if email in others else None) for email in sorted(earlier)]
    return [Address(user.email), *former]


def mails_to(addresses: Iterable[Address]) -> Q:
    """A filter of the outbox."""
    return _any(addresses, "to__iexact", "created_at__lte")


def logins_with(addresses: Iterable[Address]) -> Q:
    """A filter of the log of logging in."""
    return _any(addresses, "username__iexact", "attempt_time__lte")


def answered_to(addresses: Iterable[Address]) -> Q:
    """A filter of the outbox: mails that are answered to this person."""
    return _any(addresses, "reply_to__iexact", "created_at__lte")


def invited_at(addresses: Iterable[Address]) -> Q:
    """A filter of invitations for a school."""
    return _any(addresses, "email", "created_at__lte")


def _any(addresses: Iterable[Address], name: str, until: str) -> Q:
    found = (Q(**{name: one.email}) & (Q(**{until: one.until}) if one.until else Q()) for one in addresses)
    return reduce(or_, found)
