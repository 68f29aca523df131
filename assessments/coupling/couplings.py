"""Choose examiners, and derive the assignments (source text, part A, 'Examinator(en) kiezen')."""

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

# Code of core task and of work process, kind of part; '' where a target is coarser.
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
        """Return the key shared by every version of the exam; coarser targets sort before finer ones."""
        work_process = self.part.work_process if self.part else self.work_process
        if work_process is None:
            return ("", "", "")
        return work_process.core_task.code, work_process.code, self.part.kind if self.part else ""

    def __str__(self) -> str:
        if self.part:
            return f"{self.part.get_kind_display()} van {self.part.work_process}"
        return str(self.work_process) if self.work_process else "het hele examen"


class WorkWouldBeLost(lifecycle.DomainError):
    """Examiners who have begun would be removed; `assignments` are theirs, with part and work process."""

    def __init__(self, assignments: Sequence[Assignment]) -> None:
        self.assignments = assignments
        names = ", ".join(full_names(assignment.contact for assignment in assignments))
        super().__init__(f"Al begonnen met beoordelen, en daarom niet zomaar weg te halen: {names}.")


class CompletedWorkLocked(lifecycle.DomainError):
    """A docent may not remove completed work once the assessment is 'Beoordeeld'."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        names = full_names(assignment.contact for assignment in assignments)
        super().__init__(
            f"{', '.join(names)} {'heeft' if len(names) == 1 else 'hebben'} al afgerond, en daarmee is het aan de "
            "examencommissie. U kunt dit niet meer weghalen; de examencommissie kan de beoordeling terugsturen of zelf "
            "beslissen."
        )


@dataclass(frozen=True)
class AssignmentChanges:
    """Begun assignments that were removed, and examiners whose invitation was withdrawn."""

    removed: Sequence[Assignment]
    withdrawn: Sequence[Contact]

    def as_json(self) -> dict[str, list[str]]:
        """Return the non-empty fields, for the log."""
        fields = {
            "removed": [f"{a.contact}: {a.part} van {a.part.work_process}" for a in self.removed],
            "withdrawn": full_names(self.withdrawn),
        }
        return {name: lines for name, lines in fields.items() if lines}


def derive(
    *, parts: Mapping[int, int], choices: Iterable[tuple[int | None, int | None, int]]
) -> dict[int, frozenset[int]]:
    """Return the examiners of each part: the finest level with a choice counts.

    `parts` maps a part's id to its work process's id; `choices` are (work process id, part id, contact id) with both
    ids None for the whole unit. Returns contact ids by part id, with every part present.
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
    """Return the target within this unit; raise `DoesNotExist` for one of another unit."""
    if part_id is not None:
        parts = Part.objects.select_related("work_process__core_task")
        return Target(part=parts.get(pk=part_id, work_process__core_task__unit=unit_id))
    if work_process_id is not None:
        rows = WorkProcess.objects.select_related("core_task")
        return Target(work_process=rows.get(pk=work_process_id, core_task__unit=unit_id))
    return Target()


def counterpart(target: Target, *, unit_id: int) -> Target:
    """Return the same target, by its codes, in a unit of any version of the exam.

    Raises `DomainError` where that version has no such work process or part.
    """
    if not (work_process := target.part.work_process if target.part else target.work_process):
        return target
    if work_process.core_task.unit_id == unit_id:
        return target
    model = Part if target.part else WorkProcess
    try:
        if target.part:
            codes = {f"work_process__{name}": value for name, value in _codes(work_process).items()}
            parts = Part.objects.select_related("work_process__core_task")
            return Target(part=parts.get(**codes, kind=target.part.kind, work_process__core_task__unit=unit_id))
        rows = WorkProcess.objects.select_related("core_task")
        return Target(work_process=rows.get(**_codes(work_process), core_task__unit=unit_id))
    except model.DoesNotExist:
        raise lifecycle.DomainError(f"De versie van het examen van deze student heeft geen {target}.") from None


def _codes(work_process: WorkProcess) -> dict[str, str]:
    """Return the lookups that find a work process in every version of the exam."""
    return {"code": work_process.code, "core_task__code": work_process.core_task.code}


def at(target: Target) -> Q:
    """Match the couplings at exactly this target, in every version of the exam."""
    if target.part:
        codes = {f"part__work_process__{name}": value for name, value in _codes(target.part.work_process).items()}
        return Q(part__kind=target.part.kind, **codes)
    if target.work_process:
        return Q(**{f"work_process__{name}": value for name, value in _codes(target.work_process).items()})
    return Q(work_process=None, part=None)


