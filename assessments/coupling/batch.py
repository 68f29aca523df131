"""Choose examiners for one or several students of a unit at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from addressbook.lookup import find_contacts, name_with_email
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Assignment, Coupling, Invitation
from digibeoordelen.outbox.models import OutgoingMail

from . import couplings as coupling_couplings

WHOLE_EXAM = coupling_couplings.Target()
MAX_NAMED = 6  # names in one sentence


@dataclass
class Member:
    """One student's assessment, its examiners, and those without an invitation."""

    assessment: Assessment
    examiners: list[Contact] = field(default_factory=list)
    invitable: list[Contact] = field(default_factory=list)

    @property
    def why_not(self) -> str:
        """Return why no examiner can be invited for this student (Dutch); '' when one can."""
        if self.invitable:
            return ""
        if self.assessment.is_closed:
            return f"deze beoordeling is {self.assessment.get_status_display().lower()}"
        return "wie gekozen is, is al uitgenodigd" if self.examiners else "er is nog geen examinator gekozen"


@dataclass
class Batch:
    members: list[Member]

    @property
    def skipped(self) -> list[Member]:
        """The students for whom no examiner can be invited."""
        return [member for member in self.members if member.why_not]

    @property
    def without_examiner(self) -> list[Assessment]:
        """The running assessments without an examiner."""
        skipped = [member for member in self.skipped if not member.examiners]
        return [member.assessment for member in skipped if not member.assessment.is_closed]

    @property
    def invitable(self) -> list[tuple[Contact, list[Assessment]]]:
        """Each examiner who can be invited with the assessments to invite for, by last name."""
        by_contact: dict[Contact, list[Assessment]] = {}
        for member in self.members:
            for contact in member.invitable:
                by_contact.setdefault(contact, []).append(member.assessment)
        return sorted(by_contact.items(), key=lambda item: (item[0].sort_key, item[0].pk))


@dataclass
class SharedChoice:
    """The choice at one target for all students; `differs` when it is not the same for each."""

    contacts: list[Contact]
    differs: bool


@dataclass
class BatchOutcome:
    """The assessments done, the Dutch reasons of the refused ones, and those that need a confirmation (`to_ask`)."""

    done: list[Assessment] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left: list[Assessment] = field(default_factory=list)  # the refused ones
    mails: list[OutgoingMail] = field(default_factory=list)
    to_ask: list[tuple[Assessment, coupling_couplings.WorkWouldBeLost]] = field(default_factory=list)

    @property
    def done_names(self) -> str:
        return names_of(self.done)

    def refuse(self, assessment: Assessment, error: lifecycle.DomainError) -> None:
        self.left.append(assessment)
        self.refused.append(f"{assessment.student.user.full_name}: {error}")


def names_of(assessments: Sequence[Assessment]) -> str:
    """Return the students' names, or their number when there are more than `MAX_NAMED`."""
    if len(assessments) > MAX_NAMED:
        return f"{len(assessments)} studenten"
    return ", ".join(assessment.student.user.full_name for assessment in assessments)


def read_batch(assessments: Sequence[Assessment]) -> Batch:
    """Read the examiners and who can be invited, in two queries; examiners by last name."""
    members = {assessment.pk: Member(assessment) for assessment in assessments}
    invitations = Invitation.objects.standing().filter(assessment__in=members)
    invited = set(invitations.values_list("assessment_id", "contact_id"))
    assignments = Assignment.objects.live().filter(assessment__in=members).select_related("contact")
    for assignment in assignments.order_by("contact__sort_key", "contact_id"):
        member = members[assignment.assessment_id]
        if assignment.contact in member.examiners:
            continue
        member.examiners.append(assignment.contact)
        if not member.assessment.is_closed and (assignment.assessment_id, assignment.contact_id) not in invited:
            member.invitable.append(assignment.contact)
    return Batch(list(members.values()))


