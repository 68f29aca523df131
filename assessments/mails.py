"""The mails of an assessment: one function a mail, each queued in its caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.language import Language
from accounts.mail_rendering import one_line, render_mail, sender_of
from accounts.models import Membership, School, User
from addressbook.models import Contact
from digibeoordelen.outbox.links import placeholder
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import Attachment, Link, drop, queue_mail

from . import links as assessments_links
from . import unsubscribe
from .models import KEPT_DAYS, Assessment, Document, Invitation, MailAbout, Proposal

# If one of these fails the committee must know: it is about a result.
WATCHED = ("result", "final_student", "result_withdrawn", "result_withdrawn_student")


def queue_invitation(*, invitation: Invitation) -> OutgoingMail:
    """'Start beoordeling': asks the examiner, with the remark and the attachments of the invitation."""
    return _queue_to_examiner("invitation", invitation, attachments=_attachments(invitation))


def queue_invitations(*, invitations: Sequence[Invitation], by: User) -> OutgoingMail:
    """One mail to the examiner of all `invitations`, with a green button for each student.

    They share contact, exam, remark and attachments, as `by` just made them. Queue it in the
    transaction that made them.
    """
    first = invitations[0]
    if len(invitations) == 1:
        return queue_invitation(invitation=first)
    names = {invitation.pk: f"start_{invitation.pk}" for invitation in invitations}
    buttons = [(invitation.assessment, placeholder(names[invitation.pk])) for invitation in invitations]
    return _queue(
        "invitation_together",
        to=first.contact,
        about=[invitation.assessment for invitation in invitations],
        context={"invitation": first, "expires_at": first.expires_at, **together_context(buttons, by=by)},
        attachments=_attachments(first),
        links={names[i.pk]: assessments_links.mail_link(invitation=i, together=invitations) for i in invitations},
        reply_to=by.email,
    )


def together_context(buttons: Sequence[tuple[Assessment, str]], *, by: User) -> dict[str, Any]:
    """What the templates of one mail for several students need, on the screen too: each assessment with its link."""
    return {"buttons": buttons, "first": buttons[0][0], "asker": by}


def queue_reminder(*, invitation: Invitation, open_parts: int, parts: int) -> OutgoingMail:
    """Asks once more: what is still open, with the link that the examiner has already, and how to be asked no more.

    The headers are those with which a mail program makes a button of its own (RFC 8058).
    """
    stop = placeholder("stop")
    planned_on = invitation.assessment.planned_on
    is_ahead = planned_on is not None and planned_on >= timezone.localdate()
    return _queue_to_examiner(
        "reminder",
        invitation,
        context={"open_parts": open_parts, "parts": parts, "stop_link": stop, "is_ahead": is_ahead},
        more_links={"stop": unsubscribe.mail_link(invitations=[invitation])},
        headers=_unsubscribe(stop),
    )


def queue_reminders(*, students: Sequence[tuple[Invitation, int, int]]) -> OutgoingMail:
    """One reminder to the examiner of all these (invitation, open parts, parts), with a green button for each.

    They share contact and initiator. One link stops the reminders for all of them.
    """
    if len(students) == 1:
        [(invitation, open_parts, parts)] = students
        return queue_reminder(invitation=invitation, open_parts=open_parts, parts=parts)
    invitations = [invitation for invitation, _, _ in students]
    names = {invitation.pk: f"start_{invitation.pk}" for invitation in invitations}
    first, stop = invitations[0].assessment, placeholder("stop")
    rows = [(invitation.assessment, placeholder(names[invitation.pk]), *counts) for invitation, *counts in students]
    return _queue(
        "reminder_together",
        to=invitations[0].contact,
        about=[invitation.assessment for invitation in invitations],
        context={
            "rows": rows,
            "assessment": first,
            "name": invitations[0].contact.full_name,
            "several_exams": len({invitation.assessment.exam_id for invitation in invitations}) > 1,
            "valid_until": min(invitation.expires_at for invitation in invitations),
            "stop_link": stop,
        },
        links={
            **{names[i.pk]: assessments_links.mail_link(invitation=i, together=invitations) for i in invitations},
            "stop": unsubscribe.mail_link(invitations=invitations),
        },
        reply_to=first.initiator.email,
        headers=_unsubscribe(stop),
    )


def _unsubscribe(stop: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def queue_sent_back(*, invitation: Invitation, remark: str, by: User) -> OutgoingMail:
    """`by`, of the committee, asks the examiner to look at the assessment once more."""
    asker = _asker(invitation.assessment, by)
    return _queue_to_examiner(
        "sent_back", invitation, context={"committee_remark": remark, "asker": asker}, reply_to=asker.email
    )


def _asker(assessment: Assessment, by: User) -> User:
    """Whom an examiner asks about what `by` of the committee did: the initiator, or `by` when that one left."""
    return by if assessment.initiator_left else assessment.initiator


def queue_cancelled(*, invitation: Invitation, by: User) -> OutgoingMail:
    """Tells an examiner who was asked that nothing is left to do; why is the school's business."""
    assessment = invitation.assessment
    asker = _asker(assessment, by)
    return _queue(
        "cancelled",
        to=invitation.contact,
        about=[assessment],
        context={"invitation": invitation, "assessment": assessment, "asker": asker},
        reply_to=asker.email,
    )


