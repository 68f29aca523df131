"""One assessment: reading, correcting, and the state of its PDF and mails (source text, part C)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from assessments import corrections
from assessments.documents import documents as documents_documents
from assessments.lifecycle import DomainError
from assessments.models import Assessment
from assessments.privacy import access_log
from committee.access import get_assessment, page_url
from committee.delivery.delivery import read_result_mails

from .correction_form import Problems, lay_out, problem_links, read_changes
from .correction_history import read_history
from .review import read, removed_work


@require_GET
def detail(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    access_log.note(assessment, by=request.user)
    appeals, reading = list(assessment.appeals.all()), read(assessment)
    context = {
        "reading": reading,
        "removed_work": list(removed_work(reading.rubric)),
        **_sent(assessment),
        "events": assessment.events.all(),
        "proposal": assessment.valid_proposal() if assessment.school.four_eyes else None,
        "appeals": appeals,
        "appeal_runs": any(appeal.closed_on is None for appeal in appeals),
    }
    return render(request, "committee/review/afname.html", context)


@require_GET
def delivery(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The state of the PDF and its mail, which htmx polls until they are sent."""
    assessment = get_assessment(request.user, public_id)
    return render(request, "committee/review/_delivery.html", _sent(assessment))


def _sent(assessment: Assessment) -> dict[str, Any]:
    """Return the documents, newest first, and the other mails about the result."""
    documents = list(assessment.documents.select_related("mail").order_by("-number"))
    return {
        "assessment": assessment,
        "documents": documents,
        "result_mails": read_result_mails(assessment, documents=documents),
    }


@require_POST
def make_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Nu opnieuw proberen' of a PDF that could not be made."""
    assessment = get_assessment(request.user, public_id)
    if documents_documents.make_again(get_object_or_404(assessment.documents.current())):
        messages.success(request, "De pdf wordt opnieuw gemaakt.")
    else:
        messages.info(request, "De pdf is al gemaakt of wordt al gemaakt.")
    return redirect(page_url(request, "committee:afname", assessment))


@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The slider to the left opens this page; to the right it saves."""
    assessment = get_assessment(request.user, public_id)
    try:
        corrections.refuse_unless_assessed(assessment)
        if request.method == "GET":
            return _page(request, assessment)
        count = corrections.correct(
            assessment=assessment,
            by=request.user,
            changes=read_changes(request.POST),
            fingerprint=request.POST.get("fingerprint", ""),
        )
    except corrections.Refused as refused:
        return _page(request, assessment, problems=refused.problems)
    except corrections.ChangedMeanwhile as changed:
        return _page(request, assessment, note=str(changed))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        if count:
            messages.success(request, f"{count} wijziging{'en' if count > 1 else ''} opgeslagen.")
        else:
            messages.info(request, "Er is niets gewijzigd.")
    return redirect(page_url(request, "committee:afname", assessment))


def _page(
    request: UserRequest, assessment: Assessment, *, problems: Problems | None = None, note: str = ""
) -> HttpResponse:
    """Render the form, filled with the posted values if any."""
    data = request.POST if request.method == "POST" else None
    access_log.note(assessment, by=request.user, what=access_log.What.CORRECT)
    reading = read(assessment)
    parts = lay_out(reading.rubric, data=data, problems=problems)
    context = {
        "assessment": assessment,
        "processes": [(process[0].sheet.part.work_process, process) for process in parts],
        "removed_work": list(removed_work(reading.rubric)),
        "fingerprint": reading.rubric.result_fingerprint,
        "note": note,
        "problems": list(problem_links(parts)),
        "max_reason": corrections.MAX_REASON,
    }
    return render(request, "committee/review/correct.html", context)


@require_GET
def history(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    access_log.note(assessment, by=request.user, what=access_log.What.HISTORY)
    context = {"assessment": assessment, "entries": read_history(assessment)}
    return render(request, "committee/review/correction_history.html", context)
