"""The mails around a final result: which there are, to whom, about what, and sending one that failed once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from accounts.models import School, User
from assessments import leavers, lifecycle, mails
from assessments.models import Assessment, AssessmentQuerySet, Document, Event, MailAbout
from committee.models import FinalBatchItem
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import drop, send_again

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


@dataclass(frozen=True)
class Delivery:
    """How far one PDF is, in words; `why` no further."""

    said: str
    why: str = ""
    has_failed: bool = False


@dataclass(frozen=True)
class Deliveries:
    """`documents` are those that count, by the assessment's id; of one that was withdrawn there is none."""

    documents: dict[int, Document]

    @property
    def sent(self) -> int:
        return sum(_is_in(document, MailState.SENT) for document in self.documents.values())

    @property
    def failed(self) -> int:
        return sum(document.is_failing or _is_in(document, MailState.FAILED) for document in self.documents.values())

    @property
    def on_their_way(self) -> int:
        return sum(document.is_on_its_way for document in self.documents.values())

    @property
    def said(self) -> str:
        """'78 verzonden, 1 onderweg, 1 niet verzonden'."""
        counts = {"verzonden": self.sent, "onderweg": self.on_their_way, "niet verzonden": self.failed}
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)

    def of(self, item: FinalBatchItem) -> Delivery | None:
        """None for what was not made final."""
        if item.outcome != FinalBatchItem.Outcome.FINAL:
            return None
        document = self.documents.get(item.assessment_id)
        if document is None:
            return Delivery("Ingetrokken")
        if document.is_failing:
            return Delivery(NOT_MADE, has_failed=True)
        if document.mail is None:
            return Delivery("Verzonden" if document.file_id else "Pdf wordt gemaakt")
        mail = document.mail
        has_failed = mail.state == MailState.FAILED
        why = mail.last_error if has_failed or mail.state == MailState.WAITING else ""
        return Delivery(mail.state_label, why, has_failed)


def read(assessments: Sequence[Assessment]) -> Deliveries:
    """One query."""
    current = Document.objects.current().filter(assessment__in=assessments).select_related("mail")
    return Deliveries({document.assessment_id: document for document in current.defer("result", *CONTENT)})


def _is_in(document: Document, state: MailState) -> bool:
    return document.mail is not None and document.mail.state == state


NOT_MADE = "Pdf kan niet worden gemaakt"


@dataclass(frozen=True)
class Undelivered:
    """An assessment with what went wrong, each as what it is and why."""

    assessment: Assessment
    failures: Sequence[tuple[str, str]]


def undelivered_to(user: User, *, schools: Iterable[School]) -> AssessmentQuerySet:
    """Of these schools, without the member's own, who waits longest first."""
    mails = MailAbout.objects.failed().order_by().values("assessment")
    failed = mails.union(Document.objects.failing().order_by().values("assessment"))
    found = Assessment.objects.filter(pk__in=failed, school__in=schools).exclude(student__user=user)
    return found.for_pages().order_by("status_since", "pk")


def with_failures(assessments: Sequence[Assessment]) -> list[Undelivered]:
    """Each with what went wrong; two queries."""
    documents: dict[int, list[Document]] = defaultdict(list)
    for document in Document.objects.filter(assessment__in=assessments).defer("result"):
        documents[document.assessment_id].append(document)
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for pk, made in documents.items():
        found[pk] += [(NOT_MADE, f"na {one.attempts} pogingen") for one in made if one.is_failing]
    failed = MailAbout.objects.failed().filter(assessment__in=assessments)
    for row in failed.select_related("mail").defer(*CONTENT).order_by("mail_id"):
        [letter] = as_letters([row.mail], documents[row.assessment_id])
        found[row.assessment_id].append((letter.said, row.mail.last_error))
    return [Undelivered(assessment, found[assessment.pk]) for assessment in assessments]


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


def resend(*, assessment: Assessment, by: User, exam_office_email: str, mail: int) -> OutgoingMail:
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
