"""Choosing examiners, and the assignments that follow from it (source text, part A, 'Examinator(en) kiezen')."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact
from exams.models import Part, WorkProcess

from . import lifecycle
from .models import Assessment, Assignment, Coupling, Event, Score


@dataclass(frozen=True)
class Target:
    """What a choice is for: the whole unit (1), a work process (2) or a part (3)."""

    work_process: WorkProcess | None = None
    part: Part | None = None

    @property
    def level(self) -> int:
        return 3 if self.part else 2 if self.work_process else 1

    def __str__(self) -> str:
        if self.part:
            return f"{self.part.get_kind_display()} van {self.part.work_process}"
        return str(self.work_process) if self.work_process else "het hele examen"


class WouldLoseWork(lifecycle.DomainError):
    """Examiners who have begun would be taken off; `assignments` are theirs."""

    def __init__(self, assignments: list[Assignment]) -> None:
        self.assignments = assignments
        names = ", ".join(sorted({assignment.contact.full_name for assignment in assignments}))
        super().__init__(f"{names} is al begonnen met beoordelen en kan hier niet zomaar worden weggehaald.")


def derive(
    *, parts: Mapping[int, int], choices: Iterable[tuple[int | None, int | None, int]]
) -> dict[int, frozenset[int]]:
    """Who assesses which part: on a part the finest level that has a choice counts, alone.

    `parts` maps a part's id to its work process's id; `choices` are (work process id, part id,
    contact id) with both ids None for the whole unit. Returns a part's id → contact ids, every
    part present.
    """
    unit: set[int] = set()
    by_work_process: dict[int, set[int]] = {}
    by_part: dict[int, set[int]] = {}
    for work_process, part, contact in choices:
        if part is not None:
            by_part.setdefault(part, set()).add(contact)
        elif work_process is not None:
            by_work_process.setdefault(work_process, set()).add(contact)
        else:
            unit.add(contact)
    return {
        part: frozenset(by_part.get(part) or by_work_process.get(work_process) or unit)
        for part, work_process in parts.items()
    }


def get_target(assessment: Assessment, *, work_process_id: int | None, part_id: int | None) -> Target:
    """The target within this assessment's own unit; raises `DoesNotExist` for anything else."""
    if part_id is not None:
        own = Part.objects.select_related("work_process")
        return Target(part=own.get(pk=part_id, work_process__core_task__unit=assessment.unit_id))
    if work_process_id is not None:
        return Target(work_process=WorkProcess.objects.get(pk=work_process_id, core_task__unit=assessment.unit_id))
    return Target()


def chosen_at(assessment: Assessment, target: Target) -> list[Contact]:
    """The contacts chosen at exactly this target."""
    couplings = assessment.couplings.filter(work_process=target.work_process, part=target.part)
    return [coupling.contact for coupling in couplings.select_related("contact").order_by("contact__last_name")]


def choose_examiners(
    *,
    assessment: Assessment,
    target: Target,
    contacts: Collection[Contact],
    by: User,
    version: int | None = None,
) -> None:
    """Makes `contacts` the choice at `target`, in place of what was chosen there.

    Contacts must be of the assessment's school (`ValueError` else). Raises `WouldLoseWork` when
    someone who has begun would lose an assignment, `DomainError` when the assessment is closed or
    was changed since `version`.
    """
    if any(contact.school_id != assessment.school_id for contact in contacts):
        raise ValueError("A contact of another school.")
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_if_closed(current)
        at_target = current.couplings.filter(work_process=target.work_process, part=target.part)
        at_target.exclude(contact__in=contacts).delete()
        for contact in contacts:
            Coupling.objects.get_or_create(
                assessment=current, contact=contact, work_process=target.work_process, part=target.part
            )
        sync_assignments(current)
        lifecycle.bump_version(current)
        names = sorted(contact.full_name for contact in contacts)
        lifecycle.settle(current, kind=Event.Kind.COUPLED, by=by, target=str(target), examiners=names)


def sync_assignments(assessment: Assessment) -> None:
    """Brings the assignments in line with the couplings; call it inside `locked()`.

    Assignments without content come and go; one with content is never taken off here
    (`WouldLoseWork`). Whoever has no part left loses the invitation with it.
    """
    parts = dict(
        Part.objects.filter(work_process__core_task__unit=assessment.unit_id).values_list("pk", "work_process_id")
    )
    choices = assessment.couplings.values_list("work_process_id", "part_id", "contact_id")
    wanted = {
        (contact, part) for part, contacts in derive(parts=parts, choices=choices).items() for contact in contacts
    }
    existing = {
        (assignment.contact_id, assignment.part_id): assignment
        for assignment in assessment.assignments.select_related("contact").annotate(
            has_content=Exists(Score.objects.filter(assignment=OuterRef("pk")))
        )
    }
    surplus = [a for key, a in existing.items() if key not in wanted and a.removed_at is None]
    begun = [a for a in surplus if a.has_content or a.justification or a.completed_at]
    if begun:
        raise WouldLoseWork(begun)
    assessment.assignments.filter(pk__in=[a.pk for a in surplus]).delete()
    returning = [a.pk for key, a in existing.items() if key in wanted and a.removed_at is not None]
    assessment.assignments.filter(pk__in=returning).update(removed_at=None)
    Assignment.objects.bulk_create(
        Assignment(assessment=assessment, contact_id=contact, part_id=part)
        for contact, part in sorted(wanted - existing.keys())
    )
    without_parts = ~Q(contact__in=[contact for contact, _ in wanted])
    assessment.invitations.standing().filter(without_parts).update(withdrawn_at=timezone.now())
