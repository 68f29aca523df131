"""Inviting examiners by mail (source text, part A, 'Examinator(en) uitnodigen')."""

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
from assessments.coupling.batch import Outcome
from assessments.coupling.couplings import invitable
from assessments.models import CLOSED, Assessment, Assignment, Event, Invitation, InvitationAttachment
from assessments.models.assessment import is_student
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment

RENEW_PAUSE = timedelta(minutes=5)


class TooManyRequests(lifecycle.DomainError):
    """Whoever holds an old link has had the examiner mailed more often than an examiner asks."""


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
    (a form posted twice), the assessment is closed or was changed since `version`, or its student or initiator left.
    """
    with lifecycle.locked(assessment) as current:
        invitations = make_invitations(
            current, contacts=contacts, by=by, remark=remark, attachments=attachments, version=version
        )
        for invitation in invitations:
            _queue_mail(invitation)
    return invitations


def make_invitations(
    assessment: Assessment,
    *,
    contacts: Collection[Contact],
    by: User,
    remark: str = "",
    attachments: Sequence[Attachment] = (),
    version: int | None = None,
) -> list[Invitation]:
    """The invitations alone: call it inside `lifecycle.locked()` and queue their mail in the same transaction.

    Raises what `invite` raises.
    """
    lifecycle.refuse_own(assessment.student, by=by)
    lifecycle.refuse_if_closed(assessment)
    leavers.refuse_left(assessment)
    allowed = {contact.pk: contact for contact in invitable(assessment)}  # read under the lock: the address counts
    if not contacts:
        raise lifecycle.DomainError("Kies eerst wie u wilt uitnodigen.")
    refused = [contact.full_name for contact in contacts if contact.pk not in allowed]
    if refused:
        raise lifecycle.DomainError(f"Al uitgenodigd, of nog niet gekozen als examinator: {', '.join(refused)}.")
    lifecycle.refuse_if_changed(assessment, since=version)
    couplings.refuse_student(assessment, [allowed[contact.pk] for contact in contacts])  # by an address changed since
    invitations = [_invite_one(assessment, allowed[contact.pk], remark, attachments) for contact in contacts]
    lifecycle.bump_version(assessment)
    names = full_names(contacts)
    lifecycle.update_status(assessment, kind=Event.Kind.INVITED, by=by, examiners=names)
    return invitations


def invite_like(invitation: Invitation, *, contact: Contact) -> Invitation:
    """Invites `contact` by mail with another's remark and attachments; call it inside `lifecycle.locked()`.

    Raises `DomainError` when the student or the initiator left.
    """
    leavers.refuse_left(invitation.assessment)
    files = [
        Attachment(filename=a.filename, content_type=a.content_type, file=a.file)
        for a in invitation.attachments.select_related("file")
    ]
    made = _invite_one(invitation.assessment, contact, invitation.remark, files)
    _queue_mail(made)
    return made


def invite_again(*, invitation: Invitation, by: User, generation: int | None = None) -> None:
    """A new link with a new term, by a new mail; older links are void from now on.

    With `generation` it is refused when a newer link was made since (a form posted twice): the link
    that was just sent must not be made void by its own repetition.
    """
    with lifecycle.locked(invitation.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        leavers.refuse_left(current)
        fresh = _standing(current, invitation)
        if generation is not None and fresh.generation != generation:
            raise lifecycle.DomainError(f"Er is al een nieuwe mail met een nieuwe link voor {fresh.contact.full_name}.")
        couplings.refuse_student(current, [fresh.contact])
        _renew(fresh)
        _queue_mail(fresh)
        lifecycle.update_status(current, kind=Event.Kind.INVITED_AGAIN, by=by, examiner=fresh.contact.full_name)


def invite_at_new_address(*, contact: Contact, by: User | None) -> int:
    """Each invitation that stands in a running assessment goes to the contact's new address; how many do.

    Those of one initiator with one exam, remark and attachments go in one mail. Links in mails to
    the old address are void from now on. Who has completed every part is not mailed, nor is anyone
    where the student or the initiator left: a new link comes when they ask for it. Where the new
    address is the student's the invitation is withdrawn: nobody assesses themselves. Call it in the
    transaction that saves the address. `by` is None when the contact follows an account.
    """
    to_mail = []
    # All of those with a part, not of those invited: an invitation that is being made is then seen under the lock.
    running = Assessment.objects.exclude(status__in=CLOSED).filter(assignments__contact=contact)
    for assessment in running.distinct().order_by("pk"):
        with lifecycle.locked(assessment) as current:
            invitation = current.invitations.standing().filter(contact=contact).first()
            if invitation is None or current.is_closed:
                continue
            fresh = _standing(current, invitation)
            if is_student(current, fresh.contact):
                _withdraw(current, fresh, by=by, reason="Het nieuwe e-mailadres is dat van de student zelf.")
                continue
            _renew(fresh)
            reason = "Het e-mailadres is gewijzigd."
            if why := leavers.why_paused(current):
                reason += f" Er ging geen mail uit. {why}"
            elif current.live_assignments.filter(contact=contact, completed_at__isnull=True).exists():
                to_mail.append(fresh)
            else:
                reason += " Er ging geen mail uit: alles was al afgerond."
            name = contact.full_name
            lifecycle.update_status(current, kind=Event.Kind.INVITED_AGAIN, by=by, examiner=name, reason=reason)
    _mail_together(to_mail)
    return len(to_mail)


def withdraw_from_student(*, user: User) -> None:
    """Takes the invitations away that are at the student's own address, now that their account has it.

    Call it in the transaction that saves the account.
    """
    own = Assessment.objects.exclude(status__in=CLOSED).filter(student__user=user, invitations__withdrawn_at=None)
    for assessment in own.filter(invitations__contact__email=user.email).distinct().order_by("pk"):
        with lifecycle.locked(assessment) as current:
            standing = current.invitations.standing().select_related("contact")
            for invitation in standing.filter(contact__email=user.email):
                _withdraw(current, invitation, by=None, reason="Dit e-mailadres is nu dat van de student zelf.")


def withdraw(*, invitation: Invitation, by: User, reason: str = "") -> None:
    """The examiner is not asked any more: the link is void, also when it is invited again later.

    The choice of examiner and what was written stay as they are. With the last invitation
    withdrawn the assessment is NEW again. Raises `DomainError` when it was withdrawn before or the
    assessment is closed.
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
    """Mails the invitation's own examiner a working link, at their request ('Vraag een nieuwe link aan').

    The present link goes out again while it is valid, so that someone with an old link can't make
    the examiner's own one void; an expired one is replaced. At most one mail per `RENEW_PAUSE` and
    address.
    Raises `DomainError` when the invitation stands no more or the student left, `TooManyRequests` after
    too many in a day.
    """
    with lifecycle.locked(invitation.assessment) as current:
        fresh = _standing(current, invitation)
        if not links.is_active(fresh):
            raise lifecycle.DomainError("Deze uitnodiging is ingetrokken.")
        leavers.refuse_student_left(current)
        couplings.refuse_student(current, [fresh.contact])
        mail = fresh.mail if fresh.mail and fresh.mail.to == fresh.contact.email else None
        if mail and mail.created_at > timezone.now() - RENEW_PAUSE and not fresh.is_expired:
            return
        if rate_limits.NEW_LINKS_BY_INVITATION.exceeds(str(fresh.pk)):
            raise TooManyRequests("Er is vandaag al vaak een nieuwe link gemaild.")
        if fresh.is_expired:
            _renew(fresh)
        _queue_mail(fresh)
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


