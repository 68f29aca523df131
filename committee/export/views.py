"""'Download resultaten als CSV', and the earlier exports (source text, part C, 'CSV-export').

A POST stores the export and redirects to its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from accounts.models import School, User
from assessments.privacy import access_log
from committee.access import get_schools
from committee.export_format import CHARSETS, PLAIN, Shape
from committee.models import Export, ExportProfile
from committee.search import AssessmentSearch, get_search
from exams.models import Exam

from . import csv_writer, snapshot, xlsx_writer
from .forms import ExportForm, FileForm
from .snapshot import Changes, NothingToExport, TooManyResults, count_changes, create_export

PAGE_SIZE = 30
CONTENT_TYPES = {
    Export.File.CSV: "text/csv",
    Export.File.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NOTHING = "{where} zijn nog geen definitieve resultaten. Er is niets gedownload."
NOTHING_NEW = "{where} zijn geen nieuwe definitieve resultaten sinds de vorige export. Er is niets gedownload."
TOO_MANY = "Zo veel resultaten passen niet in een Excelbestand. Kies CSV, of zoek minder resultaten."


def get_export(user: User, public_id: UUID) -> Export:
    """Return an export of a programme of the committees of `user`; else raise `Http404`."""
    return get_object_or_404(Export.objects.for_committee(user).select_related("exam", "school"), public_id=public_id)


@dataclass(frozen=True)
class SchoolOffer:
    """One school's download; `final_count` is the number of final results: '12', '1000+' or ''."""

    school: School
    final_count: str
    last: Export | None
    changes: Changes | None

    @property
    def count_text(self) -> str:
        if self.final_count == "0":
            return "Nog geen definitieve resultaten"
        what = "definitief resultaat" if self.final_count == "1" else "definitieve resultaten"
        return f"{self.final_count} {what}" if self.final_count else ""

    @classmethod
    def of(cls, school: School, exam: Exam, final_count: str) -> SchoolOffer:
        last = Export.objects.filter(school=school, exam=exam).first()
        return cls(school, final_count, last, count_changes([school.pk], exam) if last else None)


def offer(search: AssessmentSearch, *, final: Sequence[str]) -> dict[str, Any]:
    """Return the context of the download form; {} without an exam or with an invalid search.

    `final` has the number of final results of each school, as text.
    """
    if search.exam is None or search.problems:
        return {}
    schools, exam = search.exam_schools, search.exam
    counts = dict(zip(search.schools, final, strict=True))
    offered = [SchoolOffer.of(school, exam, counts[school]) for school in schools]
    profiles = list(ExportProfile.objects.filter(school__in=schools))
    last = max((offer.last for offer in offered if offer.last), key=lambda export: (export.at, export.pk), default=None)
    filled = [offer.school for offer in offered if offer.final_count != "0"]
    return {
        "export_form": ExportForm(
            schools=schools, profiles=profiles, last=last, school=filled[0] if len(filled) == 1 else None
        ),
        "samples": [sample_of("", PLAIN), *(sample_of(str(profile.public_id), profile.shape) for profile in profiles)],
        "offered": offered,
    }


def sample_of(key: str, shape: Shape) -> dict[str, Any]:
    """Return three invented lines in this shape; `key` is its value in the select."""
    lines = csv_writer.sample(shape)
    header, lines = (lines[0], lines[1:]) if shape.has_headers else ([], lines)
    return {"key": key, "shape": shape, "header": header, "lines": lines}


def _nothing(form: ExportForm, exam: Exam) -> str:
    """Return that there are no (new) results, and how many exported ones changed."""
    school: School = form.options["school"]
    where = f"Bij {school.name}" if form.several else "Er"
    if not form.options["only_new"]:
        return NOTHING.format(where=where)
    changes = count_changes([school.pk], exam)
    if not changes.count:
        return NOTHING_NEW.format(where=where)
    address = reverse("committee:changed_results", args=[exam.pk])
    return format_html('{} {} <a href="{}">Bekijk welke</a>', NOTHING_NEW.format(where=where), changes.text, address)


@require_GET
def exports(request: UserRequest) -> HttpResponse:
    """'Eerdere exports', newest first."""
    schools = list(get_schools(request.user))
    queryset = Export.objects.for_committee(request.user).select_related("exam", "school")
    page = Paginator(queryset, PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "committee/export/exports.html", {"page": page, "several": len(schools) > 1})


