"""Flow 2: staff of a sitting; an assessor examines the whole exam of everyone in it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from assessments import links
from assessments.coupling.couplings import Target, choose_examiners, chosen_at
from assessments.invitations.invite import invite
from assessments.models import Assessment, Invitation, Sitting, SittingStaff
from digibeoordelen.outbox.links import LinkVoid
from exchange.models import Partner
from exchange.serving import schemas
from exchange.serving.enrolment import checked_mail, checked_name
from exchange.serving.problems import Conflict, Forbidden, NotFound, Problem
from exchange.serving.sittings import TAKEN_ELSEWHERE, get_sitting

ASSESSOR = SittingStaff.Role.ASSESSOR
WHOLE_EXAM = Target()


def find_staff(partner: Partner, public_id: UUID) -> SittingStaff | None:
    """Return a member of staff in a sitting of the partner, or None; raise `Forbidden` for one of others."""
    related = ("sitting__origin", "contact", "school")
    found = SittingStaff.objects.filter(school=partner.school, public_id=public_id).select_related(*related).first()
    if found is None:
        return None
    origin = getattr(found.sitting, "origin", None)
    if origin is None or origin.partner_id != partner.pk:
        raise Forbidden(TAKEN_ELSEWHERE)
    return found


def put_staff(
    partner: Partner, public_id: UUID, sitting_id: UUID, body: schemas.Association
) -> tuple[SittingStaff, bool]:
    """Give someone a task at a sitting, or change who; an assessor is coupled and invited.

    The same body twice changes nothing. Raise `Problem`, or `Conflict` for what can't be changed any more.
    """
    if body.role not in SittingStaff.Role.values:
        raise Problem(f"role: student, {', '.join(SittingStaff.Role.values)}.")
    try:
        with transaction.atomic():
            return _put(partner, public_id, sitting_id, body)
    except IntegrityError:  # the id was used at the same moment
        raise Conflict("Another request uses this association at this moment; repeat this one.") from None


def _put(partner: Partner, public_id: UUID, sitting_id: UUID, body: schemas.Association) -> tuple[SittingStaff, bool]:
    sitting = get_sitting(partner, sitting_id, lock=True)
    staff = find_staff(partner, public_id)
    is_new = staff is None
    if staff is None:
        if sitting.is_cancelled:
            raise Conflict("offering: canceled; make it active before anyone takes part.")
        staff = SittingStaff(school=partner.school, public_id=public_id, sitting=sitting, role=body.role)
    if (staff.role, staff.sitting_id) != (body.role, sitting.pk):
        raise Conflict("An association stays with its role and offering; use another id.")
    if isinstance(body.person, schemas.Person):
        _set_person(staff, body.person)
    elif is_new:
        raise Problem("person: send a member of staff in full.")
    contact = _contact(staff) if staff.role == ASSESSOR else None
    if staff.contact and contact != staff.contact and not staff.is_cancelled:
        _stop_examining(sitting, staff.contact, but=staff)
    staff.contact, staff.is_cancelled = contact, False
    staff.save()
    if contact:
        examine(sitting, _running(sitting))
    return staff, is_new


def _set_person(staff: SittingStaff, person: schemas.Person) -> None:
    for field, value in checked_name(person).items():
        setattr(staff, field, value)
    staff.email, staff.person_id = checked_mail(person), str(person.personId)
    if staff.role == ASSESSOR and not staff.email:
        raise Problem("person.mail: an assessor is invited by mail, so that an address is required.")


def _contact(staff: SittingStaff) -> Contact:
    """Return the contact of the address book with the assessor's address, added if it is new."""
    name = {"first_name": staff.first_name, "infix": staff.infix, "last_name": staff.last_name}
    try:
        return add_by_hand(school=staff.school, contact=Contact(email=staff.email, **name))
    except AlreadyListed as listed:
        return listed.contact


def _running(sitting: Sitting) -> list[Assessment]:
    return list(Assessment.objects.running().filter(participation__sitting=sitting).for_pages().order_by("pk"))


def examine(sitting: Sitting, assessments: Sequence[Assessment]) -> None:
    """Let the sitting's assessors examine the whole exam of each, beside who does already; invite them in one mail."""
    assessors = sitting.staff.filter(role=ASSESSOR, is_cancelled=False, contact__isnull=False).select_related("contact")
    contacts = {staff.contact for staff in assessors if staff.contact}
    if not contacts:
        return
    for assessment in assessments:
        chosen = set(chosen_at(assessment, WHOLE_EXAM))
        if contacts - chosen:
            both = chosen | contacts
            choose_examiners(assessment=assessment, target=WHOLE_EXAM, contacts=both, by=assessment.initiator)
    for initiator in {assessment.initiator for assessment in assessments}:
        own = [assessment for assessment in assessments if assessment.initiator == initiator]
        if refused := invite(assessments=own, contacts=contacts, by=initiator).refused:
            raise Conflict(f"The assessors can't be invited for {len(refused)} student(s).")


def cancel_staff(partner: Partner, staff: SittingStaff) -> SittingStaff:
    """End someone's task; raise `DomainError` where an assessor has begun."""
    with transaction.atomic():
        sitting = get_sitting(partner, staff.sitting.public_id, lock=True)
        current = SittingStaff.objects.select_related("contact", "sitting").get(pk=staff.pk)
        if not current.is_cancelled and current.contact:
            _stop_examining(sitting, current.contact, but=current)
        current.is_cancelled = True
        current.save(update_fields=["is_cancelled"])
    return current


def _stop_examining(sitting: Sitting, contact: Contact, *, but: SittingStaff) -> None:
    """Take a contact off the whole exam of everyone, unless another association has the same one."""
    others = sitting.staff.filter(role=ASSESSOR, is_cancelled=False, contact=contact).exclude(pk=but.pk)
    if others.exists():
        return
    for assessment in _running(sitting):
        chosen = chosen_at(assessment, WHOLE_EXAM)
        if contact in chosen:
            rest = [other for other in chosen if other != contact]
            choose_examiners(assessment=assessment, target=WHOLE_EXAM, contacts=rest, by=assessment.initiator)


def assessor_url(staff: SittingStaff) -> str:
    """Return the link of 'Start beoordeling' to all students of the sitting; raise `NotFound` while there is none."""
    invitations = list(
        Invitation.objects.standing()
        .filter(contact=staff.contact, assessment__participation__sitting=staff.sitting)
        .exclude(contact__isnull=True)
        .order_by("assessment")
    )
    invitations = [] if staff.is_cancelled else invitations
    if not invitations:
        raise NotFound("The assessor has no student in this offering yet.")
    one = len(invitations) == 1
    link = links.mail_link(invitation=invitations[0]) if one else links.batch_mail_link(invitations=invitations)
    try:
        return links.resolve(link.data)
    except LinkVoid:
        raise NotFound("The assessor's invitations are no longer valid.") from None