def _queue_mail(invitation: Invitation) -> None:
    invitation.mail = mails.queue_invitation(invitation=invitation)
    invitation.save(update_fields=["mail"])


def _mail_together(invitations: Iterable[Invitation]) -> None:
    alike: dict[Any, list[Invitation]] = {}
    for invitation in invitations:
        files = tuple(invitation.attachments.values_list("filename", "content_type", "file"))
        assessment = invitation.assessment
        key = assessment.initiator_id, assessment.exam_id, invitation.remark, files
        alike.setdefault(key, []).append(invitation)
    for group in alike.values():
        mail = mails.queue_invitations(invitations=by_name(group), by=group[0].assessment.initiator)
        Invitation.objects.filter(pk__in=[invitation.pk for invitation in group]).update(mail=mail)


def by_name(invitations: Iterable[Invitation]) -> list[Invitation]:
    """In the order in which one mail names their students."""
    return sorted(invitations, key=lambda invitation: (invitation.assessment.student.sort_key, invitation.pk))


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
            outcome.mails += [_queue_batch_mail(invitations, by=by) for invitations in made.values()]
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


def _queue_batch_mail(invitations: Sequence[Invitation], *, by: User) -> OutgoingMail:
    mail = mails.queue_invitations(invitations=by_name(invitations), by=by)
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in invitations]).update(mail=mail)
    return mail
