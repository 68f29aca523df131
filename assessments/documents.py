"""The PDF of a final result: rendered once by a worker, from the result as it was made final."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from digibeoordelen.outbox.files import keep

from . import lifecycle, mails
from .models import Assessment, Document, Event
from .tasks import render_document


def request_document(*, assessment: Assessment, result: dict[str, Any], exam_office_email: str) -> Document:
    """Writes down that a PDF must be made of `result`, and starts the work on commit.

    Call it inside the transaction that makes the result final. A new document is the next version.
    """
    document = Document.objects.create(
        assessment=assessment,
        number=assessment.documents.count() + 1,
        result=result,
        exam_office_email=exam_office_email,
    )
    transaction.on_commit(lambda: render_document.delay(document.pk), robust=True)
    return document


def make(document_id: int) -> bool:
    """Renders and keeps a pending document and queues its mail; False when there was nothing to do.

    It can run twice, or on two workers: one claims the row, and what is kept first stays.
    """
    document = _claim(document_id)
    if document is None:
        return False
    content = render(document.result, name=document.filename)
    with transaction.atomic():
        current = _locked_row(document)
        if current.file_id is not None:
            return False
        current.file = keep(content)
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
    return Document.objects.select_related("assessment__student__user", "assessment__unit").get(pk=document.pk)


def pending_ids() -> list[int]:
    """Documents that no worker is making: never announced, or left by one that died."""
    now = timezone.now()
    free = Q(lease_until__isnull=True, created_at__lt=now - timedelta(seconds=5)) | Q(lease_until__lt=now)
    return list(Document.objects.filter(free, file__isnull=True).values_list("pk", flat=True)[:1000])


def render(result: dict[str, Any], *, name: str) -> bytes:
    """The PDF/A-3b of a result, with the result attached as JSON."""
    # WeasyPrint takes half a second to import; only the workers need it.
    from weasyprint import HTML, Attachment

    html = render_to_string("assessments/pdf/document.html", {"result": result, "name": name, **_dates(result)})
    attachment = Attachment(
        string=json.dumps(result, ensure_ascii=False, indent=1).encode(),
        name="resultaat.json",
        description="Het resultaat als gegevens",
        relationship="Data",
    )
    pdf = HTML(string=html, base_url=str(settings.BASE_DIR), url_fetcher=_no_fetching).write_pdf(
        pdf_variant="pdf/a-3b", attachments=[attachment]
    )
    return bytes(pdf)


def _dates(result: dict[str, Any]) -> dict[str, Any]:
    """The moments in a result as local times, for the template."""
    return {"final_at": timezone.localtime(datetime.fromisoformat(result["final"]["at"]))}


def _no_fetching(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError(f"A document refers to nothing outside itself: {url}")


def _claim(document_id: int) -> Document | None:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    claimed = Document.objects.filter(free, pk=document_id, file__isnull=True).update(
        lease_until=now + timedelta(seconds=settings.DOCUMENT_LEASE_SECONDS)
    )
    return Document.objects.get(pk=document_id) if claimed else None