def queue_cancelled_to_initiator(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Tells the initiator that the committee cancelled the assessment, and where the reason stands."""
    url = settings.SITE_URL + reverse("assessments:detail", args=[assessment.public_id])
    return _queue(
        "cancelled_initiator",
        to=assessment.initiator,
        about=[assessment],
        context={"assessment": assessment, "by": by, "link": url},
        reply_to=by.email,
    )


def queue_cancelled_to_student(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Tells the student that the assessment does not go on, and where the reason stands."""
    return _queue_to_student("cancelled_student", assessment, by=by)


def queue_final_to_student(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Tells the student that there is a result, where it stands, and how and until when to appeal; not what it is."""
    return _queue_to_student("final_student", assessment, by=by)


def queue_result_withdrawn(*, document: Document, to: str, by: User, reason: str) -> OutgoingMail:
    """Tells the exam office at `to` that what it archived is no result any more."""
    return _queue(
        "result_withdrawn",
        to=to,
        about=[document.assessment],
        context={"document": document, "result": document.result, "by": by, "reason": reason},
        reply_to=by.email,
    )


def queue_result_withdrawn_to_student(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Tells the student that the result stands no more; not what it was, nor why."""
    return _queue_to_student("result_withdrawn_student", assessment, by=by)


def drop_unsent(*, assessment: Assessment, kind: str) -> None:
    """What mails of this kind say of the assessment is true no more: those that did not go out won't."""
    mails = OutgoingMail.objects.filter(about__assessment=assessment, kind=kind, dropped_at__isnull=True)
    for pk in mails.exclude(state=MailState.SENT).order_by("pk").values_list("pk", flat=True):
        drop(pk)


def queue_all_done(*, assessment: Assessment) -> OutgoingMail:
    """Tells the initiator that no examiner is waited for any more."""
    url = settings.SITE_URL + reverse("assessments:detail", args=[assessment.public_id])
    return _queue(
        "all_done",
        to=assessment.initiator,
        about=[assessment],
        context={"assessment": assessment, "link": url},
    )


def queue_proposal(*, proposal: Proposal) -> OutgoingMail:
    """An examiner proposes a colleague: asks the initiator, with the way to the page where the answer is given."""
    invitation = proposal.invitation
    assessment = invitation.assessment
    page = settings.SITE_URL + reverse("assessments:detail", args=[assessment.public_id]) + "#voorstellen"
    return _queue(
        "proposal",
        to=assessment.initiator,
        about=[assessment],
        context={"proposal": proposal, **invitation_context(invitation, link=page)},
        reply_to=invitation.contact.email,
    )


def queue_proposal_declined(*, proposal: Proposal) -> OutgoingMail:
    """The teacher wants the examiner to go on, and not the colleague."""
    return _queue_to_examiner("proposal_declined", proposal.invitation, context={"proposal": proposal})


def queue_result(*, document: Document, again_by: User | None = None) -> OutgoingMail:
    """The final PDF, to the exam office that the committee named; `ValueError` while it is not made.

    `again_by` is who has it sent once more, and named the address.
    """
    assessment = document.assessment
    if document.file is None:
        raise ValueError(f"The PDF of {document} is not made yet.")
    whom = again_by or assessment.final_by
    return _queue(
        "result",
        to=document.exam_office_email,
        about=[assessment],
        context={"document": document, "result": document.result, "whom": whom, "again": again_by is not None},
        attachments=[Attachment(filename=document.filename, content_type="application/pdf", file=document.file)],
        reply_to=whom.email if whom else "",
    )


def queue_own_data(*, student: Membership) -> OutgoingMail:
    """Tells the student that the file with their own data is there; the file itself is behind the login."""
    page = settings.SITE_URL + reverse("assessments:own_data")
    return _queue(
        "own_data",
        to=student.user,
        about=[],
        school=student.school,
        context={"student": student, "link": page, "kept_days": KEPT_DAYS},
    )


def invitation_context(invitation: Invitation, *, link: str) -> dict[str, Any]:
    """What the invitation's templates need; the screen shows the message from the same ones."""
    return {"invitation": invitation, "assessment": invitation.assessment, "link": link}


def _attachments(invitation: Invitation) -> list[Attachment]:
    return [
        Attachment(filename=a.filename, content_type=a.content_type, file=a.file)
        for a in invitation.attachments.select_related("file")
    ]


def _queue_to_student(name: str, assessment: Assessment, *, by: User) -> OutgoingMail:
    return _queue(
        name,
        to=assessment.student.user,
        about=[assessment],
        context={"assessment": assessment, "link": settings.SITE_URL + reverse("assessments:my_exams")},
        reply_to=by.email,
    )


def _queue_to_examiner(
    name: str,
    invitation: Invitation,
    *,
    context: Mapping[str, Any] | None = None,
    attachments: Sequence[Attachment] = (),
    more_links: Mapping[str, Link] | None = None,
    headers: Mapping[str, str] | None = None,
    reply_to: str = "",
) -> OutgoingMail:
    return _queue(
        name,
        to=invitation.contact,
        about=[invitation.assessment],
        context={**invitation_context(invitation, link=placeholder("start")), **(context or {})},
        attachments=attachments,
        links={"start": assessments_links.mail_link(invitation=invitation), **(more_links or {})},
        reply_to=reply_to or invitation.assessment.initiator.email,
        headers=headers,
    )


def _queue(
    name: str,
    *,
    to: Contact | User | str,
    about: Sequence[Assessment],
    context: Mapping[str, Any],
    school: School | None = None,
    attachments: Sequence[Attachment] = (),
    links: Mapping[str, Link] | None = None,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
) -> OutgoingMail:
    """A mail that is about these assessments, of one school, and goes with each of them (`erase`).

    One that is about none says whose it is, and goes after a year.
    """
    language = to.language if isinstance(to, Contact) else Language.DUTCH
    school = school or about[0].school
    context = {**context, "from_school": school.name, "logo_url": _logo_url(school)}
    subject, text, html = render_mail(f"assessments/mail/{name}", context, language=language)
    mail = queue_mail(
        kind=name,
        to=to if isinstance(to, str) else to.email,
        to_name="" if isinstance(to, str) else one_line(to.full_name),
        from_name=sender_of(school.name),
        subject=subject,
        text=text,
        html=html,
        attachments=attachments,
        links=links or {},
        reply_to=reply_to,
        headers={"List-Id": _list_id(school), **(headers or {})},
    )
    watched = name in WATCHED
    MailAbout.objects.bulk_create(MailAbout(mail=mail, assessment=one, is_watched=watched) for one in about)
    return mail


def _logo_url(school: School) -> str:
    """Not attached: a mail for thirty students stays small, and a program that shows no pictures shows the name."""
    return settings.SITE_URL + school.branding.logo_url if school.logo_id else ""


def _list_id(school: School) -> str:
    """By which a mail program can sort what comes from one school (RFC 2919)."""
    return formataddr((one_line(school.name), f"school-{school.pk}.{urlsplit(settings.SITE_URL).hostname}"))
