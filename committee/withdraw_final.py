"""'Definitief intrekken': a final result is none any more, and whoever got it is told."""

from __future__ import annotations

from accounts.models import User
from assessments import lifecycle, mails
from assessments.models import Assessment, Document
from digibeoordelen.outbox.cancel import drop
from digibeoordelen.outbox.models import MailState, OutgoingMail


def withdraw_final(*, assessment: Assessment, by: User, reason: str, version: int | None = None) -> bool:
    """FINAL → ASSESSED: the PDF is superseded, the student told; whether the exam office had to be told, too.

    A student who left is not mailed. It had to unless nothing of its mail went out yet: that one is then never sent.
    Raises `DomainError`
    without a reason or when `version` is no longer the assessment's, `TransitionRefused` unless it is FINAL.
    """
    with lifecycle.locked(assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        document = current.documents.current().select_related("mail", "file").first()
        lifecycle.withdraw_final(assessment=current, by=by, reason=reason, version=version)
        mails.drop_unsent(assessment=current, kind="final_student")
        if not current.student_left:
            mails.queue_result_withdrawn_to_student(assessment=current, by=by)
        if document is None:
            return False
        offices = _offices_to_tell(document)
        for office in offices:
            mails.queue_result_withdrawn(document=document, to=office, by=by, reason=reason)
    return bool(offices)


def _offices_to_tell(document: Document) -> list[str]:
    """Where the PDF may be by now: the address it goes to unless nothing left for it, and those that got it earlier."""
    if document.file is None or document.mail is None:
        return []
    results = OutgoingMail.objects.filter(about__assessment=document.assessment_id, kind="result")
    sent = results.filter(attachments__file=document.file, state=MailState.SENT)
    offices = list(sent.order_by("pk").values_list("to", flat=True))
    if not drop(document.mail.pk):
        offices.append(document.exam_office_email)
    return list({office.lower(): office for office in offices}.values())
