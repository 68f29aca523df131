"""The docent's lists, their reminders, and an assessment's page (source text, 'Beoordeling inzien initiator')."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Role, User
from assessments import leavers, lifecycle, request_data
from assessments.access import detail_url, get_assessment, get_unit, of_unit, require_docent
from assessments.coupling import couplings
from assessments.invitations import reminders
from assessments.invitations.delivery_status import asked_mails, page_with, sending_in_assessment, sending_in_list
from assessments.invitations.proposals import waiting_rows
from assessments.models import Assessment, AssessmentQuerySet, Invitation, Status
from assessments.privacy import access_log
from assessments.results import outcome
from assessments.rubric import read_rubric
from assessments.sittings import participation
from assessments.start import hand_over as start_hand_over
from assessments.start import start
from assessments.start.forms import HandOverForm
from assessments.start.start import is_activated
from exams.models import ExamUnit, WorkProcess

from . import listing
from .detail import examiner_rows, read_history

PAGE_SIZE = 50
MAX_SELECTED = 100  # assessments to remind of in one click
NAMED = 3  # names of refused examiners in a message; the list shows all


@require_GET
def afnames(request: UserRequest) -> HttpResponse:
    """Show the tab 'Afnames': the docent's own running assessments of all exams."""
    require_docent(request.user)
    queryset = listing.own_running(request.user)
    return _list_page(request, queryset, listing.OWN, filter_by_exam_of=request.user)


@require_GET
def unit_list(request: UserRequest, unit_id: int) -> HttpResponse:
    return _unit_page(request, get_unit(request.user, unit_id))


@require_GET
def work_process_list(request: UserRequest, work_process_id: int) -> HttpResponse:
    work_process = get_object_or_404(WorkProcess.objects.select_related("core_task"), pk=work_process_id)
    unit = get_unit(request.user, work_process.core_task.unit_id)
    return _unit_page(request, unit, work_process=work_process)


def _unit_page(request: UserRequest, unit: ExamUnit, work_process: WorkProcess | None = None) -> HttpResponse:
    """Show the tab 'Digitaal beoordelen': all assessments of the unit, also finished ones and those of colleagues."""
    of_page: dict[str, Any] = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "work_process": work_process,
        "tab": "assess",
        "active": is_activated(request.user),
        "school_names": ", ".join(school.name for school in request.user.schools_as(Role.DOCENT)),
    }
    return _list_page(request, of_unit(user=request.user, unit=unit), listing.OF_UNIT, **of_page)


def _list_page(
    request: UserRequest,
    queryset: AssessmentQuerySet,
    columns: Iterable[listing.Column],
    *,
    filter_by_exam_of: User | None = None,
    **of_page: Any,
) -> HttpResponse:
    """Return the page, or for htmx only the list."""
    search = listing.ListFilter(request.GET, queryset=queryset.for_pages(), user=filter_by_exam_of)
    sort = listing.get_sort(columns, request.GET.get("sorteer", ""))
    found = listing.in_order(search.qs, columns, sort)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("pagina"))
    query = request.GET.copy()
    query.pop("mail", None)
    rows = listing.read_rows(page.object_list)
    context = {
        **of_page,
        "is_part": request_data.is_part(request),
        "searchable": bool(rows) or search.narrows,
        "live_search": True,
        "tick": "beoordeling",
        "bar_url": reverse("assessments:select"),
        "search": search,
        "tabs": listing.tabs(queryset),
        "headers": listing.headers(columns, sort),
        "page": page,
        "rows": rows,
        "sending": sending_in_list(asked_mails(request.GET), by=request.user),
        "list_url": f"{request.path}?{query.urlencode()}" if query else request.path,
    }
    return render(request, "assessments/progress/list.html", context)


@require_POST
def plan_reminders(request: UserRequest) -> HttpResponse:
    """'Herinneren': show which examiners of the ticked assessments get a mail, and why others do not."""
    require_docent(request.user)
    public_ids = request_data.public_ids(request.POST, "beoordeling")[:MAX_SELECTED]
    if not public_ids:
        messages.info(request, "Kies eerst voor welke studenten u een herinnering wilt sturen.")
        return redirect(_list_url(request))
    assessments = get_list_or_404(Assessment.objects.for_docent(request.user), public_id__in=public_ids)
    plan = reminders.plan_round(among=Invitation.objects.filter(assessment__in=assessments))
    context = {"plan": plan, "list_url": _list_url(request)}
    return render(request, "assessments/invitations/remind.html", context)


