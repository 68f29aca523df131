"""Render the PDF of a final result from its stored JSON."""

from __future__ import annotations

import atexit
import json
import os
import threading
from base64 import b64encode
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from celery.signals import worker_process_shutdown
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models.branding import Palette
from digibeoordelen.outbox.models import FileGone, StoredFile

from . import verification
from .fonts import replace_unprintable, typeface

PDF_VARIANT = "pdf/a-3b"
NEARLY_EMPTY = 0.3  # of the last page, its margin included
# An examiner's signature; documents of an older format lack the date and place.
SIGNED = ("name", "function", "organisation", "assessed_on", "place")
_fonts = threading.local()


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
    options: dict[str, Any] = {"pdf_tags": True, "pdf_variant": PDF_VARIANT, "attachments": [attachment]}
    return bytes(lay_out(result, **options).write_pdf(**options))


def lay_out(result: dict[str, Any], **options: Any) -> Any:
    """Return the `weasyprint.Document` of a result, set tighter where that saves a last page with a few lines."""
    layout = _lay_out_html(page(result), **options)
    last = layout.pages[-1]
    if len(layout.pages) > 1 and last.anchors["end"][1] < NEARLY_EMPTY * last.height:
        compact = _lay_out_html(page(result, is_compact=True), **options)
        if len(compact.pages) < len(layout.pages):
            return compact
    return layout


def page(result: dict[str, Any], *, is_compact: bool = False) -> str:
    """Return the HTML of a result's PDF, without external references."""
    with translation.override("nl"):
        look = look_context(**result.get("look", {}))
        context = {
            "result": result,
            "is_compact": is_compact,
            **_graded(result),
            **_verification(result),
            **look,
        }
        return render_to_string("assessments/pdf/document.html", context)


def look_context(*, colour: str = "", logo: str = "") -> dict[str, Any]:
    """Return the typeface and a school's branding: its colour's shades, the logo with this SHA-256 as a data: URL.

    A missing logo is left out.
    """
    file = StoredFile.objects.filter(sha256=logo).first() if logo else None
    try:
        image = f"data:image/png;base64,{b64encode(file.read()).decode()}" if file else ""
    except FileGone:
        image = ""
    return {"typeface": typeface(), "brand": Palette.of(colour), "logo": image}


def write_pdf(html: str) -> bytes:
    """Return a tagged PDF of `html`, which may have no external references; U+FFFD replaces unprintable characters."""
    return bytes(_lay_out_html(html, pdf_tags=True).write_pdf(pdf_tags=True))


def _lay_out_html(html: str, **options: Any) -> Any:
    """Return the `weasyprint.Document` of `html`, as in `write_pdf`."""
    # WeasyPrint takes half a second to import; not every process needs it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # Fails on an external reference and never fetches it; a data: URL contains its data.
    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    # Else fontTools stamps an emoji font with the time, and the bytes differ each time.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    html = replace_unprintable(html)
    return HTML(string=html, url_fetcher=fetcher).render(font_config=_font_configuration(), **options)


def _font_configuration() -> Any:
    """Return the fonts of this thread: Pango and fontconfig never give back all memory of a configuration."""
    from weasyprint.text.fonts import FontConfiguration

    if not hasattr(_fonts, "configuration"):
        _fonts.configuration = FontConfiguration()
    return _fonts.configuration


@atexit.register
@worker_process_shutdown.connect
def _forget_fonts(**kwargs: object) -> None:
    """Remove the configuration's temporary files: a worker's process ends without its destructor."""
    _fonts.__dict__.clear()


def _verification(result: dict[str, Any]) -> dict[str, str]:
    """Return the printed code and the QR code of its page; empty for documents of an older format."""
    document = result["document"]
    if not (code := document.get("code")):
        return {}
    return {"code": verification.grouped(code), "qr_code": verification.qr_code(f"{document['check_at']}{code}/")}


def _graded(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result's core tasks and work processes with their outcomes, and its distinct examiners.

    `completed_on` is the day on which a single examiner completed all parts.
    """
    core_tasks: list[dict[str, Any]] = []
    examiners: list[dict[str, Any]] = []
    completed: set[date | None] = set()
    outcomes = {core_task["code"]: core_task for core_task in result["result"]["core_tasks"]}
    for core_task in result["core_tasks"]:
        outcome = outcomes[core_task["code"]]
        inner = {work_process["code"]: work_process for work_process in outcome["work_processes"]}
        processes = [{**process, "result": inner[process["code"]]} for process in core_task["work_processes"]]
        core_tasks.append({**core_task, "result": outcome, "work_processes": processes})
        for part in (part for process in processes for part in process["parts"]):
            signed = [{key: examiner.get(key) for key in SIGNED} for examiner in part["examiners"]]
            examiners += [examiner for examiner in signed if examiner not in examiners]
            completed |= {_day(examiner["completed_at"]) for examiner in part["examiners"]}
    weights = {Decimal(outcome.get("weight", 1)) for outcome in outcomes.values()}  # absent in older formats
    return {
        "core_tasks": core_tasks,
        "examiners": examiners,
        "completed_on": completed.pop() if len(examiners) == len(completed) == 1 else None,
        "is_weighted": len(weights) > 1,
    }


def _day(moment: str | None) -> date | None:
    return timezone.localtime(datetime.fromisoformat(moment)).date() if moment else None
