"""Choosing examiners, and the assignments that follow from it (source text, part A, 'Examinator(en) kiezen')."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
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
    """Examiners who have begun would be taken off; `assignments` are theirs, with part and work process."""

    def __init__(self, assignments: Sequence[Assignment]) -> None:
        self.assignments = assignments
        names = ", ".join(sorted({assignment.contact.full_name for assignment in assignments}))
        super().__init__(f"Al begonnen met beoordelen, en daarom niet zomaar weg te halen: {names}.")


@dataclass(frozen=True)
class Changes:
    """What bringing the assignments in line did to people who were at work."""

    taken_off: Sequence[Assignment]
    withdrawn: Sequence[Contact]

    def as_json(self) -> dict[str, list[str]]:
        """For the log: only what there is to tell."""
        told = {
            "taken_off": [f"{a.contact}: {a.part} van {a.part.work_process}" for a in self.taken_off],
            "withdrawn": sorted(contact.full_name for contact in self.withdrawn),
        }
        return {name: lines for name, lines in told.items() if lines}


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
    take_off_begun: bool = False,
) -> None:
    """Makes `contacts` the choice at `target`, in place of what was chosen there.

    Contacts must be of the assessment's school (`ValueError` else). Raises `WouldLoseWork` when
    someone who has begun would lose an assignment, unless the teacher confirmed that
    (`take_off_begun`): then it is taken off, keeps what was written, and stands in the log. Raises
    `DomainError` when someone is no longer in the address book, when the assessment is closed, or
    when it was changed since `version`.
    """
    if any(contact.school_id != assessment.school_id for contact in contacts):
        raise ValueError("A contact of another school.")
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_if_closed(current)
        _replace_couplings(current, target, contacts)
        changes = sync_assignments(current, take_off_begun=take_off_begun)
        lifecycle.bump_version(current)
        names = sorted(contact.full_name for contact in contacts)
        data: dict[str, Any] = {"target": str(target), "examiners": names, **changes.as_json()}
        lifecycle.settle(current, kind=Event.Kind.COUPLED, by=by, **data)


def _replace_couplings(assessment: Assessment, target: Target, contacts: Collection[Contact]) -> None:
    at_target = assessment.couplings.filter(work_process=target.work_process, part=target.part)
    at_target.exclude(contact__in=contacts).delete()
    chosen_before = set(at_target.values_list("contact_id", flat=True))
    fresh = Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).exclude(pk__in=chosen_before)
    gone = [contact.full_name for contact in fresh if contact.removed_at]
    if gone:
        raise lifecycle.DomainError(f"Staat niet meer in het adresboek: {', '.join(gone)}.")
    Coupling.objects.bulk_create(
        Coupling(assessment=assessment, contact=contact, work_process=target.work_process, part=target.part)
        for contact in fresh
    )


def sync_assignments(assessment: Assessment, *, take_off_begun: bool = False) -> Changes:
    """Brings the assignments in line with the couplings; call it inside `lifecycle.locked()`.

    One that has content is never taken off silently: without `take_off_begun` `WouldLoseWork` is
    raised. What is taken off gets `removed_at` and keeps what was written; chosen again, it counts
    again. Whoever has no part left loses the invitation with it.
    """
    wanted = _wanted(assessment)
    existing = {
        (assignment.contact_id, assignment.part_id): assignment
        for assignment in assessment.assignments.select_related("contact", "part__work_process").annotate(
            has_scores=Exists(Score.objects.filter(assignment=OuterRef("pk")))
        )
    }
    surplus = [a for key, a in existing.items() if key not in wanted and a.removed_at is None]
    begun = [a for a in surplus if a.has_scores or a.justification or a.completed_at]
    if begun and not take_off_begun:
        raise WouldLoseWork(begun)
    _take_off(assessment, surplus)
    returning = [a.pk for key, a in existing.items() if key in wanted and a.removed_at is not None]
    assessment.assignments.filter(pk__in=returning).update(removed_at=None)
    Assignment.objects.bulk_create(
        Assignment(assessment=assessment, contact_id=contact, part_id=part)
        for contact, part in sorted(wanted - existing.keys())
    )
    return Changes(taken_off=begun, withdrawn=_withdraw_all_but(assessment, {contact for contact, _ in wanted}))


def _take_off(assessment: Assessment, surplus: Sequence[Assignment]) -> None:
    """Deletes those of whoever was never invited; the others' form may be open this moment, and be saved yet."""
    surplus_rows = assessment.assignments.filter(pk__in=[assignment.pk for assignment in surplus])
    surplus_rows.exclude(contact__in=assessment.invitations.values("contact")).delete()
    surplus_rows.update(removed_at=timezone.now())


def _wanted(assessment: Assessment) -> set[tuple[int, int]]:
    """(contact id, part id) for everyone who is to assess a part, by the couplings as they are."""
    parts = dict(
        Part.objects.filter(work_process__core_task__unit=assessment.unit_id).values_list("pk", "work_process_id")
    )
    choices = assessment.couplings.values_list("work_process_id", "part_id", "contact_id")
    return {(contact, part) for part, contacts in derive(parts=parts, choices=choices).items() for contact in contacts}


def _withdraw_all_but(assessment: Assessment, contacts: set[int]) -> list[Contact]:
    idle = list(assessment.invitations.standing().exclude(contact__in=contacts).select_related("contact"))
    assessment.invitations.filter(pk__in=[invitation.pk for invitation in idle]).update(withdrawn_at=timezone.now())
    return [invitation.contact for invitation in idle]
