"""'Digitaal beoordelen starten voor student' (source text, part A, 'Toevoegen studenten'): the first step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Membership
from accounts.search import MAX_QUERY
from addressbook.models import Contact
from assessments import access, request_data
from assessments.access import get_selection, get_unit
from assessments.models import Assessment, Selection

from . import start
from .batch_views import start_selection
from .forms import PlanForm
from .selection import ChosenStudents, is_list, read_students, save_students
from .typed import add_students, add_typed

TYPED_LENGTH = 200  # characters of date and place; the form validates them


@dataclass(frozen=True)
class StudentRow:
    """A student on the page, with the `examiners` named in the list; `started` once there is an assessment."""

    student: Membership
    standing: start.UnitProgress
    is_chosen: bool = True
    examiners: Sequence[Contact] = ()
    started: Assessment | None = None


@require_http_methods(["GET", "POST"])
def choose_student(request: UserRequest, unit_id: int) -> HttpResponse:
    """The first step without a selection yet: what is posted makes one."""
    return _students(request, Selection(owner=request.user, unit=get_unit(request.user, unit_id)))


@require_http_methods(["GET", "POST"])
def students(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The first step of a selection, or of a single assessment, to add students to it."""
    selection = get_selection(request.user, public_id)
    get_unit(request.user, selection.unit_id)
    return _students(request, selection)


def _students(request: UserRequest, selection: Selection) -> HttpResponse:
    chosen = read_students(selection)
    if not chosen.count and not start.is_activated(request.user):
        return redirect("assessments:unit_list", selection.unit_id)  # explains it, and who can enable it
    if request_data.is_part(request):
        return _found(request, selection, chosen, (request.POST or request.GET).get("q", ""))
    if request.method == "GET":
        return _page(request, selection, chosen, _plan_form(selection), query=request.GET.get("q", ""))
    return _save(request, selection, chosen)


def _save(request: UserRequest, selection: Selection, chosen: ChosenStudents) -> HttpResponse:
    """Store what was added, removed and typed; with 'Ga verder' go on, if it is clear who was meant."""
    selection.planned_on, selection.place = (
        request.POST.get(name, "").strip()[:TYPED_LENGTH] for name in ("planned_on", "place")
    )
    query, is_clear = _change(request, selection, chosen)
    save_students(selection, chosen)
    if "verder" in request.POST and is_clear:
        return _go_on(request, selection, chosen)
    return redirect(_address(selection, query))


def _change(request: UserRequest, selection: Selection, chosen: ChosenStudents) -> tuple[str, bool]:
    """Take off and add students as posted; return the search to show, and whether it is clear who was meant."""
    chosen.remove(request_data.number(request.POST, "eraf"))
    add_students(chosen, start.students_to_start(request.user, request_data.numbers(request.POST, "erbij")))
    query = request.POST.get("q", "").strip()
    is_search = "verder" in request.POST and chosen.count and not is_list(query)  # left in the field: who was found
    if {"eraf", "erbij"} & request.POST.keys() or is_search:
        return query, True
    return add_typed(request, selection, chosen, query)


def _go_on(request: UserRequest, selection: Selection, chosen: ChosenStudents) -> HttpResponse:
    if not chosen.count:
        messages.error(request, "Voeg eerst een student toe.")
        return redirect(_address(selection))
    if not chosen.students:
        return redirect("assessments:examiners", selection.public_id)
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, selection, chosen, form)
    return start_selection(request, selection, chosen, form.cleaned_data)


def _address(selection: Selection, query: str = "") -> str:
    return reverse("assessments:students", args=[selection.public_id], query={"q": query[:MAX_QUERY]} if query else {})


def _plan_form(selection: Selection) -> PlanForm:
    return PlanForm(initial={"planned_on": selection.planned_on, "place": selection.place})