def below(target: Target) -> Q:
    """Match the couplings within `target` that are finer, in every version of the exam."""
    if target.part:
        return Q(pk__in=[])
    if target.work_process:
        return Q(**{f"part__work_process__{name}": value for name, value in _codes(target.work_process).items()})
    return Q(work_process__isnull=False) | Q(part__isnull=False)


def chosen_at(assessment: Assessment, target: Target) -> list[Contact]:
    """Return the contacts chosen at exactly this target."""
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
    remove_begun: bool = False,
    asked_about: Collection[int] = (),
) -> None:
    """Make `contacts` the choice at `target`, replacing the previous one.

    Finer choices within `target` stay, unless `replace_finer`. Raises `WorkWouldBeLost` when an examiner who has begun
    would lose an assignment that was not confirmed, either for all (`remove_begun`) or by id (`asked_about`); a
    confirmed one is removed, logged, and keeps its content. Raises `CompletedWorkLocked` for completed work of an
    assessment that is 'Beoordeeld', `DomainError` when a contact left the address book or is the student, when the
    assessment is closed or changed since `version`, and `ValueError` for a contact of another school.
    """
    if any(contact.school_id != assessment.school_id for contact in contacts):
        raise ValueError("A contact of another school.")
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        _replace_couplings(current, target, contacts)
        if replace_finer:
            current.couplings.filter(below(target)).delete()
        changes = sync_assignments(current, remove_begun=remove_begun, asked_about=asked_about)
        lifecycle.bump_version(current)
        names = full_names(contacts)
        data: dict[str, Any] = {"target": str(target), "examiners": names, **changes.as_json()}
        if replace_finer:
            data["replaced_finer"] = True
        lifecycle.update_status(current, kind=Event.Kind.COUPLED, by=by, **data)


def _replace_couplings(assessment: Assessment, target: Target, contacts: Collection[Contact]) -> None:
    at_target = assessment.couplings.filter(work_process=target.work_process, part=target.part)
    at_target.exclude(contact__in=contacts).delete()
    chosen_before = set(at_target.values_list("contact_id", flat=True))
    added = Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).exclude(pk__in=chosen_before)
    refuse_if_gone(added)
    Coupling.objects.bulk_create(
        Coupling(assessment=assessment, contact=contact, work_process=target.work_process, part=target.part)
        for contact in added
    )


def refuse_if_gone(contacts: Iterable[Contact]) -> None:
    """Raise `DomainError` naming the contacts that left the address book."""
    if names := [contact.full_name for contact in contacts if contact.removed_at]:
        raise lifecycle.DomainError(f"Staat niet meer in het adresboek: {', '.join(names)}.")


def sync_assignments(
    assessment: Assessment, *, remove_begun: bool = False, asked_about: Collection[int] = ()
) -> AssignmentChanges:
    """Update the assignments to match the couplings; call it inside `lifecycle.locked()`.

    An assignment with content is removed only with `remove_begun` or when its id is in `asked_about`, else
    `WorkWouldBeLost` is raised. It gets `removed_at`, keeps its content, and counts again when chosen again. An
    examiner without any part left loses the invitation. Raises `CompletedWorkLocked` for work submitted to the
    committee, and `DomainError` where the student would be an examiner.
    """
    required = _wanted(assessment)
    existing = {
        (assignment.contact_id, assignment.part_id): assignment
        for assignment in assessment.assignments.select_related("contact", "part__work_process").annotate(
            has_scores=Exists(Score.objects.filter(assignment=OuterRef("pk")))
        )
    }
    live = {key for key, a in existing.items() if a.removed_at is None}
    _refuse_student_among(assessment, {contact for contact, _ in required - live})
    surplus = [a for key, a in existing.items() if key not in required and a.removed_at is None]
    if handed_in := submitted(assessment, surplus):
        raise CompletedWorkLocked(handed_in)
    begun = [a for a in surplus if a.has_scores or a.justification or a.completed_at]
    if not remove_begun and any(a.pk not in asked_about for a in begun):
        raise WorkWouldBeLost(begun)
    _remove(assessment, surplus, begun=begun)
    returning = [a.pk for key, a in existing.items() if key in required and a.removed_at is not None]
    assessment.assignments.filter(pk__in=returning).update(removed_at=None)
    Assignment.objects.bulk_create(
        Assignment(assessment=assessment, contact_id=contact, part_id=part)
        for contact, part in sorted(required - existing.keys())
    )
    return AssignmentChanges(
        removed=begun, withdrawn=_withdraw_all_but(assessment, {contact for contact, _ in required})
    )


def refuse_student(assessment: Assessment, contacts: Iterable[Contact]) -> None:
    """Raise `DomainError` when one of the contacts is the student."""
    if matching := [contact for contact in contacts if is_student(assessment, contact)]:
        name = matching[0].full_name
        text = _("%(name)s (%(email)s) is de student zelf en kan niet de examinator zijn.")
        raise lifecycle.DomainError(text % {"name": name, "email": matching[0].email})


