"""The tab 'Digitaal beoordelen', and reminding examiners from it (source text, 'Beoordeling inzien initiator')."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from accounts.models import Role
from exams.models import ExamUnit, WorkProcess

from . import asked, lifecycle, narrow, remind
from .follow import invitations_of, of_unit, unit_rows
from .initiator import detail_url, get_unit
from .models import Assessment, Invitation
from .sending import asked_mails, page_with, sending_in_unit
from .start import is_activated
from .started_together import unfinished_starts

PAGE_SIZE = 50
NAMED = 3  # who could not be reminded, by name; the list shows them all


@require_GET
def unit_list(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    return _list_page(request, unit, work_process=None)


@require_GET
def work_process_list(request: UserRequest, work_process_id: int) -> HttpResponse:
    work_process = get_object_or_404(WorkProcess.objects.select_related("core_task"), pk=work_process_id)
    unit = get_unit(request.user, work_process.core_task.unit_id)
    return _list_page(request, unit, work_process=work_process)


def _list_page(request: UserRequest, unit: ExamUnit, work_process: WorkProcess | None) -> HttpResponse:
    """The whole page, or while one types in the filter the list alone."""
    schools = request.user.schools_as(Role.DOCENT)
    everything = of_unit(user=request.user, unit=unit).for_pages()
    search = narrow.FollowFilter(request.GET, queryset=everything)
    sort = request.GET.get("sorteer", "")
    page = Paginator(narrow.in_order(search.qs, sort), PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "work_process": work_process,
        "tab": "assess",
        "search": search,
        "sort": sort,
        "columns": narrow.columns(sort),
        "page": page,
        "rows": unit_rows(page.object_list),
        "unfinished": [] if asked.is_part(request) else unfinished_starts(user=request.user, unit=unit),
        "sending": sending_in_unit(unit, asked_mails(request.GET), by=request.user),
        "to_remind": remind.count_to_remind(among=invitations_of(user=request.user, unit=unit)),
        "active": is_activated(request.user),
        "school_names": ", ".join(school.name for school in schools),
    }
    name = "unit_found" if asked.is_part(request) else "unit_list"
    return render(request, f"assessments/{name}.html", context)


@require_GET
def remind_late(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Herinnering sturen aan …': who is late, with whom it would go to and who is passed over, and why."""
    unit = get_unit(request.user, unit_id)
    plan = remind.plan_round(among=invitations_of(user=request.user, unit=unit))
    context = {"unit": unit, "exam": unit.exam_version.exam, "plan": plan}
    return render(request, "assessments/remind_late.html", context)


@require_POST
def send_reminders(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Herinneringen verzenden': to those who were shown and ticked, as far as they are still late."""
    unit = get_unit(request.user, unit_id)
    shown = asked.public_ids(request.POST, "uitnodiging")[: remind.MAX_TOGETHER]
    late = remind.late_with_names(among=invitations_of(user=request.user, unit=unit))
    done = remind.remind_all(invitations=late.filter(public_id__in=shown), by=request.user)
    _tell(request, done, gone=len(shown) - done.count)
    return redirect(page_with(reverse("assessments:unit_list", args=[unit.pk]), done.mails))


def _tell(request: UserRequest, done: remind.Reminded, *, gone: int) -> None:
    """Why nothing was sent to whom that was shown; `gone` are no longer late."""
    if done.skipped:
        messages.info(request, f"Kort geleden al herinnerd, en daarom nu niet: {len(done.skipped)}.")
    if gone:
        messages.info(request, f"Intussen niet meer te laat, en daarom niet verzonden: {gone}.")
    for invitation, why in done.refused[:NAMED]:
        messages.error(request, f"Niet verzonden aan {invitation.contact.full_name}: {why}")
    if not (done.count or gone):
        messages.error(request, "Kies eerst aan wie u een herinnering wilt sturen.")


@require_POST
def remind_one(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Herinneren' beside one examiner."""
    mine = Assessment.objects.for_docent(request.user)
    invitations = Invitation.objects.filter(assessment__in=mine).select_related("assessment", "contact")
    invitation = get_object_or_404(invitations, public_id=public_id)
    name = invitation.contact.full_name
    try:
        if (mail := remind.remind(invitation=invitation, by=request.user)) is None:
            messages.info(request, f"Aan {name} is kort geleden al een herinnering gestuurd; er is niets verzonden.")
    except lifecycle.DomainError as error:
        mail = None
        messages.error(request, str(error))
    return redirect(page_with(detail_url(invitation.assessment), [mail]))
