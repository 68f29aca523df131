"""Invite examiners by mail (source text, part A, 'Examinator(en) uitnodigen')."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact, full_names
from assessments import leavers, lifecycle, links, mails, rate_limits
from assessments.coupling import couplings
from assessments.coupling.batch import BatchOutcome
from assessments.coupling.couplings import invitable
from assessments.models import CLOSED, Assessment, Event, Invitation, InvitationAttachment
from assessments.models.assessment import is_student
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment

RENEW_PAUSE = timedelta(minutes=5)


class TooManyRequests(lifecycle.DomainError):
    """Too many new links were requested for the invitation in a day."""


def invite(
    *,
    assessments: Sequence[Assessment],
    contacts: Collection[Contact],
    by: User,
    one_mail: bool = True,
    remark: str = "",
    attachments: Sequence[Attachment] = (),
    versions: Mapping[int, int] | None = None,
) -> BatchOutcome:
    """Invite each of `contacts` for the assessments that they assess without an invitation.

    With `one_mail` an examiner gets a single mail about all students, and all is one transaction; otherwise it is a
    mail and a transaction per student. `versions` maps an assessment's id to the version on the docent's page. A
    student who is refused (closed, left, or changed since) is named in the outcome and the others continue. A form
    posted twice sends no second invitation.
    """
    outcome = BatchOutcome()

    def invite_one(assessment: Assessment) -> list[Invitation]:
        version = (versions or {}).get(assessment.pk)
        with lifecycle.locked(assessment) as current:
            return _invite_all(current, contacts, by=by, remark=remark, attachments=attachments, version=version)

    # A fixed order prevents deadlocks between docents with the same students.
    ordered = sorted(assessments, key=lambda assessment: assessment.pk)
    for batch in [ordered] if one_mail else [[assessment] for assessment in ordered]:
        with transaction.atomic():
            made = _invite_batch(batch, invite_one, outcome)
            outcome.mails += [_queue_mail(invitations, by=by) for invitations in made.values()]
    outcome.done.sort(key=list(assessments).index)
    return outcome


def _invite_batch(
    batch: Sequence[Assessment], invite_one: Callable[[Assessment], list[Invitation]], outcome: BatchOutcome
) -> dict[int, list[Invitation]]:
    """Return the new invitations by contact id; each assessment has its own savepoint, and a refusal rolls it back."""
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


def _invite_all(
    assessment: Assessment,
    contacts: Collection[Contact],
    *,
    by: User,
    remark: str,
    attachments: Sequence[Attachment],
    version: int | None,
) -> list[Invitation]:
    """Create the invitations of those of `contacts` who can be invited, without mail; call it under the lock.

    Raises `DomainError` when there are any and the assessment is closed or changed since `version`, or its student or
    initiator left; an invitation by someone else in the meantime is no reason to refuse.
    """
    wanted = {contact.pk for contact in contacts}
    invitees = [contact for contact in invitable(assessment) if contact.pk in wanted]  # with the current address
    if not invitees:
        return []
    lifecycle.refuse_own(assessment.student, by=by)
    lifecycle.refuse_if_closed(assessment)
    leavers.refuse_left(assessment)
    lifecycle.refuse_if_changed(assessment, since=version)
    couplings.refuse_student(assessment, invitees)  # the address may have changed
    invitations = [_invite_one(assessment, contact, remark, attachments) for contact in invitees]
    lifecycle.bump_version(assessment)
    lifecycle.update_status(assessment, kind=Event.Kind.INVITED, by=by, examiners=full_names(invitees))
    return invitations


def invite_like(invitation: Invitation, *, contact: Contact) -> Invitation:
    """Invite `contact` by mail with another's remark and attachments; call it inside `lifecycle.locked()`.

    Raises `DomainError` when the student or the initiator left.
    """
    leavers.refuse_left(invitation.assessment)
    files = [
        Attachment(filename=a.filename, content_type=a.content_type, file=a.file)
        for a in invitation.attachments.select_related("file")
    ]
    invitation_of_contact = _invite_one(invitation.assessment, contact, invitation.remark, files)
    _queue_mail([invitation_of_contact], by=invitation.assessment.initiator)
    return invitation_of_contact


def invite_again(*, invitation: Invitation, by: User, generation: int | None = None) -> None:
    """Mail a new link with a new term; older links are void.

    Raises `DomainError` when a newer link was made since `generation` (a form posted twice), so that a repeated post
    does not void the link just sent.
    """
    with lifecycle.locked(invitation.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        leavers.refuse_left(current)
        current_invitation = _standing(current, invitation)
        if generation is not None and current_invitation.generation != generation:
            raise lifecycle.DomainError(
                f"Er is al een nieuwe mail met een nieuwe link voor {current_invitation.contact.full_name}."
            )
        couplings.refuse_student(current, [current_invitation.contact])
        _renew(current_invitation)
        _queue_mail([current_invitation], by=current.initiator)
        lifecycle.update_status(
            current, kind=Event.Kind.INVITED_AGAIN, by=by, examiner=current_invitation.contact.full_name
        )


def invite_at_new_address(*, contact: Contact, by: User | None) -> int:
    """Renew the contact's standing invitations in running assessments; return how many were mailed.

    Invitations of one initiator with the same exam, remark and attachments share a mail. Links in mails to the old
    address are void. Examiners who completed every part are not mailed, nor is anyone when the student or the initiator
    left: they can request a new link. Where the new address is the student's, the invitation is withdrawn. Call it in
    the transaction that saves the address. `by` is None when the contact follows an account.
    """
    to_mail = []
    # All assessments with a part, not only invited ones: a concurrent invitation is then seen under the lock.
    running = Assessment.objects.exclude(status__in=CLOSED).filter(assignments__contact=contact)
    for assessment in running.distinct().order_by("pk"):
        with lifecycle.locked(assessment) as current:
            invitation = current.invitations.standing().filter(contact=contact).first()
            if invitation is None or current.is_closed:
                continue
            current_invitation = _standing(current, invitation)
            if is_student(current, current_invitation.contact):
                _withdraw(
                    current, current_invitation, by=by, reason="Het nieuwe e-mailadres is dat van de student zelf."
                )
                continue
            _renew(current_invitation)
            reason = "Het e-mailadres is gewijzigd."
            if why := leavers.why_paused(current):
                reason += f" Er ging geen mail uit. {why}"
            elif current.live_assignments.filter(contact=contact, completed_at__isnull=True).exists():
                to_mail.append(current_invitation)
            else:
                reason += " Er ging geen mail uit: alles was al afgerond."
            name = contact.full_name
            lifecycle.update_status(current, kind=Event.Kind.INVITED_AGAIN, by=by, examiner=name, reason=reason)
    _mail_batch(to_mail)
    return len(to_mail)


def withdraw_from_student(*, user: User) -> None:
    """Withdraw the invitations at the student's own address, after a change of the account's address.

    Call it in the transaction that saves the account.
    """
    assessments = Assessment.objects.exclude(status__in=CLOSED).filter(
        student__user=user, invitations__withdrawn_at=None
    )
    for assessment in assessments.filter(invitations__contact__email=user.email).distinct().order_by("pk"):
        with lifecycle.locked(assessment) as current:
            invitations = current.invitations.standing().select_related("contact")
            for invitation in invitations.filter(contact__email=user.email):
                _withdraw(current, invitation, by=None, reason="Dit e-mailadres is nu dat van de student zelf.")


def withdraw(*, invitation: Invitation, by: User, reason: str = "") -> None:
    """Withdraw the invitation: the link is void, also when the examiner is invited again later.

    The choice of examiner and the written work stay. When it was the last standing invitation, the assessment becomes
    NEW. Raises `DomainError` when it was withdrawn before or the assessment is closed.
    """
    with lifecycle.locked(invitation.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        _withdraw(current, _standing(current, invitation), by=by, reason=reason.strip())


def _withdraw(assessment: Assessment, invitation: Invitation, *, by: User | None, reason: str) -> None:
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    lifecycle.bump_version(assessment)
    name = invitation.contact.full_name
    lifecycle.update_status(assessment, kind=Event.Kind.WITHDRAWN, by=by, examiner=name, reason=reason)


def request_new_link(*, invitation: Invitation) -> None:
    """Mail the invitation's own examiner a valid link ('Vraag een nieuwe link aan').

    A valid link is sent again, so that the holder of an old link can't void the examiner's; an expired one is replaced.
    At most one mail per `RENEW_PAUSE` and address. Raises `DomainError` when the invitation is no longer active or the
    student left, `TooManyRequests` after too many requests in a day.
    """
    request_new_links(invitations=[invitation])


def request_new_links(*, invitations: Sequence[Invitation]) -> None:
    """Do so for several students of one examiner, in one mail; raise only when each of them is refused."""
    with transaction.atomic():
        renewed, refusals = [], []
        for invitation in sorted(invitations, key=lambda one: one.assessment_id):
            try:
                renewed.append(_new_link(invitation))
            except lifecycle.DomainError as error:
                refusals.append(error)
        _mail_batch(invitation for invitation in renewed if invitation)
    if refusals and not renewed:
        raise refusals[0]


def _new_link(invitation: Invitation) -> Invitation | None:
    """Return the invitation with a valid link, to mail; None when it was mailed just now."""
    with lifecycle.locked(invitation.assessment) as current:
        current_invitation = _standing(current, invitation)
        if not links.is_active(current_invitation):
            raise lifecycle.DomainError("Deze uitnodiging is ingetrokken.")
        leavers.refuse_student_left(current)
        couplings.refuse_student(current, [current_invitation.contact])
        mail = (
            current_invitation.mail
            if current_invitation.mail and current_invitation.mail.to == current_invitation.contact.email
            else None
        )
        if mail and mail.created_at > timezone.now() - RENEW_PAUSE and not current_invitation.is_expired:
            return None
        if rate_limits.NEW_LINKS_BY_INVITATION.exceeds(str(current_invitation.pk)):
            raise TooManyRequests("Er is vandaag al vaak een nieuwe link gemaild.")
        if current_invitation.is_expired:
            _renew(current_invitation)
        lifecycle.record(current, kind=Event.Kind.LINK_RENEWED, by_name=current_invitation.contact.full_name)
    return current_invitation


def _standing(assessment: Assessment, invitation: Invitation) -> Invitation:
    current_invitation = (
        assessment.invitations.standing()
        .select_related("contact", "mail", "assessment__student__user", "assessment__unit", "assessment__exam")
        .select_related("assessment__school", "assessment__initiator")
        .filter(pk=invitation.pk)
        .first()
    )
    if current_invitation is None:
        raise lifecycle.DomainError("Deze uitnodiging is ingetrokken.")
    return current_invitation


def _invite_one(assessment: Assessment, contact: Contact, remark: str, attachments: Sequence[Attachment]) -> Invitation:
    now = timezone.now()
    expires_at = assessment.school.link_expiry(now)
    earlier = assessment.invitations.filter(contact=contact).first()
    if earlier:
        invitation = earlier
        invitation.generation += 1
        invitation.attachments.all().delete()
    else:
        invitation = Invitation(assessment=assessment, contact=contact)
    invitation.remark, invitation.invited_at, invitation.expires_at = remark, now, expires_at
    invitation.asked_at, invitation.reminders_stopped_at = now, None
    invitation.withdrawn_at = invitation.replaced_by = invitation.reminded_at = None
    invitation.reminders = 0
    invitation.save()
    InvitationAttachment.objects.bulk_create(
        InvitationAttachment(invitation=invitation, filename=a.filename, content_type=a.content_type, file=a.file)
        for a in attachments
    )
    return invitation


def _renew(invitation: Invitation) -> None:
    invitation.generation += 1
    invitation.asked_at = timezone.now()
    invitation.expires_at = invitation.assessment.school.link_expiry(invitation.asked_at)
    invitation.save(update_fields=["generation", "asked_at", "expires_at"])


def _queue_mail(invitations: Sequence[Invitation], *, by: User) -> OutgoingMail:
    mail = mails.queue_invitations(invitations=by_name(invitations), by=by)
    for invitation in invitations:
        invitation.mail = mail
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in invitations]).update(mail=mail)
    return mail


def _mail_batch(invitations: Iterable[Invitation]) -> None:
    alike: dict[Any, list[Invitation]] = {}
    for invitation in invitations:
        files = tuple(invitation.attachments.values_list("filename", "content_type", "file"))
        assessment = invitation.assessment
        key = assessment.initiator_id, assessment.exam_id, invitation.remark, files
        alike.setdefault(key, []).append(invitation)
    for batch in alike.values():
        _queue_mail(batch, by=batch[0].assessment.initiator)


def by_name(invitations: Iterable[Invitation]) -> list[Invitation]:
    """Sort by student, the order in one mail."""
    return sorted(invitations, key=lambda invitation: (invitation.assessment.student.sort_key, invitation.pk))
