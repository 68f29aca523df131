"""The mails about joining a school and its roles, each queued in its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.language import Language
from accounts.mail.rendering import one_line, render_mail, sender_of
from accounts.models import School, SchoolInvitation, User
from digibeoordelen.outbox.links import placeholder
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail

from . import links

if TYPE_CHECKING:
    from .notify import GrantedRole

LINES = 25  # of a list in a mail; the log is complete


def queue_invitation(invitation: SchoolInvitation) -> OutgoingMail:
    """Queue the invitation; `invitation.expires_at` must be set."""
    school, by = invitation.school, invitation.by
    context = {"invitation": invitation, "school": school, "link": placeholder("join")}
    subject, text, html = render_mail("accounts/mail/join_school", context, language=invitation.language)
    return queue_mail(
        kind="join_school",
        to=invitation.email,
        to_name=one_line(invitation.full_name),
        from_name=sender_of(school.name),
        subject=subject,
        text=text,
        html=html,
        links={"join": links.invitation_link(invitation)},
        reply_to=by.email if by else "",
    )


def queue_roles_given(
    *, to: User, school: School, given: Sequence[GrantedRole], by_name: str, how: str, sees_log: bool
) -> OutgoingMail:
    """Queue the notification of roles; `sees_log` adds a link to the log, for Schoolbeheer."""
    context = {
        "to": to,
        "school": school,
        "given": given[:LINES],
        "more": max(len(given) - LINES, 0),
        "only": given[0] if len(given) == 1 else None,
        "count": len(given),
        "labels": sorted({one.label for one in given}),
        "by_name": by_name,
        "how": how,
        "at": timezone.localtime(),
        "link": settings.SITE_URL + reverse("school:role_log", args=[school.pk]) if sees_log else "",
    }
    subject, text, html = render_mail("accounts/mail/roles_given", context, language=Language.DUTCH)
    return queue_mail(
        kind="roles_given",
        to=to.email,
        to_name=one_line(to.full_name),
        from_name=sender_of(school.name),
        subject=subject,
        text=text,
        html=html,
    )
