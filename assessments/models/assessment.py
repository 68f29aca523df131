"""One student, one exam unit, one attempt."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.fields import LineField, ProseField
from accounts.models import ExamCommittee, Membership, Role, School, Team, User
from addressbook.models import Contact
from exams.models import SCORE_CHOICES, Exam, ExamUnit

if TYPE_CHECKING:
    from .assignment import AssignmentQuerySet
    from .committee import FinalProposal


class Status(models.TextChoices):
    """The states of an assessment; `assessments.lifecycle` has the table of transitions."""

    NEW = "NEW", "Nieuw"
    INVITED = "INVITED", "Uitgenodigd"
    IN_PROGRESS = "IN_PROGRESS", "Wordt beoordeeld"
    ASSESSED = "ASSESSED", "Beoordeeld"
    FINAL = "FINAL", "Definitief"
    CANCELLED = "CANCELLED", "Ingetrokken"


class CancelKind(models.TextChoices):
    """Why an assessment was cancelled; MISTAKE is the initiator's, before any invitation."""

    NO_SHOW = "NO_SHOW", "Niet verschenen"
    IRREGULARITY = "IRREGULARITY", "Onregelmatigheid"
    INVALID = "INVALID", "Ongeldige poging"
    OTHER = "OTHER", "Anders"
    MISTAKE = "MISTAKE", "Per ongeluk gestart"


CLOSED = (Status.FINAL, Status.CANCELLED)


def student_left(to: str = "") -> Q:
    """Match the assessments, reached by the prefix `to` such as 'assessment__', whose student left.

    The same as `Assessment.student_left`.
    """
    left_on = f"{to}student__left_on"
    return (
        Q(**{f"{to}student__ended_at__isnull": False})
        | Q(**{f"{to}student__user__is_active": False})
        | Q(**{f"{left_on}__lte": timezone.localdate(), f"{left_on}__gte": F(f"{to}created_at__date")})
    )


def initiator_left(to: str = "") -> Q:
    """Match, like `student_left`, those whose initiator is no active Docent of the school."""
    docents = Membership.objects.filter(role=Role.DOCENT, user__is_active=True)
    return ~Q(Exists(docents.filter(user=OuterRef(f"{to}initiator"), school=OuterRef(f"{to}school"))))


def followed_by(user: User) -> Q:
    """Match what `user`, a Docent of the school, follows: all, unless `School.docents_see_team_only`.

    Then it is what was started by the docent or by a member of a team of both, and what runs of an initiator who left,
    until a colleague takes it over.
    """
    teams = Team.objects.with_docent(user).with_docent(OuterRef("initiator")).filter(school=OuterRef("school"))
    is_orphan = ~Q(status__in=CLOSED) & initiator_left()
    return Q(school__docents_see_team_only=False) | Q(initiator=user) | Q(Exists(teams)) | is_orphan


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def of_student(self, user: User) -> AssessmentQuerySet:
        """Filter the student's own assessments, at every school."""
        return self.filter(student__user=user)

    def for_docent(self, user: User) -> AssessmentQuerySet:
        """Filter what `user` follows at schools as Docent, of the exams on that account, without the user's own.

        Users read their own assessments as any student does, and change none (`lifecycle.refuse_own`).
        """
        return self._of_schools(user).filter(followed_by(user))

    def started_by(self, user: User) -> AssessmentQuerySet:
        """Filter those of `for_docent` that `user` started."""
        return self._of_schools(user).filter(initiator=user)

    def _of_schools(self, user: User) -> AssessmentQuerySet:
        of_schools = self.filter(school__in=user.schools_as(Role.DOCENT), exam__account_exams__user=user)
        return of_schools.exclude(student__user=user)

    def for_committee(self, user: User, *, committees: Iterable[ExamCommittee] | None = None) -> AssessmentQuerySet:
        """Filter by the exam committees that `user` is a member of, without the user's own.

        `committees` are those, where they were read already. Users read their own assessments as any student does, and
        decide on none (`lifecycle.refuse_own`).
        """
        if committees is None:
            committees = ExamCommittee.objects.visible_to(user).order_by()
        return self.filter(committee__in=committees).exclude(student__in=user.memberships.all())

    def visible_to(self, user: User) -> AssessmentQuerySet:
        """Combine the above; an object of another school gives a 404."""
        return self.filter(
            Q(pk__in=self.of_student(user).values("pk"))
            | Q(pk__in=self.for_docent(user).values("pk"))
            | Q(pk__in=self.for_committee(user).values("pk"))
        )

    def running(self) -> AssessmentQuerySet:
        return self.exclude(status__in=CLOSED)

    def proposed_to_make_final(self) -> AssessmentQuerySet:
        """Four eyes: filter those proposed by a member in their present version, which await another member."""
        return self.filter(status=Status.ASSESSED, proposed_version=F("version"))

    def for_pages(self) -> AssessmentQuerySet:
        """Join what lists and pages show: student, exam, unit, initiator, school and committee."""
        return self.select_related("student__user", "exam", "unit", "initiator", "school", "committee")


