"""Queue the mails of an assessment, each in its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from email.utils import formataddr
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts.language import Language
from accounts.mail.rendering import one_line, render_mail, sender_of
from accounts.models import ExamCommittee, Membership, School, User
from addressbook.models import Contact
from digibeoordelen.outbox.links import placeholder
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import Attachment, Link, drop, queue_mail

from . import links as assessments_links
from . import unsubscribe
from .models import KEPT_DAYS, Assessment, Document, Invitation, MailAbout, Proposal
from .sittings import calendar

MAX_REPLY_TO = 320  # OutgoingMail.reply_to
# The committee is shown a failure of these: they are about a result.
WATCHED = ("result", "final_student", "result_withdrawn", "result_withdrawn_student")


def queue_invitations(*, invitations: Sequence[Invitation], by: User) -> OutgoingMail:
    """Ask the examiner in one mail that names each student ('Start beoordeling').

    The invitations share contact, exam, remark and attachments; call in the transaction that made them.
    """
    first = invitations[0]
    if len(invitations) == 1:
        return _queue_to_examiner("invitation", first, attachments=_attachments(invitations))
    link = placeholder("start")
    students = [(invitation.assessment, link) for invitation in invitations]
    return _queue(
        "invitation_together",
        to=first.contact,
        about=[invitation.assessment for invitation in invitations],
        context={"invitation": first, "expires_at": first.expires_at, "link": link, **batch_context(students, by=by)},
        attachments=_attachments(invitations),
        links={"start": assessments_links.batch_mail_link(invitations=invitations)},
        reply_to=by.email,
    )


def batch_context(buttons: Sequence[tuple[Assessment, str]], *, by: User) -> dict[str, Any]:
    """Return the context of a mail for several students, which the preview shows too."""
    return {"buttons": buttons, "first": buttons[0][0], "asker": by}


def queue_reminder(*, invitation: Invitation, open_parts: int, parts: int) -> OutgoingMail:
    """Remind of the open parts, with the current link and a link to stop reminders (header: RFC 8058)."""
    stop = placeholder("stop")
    planned_on = invitation.assessment.planned_on
    is_ahead = planned_on is not None and planned_on >= timezone.localdate()
    return _queue_to_examiner(
        "reminder",
        invitation,
        context={
            "open_parts": open_parts,
            "parts": parts,
            "stop_link": stop,
            "is_ahead": is_ahead,
            "committee_texts": _committee_texts([invitation.assessment]),
        },
        more_links={"stop": unsubscribe.stop_link(invitations=[invitation])},
        headers=_unsubscribe(stop),
    )


def queue_reminders(*, students: Sequence[tuple[Invitation, int, int]]) -> OutgoingMail:
    """Send one reminder of all these (invitation, open parts, parts) to their one contact.

    One link stops the reminders of all of them. Replies go to all their initiators.
    """
    if len(students) == 1:
        [(invitation, open_parts, parts)] = students
        return queue_reminder(invitation=invitation, open_parts=open_parts, parts=parts)
    invitations = [invitation for invitation, _, _ in students]
    first, stop = invitations[0].assessment, placeholder("stop")
    askers = list(dict.fromkeys(invitation.assessment.initiator for invitation in invitations))
    rows = [(invitation.assessment, *counts) for invitation, *counts in students]
    return _queue(
        "reminder_together",
        to=invitations[0].contact,
        about=[invitation.assessment for invitation in invitations],
        context={
            "rows": rows,
            "link": placeholder("start"),
            "assessment": first,
            "name": invitations[0].contact.full_name,
            "several_exams": len({invitation.assessment.exam_id for invitation in invitations}) > 1,
            "askers": askers,
            "valid_until": min(invitation.expires_at for invitation in invitations),
            "stop_link": stop,
            "committee_texts": _committee_texts([invitation.assessment for invitation in invitations]),
        },
        links={
            "start": assessments_links.batch_mail_link(invitations=invitations),
            "stop": unsubscribe.stop_link(invitations=invitations),
        },
        reply_to=_addresses(askers),
        headers=_unsubscribe(stop),
    )


def _addresses(users: Sequence[User]) -> str:
    """Return the addresses for Reply-To, of as many users as its field holds."""
    addresses = [user.email for user in users]
    while len(", ".join(addresses)) > MAX_REPLY_TO:
        addresses.pop()
    return ", ".join(addresses)


def _unsubscribe(stop: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def queue_sent_back(*, invitation: Invitation, remark: str, by: User) -> OutgoingMail:
    """Ask the examiner, for committee member `by`, to revise the assessment."""
    asker = _asker(invitation.assessment, by)
    return _queue_to_examiner(
        "sent_back", invitation, context={"committee_remark": remark, "asker": asker}, reply_to=asker.email
    )


def _asker(assessment: Assessment, by: User) -> User:
    """Return the contact for questions about a decision of `by`: the initiator, or `by` when the initiator left."""
    return by if assessment.initiator_left else assessment.initiator


def _committee_texts(assessments: Collection[Assessment]) -> list[str]:
    """Return what their exam committees add to reminders, each text once."""
    committees = ExamCommittee.objects.filter(assessments__in=assessments).exclude(reminder_text="")
    return list(dict.fromkeys(committees.order_by("pk").values_list("reminder_text", flat=True)))


def queue_cancelled(*, invitation: Invitation, by: User) -> OutgoingMail:
    """Notify an invited examiner that nothing is left to do, without the reason."""
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
    """Notify the initiator that the committee cancelled, with a link to the reason."""
    url = settings.SITE_URL + reverse("assessments:detail", args=[assessment.public_id])
    return _queue(
        "cancelled_initiator",
        to=assessment.initiator,
        about=[assessment],
        context={"assessment": assessment, "by": by, "link": url},
        reply_to=by.email,
    )


def queue_handed_over(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Notify the new initiator that `by` handed the assessment over."""
    url = settings.SITE_URL + reverse("assessments:detail", args=[assessment.public_id])
    return _queue(
        "handed_over",
        to=assessment.initiator,
        about=[assessment],
        context={"assessment": assessment, "by": by, "link": url},
        reply_to=by.email,
    )


