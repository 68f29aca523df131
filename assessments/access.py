"""The initiator's screens (source text, part A, and 'Beoordeling inzien initiator')."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import Role, User
from addressbook.models import Contact
from exams.models import ExamUnit

from . import request_data
from .models import Assessment, AssessmentQuerySet, Invitation, InvitationQuerySet, Proposal


def get_unit(user: User, pk: int) -> ExamUnit:
    """A published unit of an exam on the docent's account; else 404."""
    units = ExamUnit.objects.select_related("exam_version__exam").filter(
        exam_version__published_at__isnull=False, exam_version__exam__account_exams__user=user
    )
    if not user.schools_as(Role.DOCENT).exists():
        units = units.none()
    return get_object_or_404(units, pk=pk)


def get_assessment(user: User, public_id: UUID) -> Assessment:
    """An assessment that the docent may follow and change; else 404."""
    return get_object_or_404(Assessment.objects.for_docent(user).for_pages(), public_id=public_id)


def detail_url(assessment: Assessment) -> str:
    return reverse("assessments:detail", args=[assessment.public_id])


def ticked_contacts(assessment: Assessment, data: QueryDict) -> list[Contact]:
    """The ticked contacts of the address book, and who was chosen before and has left it since."""
    mine = Q(removed_at__isnull=True) | Q(pk__in=assessment.couplings.values("contact"))
    return list(assessment.school.contacts.filter(mine, pk__in=request_data.numbers(data, "examinator")))


def get_invitation(user: User, public_id: UUID) -> Invitation:
    """An invitation, withdrawn or not, of an assessment that the docent may follow and change; else 404."""
    invitations = Invitation.objects.select_related("contact", "mail", "assessment__student__user")
    return get_object_or_404(
        invitations, public_id=public_id, assessment__in=Assessment.objects.for_docent(user).for_pages()
    )


def get_examiner(user: User, public_id: UUID, contact_id: int) -> tuple[Assessment, Contact]:
    """An assessment of the docent's, and someone of that school's address book, there now or before; else 404."""
    assessment = get_assessment(user, public_id)
    return assessment, get_object_or_404(assessment.school.contacts, pk=contact_id)


def of_unit(*, user: User, unit: ExamUnit) -> AssessmentQuerySet:
    """The docent's assessments of this unit, over all its versions."""
    return Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)


def invitations_of(*, user: User, unit: ExamUnit) -> InvitationQuerySet:
    """The invitations in the docent's assessments of this unit."""
    return Invitation.objects.filter(assessment__in=of_unit(user=user, unit=unit))


def get_assessments(user: User, unit: ExamUnit, data: QueryDict, name: str = "beoordeling") -> list[Assessment]:
    """The named assessments of this unit, all of one school, that the docent may change; else 404."""
    wanted = request_data.public_ids(data, name)
    of_unit = Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)
    found = list(
        of_unit.for_pages().filter(public_id__in=wanted[: MAX_TOGETHER + 1]).order_by("student__sort_key", "pk")
    )
    one_school = len({assessment.school_id for assessment in found}) == 1
    if not one_school or len(found) != len(wanted) or len(found) > MAX_TOGETHER:
        raise Http404
    return found


def get_proposal(user: User, public_id: UUID) -> Proposal:
    """A proposal, answered or not, for an assessment that the docent may follow and change; else 404."""
    proposals = Proposal.objects.select_related(
        "invitation__contact", "invitation__assessment__student__user", "invitation__assessment__school"
    )
    mine = Assessment.objects.for_docent(user)
    return get_object_or_404(proposals, public_id=public_id, invitation__assessment__in=mine)


MAX_TOGETHER = 60  # students; an address that names their assessments fits in what web servers take
