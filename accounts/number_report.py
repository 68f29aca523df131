"""A student finds that another has their number, and tells the school so (source text, 'Studentnummer')."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from digibeoordelen.outbox.queue import queue_mail

from .language import Language
from .mail_texts import one_line, render_mail, sender_of
from .models import Membership, Role, User

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
