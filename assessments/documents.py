"""The PDF of a final result: rendered once by a worker, from the result as it was made final."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from digibeoordelen.outbox.files import keep

from . import lifecycle, mails
from .models import Assessment, Document, Event
from .tasks import render_document


def request_document(*, assessment: Assessment, result: dict[str, Any], exam_office_email: str) -> Document:
    """Writes down that a PDF must be made of `result`, and starts the work on commit.

    Call it inside the transaction that makes the result final. A new document is the next version.
    """
    number = assessment.documents.count() + 1
    document = Document.objects.create(
        assessment=assessment,
        number=number,
        result={**result, "document": {"number": number}},
        exam_office_email=exam_office_email,
    )
    transaction.on_commit(lambda: render_document.delay(document.pk), robust=True)
    return document


def make(document_id: int) -> bool:
    """Renders and keeps a pending document and queues its mail; False when there was nothing to do.

    It can run twice, or on two workers: one claims the row, and what is kept first stays. A result
    that was withdrawn before its PDF was made gets none, and no mail.
    """
    document = _claim(document_id)
    if document is None:
        return False
    content = render(document.result, name=document.filename)
    with transaction.atomic():
        current = _locked_row(document)
        if current.file_id is not None or current.superseded_at is not None:
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
    return Document.objects.select_related("assessment__final_by").get(pk=document.pk)


def pending_ids() -> list[int]:
    """Documents that no worker is making: never announced, or left by one that died."""
    now = timezone.now()
    free = Q(lease_until__isnull=True, created_at__lt=now - timedelta(seconds=5)) | Q(lease_until__lt=now)
    return list(Document.objects.current().filter(free, file__isnull=True).values_list("pk", flat=True)[:1000])


def render(result: dict[str, Any], *, name: str) -> bytes:
    """The PDF/A-3b of a result, tagged, with the result attached as JSON.

    It is made from `result` alone, so that making it again, whenever, says the same; the text is
    Dutch, whatever language the one who caused it reads. `name` is the document's file name.
    """
    # WeasyPrint takes half a second to import; only the workers need it.
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher

    final_at = datetime.fromisoformat(result["final"]["at"])
    with translation.override("nl"):
        html = render_to_string("assessments/pdf/document.html", {"result": result, **_graded(result)})
    attachment = Attachment(
        string=json.dumps(result, ensure_ascii=False, indent=1).encode(),
        name=f"{name.removesuffix('.pdf')}.json",
        description="Het resultaat als gegevens",
        relationship="Data",
        created=final_at.astimezone(UTC),
        modified=final_at.astimezone(UTC),
    )
    # A document refers to nothing outside itself: a reference that slipped in stops it, and is never fetched.
    fetcher = URLFetcher(allowed_protocols=[], fail_on_errors=True)
    pdf = HTML(string=html, url_fetcher=fetcher).write_pdf(
        pdf_variant="pdf/a-3b", pdf_tags=True, attachments=[attachment]
    )
    return bytes(pdf)


def _graded(result: dict[str, Any]) -> dict[str, Any]:
    """The result's core tasks and work processes, each with its own outcome, and the examiners' names, once."""
    core_tasks: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    outcomes = {core_task["code"]: core_task for core_task in result["result"]["core_tasks"]}
    for core_task in result["core_tasks"]:
        outcome = outcomes[core_task["code"]]
        inner = {work_process["code"]: work_process for work_process in outcome["work_processes"]}
        processes = [{**process, "result": inner[process["code"]]} for process in core_task["work_processes"]]
        core_tasks.append({**core_task, "result": outcome, "work_processes": processes})
        parts = [part for process in processes for part in process["parts"]]
        names.update({examiner["name"]: None for part in parts for examiner in part["examiners"]})
    return {"core_tasks": core_tasks, "examiners": list(names)}


def _claim(document_id: int) -> Document | None:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    claimed = (
        Document.objects.current()
        .filter(free, pk=document_id, file__isnull=True)
        .update(lease_until=now + timedelta(seconds=settings.DOCUMENT_LEASE_SECONDS))
    )
    return Document.objects.get(pk=document_id) if claimed else None
