"""The PDF and the mails about a final result: their state, and sending one again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from accounts.models import ExamCommittee, User
from assessments import leavers, lifecycle, mails
from assessments.models import Assessment, AssessmentQuerySet, Document, Event, MailAbout, Status
from committee.models import FinalBatchItem
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import drop, send_again

# By mail kind; `to` is the address, `version` that of the result.
LABELS = {
    "result": "Pdf aan {to}",
    "final_student": "Bericht aan {to}",
    "result_withdrawn": "Bericht aan {to} dat versie {version} is ingetrokken",
    "result_withdrawn_student": "Bericht aan {to} dat het resultaat is ingetrokken",
}
TO_STUDENT = ("final_student", "result_withdrawn_student")
CONTENT = ("mail__text", "mail__html", "mail__links", "mail__headers")


@dataclass(frozen=True)
class ResultMail:
    """A mail about a result; the mail about a withdrawal has the withdrawn version."""

    mail: OutgoingMail
    version: int

    @property
    def label(self) -> str:
        return LABELS[self.mail.kind].format(to=self.mail.to, version=self.version)

    @property
    def is_withdrawal(self) -> bool:
        return self.mail.kind.startswith("result_withdrawn")

    @property
    def can_resend(self) -> bool:
        """Whether it failed; the mail with the PDF is sent again on its own page (`send_again`)."""
        return self.mail.kind != "result" and self.mail.state == MailState.FAILED


def read_result_mails(assessment: Assessment, *, documents: Sequence[Document]) -> list[ResultMail]:
    """Return the mails about the assessment's results, oldest first; `documents` are all that it has.

    Without the current mails with the PDF (`Document.mail`), and those that were dropped.
    """
    if not documents:
        return []
    rows = assessment.mails.filter(mail__kind__in=LABELS, mail__dropped_at__isnull=True)
    rows = rows.exclude(mail__in=[document.mail_id for document in documents if document.mail_id])
    rows = rows.select_related("mail").defer(*CONTENT).order_by("mail_id")
    return list(with_versions([row.mail for row in rows], documents))


def with_versions(outgoing: Sequence[OutgoingMail], documents: Sequence[Document]) -> Iterator[ResultMail]:
    """Yield the mails of one assessment, each with the last version at its time."""
    for mail in outgoing:
        is_withdrawal = mail.kind.startswith("result_withdrawn")
        versions = [
            document.number
            for document in documents
            if (at := document.superseded_at if is_withdrawal else document.created_at) and at <= mail.created_at
        ]
        yield ResultMail(mail, max(versions, default=1))


def resend_message(*, about: MailAbout, by: User) -> OutgoingMail:
    """Send a failed mail again; the student's is replaced by one to the account's current address.

    Raises `DomainError` when the student left, and when the mail did not fail, was dropped or was sent again.
    """
    with lifecycle.locked(about.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        mail = OutgoingMail.objects.get(pk=about.mail_id)
        if mail.state != MailState.FAILED or mail.dropped_at:
            raise lifecycle.DomainError("Dit bericht is al opnieuw verzonden, of dat hoeft niet meer.")
        if mail.kind in TO_STUDENT:
            leavers.refuse_student_left(current)
            drop(mail.pk)
            if mail.kind == "result_withdrawn_student":
                return mails.queue_result_withdrawn_to_student(assessment=current, by=by)
            final = Assessment.objects.filter(mails__mail=mail, status=Status.FINAL)
            return mails.queue_final_to_student(assessments=list(final.for_pages().order_by("pk")), by=by)
        send_again(mail)
        return mail


@dataclass(frozen=True)
class Delivery:
    """The state of one PDF; `why` explains a failure or a delay."""

    label: str
    why: str = ""
    has_failed: bool = False


@dataclass(frozen=True)
class Deliveries:
    """`documents` are the current ones by assessment id; a withdrawn result has none."""

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
    def summary(self) -> str:
        """'78 verzonden, 1 onderweg, 1 niet verzonden'."""
        counts = {"verzonden": self.sent, "onderweg": self.on_their_way, "niet verzonden": self.failed}
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)

    def of(self, item: FinalBatchItem) -> Delivery | None:
        """Return the state of the item's PDF; None unless the item was made final."""
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


