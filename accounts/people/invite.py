"""Asking someone to join a school, once more, or no more after all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from celery import shared_task
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import Role, School, SchoolInvitation, User

from .mails import queue_invitation
from .roles import locked

logger = logging.getLogger(__name__)
VALID = timedelta(days=14)  # from when its mail is written
BATCH = 200  # mails written in one transaction
HAS_MANAGER = (
    "Deze school heeft al iemand met de rol Schoolbeheer; die nodigt zelf collega's uit. Is die persoon onbereikbaar, "
    "laat een superuser dat account dan eerst uitzetten."
)
IS_ASKED = "Er staat al een uitnodiging open, aan {name}. Verzend die opnieuw, of trek die eerst in."
NOT_YOURSELF = "Dit is uw eigen e-mailadres. Een rol voor uzelf vraagt u aan een collega met de rol Schoolbeheer."


class InviteRefused(Exception):
    """Somebody who can't be invited; the message (Dutch) says why. `there` is who has a role here already."""

    def __init__(self, message: str, *, there: User | None = None) -> None:
        self.there = there
        super().__init__(message)


def invite(*, school: School, invitation: SchoolInvitation, roles: Sequence[str], by: User) -> SchoolInvitation:
    """Sends an unsaved `invitation`, with name and address, for these roles. Raises `InviteRefused`.

    Who has an account at another school is asked like anyone else: a slip of the pen puts no stranger into a
    committee, and the screen does not tell who has an account.
    """
    invitation.school, invitation.by, invitation.by_name = school, by, by.full_name
    invitation.roles = in_order(roles)
    invitation.set_derived()
    _refuse(school, invitation.email, by)
    try:
        with transaction.atomic():
            invitation.save()
            send(invitation)
    except IntegrityError:  # asked by a colleague at this very moment
        _refuse(school, invitation.email, by)
        raise
    return invitation


def invite_first_manager(*, school: School, invitation: SchoolInvitation, by: User) -> SchoolInvitation:
    """The Consortium asks someone to be the school's first Schoolbeheer; from then on the school asks its own.

    Raises `InviteRefused`, also while there is one (whose account is switched off counts no more), or one is asked: of
    two of the staff who ask at the same moment the second is told.
    """
    with locked(school):
        if school.memberships.filter(role=Role.SCHOOLBEHEER, user__is_active=True).exists():
            raise InviteRefused(HAS_MANAGER)
        if there := asked_managers(school).first():
            raise InviteRefused(IS_ASKED.format(name=there.full_name))
        return invite(school=school, invitation=invitation, roles=[Role.SCHOOLBEHEER], by=by)


def asked_managers(school: School) -> QuerySet[SchoolInvitation]:
    """Who was asked for this role alone, as the Consortium does, and did not answer yet."""
    return school.school_invitations.open().filter(roles=[Role.SCHOOLBEHEER.value])


def _refuse(school: School, email: str, by: User) -> None:
    if email == by.email:
        raise InviteRefused(NOT_YOURSELF)
    there = User.objects.filter(email=email, memberships__in=school.memberships.all()).first()
    if there:
        raise InviteRefused(f"{there.full_name} hoort al bij {school}. Geef de rol daar.", there=there)
    if school.school_invitations.open().filter(email=email).exists():
        raise InviteRefused("Dit e-mailadres heeft al een open uitnodiging. Verzend die opnieuw, of trek die eerst in.")


def in_order(roles: Sequence[str]) -> list[str]:
    return [role.value for role in Role if role.value in roles]


def send(invitation: SchoolInvitation) -> None:
    """Writes the mail; call it in the transaction that makes the invitation, or makes the older link void."""
    now = timezone.now()
    invitation.wanted_at, invitation.expires_at = invitation.wanted_at or now, now + VALID
    invitation.mail = queue_invitation(invitation)
    invitation.save(update_fields=["generation", "wanted_at", "expires_at", "mail"])


def send_again(*, invitation: SchoolInvitation) -> bool:
    """'Opnieuw verzenden': a fresh link, and the older one is void; False when it is no longer open."""
    with transaction.atomic():
        current = _lock(invitation)
        if current is None:
            return False
        if current.expires_at:
            current.generation += 1
        send(current)
    return True


def withdraw(*, invitation: SchoolInvitation) -> bool:
    """Makes the link void, of a mail that did not go out yet, too; False when it is no longer open.

    An account that a list made stays, with its roles: those are taken on the page of that person.
    """
    with transaction.atomic():
        current = _lock(invitation)
        if current is None:
            return False
        current.withdrawn_at = timezone.now()
        current.save(update_fields=["withdrawn_at"])
    return True


def _lock(invitation: SchoolInvitation) -> SchoolInvitation | None:
    current = SchoolInvitation.objects.open().select_for_update(of=("self",)).select_related("school", "by")
    return current.filter(pk=invitation.pk).first()


def want_unsent(*, school: School) -> int:
    """Has a worker send the mails of this school that were left for later; how many."""
    wanted = school.school_invitations.unsent().update(wanted_at=timezone.now())
    if wanted:
        announce()
    return wanted


def want_expired(*, school: School) -> int:
    """Has a worker send the expired ones of this school once more, each with a fresh link; how many."""
    anew = {"generation": F("generation") + 1, "wanted_at": timezone.now(), "mail": None, "expires_at": None}
    wanted = school.school_invitations.expired().update(**anew)
    if wanted:
        announce()
    return wanted


def announce() -> None:
    """Tells a worker, once the transaction is through, that there are mails to write."""

    transaction.on_commit(lambda: send_invitations.delay(), robust=True)


def send_wanted() -> int:
    """Writes the mails that are wanted, some at a time; how many. Any number of workers may do so at once."""
    written = 0
    while batch := _send_some():
        written += batch
    return written


def _try_to_send(invitation: SchoolInvitation) -> None:
    """One that can't be mailed goes back to those that wait to be sent, and keeps no other from going."""
    try:
        with transaction.atomic():
            send(invitation)
    except ValueError:
        logger.exception("Invitation %s can't be mailed", invitation.pk)
        SchoolInvitation.objects.filter(pk=invitation.pk).update(wanted_at=None)


def _send_some() -> int:
    with transaction.atomic():
        wanted = SchoolInvitation.objects.to_send().select_related("school", "by").order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            wanted = wanted.select_for_update(skip_locked=True, of=("self",))
        some = list(wanted[:BATCH])
        for invitation in some:
            _try_to_send(invitation)
    return len(some)


@shared_task(name="accounts.tasks.send_invitations")
def send_invitations() -> None:
    """Writes the mails of invitations that are wanted; also what a crash left."""

    send_wanted()
