"""The mail that asks someone to join a school, queued in its caller's transaction."""

from __future__ import annotations

from accounts.mail_texts import one_line, render_mail
from accounts.models import SchoolInvitation
from digibeoordelen.outbox.links import placeholder
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail

from . import links


def queue_invitation(invitation: SchoolInvitation) -> OutgoingMail:
    """Who asks, for which roles, until when, and the link. `invitation.expires_at` is set."""
    school, by = invitation.school, invitation.by
    context = {"invitation": invitation, "school": school, "link": placeholder("join")}
    subject, text, html = render_mail("accounts/mail/join_school", context, language=invitation.language)
    return queue_mail(
        kind="join_school",
        to=invitation.email,
        to_name=one_line(invitation.full_name),
        from_name=f"{one_line(school.name)} via Digitaal beoordelen",
        subject=subject,
        text=text,
        html=html,
        links={"join": links.mail_link(invitation)},
        reply_to=by.email if by else "",
    )
