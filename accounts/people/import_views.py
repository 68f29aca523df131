"""Importing students and staff from Excel or CSV. For Schoolbeheer."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.importing import files
from accounts.importing.apply import ShownAnew
from accounts.importing.background import hand_in, start_importing
from accounts.importing.preview import read_rows
from accounts.importing.rows import GOOD, Outcome
from accounts.importing.unreadable import Unreadable
from accounts.managed_school import get_managed_school
from accounts.models import PeopleImport, School
from accounts.rate_limits import LISTS_BY_USER
from accounts.signed_in import UserRequest

from .forms import PeopleFileForm
from .importing.people import COLUMNS, TEMPLATE

ROWS_PER_PAGE = 100
TOO_MANY_LISTS = f"U hebt in een uur al {LISTS_BY_USER.times} lijsten bekeken. Probeer het straks nog eens."
FOUND_BACK = 5  # large files on the page where one begins


def get_import(request: UserRequest, school_id: int, public_id: UUID) -> PeopleImport:
    """A list that one handed in for a school that one manages; else 404."""
    school = get_managed_school(request.user, school_id)
    imports = PeopleImport.objects.visible_to(request.user).filter(school=school).select_related("school")
    return get_object_or_404(imports.defer("packed", "content"), public_id=public_id)


@require_http_methods(["GET", "POST"])
def start(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    form = PeopleFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        if LISTS_BY_USER.exceeds(str(request.user.pk)):
            form.add_error("file", TOO_MANY_LISTS)
            return _start_page(request, school, form, status=429)
        file = form.cleaned_data["file"]
        try:
            mails_now = form.cleaned_data["mails_now"]
            prepared = hand_in(
                PeopleImport, school=school, by=request.user, file=file, filename=file.name, mails_now=mails_now
            )
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect(_address(prepared))
    return _start_page(request, school, form)


def _start_page(request: UserRequest, school: School, form: PeopleFileForm, status: int = 200) -> HttpResponse:
    own = PeopleImport.objects.visible_to(request.user).filter(school=school)
    found_back = list(own.found_back()[:FOUND_BACK])
    context = {
        "school": school,
        "form": form,
        "imports": found_back,
        "under_way": [one for one in found_back if one.is_under_way],
    }
    return render(request, "accounts/people/import.html", context, status=status)


@require_GET
def preview(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    """A list's own address: how far it is, why it can't be read, or what importing it does or did."""
    prepared = get_import(request, school_id, public_id)
    if prepared.is_under_way:
        context = {"school": prepared.school, "prepared": prepared, "progress_url": _address(prepared, "progress")}
        return render(request, "accounts/people/import_progress.html", context)
    if prepared.state == PeopleImport.State.FAILED:
        return _refused(request, prepared)
    return _preview(request, prepared)


def _refused(request: UserRequest, prepared: PeopleImport) -> HttpResponse:
    """The page to choose a file on, with what is wrong at the field, as if it had been read at once."""
    file = SimpleUploadedFile(prepared.filename, b"refused")
    form = PeopleFileForm({"mails_now": "ja" if prepared.mails_now else "nee"}, MultiValueDict({"file": [file]}))
    form.is_valid()
    form.add_error("file", prepared.problem)
    return _start_page(request, prepared.school, form)


@require_GET
def progress(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    """How far it is, alone: what the page asks again until there is something else to see."""
    prepared = get_import(request, school_id, public_id)
    swaps = "HX-Request" in request.headers
    if prepared.is_under_way and swaps:
        context = {"prepared": prepared, "progress_url": _address(prepared, "progress")}
        return render(request, "importing/progress_bar.html", context)
    return HttpResponseClientRedirect(_address(prepared)) if swaps else redirect(_address(prepared))


def _preview(request: UserRequest, prepared: PeopleImport) -> HttpResponse:
    shown = request.GET.get("toon", "")
    rows = [row for row in read_rows(prepared) if shown not in Outcome or row.outcome == shown]
    context = {
        "school": prepared.school,
        "prepared": prepared,
        "shown": shown,
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("pagina")),
        "outcomes": [(outcome, prepared.counts[outcome]) for outcome in Outcome],
        "new": prepared.counts[GOOD[0]],
        "updated": prepared.counts[GOOD[1]],
        "wrong": prepared.counts[Outcome.ERROR],
        "to_mend_url": _address(prepared, "to_mend"),
        "apply_url": _address(prepared, "apply"),
    }
    return render(request, "accounts/people/import_preview.html", context)


@require_POST
def apply(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    """'Importeren'. The page it leads to holds the report, so that a double click ends there, too."""
    prepared = get_import(request, school_id, public_id)
    with suppress(ShownAnew):  # the page says so
        start_importing(prepared)
    return redirect(_address(prepared))


@require_GET
def to_mend(request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
    """The rows that are wrong, as a file to mend and hand in again."""
    prepared = get_import(request, school_id, public_id)
    if not prepared.packed:  # not read yet, or it couldn't be
        return redirect(_address(prepared))
    wrong = [row for row in read_rows(prepared) if row.outcome == Outcome.ERROR]
    return files.download(files.file_to_mend(COLUMNS, wrong), files.XLSX, "te-verbeteren.xlsx")


@require_GET
def excel_template(request: UserRequest, school_id: int) -> HttpResponse:
    get_managed_school(request.user, school_id)
    return files.download(files.excel_template(TEMPLATE), files.XLSX, "studenten-en-medewerkers.xlsx")


@require_GET
def csv_template(request: UserRequest, school_id: int) -> HttpResponse:
    get_managed_school(request.user, school_id)
    return files.download(files.csv_template(TEMPLATE), files.CSV, "studenten-en-medewerkers.csv")


def _address(prepared: PeopleImport, page: str = "preview") -> str:
    return reverse(f"school:import_{page}", args=[prepared.school_id, prepared.public_id])
