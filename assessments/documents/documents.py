"""Request, render and restore the PDF of a final result."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assessments import lifecycle, mails
from assessments.models import Assessment, Document, Event
from digibeoordelen.outbox import storage

from . import verification
from .pdf import render


def request_document(*, assessment: Assessment, result: dict[str, Any], exam_office_email: str) -> Document:
    """Create a document for `result` and schedule its rendering on commit.

    Call it inside the transaction that makes the result final. The document is the next version, with a new
    verification code, which is in its result together with the URL to check it.
    """
    number, code = assessment.documents.count() + 1, verification.new_code()
    reference = {"number": number, "code": code, "check_at": verification.page_address()}
    document = Document.objects.create(
        assessment=assessment,
        number=number,
        code=code,
        result={**result, "document": reference},
        exam_office_email=exam_office_email,
    )
    document.start()
    return document


def make(document: Document) -> None:
    """Render and store a document's PDF and queue its mail, unless the result was withdrawn meanwhile."""
    content = render(document.result, name=document.filename)
    with transaction.atomic():
        Assessment.objects.select_for_update().get(pk=document.assessment_id)  # locked first, as every writer does
        document.extend()
        current = Document.objects.select_related("assessment__final_by").get(pk=document.pk)
        current.file = storage.keep(content)
        document.finish(file=current.file, mail=mails.queue_result(document=current))
        lifecycle.record(
            current.assessment, kind=Event.Kind.DOCUMENT_MADE, document=current.number, sha256=current.file.sha256
        )


def make_again(document: Document) -> bool:
    """Retry a failing document at once; return False when it is not failing."""
    with transaction.atomic():
        if not Document.objects.failing().filter(pk=document.pk).restart():
            return False
        document.start()
    return True


def restore(document: Document) -> bool:
    """Render again a PDF missing from the storage; return False where the bytes differ, as of a later WeasyPrint."""
    return document.file is not None and storage.restore(document.file, render(document.result, name=document.filename))
