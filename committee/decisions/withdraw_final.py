"""'Definitief intrekken': the committee withdraws a final result (source text, part C)."""

from __future__ import annotations

from accounts.models import User
from assessments import lifecycle, mails
from assessments.models import Assessment, Document, Status
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import drop


def withdraw_final(*, assessment: Assessment, by: User, reason: str, version: int | None = None) -> bool:
    """FINAL → ASSESSED: supersede the PDF and mail the student; return whether the exam office is notified.

    It is, unless the mail with the PDF was not sent yet: then that mail is dropped. A student who left is not mailed.
    Raises `DomainError` without a reason or when `version` is outdated, `TransitionRefused` unless it is FINAL.
    """
    with lifecycle.locked(assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        document = current.documents.current().select_related("mail", "file").first()
        lifecycle.withdraw_final(assessment=current, by=by, reason=reason, version=version)
        others = mails.drop_unsent(assessment=current, kind="final_student")
        if still_final := [other for other in others if other.status == Status.FINAL]:
            mails.queue_final_to_student(assessments=still_final, by=by)
        if not current.student_left:
            mails.queue_result_withdrawn_to_student(assessment=current, by=by)
        if document is None:
            return False
        offices = _offices_to_notify(document)
        for office in offices:
            mails.queue_result_withdrawn(document=document, to=office, by=by, reason=reason)
    return bool(offices)


def _offices_to_notify(document: Document) -> list[str]:
    """Drop the PDF's mail if it was not sent, and return the addresses that may have the PDF."""
    if document.file is None or document.mail is None:
        return []
    mails_with_pdf = OutgoingMail.objects.filter(about__assessment=document.assessment_id, kind="result")
    sent = mails_with_pdf.filter(attachments__file=document.file, state=MailState.SENT)
    offices = list(sent.order_by("pk").values_list("to", flat=True))
    if not drop(document.mail.pk):
        offices.append(document.exam_office_email)
    return list({office.lower(): office for office in offices}.values())
