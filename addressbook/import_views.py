"""Import of examiners from Excel or CSV (source text, appendix 'Beheren Adresboek')."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.importing import template_files
from accounts.importing.forms import FileForm
from accounts.importing.job import PreviewOutdated, start_importing, submit
from accounts.importing.reading import Unreadable
from accounts.importing.views import (
    background_imports,
    error_file_response,
    preview_context,
    progress_response,
    refused_form,
)
from accounts.models import User

from .import_forms import ImportForm
from .importing.contacts import TEMPLATE, displayed_choices
from .models import Import
from .return_url import return_url
from .views import get_schools


def get_import(user: User, public_id: UUID) -> Import:
    """Return the user's own import, large fields deferred; else raise 404."""
    imports = Import.objects.visible_to(user).select_related("school").defer("packed", "content")
    return get_object_or_404(imports, public_id=public_id)


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
                prepared = submit(Import, school=school, by=request.user, file=file, filename=file.name)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(_address(request, prepared))
    return _start_page(request, form)


def _start_page(request: UserRequest, form: FileForm) -> HttpResponse:
    imports = background_imports(Import.objects.visible_to(request.user), address=partial(_address, request))
    context = {"form": form, "back": _back(request), **imports}
    return render(request, "addressbook/import.html", context)


@require_GET
def preview(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show a file's progress, why it can't be read, or the outcome of importing it."""
    prepared = get_import(request.user, public_id)
    if prepared.is_under_way:
        urls = {"progress_url": _progress_address(request, prepared), "back": _back(request)}
        return render(request, "addressbook/import_progress.html", {"prepared": prepared, **urls})
    if prepared.state == Import.State.FAILED:
        data, schools = {"school": prepared.school_id}, get_schools(request.user)
        return _start_page(request, refused_form(ImportForm, prepared, data, schools=schools))
    context = preview_context(request, prepared)
    context |= {
        "rows": [
            {"entry": row, **dict(zip(("side", "language"), displayed_choices(row), strict=True))}
            for row in context["page"]
        ],
        "to_mend_url": reverse("addressbook_import:to_mend", args=[prepared.public_id]),
        "back": _back(request),
    }
    return render(request, "addressbook/import_preview.html", context)


@require_GET
def progress(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Return the progress bar, which the page polls."""
    prepared = get_import(request.user, public_id)
    address = _address(request, prepared)
    return progress_response(request, prepared, address=address, progress_address=_progress_address(request, prepared))


@require_POST
def apply(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Importeren'; the page it redirects to shows the report, also after a double click."""
    prepared = get_import(request.user, public_id)
    with suppress(PreviewOutdated):  # shown on the page
        start_importing(prepared)
    return redirect(_address(request, prepared))


@require_GET
def error_file(request: UserRequest, public_id: UUID) -> HttpResponse:
    prepared = get_import(request.user, public_id)
    return error_file_response(prepared, address=_address(request, prepared))


@require_GET
def excel_template(request: UserRequest) -> HttpResponse:
    get_schools(request.user)
    return template_files.download(template_files.excel_template(TEMPLATE), template_files.XLSX, "examinatoren.xlsx")


@require_GET
def csv_template(request: UserRequest) -> HttpResponse:
    get_schools(request.user)
    return template_files.download(template_files.csv_template(TEMPLATE), template_files.CSV, "examinatoren.csv")


def _back(request: UserRequest) -> str:
    return return_url(request) or reverse("addressbook:contacts")


def _address(request: UserRequest, prepared: Import) -> str:
    return reverse("addressbook_import:preview", args=[prepared.public_id]) + _way(request)


def _progress_address(request: UserRequest, prepared: Import) -> str:
    return reverse("addressbook_import:progress", args=[prepared.public_id]) + _way(request)


def _way(request: UserRequest) -> str:
    back = return_url(request)
    return "?" + urlencode({"terug": back}) if back else ""
