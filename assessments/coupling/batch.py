"""Several students at once: who assesses them, and the same examiners for all ('Toepassen op meer studenten')."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from addressbook.models import Contact
from addressbook.named import find_named, typed_as
from assessments import lifecycle
from assessments.models import Assessment, Assignment, Coupling, Invitation
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit, Part, WorkProcess

from . import couplings as coupling_couplings

WHOLE_EXAM = coupling_couplings.Target()
MAX_NAMED = 6  # people in one sentence


@dataclass
class Member:
    """One student's assessment: who assesses it, and who of them has no invitation yet."""

    assessment: Assessment
    examiners: list[Contact] = field(default_factory=list)
    invitable: list[Contact] = field(default_factory=list)

    @property
    def why_not(self) -> str:
        """Why nobody can be invited for this student; '' when someone can."""
        if self.invitable:
            return ""
        if self.assessment.is_closed:
            return f"deze beoordeling is {self.assessment.get_status_display().lower()}"
        return "wie gekozen is, is al uitgenodigd" if self.examiners else "er is nog geen examinator gekozen"


@dataclass
class Group:
    members: list[Member]

    @property
    def left_out(self) -> list[Member]:
        """The students whom no mail would be about."""
        return [member for member in self.members if member.why_not]

    @property
    def without_examiner(self) -> list[Assessment]:
        """Those of them for whom nobody was chosen yet."""
        left_out = [member for member in self.left_out if not member.examiners]
        return [member.assessment for member in left_out if not member.assessment.is_closed]

    @property
    def invitable(self) -> list[tuple[Contact, list[Assessment]]]:
        """Each examiner who can be invited, with the assessments that is for; sorted by last name."""
        found: dict[Contact, list[Assessment]] = {}
        for member in self.members:
            for contact in member.invitable:
                found.setdefault(contact, []).append(member.assessment)
        return sorted(found.items(), key=lambda item: (item[0].sort_key, item[0].pk))


@dataclass
class SharedPart:
    """A part over all students: who assesses it, if that is the same for all who have it."""

    part: Part
    examiners: list[str]
    differs: bool


@dataclass
class SharedChoice:
    """What was chosen at one target for all students together; `differs`: not the same for each."""

    contacts: list[Contact]
    differs: bool


@dataclass
class Outcome:
    """For whom it was done, in words why not for the others, and who must be asked about work that would be lost."""

    done: list[Assessment] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left: list[Assessment] = field(default_factory=list)  # who were refused
    mails: list[OutgoingMail] = field(default_factory=list)
    to_ask: list[tuple[Assessment, coupling_couplings.WorkWouldBeLost]] = field(default_factory=list)

    @property
    def done_names(self) -> str:
        return names_of(self.done)

    def refuse(self, assessment: Assessment, error: lifecycle.DomainError) -> None:
        self.left.append(assessment)
        self.refused.append(f"{assessment.student.user.full_name}: {error}")


def names_of(assessments: Sequence[Assessment]) -> str:
    """Their students' names, or how many when that is too much to read."""
    if len(assessments) > MAX_NAMED:
        return f"{len(assessments)} studenten"
    return ", ".join(assessment.student.user.full_name for assessment in assessments)


def read_group(assessments: Sequence[Assessment]) -> Group:
    """Who assesses and who can be invited, in two queries; examiners sorted by last name."""
    members = {assessment.pk: Member(assessment) for assessment in assessments}
    standing = Invitation.objects.standing().filter(assessment__in=members)
    invited = set(standing.values_list("assessment_id", "contact_id"))
    assignments = Assignment.objects.live().filter(assessment__in=members).select_related("contact")
    for assignment in assignments.order_by("contact__sort_key", "contact_id"):
        member = members[assignment.assessment_id]
        if assignment.contact in member.examiners:
            continue
        member.examiners.append(assignment.contact)
        if not member.assessment.is_closed and (assignment.assessment_id, assignment.contact_id) not in invited:
            member.invitable.append(assignment.contact)
    return Group(list(members.values()))


def read_parts(assessments: Sequence[Assessment], unit: ExamUnit) -> dict[WorkProcess, list[SharedPart]]:
    """The parts of `unit` by work process, and who assesses them in these assessments, in two queries.

    A student whose version of the exam lacks a part does not make it differ.
    """
    examiners: dict[coupling_couplings.Place, dict[int, list[str]]] = {}
    rows = Assignment.objects.live().filter(assessment__in=assessments)
    rows = rows.select_related("contact", "part__work_process__core_task")
    for assignment in rows.order_by("contact__sort_key", "contact_id"):
        of_part = examiners.setdefault(coupling_couplings.Target(part=assignment.part).place, {})
        of_part.setdefault(assignment.assessment_id, []).append(assignment.contact.full_name)
    units = {unit.pk, *(assessment.unit_id for assessment in assessments)}
    parts = Part.objects.filter(work_process__core_task__unit__in=units).select_related("work_process__core_task")
    there = {(part.work_process.core_task.unit_id, coupling_couplings.Target(part=part).place) for part in parts}
    found: dict[WorkProcess, list[SharedPart]] = {}
    for part in parts:
        if part.work_process.core_task.unit_id != unit.pk:
            continue
        place = coupling_couplings.Target(part=part).place
        of_part = examiners.get(place, {})
        choices = {tuple(of_part.get(a.pk, [])) for a in assessments if (a.unit_id, place) in there}
        shared = list(choices.pop()) if len(choices) == 1 else []
        found.setdefault(part.work_process, []).append(SharedPart(part, shared, differs=bool(choices)))
    return found


