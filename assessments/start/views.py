"""'Digitaal beoordelen starten voor student' (source text, part A, 'Toevoegen studenten'): the first step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from accounts.models import Membership, User
from accounts.search import MAX_QUERY
from addressbook.models import Contact
from assessments import access, leavers, lifecycle, request_data
from assessments.access import get_assessment, get_selection, get_unit
from assessments.coupling.batch import MAX_NAMED, choose_for_all, names_of
from assessments.coupling.overview import read_overview
from assessments.coupling.views import report_refused
from assessments.models import Assessment, Selection, Status

from . import start
from .forms import PlanForm
from .selection import ChosenStudents, Pasted, is_list, read_list, read_students, save_students

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
    selection.planned_on, selection.place = (
        request.POST.get(name, "").strip()[:TYPED_LENGTH] for name in ("planned_on", "place")
    )
    chosen.remove(request_data.number(request.POST, "eraf"))
    _add(chosen, start.students_to_start(request.user, request_data.numbers(request.POST, "erbij")))
    query, is_clear = request.POST.get("q", "").strip(), True
    is_search = "verder" in request.POST and chosen.count and not is_list(query)  # left in the field: who was found
    if not ({"eraf", "erbij"} & request.POST.keys() or is_search):
        query, is_clear = _add_typed(request, selection, chosen, query)
    save_students(selection, chosen)
    if "verder" in request.POST and is_clear:
        return _start(request, selection, chosen)
    return redirect(_address(selection, query))


def _address(selection: Selection, query: str = "") -> str:
    return reverse("assessments:students", args=[selection.public_id], query={"q": query[:MAX_QUERY]} if query else {})


def _plan_form(selection: Selection) -> PlanForm:
    return PlanForm(initial={"planned_on": selection.planned_on, "place": selection.place})


def _add(chosen: ChosenStudents, students: Iterable[Membership]) -> list[Membership]:
    """Add the students there is room for; return the others."""
    added = [student for student in students if student not in chosen.students]
    left_out = added[chosen.room :]
    chosen.students += added[: chosen.room]
    return left_out


def _add_typed(request: UserRequest, selection: Selection, chosen: ChosenStudents, text: str) -> tuple[str, bool]:
    """Add whom the typed text names: a list of numbers and addresses, or a search that finds one student.

    Returns the search to show, if any, and whether it is clear who was meant.
    """
    if not text:
        return "", True
    if is_list(text):
        try:
            pasted = read_list(by=request.user, unit=selection.unit, text=text)
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
            return "", False
        if not pasted.names_nobody or "\n" in text:  # else a part of a number or address
            return "", _add_list(request, selection, chosen, pasted)
    found = start.find_students(by=request.user, query=text)
    running = [
        progress for progress in start.standings(students=found, unit=selection.unit).values() if progress.running
    ]
    if len(found) != 1 or running or found[0] in chosen.students or not chosen.room:
        return text, False
    _add(chosen, found)
    messages.success(request, f"Toegevoegd: {_named(found)}.")
    return "", False


def _add_list(request: UserRequest, selection: Selection, chosen: ChosenStudents, pasted: Pasted) -> bool:
    """Add the students of a list, and report each; return whether all were added."""
    new_students = [student for student in pasted.students if student not in chosen.students]
    left_out = _add(chosen, new_students)
    chosen.examiners |= {pk: list(contacts) for pk, contacts in pasted.examiners.items()}
    already_chosen = [student for student in pasted.students if student not in new_students]
    problems = [
        (f"Hooguit {access.MAX_BATCH} tegelijk; niet toegevoegd", _named(left_out)),
        ("Nog geen studentnummer ingevuld", _named(pasted.without_number)),
        ("Staat bij meer dan één school; zoek op naam", ", ".join(pasted.ambiguous)),
        ("Niet gevonden", ", ".join(pasted.unknown)),
        ("Niet in het adresboek; importeer ze eerst of voeg ze toe", ", ".join(pasted.not_listed)),
    ]
    running = list(pasted.running)
    if "verder" in request.POST:  # a double click: the first one started them
        standings = start.standings(students=running, unit=selection.unit)
        own = [a for p in standings.values() if (a := p.running) and _just_started(a, by=request.user)]
        chosen.started += own[: chosen.room]
        running = [student for student in running if standings[student.pk].running not in own]
    added = [student for student in new_students if student not in left_out]
    lines = [
        (messages.SUCCESS, "Toegevoegd", _named_or_counted(added)),
        (messages.INFO, "Was al toegevoegd", _named(already_chosen)),
        (messages.INFO, "Loopt al", _named(running)),
        *((messages.WARNING, what, names) for what, names in problems),
    ]
    is_clear = not (running or any(names for _, names in problems))
    for level, what, names in lines:
        if names and not (is_clear and "verder" in request.POST):
            messages.add_message(request, level, f"{what}: {names}.")
    return is_clear


def _page(
    request: UserRequest, selection: Selection, chosen: ChosenStudents, form: PlanForm, query: str = ""
) -> HttpResponse:
    started = {assessment.student_id: assessment for assessment in chosen.started}
    standings = start.standings(students=chosen.students, unit=selection.unit)
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
    standings = start.standings(students=visible, unit=selection.unit)
    ids = {student.pk for student in chosen.students} | {a.student_id for a in chosen.started}
    return {
        "query": query,
        "listed": lines if lines > 1 else 0,
        "found": [StudentRow(student, standings[student.pk], is_chosen=student.pk in ids) for student in visible],
        "more": len(matches) > len(visible),
        "full": not chosen.room,
        "limit": access.MAX_BATCH,
    }


def _start(request: UserRequest, selection: Selection, chosen: ChosenStudents) -> HttpResponse:
    """'Ga verder': start for the new students; those with an assessment running are reported."""
    if not chosen.count:
        messages.error(request, "Voeg eerst een student toe.")
        return redirect(_address(selection))
    if not chosen.students:
        return redirect("assessments:examiners", selection.public_id)
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, selection, chosen, form)
    try:
        result = start.start_batch(
            unit=selection.unit,
            students=chosen.students,
            by=request.user,
            examiners=chosen.examiners,
            **form.cleaned_data,
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect("assessments:unit_list", selection.unit_id)
    if chosen.gone:
        names = ", ".join(contact.full_name for contact in chosen.gone)
        messages.warning(request, f"Staat niet meer in het adresboek, en is niet gekozen: {names}.")
    return _go_on(request, selection, chosen, result)


def _go_on(
    request: UserRequest, selection: Selection, chosen: ChosenStudents, result: start.StartedBatch
) -> HttpResponse:
    """Redirect to the examiners of all assessments of the selection, if they are of one school."""
    standing = start.standings(students=result.refused, unit=selection.unit)
    running = [assessment for s in result.refused if (assessment := standing[s.pk].running)]
    if chosen.count == 1 and running:
        # A double click ends here too, and gets the assessment just started.
        name = chosen.students[0].user.full_name
        messages.info(request, f"Voor {name} loopt al een beoordeling van deze exameneenheid.")
        return redirect("assessments:examiners", running[0].public_id)
    if chosen.count > 1 and result.started:
        messages.success(request, f"Gestart voor {_named_or_counted([a.student for a in result.started])}.")
    if result.refused:
        names = _named(result.refused)
        messages.info(request, f"Niet nog eens gestart, want er loopt al een beoordeling: {names}.")
    if result.left:
        messages.warning(request, f"Niet gestart, want niet meer bij de school: {_named(result.left)}.")
    # After a double click all are running, just started by the same docent.
    just_started = [a for a in running if _just_started(a, by=request.user)]
    earlier, new = chosen.started, [*result.started, *just_started]
    if not (earlier or new) or len({a.school_id for a in [*earlier, *new]}) > 1:
        return redirect("assessments:unit_list", selection.unit_id)
    selection.unit = (earlier or new)[0].unit
    save_students(selection, ChosenStudents([], started=[*earlier, *new]))
    _copy_choices(request, earlier, [a for a in new if not chosen.examiners.get(a.student_id)])
    return redirect("assessments:examiners", selection.public_id)


def _just_started(assessment: Assessment, *, by: User) -> bool:
    return assessment.status == Status.NEW and assessment.initiator_id == by.pk


def _copy_choices(request: UserRequest, earlier: Sequence[Assessment], new: Sequence[Assessment]) -> None:
    """Give the new assessments the choices that all earlier ones of the selection share."""
    if not (earlier and new):
        return
    overview = read_overview(earlier, earlier[0].unit)
    if overview.differs or not overview.choices:
        return
    for target, contacts in overview.choices:
        outcome = choose_for_all(assessments=new, contacts=contacts, by=request.user, target=target)
        report_refused(request, outcome)
    messages.info(request, f"De gekozen examinatoren gelden ook voor {names_of(new)}.")


def _named(students: Iterable[Membership]) -> str:
    """Return 'Anouk van 't Hoff (123456), …'."""
    return ", ".join(f"{s.user.full_name} ({s.student_number or s.user.email})" for s in students)


def _named_or_counted(students: Sequence[Membership]) -> str:
    """Return the names, or the number above `MAX_NAMED`, of students that the page lists."""
    return _named(students) if len(students) <= MAX_NAMED else f"{len(students)} studenten"


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
    if not start.is_possible(assessment):
        messages.info(request, "Deze beoordeling kunt u niet (meer) intrekken; alleen de examencommissie kan dat.")
        return redirect("assessments:detail", assessment.public_id)
    invited = assessment.invitations.standing().exists()
    context = {"assessment": assessment, "hidden": ("version", assessment.version), "invited": invited}
    return render(request, "assessments/start/undo_start.html", context)


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
