"""The mails of an assessment: one function a mail, each queued in its caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.text import Truncator

from digibeoordelen.outbox.links import placeholder
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment, queue_mail

from . import links
from .models import Document, Invitation

SUBJECT_LENGTH = 150


def queue_invitation(*, invitation: Invitation) -> OutgoingMail:
    """'Start beoordeling': asks the examiner, with the remark and the attachments of the invitation."""
    attachments = [
        Attachment(filename=a.filename, content_type=a.content_type, file=a.file)
        for a in invitation.attachments.select_related("file")
    ]
    return _queue_to_examiner("invitation", invitation, attachments=attachments)


def queue_sent_back(*, invitation: Invitation, remark: str) -> OutgoingMail:
    """The committee asks the examiner to look at the assessment once more."""
    return _queue_to_examiner("sent_back", invitation, context={"committee_remark": remark})


def queue_result(*, document: Document) -> OutgoingMail:
    """The final PDF, to the exam office that the committee named; `ValueError` while it is not made."""
    assessment = document.assessment
    if document.file is None:
        raise ValueError(f"The PDF of {document} is not made yet.")
    return _queue(
        "result",
        to=document.exam_office_email,
        context={"document": document, "assessment": assessment, "result": document.result},
        attachments=[Attachment(filename=document.filename, content_type="application/pdf", file=document.file)],
    )


def invitation_context(invitation: Invitation, *, link: str) -> dict[str, Any]:
    """What the invitation's templates need; the screen shows the message from the same ones."""
    return {"invitation": invitation, "assessment": invitation.assessment, "link": link}


def _queue_to_examiner(
    name: str,
    invitation: Invitation,
    *,
    context: Mapping[str, Any] | None = None,
    attachments: Sequence[Attachment] = (),
) -> OutgoingMail:
    return _queue(
        name,
        to=invitation.contact.email,
        context={**invitation_context(invitation, link=placeholder("start")), **(context or {})},
        attachments=attachments,
        links={"start": links.mail_link(invitation=invitation)},
        reply_to=invitation.assessment.initiator.email,
    )


def _queue(
    name: str,
    *,
    to: str,
    context: Mapping[str, Any],
    attachments: Sequence[Attachment] = (),
    links: Mapping[str, Any] | None = None,
    reply_to: str = "",
) -> OutgoingMail:
    folder = f"assessments/mail/{name}"
    subject = " ".join(render_to_string(f"{folder}.subject.txt", context).split())
    return queue_mail(
        kind=name,
        to=to,
        # A title of 200 characters and a name of 230 fit no subject; the mail itself has them whole.
        subject=Truncator(subject).chars(SUBJECT_LENGTH),
        text=render_to_string(f"{folder}.txt", context),
        html=render_to_string(f"{folder}.html", context),
        attachments=attachments,
        links=links or {},
        reply_to=reply_to,
    )