def _page(
    request: UserRequest, selection: Selection, chosen: ChosenStudents, form: PlanForm, query: str = ""
) -> HttpResponse:
    started = {assessment.student_id: assessment for assessment in chosen.started}
    standings = start.standings(students=chosen.students, unit=selection.unit, by=request.user)
    rows = [
        StudentRow(student, standings[student.pk], examiners=chosen.examiners.get(student.pk, ()))
        for student in chosen.students
    ]
    rows += [StudentRow(a.student, start.UnitProgress(), started=a) for a in started.values()]
    context = {
        "action": _address(selection) if selection.pk else request.path,
        "unit": selection.unit,
        "exam": selection.unit.exam_version.exam,
        "chosen": sorted(rows, key=lambda row: (row.student.sort_key, row.student.pk)),
        "new": len(chosen.students),
        "form": form,
        **_found_context(request, selection, chosen, query.strip()),
    }
    return render(request, "assessments/start/students.html", context)


def _found(request: UserRequest, selection: Selection, chosen: ChosenStudents, text: str) -> HttpResponse:
    """Return the results of a search while typing, and put it in the page's address."""
    query = text.strip()
    context = _found_context(request, selection, chosen, query)
    answer = render(request, "assessments/start/_found_students.html", context)
    if not context["listed"]:
        answer["HX-Replace-Url"] = request.path + (f"?q={quote(query[:MAX_QUERY])}" if query else "")
    return answer


def _found_context(request: UserRequest, selection: Selection, chosen: ChosenStudents, query: str) -> dict[str, object]:
    lines = len(query.splitlines())
    matches = start.find_students(by=request.user, query=query) if query and lines == 1 else []
    visible = matches[: start.SEARCH_LIMIT]
    standings = start.standings(students=visible, unit=selection.unit, by=request.user)
    ids = {student.pk for student in chosen.students} | {a.student_id for a in chosen.started}
    return {
        "query": query,
        "listed": lines if lines > 1 else 0,
        "found": [StudentRow(student, standings[student.pk], is_chosen=student.pk in ids) for student in visible],
        "more": len(matches) > len(visible),
        "full": not chosen.room,
        "limit": access.MAX_BATCH,
    }


STEPS = {"examinatoren": "assessments:examiners", "bericht": "assessments:message"}


@require_POST
def select(request: UserRequest) -> HttpResponse:
    """Make a selection of the ticked assessments (`beoordeling`) of a list, and open the step `naar` of the flow."""
    public_ids = request_data.public_ids(request.POST, "beoordeling")
    queryset = Assessment.objects.for_docent(request.user).filter(public_id__in=public_ids)
    ticked = list(queryset.select_related("unit", "exam"))
    if len(ticked) != len(public_ids):
        raise Http404
    running = [assessment for assessment in ticked if not assessment.is_closed]
    if problem := _why_not_together(running):
        messages.error(request, problem)
        return redirect(_back(request))
    step = STEPS.get(request.POST.get("naar", ""), STEPS["examinatoren"])
    if len(running) == 1:
        return redirect(step, running[0].public_id)
    newest = max(running, key=lambda assessment: assessment.unit_id)
    selection = Selection.objects.create(
        owner=request.user, unit=newest.unit, assessments=[assessment.pk for assessment in running]
    )
    return redirect(step, selection.public_id)


def _why_not_together(running: Sequence[Assessment]) -> str:
    """Return why one selection can't hold these assessments (Dutch); '' when it can."""
    if not running:
        return "Vink eerst een beoordeling aan die nog loopt."
    if len(running) > access.MAX_BATCH:
        return f"Vink hooguit {access.MAX_BATCH} beoordelingen tegelijk aan; u hebt er nu {len(running)}."
    units = dict.fromkeys(f"{assessment.unit_code} van {assessment.exam.title}" for assessment in running)
    if len(units) > 1:
        return (
            "Examinatoren kiezen en uitnodigen gaat per exameneenheid. Vink beoordelingen van één exameneenheid aan; "
            f"nu zijn het er {len(units)}: {', '.join(units)}."
        )
    if len({assessment.school_id for assessment in running}) > 1:
        return "Vink beoordelingen van één school aan: elke school heeft een eigen adresboek."
    return ""


def _back(request: UserRequest) -> str:
    """Return the page that the form was on."""
    referer = request.headers.get("Referer", "")
    is_own = url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()})
    return referer if is_own else reverse("home")
