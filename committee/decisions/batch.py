"""'Afronden' of several assessments at once: each in a transaction of its own, so that none holds up another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from accounts.models import School, User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, AssessmentQuerySet, FinalProposal, Status
from committee.assessment_list.page import Key, in_order
from committee.review.review import Reading, read, warnings
from committee.search import PROPOSED, AssessmentSearch

from . import finalise

MAX_BATCH = 100  # reading one for the page takes some 10 ms
CHANGED = "Iemand anders heeft deze beoordeling intussen gewijzigd. Kijk die na en probeer het opnieuw."


@dataclass(frozen=True)
class Candidate:
    """An assessment with its result as it will stand, and why it can't be made final by this member, if so."""

    reading: Reading
    warnings: list[str]
    obstacle: str
    proposal: FinalProposal | None
    is_selected: bool = False

    @property
    def assessment(self) -> Assessment:
        return self.reading.rubric.assessment

    @property
    def step(self) -> str:
        """What a tick means: 'voordragen' where four eyes are wanted and these are the first, else 'afronden'."""
        return "voordragen" if self.is_to_propose else "afronden"

    @property
    def is_to_propose(self) -> bool:
        return self.assessment.school.four_eyes and self.proposal is None

    @property
    def tick(self) -> str:
        """What the form sends of it: which one, and as it is shown (`Selected`)."""
        proposal = f":{self.proposal.pk}" if self.proposal else ""
        return f"{self.assessment.public_id}:{self.assessment.version}:{self.step}{proposal}"


@dataclass(frozen=True)
class Selected:
    """An assessment that was ticked: the version it was shown with, and whether the tick was to propose it.

    `proposal` is the id of the one that it was shown with, and with that where its PDF goes.
    """

    assessment: Assessment
    version: int
    proposing: bool
    proposal: int | None = None


@dataclass(frozen=True)
class Plan:
    """What was ticked, before it is done: what will be, and what is no longer as it was ticked, with the reason."""

    to_do: list[Candidate]
    skipped: list[tuple[Assessment, str]]
    exam_office_email: str

    @property
    def verb(self) -> str:
        """'12 beoordelingen definitief maken', '1 beoordeling voordragen', or both."""
        proposing = sum(one.is_to_propose for one in self.to_do)
        final = len(self.to_do) - proposing
        counted = f"{final or proposing} {'beoordeling' if (final or proposing) == 1 else 'beoordelingen'}"
        if not final:
            return f"{counted} voordragen"
        return f"{counted} definitief maken" + (f" en {proposing} voordragen" if proposing else "")

    @property
    def makes_final(self) -> bool:
        return any(not one.is_to_propose for one in self.to_do)

    @property
    def lines(self) -> list[tuple[Candidate, str]]:
        """Each with the address that its PDF goes to."""
        return [(one, one.proposal.exam_office_email if one.proposal else self.exam_office_email) for one in self.to_do]

    @property
    def only_office(self) -> str:
        """The address where all go to one."""
        offices = {email for _, email in self.lines}
        return offices.pop() if len(offices) == 1 else ""


@dataclass(frozen=True)
class CandidatePage:
    """The longest waiting of a search, and after which key others follow; None if these are the last.

    `waiting_for_others` counts those that this member proposed at the school, which are not among them.
    """

    candidates: list[Candidate]
    following: Key | None
    waiting_for_others: int


def find_candidates(
    search: AssessmentSearch, *, school: School, after: Key | None = None, selected: Collection[int] = ()
) -> CandidatePage:
    """`MAX_BATCH` of a search that are 'Beoordeeld' at this school, after a key; `selected` were ticked."""
    by = search.user
    waiting = search.find(PROPOSED if search.status == PROPOSED else Status.ASSESSED, school=school)
    waiting_for_others = 0
    if school.four_eyes:
        mine = _proposed_by(by).filter(school=school)
        waiting, waiting_for_others = waiting.exclude(pk__in=mine.values("pk")), mine.count()
    found = list(in_order(waiting.for_pages(), ascending=True, after=after)[: MAX_BATCH + 1])
    shown = found[:MAX_BATCH]
    return CandidatePage(
        [_candidate(assessment, by, assessment.pk in selected) for assessment in shown],
        following=(shown[-1].status_since, shown[-1].pk) if len(found) > MAX_BATCH else None,
        waiting_for_others=waiting_for_others,
    )


def _proposed_by(user: User) -> AssessmentQuerySet:
    """What this member proposed, and nobody after them, as it is now (`FinalProposal`): it waits for another."""
    newest = FinalProposal.objects.filter(assessment=OuterRef("pk")).order_by("-at", "-pk").values("by")[:1]
    return Assessment.objects.proposed_to_make_final().alias(newest_by=Subquery(newest)).filter(newest_by=user.pk)


def _candidate(assessment: Assessment, by: User, is_selected: bool) -> Candidate:
    reading = read(assessment)
    proposal = assessment.valid_proposal() if assessment.school.four_eyes else None
    obstacle = ""
    if reading.outcome.disputed:
        obstacle = "Examinatoren zijn het niet eens."
    elif not reading.can_finalise:
        obstacle = "Er is nog geen resultaat."
    elif proposal and proposal.by == by:
        obstacle = "U hebt deze voorgedragen; een ander lid rondt die af."
    found = list(warnings(reading, by=by)) if not obstacle else []
    return Candidate(reading, found, obstacle, proposal=proposal, is_selected=is_selected)


def plan(selected: Iterable[Selected], *, by: User, exam_office_email: str) -> Plan:
    """Reads what was ticked once more, so that what is confirmed is what will be done."""
    to_do, skipped = [], []
    for one in selected:
        candidate = _candidate(one.assessment, by, is_selected=True)
        if why := _why_not(one, candidate):
            skipped.append((one.assessment, why))
        else:
            to_do.append(candidate)
    return Plan(to_do, skipped, exam_office_email)


def _why_not(one: Selected, candidate: Candidate) -> str:
    try:
        finalise.refuse_if_final(one.assessment)
        _refuse_other_proposal(one, candidate.proposal)
    except DomainError as error:
        return str(error)
    if candidate.obstacle:
        return candidate.obstacle
    is_as_ticked = one.version == one.assessment.version and one.proposing == candidate.is_to_propose
    return "" if is_as_ticked else CHANGED


def _refuse_other_proposal(one: Selected, standing: FinalProposal | None) -> None:
    """What was proposed anew may go to an address that was not on the screen."""
    if not one.proposing and standing and standing.pk != one.proposal:
        finalise.refuse_stale_proposal(standing)


def finalise_one(one: Selected, *, by: User, exam_office_email: str) -> str:
    """Makes it final ('FINAL'), or proposes it ('PROPOSED') where that was the tick's meaning; raises `DomainError`.

    What another member proposed goes to the address that was proposed with it, as its line says.
    """
    if one.proposing:
        finalise.propose(assessment=one.assessment, by=by, exam_office_email=exam_office_email, version=one.version)
        return "PROPOSED"
    proposal = one.assessment.valid_proposal() if one.assessment.school.four_eyes else None
    _refuse_other_proposal(one, proposal)
    email = proposal.exam_office_email if proposal else exam_office_email
    finalise.finalise(
        assessment=one.assessment, by=by, exam_office_email=email, version=one.version, proposal=one.proposal
    )
    return "FINAL"
