"""Look up what the initiator's pages are about, within the docent's permissions (source text, part A)."""

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
from .models import Assessment, AssessmentQuerySet, Invitation, Proposal


def require_docent(user: User) -> None:
    """Raise `Http404` unless `user` is Docent at a school."""
    if not user.schools_as(Role.DOCENT).exists():
        raise Http404


def get_unit(user: User, pk: int) -> ExamUnit:
    """Return a published unit of an exam on the docent's account; else raise `Http404`."""
    units = ExamUnit.objects.select_related("exam_version__exam").filter(
        exam_version__published_at__isnull=False, exam_version__exam__account_exams__user=user
    )
    if not user.schools_as(Role.DOCENT).exists():
        units = units.none()
    return get_object_or_404(units, pk=pk)


def get_assessment(user: User, public_id: UUID) -> Assessment:
    """Return an assessment that the docent may read and change; else raise `Http404`."""
    return get_object_or_404(Assessment.objects.for_docent(user).for_pages(), public_id=public_id)


def detail_url(assessment: Assessment) -> str:
    return reverse("assessments:detail", args=[assessment.public_id])


def ticked_contacts(assessment: Assessment, data: QueryDict) -> list[Contact]:
    """Return the ticked contacts: those in the address book, and removed ones that are already coupled."""
    selectable = Q(removed_at__isnull=True) | Q(pk__in=assessment.couplings.values("contact"))
    return list(assessment.school.contacts.filter(selectable, pk__in=request_data.numbers(data, "examinator")))


def get_invitation(user: User, public_id: UUID) -> Invitation:
    """Return an invitation, withdrawn or not, of an assessment that the docent may change; else raise `Http404`."""
    invitations = Invitation.objects.select_related("contact", "mail", "assessment__student__user")
    return get_object_or_404(
        invitations, public_id=public_id, assessment__in=Assessment.objects.for_docent(user).for_pages()
    )


def get_examiner(user: User, public_id: UUID, contact_id: int) -> tuple[Assessment, Contact]:
    """Return an assessment of the docent and a contact of its school, removed or not; else raise `Http404`."""
    assessment = get_assessment(user, public_id)
    return assessment, get_object_or_404(assessment.school.contacts, pk=contact_id)


def of_unit(*, user: User, unit: ExamUnit) -> AssessmentQuerySet:
    """Return the docent's assessments of the unit, in every version of the exam."""
    return Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)


def get_assessments(user: User, unit: ExamUnit, data: QueryDict, name: str = "beoordeling") -> list[Assessment]:
    """Return the assessments listed under `name`, sorted by student.

    Raises `Http404` unless all are the docent's, of this unit and of one school, and at most `MAX_BATCH`.
    """
    public_ids = request_data.public_ids(data, name)
    queryset = Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)
    assessments = list(
        queryset.for_pages().filter(public_id__in=public_ids[: MAX_BATCH + 1]).order_by("student__sort_key", "pk")
    )
    one_school = len({assessment.school_id for assessment in assessments}) == 1
    if not one_school or len(assessments) != len(public_ids) or len(assessments) > MAX_BATCH:
        raise Http404
    return assessments


def get_proposal(user: User, public_id: UUID) -> Proposal:
    """Return a proposal, answered or not, for an assessment that the docent may change; else raise `Http404`."""
    proposals = Proposal.objects.select_related(
        "invitation__contact", "invitation__assessment__student__user", "invitation__assessment__school"
    )
    assessments = Assessment.objects.for_docent(user)
    return get_object_or_404(proposals, public_id=public_id, invitation__assessment__in=assessments)


MAX_BATCH = 60  # students; a URL with the ids of their assessments stays within the limits of web servers