@require_POST
def send_reminders(request: UserRequest) -> HttpResponse:
    """'Herinneringen verzenden': remind those who were shown and ticked and still have work to do."""
    require_docent(request.user)
    public_ids = request_data.public_ids(request.POST, "uitnodiging")[: reminders.MAX_REMINDERS]
    assessments = Assessment.objects.for_docent(request.user)
    among = Invitation.objects.filter(assessment__in=assessments, public_id__in=public_ids)
    invitations = reminders.with_names(reminders.unfinished(among=among))
    done = reminders.remind_all(invitations=invitations, by=request.user)
    _report(request, done, gone=len(public_ids) - done.count)
    return redirect(page_with(_list_url(request), done.mails))


def _list_url(request: UserRequest) -> str:
    """Return the list that the form came from, with its filter; 'Afnames' for anything that leads elsewhere."""
    url = request.POST.get("terug", "")
    on_this_site = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if on_this_site else reverse("assessments:afnames")


def _report(request: UserRequest, done: reminders.Reminded, *, gone: int) -> None:
    """Show why some reminders were not sent; `gone` is the number of examiners without work to do."""
    if done.skipped:
        messages.info(request, f"Kort geleden al herinnerd, en daarom nu niet: {len(done.skipped)}.")
    if gone:
        messages.info(request, f"Intussen afgerond of ingetrokken, en daarom niet verzonden: {gone}.")
    for invitation, why in done.refused[:NAMED]:
        messages.error(request, f"Niet verzonden aan {invitation.contact.full_name}: {why}")
    if not (done.count or gone):
        messages.info(request, "Kies eerst aan wie u een herinnering wilt sturen.")


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
    examiners = examiner_rows(assessment, rubric, invitable)
    mails = [row.invitation.mail for row in examiners if row.invitation and row.invitation.mail]
    context = {
        "assessment": assessment,
        "rubric": rubric,
        "readable": readable,
        "outcome": outcome(rubric) if readable else None,
        "examiners": examiners,
        "sending": sending_in_assessment(assessment, asked_mails(request.GET), watched=mails),
        "invitable": invitable,
        "document": assessment.documents.current().first(),
        "proposals": waiting_rows(assessment),
        "can_undo_start": start.can_undo_start(assessment),
        "history": read_history(assessment),
        **participation.context(assessment),
    }
    return render(request, "assessments/progress/detail.html", context)


@require_http_methods(["GET", "POST"])
def undo_start(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Ask for confirmation, and on POST undo the start."""
    assessment = get_assessment(request.user, public_id)
    name = assessment.student.user.full_name
    if request.method == "POST":
        try:
            start.undo_start(
                assessment=assessment, by=request.user, version=request_data.number(request.POST, "version") or 0
            )
            messages.success(request, f"De beoordeling van {name} is ingetrokken; dit telt niet als poging.")
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
        return redirect("assessments:detail", assessment.public_id)
    if not start.can_undo_start(assessment):
        messages.info(request, "Deze beoordeling kunt u niet (meer) intrekken; alleen de examencommissie kan dat.")
        return redirect("assessments:detail", assessment.public_id)
    invited = assessment.invitations.standing().exists()
    context = {"assessment": assessment, "hidden": ("version", assessment.version), "invited": invited}
    return render(request, "assessments/progress/undo_start.html", context)


@require_POST
def become_initiator(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Overnemen': make the docent the initiator in place of one who left."""
    assessment = get_assessment(request.user, public_id)
    try:
        leavers.reassign(assessment=assessment, by=request.user)
        messages.success(request, "U volgt deze beoordeling nu. Examinatoren krijgen weer herinneringen.")
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
    return redirect("assessments:detail", assessment.public_id)


@require_http_methods(["GET", "POST"])
def hand_over(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Overdragen aan een collega'."""
    assessment = get_assessment(request.user, public_id)
    if reason := start_hand_over.why_not(assessment, by=request.user):
        messages.info(request, reason)
        return redirect("assessments:detail", assessment.public_id)
    form = HandOverForm(request.POST or None, colleagues=start_hand_over.colleagues(assessment))
    if request.method == "POST" and form.is_valid():
        colleague: User = form.cleaned_data["colleague"]
        try:
            start_hand_over.hand_over(assessment=assessment, to=colleague, by=request.user)
            name = assessment.student.user.full_name
            messages.success(request, f"{colleague.full_name} volgt de beoordeling van {name} nu, en krijgt een mail.")
            if not Assessment.objects.for_docent(request.user).filter(pk=assessment.pk).exists():  # of another team
                return redirect("assessments:afnames")
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
        return redirect("assessments:detail", assessment.public_id)
    return render(request, "assessments/start/hand_over.html", {"assessment": assessment, "form": form})