@require_GET
def export(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show one export with the results that changed since."""
    made = get_export(request.user, public_id)
    changed = made.results.changed_since().for_pages()
    context = {
        "export": made,
        "shape": Shape.from_json(made.shape),
        "erased": made.count - made.results.count(),
        "page": Paginator(changed, PAGE_SIZE).get_page(request.GET.get("pagina")),
        "form": FileForm(export=made, profiles=list(made.school.export_profiles.all())),
    }
    return render(request, "committee/export/export.html", context)


@require_GET
def export_file(request: UserRequest, public_id: UUID) -> HttpResponseBase:
    """Stream the file as it was, or in the shape and the kind of file of the query string."""
    made = get_export(request.user, public_id)
    form = FileForm(request.GET, export=made, profiles=list(made.school.export_profiles.all()))
    if not form.is_valid() or (form.file == Export.File.XLSX and made.count > xlsx_writer.MOST_RESULTS):
        raise Http404
    access_log.note_export(school=made.school, export=made.public_id, by=request.user)
    shape, file = form.shape, form.file
    content_type = CONTENT_TYPES[file]
    if file == Export.File.CSV:
        content_type += f"; charset={CHARSETS[shape.encoding]}"
    return StreamingHttpResponse(
        xlsx_writer.xlsx_content(made, shape) if file == Export.File.XLSX else csv_writer.csv_content(made, shape),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{_filename(made, file)}"',
            "Cache-Control": "private, no-store",
        },
    )


def _filename(made: Export, file: str) -> str:
    """Return 'resultaten-25656-2026-11-23.csv': the exam's code and the day of the export."""
    return f"resultaten-{made.exam.code}-{timezone.localdate(made.at):%Y-%m-%d}.{file.lower()}"


def get_newest_export(user: User, exam_id: int) -> tuple[list[School], Export]:
    """Return the newest visible export of this exam, and the schools with one; raise `Http404` without any."""
    exports = list(Export.objects.for_committee(user).filter(exam=exam_id).select_related("exam", "school"))
    if not exports:
        raise Http404
    return list({export.school_id: export.school for export in exports}.values()), exports[0]


@require_GET
def changed(request: UserRequest, exam_id: int) -> HttpResponse:
    """List the results that changed after their last export."""
    schools, newest = get_newest_export(request.user, exam_id)
    results = snapshot.changed_results([school.pk for school in schools], newest.exam)
    context = {
        "exam": newest.exam,
        "page": Paginator(results, PAGE_SIZE).get_page(request.GET.get("pagina")),
        "several": len(schools) > 1,
    }
    return render(request, "committee/export/changed_results.html", context)


@require_GET
def changed_file(request: UserRequest, exam_id: int) -> HttpResponse:
    """Download the list as CSV, in the shape of the newest export."""
    schools, newest = get_newest_export(request.user, exam_id)
    results = list(snapshot.changed_results([school.pk for school in schools], newest.exam))
    for export in {result.export for result in results}:
        access_log.note_export(school=export.school, export=export.public_id, by=request.user)
    shape = Shape.from_json(newest.shape)
    name = f"gewijzigd-na-export-{newest.exam.code}-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        snapshot.as_csv(results, shape),
        content_type=f"text/csv; charset={CHARSETS[shape.encoding]}",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@require_POST
def start_export(request: UserRequest) -> HttpResponse:
    """Export the final results of the search, and redirect to the file."""
    search = get_search(request)
    results, exam = search.final_results(), search.exam
    back = reverse("committee:afnames") + f"?{request.GET.urlencode()}"
    if results is None or exam is None:
        messages.error(request, "Kies eerst een examen en klik op ‘Zoeken’; dan kunt u de resultaten downloaden.")
        return redirect("committee:afnames")
    if search.problems:
        messages.error(request, f"Er is niets gedownload. Verbeter eerst {' '.join(search.problems)}")
        return redirect(back)
    schools = search.exam_schools
    profiles = list(ExportProfile.objects.filter(school__in=schools))
    form = ExportForm(request.POST, schools=schools, profiles=profiles)
    if not form.is_valid():
        for error in form.problems:
            messages.error(request, error)
        return redirect(back)
    try:
        made = create_export(results=results, exam=exam, by=request.user, **form.options)
    except TooManyResults:
        messages.error(request, TOO_MANY)
    except NothingToExport:
        messages.info(request, _nothing(form, exam))
    else:
        return redirect("committee:export_file", made.public_id)
    return redirect(back)
