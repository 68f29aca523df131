"""Choosing examiners, and the assignments that follow from it (source text, part A, 'Examinator(en) kiezen')."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from addressbook.models import Contact, full_names
from assessments import lifecycle
from assessments.models import Assessment, Assignment, Coupling, Event, Score, Status
from assessments.models.assessment import is_student
from assessments.request_data import number
from assessments.rubric import Column, Rubric
from exams.models import Part, WorkProcess

# Core task's and work process's code, kind of part; '' where a target is coarser.
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Target:
    """What a choice is for: the whole unit (1), a work process (2) or a part (3)."""

    work_process: WorkProcess | None = None
    part: Part | None = None

    @property
    def level(self) -> int:
        return 3 if self.part else 2 if self.work_process else 1

    @property
    def place(self) -> Place:
        """What it is known by in every version of the exam; it sorts the coarser before the finer."""
        work_process = self.part.work_process if self.part else self.work_process
        if work_process is None:
            return ("", "", "")
        return work_process.core_task.code, work_process.code, self.part.kind if self.part else ""

    def __str__(self) -> str:
        if self.part:
            return f"{self.part.get_kind_display()} van {self.part.work_process}"
        return str(self.work_process) if self.work_process else "het hele examen"


class WouldLoseWork(lifecycle.DomainError):
    """Examiners who have begun would be taken off; `assignments` are theirs, with part and work process."""

    def __init__(self, assignments: Sequence[Assignment]) -> None:
        self.assignments = assignments
        names = ", ".join(full_names(assignment.contact for assignment in assignments))
        super().__init__(f"Al begonnen met beoordelen, en daarom niet zomaar weg te halen: {names}.")


class CompletedStays(lifecycle.DomainError):
    """From 'Beoordeeld' on no completed work is taken off by a docent alone."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        names = full_names(assignment.contact for assignment in assignments)
        super().__init__(
            f"{', '.join(names)} {'heeft' if len(names) == 1 else 'hebben'} al afgerond, en daarmee is het aan de "
            "examencommissie. U kunt dit niet meer weghalen; de examencommissie kan de beoordeling terugsturen of zelf "
            "beslissen."
        )


