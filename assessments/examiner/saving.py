"""The examiner's form: what was typed, saving it for now, completing it (source text, part B)."""

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
from assessments.merge import Base, Sender, Verdict, decide, mark
from assessments.models import Assessment, Assignment, Event, Invitation, Score, Status
from assessments.rubric import Column, Missing, Rubric, read_uncorrected

from . import signature as examiner_signature

MAX_JUSTIFICATION = 20_000  # characters; a page holds about 3,000
SAVED_EVENT_EVERY = timedelta(minutes=15)  # one saves with every few words; the log tells that someone was at work
_FIELD = re.compile("(?:justification|score)-(?P<assignment>[0-9]{1,18})(?:-(?P<criterion>[0-9]{1,18}))?")


@dataclass
class Entry:
    """What one post holds for one assignment; a score that was not posted is absent, one that was cleared is ''.

    `base` is what the form was opened with, None when the post does not say.
    """

    justification: str | None = None
    scores: dict[int, str] = field(default_factory=dict)
    base: Base | None = None


@dataclass(frozen=True)
class Conflict:
    """Fields of a part that could not be saved: what is kept and what was typed, for the screen.

    They were changed elsewhere since the form was opened, or the part was completed, or is not this
    examiner's any more (`column.assignment.removed_at`). `justification` is the typed one, None when
    that is not what they differ in; `scores` are the typed ones by criterion id.
    """

    column: Column
    justification: str | None
    scores: Mapping[int, str]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """(criterion, kept score, typed score) where they differ."""
        return [
            (criterion.text, value, self.scores[criterion.pk])
            for criterion, _, value in self.column.lines
            if criterion.pk in self.scores
        ]

    @property
    def fields(self) -> Iterator[tuple[str, str]]:
        """(the field's name in the form, the kept value) of each."""
        for criterion, name, value in self.column.lines:
            if criterion.pk in self.scores:
                yield name, value
        if self.justification is not None:
            yield self.column.justification_field, self.column.assignment.justification


@dataclass(frozen=True)
class Saved:
    """What became of a post: the form as it is now, and what could not be saved.

    That is what someone else changed too, and justifications over `MAX_JUSTIFICATION` characters;
    the latter stand in the rubric as they were typed (`Column.typed`).
    """

    rubric: Rubric
    conflicts: list[Conflict]
    too_long: list[Missing]

    def as_json(self, post: Mapping[str, str]) -> dict[str, Any]:
        """What the page that posted needs: the parts it posted as they are kept now, and what is in conflict.

        `conflicts` and `fields` go from a field's name to the kept value, `marks` from an assignment's id to
        its justification's mark; `closed` lists assignments where nothing is saved any more, `too_long` fields.
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
    """The form can't be completed yet; `missing` says what it needs."""

    def __init__(self, missing: list[Missing]) -> None:
        self.missing = missing
        super().__init__(_("De beoordeling is nog niet compleet."))


class Changed(lifecycle.DomainError):
    """What was to be completed is not what the examiner saw."""

    def __init__(self) -> None:
        super().__init__(
            _("Uw beoordeling is intussen ergens anders gewijzigd. Kijk hieronder nog eens na wat er nu staat.")
        )


def read_entries(post: Mapping[str, str]) -> dict[int, Entry]:
    """What a posted form holds, by assignment id, whoever's that is; anything else is passed over."""
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
    """`save` of a posted form."""
    return save(invitation=invitation, entries=read_entries(post), sender=Sender.read(post))


def save(*, invitation: Invitation, entries: Mapping[int, Entry], sender: Sender | None = None) -> Saved:
    """Saves what was changed, field by field, for now (`merge.decide` is the rule for each).

    A completed part stays as it is, and so does one that the examiner was taken off: a late post of
    the same values is no conflict, other values are. A save that a later one of the same page
    (`sender`) overtook does nothing. Raises `TransitionRefused` when there is something to save and
    the assessment is closed.
    """
    sender = sender or Sender()
    with lifecycle.locked(invitation.assessment) as current:
        rubric = read_uncorrected(current, contact=invitation.contact)
        sorted_out = [_sort(column, entries[column.assignment.pk], sender) for column in _posted(rubric, entries)]
        writes = [posted.write for posted in sorted_out if posted.write]
        conflicts = [posted.conflict for posted in sorted_out if posted.conflict]
        if entries.keys() - {column.assignment.pk for column in rubric.columns}:
            gone = read_uncorrected(current, contact=invitation.contact, removed=True)
            lost = [_sort(column, entries[column.assignment.pk], sender) for column in _posted(gone, entries)]
            conflicts += [posted.conflict for posted in lost if posted.conflict]
        if any(write.has_content for write in writes):
            lifecycle.refuse_if_closed(current)
        _write(writes, sender)
        if any(write.has_content for write in writes):
            name = invitation.contact.full_name
            lifecycle.settle(current, kind=Event.Kind.SAVED, by_name=name, quiet_for=SAVED_EVENT_EVERY)
    return Saved(rubric, conflicts, _too_long(rubric, entries))


