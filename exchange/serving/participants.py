"""Flow 2: students in a sitting."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Membership, Role, User
from assessments import lifecycle
from assessments.models import Assessment, Attendance, Event, Participation, Sitting, Status
from assessments.start.start import start
from exams import catalogue
from exchange.models import Partner
from exchange.serving import schemas
from exchange.serving.enrolment import find_or_enrol, find_participant
from exchange.serving.examiners import examine
from exchange.serving.problems import Conflict, Forbidden, Problem
from exchange.serving.sittings import TAKEN_ELSEWHERE, get_sitting, plan_assessments

RELATED = (
    "assessment__student__user",
    "assessment__initiator",
    "assessment__exam",
    "assessment__unit",
    "sitting__unit__exam_version__exam",
    "sitting__origin",
)


def find_participation(partner: Partner, public_id: UUID) -> Participation | None:
    """Return a student's part in a sitting of the partner, or None; raise `Forbidden` for one of others."""
    found = Participation.objects.filter(school=partner.school, public_id=public_id).select_related(*RELATED).first()
    if found is None:
        return None
    origin = getattr(found.sitting, "origin", None) if found.sitting else None
    if origin is None or origin.partner_id != partner.pk:
        raise Forbidden(TAKEN_ELSEWHERE)
    return found


def put_student(
    partner: Partner, public_id: UUID, sitting_id: UUID, body: schemas.Association
) -> tuple[Participation, bool]:
    """Let a student take part, for whom an assessment is started, or change how; return it and whether it is new.

    The same body twice changes nothing. Raise `Problem`, or `Conflict` for what can't be changed any more.
    """
    if not partner.school.digital_assessment_active:
        raise Forbidden("Digital assessment is not switched on for this school.")
    get_sitting(partner, sitting_id)
    student = _student(partner, body)
    try:
        with transaction.atomic():
            return _put(partner, public_id, sitting_id, body, student)
    except IntegrityError:  # the id was used at the same moment
        raise Conflict("Another request uses this association at this moment; repeat this one.") from None


def _student(partner: Partner, body: schemas.Association) -> Membership:
    if isinstance(body.person, schemas.Person):
        return find_or_enrol(partner, body.person)
    student = find_participant(partner, str(body.person))
    if student is None:
        raise Problem("person: this id was not sent before; send the person in full.")
    return student


def _put(
    partner: Partner, public_id: UUID, sitting_id: UUID, body: schemas.Association, student: Membership
) -> tuple[Participation, bool]:
    sitting = get_sitting(partner, sitting_id, lock=True)
    participation = find_participation(partner, public_id)
    if participation and participation.assessment.student_id != student.pk:
        raise Conflict("person: an association stays with its student; use another id.")
    is_new = participation is None
    is_over = participation is not None and participation.assessment.status == Status.CANCELLED
    if sitting.is_cancelled and (is_new or is_over):
        raise Conflict("offering: canceled; make it active before students take part.")
    if participation is None:
        participation = Participation(school=partner.school, public_id=public_id)
    if is_new or is_over:
        participation.assessment = _start(partner, sitting, student)
        participation.attendance = Attendance.NOT_KNOWN
    is_moved = not is_new and participation.sitting_id != sitting.pk
    if is_moved and not is_over:
        _refuse_other_unit(participation, sitting)
    participation.sitting = sitting
    participation.person_id = str(body.person.personId if isinstance(body.person, schemas.Person) else body.person)
    set_needs(participation, body.consumers)
    # What the school records about the exam itself is not the planning system's to write back.
    own = ["sitting", "person_id", "extra_minutes", "needs", "version"]
    participation.save(update_fields=None if is_new else [*own, *["assessment", "attendance"] * is_over])
    if is_moved:
        plan_assessments(sitting)
    if is_new or is_over or is_moved:
        examine(sitting, [participation.assessment])
    return participation, is_new


def _refuse_other_unit(participation: Participation, sitting: Sitting) -> None:
    """Raise `Conflict` unless the student's assessment is of the other sitting's unit."""
    unit, other = participation.assessment.unit, sitting.unit
    if (participation.assessment.exam_id, unit.code) != (other.exam_version.exam_id, other.code):
        raise Conflict("offering: of another component than the student's assessment; use another association.")


def _start(partner: Partner, sitting: Sitting, student: Membership) -> Assessment:
    """Start the assessment on the name of a docent, who gets the exam on the account."""
    by = _initiator(partner, sitting)
    catalogue.add_to_account(user=by, exam=sitting.unit.exam_version.exam)
    day = timezone.localdate(sitting.starts_at)
    assessment = start(unit=sitting.unit, student=student, by=by, planned_on=day, place=sitting.room)
    lifecycle.record(assessment, kind=Event.Kind.PLANNED, by_name=partner.name)
    return assessment


def _initiator(partner: Partner, sitting: Sitting) -> User:
    """Return a docent among the staff, else the partner's."""
    docents = partner.school.memberships.present().filter(role=Role.DOCENT, user__is_active=True).select_related("user")
    emails = [staff.email for staff in sitting.staff.filter(is_cancelled=False).exclude(email="")]
    if among_staff := docents.filter(user__email__in=emails).order_by("pk").first():
        return among_staff.user
    if partner.initiator_id and (chosen := docents.filter(pk=partner.initiator_id).first()):
        return chosen.user
    raise Conflict("The school has not chosen a docent on whose name this system starts assessments.")


def set_needs(
    participation: Participation, consumers: list[schemas.ConsumerOnAssociation], *, merge: bool = False
) -> None:
    """Set the adaptations granted; with `merge` only those that were sent."""
    consumer = consumers[0] if consumers else None
    sent = consumer.model_fields_set if consumer else set()
    minutes = schemas.extra_minutes(consumer) if consumer else None
    needs = consumer.personalNeeds if consumer else None
    before = participation.extra_minutes, participation.needs
    if not merge or sent & {"additionalTimeInMin", "extraTimeInMin"}:
        participation.extra_minutes = minutes or 0
    if not merge or "personalNeeds" in sent:
        participation.needs = needs or []
    if participation.pk and before != (participation.extra_minutes, participation.needs):
        participation.version += 1  # a form that is open refuses to save over it


def patch_student(partner: Partner, participation: Participation, body: schemas.AssociationPatch) -> Participation:
    """Change the adaptations of a student."""
    with transaction.atomic():
        current = (
            Participation.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=participation.pk)
        )
        set_needs(current, body.consumers, merge=True)
        current.save(update_fields=["extra_minutes", "needs", "version"])
    return current
