"""The tab 'Digitaal beoordelen', and its reminders (source text, 'Beoordeling inzien initiator')."""

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
from assessments import lifecycle, request_data
from assessments.access import detail_url, get_assessment, get_unit, invitations_of, of_unit
from assessments.coupling import couplings
from assessments.invitations import reminders
from assessments.invitations.delivery_status import asked_mails, page_with, sending_in_assessment, sending_in_unit
from assessments.invitations.proposals import waiting_rows
from assessments.models import Assessment, Invitation, Status
from assessments.privacy import access_log
from assessments.results import outcome
from assessments.rubric import read_rubric
from assessments.start import start
from assessments.start.start import is_activated
from exams.models import ExamUnit, WorkProcess

from . import listing
from .detail import invited_rows, read_history
from .listing import unfinished_starts, unit_rows

PAGE_SIZE = 50
NAMED = 3  # names of refused examiners in a message; the list shows all


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
    """Return the whole page, or for the filter only the list."""
    schools = request.user.schools_as(Role.DOCENT)
    everything = of_unit(user=request.user, unit=unit).for_pages()
    search = listing.FollowFilter(request.GET, queryset=everything)
    sort = request.GET.get("sorteer", "")
    page = Paginator(listing.in_order(search.qs, sort), PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "work_process": work_process,
        "tab": "assess",
        "search": search,
        "sort": sort,
        "columns": listing.columns(sort),
        "page": page,
        "rows": unit_rows(page.object_list),
        "unfinished": [] if request_data.is_part(request) else unfinished_starts(user=request.user, unit=unit),
        "sending": sending_in_unit(unit, asked_mails(request.GET), by=request.user),
        "to_remind": reminders.count_to_remind(among=invitations_of(user=request.user, unit=unit)),
        "active": is_activated(request.user),
        "school_names": ", ".join(school.name for school in schools),
    }
    name = "_unit_found" if request_data.is_part(request) else "unit_list"
    return render(request, f"assessments/progress/{name}.html", context)


@require_GET
def remind_late(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Herinnering sturen aan …': show the late examiners, and those who are skipped with the reason."""
    unit = get_unit(request.user, unit_id)
    plan = reminders.plan_round(among=invitations_of(user=request.user, unit=unit))
    context = {"unit": unit, "exam": unit.exam_version.exam, "plan": plan}
    return render(request, "assessments/invitations/remind_late.html", context)


@require_POST
def send_reminders(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Herinneringen verzenden': remind those who were shown and ticked and are still late."""
    unit = get_unit(request.user, unit_id)
    public_ids = request_data.public_ids(request.POST, "uitnodiging")[: reminders.MAX_REMINDERS]
    late = reminders.late_with_names(among=invitations_of(user=request.user, unit=unit))
    done = reminders.remind_all(invitations=late.filter(public_id__in=public_ids), by=request.user)
    _report(request, done, gone=len(public_ids) - done.count)
    return redirect(page_with(reverse("assessments:unit_list", args=[unit.pk]), done.mails))


def _report(request: UserRequest, done: reminders.Reminded, *, gone: int) -> None:
    """Show why some reminders were not sent; `gone` is the number that is no longer late."""
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
    """'Herinneren' for one examiner."""
    assessments = Assessment.objects.for_docent(request.user)
    invitations = Invitation.objects.filter(assessment__in=assessments).select_related("assessment", "contact")
    invitation = get_object_or_404(invitations, public_id=public_id)
    name = invitation.contact.full_name
    try:
        if (mail := reminders.remind(invitation=invitation, by=request.user)) is None:
            messages.info(request, f"Aan {name} is kort geleden al een herinnering gestuurd; er is niets verzonden.")
    except lifecycle.DomainError as error:
        mail = None
        messages.error(request, str(error))
    return redirect(page_with(detail_url(invitation.assessment), [mail]))


@require_GET
def detail(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    access_log.note(assessment, by=request.user)
    rubric = read_rubric(assessment)
    readable = assessment.status in (Status.ASSESSED, Status.FINAL)
    invitable = couplings.invitable(assessment)
    invited = invited_rows(assessment, rubric, invitable)
    mails = [row.invitation.mail for row in invited if row.invitation.mail]
    context = {
        "assessment": assessment,
        "rubric": rubric,
        "readable": readable,
        "outcome": outcome(rubric) if readable else None,
        "invited": invited,
        "sending": sending_in_assessment(assessment, asked_mails(request.GET), watched=mails),
        "invitable": invitable,
        "document": assessment.documents.current().first(),
        "proposals": waiting_rows(assessment),
        "can_undo_start": start.is_possible(assessment),
        "history": read_history(assessment),
    }
    return render(request, "assessments/progress/detail.html", context)
