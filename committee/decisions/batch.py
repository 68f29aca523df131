"""'Afronden' of several assessments at once, each in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, FinalProposal
from committee.review.review import Reading, read, tick_value, warnings

from . import finalise

MAX_BATCH = 100  # reading an assessment for the page takes some 10 ms
CHANGED = "Iemand anders heeft deze beoordeling intussen gewijzigd. Kijk die na en probeer het opnieuw."


@dataclass(frozen=True)
class Candidate:
    """An assessment with its result; `obstacle` is why this member can't make it final, or ''."""

    reading: Reading
    warnings: list[str]
    obstacle: str
    proposal: FinalProposal | None

    @property
    def assessment(self) -> Assessment:
        return self.reading.rubric.assessment

    @property
    def is_to_propose(self) -> bool:
        return self.assessment.committee.four_eyes and self.proposal is None

    @property
    def tick(self) -> str:
        """Return the form's value, which `Selected` is read from."""
        return tick_value(self.assessment, self.proposal)


@dataclass(frozen=True)
class Selected:
    """A ticked assessment as the page showed it: its version, and the id of its proposal, which names the office.

    `proposing`: the tick was to propose it, not to make it final.
    """

    assessment: Assessment
    version: int
    proposing: bool
    proposal: int | None = None


@dataclass(frozen=True)
class Plan:
    """What confirming will do; `skipped` has the reason for each that it won't do."""

    to_do: list[Candidate]
    skipped: list[tuple[Assessment, str]]
    exam_office_email: str

    @property
    def verb(self) -> str:
        """'12 beoordelingen definitief maken', '1 beoordeling voordragen', or both."""
        proposing = sum(candidate.is_to_propose for candidate in self.to_do)
        final = len(self.to_do) - proposing
        counted = f"{final or proposing} {'beoordeling' if (final or proposing) == 1 else 'beoordelingen'}"
        if not final:
            return f"{counted} voordragen"
        return f"{counted} definitief maken" + (f" en {proposing} voordragen" if proposing else "")

    @property
    def makes_final(self) -> bool:
        return any(not candidate.is_to_propose for candidate in self.to_do)

    @property
    def lines(self) -> list[tuple[Candidate, str]]:
        """Return each candidate with the address that its PDF goes to."""
        return [(c, c.proposal.exam_office_email if c.proposal else self.exam_office_email) for c in self.to_do]

    @property
    def only_office(self) -> str:
        """The address if all go to the same one, else ''."""
        offices = {email for _, email in self.lines}
        return offices.pop() if len(offices) == 1 else ""


def _candidate(assessment: Assessment, by: User) -> Candidate:
    reading = read(assessment)
    proposal = assessment.valid_proposal() if assessment.committee.four_eyes else None
    obstacle = ""
    if reading.outcome.disputed:
        obstacle = "Examinatoren zijn het niet eens."
    elif not reading.can_finalise:
        obstacle = "Er is nog geen resultaat."
    elif proposal and proposal.by == by:
        obstacle = "U hebt deze voorgedragen; een ander lid rondt die af."
    texts = list(warnings(reading, by=by)) if not obstacle else []
    return Candidate(reading, texts, obstacle, proposal=proposal)


def plan(selected: Iterable[Selected], *, by: User, exam_office_email: str) -> Plan:
    """Read the ticked assessments again, so that the confirmation shows what will be done."""
    to_do, skipped = [], []
    for choice in selected:
        candidate = _candidate(choice.assessment, by)
        if why := _why_not(choice, candidate):
            skipped.append((choice.assessment, why))
        else:
            to_do.append(candidate)
    return Plan(to_do, skipped, exam_office_email)


def _why_not(choice: Selected, candidate: Candidate) -> str:
    try:
        finalise.refuse_if_final(choice.assessment)
        _refuse_other_proposal(choice, candidate.proposal)
    except DomainError as error:
        return str(error)
    if candidate.obstacle:
        return candidate.obstacle
    is_as_ticked = choice.version == choice.assessment.version and choice.proposing == candidate.is_to_propose
    return "" if is_as_ticked else CHANGED


def _refuse_other_proposal(choice: Selected, proposal: FinalProposal | None) -> None:
    """Raise `StaleProposal` for a newer proposal: it may name an address that was not on the screen."""
    if not choice.proposing and proposal and proposal.pk != choice.proposal:
        finalise.refuse_stale_proposal(proposal)


def finalise_one(choice: Selected, *, by: User, exam_office_email: str) -> str:
    """Make it final or propose it, as ticked, and return 'FINAL' or 'PROPOSED'; raise `DomainError`.

    One that was proposed goes to the address of its proposal. The student is not mailed: the batch does so at its end.
    """
    if choice.proposing:
        finalise.propose(
            assessment=choice.assessment, by=by, exam_office_email=exam_office_email, version=choice.version
        )
        return "PROPOSED"
    proposal = choice.assessment.valid_proposal() if choice.assessment.committee.four_eyes else None
    _refuse_other_proposal(choice, proposal)
    email = proposal.exam_office_email if proposal else exam_office_email
    finalise.finalise(
        assessment=choice.assessment,
        by=by,
        exam_office_email=email,
        version=choice.version,
        proposal=choice.proposal,
        mail_student=False,
    )
    return "FINAL"