def complete(
    *, invitation: Invitation, signature: examiner_signature.Signature | None = None, seen: str | None = None
) -> bool:
    """Completes all of the examiner's parts; False when they were completed before (a second click).

    It is signed with `signature`, or as `sign.proposed` has it; `seen` is the `Rubric.mark` of what
    the examiner read before. Raises `Incomplete` where a criterion has no score, or a part with an O
    or a G has no justification; `Changed` when it is not what was seen; `DomainError` for a date that
    can't be; `TransitionRefused` when the assessment is closed.
    """
    with lifecycle.locked(invitation.assessment) as current:
        rubric = read_uncorrected(current, contact=invitation.contact)
        if rubric.is_completed:
            return False
        lifecycle.refuse_if_closed(current)
        if rubric.missing or not rubric.columns:
            raise Incomplete(rubric.missing)
        if seen is not None and seen != rubric.mark:
            raise Changed
        examiner_signature.keep(invitation=invitation, signature=signature or examiner_signature.proposed(invitation))
        current.live_assignments.filter(Q(contact=invitation.contact, completed_at=None)).update(
            completed_at=timezone.now()
        )
        lifecycle.settle(current, kind=Event.Kind.COMPLETED, by_name=invitation.contact.full_name)
        if current.status == Status.ASSESSED:
            tell_initiator(current)
    return True


def _posted(rubric: Rubric, entries: Mapping[int, Entry]) -> list[Column]:
    return [column for column in rubric.columns if column.assignment.pk in entries]


@dataclass
class _Write:
    """What is to be written of one part; `justification` None leaves it as it is.

    Without content it only notes that this save of an open page was heard, so that an earlier one is late.
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
    """Parts what one entry holds into what can be written and what is in conflict."""
    assignment, write = column.assignment, _Write(column)
    if sender.is_late(assignment.heard):
        return _Posted(None)
    text, verdict = entry.justification, _text_verdict(column, entry, sender)
    write.justification = text if verdict is Verdict.WRITE else None
    lost = text if verdict is Verdict.CONFLICT else None
    verdicts = {
        criterion: _score_verdict(column, entry, sender, criterion) for criterion in column.of_part(entry.scores)
    }
    write.scores = {pk: entry.scores[pk] for pk, verdict in verdicts.items() if verdict is Verdict.WRITE}
    lost_scores = {pk: entry.scores[pk] for pk, verdict in verdicts.items() if verdict is Verdict.CONFLICT}
    if not column.is_open:
        lost = write.justification if lost is None else lost
        lost_scores = lost_scores | write.scores
    conflict = Conflict(column, lost, lost_scores) if lost_scores or lost is not None else None
    return _Posted(write if column.is_open and (write.has_content or sender.page) else None, conflict)


def _text_verdict(column: Column, entry: Entry, sender: Sender) -> Verdict:
    if entry.justification is None or len(entry.justification) > MAX_JUSTIFICATION:
        return Verdict.SAME
    return decide(
        kept=mark(column.assignment.justification),
        typed=mark(entry.justification),
        base=entry.base.text if entry.base else None,
        own=sender.wrote(column.assignment.written_by),
        nothing=mark(""),
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
    found = []
    for column in _posted(rubric, entries):
        typed = entries[column.assignment.pk].justification or ""
        if len(typed) > MAX_JUSTIFICATION:
            column.typed = typed
            words = _("de onderbouwing is langer dan %(most)d tekens") % {"most": MAX_JUSTIFICATION}
            found.append(Missing(column, words, column.justification_field, column.justification_field))
    return found


def tell_initiator(assessment: Assessment) -> None:
    """Mails whoever started it, unless they or the student left.

    Call it in the transaction in which a completion made it ASSESSED.
    """
    if not leavers.why_paused(assessment):
        mails.queue_all_done(assessment=assessment)
