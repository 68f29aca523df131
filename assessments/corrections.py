"""'Bewerken': the committee corrects scores and justifications (source text, part C, 'Examen afronden').

A correction lies over what the examiners wrote. Which ones count is worked out anew at each reading: the
newest of a criterion or a text, and only while it covers what the examiners say now. So nothing has to be
undone when an examiner changes an answer after being sent back, or another examiner comes beside: it lapses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from accounts.models import User
from exams.grading import scores as grading_scores

from . import lifecycle
from .examiner.saving import MAX_JUSTIFICATION
from .merge import mark
from .models import Assessment, Correction, Event, Status
from .rubric import Column, PartSheet, Rubric, read_rubric

MAX_REASON = 1000  # characters
SCORES = tuple(score.value for score in grading_scores.Score)


@dataclass(frozen=True)
class Change:
    """What a member wants one criterion or text to be (`value`: a score, '' to take a decision back; or a text)."""

    value: str
    reason: str


@dataclass(frozen=True)
class Changes:
    """What one form asks: decisions by criterion id, wordings by assignment id."""

    scores: Mapping[int, Change]
    texts: Mapping[int, Change]


class ChangedMeanwhile(lifecycle.DomainError):
    """What the member saw is not what counts now: nothing was saved."""

    def __init__(self) -> None:
        super().__init__(
            "Iemand anders heeft deze beoordeling intussen gewijzigd. Wat er nu anders is staat hieronder; "
            "wat u typte staat er nog. Kijk het na en sla opnieuw op."
        )


class Refused(lifecycle.DomainError):
    """Some of the changes can't be saved, and so none was: `problems` says why.

    Its keys are ("score" or "reason", criterion id) and ("text" or "text-reason", assignment id).
    """

    def __init__(self, problems: Mapping[tuple[str, int], str]) -> None:
        super().__init__("Nog niet alles kan worden opgeslagen.")
        self.problems = problems


def lay_over(rubric: Rubric) -> list[Correction]:
    """Puts the corrections that count into the rubric, in one query; returns all there ever were, oldest first."""
    everything = list(rubric.assessment.corrections.select_related("criterion"))
    scores = {c.criterion_id: c for c in everything if c.criterion_id}  # the newest of each
    texts = {c.assignment_id: c for c in everything if c.assignment_id}
    for part in rubric.parts:
        decisions = {criterion.pk: scores[criterion.pk] for criterion in part.criteria if criterion.pk in scores}
        part.decisions = {
            pk: decision for pk, decision in decisions.items() if decision.after and decision.covers == given(part, pk)
        }
        for column in part.columns:
            text = texts.get(column.assignment.pk)
            column.correction = text if text and text.covers == _written(column) else None
        part.lapsed = [decision for pk, decision in decisions.items() if decision.after and pk not in part.decisions]
        part.lapsed += [
            texts[column.assignment.pk]
            for column in [*part.columns, *part.dropped]
            if column.assignment.pk in texts and not column.correction
        ]
    return everything


def given(part: PartSheet, criterion: int) -> dict[str, str]:
    """What each examiner says of a criterion, by assignment id as JSON has it."""
    return {str(column.assignment.pk): column.scores.get(criterion, "") for column in part.columns}


def _written(column: Column) -> dict[str, str]:
    return {str(column.assignment.pk): column.assignment.justification}


def effective(part: PartSheet, criterion: int) -> str:
    """The score that counts: O, V or G; '' while it is missing or in dispute."""
    score = part.effective(criterion).score
    return score.value if score else ""


def seen(rubric: Rubric) -> str:
    """Stands for everything that counts in a rubric that was laid over; another as soon as any of it changes."""
    parts = []
    for part in rubric.parts:
        parts += [
            f"{criterion.pk}:{effective(part, criterion.pk)}:{given(part, criterion.pk)}" for criterion in part.criteria
        ]
        parts += [f"{column.assignment.pk}:{mark(column.effective_justification)}" for column in part.columns]
    return mark(" ".join(parts))


def correct(*, assessment: Assessment, by: User, changes: Changes, seen_mark: str) -> int:
    """Saves the changes, each with its reason, all or none; how many there were.

    What equals what counts already is no change. Raises `TransitionRefused` unless the assessment is
    ASSESSED, `DomainError` for the member's own, `ChangedMeanwhile` when something that counts is different
    from what `seen` gave for the member's page, and `Refused` for a change without a reason, a score that is
    none, a text that is too long, or a part with an O or a G that would be left without a justification
    of it (source text, part B; `asked_for`).
    """
    with lifecycle.locked(assessment) as current:
        refuse_unless_assessed(current)
        lifecycle.refuse_own(current.student, by=by)
        rubric = read_rubric(current)
        lay_over(rubric)
        if seen(rubric) != seen_mark:
            raise ChangedMeanwhile
        made = list(_corrections(rubric, changes, by))
        problems = _problems(made) | _without_justification(rubric, made)
        if problems:
            raise Refused(problems)
        if made:
            Correction.objects.bulk_create(made)
            lifecycle.bump_version(current)  # who is about to make it final reads it again
            lifecycle.record(current, kind=Event.Kind.CORRECTED, by=by, count=len(made))
    return len(made)


def asked_for(part: PartSheet) -> dict[str, list[Column]]:
    """For each O and G that counts in a part that was laid over: the columns whose text can justify it.

    Of who gave that letter there; where the committee decided it also the committee's own wording, made with that
    decision or since. What an examiner wrote with another score is about that one.
    """
    found: dict[str, list[Column]] = {}
    for letter in sorted({effective(part, criterion.pk) for criterion in part.criteria} & {"O", "G"}):
        decided = min((decision.at for decision in part.decisions.values() if decision.after == letter), default=None)
        found[letter] = [
            column
            for column in part.columns
            if letter in column.scores.values() or (decided and column.correction and column.correction.at >= decided)
        ]
    return found


def _is_justified(part: PartSheet) -> bool:
    return all(
        any(column.effective_justification.strip() for column in columns) for columns in asked_for(part).values()
    )


def unjustified(rubric: Rubric) -> list[PartSheet]:
    """Parts whose scores that count hold an O or a G, and that nobody justified (source text, part B).

    A decision and a wording lapse each by itself: what was justified once may be so no more.
    """
    return [part for part in rubric.parts if not _is_justified(part)]


def refuse_unless_assessed(assessment: Assessment) -> None:
    """Raises `TransitionRefused` where there is nothing to correct (yet), or not any more."""
    if assessment.status != Status.ASSESSED:
        state = assessment.get_status_display()
        raise lifecycle.TransitionRefused(f"Deze beoordeling heeft de status ‘{state}’ en kan nu niet worden bewerkt.")


def _corrections(rubric: Rubric, changes: Changes, by: User) -> Iterable[Correction]:
    """Only of what is in this rubric: an id of another assessment is passed over."""
    common = {"assessment": rubric.assessment, "by": by, "by_name": by.full_name}
    for part in rubric.parts:
        for criterion in part.criteria:
            now, change = effective(part, criterion.pk), changes.scores.get(criterion.pk)
            if change and change.value != now:
                covers = given(part, criterion.pk)
                yield Correction(
                    **common, criterion=criterion, before=now, after=change.value, reason=change.reason, covers=covers
                )
        for column in part.columns:
            was, change = column.effective_justification, changes.texts.get(column.assignment.pk)
            if change and change.value != was:
                yield Correction(
                    **common,
                    assignment=column.assignment,
                    before=was,
                    after=change.value,
                    reason=change.reason,
                    covers=_written(column),
                )


def _problems(made: Iterable[Correction]) -> dict[tuple[str, int], str]:
    """What is wrong with each change by itself."""
    found: dict[tuple[str, int], str] = {}
    for correction in made:
        is_score, pk = bool(correction.criterion_id), correction.criterion_id or correction.assignment_id or 0
        if is_score and correction.after not in ("", *SCORES):
            found["score", pk] = "Kies O, V of G."
        if not is_score and len(correction.after) > MAX_JUSTIFICATION:
            found["text", pk] = (
                f"De onderbouwing mag {MAX_JUSTIFICATION} tekens lang zijn; dit zijn er {len(correction.after)}."
            )
        if problem := _reason_problem(correction.reason):
            found["reason" if is_score else "text-reason", pk] = problem
    return found


def _reason_problem(reason: str) -> str:
    if not reason.strip():
        return "Schrijf erbij waarom u dit wijzigt."
    if len(reason) > MAX_REASON:
        return f"De reden mag {MAX_REASON} tekens lang zijn; dit zijn er {len(reason)}."
    return ""


def _without_justification(rubric: Rubric, made: Sequence[Correction]) -> dict[tuple[str, int], str]:
    """Parts that the changes leave with an O or a G that no text in the part is about.

    One text is enough, whichever examiner's it stands for: the committee writes it in one place.
    """
    found = {}
    for part in rubric.parts:
        after = _with(part, made)
        if after is None or _is_justified(after):
            continue
        problem = "De onderbouwing is verplicht bij een O of een G"
        if any(column.effective_justification.strip() for column in after.columns):
            problem += "; wat er staat hoort bij een andere score. Pas de tekst aan"
        found["text", part.columns[0].assignment.pk] = f"{problem}."
    return found


def _with(part: PartSheet, made: Iterable[Correction]) -> PartSheet | None:
    """The part as it would be with these changes; None when none of them is about it."""
    scores = {c.criterion_id: c for c in made if c.criterion_id in {criterion.pk for criterion in part.criteria}}
    texts = {c.assignment_id: c for c in made if c.assignment_id in {c.assignment.pk for c in part.columns}}
    if not scores and not texts:
        return None
    decisions = {pk: decision for pk, decision in (part.decisions | scores).items() if pk and decision.after in SCORES}
    columns = [
        replace(column, correction=texts.get(column.assignment.pk, column.correction)) for column in part.columns
    ]
    return replace(part, decisions=decisions, columns=columns)