@dataclass(frozen=True)
class Changes:
    """What bringing the assignments in line did to people who were at work."""

    taken_off: Sequence[Assignment]
    withdrawn: Sequence[Contact]

    def as_json(self) -> dict[str, list[str]]:
        """For the log: only what there is to tell."""
        told = {
            "taken_off": [f"{a.contact}: {a.part} van {a.part.work_process}" for a in self.taken_off],
            "withdrawn": full_names(self.withdrawn),
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


def get_target(unit_id: int, *, work_process_id: int | None, part_id: int | None) -> Target:
    """The target within this unit; raises `DoesNotExist` for anything else."""
    if part_id is not None:
        own = Part.objects.select_related("work_process__core_task")
        return Target(part=own.get(pk=part_id, work_process__core_task__unit=unit_id))
    if work_process_id is not None:
        rows = WorkProcess.objects.select_related("core_task")
        return Target(work_process=rows.get(pk=work_process_id, core_task__unit=unit_id))
    return Target()


def counterpart(target: Target, *, unit_id: int) -> Target:
    """The same target, by its codes, in the unit of perhaps another version of the exam.

    Raises `DomainError` where that version has no such work process or part.
    """
    if not (work_process := target.part.work_process if target.part else target.work_process):
        return target
    if work_process.core_task.unit_id == unit_id:
        return target
    own = Part if target.part else WorkProcess
    try:
        if target.part:
            same = {f"work_process__{name}": value for name, value in _codes(work_process).items()}
            parts = Part.objects.select_related("work_process__core_task")
            return Target(part=parts.get(**same, kind=target.part.kind, work_process__core_task__unit=unit_id))
        rows = WorkProcess.objects.select_related("core_task")
        return Target(work_process=rows.get(**_codes(work_process), core_task__unit=unit_id))
    except own.DoesNotExist:
        raise lifecycle.DomainError(f"De versie van het examen van deze student heeft geen {target}.") from None


def _codes(work_process: WorkProcess) -> dict[str, str]:
    """What a work process is known by in every version of the exam."""
    return {"code": work_process.code, "core_task__code": work_process.core_task.code}


def at(target: Target) -> Q:
    """The couplings at exactly this target, in every version of the exam."""
    if target.part:
        same = {f"part__work_process__{name}": value for name, value in _codes(target.part.work_process).items()}
        return Q(part__kind=target.part.kind, **same)
    if target.work_process:
        return Q(**{f"work_process__{name}": value for name, value in _codes(target.work_process).items()})
    return Q(work_process=None, part=None)


def below(target: Target) -> Q:
    """The couplings that are finer than `target` and within it, in every version of the exam."""
    if target.part:
        return Q(pk__in=[])
    if target.work_process:
        return Q(**{f"part__work_process__{name}": value for name, value in _codes(target.work_process).items()})
    return Q(work_process__isnull=False) | Q(part__isnull=False)


def chosen_at(assessment: Assessment, target: Target) -> list[Contact]:
    """The contacts chosen at exactly this target."""
    couplings = assessment.couplings.filter(at(target))
    return [coupling.contact for coupling in couplings.select_related("contact").order_by("contact__sort_key", "pk")]


def choose_examiners(
    *,
    assessment: Assessment,
    target: Target,
    contacts: Collection[Contact],
    by: User,
    version: int | None = None,
    replace_finer: bool = False,
    take_off_begun: bool = False,
    asked_about: Collection[int] = (),
) -> None:
    """Makes `contacts` the choice at `target`, in place of what was chosen there.

    Finer choices within `target` stay as they are; with `replace_finer` they go, so that this one
    counts there too. Contacts must be of the assessment's school (`ValueError` else). Raises
    `WouldLoseWork` when someone who has begun would lose an assignment, unless the teacher confirmed
    that, for whoever it is (`take_off_begun`) or for these assignments' ids (`asked_about`): then it
    is taken off, keeps what was written, and stands in the log. Raises `CompletedStays` for what was
    completed and assessed, whatever was confirmed. Raises `DomainError` when someone is
    no longer in the address book or is the student, when the assessment is closed, or when it was changed
    since `version`.
    """
    if any(contact.school_id != assessment.school_id for contact in contacts):
        raise ValueError("A contact of another school.")
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        _replace_couplings(current, target, contacts)
        if replace_finer:
            current.couplings.filter(below(target)).delete()
        changes = sync_assignments(current, take_off_begun=take_off_begun, asked_about=asked_about)
        lifecycle.bump_version(current)
        names = full_names(contacts)
        data: dict[str, Any] = {"target": str(target), "examiners": names, **changes.as_json()}
        if replace_finer:
            data["replaced_finer"] = True
        lifecycle.settle(current, kind=Event.Kind.COUPLED, by=by, **data)


def _replace_couplings(assessment: Assessment, target: Target, contacts: Collection[Contact]) -> None:
    at_target = assessment.couplings.filter(work_process=target.work_process, part=target.part)
    at_target.exclude(contact__in=contacts).delete()
    chosen_before = set(at_target.values_list("contact_id", flat=True))
    fresh = Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).exclude(pk__in=chosen_before)
    refuse_if_gone(fresh)
    Coupling.objects.bulk_create(
        Coupling(assessment=assessment, contact=contact, work_process=target.work_process, part=target.part)
        for contact in fresh
    )


def refuse_if_gone(contacts: Iterable[Contact]) -> None:
    """Raises `DomainError` naming those who are no longer in the address book."""
    if gone := [contact.full_name for contact in contacts if contact.removed_at]:
        raise lifecycle.DomainError(f"Staat niet meer in het adresboek: {', '.join(gone)}.")


def sync_assignments(
    assessment: Assessment, *, take_off_begun: bool = False, asked_about: Collection[int] = ()
) -> Changes:
    """Brings the assignments in line with the couplings; call it inside `lifecycle.locked()`.

    One that has content is never taken off silently: without `take_off_begun`, or its id in
    `asked_about`, `WouldLoseWork` is raised. What is taken off gets `removed_at` and keeps what was written; chosen
    again, it counts again. Whoever has no part left loses the invitation with it. Raises
    `CompletedStays` for what is the committee's by now, and `DomainError` where the student would assess themselves.
    """
    wanted = _wanted(assessment)
    existing = {
        (assignment.contact_id, assignment.part_id): assignment
        for assignment in assessment.assignments.select_related("contact", "part__work_process").annotate(
            has_scores=Exists(Score.objects.filter(assignment=OuterRef("pk")))
        )
    }
    live = {key for key, a in existing.items() if a.removed_at is None}
    _refuse_student_among(assessment, {contact for contact, _ in wanted - live})
    surplus = [a for key, a in existing.items() if key not in wanted and a.removed_at is None]
    if handed_in := submitted(assessment, surplus):
        raise CompletedStays(handed_in)
    begun = [a for a in surplus if a.has_scores or a.justification or a.completed_at]
    if not take_off_begun and any(a.pk not in asked_about for a in begun):
        raise WouldLoseWork(begun)
    _take_off(assessment, surplus, begun=begun)
    returning = [a.pk for key, a in existing.items() if key in wanted and a.removed_at is not None]
    assessment.assignments.filter(pk__in=returning).update(removed_at=None)
    Assignment.objects.bulk_create(
        Assignment(assessment=assessment, contact_id=contact, part_id=part)
        for contact, part in sorted(wanted - existing.keys())
    )
    return Changes(taken_off=begun, withdrawn=_withdraw_all_but(assessment, {contact for contact, _ in wanted}))


