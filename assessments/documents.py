"""The PDF of a final result: rendered once by a worker, from the result as it was made final."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.school.branding import Brand
from digibeoordelen.outbox import storage
from digibeoordelen.outbox.models import FileGone, StoredFile

from . import lifecycle, mails, verification
from .fonts import replace_unprintable
from .models import Assessment, Document, Event
from .tasks import render_document

PDF_VARIANT = "pdf/a-3b"
PAUSES = [60, 300, 900, 3600, 4 * 3600]  # seconds between an attempt that went wrong and the next
# What an examiner signed with; documents from before there was a date and a place have neither.
SIGNED = ("name", "function", "organisation", "assessed_on", "place")


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


def render(result: dict[str, Any], *, name: str) -> bytes:
    """The PDF/A-3b of a result, tagged, with the result attached as JSON.

    It is made from `result` alone, and the logo that this names by its hash, so that making it again, whenever, says
    the same; the text is
    Dutch, whatever language the one who caused it reads. `name` is the document's file name.
    """
    from weasyprint import Attachment

    final_at = datetime.fromisoformat(result["final"]["at"])
    attachment = Attachment(
        string=json.dumps(result, ensure_ascii=False, indent=1).encode(),
        name=f"{name.removesuffix('.pdf')}.json",
        description="Het resultaat als gegevens",
        relationship="Data",
        created=final_at.astimezone(UTC),
        modified=final_at.astimezone(UTC),
    )
    return write_pdf(page(result), pdf_variant=PDF_VARIANT, attachments=[attachment])


def page(result: dict[str, Any]) -> str:
    """The HTML that a result's PDF is made of; it refers to nothing outside itself."""
    with translation.override("nl"):
        look = look_context(**result.get("look", {}))
        context = {"result": result, **_graded(result), **_verification(result), **look}
        return render_to_string("assessments/pdf/document.html", context)


def look_context(*, colour: str = "", logo: str = "") -> dict[str, Any]:
    """What a PDF shows of a school: its colour's shades, and the logo with this SHA-256 as a data: URL.

    A logo that is gone is left out: the result stands without it.
    """
    file = StoredFile.objects.filter(sha256=logo).first() if logo else None
    try:
        image = f"data:image/png;base64,{b64encode(file.read()).decode()}" if file else ""
    except FileGone:
        image = ""
    return {"brand": Brand.of(colour), "logo": image}


def write_pdf(html: str, **options: Any) -> bytes:
    """Return a tagged PDF of `html`, which refers to nothing outside itself; U+FFFD is what no font can print."""
    # WeasyPrint takes half a second to import; not every process needs it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # A reference that slipped in stops it, and is never fetched; a data: URL holds what it refers to.
    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    # Else an emoji font is stamped with the time (fontTools), and the same result has other bytes each time.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    html = replace_unprintable(html)
    return bytes(HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_tags=True, **options))


def _verification(result: dict[str, Any]) -> dict[str, str]:
    """The code as it is printed, and the QR code of its page; nothing for documents from before there were codes."""
    said = result["document"]
    if not (code := said.get("code")):
        return {}
    return {"code": verification.grouped(code), "qr_code": verification.qr_code(f"{said['check_at']}{code}/")}


def _graded(result: dict[str, Any]) -> dict[str, Any]:
    """The result's core tasks and work processes, each with its own outcome, and its examiners, each once."""
    core_tasks: list[dict[str, Any]] = []
    examiners: list[dict[str, Any]] = []
    outcomes = {core_task["code"]: core_task for core_task in result["result"]["core_tasks"]}
    for core_task in result["core_tasks"]:
        outcome = outcomes[core_task["code"]]
        inner = {work_process["code"]: work_process for work_process in outcome["work_processes"]}
        processes = [{**process, "result": inner[process["code"]]} for process in core_task["work_processes"]]
        core_tasks.append({**core_task, "result": outcome, "work_processes": processes})
        for part in (part for process in processes for part in process["parts"]):
            signed = [{key: examiner.get(key) for key in SIGNED} for examiner in part["examiners"]]
            examiners += [examiner for examiner in signed if examiner not in examiners]
    weights = {Decimal(outcome.get("weight", 1)) for outcome in outcomes.values()}  # those of before have none
    return {"core_tasks": core_tasks, "examiners": examiners, "is_weighted": len(weights) > 1}


def _claim(document_id: int) -> Document | None:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    claimed = (
        Document.objects.pending()
        .filter(free, pk=document_id)
        .update(lease_until=now + timedelta(seconds=settings.DOCUMENT_LEASE_SECONDS), attempts=F("attempts") + 1)
    )
    return Document.objects.get(pk=document_id) if claimed else None
