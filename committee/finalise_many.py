"""'Afronden' of several assessments at once: each in a transaction of its own, so that none holds up another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from accounts.models import School, User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, FinalProposal, Status

from . import finalise as finalising
from .concerns import concerns
from .find_afnames import PROPOSED, AfnamesOfSchool, Wanted
from .reading import Reading, read

MAX_TOGETHER = 100  # reading one for the page takes some 10 ms
AT_ONCE = 10  # making one final takes some 20 ms; of more, a worker does it (`finalise_batch`)


@dataclass(frozen=True)
class Candidate:
    """An assessment with its result as it will stand, and why it can't be made final by this member, if so."""

    reading: Reading
    concerns: list[str]
    obstacle: str
    proposal: FinalProposal | None
    is_chosen: bool = False

    @property
    def assessment(self) -> Assessment:
        return self.reading.rubric.assessment

    @property
    def step(self) -> str:
        """What a tick means: 'voordragen' where four eyes are wanted and these are the first, else 'afronden'."""
        return "voordragen" if self.assessment.school.four_eyes and self.proposal is None else "afronden"


@dataclass(frozen=True)
class Chosen:
    """An assessment that was ticked: the version it was shown with, and whether the tick was to propose it.

    `proposal` is the id of the one that it was shown with, and with that where its PDF goes.
    """

    assessment: Assessment
    version: int
    proposing: bool
    proposal: int | None = None


@dataclass
class Done:
    """What became of a number of them; `refused` pairs an assessment with the reason."""

    final: list[Assessment] = field(default_factory=list)
    proposed: list[Assessment] = field(default_factory=list)
    refused: list[tuple[Assessment, str]] = field(default_factory=list)


def candidates(wanted: Wanted, *, school: School, by: User, chosen: Collection[int] = ()) -> list[Candidate]:
    """The longest waiting `MAX_TOGETHER` of a search that are 'Beoordeeld' at this school; `chosen` were ticked."""
    status = wanted.status if wanted.status == PROPOSED else Status.ASSESSED
    waiting = AfnamesOfSchool(school.pk, replace(wanted, status=status))
    keys = waiting.find(limit=MAX_TOGETHER, ascending=True)
    found = Assessment.objects.for_pages().filter(pk__in=[pk for _, pk in keys]).order_by("status_since", "pk")
    return [_candidate(assessment, by, assessment.pk in chosen) for assessment in found]


def _candidate(assessment: Assessment, by: User, is_chosen: bool) -> Candidate:
    reading = read(assessment)
    proposal = finalising.standing_proposal(assessment) if assessment.school.four_eyes else None
    obstacle = ""
    if reading.outcome.disputed:
        obstacle = "Examinatoren zijn het niet eens."
    elif not reading.can_finalise:
        obstacle = "Er is nog geen resultaat."
    elif proposal and proposal.by == by:
        obstacle = "U hebt deze voorgedragen; een ander lid rondt haar af."
    found = list(concerns(reading.rubric, by=by)) if not obstacle else []
    return Candidate(reading, found, obstacle, proposal=proposal, is_chosen=is_chosen)


def make_one_final(one: Chosen, *, by: User, exam_office_email: str) -> str:
    """Makes it final ('FINAL'), or proposes it ('PROPOSED') where that was the tick's meaning; raises `DomainError`.

    What another member proposed goes to the address that was proposed with it, as its line says.
    """
    if one.proposing:
        finalising.propose(assessment=one.assessment, by=by, exam_office_email=exam_office_email, version=one.version)
        return "PROPOSED"
    proposal = finalising.standing_proposal(one.assessment) if one.assessment.school.four_eyes else None
    email = proposal.exam_office_email if proposal else exam_office_email
    shown = one.proposal or (proposal.pk if proposal else None)
    finalising.finalise(assessment=one.assessment, by=by, exam_office_email=email, version=one.version, proposal=shown)
    return "FINAL"


def finalise_all(*, chosen: Iterable[Chosen], by: User, exam_office_email: str) -> Done:
    """`make_one_final` of each, at once."""
    done = Done()
    for one in chosen:
        try:
            outcome = make_one_final(one, by=by, exam_office_email=exam_office_email)
        except DomainError as error:
            done.refused.append((one.assessment, str(error)))
        else:
            (done.proposed if outcome == "PROPOSED" else done.final).append(one.assessment)
    return done