def read_deliveries(assessments: Sequence[Assessment]) -> Deliveries:
    current = Document.objects.current().filter(assessment__in=assessments).select_related("mail")
    return Deliveries({document.assessment_id: document for document in current.defer("result", *CONTENT)})


def _is_in(document: Document, state: MailState) -> bool:
    return document.mail is not None and document.mail.state == state


NOT_MADE = "Pdf kan niet worden gemaakt"


@dataclass(frozen=True)
class Undelivered:
    """An assessment with its failures: (what, why)."""

    assessment: Assessment
    failures: Sequence[tuple[str, str]]


def undelivered_to(user: User, *, committees: Iterable[ExamCommittee]) -> AssessmentQuerySet:
    """Return the assessments with a failed mail or PDF, without the user's own, longest waiting first."""
    failed_mails = MailAbout.objects.failed().order_by().values("assessment")
    failed = failed_mails.union(Document.objects.failing().order_by().values("assessment"))
    queryset = Assessment.objects.filter(pk__in=failed, committee__in=committees).exclude(student__user=user)
    return queryset.for_pages().order_by("status_since", "pk")


def with_failures(assessments: Sequence[Assessment]) -> list[Undelivered]:
    """Return each assessment with its failures, in two queries."""
    documents: dict[int, list[Document]] = defaultdict(list)
    for document in Document.objects.filter(assessment__in=assessments).defer("result"):
        documents[document.assessment_id].append(document)
    failures: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for pk, of_assessment in documents.items():
        failures[pk] += [
            (NOT_MADE, f"na {document.attempts} pogingen") for document in of_assessment if document.is_failing
        ]
    failed = MailAbout.objects.failed().filter(assessment__in=assessments)
    for row in failed.select_related("mail").defer(*CONTENT).order_by("mail_id"):
        [message] = with_versions([row.mail], documents[row.assessment_id])
        failures[row.assessment_id].append((message.label, row.mail.last_error))
    return [Undelivered(assessment, failures[assessment.pk]) for assessment in assessments]


ON_ITS_WAY = (MailState.QUEUED, MailState.IN_FLIGHT)


def sent_document(assessment: Assessment) -> Document | None:
    """Return the current PDF with its mail; None until both exist."""
    sent = assessment.documents.current().filter(file__isnull=False, mail__isnull=False)
    return sent.select_related("mail", "file").first()


def require_sendable(document: Document | None, *, shown: int | None = None) -> Document:
    """Return the document if it can be sent again, else raise `DomainError`.

    `shown` is the id of the mail that was on the screen; a different one means a second click.
    """
    if document is None or document.mail is None:
        raise lifecycle.DomainError("Er is nu geen pdf om te verzenden.")
    if shown is not None and document.mail.pk != shown:
        raise lifecycle.DomainError(f"De pdf is al opnieuw verzonden, naar {document.exam_office_email}.")
    if document.mail.state in ON_ITS_WAY:
        raise lifecycle.DomainError("De mail is nog onderweg. Komt hij niet aan, verzend hem dan daarna opnieuw.")
    return document


def resend(*, assessment: Assessment, by: User, exam_office_email: str, mail: int) -> OutgoingMail:
    """Send the current PDF in a new mail and drop the waiting one.

    `mail` is the id of the mail on the screen. Raises `DomainError` when that one was sent again or is still on its
    way, and without a current PDF.
    """
    with lifecycle.locked(assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        document = require_sendable(sent_document(current), shown=mail)
        drop(mail)
        document.exam_office_email = exam_office_email
        document.mail = mails.queue_result(document=document, again_by=by)
        document.save(update_fields=["exam_office_email", "mail"])
        lifecycle.record(current, kind=Event.Kind.SENT_AGAIN, by=by, exam_office=exam_office_email)
        return document.mail
