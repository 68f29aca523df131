"""'Opnieuw verzenden': the mail with the PDF once more, to the same office or to another address."""

from __future__ import annotations

from accounts.models import User
from assessments import lifecycle, mails
from assessments.models import Assessment, Document, Event
from digibeoordelen.outbox.cancel import drop
from digibeoordelen.outbox.models import MailState, OutgoingMail

ON_ITS_WAY = (MailState.QUEUED, MailState.IN_FLIGHT)


def sent_document(assessment: Assessment) -> Document | None:
    """The PDF that counts, with its mail; None while there is none."""
    sent = assessment.documents.current().filter(file__isnull=False, mail__isnull=False)
    return sent.select_related("mail", "file").first()


def sendable(document: Document | None, *, shown: int | None = None) -> Document:
    """The document, if it can be sent again; raises `DomainError` with why not.

    `shown` is the id of the mail that was on the screen: another one is of a second click.
    """
    if document is None or document.mail is None:
        raise lifecycle.DomainError("Er is nu geen pdf om te verzenden.")
    if shown is not None and document.mail.pk != shown:
        raise lifecycle.DomainError(f"De pdf is al opnieuw verzonden, naar {document.exam_office_email}.")
    if document.mail.state in ON_ITS_WAY:
        raise lifecycle.DomainError("De mail is nog onderweg. Komt hij niet aan, verzend hem dan daarna opnieuw.")
    return document


def send_again(*, assessment: Assessment, by: User, exam_office_email: str, mail: int) -> OutgoingMail:
    """A new mail with the same bytes; what waited for another attempt goes no more.

    `mail` is the id of the one that was on the screen, so that a second click sends nothing. Raises `DomainError`
    when it was sent again meanwhile, when it is on its way still, or when there is no PDF that counts.
    """
    with lifecycle.locked(assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        document = sendable(sent_document(current), shown=mail)
        drop(mail)
        document.exam_office_email = exam_office_email
        document.mail = mails.queue_result(document=document, again_by=by)
        document.save(update_fields=["exam_office_email", "mail"])
        lifecycle.record(current, kind=Event.Kind.SENT_AGAIN, by=by, exam_office=exam_office_email)
        return document.mail