class Assessment(models.Model):
    """One student, one exam unit, one attempt.

    `version` counts the changes to couplings and invitations, so that a form opened before such a change is refused.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.PROTECT, related_name="assessments", db_index=False)
    # That of the exam's programme at the school; `save` and `committee.organisation` keep it so. Stored, because an
    # index gives the committee's list in its order.
    committee = models.ForeignKey(
        ExamCommittee, models.PROTECT, related_name="assessments", editable=False, db_index=False
    )
    student = models.ForeignKey(Membership, models.PROTECT, related_name="assessments")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="assessments", db_index=False)
    unit = models.ForeignKey(ExamUnit, models.PROTECT, related_name="assessments")
    unit_code = models.CharField(max_length=20, help_text="Van de eenheid, gelijk over de versies van het examen heen.")
    attempt = models.PositiveSmallIntegerField("poging", default=1)
    initiator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="initiated_assessments")
    status = models.CharField("status", max_length=12, choices=Status, default=Status.NEW)
    status_since = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    # Of the newest `FinalProposal`, valid while equal to `version` and the state is ASSESSED.
    proposed_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    planned_on = models.DateField("datum van de afname", null=True, blank=True)
    place = LineField("plaats van de afname", max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    cancel_reason = ProseField("reden van intrekken", blank=True)
    cancel_kind = models.CharField("soort reden", max_length=12, choices=CancelKind, blank=True)  # '' in older rows
    counts_as_attempt = models.BooleanField("telt als poging", default=True)
    final_at = models.DateTimeField("definitief op", null=True, blank=True)
    final_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="finalised_assessments"
    )
    # The student's last day, stored with the result: the school's setting may change.
    appeal_until = models.DateField("bezwaar tot en met", null=True, blank=True)
    ovg = models.CharField("resultaat", max_length=1, choices=SCORE_CHOICES, blank=True)
    grade = models.DecimalField("cijfer", max_digits=3, decimal_places=1, null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = "afname"
        verbose_name_plural = "afnames"
        ordering = ["-created_at"]
        # The committee's list in its order, per exam or state or over all; the student is included, so that a search by
        # name reads only the index.
        indexes = [  # for 'Examen afnames' by each of its filters; by state also erasure
            models.Index(fields=["committee", *of, "status_since", "id"], include=about, name=name)
            for of, about, name in (
                ([], ["student", "initiator"], "afnames_by_date"),
                (["status"], ["student", "initiator"], "afnames_of_status_by_date"),
                (["exam"], ["student", "initiator"], "afnames_of_exam_by_date"),
                (["exam", "status"], ["student", "initiator"], "afnames_of_exam_status_by_date"),
                (["initiator"], ["student", "status"], "afnames_of_initiator_by_date"),
            )
        ] + [
            # A docent's lists, exports, erasure and leavers.
            models.Index(fields=["school", "exam"], name="afnames_of_school_exam"),
            # Covers the statistics of a school year.
            models.Index(
                fields=["committee", "created_at"],
                include=["exam", "status", "ovg", "status_since", "student"],
                name="afnames_by_start",
            ),
            models.Index(
                fields=["committee", "status_since", "id"],
                include=["student", "initiator", "exam"],
                condition=Q(status="ASSESSED", proposed_version=F("version")),
                name="afnames_proposed_by_date",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "exam", "unit_code"],
                condition=~Q(status__in=["FINAL", "CANCELLED"]),
                name="assessment_one_running_per_unit",
            ),
            models.UniqueConstraint(
                fields=["student", "exam", "unit_code", "attempt"],
                condition=Q(counts_as_attempt=True),
                name="assessment_attempt_once",
            ),
            models.CheckConstraint(
                condition=Q(counts_as_attempt=True) | Q(status="CANCELLED"), name="assessment_uncounted_is_cancelled"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="assessment_status_known"),
            models.CheckConstraint(
                condition=(
                    Q(status="FINAL", final_at__isnull=False, final_by__isnull=False, grade__isnull=False)
                    & Q(ovg__in=["O", "V", "G"])
                )
                | (~Q(status="FINAL") & Q(final_at__isnull=True, final_by__isnull=True, grade__isnull=True, ovg="")),
                name="assessment_result_only_when_final",
            ),
            models.CheckConstraint(
                condition=Q(appeal_until__isnull=True) | Q(status="FINAL"),
                name="assessment_appeal_until_only_when_final",
            ),
            models.CheckConstraint(
                condition=Q(grade__isnull=True)
                | Q(ovg="O", grade__gte=1, grade__lt=5.5)
                | (Q(ovg__in=["V", "G"]) & Q(grade__gte=5.5, grade__lte=10)),
                name="assessment_grade_fits_ovg",
            ),
            models.CheckConstraint(
                condition=~Q(status="CANCELLED") | ~Q(cancel_reason=""), name="assessment_cancelled_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(cancel_kind="") | Q(cancel_kind__in=CancelKind.values, status="CANCELLED"),
                name="assessment_kind_only_when_cancelled",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="assessment_attempt_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.student.user} – {self.unit}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the assessment with the committee of its programme."""
        if not self._state.adding:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            ExamCommittee.objects.keep_programmes(school=self.school_id)
            self.committee = ExamCommittee.objects.of_programme(school=self.school_id, code=self.exam.code)
            super().save(*args, **kwargs)

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    def valid_proposal(self) -> FinalProposal | None:
        """Return the newest proposal to make the assessment final, unless anything changed since."""
        if self.status != Status.ASSESSED:
            return None
        newest = self.final_proposals.select_related("by").last()
        return newest if newest and newest.version == self.version else None

    @property
    def student_left(self) -> bool:
        """Return whether the student is no longer a student of the school, or has no active account.

        A date of leaving counts for assessments begun by then, not for those after a return.
        """
        student, left_on = self.student, self.student.left_on
        if student.ended_at or not student.user.is_active:
            return True
        return left_on is not None and timezone.localdate(self.created_at) <= left_on <= timezone.localdate()

    @cached_property
    def initiator_left(self) -> bool:
        """Return whether the initiator is no longer a Docent of the school or has no active account; cached."""
        return Assessment.objects.filter(initiator_left(), pk=self.pk).exists()

    @property
    def can_be_appealed(self) -> bool:
        """Return whether there is a result whose term has not passed."""
        return self.appeal_until is not None and timezone.localdate() <= self.appeal_until

    @property
    def live_assignments(self) -> AssignmentQuerySet:
        return self.assignments.live()


def is_student(assessment: Assessment, contact: Contact) -> bool:
    """Return whether the contact is the assessment's student, by account or e-mail address."""
    user = assessment.student.user
    return contact.user_id == user.pk or contact.email == user.email