def _refuse_student_among(assessment: Assessment, contact_ids: Collection[int]) -> None:
    if contact_ids:
        refuse_student(assessment, Contact.objects.filter(pk__in=contact_ids))


def _remove(assessment: Assessment, surplus: Sequence[Assignment], *, begun: Sequence[Assignment]) -> None:
    """Mark the surplus as removed, but delete the empty assignments of examiners who were never invited.

    An invited examiner may have the form open and still save it.
    """
    surplus_rows = assessment.assignments.filter(pk__in=[assignment.pk for assignment in surplus])
    untouched = surplus_rows.exclude(pk__in=[assignment.pk for assignment in begun])
    untouched.exclude(contact__in=assessment.invitations.values("contact")).delete()
    surplus_rows.update(removed_at=timezone.now())


def _wanted(assessment: Assessment) -> set[tuple[int, int]]:
    """Return (contact id, part id) of every assignment that the couplings require."""
    parts = dict(
        Part.objects.filter(work_process__core_task__unit=assessment.unit_id).values_list("pk", "work_process_id")
    )
    choices = assessment.couplings.values_list("work_process_id", "part_id", "contact_id")
    return {(contact, part) for part, contacts in derive(parts=parts, choices=choices).items() for contact in contacts}


def _withdraw_all_but(assessment: Assessment, contacts: set[int]) -> list[Contact]:
    idle = list(assessment.invitations.standing().exclude(contact__in=contacts).select_related("contact"))
    assessment.invitations.filter(pk__in=[invitation.pk for invitation in idle]).update(withdrawn_at=timezone.now())
    return [invitation.contact for invitation in idle]


BY_CHOICE = (Event.Kind.COUPLED, Event.Kind.REPLACED)  # events that remove an examiner


def submitted(assessment: Assessment, assignments: Iterable[Assignment]) -> list[Assignment]:
    """Return the assignments completed while the assessment was 'Beoordeeld', now or when it last was.

    Work that the committee sent back is open, and so the docent's again.
    """
    completed = [assignment for assignment in assignments if assignment.completed_at]
    if not completed or assessment.status == Status.ASSESSED:
        return completed
    newest = assessment.events.filter(to_status=Status.ASSESSED).aggregate(at=Max("at"))["at"]
    return [a for a in completed if newest and a.completed_at and a.completed_at <= newest]


@dataclass(frozen=True)
class RemovedWork:
    """The work of one removed examiner; `event` is the event that removed it, None when the log lacks it."""

    contact: Contact
    columns: list[Column]
    event: Event | None


def read_removed_work(rubric: Rubric) -> list[RemovedWork]:
    """Return the removed work of a rubric that was read `with_removed`, by examiner and moment of removal."""
    if not rubric.removed:
        return []
    # Both are written under the assessment's lock, one after the other.
    events = list(rubric.assessment.events.filter(kind__in=BY_CHOICE).order_by("at", "pk"))
    removed: dict[tuple[int, int | None], RemovedWork] = {}
    for column in rubric.removed:
        contact, removed_at = column.assignment.contact, column.assignment.removed_at
        event = next((event for event in events if removed_at and event.at >= removed_at), None)
        key = contact.pk, event.pk if event else None
        removed.setdefault(key, RemovedWork(contact, [], event)).columns.append(column)
    return list(removed.values())


def invitable(assessment: Assessment) -> list[Contact]:
    """Return the examiners with an assignment and without a standing invitation, by last name."""
    invited = assessment.invitations.standing().values("contact")
    return list(
        Contact.objects.filter(assignments__in=assessment.live_assignments.values("pk"))
        .exclude(pk__in=invited)
        .distinct()
        .order_by("sort_key", "pk")
    )


def target(unit_id: int, data: QueryDict) -> Target:
    """Read the target (`werkproces=`, `onderdeel=`); raise `Http404` for one of another unit."""
    work_process, part = number(data, "werkproces"), number(data, "onderdeel")
    try:
        return get_target(unit_id, work_process_id=work_process, part_id=part)
    except (WorkProcess.DoesNotExist, Part.DoesNotExist):
        raise Http404 from None


def of_target(target: Target) -> dict[str, str]:
    """Return the fields that `target` reads."""
    if target.part:
        return {"onderdeel": str(target.part.pk)}
    return {"werkproces": str(target.work_process.pk)} if target.work_process else {}


def anchor(target: Target) -> str:
    """Return '#onderdeel-12', the target's fragment on the pages of choosing; '' for the whole exam."""
    return "".join(f"#{name}-{pk}" for name, pk in of_target(target).items())
