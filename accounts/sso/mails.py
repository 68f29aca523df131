"""The mail with the code that proves an address."""

from __future__ import annotations

from accounts.mail.rendering import render_mail, sender_of
from accounts.models import School
from digibeoordelen.outbox.links import Link, placeholder
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail

KIND = "school_account_code"


def queue_code(*, to: str, school: School, pending: str, language: str) -> OutgoingMail:
    """Mail the code, which the outbox fills in when it sends: no table holds it."""
    context = {"school": school, "code": placeholder("code")}
    subject, text, html = render_mail(f"accounts/mail/{KIND}", context, language=language)
    return queue_mail(
        kind=KIND,
        to=to,
        to_name="",
        from_name=sender_of(school.name),
        subject=subject,
        text=text,
        html=html,
        links={"code": Link(kind=KIND, data={"pending": pending, "email": to})},
    )
