"""What the pages of each kind of import have in common; which school and whose it is, its own views know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django_htmx.http import HttpResponseClientRedirect

from . import files
from .forms import FileForm
from .kept import ImportedFile
from .kind import kind_of
from .preview import read_rows
from .rows import GOOD, Outcome

ROWS_PER_PAGE = 100
WARNED = "LET_OP"  # those that are imported, and that someone should look at
FOUND_BACK = 5  # large files on the page where one begins


def found_back(own: QuerySet[Any], *, address: Callable[[Any], str]) -> dict[str, Any]:
    """The latest large files of these imports, each with its address, and those that a worker is at or will be."""
    imports = [(one, address(one)) for one in own.found_back()[:FOUND_BACK]]  # type: ignore[attr-defined]
    return {"imports": imports, "under_way": [one for one, _ in imports if one.is_under_way]}


def refuse(form: type[FileForm], prepared: ImportedFile, data: Mapping[str, Any], **options: Any) -> FileForm:
    """The form with what is wrong with the file at its field, as if it had been read at once."""
    file = SimpleUploadedFile(prepared.filename, b"refused")
    refused = form(data, MultiValueDict({"file": [file]}), **options)
    refused.is_valid()
    refused.add_error("file", prepared.problem)
    return refused


def preview_context(request: HttpRequest, prepared: ImportedFile) -> dict[str, Any]:
    """A page of the rows, all of them, those of one outcome or those with a warning, and how many there are of each."""
    rows = read_rows(prepared)
    warned = [row for row in rows if row.warns]
    shown = request.GET.get("toon", "")
    if shown == WARNED:
        rows = warned
    elif shown in Outcome:
        rows = [row for row in rows if row.outcome == shown]
    else:
        shown = ""
    outcomes = [(outcome.value, outcome.label, prepared.counts[outcome]) for outcome in Outcome]
    return {
        "prepared": prepared,
        "shown": shown,
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("pagina")),
        "outcomes": [*outcomes, (WARNED, "Let op", len(warned))],
        "warned": len(warned),
        "warned_query": WARNED,
        "new": prepared.counts[GOOD[0]],
        "updated": prepared.counts[GOOD[1]],
        "wrong": prepared.counts[Outcome.ERROR],
    }


def answer_progress(
    request: HttpRequest, prepared: ImportedFile, *, address: str, progress_address: str
) -> HttpResponse:
    """How far it is, alone; once there is something else to see, the way to its `address`."""
    swaps = "HX-Request" in request.headers
    if prepared.is_under_way and swaps:
        context = {"prepared": prepared, "progress_url": progress_address}
        return render(request, "importing/progress_bar.html", context)
    return HttpResponseClientRedirect(address) if swaps else redirect(address)


def answer_to_mend(prepared: ImportedFile, *, address: str) -> HttpResponse:
    """The rows that are wrong, as a file to mend and hand in again."""
    if not prepared.packed:  # not read yet, or it couldn't be
        return redirect(address)
    wrong = [row for row in read_rows(prepared) if row.outcome == Outcome.ERROR]
    return files.download(files.file_to_mend(kind_of(prepared).columns, wrong), files.XLSX, "te-verbeteren.xlsx")
