"""Schoolbeheer changes a student's number: for what a student can't mend, and once an assessment points there."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from .change_school import ChangedMeanwhile, log, mark
from .models import SEARCHED, Membership, School, SchoolChange, User
from .number_forms import read_number

NAME = "student_number"


def change_number(*, student: Membership, number: str, opened: str, reason: str, by: User) -> SchoolChange | None:
    """Gives `student` the number, and returns the line of the log; None when it was theirs already.

    `opened` is the `mark` of the number that the form showed: raises `ChangedMeanwhile` if it is another by now.
    Raises `ValidationError` (Dutch) for a number that is not of the school's form, that another student has, or
    that is empty while an assessment needs one.
    """
    number = read_number(number, forms=student.school.number_forms, school=student.school.name)
    try:
        with transaction.atomic():
            current = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=student.pk)
            if mark(current.student_number) != opened:
                raise ChangedMeanwhile(NAME)
            if number == current.student_number:
                return None
            if not number and current.number_is_fixed:
                raise ValidationError("Er is een beoordeling met dit nummer; een student kan daarom niet zonder.")
            _refuse_taken(student, number)
            before, current.student_number = current.student_number, number
            current.save(update_fields=["student_number", *SEARCHED])
            return log_number(student=current, before=before, reason=reason, by=by)
    except IntegrityError:  # another took it at this moment
        _refuse_taken(student, number)
        raise


def log_number(*, student: Membership, before: str, reason: str, by: User) -> SchoolChange:
    """Writes down that the school gave the number; call it in the transaction that does."""
    after = student.student_number
    return log(
        school=student.school,
        student=student,
        name=NAME,
        label="Studentnummer",
        before=before,
        after=after,
        reason=reason,
        by=by,
    )


def holder_of(number: str, *, school: School) -> Membership | None:
    """The student of `school` who has `number`."""
    if not number:
        return None
    return school.memberships.filter(student_number=number).select_related("user").first()


def _refuse_taken(student: Membership, number: str) -> None:
    holder = holder_of(number, school=student.school)
    if holder is not None and holder.pk != student.pk:
        raise ValidationError(
            f"{holder.user.full_name} ({holder.user.email}) heeft nummer {number} al. Geef die student eerst een ander "
            "nummer."
        )
