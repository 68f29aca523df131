"""Importing examiners from Excel or CSV (source text, appendix 'Beheren Adresboek')."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.importing import template_files
from accounts.importing.forms import FileForm
from accounts.importing.job import ShownAnew, hand_in, start_importing
from accounts.importing.reading import Unreadable
from accounts.importing.views import answer_progress, answer_to_mend, found_back, preview_context, refuse
from accounts.models import Role, School, User

from .import_forms import ImportForm
from .importing.contacts import TEMPLATE, choices_written
from .models import Import
from .way_back import way_back


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
                prepared = hand_in(Import, school=school, by=request.user, file=file, filename=file.name)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(_address(request, prepared))
    return _start_page(request, form)


def _start_page(request: UserRequest, form: FileForm) -> HttpResponse:
    found = found_back(Import.objects.visible_to(request.user), address=partial(_address, request))
    context = {"form": form, "back": way_back(request), **found}
    return render(request, "addressbook/import.html", context)


@require_GET
def preview(request: UserRequest, public_id: UUID) -> HttpResponse:
    """A file's own address: how far it is, why it can't be read, or what importing it does or did."""
    prepared = get_import(request.user, public_id)
    if prepared.is_under_way:
        context = {"prepared": prepared, "progress_url": _progress_address(request, prepared)}
        return render(request, "addressbook/import_progress.html", {**context, "back": way_back(request)})
    if prepared.state == Import.State.FAILED:
        return _refused(request, prepared)
    return _preview(request, prepared)


def _refused(request: UserRequest, prepared: Import) -> HttpResponse:
    schools = get_schools(request.user)
    return _start_page(request, refuse(ImportForm, prepared, {"school": prepared.school_id}, schools=schools))


@require_GET
def progress(request: UserRequest, public_id: UUID) -> HttpResponse:
    """How far it is, alone: what the page asks again until there is something else to see."""
    prepared = get_import(request.user, public_id)
    address = _address(request, prepared)
    return answer_progress(request, prepared, address=address, progress_address=_progress_address(request, prepared))


def _preview(request: UserRequest, prepared: Import) -> HttpResponse:
    context = preview_context(request, prepared)
    context |= {
        "rows": [(row, *choices_written(row)) for row in context["page"]],
        "to_mend_url": reverse("addressbook_import:to_mend", args=[prepared.public_id]),
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
    return answer_to_mend(prepared, address=_address(request, prepared))


@require_GET
def excel_template(request: UserRequest) -> HttpResponse:
    get_schools(request.user)
    return template_files.download(template_files.excel_template(TEMPLATE), template_files.XLSX, "examinatoren.xlsx")


@require_GET
def csv_template(request: UserRequest) -> HttpResponse:
    get_schools(request.user)
    return template_files.download(template_files.csv_template(TEMPLATE), template_files.CSV, "examinatoren.csv")


def _address(request: UserRequest, prepared: Import) -> str:
    return reverse("addressbook_import:preview", args=[prepared.public_id]) + _way(request)


def _progress_address(request: UserRequest, prepared: Import) -> str:
    return reverse("addressbook_import:progress", args=[prepared.public_id]) + _way(request)


def _way(request: UserRequest) -> str:
    back = way_back(request)
    return "?" + urlencode({"terug": back}) if back else ""
