"""One assessment: reading, correcting, and the state of its PDF and mails (source text, part C)."""

from __future__ import annotations

from collections.abc import Callable
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
from assessments.progress.sitting_views import school_page
from assessments.request_data import number
from assessments.sittings import participation
from committee.access import PART, get_assessment, page_url
from committee.delivery.delivery import read_result_mails
from committee.delivery.forms import FinaliseForm
from committee.search import get_search

from .correction_form import Problems, lay_out, problem_links, read_changes
from .correction_history import read_history
from .review import read, removed_work, warnings

NOTHING_CHOSEN = "Kies eerst welke score telt, bij minstens één criterium."
NOTHING_DISPUTED = "Examinatoren verschillen nergens meer, of er is al over beslist."


@require_GET
def detail(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    access_log.note(assessment, by=request.user)
    appeals, reading = list(assessment.appeals.all()), read(assessment)
    proposal = assessment.valid_proposal() if assessment.committee.four_eyes else None
    search = get_search(request)
    context = {
        "reading": reading,
        "committee": assessment.committee if len(search.all_committees) > 1 else None,
        "place": search.find_place(assessment),
        "warnings": list(warnings(reading, by=request.user) if reading.can_finalise else removed_work(reading.rubric)),
        "form": FinaliseForm(assessment=assessment, proposed=proposal.exam_office_email if proposal else ""),
        **_sent(assessment),
        "events": assessment.events.all(),
        "proposal": proposal,
        "appeals": appeals,
        **participation.context(assessment),
        "appeal_runs": any(appeal.closed_on is None for appeal in appeals),
    }
    return render(request, "committee/review/afname.html", context)


@require_http_methods(["GET", "POST"])
def record(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Verloop van de afname'."""
    assessment = get_assessment(request.user, public_id)
    after = page_url(request, "committee:afname", assessment)
    return school_page(request, assessment, template="committee/review/record.html", after=after)


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
    """The slider to the left opens this page, of one part or of all; to the right it saves."""
    return _correct(request, get_assessment(request.user, public_id), _edit_page)


@require_http_methods(["GET", "POST"])
def dispute(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Decide on the criteria that examiners differ on, with one reason for all or one each."""
    return _correct(request, get_assessment(request.user, public_id), _dispute_page, unchanged=NOTHING_CHOSEN)


def _correct(
    request: UserRequest, assessment: Assessment, render_page: Callable[..., HttpResponse], *, unchanged: str = ""
) -> HttpResponse:
    """Show the form, or save its changes and return to the assessment; stay with `unchanged` if nothing was changed."""
    try:
        corrections.refuse_unless_assessed(assessment)
        if request.method == "GET":
            return render_page(request, assessment)
        count = corrections.correct(
            assessment=assessment,
            by=request.user,
            changes=read_changes(request.POST),
            fingerprint=request.POST.get("fingerprint", ""),
        )
    except corrections.Refused as refused:
        return render_page(request, assessment, problems=refused.problems)
    except corrections.ChangedMeanwhile as changed:
        return render_page(request, assessment, note=str(changed))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        if not count and unchanged:
            return render_page(request, assessment, note=unchanged)
        if count:
            messages.success(request, f"{count} wijziging{'en' if count > 1 else ''} opgeslagen.")
        else:
            messages.info(request, "Er is niets gewijzigd.")
    part = number(request.GET, PART)
    return redirect(page_url(request, "committee:afname", assessment) + (f"#deel-{part}" if part else ""))


def _edit_page(
    request: UserRequest, assessment: Assessment, *, problems: Problems | None = None, note: str = ""
) -> HttpResponse:
    """Render the form, filled with the posted values if any."""
    context = _form_context(request, assessment, problems=problems, note=note)
    only = number(request.GET, PART)
    if only:
        shown = [[part for part in parts if part.sheet.part.pk == only] for parts in context["parts"]]
        context["parts"] = [parts for parts in shown if parts] or context["parts"]
    processes = [(parts[0].sheet.part.work_process, parts) for parts in context["parts"]]
    context |= {"processes": processes, "only": only if len(processes) == 1 and only else None}
    return render(request, "committee/review/correct.html", context)


def _dispute_page(
    request: UserRequest, assessment: Assessment, *, problems: Problems | None = None, note: str = ""
) -> HttpResponse:
    context = _form_context(request, assessment, problems=problems, note=note)
    disputed = [
        (part, scores)
        for parts in context["parts"]
        for part in parts
        if (scores := [score for score in part.scores if score.differ and not part.sheet.decisions.get(score.pk)])
    ]
    if not disputed:
        messages.info(request, f"{NOTHING_DISPUTED} Wat u koos, is niet opgeslagen." if note else NOTHING_DISPUTED)
        return redirect(page_url(request, "committee:afname", assessment))
    if not context["reason"] and (
        without := [text for (kind, _), text in (problems or {}).items() if kind == "reason"]
    ):
        others = [problem for problem in context["problems"] if not problem["href"].startswith("#reason-")]
        context["problems"] = [{"href": "#reason", "text": without[0]}, *others]
        context["reason_problem"] = without[0]
    return render(request, "committee/review/dispute.html", context | {"disputed": disputed})


def _form_context(
    request: UserRequest, assessment: Assessment, *, problems: Problems | None, note: str
) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else None
    access_log.note(assessment, by=request.user, what=access_log.What.CORRECT)
    reading = read(assessment)
    parts = lay_out(reading.rubric, data=data, problems=problems)
    return {
        "assessment": assessment,
        "reading": reading,
        "parts": parts,
        "warnings": list(removed_work(reading.rubric)),
        "fingerprint": reading.rubric.result_fingerprint,
        "note": note,
        "problems": list(problem_links(parts)),
        "max_reason": corrections.MAX_REASON,
        "reason": data.get("reason", "") if data else "",
    }


@require_GET
def history(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    access_log.note(assessment, by=request.user, what=access_log.What.HISTORY)
    context = {"assessment": assessment, "entries": read_history(assessment)}
    return render(request, "committee/review/correction_history.html", context)