def shared_choice(assessments: Sequence[Assessment], target: coupling_couplings.Target) -> SharedChoice:
    """Return the contacts chosen at exactly this target for any of the assessments, by last name."""
    chosen: dict[int, set[Contact]] = {assessment.pk: set() for assessment in assessments}
    contacts: dict[Contact, None] = {}
    couplings = Coupling.objects.filter(coupling_couplings.at(target), assessment__in=assessments).select_related(
        "contact"
    )
    for coupling in couplings.order_by("contact__sort_key", "contact_id"):
        chosen[coupling.assessment_id].add(coupling.contact)
        contacts[coupling.contact] = None
    differs = len({frozenset(contacts_of_one) for contacts_of_one in chosen.values()}) > 1
    return SharedChoice(list(contacts), differs)


def choose_for_all(
    *,
    assessments: Sequence[Assessment],
    contacts: Collection[Contact],
    by: User,
    versions: Mapping[int, int] | None = None,
    target: coupling_couplings.Target = WHOLE_EXAM,
    replace_finer: bool = False,
    asked_about: Collection[int] = (),
) -> BatchOutcome:
    """Make `contacts` the choice at `target` of each assessment, one transaction per student.

    `versions` maps an assessment's id to the version on the docent's page (None: not checked); a student changed since
    then, or whose version of the exam lacks the target, is refused and the others continue. Where an examiner has
    begun, nothing is done until the docent confirmed it (`to_ask`; then `asked_about` holds the assignments' ids).
    """
    outcome = BatchOutcome()
    for assessment in assessments:
        try:
            coupling_couplings.choose_examiners(
                assessment=assessment,
                target=coupling_couplings.counterpart(target, unit_id=assessment.unit_id),
                contacts=contacts,
                by=by,
                version=None if versions is None else versions.get(assessment.pk, 0),
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
class ExaminerLine:
    """One student on the page: the current choice for the whole exam, the typed text and its error."""

    assessment: Assessment
    now: list[Contact] = field(default_factory=list)
    typed: str = ""
    error: str = ""
    unknown: bool = False

    @property
    def field_id(self) -> str:
        return f"examinator-van-{self.assessment.pk}"


def read_lines(assessments: Sequence[Assessment]) -> list[ExaminerLine]:
    """Return a line per student, in one query; a single current examiner is filled in."""
    lines = {assessment.pk: ExaminerLine(assessment) for assessment in assessments}
    couplings = Coupling.objects.filter(assessment__in=lines, work_process=None, part=None).select_related("contact")
    for coupling in couplings.order_by("contact__sort_key", "pk"):
        lines[coupling.assessment_id].now.append(coupling.contact)
    for line in lines.values():
        if len(line.now) == 1 and not line.now[0].removed_at:
            line.typed = name_with_email(line.now[0])
    return list(lines.values())


def find_examiners(lines: Iterable[ExaminerLine]) -> dict[int, Contact]:
    """Return the examiner by assessment id; empty lines are skipped, an unknown or ambiguous one gets its error."""
    filled = [line for line in lines if line.typed]
    if not filled:
        return {}
    matches = find_contacts(school=filled[0].assessment.school, texts={line.typed for line in filled})
    for line in filled:
        candidates = matches[line.typed]
        line.unknown = not candidates
        if line.unknown:
            line.error = f"‘{line.typed}’ staat niet in het adresboek."
        elif len(candidates) > 1:
            addresses = ", ".join(contact.email for contact in candidates)
            line.error = f"Er zijn er {len(candidates)} met de naam ‘{line.typed}’. Kies het e-mailadres: {addresses}."
    return {line.assessment.pk: matches[line.typed][0] for line in filled if not line.error}


def choose_each(
    *, lines: Iterable[ExaminerLine], contacts: Mapping[int, Contact], versions: Mapping[int, int], by: User
) -> list[Assessment]:
    """Make each contact the choice for the whole exam of its student, one transaction per student.

    Returns the changed assessments. A student who is refused (changed since `versions`, closed, or an examiner has
    begun) gets the reason as the line's error and the others continue. An unchanged choice is skipped.
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
