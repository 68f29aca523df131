"""A person's roles at a school, and what is a student's."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from accounts.fields import LineField
from accounts.mailable import searchable
from accounts.search import search_text, sort_key

from .school import School
from .user import Role, User

STUDENT_NUMBER_LENGTH = 20
SEARCHED = ("search_text", "sort_key", "first_name_key")  # what follows from name and number


class MembershipQuerySet(models.QuerySet["Membership"]):
    def present(self) -> MembershipQuerySet:
        """Without the students who left and whose assessments are kept."""
        return self.filter(ended_at__isnull=True)

    def students_of_docent(self, user: User) -> MembershipQuerySet:
        """Students of the schools where `user` is Docent and digital assessment is switched on; never `user`."""
        schools = user.schools_as(Role.DOCENT).filter(digital_assessment_active=True)
        students = self.present().filter(role=Role.STUDENT, school__in=schools, user__is_active=True)
        return students.exclude(user=user)


class Membership(models.Model):
    """One role of one person at one school; a student's number stands here."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    school = models.ForeignKey(School, models.PROTECT, related_name="memberships")
    role = models.CharField("rol", max_length=20, choices=Role)
    student_number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH, blank=True)
    # When the study ended; `assessments.privacy.retention` derives from these two how long results are kept.
    # Schoolbeheer types or imports them, in advance if known, for who is here and who is not; they take nothing away.
    diploma_on = models.DateField("diplomadatum", null=True, blank=True)
    left_on = models.DateField("vertrokken zonder diploma op", null=True, blank=True)
    study_dates_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    study_dates_set_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    # When the role ended, for a student whom assessments point to: nothing new begins, one's own results stay. Others'
    # rows are deleted. Without one of the dates above the results of who is gone would be kept for ever, so one is
    # there (today, when Schoolbeheer takes out who has none); coming back takes it off, with `left_on`.
    ended_at = models.DateTimeField("uit de school gehaald op", null=True, blank=True, editable=False)
    search_text = models.TextField(editable=False)
    # For lists in order, and to find what a name begins with; compared by bytes on both databases.
    sort_key = models.TextField(editable=False, default="", db_default="")
    first_name_key = models.TextField(editable=False, default="", db_default="")

    objects = MembershipQuerySet.as_manager()

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
            # A few among a school's many students: its teachers, say.
            models.Index(fields=["school", "user"], condition=~models.Q(role=Role.STUDENT), name="staff_of_school"),
            models.Index(fields=["school", "sort_key", "id"], name="people_by_last_name"),
            # Few have a date that is long ago: theirs goes, and is looked up among all of a large school.
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
        """Whether an assessment points here: from then on only Schoolbeheer changes the student number."""
        return self.assessments.exists()

    @property
    def study_ended(self) -> bool:
        """Whether one of the two dates has come."""
        today = timezone.localdate()
        return any(day is not None and day <= today for day in (self.diploma_on, self.left_on))

    def clean(self) -> None:
        self.student_number = self.student_number.strip()
        self._refuse_to_move_what_is_the_student_s()
        if self.ended_at and not self.diploma_on and not self.left_on:
            text = "Deze student is uit de school gehaald; laat een van de twee datums staan."
            raise ValidationError({"left_on": text})
        if self.student_number and self.role != Role.STUDENT:
            # Of the role as a whole: the Consortium's form shows the number and has no field for it.
            raise ValidationError("Alleen een student heeft een studentnummer.")

    def _refuse_to_move_what_is_the_student_s(self) -> None:
        """A number is the school's, and an assessment stays at the school that it was made at."""
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
        """Writes what follows from name and number, where these changed."""
        self.save(update_fields=SEARCHED)

    def set_derived(self) -> None:
        """Sets what follows from name and number; `save` does, writing many at once has to."""
        user = self.user
        email = searchable(user.email)
        self.search_text = search_text([user.first_name, user.infix, user.last_name, email, self.student_number])
        self.sort_key = sort_key(user.last_name, user.first_name, self.student_number)
        self.first_name_key = sort_key(user.first_name, user.last_name, self.student_number)


class NumberReport(models.Model):
    """A student told the school that another has the number which they say is theirs."""

    student = models.ForeignKey(Membership, models.CASCADE, related_name="number_reports")
    number = LineField("studentnummer", max_length=STUDENT_NUMBER_LENGTH)
    at = models.DateTimeField("gemeld op", default=timezone.now)

    class Meta:
        verbose_name = "gemeld studentnummer"
        verbose_name_plural = "gemelde studentnummers"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.number} ({self.student})"
