"""Another e-mail address for an account: asked for, confirmed from the new mailbox, stopped from the old one.

What follows an account's address listens to the account being saved: the address book, and with it the links of an
examiner's invitations, which are void at the old address from then on.
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
# Long enough to come back from a weekend; an old mailbox may get into other hands, and must not hold on for longer.
STOP_TERM = timedelta(days=3)
# As long as anything says under which address someone logged in or was mailed: whoever erases the account has to know.
KEPT = timedelta(days=370)
_OPEN = Q(confirmed_at=None, withdrawn_at=None, stopped_at=None)


class AddressTaken(Exception):
    """Another account has the address by now."""


class OtherDomain(Exception):
    """The school of who registered there lets them have addresses of its `domains` alone."""

    def __init__(self, school: School) -> None:
        self.school, self.domains = school, school.student_domains
        super().__init__(school)


def refuse_other_domain(user: User, email: str) -> None:
    """Raises `OtherDomain` where the address would leave the domains that let its owner register.

    The domain is all that a school knows of who made an account there. Whom Schoolbeheer invited, or gave another
    role, or who is at several schools or left (their mailbox ends) goes where they like. So does whose study ended by
    its date: students mostly stay in the school, dated by a list, until nothing of theirs is kept.
    """
    held = list(user.memberships.present().select_related("school"))
    schools = {one.school for one in held}
    if any(one.study_ended for one in held):
        return
    if len(schools) != 1 or {one.role for one in held} != {Role.STUDENT}:
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
    """What waits to be confirmed, if anything does."""
    return user.email_changes.filter(_OPEN, asked_at__gte=timezone.now() - CONFIRM_TERM).first()


def ask(*, user: User, email: str, language: str) -> None:
    """Mails both addresses; a change that waited until now is withdrawn. Nothing else changes yet.

    An address that has an account already is told that, and whoever asks is not.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        withdraw(user=user)
        change = EmailChange.objects.create(user=user, old_email=user.email, new_email=email)
        if User.objects.filter(email=email).exists():
            mails.queue_has_account(to=email, language=language)
        else:
            mails.queue_confirm_email(change=change, until=change.asked_at + CONFIRM_TERM, language=language)
        mails.queue_email_change_asked(change=change, until=change.asked_at + STOP_TERM, language=language)


def withdraw(*, user: User) -> None:
    """What waits to be confirmed never will be; a link to stop it goes on working."""
    user.email_changes.filter(_OPEN).update(withdrawn_at=timezone.now())


def confirm(*, change: EmailChange) -> None:
    """Gives the account its new address. Raises `LinkGone` when it waits no more, `AddressTaken`, or `OtherDomain`."""
    with transaction.atomic():
        user, current = _locked(change)
        _refuse_unless_open(current)
        refuse_other_domain(user, current.new_email)
        current.confirmed_at = timezone.now()
        current.save(update_fields=["confirmed_at"])
        _give(user, current.new_email)
    logger.info("Account %s has another address", user.pk)


def stop(*, change: EmailChange, language: str) -> None:
    """'Dit was ik niet': undoes the change and what came after, if it took place, and shuts out who knows the password.

    Every session ends, and a mail to the old address lets its owner choose a new password. Raises `LinkGone`
    when it was stopped before, `AddressTaken` when the old address has another account by now.
    """
    with transaction.atomic():
        user, current = _locked(change)
        _refuse_unless_stoppable(current)
        since = user.email_changes.filter(asked_at__gte=current.asked_at)
        took_place = since.filter(confirmed_at__isnull=False).exists()
        since.update(stopped_at=timezone.now())  # their own links to stop them, too: they went to who did this
        left = user.email
        if took_place:
            _give(user, current.old_email)
        user.set_unusable_password()
        user.save(update_fields=["password"])
        sessions.end_all(user=user)
        if user.email != left:
            mails.queue_email_given_back(to=left, language=language)
        link = password.mail_link(user=user, language=language)
        mails.queue_new_password(user=user, link=link, language=language)
    logger.warning("Account %s: a change of address was stopped from the old one", user.pk)


def find_to_confirm(token: str, user: User) -> EmailChange:
    """The change of a link mailed to the new address, when it is this person's own; else raises `LinkGone`."""
    pk = CONFIRM_EMAIL.read(token)["change"]
    change = user.email_changes.filter(pk=pk).first()
    if change is None:
        raise LinkGone("unknown")
    _refuse_unless_open(change)
    return change


def find_to_stop(token: str) -> EmailChange:
    """The change of a link mailed to the old address; raises `LinkGone`."""
    change = EmailChange.objects.filter(pk=STOP_EMAIL.read(token)["change"]).first()
    if change is None:  # forgotten, long after that time
        raise LinkGone("expired")
    _refuse_unless_stoppable(change)
    return change


def resolve_confirm(data: Mapping[str, Any]) -> str:
    """The URL for a mail about to go out; raises `LinkVoid`."""
    change = EmailChange.objects.filter(_OPEN, pk=data["change"], asked_at__gte=timezone.now() - CONFIRM_TERM)
    if not change.exists():
        raise LinkVoid("De wijziging is intussen ingetrokken of verlopen.")
    return CONFIRM_EMAIL.url(data)


def resolve_stop(data: Mapping[str, Any]) -> str:
    """The URL for a mail about to go out; raises `LinkVoid`."""
    change = EmailChange.objects.filter(pk=data["change"], stopped_at=None, asked_at__gte=timezone.now() - STOP_TERM)
    if not change.exists():
        raise LinkVoid("De wijziging is intussen gestopt, of te lang geleden.")
    return STOP_EMAIL.url(data)


def forget_old() -> None:
    """Deletes what was asked so long ago that nothing is kept of the earlier address any more."""
    EmailChange.objects.filter(asked_at__lt=timezone.now() - KEPT).delete()


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


def _give(user: User, email: str) -> None:
    others = User.objects.filter(email=email).exclude(pk=user.pk)
    if others.exists():
        raise AddressTaken
    user.email = email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        if others.exists():  # made at this moment
            raise AddressTaken from None
        raise
