"""The student's pages: 'Mijn examens' and the PDF (source text, 'Beoordeling inzien student')."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, Prefetch, Subquery
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from accounts.language import translated
from assessments.models import Assessment, Document
from assessments.privacy import access_log


@translated
@require_GET
def my_exams(request: UserRequest) -> HttpResponse:
    """List the student's assessments, newest first: their progress, and the result once it is final.

    Removing an exam from the account hides no result.
    """
    documents = Document.objects.current().filter(file__isnull=False)
    withdrawn = Document.objects.filter(assessment=OuterRef("pk")).order_by("-number").values("superseded_at")[:1]
    assessments = Assessment.objects.of_student(request.user).for_pages().select_related("participation__sitting")
    assessments = assessments.order_by("-created_at", "-pk")
    assessments = assessments.annotate(withdrawn_at=Subquery(withdrawn)).prefetch_related(
        Prefetch("documents", documents)
    )
    context = {
        "assessments": assessments,
        "has_several_pdfs": sum(bool(assessment.documents.all()) for assessment in assessments) > 1,
        "has_exam": request.user.account_exams.exists(),
    }
    return render(request, "assessments/student/my_exams.html", context)


@translated
@require_GET
def document(request: UserRequest, public_id: UUID) -> FileResponse:
    """Return the PDF of a final result, inline; 404 when the user may not see it.

    Verifies the hash first: a PDF that was changed in the storage is not served.
    """
    visible = Document.objects.visible_to(request.user).select_related("file", "assessment__student")
    document = get_object_or_404(visible, public_id=public_id)
    if document.file is None:
        raise Http404
    content = document.file.open_proven()
    access_log.note(document.assessment, by=request.user, what=access_log.What.DOCUMENT)
    return FileResponse(
        content,
        filename=document.filename,
        content_type="application/pdf",
    )
