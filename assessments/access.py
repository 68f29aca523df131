"""Look up what the initiator's pages are about, within the docent's permissions (source text, part A)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import Role, School, User
from addressbook.models import Contact
from exams.models import ExamUnit

from . import request_data
from .models import Assessment, AssessmentQuerySet, Invitation, Proposal, Selection
from .models.selection import SelectionQuerySet


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


def ticked_contacts(assessments: Sequence[Assessment], data: QueryDict) -> list[Contact]:
    """Return the ticked contacts: those in the address book, and removed ones that are already coupled."""
    selectable = Q(removed_at__isnull=True) | Q(couplings__assessment__in=assessments)
    pks = request_data.numbers(data, "examinator")
    return list(assessments[0].school.contacts.filter(selectable, pk__in=pks).distinct())


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


MAX_BATCH = 60  # students; 'Ga verder' and 'Uitnodiging(en) verzenden' take some 50 ms for each


@dataclass(frozen=True)
class Selected:
    """The assessments that a page of the flow is about: a single one, or those of a `selection`, by student."""

    public_id: UUID
    unit: ExamUnit
    assessments: list[Assessment]

    @property
    def only(self) -> Assessment | None:
        return self.assessments[0] if len(self.assessments) == 1 else None

    @property
    def school(self) -> School:
        return self.assessments[0].school


def get_selected(user: User, public_id: UUID) -> Selected:
    """Return the assessment, or the selection of `user`, with this id; else raise `Http404`.

    Assessments that are no longer the docent's are left out; without any left it raises `Http404`.
    """
    queryset = Assessment.objects.for_docent(user).for_pages()
    if assessment := queryset.filter(public_id=public_id).first():
        return Selected(public_id, assessment.unit, [assessment])
    selection = get_object_or_404(user_selections(user), public_id=public_id)
    assessments = list(queryset.filter(pk__in=selection.assessments).order_by("student__sort_key", "pk"))
    if not assessments:
        raise Http404
    return Selected(public_id, selection.unit, assessments)


def get_selection(user: User, public_id: UUID) -> Selection:
    """Return the selection of `user` with this id, or an unsaved one of the assessment; else raise `Http404`."""
    if selection := user_selections(user).filter(public_id=public_id).first():
        selection.owner = user
        return selection
    assessment = get_assessment(user, public_id)
    return Selection(owner=user, unit=assessment.unit, assessments=[assessment.pk])


def user_selections(user: User) -> SelectionQuerySet:
    return Selection.objects.filter(owner=user).select_related("unit__exam_version__exam")


def get_proposal(user: User, public_id: UUID) -> Proposal:
    """Return a proposal, answered or not, for an assessment that the docent may change; else raise `Http404`."""
    proposals = Proposal.objects.select_related(
        "invitation__contact", "invitation__assessment__student__user", "invitation__assessment__school"
    )
    assessments = Assessment.objects.for_docent(user)
    return get_object_or_404(proposals, public_id=public_id, invitation__assessment__in=assessments)
