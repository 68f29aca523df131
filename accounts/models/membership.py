"""A person's roles at a school, and a student's number and study dates."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.dispatch import Signal
from django.utils import timezone

from accounts.fields import LineField
from accounts.mail.addresses import searchable
from accounts.search import search_text, sort_key

from .school import School
from .user import Role, User

STUDENT_NUMBER_LENGTH = 20
# Sent with `school` and the memberships `given` and `ended` of a bulk write, which sends neither post_save nor, of rows
# with `in_bulk`, a post_delete that counts.
roles_changed = Signal()
DERIVED_FIELDS = ("search_text", "sort_key", "first_name_key")  # derived from name and number


class MembershipQuerySet(models.QuerySet["Membership"]):
    def present(self) -> MembershipQuerySet:
        """Exclude former students, who are kept only because of their assessments."""
        return self.filter(ended_at__isnull=True)

    def students_of_docent(self, user: User) -> MembershipQuerySet:
        """Return students of the schools where `user` is Docent and digital assessment is on, except `user`."""
        schools = user.schools_as(Role.DOCENT).filter(digital_assessment_active=True)
        students = self.present().filter(role=Role.STUDENT, school__in=schools, user__is_active=True)
        return students.exclude(user=user)


class Membership(models.Model):
    """One role of one person at one school, with the student number."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    school = models.ForeignKey(School, models.PROTECT, related_name="memberships")
    role = models.CharField("rol", max_length=20, choices=Role)
    student_number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH, blank=True)
    # End of the study, from which `assessments.privacy.retention` derives how long results are kept. Schoolbeheer
    # enters or imports them, possibly in advance; they revoke no access.
    diploma_on = models.DateField("diplomadatum", null=True, blank=True)
    left_on = models.DateField("vertrokken zonder diploma op", null=True, blank=True)
    study_dates_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    study_dates_set_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    # Set instead of deleting a student whom assessments refer to; other roles' rows are deleted.
    # `ended_has_a_study_date` requires a study date with it, since the results would otherwise be kept for ever: the
    # default is today, in `left_on`, and is cleared when the student returns.
    ended_at = models.DateTimeField("uit de school gehaald op", null=True, blank=True, editable=False)
    # Given by the school's directory (`accounts.scim`), which takes away nothing else.
    from_directory = models.BooleanField("uit de koppeling (SCIM)", default=False, db_default=False, editable=False)
    search_text = models.TextField(editable=False)
    # For ordering and prefix search; compared by bytes on both databases.
    sort_key = models.TextField(editable=False, default="", db_default="")
    first_name_key = models.TextField(editable=False, default="", db_default="")

    objects = MembershipQuerySet.as_manager()

    # Set while rows are deleted together, see `roles_changed`; not a column.
    in_bulk: bool = False

    class Meta:
        verbose_name = "rol"
        verbose_name_plural = "rollen"
        ordering = ["user__last_name", "user__first_name"]
        indexes = [
            models.Index(
                fields=["school", key], condition=models.Q(role=Role.STUDENT) & ~models.Q(student_number=""), name=name
            )
            for key, name in (("sort_key", "students_by_last_name"), ("first_name_key", "students_by_first_name"))
        ] + [
            # A school has few staff among many students.
            models.Index(fields=["school", "user"], condition=~models.Q(role=Role.STUDENT), name="staff_of_school"),
            models.Index(fields=["school", "sort_key", "id"], name="people_by_last_name"),
            # Few students have a date long ago, and retention looks for them in a large school.
            models.Index(
                fields=["school", "diploma_on"],
                condition=models.Q(diploma_on__isnull=False),
                name="students_by_diploma_date",
            ),
            models.Index(
                fields=["school", "left_on"], condition=models.Q(left_on__isnull=False), name="students_by_leaving_date"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "school", "role"], name="membership_once"),
            models.UniqueConstraint(
                fields=["school", "student_number"],
                condition=~models.Q(student_number=""),
                name="student_number_once_per_school",
                violation_error_message="Een andere student van deze school heeft dit studentnummer al.",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.STUDENT) | models.Q(student_number=""),
                name="student_number_only_for_students",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.STUDENT) | models.Q(diploma_on__isnull=True, left_on__isnull=True),
                name="study_dates_only_for_students",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.STUDENT) | models.Q(ended_at__isnull=True),
                name="ended_only_for_students",
            ),
            models.CheckConstraint(
                condition=~models.Q(role=Role.STUDENT)
                | models.Q(ended_at__isnull=True)
                | models.Q(diploma_on__isnull=False)
                | models.Q(left_on__isnull=False),
                name="ended_has_a_study_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}, {self.school})"

    @property
    def number_is_fixed(self) -> bool:
        """Whether an assessment refers to this student: from then on only Schoolbeheer changes the number."""
        return self.assessments.exists()

    @property
    def study_ended(self) -> bool:
        """Whether the diploma date or the leaving date has passed."""
        today = timezone.localdate()
        return any(day is not None and day <= today for day in (self.diploma_on, self.left_on))

    def clean(self) -> None:
        self.student_number = self.student_number.strip()
        self._refuse_to_move_student()
        if self.ended_at and not self.diploma_on and not self.left_on:
            text = "Deze student is uit de school gehaald; laat een van de twee datums staan."
            raise ValidationError({"left_on": text})
        if self.student_number and self.role != Role.STUDENT:
            # A non-field error: the admin's form shows the number read-only.
            raise ValidationError("Alleen een student heeft een studentnummer.")

    def _refuse_to_move_student(self) -> None:
        """Raise `ValidationError` if role or school changes while a number or assessments belong to it."""
        before = Membership.objects.filter(pk=self.pk).first() if self.pk else None
        if before is None or (before.school_id, before.role) == (self.school_id, self.role):
            return
        if before.student_number or before.number_is_fixed:
            raise ValidationError(
                "Hier horen een studentnummer of beoordelingen bij; rol en school blijven daarom zoals ze zijn. "
                "Voeg voor een andere rol of school een regel toe."
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_derived()
        super().save(*args, **kwargs)

    def save_derived(self) -> None:
        """Update the columns derived from name and number."""
        self.save(update_fields=DERIVED_FIELDS)

    def set_derived(self) -> None:
        """Set the columns derived from name and number. `save` calls it; call it before `bulk_create`."""
        user = self.user
        email = searchable(user.email)
        self.search_text = search_text([user.first_name, user.infix, user.last_name, email, self.student_number])
        self.sort_key = sort_key(user.last_name, user.first_name, self.student_number)
        self.first_name_key = sort_key(user.first_name, user.last_name, self.student_number)


class NumberReport(models.Model):
    """A student's report to the school that another student has their number."""

    student = models.ForeignKey(Membership, models.CASCADE, related_name="number_reports")
    number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH)
    at = models.DateTimeField("gemeld op", default=timezone.now)

    class Meta:
        verbose_name = "gemeld studentnummer"
        verbose_name_plural = "gemelde studentnummers"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.number} ({self.student})"
