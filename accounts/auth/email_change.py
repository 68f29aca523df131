"""Changing an account's e-mail address: requested, confirmed from the new mailbox, stopped from the old one.

The address book receives the account's `post_save` and voids an examiner's links at the old address. Not allauth's
change of address, whose link works for anyone who gets it, also at a mistyped address, cannot be stopped from the old
address, and is refused to an account with a second step.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import EmailChange, Role, RoleChange, School, User
from accounts.sessions import sessions
from digibeoordelen.outbox.links import LinkVoid

from . import mails, password
from .links import CONFIRM_EMAIL, STOP_EMAIL, LinkGone

logger = logging.getLogger(__name__)
CONFIRM_TERM = timedelta(hours=24)
# Long enough to cover a weekend; short, since an old mailbox can get another owner.
STOP_TERM = timedelta(days=3)
# As long as mails mention the earlier address: erasing the account needs it.
RETENTION = timedelta(days=370)
_OPEN = Q(confirmed_at=None, withdrawn_at=None, stopped_at=None)


class AddressTaken(Exception):
    """Another account has the address."""


class OtherDomain(Exception):
    """The user registered at a school that only allows addresses of its `domains`."""

    def __init__(self, school: School) -> None:
        self.school, self.domains = school, school.student_domains
        super().__init__(school)


def refuse_other_domain(user: User, email: str) -> None:
    """Raise `OtherDomain` if the new address is outside the domains that allowed the registration.

    The domain is the school's only evidence about a self-registered student. It does not bind users who were invited,
    have another role or several schools, have left, or whose study has ended.
    """
    memberships = list(user.memberships.present().select_related("school"))
    schools = {membership.school for membership in memberships}
    if any(membership.study_ended for membership in memberships):
        return
    if len(schools) != 1 or {membership.role for membership in memberships} != {Role.STUDENT}:
        return
    [school] = schools
    domains = school.student_domains
    if _domain(user.email) not in domains or _domain(email) in domains:
        return
    if user.role_changes.filter(school=school, how=RoleChange.How.REGISTERED).exists():
        raise OtherDomain(school)


def _domain(email: str) -> str:
    return email.rpartition("@")[2]


def open_change(user: User) -> EmailChange | None:
    """Return the change that waits for confirmation."""
    return user.email_changes.filter(_OPEN, asked_at__gte=timezone.now() - CONFIRM_TERM).first()


def request_change(*, user: User, email: str, language: str) -> None:
    """Mail both addresses, and withdraw an earlier request; the address changes on confirmation.

    If the new address has an account only its mailbox learns that, not the requester.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        withdraw_change(user=user)
        change = EmailChange.objects.create(user=user, old_email=user.email, new_email=email)
        if User.objects.filter(email=email).exists():
            mails.queue_has_account(to=email, language=language)
        else:
            mails.queue_confirm_email(change=change, until=change.asked_at + CONFIRM_TERM, language=language)
        mails.queue_email_change_asked(change=change, until=change.asked_at + STOP_TERM, language=language)


def withdraw_change(*, user: User) -> None:
    """Withdraw the open request; the link to stop it stays valid."""
    user.email_changes.filter(_OPEN).update(withdrawn_at=timezone.now())


def confirm_change(*, change: EmailChange) -> None:
    """Set the new address. Raise `LinkGone` if it is no longer open, `AddressTaken`, or `OtherDomain`."""
    with transaction.atomic():
        user, current = _locked(change)
        _refuse_unless_open(current)
        refuse_other_domain(user, current.new_email)
        current.confirmed_at = timezone.now()
        current.save(update_fields=["confirmed_at"])
        _set_address(user, current.new_email)
    logger.info("Account %s has another address", user.pk)


def stop(*, change: EmailChange, language: str) -> None:
    """Revert the change and later ones, and lock out anyone who knows the password ('Dit was ik niet').

    End every session and mail the old address a link for a new password. Raise `LinkGone` if it was stopped before,
    `AddressTaken` if another account has the old address.
    """
    with transaction.atomic():
        user, current = _locked(change)
        _refuse_unless_stoppable(current)
        since = user.email_changes.filter(asked_at__gte=current.asked_at)
        was_confirmed = since.filter(confirmed_at__isnull=False).exists()
        since.update(stopped_at=timezone.now())  # their links to stop were mailed to the attacker's address
        abandoned = user.email
        if was_confirmed:
            _set_address(user, current.old_email)
        user.set_unusable_password()
        user.save(update_fields=["password"])
        sessions.end_all(user=user)
        if user.email != abandoned:
            mails.queue_email_given_back(to=abandoned, language=language)
        link = password.password_link(user=user, language=language)
        mails.queue_new_password(user=user, link=link, language=language)
    logger.warning("Account %s: a change of address was stopped from the old one", user.pk)


def get_open_change(token: str, user: User) -> EmailChange:
    """Return the user's own change for a link mailed to the new address; raise `LinkGone`."""
    pk = CONFIRM_EMAIL.read(token)["change"]
    change = user.email_changes.filter(pk=pk).first()
    if change is None:
        raise LinkGone("unknown")
    _refuse_unless_open(change)
    return change


def get_stoppable_change(token: str) -> EmailChange:
    """Return the change for a link mailed to the old address; raise `LinkGone`."""
    change = EmailChange.objects.filter(pk=STOP_EMAIL.read(token)["change"]).first()
    if change is None:  # purged
        raise LinkGone("expired")
    _refuse_unless_stoppable(change)
    return change


def resolve_confirm(data: Mapping[str, Any]) -> str:
    """Return the URL for the mail being sent; raise `LinkVoid`."""
    change = EmailChange.objects.filter(_OPEN, pk=data["change"], asked_at__gte=timezone.now() - CONFIRM_TERM)
    if not change.exists():
        raise LinkVoid("De wijziging is intussen ingetrokken of verlopen.")
    return CONFIRM_EMAIL.url(data)


def resolve_stop(data: Mapping[str, Any]) -> str:
    """Return the URL for the mail being sent; raise `LinkVoid`."""
    change = EmailChange.objects.filter(pk=data["change"], stopped_at=None, asked_at__gte=timezone.now() - STOP_TERM)
    if not change.exists():
        raise LinkVoid("De wijziging is intussen gestopt, of te lang geleden.")
    return STOP_EMAIL.url(data)


def purge_old() -> None:
    """Delete requests older than the data kept about the earlier address."""
    EmailChange.objects.filter(asked_at__lt=timezone.now() - RETENTION).delete()


def _locked(change: EmailChange) -> tuple[User, EmailChange]:
    user = User.objects.select_for_update(no_key=True).get(pk=change.user_id)
    current = user.email_changes.filter(pk=change.pk).first()
    if current is None:
        raise LinkGone("expired")
    return user, current


def _refuse_unless_open(change: EmailChange) -> None:
    if change.confirmed_at or change.withdrawn_at or change.stopped_at:
        raise LinkGone("used")
    if change.asked_at + CONFIRM_TERM < timezone.now():
        raise LinkGone("expired")


def _refuse_unless_stoppable(change: EmailChange) -> None:
    if change.stopped_at:
        raise LinkGone("used")
    if change.asked_at + STOP_TERM < timezone.now():
        raise LinkGone("expired")


def _set_address(user: User, email: str) -> None:
    other_accounts = User.objects.filter(email=email).exclude(pk=user.pk)
    if other_accounts.exists():
        raise AddressTaken
    user.email = email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        if other_accounts.exists():  # created at the same time
            raise AddressTaken from None
        raise
