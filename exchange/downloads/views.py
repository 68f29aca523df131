"""Downloads of PDFs together, and of the events of an assessment."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from accounts.language import translated
from assessments.models import Assessment, AssessmentQuerySet, Document, DocumentQuerySet, Status
from assessments.privacy import access_log
from committee.access import get_assessment
from committee.search import AssessmentSearch, get_search

from . import archive

MAX_PDFS = 2_000


@require_GET
def pdfs_of_search(request: UserRequest) -> HttpResponseBase:
    """The PDFs of the final results that the committee's search finds, whatever its status."""
    found = Document.objects.none()
    search = get_search(request)
    if not search.problems:
        found = Document.objects.current().filter(assessment__in=_final(search), file__isnull=False)
    back = reverse("committee:afnames", query=request.GET)
    count = found.count()
    if count > MAX_PDFS:
        messages.info(request, f"Dit zijn {count} pdf's; kies een examen of een periode met hoogstens {MAX_PDFS}.")
        return redirect(back)
    return _download(request, found, name="beoordelingen.zip", back=back)


def _final(search: AssessmentSearch) -> AssessmentQuerySet:
    found = [search.find(Status.FINAL, committee=committee).order_by() for committee in search.committees]
    return Assessment.objects.filter(pk__in=found[0].values("pk").union(*(one.values("pk") for one in found[1:])))


@require_GET
def pdfs_of_student(request: UserRequest, public_id: UUID) -> HttpResponseBase:
    """The diploma file: all PDFs of the assessment's student that the committee member may see."""
    assessment = get_assessment(request.user, public_id)
    visible = Assessment.objects.for_committee(request.user).filter(student=assessment.student_id)
    found = Document.objects.current().filter(assessment__in=visible.order_by(), file__isnull=False)
    name = f"dossier-{slugify(assessment.student.student_number)}.zip"
    return _download(request, found, name=name, back=reverse("committee:afname", args=[public_id]))


@translated
@require_GET
def own_pdfs(request: UserRequest) -> HttpResponseBase:
    """All PDFs of the student's own results."""
    own = Assessment.objects.of_student(request.user).order_by()
    found = Document.objects.current().filter(assessment__in=own, file__isnull=False)
    return _download(request, found, name="mijn-examens.zip", back=reverse("assessments:my_exams"))


def _download(request: UserRequest, documents: DocumentQuerySet, *, name: str, back: str) -> HttpResponseBase:
    """Return the archive, noted in the access log; without PDFs go `back` with a message."""
    assessments = Assessment.objects.filter(documents__in=documents).select_related("student").distinct()
    if not (opened := list(assessments)):
        messages.info(request, _("Er zijn nog geen pdf's. Er is niets gedownload."))
        return redirect(back)
    access_log.note_all(opened, by=request.user, what=access_log.What.DOCUMENT)
    zipped = archive.stream(documents)
    return StreamingHttpResponse(
        zipped,
        content_type="application/zip",
        headers={
            "Content-Length": str(len(zipped)),
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
        },
    )


@require_GET
def events(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The log of an assessment as JSON, oldest first."""
    assessment = get_assessment(request.user, public_id)
    access_log.note(assessment, by=request.user)
    lines = [
        {
            "at": event.at.isoformat(),
            "kind": event.kind,
            "label": event.get_kind_display(),
            "by": event.actor_name,
            "from": event.from_status,
            "to": event.to_status,
            "data": event.data,
        }
        for event in assessment.events.order_by("at", "pk")
    ]
    content = {"assessment": str(assessment.public_id), "events": lines}
    filename = f"gebeurtenissen-{assessment.public_id}.json"
    return JsonResponse(
        content,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
