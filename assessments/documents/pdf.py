"""The PDF of a final result: rendered once by a worker, from the result as it was made final."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from accounts.school.branding import Palette
from digibeoordelen.outbox.models import FileGone, StoredFile

from . import verification
from .fonts import replace_unprintable

PDF_VARIANT = "pdf/a-3b"
# What an examiner signed with; documents from before there was a date and a place have neither.
SIGNED = ("name", "function", "organisation", "assessed_on", "place")


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
    return {"brand": Palette.of(colour), "logo": image}


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
