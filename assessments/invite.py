"""Inviting examiners by mail (source text, part A, 'Examinator(en) uitnodigen')."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact
from digibeoordelen.outbox.queue import Attachment

from . import lifecycle, links, mails
from .models import CLOSED, Assessment, Event, Invitation, InvitationAttachment

RENEW_PAUSE = timedelta(minutes=5)


def invitable(assessment: Assessment) -> list[Contact]:
    """Examiners with a part of their own and no standing invitation yet, sorted by last name."""
    invited = assessment.invitations.standing().values("contact")
    return list(
        Contact.objects.filter(assignments__in=assessment.live_assignments.values("pk"))
        .exclude(pk__in=invited)
        .distinct()
        .order_by("last_name", "first_name")
    )


def invite(
    *,
    assessment: Assessment,
    contacts: Collection[Contact],
    by: User,
    remark: str = "",
    attachments: Sequence[Attachment] = (),
    version: int | None = None,
) -> list[Invitation]:
    """Invites `contacts` and queues a mail to each, in one transaction.

    Raises `DomainError` when there is nobody to invite, someone has no part or was invited already
    (a form posted twice), or the assessment is closed.
    """
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_if_closed(current)
        allowed = {contact.pk: contact for contact in invitable(current)}  # read under the lock: the address counts
        if not contacts:
            raise lifecycle.DomainError("Kies eerst wie u wilt uitnodigen.")
        refused = [contact.full_name for contact in contacts if contact.pk not in allowed]
        if refused:
            raise lifecycle.DomainError(f"Al uitgenodigd, of nog niet gekozen als examinator: {', '.join(refused)}.")
        invitations = [_invite_one(current, allowed[contact.pk], remark, attachments) for contact in contacts]
        lifecycle.bump_version(current)
        lifecycle.settle(
            current, kind=Event.Kind.INVITED, by=by, examiners=sorted(contact.full_name for contact in contacts)
        )
    return invitations


def invite_again(*, invitation: Invitation, by: User) -> None:
    """A new link with a new term, by a new mail; older links are void from now on."""
    with lifecycle.locked(invitation.assessment) as current:
        lifecycle.refuse_if_closed(current)
        fresh = _standing(current, invitation)
        _renew(fresh)
        _mail(fresh)
        lifecycle.settle(current, kind=Event.Kind.INVITED_AGAIN, by=by, examiner=fresh.contact.full_name)


def invite_at_new_address(*, contact: Contact, by: User | None) -> int:
    """Each invitation that stands in a running assessment goes to the contact's new address; how many do.

    Links in mails to the old address are void from now on. Call it in the transaction that saves
    the address. `by` is None when the contact follows an account.
    """
    sent = 0
    # All of those with a part, not of those invited: an invitation that is being made is then seen under the lock.
    running = Assessment.objects.exclude(status__in=CLOSED).filter(assignments__contact=contact)
    for assessment in running.distinct().order_by("pk"):
        with lifecycle.locked(assessment) as current:
            invitation = current.invitations.standing().filter(contact=contact).first()
            if invitation is None or current.is_closed:
                continue
            fresh = _standing(current, invitation)
            _renew(fresh)
            _mail(fresh)
            data = {"examiner": contact.full_name, "reason": "Het e-mailadres is gewijzigd."}
            lifecycle.settle(current, kind=Event.Kind.INVITED_AGAIN, by=by, **data)
            sent += 1
    return sent


def withdraw(*, invitation: Invitation, by: User, reason: str = "") -> None:
    """The examiner is not asked any more: the link is void, also when it is invited again later.

    The choice of examiner and what was written stay as they are. With the last invitation
    withdrawn the assessment is NEW again. Raises `DomainError` when it was withdrawn before or the
    assessment is closed.
    """
    with lifecycle.locked(invitation.assessment) as current:
        lifecycle.refuse_if_closed(current)
        fresh = _standing(current, invitation)
        fresh.withdrawn_at = timezone.now()
        fresh.save(update_fields=["withdrawn_at"])
        lifecycle.bump_version(current)
        name = fresh.contact.full_name
        lifecycle.settle(current, kind=Event.Kind.WITHDRAWN, by=by, examiner=name, reason=reason.strip())


def request_new_link(*, invitation: Invitation) -> None:
    """Mails the invitation's own examiner a working link, at their request ('Vraag een nieuwe link aan').

    The present link goes out again while it is valid, so that someone with an old link can't make
    the examiner's own one void; an expired one is replaced. At most one mail per `RENEW_PAUSE`.
    Raises `DomainError` when the invitation stands no more.
    """
    with lifecycle.locked(invitation.assessment) as current:
        fresh = _standing(current, invitation)
        if not links.stands(fresh):
            raise lifecycle.DomainError("Deze uitnodiging is ingetrokken.")
        if fresh.mail and fresh.mail.created_at > timezone.now() - RENEW_PAUSE and not fresh.is_expired:
            return
        if fresh.is_expired:
            _renew(fresh)
        _mail(fresh)
        lifecycle.record(current, kind=Event.Kind.LINK_RENEWED, by_name=fresh.contact.full_name)


def _standing(assessment: Assessment, invitation: Invitation) -> Invitation:
    fresh = (
        assessment.invitations.standing()
        .select_related("contact", "mail", "assessment__student__user", "assessment__unit", "assessment__exam")
        .select_related("assessment__school", "assessment__initiator")
        .filter(pk=invitation.pk)
        .first()
    )
    if fresh is None:
        raise lifecycle.DomainError("Deze uitnodiging is ingetrokken.")
    return fresh


def _invite_one(assessment: Assessment, contact: Contact, remark: str, attachments: Sequence[Attachment]) -> Invitation:
    now = timezone.now()
    expires_at = now + timedelta(days=assessment.school.link_days)
    earlier = assessment.invitations.filter(contact=contact).first()
    if earlier:
        invitation = earlier
        invitation.generation += 1
        invitation.attachments.all().delete()
    else:
        invitation = Invitation(assessment=assessment, contact=contact)
    invitation.remark, invitation.invited_at, invitation.expires_at = remark, now, expires_at
    invitation.withdrawn_at = None
    invitation.save()
    InvitationAttachment.objects.bulk_create(
        InvitationAttachment(invitation=invitation, filename=a.filename, content_type=a.content_type, file=a.file)
        for a in attachments
    )
    _mail(invitation)
    return invitation


def _renew(invitation: Invitation) -> None:
    invitation.generation += 1
    invitation.expires_at = timezone.now() + timedelta(days=invitation.assessment.school.link_days)
    invitation.save(update_fields=["generation", "expires_at"])


def _mail(invitation: Invitation) -> None:
    invitation.mail = mails.queue_invitation(invitation=invitation)
    invitation.save(update_fields=["mail"])
