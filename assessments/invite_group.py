"""Inviting examiners for several students: one mail with a button for each, or a mail each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from django.db import transaction

from accounts.models import User
from addressbook.models import Contact
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment

from . import lifecycle, mails
from .group import Outcome
from .invite import by_name, make_invitations
from .models import Assessment, Assignment, Invitation


def invite_for_all(
    *,
    assessments: Sequence[Assessment],
    contacts: Collection[Contact],
    by: User,
    one_mail: bool,
    remark: str = "",
    attachments: Sequence[Attachment] = (),
    versions: Mapping[int, int] | None = None,
) -> Outcome:
    """Invites each of `contacts` to the assessments they assess and have no invitation for.

    With `one_mail` an examiner gets a single mail with a button for each student, and all is one
    transaction; without, a mail for each student, one transaction a student. A student who is
    refused (closed, or changed since `versions`, an assessment's id → the version that the teacher
    saw) is named and the others go on. A form that is posted twice invites nobody twice.
    """
    outcome = Outcome()

    def invite_one(assessment: Assessment) -> list[Invitation]:
        version = (versions or {}).get(assessment.pk)
        with lifecycle.locked(assessment) as current:
            wanted = _still_wanted(current, contacts, version)
            if not wanted:
                return []
            return make_invitations(current, contacts=wanted, by=by, remark=remark, attachments=attachments)

    # Always in the same order: two teachers with the same students then wait for each other, once.
    ordered = sorted(assessments, key=lambda assessment: assessment.pk)
    for batch in [ordered] if one_mail else [[assessment] for assessment in ordered]:
        with transaction.atomic():
            made = _invite_batch(batch, invite_one, outcome)
            outcome.mails += [_mail(invitations, by=by) for invitations in made.values()]
    outcome.done.sort(key=list(assessments).index)
    return outcome


def _invite_batch(
    batch: Sequence[Assessment], invite_one: Callable[[Assessment], list[Invitation]], outcome: Outcome
) -> dict[int, list[Invitation]]:
    """A contact's id → its new invitations; who is refused is left as it was, in a savepoint of its own."""
    by_contact: dict[int, list[Invitation]] = {}
    for assessment in batch:
        try:
            invitations = invite_one(assessment)
        except lifecycle.DomainError as error:
            outcome.refuse(assessment, error)
            continue
        for invitation in invitations:
            by_contact.setdefault(invitation.contact_id, []).append(invitation)
        if invitations:
            outcome.done.append(assessment)
    return by_contact


def _still_wanted(assessment: Assessment, contacts: Collection[Contact], version: int | None) -> list[Contact]:
    """Those of `contacts` who assess it and have no invitation, read under the lock.

    Raises `DomainError` when there are such and the assessment was changed since `version`: what
    someone else invited meanwhile is no change that has to be told.
    """
    assessing = Assignment.objects.live().filter(assessment=assessment).values("contact")
    invited = assessment.invitations.standing().values("contact")
    pks = [contact.pk for contact in contacts]
    wanted = list(Contact.objects.filter(pk__in=pks).filter(pk__in=assessing).exclude(pk__in=invited))
    if wanted and version not in (None, assessment.version):
        raise lifecycle.DomainError(
            "Iemand anders heeft deze beoordeling intussen gewijzigd. Kijk hieronder na hoe het nu is en probeer "
            "het opnieuw."
        )
    return wanted


def _mail(invitations: Sequence[Invitation], *, by: User) -> OutgoingMail:
    mail = mails.queue_invitations(invitations=by_name(invitations), by=by)
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in invitations]).update(mail=mail)
    return mail
