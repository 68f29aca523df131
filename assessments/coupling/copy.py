"""'Toepassen op meer studenten': copy one student's choices, at all three levels, to other students."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from accounts.models import User
from addressbook.models import Contact, full_names
from assessments import lifecycle
from assessments.models import Assessment, AssessmentQuerySet, Coupling, Event
from exams.models import Part, WorkProcess

from . import couplings as coupling_couplings
from .batch import BatchOutcome


def same_unit(assessment: Assessment, *, user: User) -> AssessmentQuerySet:
    """Return the docent's other assessments of the same unit and school, by the student's last name."""
    assessments = Assessment.objects.for_docent(user).filter(
        school=assessment.school_id, exam=assessment.exam_id, unit_code=assessment.unit_code
    )
    others = assessments.exclude(pk=assessment.pk).for_pages()
    return others.order_by("student__sort_key", "pk")


def apply_to_all(
    *,
    source: Assessment,
    version: int,
    assessments: Iterable[Assessment],
    versions: Mapping[int, int],
    by: User,
    asked_about: Collection[int] = (),
) -> BatchOutcome:
    """Replace the choices of each assessment by those of `source`, one transaction per student.

    `version` and `versions` are those of `source` and of the others on the docent's page. Raises `DomainError` when
    `source` changed since then; another student's change refuses only that one. Where an examiner has begun, nothing is
    done until the docent confirmed it (`to_ask`).
    """
    if source.version != version:
        student_name = source.student.user.full_name
        raise lifecycle.DomainError(
            f"De keuzes voor {student_name} zijn intussen gewijzigd. Hieronder staat hoe ze nu zijn."
        )
    choices = _read_choices(source)
    places: dict[int, dict[coupling_couplings.Place, coupling_couplings.Target]] = {}
    outcome = BatchOutcome()
    for assessment in assessments:
        if assessment.unit_id not in places:
            places[assessment.unit_id] = _read_places(assessment.unit_id)
        try:
            _put_choices(
                assessment,
                choices=_placed(choices, places[assessment.unit_id]),
                by=by,
                version=versions.get(assessment.pk, 0),
                asked_about=asked_about,
            )
            outcome.done.append(assessment)
        except coupling_couplings.WorkWouldBeLost as loses:
            outcome.to_ask.append((assessment, loses))
        except lifecycle.DomainError as error:
            outcome.refuse(assessment, error)
    return outcome


def _read_choices(assessment: Assessment) -> list[tuple[coupling_couplings.Place, coupling_couplings.Target, Contact]]:
    couplings = assessment.couplings.select_related(
        "contact", "work_process__core_task", "part__work_process__core_task"
    )
    return [
        (target.place, target, coupling.contact)
        for coupling in couplings
        for target in [coupling_couplings.Target(work_process=coupling.work_process, part=coupling.part)]
    ]


def _read_places(unit_id: int) -> dict[coupling_couplings.Place, coupling_couplings.Target]:
    """Return all targets of a unit by place, in two queries."""
    parts = Part.objects.filter(work_process__core_task__unit=unit_id).select_related("work_process__core_task")
    work_processes = WorkProcess.objects.filter(core_task__unit=unit_id).select_related("core_task")
    targets = [coupling_couplings.Target(), *(coupling_couplings.Target(part=part) for part in parts)]
    targets += [coupling_couplings.Target(work_process=work_process) for work_process in work_processes]
    return {target.place: target for target in targets}


def _placed(
    choices: Iterable[tuple[coupling_couplings.Place, coupling_couplings.Target, Contact]],
    places: Mapping[coupling_couplings.Place, coupling_couplings.Target],
) -> list[tuple[coupling_couplings.Target | None, str, Contact]]:
    """Return the choices with their target in this unit, None where the unit lacks it, and its name."""
    return [(places.get(place), str(target), contact) for place, target, contact in choices]


def _put_choices(
    assessment: Assessment,
    *,
    choices: Collection[tuple[coupling_couplings.Target | None, str, Contact]],
    by: User,
    version: int,
    asked_about: Collection[int],
) -> None:
    if lacking := sorted({where for target, where, _ in choices if target is None}):
        raise lifecycle.DomainError(f"De versie van het examen van deze student heeft geen {', '.join(lacking)}.")
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        _replace_all(current, [(target, contact) for target, _, contact in choices if target is not None])
        changes = coupling_couplings.sync_assignments(current, asked_about=asked_about)
        lifecycle.bump_version(current)
        names = full_names(contact for _, _, contact in choices)
        data: dict[str, Any] = {"target": "alle niveaus", "examiners": names, **changes.as_json()}
        lifecycle.update_status(current, kind=Event.Kind.COUPLED, by=by, **data)


def _replace_all(assessment: Assessment, choices: Iterable[tuple[coupling_couplings.Target, Contact]]) -> None:
    choices_by_key = {
        (contact.pk, target.work_process and target.work_process.pk, target.part and target.part.pk): (target, contact)
        for target, contact in choices
    }
    existing = {(c.contact_id, c.work_process_id, c.part_id): c.pk for c in assessment.couplings.all()}
    new_choices = [choice for key, choice in choices_by_key.items() if key not in existing]
    coupling_couplings.refuse_if_gone(contact for _, contact in new_choices)
    assessment.couplings.filter(pk__in=[pk for key, pk in existing.items() if key not in choices_by_key]).delete()
    Coupling.objects.bulk_create(
        Coupling(assessment=assessment, contact=contact, work_process=target.work_process, part=target.part)
        for target, contact in new_choices
    )