def queue_cancelled_to_student(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Notify the student of the cancellation, with a link to the reason."""
    return _queue_to_student("cancelled_student", assessment, by=by)


def queue_final_to_student(*, assessments: Sequence[Assessment], by: User) -> OutgoingMail:
    """Notify the student of results, without them: a link, and how and until when to appeal.

    The assessments are of one student.
    """
    exams = ", ".join(dict.fromkeys(assessment.exam.title for assessment in assessments))
    return _queue_to_student("final_student", *assessments, by=by, context={"assessments": assessments, "exams": exams})


def queue_result_withdrawn(*, document: Document, to: str, by: User, reason: str) -> OutgoingMail:
    """Notify the exam office at `to` that the archived result was withdrawn."""
    return _queue(
        "result_withdrawn",
        to=to,
        about=[document.assessment],
        context={"document": document, "result": document.result, "by": by, "reason": reason},
        reply_to=by.email,
    )


def queue_result_withdrawn_to_student(*, assessment: Assessment, by: User) -> OutgoingMail:
    """Notify the student of the withdrawal, without the result and the reason."""
    return _queue_to_student("result_withdrawn_student", assessment, by=by)


def drop_unsent(*, assessment: Assessment, kind: str) -> list[Assessment]:
    """Drop the unsent mails of this kind, which are no longer true; return the others that they were about."""
    mails = OutgoingMail.objects.filter(about__assessment=assessment, kind=kind, dropped_at__isnull=True)
    dropped = [pk for pk in mails.exclude(state=MailState.SENT).order_by("pk").values_list("pk", flat=True) if drop(pk)]
    others = Assessment.objects.filter(mails__mail__in=dropped).exclude(pk=assessment.pk)
    return list(others.for_pages().order_by("pk").distinct()) if dropped else []


def queue_all_done(*, assessment: Assessment) -> OutgoingMail:
    """Notify the initiator that all examiners have completed."""
    url = settings.SITE_URL + reverse("assessments:detail", args=[assessment.public_id])
    return _queue(
        "all_done",
        to=assessment.initiator,
        about=[assessment],
        context={"assessment": assessment, "link": url},
    )


def queue_not_arrived(*, invitations: Sequence[Invitation]) -> OutgoingMail:
    """Notify the initiator that the last mail to the examiner about these invitations, which share both, came back.

    Without the server's words, which are a stranger's.
    """
    first = invitations[0]
    pages = reverse("assessments:detail", args=[first.assessment.public_id])
    if len(invitations) > 1:
        pages = f"{reverse('assessments:afnames')}?{urlencode({'examinator': first.contact.full_name})}"
    assessments = [invitation.assessment for invitation in invitations]
    return _queue(
        "not_arrived",
        to=first.assessment.initiator,
        about=assessments,
        context={
            "contact": first.contact,
            "initiator": first.assessment.initiator,
            "assessments": assessments,
            "link": settings.SITE_URL + pages,
        },
    )


def queue_proposal(*, proposal: Proposal) -> OutgoingMail:
    """Ask the initiator to accept or decline the proposed colleague."""
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
    """Notify the examiner that the proposed colleague was declined."""
    return _queue_to_examiner("proposal_declined", proposal.invitation, context={"proposal": proposal})


def queue_result(*, document: Document, again_by: User | None = None) -> OutgoingMail:
    """Send the final PDF to the exam office; raise `ValueError` until it is made.

    `again_by` is the member who sends it again.
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
    """Notify the student that the file with their data is ready, behind the login."""
    page = settings.SITE_URL + reverse("assessments:own_data")
    return _queue(
        "own_data",
        to=student.user,
        about=[],
        school=student.school,
        context={"student": student, "link": page, "kept_days": KEPT_DAYS},
    )


def invitation_context(invitation: Invitation, *, link: str) -> dict[str, Any]:
    """Return the context of the invitation's templates, which the preview uses too."""
    return {"invitation": invitation, "assessment": invitation.assessment, "link": link}


def _attachments(invitations: Sequence[Invitation]) -> list[Attachment]:
    """Return the files that the invitations share, and a calendar of what is planned."""
    shared = invitations[0].attachments.select_related("file")
    files = [Attachment(filename=a.filename, content_type=a.content_type, file=a.file) for a in shared]
    with translation.override(invitations[0].contact.language):
        return [*files, *calendar.attachments(invitation.assessment for invitation in invitations)]


def _queue_to_student(
    name: str, *assessments: Assessment, by: User, context: Mapping[str, Any] | None = None
) -> OutgoingMail:
    first = assessments[0]
    link = settings.SITE_URL + reverse("assessments:my_exams")
    return _queue(
        name,
        to=first.student.user,
        about=assessments,
        context={"assessment": first, "link": link, **(context or {})},
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
    """Queue a mail about assessments of one school, with which it is erased.

    Without assessments it needs `school`, and is erased after a year.
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
    """Return the URL: an attached logo would enlarge every mail."""
    return settings.SITE_URL + school.branding.logo_url if school.logo_id else ""


def _list_id(school: School) -> str:
    """Return the List-Id of the school (RFC 2919)."""
    return formataddr((one_line(school.name), f"school-{school.pk}.{urlsplit(settings.SITE_URL).hostname}"))
