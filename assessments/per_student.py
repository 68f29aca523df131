"""'Per student een eigen examinator': a line for each student, for a class whose examiners all differ."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import UserRequest
from accounts.text import clean_line
from addressbook.named import suggestions, typed_as
from exams.models import ExamUnit

from . import asked, group
from .initiator import get_unit
from .models import Assessment
from .own_examiner import Line, choose_each, find_examiners, read_lines
from .together import get_assessments, together_url

TYPED_LENGTH = 500  # characters: a name of 232 and an address of 254 fit


@require_GET
def per_student(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    if "beoordeling" not in request.GET:
        return redirect("assessments:unit_list", unit.pk)
    assessments = get_assessments(request.user, unit, request.GET)
    return _page(request, unit, assessments, read_lines(assessments))


@require_POST
def take_over_per_student(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Overnemen': nothing is chosen until every line is good or empty; an empty one stays as it is."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    lines = read_lines(assessments)
    for line in lines:
        line.typed = clean_line(request.POST.get(line.field_id, ""))[:TYPED_LENGTH]
    contacts = find_examiners(lines)
    if any(line.error for line in lines):
        return _page(request, unit, assessments, lines, status=422)
    seen = {a.pk: version for a in assessments for version in asked.numbers(request.POST, f"versie-{a.pk}")}
    done = choose_each(lines=lines, contacts=contacts, versions=seen, by=request.user)
    if done:
        students = "1 student" if len(done) == 1 else f"{len(done)} studenten"
        messages.success(request, f"Examinator gekozen voor het hele examen van {students}.")
    if any(line.error for line in lines):
        return _refused_page(request, unit, lines)
    to_invite = "uitnodigen" in request.POST and group.read_group(assessments).invitable
    return redirect(together_url("message_together" if to_invite else "together", unit, assessments))


def _refused_page(request: UserRequest, unit: ExamUnit, before: list[Line]) -> HttpResponse:
    """As it is now, with what was typed and the reason at each line that was refused."""
    assessments = get_assessments(request.user, unit, request.POST)
    lines = read_lines(assessments)
    for line, old in zip(lines, before, strict=True):
        line.typed, line.error = old.typed, old.error
    return _page(request, unit, assessments, lines, status=409)


def _page(
    request: UserRequest, unit: ExamUnit, assessments: list[Assessment], lines: list[Line], status: int = 200
) -> HttpResponse:
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "assessments": assessments,
        "lines": lines,
        "problems": [
            {"href": f"#{line.field_id}", "text": f"{line.assessment.student.user.full_name}: {line.error}"}
            for line in lines
            if line.error
        ],
        "suggested": [typed_as(contact) for contact in suggestions(assessments[0].school)],
        "together_url": together_url("together", unit, assessments),
    }
    return render(request, "assessments/per_student.html", context, status=status)