def refuse_student(assessment: Assessment, contacts: Iterable[Contact]) -> None:
    """Raises `DomainError` when one of them is the student: nobody assesses themselves."""
    if found := [contact for contact in contacts if is_student(assessment, contact)]:
        name = found[0].full_name
        text = _("%(name)s (%(email)s) is de student zelf en kan niet de examinator zijn.")
        raise lifecycle.DomainError(text % {"name": name, "email": found[0].email})


def _refuse_student_among(assessment: Assessment, contact_ids: Collection[int]) -> None:
    if contact_ids:
        refuse_student(assessment, Contact.objects.filter(pk__in=contact_ids))


def _take_off(assessment: Assessment, surplus: Sequence[Assignment], *, begun: Sequence[Assignment]) -> None:
    """Deletes those of whoever was never invited; the others' form may be open this moment, and be saved yet.

    What has content is not deleted, whosever it is.
    """
    surplus_rows = assessment.assignments.filter(pk__in=[assignment.pk for assignment in surplus])
    untouched = surplus_rows.exclude(pk__in=[assignment.pk for assignment in begun])
    untouched.exclude(contact__in=assessment.invitations.values("contact")).delete()
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


BY_CHOICE = (Event.Kind.COUPLED, Event.Kind.REPLACED)  # what takes someone off


def submitted(assessment: Assessment, assignments: Iterable[Assignment]) -> list[Assignment]:
    """Those that were complete while the assessment was 'Beoordeeld', now or since it last was.

    They are the committee's: what it sends back is open, and the docent's again.
    """
    completed = [assignment for assignment in assignments if assignment.completed_at]
    if not completed or assessment.status == Status.ASSESSED:
        return completed
    newest = assessment.events.filter(to_status=Status.ASSESSED).aggregate(at=Max("at"))["at"]
    return [a for a in completed if newest and a.completed_at and a.completed_at <= newest]


@dataclass(frozen=True)
class RemovedWork:
    """What one examiner gave who was taken off; `event` is what did it, None where the log does not say."""

    contact: Contact
    columns: list[Column]
    event: Event | None


def read_removed_work(rubric: Rubric) -> list[RemovedWork]:
    """Return the removed work of a rubric that was read `with_removed`, by examiner and moment of removal."""
    if not rubric.removed:
        return []
    # Both are written while the assessment's row is held, one after the other.
    events = list(rubric.assessment.events.filter(kind__in=BY_CHOICE).order_by("at", "pk"))
    found: dict[tuple[int, int | None], RemovedWork] = {}
    for column in rubric.removed:
        contact, removed_at = column.assignment.contact, column.assignment.removed_at
        event = next((event for event in events if removed_at and event.at >= removed_at), None)
        key = contact.pk, event.pk if event else None
        found.setdefault(key, RemovedWork(contact, [], event)).columns.append(column)
    return list(found.values())


def invitable(assessment: Assessment) -> list[Contact]:
    """Examiners with a part of their own and no standing invitation yet, sorted by last name."""
    invited = assessment.invitations.standing().values("contact")
    return list(
        Contact.objects.filter(assignments__in=assessment.live_assignments.values("pk"))
        .exclude(pk__in=invited)
        .distinct()
        .order_by("sort_key", "pk")
    )


def target(unit_id: int, data: QueryDict) -> Target:
    """What is chosen for (`werkproces=`, `onderdeel=`); `Http404` for a work process or part of another unit."""
    work_process, part = number(data, "werkproces"), number(data, "onderdeel")
    try:
        return get_target(unit_id, work_process_id=work_process, part_id=part)
    except (WorkProcess.DoesNotExist, Part.DoesNotExist):
        raise Http404 from None


def of_target(target: Target) -> dict[str, str]:
    """The fields that `target` is read from."""
    if target.part:
        return {"onderdeel": str(target.part.pk)}
    return {"werkproces": str(target.work_process.pk)} if target.work_process else {}


def anchor(target: Target) -> str:
    """'#onderdeel-12': where the pages of choosing show this target; '' for the whole exam."""
    return "".join(f"#{name}-{pk}" for name, pk in of_target(target).items())
