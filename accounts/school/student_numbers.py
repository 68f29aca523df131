"""Schoolbeheer changes a student's number: for what a student can't mend, and once an assessment points there."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.language import Language
from accounts.mail_rendering import one_line, render_mail, sender_of
from accounts.models import SEARCHED, Membership, Role, School, SchoolChange, User
from digibeoordelen.outbox.queue import queue_mail

from .changes import ChangedMeanwhile, log, mark
from .number_formats import read_number

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


AT_MOST = 3  # in a day, by one student at one school
DAY = timedelta(days=1)


class Told(Enum):
    YES = "the mails are queued"
    ALREADY = "this number was reported today, or enough others"
    NOBODY = "the school has nobody to tell"


@transaction.atomic
def tell_school(*, student: Membership, number: str) -> Told:
    """Mails everyone who is Schoolbeheer at the student's school; the student learns nothing of who has the number."""
    # Of two clicks one waits for the other; and the mail has the name that is kept, not one that was just typed.
    locked = Membership.objects.select_for_update(of=("self",)).select_related("user", "school")
    student = locked.get(pk=student.pk)
    today = list(student.number_reports.filter(at__gt=timezone.now() - DAY).values_list("number", flat=True))
    if number in today or len(today) >= AT_MOST:
        return Told.ALREADY
    keepers = User.objects.filter(
        is_active=True, memberships__school=student.school_id, memberships__role=Role.SCHOOLBEHEER
    )
    if not keepers:
        return Told.NOBODY
    student.number_reports.create(number=number)
    for keeper in keepers:
        _queue(student=student, number=number, to=keeper)
    return Told.YES


def _queue(*, student: Membership, number: str, to: User) -> None:
    page = settings.SITE_URL + reverse("school:student_numbers", args=[student.school_id])
    context = {"student": student, "number": number, "to": to, "link": f"{page}?{urlencode({'q': number})}"}
    subject, text, html = render_mail("accounts/mail/number_taken", context, language=Language.DUTCH)
    queue_mail(
        kind="number_taken",
        to=to.email,
        to_name=one_line(to.full_name),
        from_name=sender_of(student.school.name),
        subject=subject,
        text=text,
        html=html,
        reply_to=student.user.email,
    )
