"""Parse, save and complete the examiner's form (source text, part B)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.text import clean_text
from assessments import leavers, lifecycle, mails
from assessments.autosave import Base, Sender, Verdict, decide, fingerprint
from assessments.models import Assessment, Assignment, Event, Invitation, Score, Status
from assessments.rubric import Column, Missing, Rubric, read_uncorrected

from . import signature as examiner_signature

MAX_JUSTIFICATION = 20_000  # characters; a page holds about 3,000
SAVED_EVENT_EVERY = timedelta(minutes=15)  # autosave posts every few words; one event is enough
_FIELD = re.compile("(?:justification|score)-(?P<assignment>[0-9]{1,18})(?:-(?P<criterion>[0-9]{1,18}))?")


@dataclass
class Entry:
    """The posted values of one assignment; a score that was not posted is absent, a cleared one is ''.

    `base` is the form's state when opened, None when it was not posted.
    """

    justification: str | None = None
    scores: dict[int, str] = field(default_factory=dict)
    base: Base | None = None


@dataclass(frozen=True)
class Conflict:
    """Fields of a part that could not be saved: the stored and the posted values, for the page.

    They were changed elsewhere since the form was opened, or the part is completed or no longer this examiner's
    (`column.assignment.removed_at`). `justification` is the posted one, None when it is not in conflict; `scores` are
    the posted ones by criterion id.
    """

    column: Column
    justification: str | None
    scores: Mapping[int, str]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Return (criterion, stored score, posted score) where they differ."""
        return [
            (criterion.text, value, self.scores[criterion.pk])
            for criterion, _, value in self.column.lines
            if criterion.pk in self.scores
        ]

    @property
    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield (the field's name in the form, the stored value) of each."""
        for criterion, name, value in self.column.lines:
            if criterion.pk in self.scores:
                yield name, value
        if self.justification is not None:
            yield self.column.justification_field, self.column.assignment.justification


@dataclass(frozen=True)
class Saved:
    """The result of a post: the form as it is now, and what could not be saved.

    That is what another page changed too, and justifications over `MAX_JUSTIFICATION` characters; the latter are in the
    rubric as posted (`Column.typed`).
    """

    rubric: Rubric
    conflicts: list[Conflict]
    too_long: list[Missing]

    def as_json(self, post: Mapping[str, str]) -> dict[str, Any]:
        """Return, for the page that posted, the stored values of the posted parts and the conflicts.

        `conflicts` and `fields` map a field's name to the stored value, `marks` an assignment's id to its
        justification's fingerprint; `closed` lists assignments that can no longer be saved, `too_long` fields.
        """
        posted = _posted(self.rubric, read_entries(post))
        fields = {name: value for column in posted for _, name, value in column.lines}
        closed = [c.column.assignment for c in self.conflicts if not c.column.is_open]
        return {
            "fields": fields | {column.justification_field: column.assignment.justification for column in posted},
            "marks": {column.assignment.pk: column.base.text for column in posted},
            "conflicts": dict(field for conflict in self.conflicts for field in conflict.fields),
            "closed": {a.pk: "removed" if a.removed_at else "completed" for a in closed},
            "too_long": [problem.field_id for problem in self.too_long],
        }


class Incomplete(lifecycle.DomainError):
    """The form can't be completed yet; `missing` lists what it needs."""

    def __init__(self, missing: list[Missing]) -> None:
        self.missing = missing
        super().__init__(_("De beoordeling is nog niet compleet."))


class Changed(lifecycle.DomainError):
    """The form to complete differs from what the examiner saw."""

    def __init__(self) -> None:
        super().__init__(
            _("Uw beoordeling is intussen ergens anders gewijzigd. Kijk hieronder nog eens na wat er nu staat.")
        )


def read_entries(post: Mapping[str, str]) -> dict[int, Entry]:
    """Parse a posted form by assignment id, of any examiner; other fields are ignored."""
    entries: dict[int, Entry] = {}
    for name, value in post.items():
        match = _FIELD.fullmatch(name)
        if match is None:
            continue
        pk = int(match["assignment"])
        entry = entries.setdefault(pk, Entry(base=Base.read(post.get(f"base-{pk}", ""))))
        if match["criterion"] is None:
            entry.justification = clean_text(value)
        elif value in ("O", "V", "G", ""):
            entry.scores[int(match["criterion"])] = value
    return entries


def save_post(*, invitation: Invitation, post: Mapping[str, str]) -> Saved:
    return save(invitation=invitation, entries=read_entries(post), sender=Sender.read(post))


def save(*, invitation: Invitation, entries: Mapping[int, Entry], sender: Sender | None = None) -> Saved:
    """Save the changed values, field by field (`autosave.decide`).

    A completed or removed part stays as it is: other values for it are conflicts, the same values are not. A save that
    a later one of the same page (`sender`) overtook does nothing. Raises `TransitionRefused` when there is something to
    save and the assessment is closed.
    """
    sender = sender or Sender()
    with lifecycle.locked(invitation.assessment) as current:
        rubric = read_uncorrected(current, contact=invitation.contact)
        sorted_out = [_sort(column, entries[column.assignment.pk], sender) for column in _posted(rubric, entries)]
        writes = [posted.write for posted in sorted_out if posted.write]
        conflicts = [posted.conflict for posted in sorted_out if posted.conflict]
        if entries.keys() - {column.assignment.pk for column in rubric.columns}:
            removed = read_uncorrected(current, contact=invitation.contact, removed=True)
            removed_posts = [
                _sort(column, entries[column.assignment.pk], sender) for column in _posted(removed, entries)
            ]
            conflicts += [posted.conflict for posted in removed_posts if posted.conflict]
        if any(write.has_content for write in writes):
            lifecycle.refuse_if_closed(current)
        _write(writes, sender)
        if any(write.has_content for write in writes):
            name = invitation.contact.full_name
            lifecycle.update_status(current, kind=Event.Kind.SAVED, by_name=name, quiet_for=SAVED_EVENT_EVERY)
    return Saved(rubric, conflicts, _too_long(rubric, entries))


def complete(
    *, invitation: Invitation, signature: examiner_signature.Signature | None = None, fingerprint: str | None = None
) -> bool:
    """Complete all of the examiner's parts; return False when they were completed before (a second click).

    It is signed with `signature`, by default `signature.proposed`; `fingerprint` is the `Rubric.open_fingerprint` that
    the examiner saw. Raises `Incomplete` where a criterion has no score, or a part with an O or a G has no
    justification; `Changed` when the rubric is not `fingerprint`; `DomainError` for an impossible date;
    `TransitionRefused` when the assessment is closed.
    """
    with lifecycle.locked(invitation.assessment) as current:
        rubric = read_uncorrected(current, contact=invitation.contact)
        if rubric.is_completed:
            return False
        lifecycle.refuse_if_closed(current)
        if rubric.missing or not rubric.columns:
            raise Incomplete(rubric.missing)
        if fingerprint is not None and fingerprint != rubric.open_fingerprint:
            raise Changed
        examiner_signature.keep(invitation=invitation, signature=signature or examiner_signature.proposed(invitation))
        current.live_assignments.filter(Q(contact=invitation.contact, completed_at=None)).update(
            completed_at=timezone.now()
        )
        lifecycle.update_status(current, kind=Event.Kind.COMPLETED, by_name=invitation.contact.full_name)
        if current.status == Status.ASSESSED:
            notify_initiator(current)
    return True


def _posted(rubric: Rubric, entries: Mapping[int, Entry]) -> list[Column]:
    return [column for column in rubric.columns if column.assignment.pk in entries]


@dataclass
class _Write:
    """What to write of one part; `justification` None leaves it as it is.

    Without content it only records that this save arrived, so that an earlier one is recognised as late.
    """

    column: Column
    justification: str | None = None
    scores: dict[int, str] = field(default_factory=dict)

    @property
    def has_content(self) -> bool:
        return self.justification is not None or bool(self.scores)


@dataclass
class _Posted:
    write: _Write | None
    conflict: Conflict | None = None


def _sort(column: Column, entry: Entry, sender: Sender) -> _Posted:
    """Split the posted values of one part into what can be written and what is in conflict."""
    assignment, write = column.assignment, _Write(column)
    if sender.is_late(assignment.heard):
        return _Posted(None)
    text, verdict = entry.justification, _text_verdict(column, entry, sender)
    write.justification = text if verdict is Verdict.WRITE else None
    conflicting = text if verdict is Verdict.CONFLICT else None
    verdicts = {
        criterion: _score_verdict(column, entry, sender, criterion) for criterion in column.of_part(entry.scores)
    }
    write.scores = {pk: entry.scores[pk] for pk, verdict in verdicts.items() if verdict is Verdict.WRITE}
    lost_scores = {pk: entry.scores[pk] for pk, verdict in verdicts.items() if verdict is Verdict.CONFLICT}
    if not column.is_open:
        conflicting = write.justification if conflicting is None else conflicting
        lost_scores = lost_scores | write.scores
    conflict = Conflict(column, conflicting, lost_scores) if lost_scores or conflicting is not None else None
    return _Posted(write if column.is_open and (write.has_content or sender.page) else None, conflict)


def _text_verdict(column: Column, entry: Entry, sender: Sender) -> Verdict:
    if entry.justification is None or len(entry.justification) > MAX_JUSTIFICATION:
        return Verdict.SAME
    return decide(
        kept=fingerprint(column.assignment.justification),
        typed=fingerprint(entry.justification),
        base=entry.base.text if entry.base else None,
        own=sender.wrote(column.assignment.written_by),
        nothing=fingerprint(""),
    )


def _score_verdict(column: Column, entry: Entry, sender: Sender, criterion: int) -> Verdict:
    return decide(
        kept=column.scores.get(criterion, ""),
        typed=entry.scores[criterion],
        base=entry.base.scores.get(criterion, "") if entry.base else None,
        own=sender.wrote(column.score_writers.get(criterion, "")),
    )


def _write(writes: list[_Write], sender: Sender) -> None:
    scores = []
    for write in writes:
        column, assignment = write.column, write.column.assignment
        if write.justification is not None:
            assignment.justification, assignment.written_by = write.justification, sender.page
        assignment.version += write.has_content
        assignment.heard = sender.heard_after(assignment.heard)
        cleared = [criterion for criterion, value in write.scores.items() if not value]
        if cleared:
            assignment.scores.filter(criterion__in=cleared).delete()
        for criterion, value in write.scores.items():
            column.score_writers[criterion] = sender.page
            if value:
                scores.append(Score(assignment=assignment, criterion_id=criterion, value=value, written_by=sender.page))
                column.scores[criterion] = value
                assignment.cleared_by.pop(str(criterion), None)
            else:
                column.scores.pop(criterion, None)
                assignment.cleared_by[str(criterion)] = sender.page
    Assignment.objects.bulk_update(
        [write.column.assignment for write in writes], ["justification", "written_by", "cleared_by", "version", "heard"]
    )
    Score.objects.bulk_create(
        scores,
        update_conflicts=True,
        unique_fields=["assignment", "criterion"],
        update_fields=["value", "written_by"],
    )


def _too_long(rubric: Rubric, entries: Mapping[int, Entry]) -> list[Missing]:
    missing = []
    for column in _posted(rubric, entries):
        text = entries[column.assignment.pk].justification or ""
        if len(text) > MAX_JUSTIFICATION:
            column.typed = text
            words = _("de onderbouwing is langer dan %(most)d tekens") % {"most": MAX_JUSTIFICATION}
            missing.append(Missing(column, words, column.justification_field, column.justification_field))
    return missing


def notify_initiator(assessment: Assessment) -> None:
    """Mail the initiator, unless the initiator or the student left.

    Call it in the transaction in which a completion made the assessment ASSESSED.
    """
    if not leavers.why_paused(assessment):
        mails.queue_all_done(assessment=assessment)
