"""Importing examiners from Excel or CSV (source text, appendix 'Beheren Adresboek')."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.importing.unreadable import Unreadable
from accounts.models import Role, School, User
from accounts.signed_in import UserRequest

from .import_forms import ImportForm
from .importing import files
from .importing.apply import ShownAnew
from .importing.background import hand_in, start_importing
from .importing.contacts import GOOD, Outcome
from .importing.preview import read_rows
from .models import Import
from .way_back import way_back

ROWS_PER_PAGE = 100
FOUND_BACK = 5  # large files on the page where one begins


def get_import(user: User, public_id: UUID) -> Import:
    """A file that the docent handed in; else 404. What makes it large is fetched by who reads it."""
    imports = Import.objects.visible_to(user).select_related("school").defer("packed", "content")
    return get_object_or_404(imports, public_id=public_id)


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
                prepared = hand_in(school=school, by=request.user, file=file, filename=file.name)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(_address(request, prepared))
    return _start_page(request, form)


def _start_page(request: UserRequest, form: ImportForm) -> HttpResponse:
    found_back = list(Import.objects.visible_to(request.user).found_back()[:FOUND_BACK])
    context = {
        "form": form,
        "back": way_back(request),
        "imports": found_back,
        "under_way": [one for one in found_back if one.is_under_way],
    }
    return render(request, "addressbook/import.html", context)


@require_GET
def preview(request: UserRequest, public_id: UUID) -> HttpResponse:
    """A file's own address: how far it is, why it can't be read, or what importing it does or did."""
    prepared = get_import(request.user, public_id)
    if prepared.is_under_way:
        return render(request, "addressbook/import_progress.html", {"prepared": prepared, "back": way_back(request)})
    if prepared.state == Import.State.FAILED:
        return _refused(request, prepared)
    return _preview(request, prepared)


def _refused(request: UserRequest, prepared: Import) -> HttpResponse:
    """The page to choose a file on, with what is wrong at the field, as if it had been read at once."""
    file = SimpleUploadedFile(prepared.filename, b"refused")
    form = ImportForm(
        {"school": prepared.school_id}, MultiValueDict({"file": [file]}), schools=get_schools(request.user)
    )
    form.is_valid()
    form.add_error("file", prepared.problem)
    return _start_page(request, form)


@require_GET
def progress(request: UserRequest, public_id: UUID) -> HttpResponse:
    """How far it is, alone: what the page asks again until there is something else to see."""
    prepared = get_import(request.user, public_id)
    swaps = "HX-Request" in request.headers
    if prepared.is_under_way and swaps:
        context = {"prepared": prepared, "back": way_back(request)}
        return render(request, "addressbook/import_progress_bar.html", context)
    address = _address(request, prepared)
    return HttpResponseClientRedirect(address) if swaps else redirect(address)


def _preview(request: UserRequest, prepared: Import) -> HttpResponse:
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
        "back": way_back(request),
    }
    return render(request, "addressbook/import_preview.html", context)


@require_POST
def apply(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Importeren'. The page it leads to holds the report, so that a double click ends there, too."""
    prepared = get_import(request.user, public_id)
    with suppress(ShownAnew):  # the page says so
        start_importing(prepared)
    return redirect(_address(request, prepared))


@require_GET
def to_mend(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The rows that are wrong, as a file to mend and hand in again."""
    prepared = get_import(request.user, public_id)
    if not prepared.packed:  # not read yet, or it couldn't be
        return redirect(_address(request, prepared))
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


def _address(request: UserRequest, prepared: Import) -> str:
    back = way_back(request)
    query = "?" + urlencode({"terug": back}) if back else ""
    return reverse("addressbook_import:preview", args=[prepared.public_id]) + query
