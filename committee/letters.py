"""The mails around a final result: which there are, to whom, about what, and sending one that failed once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accounts.models import User
from assessments import leavers, lifecycle, mails
from assessments.models import Assessment, Document, MailAbout
from digibeoordelen.outbox.cancel import drop
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import send_again

# Of each kind what it is; `to` is the address, `version` of the result that it is about.
SAID = {
    "result": "Pdf aan {to}",
    "final_student": "Bericht aan {to}",
    "result_withdrawn": "Bericht aan {to} dat versie {version} is ingetrokken",
    "result_withdrawn_student": "Bericht aan {to} dat het resultaat is ingetrokken",
}
TO_STUDENT = {
    "final_student": mails.queue_final_to_student,
    "result_withdrawn_student": mails.queue_result_withdrawn_to_student,
}
CONTENT = ("mail__text", "mail__html", "mail__links", "mail__headers")


@dataclass(frozen=True)
class Letter:
    """A mail about a result; that it is of a withdrawal belongs to the version that was withdrawn."""

    mail: OutgoingMail
    version: int

    @property
    def said(self) -> str:
        return SAID[self.mail.kind].format(to=self.mail.to, version=self.version)

    @property
    def is_withdrawal(self) -> bool:
        return self.mail.kind.startswith("result_withdrawn")

    @property
    def can_be_told_again(self) -> bool:
        """The PDF has a page of its own for that (`send_again`)."""
        return self.mail.kind != "result" and self.mail.state == MailState.FAILED


def read_letters(assessment: Assessment, *, documents: Sequence[Document]) -> list[Letter]:
    """Those of `documents`, all that the assessment has, but for the mails of these themselves; oldest first.

    What was never sent since it became untrue is no letter.
    """
    if not documents:
        return []
    rows = assessment.mails.filter(mail__kind__in=SAID, mail__dropped_at__isnull=True)
    rows = rows.exclude(mail__in=[document.mail_id for document in documents if document.mail_id])
    found = rows.select_related("mail").defer(*CONTENT).order_by("mail_id")
    return list(as_letters([row.mail for row in found], documents))


def as_letters(found: Sequence[OutgoingMail], documents: Sequence[Document]) -> Iterator[Letter]:
    """Mails of one assessment with the version that each is about: the last one of its time."""
    for mail in found:
        is_withdrawal = mail.kind.startswith("result_withdrawn")
        versions = [
            document.number
            for document in documents
            if (at := document.superseded_at if is_withdrawal else document.created_at) and at <= mail.created_at
        ]
        yield Letter(mail, max(versions, default=1))


def tell_again(*, about: MailAbout, by: User) -> OutgoingMail:
    """Sends a failed one once more; the student's anew, to the address that the account has now.

    Raises `DomainError` when the student it goes to left, when it did not fail, is true no more, or was sent again
    meanwhile.
    """
    with lifecycle.locked(about.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        mail = OutgoingMail.objects.get(pk=about.mail_id)
        if mail.state != MailState.FAILED or mail.dropped_at:
            raise lifecycle.DomainError("Dit bericht is al opnieuw verzonden, of dat hoeft niet meer.")
        if queue := TO_STUDENT.get(mail.kind):
            leavers.refuse_student_left(current)
            drop(mail.pk)
            return queue(assessment=current, by=by)
        send_again(mail)
        return mail
