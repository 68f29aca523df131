"""Exam content for the Consortium's staff: hand a file in, look, save as a draft, publish, take it out again.

Pages of the admin (`exams.admin`), which lets in nobody else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from exams.grading.scores import SchemeError
from exams.models import ExamVersion
from exams.published import PublishedContent

from .excel_writer import XLSX, NoWorkbook, write_workbook
from .form_preview import form_of
from .forms import UploadForm
from .guide import example, example_text
from .guide import guide as guide_text
from .schema import ExamContent, FileRefused
from .upload import Upload
from .versions import NotWhatWasShown, Overtaken, content_of, hand_in, id_of, publish, save_as_draft, shown, shown_of
from .yaml_writer import write_yaml

SHOWN_FAULTS = 50  # the rest is mostly what the first ones cause
YAML = "application/yaml; charset=utf-8"


def get_version(pk: int) -> ExamVersion:
    return get_object_or_404(ExamVersion.objects.select_related("exam", "prepared_by"), pk=pk)


# --- A file ------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def upload(request: UserRequest) -> HttpResponse:
    """'Examen inlezen'. What is wrong with a file stands on this page, where the mended one is handed in."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    context: dict[str, Any] = {"form": form, "title": "Examen inlezen"}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = hand_in(content=file.read(), filename=file.name, by=request.user)
        except FileRefused as error:
            faults = error.faults
            more = max(len(faults) - SHOWN_FAULTS, 0)
            context |= {"filename": file.name, "faults": faults[:SHOWN_FAULTS], "count": len(faults), "more": more}
        else:
            return redirect("admin:exams_preview", kept.public_id)
    return _page(request, "upload.html", context)


@require_GET
def preview(request: UserRequest, public_id: UUID) -> HttpResponse:
    """What saving the file would make: the differences, the form, the outcomes, the content."""
    kept = get_object_or_404(Upload.objects.select_related("version__exam"), public_id=public_id)
    return _page(request, "preview.html", {"title": "Bekijken", "upload": kept, "shown": shown(kept)})


@require_GET
def form_of_upload(request: UserRequest, public_id: UUID, number: int) -> HttpResponse:
    kept = get_object_or_404(Upload, public_id=public_id)
    back = reverse("admin:exams_preview", args=[kept.public_id])
    return _form(request, shown(kept).content, number, back)


@require_POST
def save(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opslaan als concept'."""
    kept = get_object_or_404(Upload, public_id=public_id)
    version = save_as_draft(upload=kept, by=request.user)
    messages.success(request, f"{version} is opgeslagen als concept. Publiceer deze versie als alles klopt.")
    return redirect("admin:exams_examversion_change", version.pk)


# --- A version ---------------------------------------------------------------------------------------
@require_GET
def form_of_version(request: UserRequest, version_id: int, number: int) -> HttpResponse:
    version = get_version(version_id)
    back = reverse("admin:exams_examversion_change", args=[version.pk])
    return _form(request, content_of(version), number, back)


@require_http_methods(["GET", "POST"])
def publish_version(request: UserRequest, version_id: int) -> HttpResponse:
    """'Publiceren', after a confirmation that says what changes for whom."""
    version = get_version(version_id)
    if request.method == "POST" and _published(request, version):
        return redirect("admin:exams_examversion_change", version.pk)
    current = version.exam.current_version
    context = {
        "title": "Publiceren",
        "version": version,
        "shown": shown_of(version),
        "compared_with": id_of(current),
        "overtaken": current if current and current.number > version.number else None,
        "own_work": version.prepared_by == request.user,
    }
    return _page(request, "publish.html", context)


def _published(request: UserRequest, version: ExamVersion) -> bool:
    """Publishes, and says how it went; False where one has to look at the confirmation again."""
    try:
        publish(version=version, by=request.user, compared_with=request.POST.get("compared_with", ""))
    except PublishedContent:
        messages.warning(request, f"{version} was al gepubliceerd.")
    except Overtaken as error:
        messages.error(request, f"{version} is niet gepubliceerd. {error}")
    except NotWhatWasShown:
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
    return _download(write_yaml(content_of(version)).encode(), YAML, _filename(version, "yaml"))


@require_GET
def as_workbook(request: UserRequest, version_id: int) -> HttpResponse:
    version = get_version(version_id)
    try:
        content = write_workbook(content_of(version))
    except NoWorkbook:
        raise Http404 from None
    return _download(content, XLSX, _filename(version, "xlsx"))


# --- To begin with -----------------------------------------------------------------------------------
@require_GET
def example_yaml(request: UserRequest) -> HttpResponse:
    return _download(example_text().encode(), YAML, "voorbeeldexamen.yaml")


@require_GET
def example_workbook(request: UserRequest) -> HttpResponse:
    return _download(write_workbook(example()), XLSX, "voorbeeldexamen.xlsx")


@require_GET
def guide(request: UserRequest) -> HttpResponse:
    """How one makes an exam, from the first line of a file to publishing it."""
    return _page(request, "guide.html", {"title": guide_text().title, "guide": guide_text()})


# --- Answers -----------------------------------------------------------------------------------------
def _page(request: UserRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    whole = {**admin.site.each_context(request), **context}
    return render(request, f"admin/exams/content/{template}", whole)


def _form(request: UserRequest, content: ExamContent, number: int, back: str) -> HttpResponse:
    """The form of one unit; `number` counts from 1."""
    if not 1 <= number <= len(content.units):
        raise Http404
    unit = content.units[number - 1]
    context = {"content": content, "unit": unit, "sheets": form_of(unit), "back": back}
    return render(request, "admin/exams/content/form.html", context)


def _filename(version: ExamVersion, ending: str) -> str:
    """Of what the database holds to digits, letters and a hyphen: nothing in it needs a quote."""
    return f"{version.exam.code}-{version.exam.cohort}-versie-{version.number}.{ending}"


def _download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)
