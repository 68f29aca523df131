"""Render the PDF of a final result from its stored JSON."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from accounts.models.branding import Palette
from digibeoordelen.outbox.models import FileGone, StoredFile

from . import verification
from .fonts import replace_unprintable

PDF_VARIANT = "pdf/a-3b"
# An examiner's signature; documents of an older format lack the date and place.
SIGNED = ("name", "function", "organisation", "assessed_on", "place")


def render(result: dict[str, Any], *, name: str) -> bytes:
    """Return the PDF/A-3b of a result, tagged, with the result attached as JSON.

    It depends only on `result` and the logo that it names by hash, so that rendering it again gives the same content,
    in Dutch regardless of the active language. `name` is the document's file name.
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
    """Return the HTML of a result's PDF, without external references."""
    with translation.override("nl"):
        look = look_context(**result.get("look", {}))
        context = {"result": result, **_graded(result), **_verification(result), **look}
        return render_to_string("assessments/pdf/document.html", context)


def look_context(*, colour: str = "", logo: str = "") -> dict[str, Any]:
    """Return a school's branding for a PDF: its colour's shades, and the logo with this SHA-256 as a data: URL.

    A missing logo is left out.
    """
    file = StoredFile.objects.filter(sha256=logo).first() if logo else None
    try:
        image = f"data:image/png;base64,{b64encode(file.read()).decode()}" if file else ""
    except FileGone:
        image = ""
    return {"brand": Palette.of(colour), "logo": image}


def write_pdf(html: str, **options: Any) -> bytes:
    """Return a tagged PDF of `html`, which may have no external references; U+FFFD replaces unprintable characters."""
    # WeasyPrint takes half a second to import; not every process needs it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # Fails on an external reference and never fetches it; a data: URL contains its data.
    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    # Else fontTools stamps an emoji font with the time, and the bytes differ each time.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    html = replace_unprintable(html)
    return bytes(HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_tags=True, **options))


def _verification(result: dict[str, Any]) -> dict[str, str]:
    """Return the printed code and the QR code of its page; empty for documents of an older format."""
    document = result["document"]
    if not (code := document.get("code")):
        return {}
    return {"code": verification.grouped(code), "qr_code": verification.qr_code(f"{document['check_at']}{code}/")}


def _graded(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result's core tasks and work processes with their outcomes, and its distinct examiners."""
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
    weights = {Decimal(outcome.get("weight", 1)) for outcome in outcomes.values()}  # absent in older formats
    return {"core_tasks": core_tasks, "examiners": examiners, "is_weighted": len(weights) > 1}
