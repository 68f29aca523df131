"""Changing a student's number by Schoolbeheer, and reporting that another student has it."""

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
from accounts.mail.rendering import one_line, render_mail, sender_of
from accounts.models import DERIVED_FIELDS, Membership, Role, School, SchoolChange, User
from accounts.models.number_formats import read_number
from digibeoordelen.outbox.queue import queue_mail

from .changes import ChangedMeanwhile, fingerprint, log_change

NAME = "student_number"


def change_number(*, student: Membership, number: str, opened: str, reason: str, by: User) -> SchoolChange | None:
    """Change the number of `student` and return the log entry; None if it is unchanged.

    `opened` is the fingerprint of the number in the form: raise `ChangedMeanwhile` if it changed since. Raise
    `ValidationError` (Dutch) if the number does not fit the school's patterns, belongs to another student, or is empty
    while an assessment needs it.
    """
    number = read_number(number, patterns=student.school.number_forms, school=student.school.name)
    try:
        with transaction.atomic():
            current = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=student.pk)
            if fingerprint(current.student_number) != opened:
                raise ChangedMeanwhile(NAME)
            if number == current.student_number:
                return None
            if not number and current.number_is_fixed:
                raise ValidationError("Er is een beoordeling met dit nummer; een student kan daarom niet zonder.")
            _refuse_taken(student, number)
            before, current.student_number = current.student_number, number
            current.save(update_fields=["student_number", *DERIVED_FIELDS])
            return log_number(student=current, before=before, reason=reason, by=by)
    except IntegrityError:  # assigned to another student at the same time
        _refuse_taken(student, number)
        raise


def log_number(*, student: Membership, before: str, reason: str, by: User | None) -> SchoolChange:
    """Log the new number; `by` is None for the system. Call it in the transaction that changes it."""
    after = student.student_number
    return log_change(
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
    """Return the student of `school` who has `number`."""
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


MAX_REPORTS = 3  # a day, per student and school
DAY = timedelta(days=1)


class ReportResult(Enum):
    SENT = "the mails are queued"
    ALREADY_REPORTED = "this number was reported today, or enough others"
    NO_RECIPIENTS = "the school has no Schoolbeheer to mail"


@transaction.atomic
def notify_school(*, student: Membership, number: str) -> ReportResult:
    """Mail everyone with Schoolbeheer at the school; the student does not learn who has the number."""
    # The lock makes a double click mail once, and loads the stored name instead of an unsaved one.
    locked = Membership.objects.select_for_update(of=("self",)).select_related("user", "school")
    student = locked.get(pk=student.pk)
    today = list(student.number_reports.filter(at__gt=timezone.now() - DAY).values_list("number", flat=True))
    if number in today or len(today) >= MAX_REPORTS:
        return ReportResult.ALREADY_REPORTED
    managers = User.objects.filter(
        is_active=True, memberships__school=student.school_id, memberships__role=Role.SCHOOLBEHEER
    )
    if not managers:
        return ReportResult.NO_RECIPIENTS
    student.number_reports.create(number=number)
    for manager in managers:
        _queue_report(student=student, number=number, to=manager)
    return ReportResult.SENT


def _queue_report(*, student: Membership, number: str, to: User) -> None:
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