def chosen_at(assessments: Sequence[Assessment], target: coupling_couplings.Target) -> SharedChoice:
    """Whoever was chosen at exactly this target for any of them, sorted by last name."""
    chosen: dict[int, set[Contact]] = {assessment.pk: set() for assessment in assessments}
    contacts: dict[Contact, None] = {}
    couplings = Coupling.objects.filter(coupling_couplings.at(target), assessment__in=assessments).select_related(
        "contact"
    )
    for coupling in couplings.order_by("contact__sort_key", "contact_id"):
        chosen[coupling.assessment_id].add(coupling.contact)
        contacts[coupling.contact] = None
    differs = len({frozenset(of_one) for of_one in chosen.values()}) > 1
    return SharedChoice(list(contacts), differs)


def choose_for_all(
    *,
    assessments: Sequence[Assessment],
    contacts: Collection[Contact],
    versions: Mapping[int, int],
    by: User,
    target: coupling_couplings.Target = WHOLE_EXAM,
    replace_finer: bool = False,
    asked_about: Collection[int] = (),
) -> Outcome:
    """Makes `contacts` the choice at `target` of each, one transaction a student.

    `versions` (an assessment's id → the version that the teacher saw) keeps what someone else
    changed meanwhile: that student is refused and the others go on. So is one whose version of the
    exam lacks the target. Where someone has begun, nothing is done until the teacher was asked
    (`to_ask`; then `asked_about` holds the ids of the assignments).
    """
    outcome = Outcome()
    for assessment in assessments:
        try:
            coupling_couplings.choose_examiners(
                assessment=assessment,
                target=coupling_couplings.counterpart(target, unit_id=assessment.unit_id),
                contacts=contacts,
                by=by,
                version=versions.get(assessment.pk, 0),
                replace_finer=replace_finer,
                asked_about=asked_about,
            )
            outcome.done.append(assessment)
        except coupling_couplings.WorkWouldBeLost as loses:
            outcome.to_ask.append((assessment, loses))
        except lifecycle.DomainError as error:
            outcome.refuse(assessment, error)
    return outcome


@dataclass
class Line:
    """One student on the screen: who is chosen for the whole exam now, what was typed, and what is wrong with it."""

    assessment: Assessment
    now: list[Contact] = field(default_factory=list)
    typed: str = ""
    error: str = ""
    unknown: bool = False

    @property
    def field_id(self) -> str:
        return f"examinator-van-{self.assessment.pk}"


def read_lines(assessments: Sequence[Assessment]) -> list[Line]:
    """A line a student, in one query; whoever is the only one is filled in."""
    lines = {assessment.pk: Line(assessment) for assessment in assessments}
    whole = Coupling.objects.filter(assessment__in=lines, work_process=None, part=None).select_related("contact")
    for coupling in whole.order_by("contact__sort_key", "pk"):
        lines[coupling.assessment_id].now.append(coupling.contact)
    for line in lines.values():
        if len(line.now) == 1 and not line.now[0].removed_at:
            line.typed = typed_as(line.now[0])
    return list(lines.values())


def find_examiners(lines: Iterable[Line]) -> dict[int, Contact]:
    """An assessment's id → who is meant; an empty line is left out, one that means nobody or several gets its error."""
    filled = [line for line in lines if line.typed]
    if not filled:
        return {}
    found = find_named(school=filled[0].assessment.school, texts={line.typed for line in filled})
    for line in filled:
        meant = found[line.typed]
        line.unknown = not meant
        if line.unknown:
            line.error = f"‘{line.typed}’ staat niet in het adresboek."
        elif len(meant) > 1:
            addresses = ", ".join(contact.email for contact in meant)
            line.error = f"Er zijn er {len(meant)} met de naam ‘{line.typed}’. Kies het e-mailadres: {addresses}."
    return {line.assessment.pk: found[line.typed][0] for line in filled if not line.error}


def choose_each(
    *, lines: Iterable[Line], contacts: Mapping[int, Contact], versions: Mapping[int, int], by: User
) -> list[Assessment]:
    """Makes each contact the choice for the whole exam of its student, one transaction a student; who was changed.

    A student who is refused (changed since `versions`, closed, or someone has begun) gets the reason
    as the line's error and the others go on. A choice that is there already is no change.
    """
    done = []
    for line in lines:
        contact = contacts.get(line.assessment.pk)
        if contact is None or line.now == [contact]:
            continue
        version = versions.get(line.assessment.pk, 0)
        try:
            coupling_couplings.choose_examiners(
                assessment=line.assessment,
                target=coupling_couplings.Target(),
                contacts=[contact],
                by=by,
                version=version,
            )
        except lifecycle.DomainError as error:
            line.error = str(error)
        else:
            done.append(line.assessment)
    return done
