"""How far the PDFs of several results are: made, mailed to the exam office, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assessments.models import Assessment, Document
from digibeoordelen.outbox.models import MailState

from .batch import FinalBatchItem
from .letters import CONTENT
from .undelivered import NOT_MADE


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
