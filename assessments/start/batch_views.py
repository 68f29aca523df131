"""'Ga verder': start for the chosen students and go on to choosing their examiners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.http import UserRequest
from assessments import lifecycle
from assessments.coupling.batch import choose_for_all, names_of
from assessments.coupling.overview import read_overview
from assessments.coupling.views import report_refused
from assessments.models import Assessment, Selection

from . import start
from .selection import ChosenStudents, save_students
from .typed import is_just_started, named, named_or_counted


def start_selection(
    request: UserRequest, selection: Selection, chosen: ChosenStudents, plan: dict[str, Any]
) -> HttpResponse:
    """Start for the new students, by the fields of `PlanForm`; those with an assessment running are reported."""
    try:
        result = start.start_batch(
            unit=selection.unit,
            students=chosen.students,
            by=request.user,
            examiners=chosen.examiners,
            **plan,
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
    standing = start.standings(students=result.refused, unit=selection.unit, by=request.user)
    running = [assessment for s in result.refused if (assessment := standing[s.pk].running)]
    if chosen.count == 1 and running:
        # A double click ends here too, and gets the assessment just started.
        [refused] = result.refused
        what = f"Voor {refused.user.full_name} loopt al een beoordeling van deze exameneenheid"
        if not standing[refused.pk].is_followed:
            messages.info(request, f"{what}, van een docent buiten uw team.")
            return redirect("assessments:unit_list", selection.unit_id)
        messages.info(request, f"{what}.")
        return redirect("assessments:examiners", running[0].public_id)
    if chosen.count > 1 and result.started:
        messages.success(request, f"Gestart voor {named_or_counted([a.student for a in result.started])}.")
    if result.refused:
        names = named(result.refused)
        messages.info(request, f"Niet nog eens gestart, want er loopt al een beoordeling: {names}.")
    if result.left:
        messages.warning(request, f"Niet gestart, want niet meer bij de school: {named(result.left)}.")
    # After a double click all are running, just started by the same docent.
    just_started = [a for a in running if is_just_started(a, by=request.user)]
    earlier, new = chosen.started, [*result.started, *just_started]
    if not (earlier or new) or len({a.school_id for a in [*earlier, *new]}) > 1:
        return redirect("assessments:unit_list", selection.unit_id)
    selection.unit = (earlier or new)[0].unit
    save_students(selection, ChosenStudents([], started=[*earlier, *new]))
    _copy_choices(request, earlier, [a for a in new if not chosen.examiners.get(a.student_id)])
    return redirect("assessments:examiners", selection.public_id)


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
