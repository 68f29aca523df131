"""The PDF of a final result: rendered once by a worker, from the result as it was made final."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from assessments import lifecycle, mails
from assessments.models import Assessment, Document, Event
from digibeoordelen.outbox import storage

from . import verification
from .pdf import render

PAUSES = [60, 300, 900, 3600, 4 * 3600]  # seconds between an attempt that went wrong and the next


def request_document(*, assessment: Assessment, result: dict[str, Any], exam_office_email: str) -> Document:
    """Writes down that a PDF must be made of `result`, and starts the work on commit.

    Call it inside the transaction that makes the result final. A new document is the next version, with a
    verification code of its own, which stands in its result together with the address where it is checked.
    """
    number, code = assessment.documents.count() + 1, verification.new_code()
    said = {"number": number, "code": code, "check_at": verification.page_address()}
    document = Document.objects.create(
        assessment=assessment,
        number=number,
        code=code,
        result={**result, "document": said},
        exam_office_email=exam_office_email,
    )
    transaction.on_commit(lambda: render_document.delay(document.pk), robust=True)
    return document


def make(document_id: int) -> bool:
    """Renders and keeps a pending document and queues its mail; False when there was nothing to do.

    It can run twice, or on two workers: one claims the row, and what is kept first stays. A result
    that was withdrawn before its PDF was made gets none, and no mail. What goes wrong is raised, and
    tried again after a pause, for as long as it takes: storage may be gone for a night.
    """
    document = _claim(document_id)
    if document is None:
        return False
    try:
        return _keep(document, render(document.result, name=document.filename))
    except Exception:
        pause = PAUSES[min(document.attempts, len(PAUSES)) - 1]
        Document.objects.filter(pk=document.pk).update(lease_until=timezone.now() + timedelta(seconds=pause))
        raise


def make_again(document: Document) -> bool:
    """Has one that is failing tried at once; False when it isn't, or isn't any more."""
    with transaction.atomic():
        failing = Document.objects.failing().filter(pk=document.pk)
        if not failing.update(attempts=0, lease_until=None):
            return False
        transaction.on_commit(lambda: render_document.delay(document.pk), robust=True)
    return True


def restore(document: Document) -> bool:
    """Makes a PDF anew that the storage lost; False where the bytes would be others, as of a later WeasyPrint."""
    return document.file is not None and storage.restore(document.file, render(document.result, name=document.filename))


def _keep(document: Document, content: bytes) -> bool:
    with transaction.atomic():
        current = _locked_row(document)
        if current.file_id is not None or current.superseded_at is not None:
            return False
        current.file = storage.keep(content)
        current.mail = mails.queue_result(document=current)
        current.lease_until = None
        current.save(update_fields=["file", "mail", "lease_until"])
        lifecycle.record(
            current.assessment, kind=Event.Kind.DOCUMENT_MADE, document=current.number, sha256=current.file.sha256
        )
    return True


def _locked_row(document: Document) -> Document:
    """The document read again, with its assessment's row locked first, as every writer does."""
    Assessment.objects.select_for_update().get(pk=document.assessment_id)
    return Document.objects.select_related("assessment__final_by").get(pk=document.pk)


def pending_ids() -> list[int]:
    """Documents that no worker is making: never announced, or left by one that died."""
    now = timezone.now()
    free = Q(lease_until__isnull=True, created_at__lt=now - timedelta(seconds=5)) | Q(lease_until__lt=now)
    return list(Document.objects.pending().filter(free).values_list("pk", flat=True)[:1000])


def _claim(document_id: int) -> Document | None:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    claimed = (
        Document.objects.pending()
        .filter(free, pk=document_id)
        .update(lease_until=now + timedelta(seconds=settings.DOCUMENT_LEASE_SECONDS), attempts=F("attempts") + 1)
    )
    return Document.objects.get(pk=document_id) if claimed else None


@shared_task(name="assessments.tasks.render_document")
def render_document(document_id: int) -> None:
    """Makes a final result's PDF and queues its mail."""

    make(document_id)


@shared_task(name="assessments.tasks.sweep_documents")
def sweep_documents() -> None:
    """Starts what a crash left: documents that are pending and that nobody is making. What was sent is done with."""
    from assessments.models import MailAbout

    MailAbout.objects.forget_delivered()
    for document_id in pending_ids():
        render_document.delay(document_id)
