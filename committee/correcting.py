"""'Bewerken' and 'Bekijk de bewerkhistorie' (source text, part C, 'Examen afronden')."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from assessments import corrections
from assessments.lifecycle import DomainError
from assessments.models import Assessment
from assessments.privacy import access_log

from .concerns import lost
from .correction_history import read_history
from .correction_page import Problems, lay_out, problem_links, read_changes
from .loading import address, get_afname
from .reading import read


@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The slider to the left opens this page; to the right it saves it."""
    assessment = get_afname(request.user, public_id)
    try:
        corrections.refuse_unless_assessed(assessment)
        if request.method == "GET":
            return _page(request, assessment)
        count = corrections.correct(
            assessment=assessment,
            by=request.user,
            changes=read_changes(request.POST),
            seen_mark=request.POST.get("seen", ""),
        )
    except corrections.Refused as refused:
        return _page(request, assessment, problems=refused.problems)
    except corrections.ChangedMeanwhile as changed:
        return _page(request, assessment, said=str(changed))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        if count:
            messages.success(request, f"{count} wijziging{'en' if count > 1 else ''} opgeslagen.")
        else:
            messages.info(request, "Er is niets gewijzigd.")
    return redirect(address(request, "committee:afname", assessment))


def _page(
    request: UserRequest, assessment: Assessment, *, problems: Problems | None = None, said: str = ""
) -> HttpResponse:
    """The form; with a post what was typed stays in it."""
    data = request.POST if request.method == "POST" else None
    access_log.note(assessment, by=request.user, what=access_log.What.CORRECT)
    reading = read(assessment)
    parts = lay_out(reading.rubric, data=data, problems=problems)
    context = {
        "assessment": assessment,
        "processes": [(process[0].sheet.part.work_process, process) for process in parts],
        "lost": list(lost(reading.rubric)),
        "seen": corrections.seen(reading.rubric),
        "said": said,
        "problems": list(problem_links(parts)),
        "max_reason": corrections.MAX_REASON,
    }
    return render(request, "committee/correct.html", context)


@require_GET
def history(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    access_log.note(assessment, by=request.user, what=access_log.What.HISTORY)
    context = {"assessment": assessment, "entries": read_history(assessment)}
    return render(request, "committee/correction_history.html", context)
