"""'Gewijzigd na export': which exported results of an exam are not so any more, on a page and as CSV."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from accounts.models import School, User
from assessments.privacy import access_log

from . import changed_exports
from .export_shape import CHARSETS, Shape
from .loading import get_schools
from .models import Export

PAGE_SIZE = 30


def get_newest_export(user: User, exam_id: int) -> tuple[list[School], Export]:
    """The schools of `user`, and the newest export that they have of this exam; 404 without any."""
    schools = list(get_schools(user))
    newest = Export.objects.filter(school__in=schools, exam=exam_id).select_related("exam").first()
    if newest is None:
        raise Http404
    return schools, newest


@require_GET
def changed(request: UserRequest, exam_id: int) -> HttpResponse:
    """Who, which unit, what was exported and what is so now."""
    schools, newest = get_newest_export(request.user, exam_id)
    found = changed_exports.changed([school.pk for school in schools], newest.exam)
    context = {
        "exam": newest.exam,
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("pagina")),
        "several": len(schools) > 1,
    }
    return render(request, "committee/changed_results.html", context)


@require_GET
def changed_file(request: UserRequest, exam_id: int) -> HttpResponse:
    """The same as CSV, written as the newest export is."""
    schools, newest = get_newest_export(request.user, exam_id)
    found = list(changed_exports.changed([school.pk for school in schools], newest.exam))
    for export in {one.export for one in found}:
        access_log.note_export(school=export.school, export=export.public_id, by=request.user)
    shape = Shape.from_json(newest.shape)
    name = f"gewijzigd-na-export-{newest.exam.code}-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        changed_exports.as_csv(found, shape),
        content_type=f"text/csv; charset={CHARSETS[shape.encoding]}",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )
