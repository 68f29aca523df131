"""Mijn Digibib, Productcatalogus, Workflow and the pages of an exam (source text, part A)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from accounts.language import translated

from .catalogue import (
    Search,
    add_to_account,
    catalogue,
    cohorts,
    core_tasks,
    current_units,
    exams_on_account,
    get_exam,
    get_exam_to_add,
    get_unit,
    get_work_process,
    remove_from_account,
)
from .models import Exam
from .open_work import read_open_work
from .workflow import participants, steps

EXAMS_PER_PAGE = 30


@translated
@require_GET
def my_digibib(request: UserRequest) -> HttpResponse:
    exams = list(exams_on_account(request.user))
    work = read_open_work(request.user)
    context = {
        "exams": [(exam, work.by_exam.get(exam.pk, ()) if work else ()) for exam in exams],
        "work": work,
        "as_rows": request.GET.get("weergave") == "rijen",
    }
    return render(request, "exams/my_digibib.html", context)


@translated
@require_GET
def product_catalogue(request: UserRequest) -> HttpResponse:
    exams = catalogue(request.user)
    search = Search(
        query=request.GET.get("q", "").strip(),
        kind=request.GET.get("soort", ""),
        cohort=request.GET.get("cohort", ""),
    )
    matches = [exam for exam in exams if search.finds(exam)]
    context = {
        "search": search,
        "searchable": True,
        "query": search.query,
        "kinds": Exam.Kind.choices,
        "cohorts": cohorts(exams),
        "page": Paginator(matches, EXAMS_PER_PAGE).get_page(request.GET.get("pagina")),
    }
    return render(request, "exams/catalogue.html", context)


@translated
@require_POST
def add(request: UserRequest, exam_id: int) -> HttpResponse:
    exam = get_exam_to_add(exam_id)
    add_to_account(user=request.user, exam=exam)
    undo = reverse("exams:remove", args=[exam.pk])
    messages.success(request, _("‘%(exam)s’ staat nu op uw account.") % {"exam": exam.title}, extra_tags=undo)
    return _redirect_to_catalogue(request)


@translated
@require_POST
def remove(request: UserRequest, exam_id: int) -> HttpResponse:
    exam = get_exam(request.user, exam_id)
    remove_from_account(user=request.user, exam=exam)
    undo = reverse("exams:add", args=[exam.pk])
    messages.success(request, _("‘%(exam)s’ is van uw account gehaald.") % {"exam": exam.title}, extra_tags=undo)
    return _redirect_to_catalogue(request)


@translated
@require_GET
def workflow(request: UserRequest) -> HttpResponse:
    return render(request, "exams/workflow.html", {"steps": steps(), "participants": participants()})


@translated
@require_GET
def exam_page(request: UserRequest, exam_id: int) -> HttpResponse:
    exam = get_exam(request.user, exam_id)
    return render(request, "exams/exam.html", {"exam": exam, "units": current_units(exam)})


@translated
@require_GET
def unit_page(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    exam = unit.exam_version.exam
    context = {
        "exam": exam,
        "unit": unit,
        "core_tasks": core_tasks(unit),
        "tab": "content",
        "newest": exam.current_version,
    }
    return render(request, "exams/unit.html", context)


@translated
@require_GET
def work_process_page(request: UserRequest, work_process_id: int) -> HttpResponse:
    work_process = get_work_process(request.user, work_process_id)
    unit = work_process.core_task.unit
    context = {"exam": unit.exam_version.exam, "unit": unit, "work_process": work_process, "tab": "content"}
    return render(request, "exams/work_process.html", context)


def _redirect_to_catalogue(request: UserRequest) -> HttpResponse:
    """Return to the catalogue with the search of the request."""
    return redirect(reverse("exams:catalogue", query=request.GET))
