"""The Consortium's pages of exam content: list, upload, preview, save as a draft, publish, download.

`urls` limits them to staff.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from exams.grading.scores import SchemeError
from exams.models import ExamVersion, PublishedContent, Upload

from .excel_writer import XLSX, NoWorkbook, write_workbook
from .form_preview import form_of
from .forms import UploadForm
from .guide import example, example_source, render_guide
from .schema import ExamContent, FileRefused
from .versions import (
    NewerVersionPublished,
    StaleComparison,
    comparison_token,
    exam_rows,
    find_exams,
    preview_upload,
    preview_version,
    publish,
    save_as_draft,
    store_upload,
    stored_content,
)
from .yaml_writer import write_yaml

PAGE_SIZE = 50
SEARCH_FROM = 10  # with fewer exams the list has no search line
YAML = "application/yaml; charset=utf-8"


def get_version(pk: int) -> ExamVersion:
    return get_object_or_404(ExamVersion.objects.select_related("exam", "prepared_by", "published_by"), pk=pk)


@require_GET
def exams(request: UserRequest) -> HttpResponse:
    """List the exams, with the published version and the draft of each."""
    query = request.GET.get("q", "").strip()
    page = Paginator(find_exams(query), PAGE_SIZE).get_page(request.GET.get("pagina"))
    searchable = bool(query) or page.paginator.count >= SEARCH_FROM
    context = {"page": page, "rows": exam_rows(list(page)), "query": query, "searchable": searchable}
    return render(request, "exams/content/exams.html", context)


# --- A file ------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def upload(request: UserRequest) -> HttpResponse:
    """'Examen inlezen': show a file's faults beside the form, so that the corrected file can be uploaded here."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            stored = store_upload(content=file.read(), filename=file.name, by=request.user)
        except FileRefused as error:
            context |= {"filename": file.name, "faults": error.faults}
        else:
            return redirect("exam_content:preview", stored.public_id)
    return render(request, "exams/content/upload.html", context)


@require_GET
def preview(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show what saving the file would make: the differences, the form, the outcomes, the content."""
    stored = get_object_or_404(Upload.objects.select_related("version__exam"), public_id=public_id)
    return render(request, "exams/content/preview.html", {"upload": stored, "preview": preview_upload(stored)})


@require_GET
def form_of_upload(request: UserRequest, public_id: UUID, number: int) -> HttpResponse:
    stored = get_object_or_404(Upload, public_id=public_id)
    back = reverse("exam_content:preview", args=[stored.public_id])
    return _form(request, preview_upload(stored).content, number, back)


@require_POST
def save(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opslaan als concept'."""
    stored = get_object_or_404(Upload, public_id=public_id)
    version = save_as_draft(upload=stored, by=request.user)
    messages.success(request, f"{version} is opgeslagen als concept. Publiceer deze versie als alles klopt.")
    return redirect("exam_content:version", version.pk)


# --- A version ---------------------------------------------------------------------------------------
@require_GET
def version(request: UserRequest, version_id: int) -> HttpResponse:
    """Show a version's content, outcomes and differences, beside the other versions of the exam."""
    version = get_version(version_id)
    context = {
        "version": version,
        "current": version.exam.current_version,
        "versions": version.exam.versions.order_by("-number"),
        "preview": preview_version(version),
    }
    return render(request, "exams/content/version.html", context)


@require_GET
def form_of_version(request: UserRequest, version_id: int, number: int) -> HttpResponse:
    version = get_version(version_id)
    back = reverse("exam_content:version", args=[version.pk])
    return _form(request, stored_content(version), number, back)


@require_http_methods(["GET", "POST"])
def publish_version(request: UserRequest, version_id: int) -> HttpResponse:
    """'Publiceren', after a confirmation that lists the changes."""
    version = get_version(version_id)
    if request.method == "POST" and _published(request, version):
        return redirect("exam_content:version", version.pk)
    current = version.exam.current_version
    context = {
        "version": version,
        "preview": preview_version(version),
        "compared_with": comparison_token(current),
        "overtaken": current if current and current.number > version.number else None,
        "own_work": version.prepared_by == request.user,
    }
    return render(request, "exams/content/publish.html", context)


def _published(request: UserRequest, version: ExamVersion) -> bool:
    """Publish and add a message; return False if the confirmation has to be shown again."""
    try:
        publish(version=version, by=request.user, compared_with=request.POST.get("compared_with", ""))
    except PublishedContent:
        messages.warning(request, f"{version} was al gepubliceerd.")
    except NewerVersionPublished as error:
        messages.error(request, f"{version} is niet gepubliceerd. {error}")
    except StaleComparison:
        messages.error(
            request, "Er is intussen een andere versie gepubliceerd. Hieronder staan de verschillen daarmee."
        )
        return False
    except SchemeError as error:
        messages.error(request, f"{version} is niet gepubliceerd. {' '.join(map(str, error.problems[:3]))}")
    else:
        messages.success(request, f"{version} is gepubliceerd en geldt vanaf nu voor nieuwe beoordelingen.")
    return True


@require_GET
def as_yaml(request: UserRequest, version_id: int) -> HttpResponse:
    version = get_version(version_id)
    return _download(write_yaml(stored_content(version)).encode(), YAML, _filename(version, "yaml"))


@require_GET
def as_workbook(request: UserRequest, version_id: int) -> HttpResponse:
    version = get_version(version_id)
    try:
        content = write_workbook(stored_content(version))
    except NoWorkbook:
        raise Http404 from None
    return _download(content, XLSX, _filename(version, "xlsx"))


# --- Examples and guide ------------------------------------------------------------------------------
@require_GET
def example_yaml(request: UserRequest) -> HttpResponse:
    return _download(example_source().encode(), YAML, "voorbeeldexamen.yaml")


@require_GET
def example_workbook(request: UserRequest) -> HttpResponse:
    return _download(write_workbook(example()), XLSX, "voorbeeldexamen.xlsx")


@require_GET
def guide(request: UserRequest) -> HttpResponse:
    return render(request, "exams/content/guide.html", {"guide": render_guide()})


# --- Responses ---------------------------------------------------------------------------------------
def _form(request: UserRequest, content: ExamContent, number: int, back: str) -> HttpResponse:
    """Render the form of a unit; `number` counts from 1."""
    if not 1 <= number <= len(content.units):
        raise Http404
    unit = content.units[number - 1]
    context = {"content": content, "unit": unit, "sheets": form_of(unit), "back": back}
    return render(request, "exams/content/form.html", context)


def _filename(version: ExamVersion, ending: str) -> str:
    """Return a name that needs no quoting: database constraints limit code and cohort to digits, K and hyphen."""
    return f"{version.exam.code}-{version.exam.cohort}-versie-{version.number}.{ending}"


def _download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)
