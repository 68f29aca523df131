"""Importing examiners from Excel or CSV (source text, appendix 'Beheren Adresboek')."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role, School, User
from accounts.signed_in import UserRequest

from .import_forms import ImportForm
from .importing import files
from .importing.apply import ShownAnew, import_shown
from .importing.contacts import GOOD, Outcome
from .importing.preview import prepare, read_rows
from .importing.unreadable import Unreadable
from .models import Import

ROWS_PER_PAGE = 100


def get_import(user: User, public_id: UUID) -> Import:
    """A file that the docent handed in; else 404."""
    return get_object_or_404(Import.objects.visible_to(user).select_related("school"), public_id=public_id)


def get_schools(user: User) -> QuerySet[School]:
    """The schools whose address book the docent keeps; 404 for someone who keeps none."""
    schools = user.schools_as(Role.DOCENT)
    if not schools:
        raise Http404
    return schools


@require_http_methods(["GET", "POST"])
def start(request: UserRequest) -> HttpResponse:
    schools = get_schools(request.user)
    if request.method == "GET":
        form = ImportForm(schools=schools, initial={"school": request.GET.get("school")})
    else:
        form = ImportForm(request.POST, request.FILES, schools=schools)
        if form.is_valid():
            file = form.cleaned_data["file"]
            school = form.cleaned_data.get("school") or schools[0]
            try:
                prepared = prepare(school=school, by=request.user, file=file, filename=file.name)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(_address(request, prepared))
    return render(request, "addressbook/import.html", {"form": form, "back": _way_back(request)})


@require_GET
def preview(request: UserRequest, public_id: UUID) -> HttpResponse:
    """What importing does, row by row; once it is done, the report."""
    prepared = get_import(request.user, public_id)
    shown = request.GET.get("toon", "")
    rows = [row for row in read_rows(prepared) if shown not in Outcome or row.outcome == shown]
    context = {
        "prepared": prepared,
        "shown": shown,
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("pagina")),
        "outcomes": [(outcome, prepared.counts[outcome]) for outcome in Outcome],
        "new": prepared.counts[GOOD[0]],
        "updated": prepared.counts[GOOD[1]],
        "wrong": prepared.counts[Outcome.ERROR],
        "back": _way_back(request),
    }
    return render(request, "addressbook/import_preview.html", context)


@require_POST
def apply(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Importeren'. The page it leads to holds the report, so that a double click ends there, too."""
    prepared = get_import(request.user, public_id)
    try:
        import_shown(prepared)
    except ShownAnew:
        messages.warning(
            request,
            "Het adresboek is intussen veranderd; er is nog niets geïmporteerd. "
            "Hieronder staat wat er nu gebeurt als u importeert.",
        )
    return redirect(_address(request, prepared))


@require_GET
def to_mend(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The rows that are wrong, as a file to mend and hand in again."""
    prepared = get_import(request.user, public_id)
    wrong = [row for row in read_rows(prepared) if row.outcome == Outcome.ERROR]
    return _download(files.file_to_mend(wrong), files.XLSX, "te-verbeteren.xlsx")


@require_GET
def excel_template(request: UserRequest) -> HttpResponse:
    get_schools(request.user)
    return _download(files.excel_template(), files.XLSX, "examinatoren.xlsx")


@require_GET
def csv_template(request: UserRequest) -> HttpResponse:
    get_schools(request.user)
    return _download(files.csv_template(), "text/csv; charset=utf-8", "examinatoren.csv")


def _download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)


def _way_back(request: UserRequest) -> str:
    """The page that one came from and goes back to, within this site; empty without one."""
    back = request.GET.get("terug", "")
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else ""


def _address(request: UserRequest, prepared: Import) -> str:
    back = _way_back(request)
    query = "?" + urlencode({"terug": back}) if back else ""
    return reverse("addressbook_import:preview", args=[prepared.public_id]) + query
