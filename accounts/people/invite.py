"""Inviting people to a school: send, resend, withdraw."""

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
MAILS_PER_TRANSACTION = 200  # mails written in one transaction
HAS_MANAGER = (
    "Deze school heeft al iemand met de rol Schoolbeheer; die nodigt zelf collega's uit. Is die persoon onbereikbaar, "
    "laat een superuser dat account dan eerst uitzetten."
)
IS_ASKED = "Er staat al een uitnodiging open, aan {name}. Verzend die opnieuw, of trek die eerst in."
OWN_ADDRESS = "Dit is uw eigen e-mailadres. Een rol voor uzelf vraagt u aan een collega met de rol Schoolbeheer."


class InviteRefused(Exception):
    """The invitation is not possible; the message (Dutch) explains it. `existing` already has a role here."""

    def __init__(self, message: str, *, existing: User | None = None) -> None:
        self.existing = existing
        super().__init__(message)


def invite(*, school: School, invitation: SchoolInvitation, roles: Sequence[str], by: User) -> SchoolInvitation:
    """Send an unsaved `invitation`, with name and address, for these roles; raise `InviteRefused`.

    An account at another school is invited as well, so that a mistyped address adds no stranger to a committee, and the
    screen does not reveal who has an account.
    """
    invitation.school, invitation.by, invitation.by_name = school, by, by.full_name
    invitation.roles = ordered_roles(roles)
    invitation.set_derived()
    _refuse(school, invitation.email, by)
    try:
        with transaction.atomic():
            invitation.save()
            send(invitation)
    except IntegrityError:  # invited by a colleague at the same time
        _refuse(school, invitation.email, by)
        raise
    return invitation


def invite_first_manager(*, school: School, invitation: SchoolInvitation, by: User) -> SchoolInvitation:
    """Invite the school's first Schoolbeheer, for the Consortium.

    Raise `InviteRefused`, also while an active Schoolbeheer or an open invitation exists; the lock holds for two
    members of staff at once.
    """
    with locked(school):
        if school.memberships.filter(role=Role.SCHOOLBEHEER, user__is_active=True).exists():
            raise InviteRefused(HAS_MANAGER)
        if pending := manager_invitations().filter(school=school).first():
            raise InviteRefused(IS_ASKED.format(name=pending.full_name))
        return invite(school=school, invitation=invitation, roles=[Role.SCHOOLBEHEER], by=by)


def manager_invitations() -> QuerySet[SchoolInvitation]:
    """Return open invitations for Schoolbeheer alone, as the Consortium sends them."""
    return SchoolInvitation.objects.open().filter(roles=[Role.SCHOOLBEHEER.value])


def _refuse(school: School, email: str, by: User) -> None:
    if email == by.email:
        raise InviteRefused(OWN_ADDRESS)
    existing = User.objects.filter(email=email, memberships__in=school.memberships.all()).first()
    if existing:
        raise InviteRefused(f"{existing.full_name} hoort al bij {school}. Geef de rol daar.", existing=existing)
    if school.school_invitations.open().filter(email=email).exists():
        raise InviteRefused("Dit e-mailadres heeft al een open uitnodiging. Verzend die opnieuw, of trek die eerst in.")


def ordered_roles(roles: Sequence[str]) -> list[str]:
    return [role.value for role in Role if role.value in roles]


def send(invitation: SchoolInvitation) -> None:
    """Queue the mail; call it in the transaction that creates the invitation or voids its older link."""
    now = timezone.now()
    invitation.wanted_at, invitation.expires_at = invitation.wanted_at or now, now + VALID
    invitation.mail = queue_invitation(invitation)
    invitation.save(update_fields=["generation", "wanted_at", "expires_at", "mail"])


def send_again(*, invitation: SchoolInvitation) -> bool:
    """Send a new link and void the older one; return False if the invitation is no longer open."""
    with transaction.atomic():
        current = _lock(invitation)
        if current is None:
            return False
        if current.expires_at:
            current.generation += 1
        send(current)
    return True


def withdraw(*, invitation: SchoolInvitation) -> bool:
    """Void the link, also of a mail still in the queue; return False if the invitation is no longer open.

    An imported account and its roles stay; they are removed on the person's page.
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


def queue_unsent(*, school: School) -> int:
    """Request the unsent mails of this school; return how many."""
    count = school.school_invitations.unsent().update(wanted_at=timezone.now())
    if count:
        start_sending()
    return count


def queue_expired(*, school: School) -> int:
    """Request a new link for each expired invitation of this school; return how many."""
    renewal = {"generation": F("generation") + 1, "wanted_at": timezone.now(), "mail": None, "expires_at": None}
    count = school.school_invitations.expired().update(**renewal)
    if count:
        start_sending()
    return count


def start_sending() -> None:
    """Start `send_invitations` when the transaction commits."""

    transaction.on_commit(lambda: send_invitations.delay(), robust=True)


def send_queued() -> int:
    """Write the requested mails in batches and return how many; workers may run concurrently."""
    written = 0
    while count := _send_batch():
        written += count
    return written


def _try_to_send(invitation: SchoolInvitation) -> None:
    """Send one invitation; if it can't be mailed, return it to the unsent ones so that the others go on."""
    try:
        with transaction.atomic():
            send(invitation)
    except ValueError:
        logger.exception("Invitation %s can't be mailed", invitation.pk)
        SchoolInvitation.objects.filter(pk=invitation.pk).update(wanted_at=None)


def _send_batch() -> int:
    with transaction.atomic():
        pending = SchoolInvitation.objects.to_send().select_related("school", "by").order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            pending = pending.select_for_update(skip_locked=True, of=("self",))
        batch = list(pending[:MAILS_PER_TRANSACTION])
        for invitation in batch:
            _try_to_send(invitation)
    return len(batch)


@shared_task(name="accounts.tasks.send_invitations")
def send_invitations() -> None:
    """Write the requested mails, including those that a crash left."""

    send_queued()
