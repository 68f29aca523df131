"""'Bewerken': the committee corrects scores and justifications (source text, part C, 'Examen afronden').

A correction never changes the examiners' answers. `rubric.read_rubric` applies the newest correction of each criterion
and text while the answers are those it was made for; otherwise it lapses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from accounts.models import User
from exams.grading import scores as grading_scores

from . import lifecycle
from .examiner.saving import MAX_JUSTIFICATION
from .justification import letters_to_justify
from .models import Assessment, Correction, Event, Status
from .rubric import Column, PartSheet, Rubric, read_rubric

MAX_REASON = 1000  # characters
SCORES = tuple(score.value for score in grading_scores.Score)


@dataclass(frozen=True)
class Change:
    """The new value of one criterion or text: a score, '' to withdraw the decision, or a text."""

    value: str
    reason: str


@dataclass(frozen=True)
class Changes:
    """The changes of one form: decisions by criterion id, wordings by assignment id."""

    scores: Mapping[int, Change]
    texts: Mapping[int, Change]


class ChangedMeanwhile(lifecycle.DomainError):
    """The result changed since the member opened the page; nothing is saved."""

    def __init__(self) -> None:
        super().__init__(
            "Iemand anders heeft deze beoordeling intussen gewijzigd. Wat er nu anders is staat hieronder; "
            "wat u typte staat er nog. Kijk het na en sla opnieuw op."
        )


class Refused(lifecycle.DomainError):
    """Some changes are invalid; nothing is saved.

    The keys of `problems` are ("score" or "reason", criterion id) and ("text" or "text-reason", assignment id).
    """

    def __init__(self, problems: Mapping[tuple[str, int], str]) -> None:
        super().__init__("Nog niet alles kan worden opgeslagen.")
        self.problems = problems


def correct(*, assessment: Assessment, by: User, changes: Changes, fingerprint: str) -> int:
    """Save the changes, each with its reason, all or none; return their number.

    A value that already counts is no change. Raises `TransitionRefused` unless the assessment is ASSESSED,
    `DomainError` for the member's own assessment, `ChangedMeanwhile` when `fingerprint` is not the rubric's
    `result_fingerprint`, and `Refused` for a change without a reason, an unknown score, a text that is too long, or a
    part with an O or a G without justification (source text, part B; `justifying_columns`).
    """
    with lifecycle.locked(assessment) as current:
        refuse_unless_assessed(current)
        lifecycle.refuse_own(current.student, by=by)
        rubric = read_rubric(current)
        if rubric.result_fingerprint != fingerprint:
            raise ChangedMeanwhile
        corrections = list(_corrections(rubric, changes, by))
        problems = _problems(corrections) | _without_justification(rubric, corrections)
        if problems:
            raise Refused(problems)
        if corrections:
            Correction.objects.bulk_create(corrections)
            lifecycle.bump_version(current)  # refuses a form for making it final that was opened earlier
            lifecycle.record(current, kind=Event.Kind.CORRECTED, by=by, count=len(corrections))
    return len(corrections)


def justifying_columns(part: PartSheet) -> dict[str, list[Column]]:
    """Return for each O and G that counts in a part the columns whose text can justify it.

    Those are the columns of the examiners who gave that letter. Where the committee decided it, also those with a
    wording of the committee at least as new as that decision.
    """
    columns: dict[str, list[Column]] = {}
    for letter in letters_to_justify(part.effective_letter(criterion.pk) for criterion in part.criteria):
        decided = min((decision.at for decision in part.decisions.values() if decision.after == letter), default=None)
        columns[letter] = [
            column
            for column in part.columns
            if letter in column.scores.values() or (decided and column.correction and column.correction.at >= decided)
        ]
    return columns


def _is_justified(part: PartSheet) -> bool:
    return all(
        any(column.effective_justification.strip() for column in columns)
        for columns in justifying_columns(part).values()
    )


def unjustified(rubric: Rubric) -> list[PartSheet]:
    """Return the parts with an O or a G that counts and has no justification (source text, part B).

    A decision and a wording lapse independently, so a part may lose its justification.
    """
    return [part for part in rubric.parts if not _is_justified(part)]


def refuse_unless_assessed(assessment: Assessment) -> None:
    if assessment.status != Status.ASSESSED:
        state = assessment.get_status_display()
        raise lifecycle.TransitionRefused(f"Deze beoordeling heeft de status ‘{state}’ en kan nu niet worden bewerkt.")


def _corrections(rubric: Rubric, changes: Changes, by: User) -> Iterable[Correction]:
    """Yield the corrections to save; ids of another assessment are ignored."""
    common = {"assessment": rubric.assessment, "by": by, "by_name": by.full_name}
    for part in rubric.parts:
        for criterion in part.criteria:
            now, change = part.effective_letter(criterion.pk), changes.scores.get(criterion.pk)
            if change and change.value != now:
                covers = part.scores_of(criterion.pk)
                yield Correction(
                    **common, criterion=criterion, before=now, after=change.value, reason=change.reason, covers=covers
                )
        for column in part.columns:
            before, change = column.effective_justification, changes.texts.get(column.assignment.pk)
            if change and change.value != before:
                yield Correction(
                    **common,
                    assignment=column.assignment,
                    before=before,
                    after=change.value,
                    reason=change.reason,
                    covers=column.written,
                )


def _problems(made: Iterable[Correction]) -> dict[tuple[str, int], str]:
    """Check each change by itself."""
    problems: dict[tuple[str, int], str] = {}
    for correction in made:
        is_score, pk = bool(correction.criterion_id), correction.criterion_id or correction.assignment_id or 0
        if is_score and correction.after not in ("", *SCORES):
            problems["score", pk] = "Kies O, V of G."
        if not is_score and len(correction.after) > MAX_JUSTIFICATION:
            problems["text", pk] = (
                f"De onderbouwing mag {MAX_JUSTIFICATION} tekens lang zijn; dit zijn er {len(correction.after)}."
            )
        if problem := _reason_problem(correction.reason):
            problems["reason" if is_score else "text-reason", pk] = problem
    return problems


def _reason_problem(reason: str) -> str:
    if not reason.strip():
        return "Schrijf erbij waarom u dit wijzigt."
    if len(reason) > MAX_REASON:
        return f"De reden mag {MAX_REASON} tekens lang zijn; dit zijn er {len(reason)}."
    return ""


def _without_justification(rubric: Rubric, made: Sequence[Correction]) -> dict[tuple[str, int], str]:
    """Return a problem for each changed part with an O or a G that no text in the part justifies."""
    problems = {}
    for part in rubric.parts:
        after = _with(part, made)
        if after is None or _is_justified(after):
            continue
        problem = "De onderbouwing is verplicht bij een O of een G"
        if any(column.effective_justification.strip() for column in after.columns):
            problem += "; wat er staat hoort bij een andere score. Pas de tekst aan"
        problems["text", part.columns[0].assignment.pk] = f"{problem}."
    return problems


def _with(part: PartSheet, made: Iterable[Correction]) -> PartSheet | None:
    """Return the part with these changes applied, or None when they do not change it."""
    scores = {c.criterion_id: c for c in made if c.criterion_id in {criterion.pk for criterion in part.criteria}}
    texts = {c.assignment_id: c for c in made if c.assignment_id in {c.assignment.pk for c in part.columns}}
    if not scores and not texts:
        return None
    decisions = {pk: decision for pk, decision in (part.decisions | scores).items() if pk and decision.after in SCORES}
    columns = [
        replace(column, correction=texts.get(column.assignment.pk, column.correction)) for column in part.columns
    ]
    return replace(part, decisions=decisions, columns=columns)
