"""Describe in Dutch what a new version changes in an exam: its content and its grading data."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from .schema import CoreTaskContent, CriterionContent, ExamContent, GradingData, UnitContent, WorkProcessContent

MIN_SIMILARITY = 0.6  # difflib's ratio from which a text counts as an edit of the other
MAX_COMPARED = 2500  # pairs of criteria; above it, changed criteria are reported as removed and new
SHOWN_GRADES = 3
Coded = TypeVar("Coded", UnitContent, CoreTaskContent, WorkProcessContent)


class Kind(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"

    @property
    def label(self) -> str:
        return {"ADDED": "Nieuw", "REMOVED": "Vervalt", "CHANGED": "Gewijzigd"}[self.value]


@dataclass(frozen=True)
class Difference:
    """One change, in Dutch; `before` and `after` are of a changed text."""

    kind: Kind
    place: str
    text: str
    before: str = ""
    after: str = ""


def differences(old: ExamContent, new: ExamContent) -> list[Difference]:
    """Return the changes from `old` to `new` in exam order; empty if they are equal."""
    return list(_Comparison().exam(old, new))


def criteria_label(criteria: int) -> str:
    return "1 criterium" if criteria == 1 else f"{criteria} criteria"


def count_criteria(content: UnitContent | CoreTaskContent | WorkProcessContent) -> int:
    match content:
        case UnitContent():
            return sum(map(count_criteria, content.core_tasks))
        case CoreTaskContent():
            return sum(map(count_criteria, content.work_processes))
    return sum(len(part.criteria) for part in content.parts)


class _Comparison:
    def exam(self, old: ExamContent, new: ExamContent) -> Iterator[Difference]:
        yield from _value("Examen", "de titel", old.title, new.title)
        yield from _value("Examen", "het niveau", old.level, new.level)
        yield from _value("Examen", "de beoordelingsregel", old.grading_rule, new.grading_rule)
        yield from _numbers("Examen", old.grading_data, new.grading_data)
        data = (old.grading_data, new.grading_data)
        yield from self.below("Examen", "exameneenheid", old.units, new.units, self.unit, data, "units")

    def below(
        self,
        place: str,
        name: str,
        old: Sequence[Coded],
        new: Sequence[Coded],
        compare: Callable[[str, Coded, Coded, GradingData, GradingData], Iterator[Difference]],
        data: tuple[GradingData, GradingData],
        key: str,
    ) -> Iterator[Difference]:
        """Compare items by their codes."""
        old_by_code, new_by_code = ({item.code: item for item in items} for items in (old, new))
        before, after = (level[key] for level in data)
        for code, item in new_by_code.items():
            label = f"{name} {code}"
            below = label[0].upper() + label[1:] if place == "Examen" else f"{place}, {label}"
            if code not in old_by_code:
                yield Difference(Kind.ADDED, below, f"‘{item.title}’, met {criteria_label(count_criteria(item))}.")
            else:
                yield from _value(below, "de titel", old_by_code[code].title, item.title)
                yield from _numbers(below, before[code], after[code])
                yield from compare(below, old_by_code[code], item, before[code], after[code])
        for code, removed in old_by_code.items():
            if code not in new_by_code:
                text = f"{name} {code} ‘{removed.title}’, met {criteria_label(count_criteria(removed))}."
                yield Difference(Kind.REMOVED, place, text[0].upper() + text[1:])
        yield from _order(place, list(old_by_code), list(new_by_code))

    def unit(
        self, place: str, old: UnitContent, new: UnitContent, before: GradingData, after: GradingData
    ) -> Iterator[Difference]:
        tasks = (old.core_tasks, new.core_tasks)
        return self.below(place, "kerntaak", *tasks, self.core_task, (before, after), "core_tasks")

    def core_task(
        self, place: str, old: CoreTaskContent, new: CoreTaskContent, before: GradingData, after: GradingData
    ) -> Iterator[Difference]:
        processes = (old.work_processes, new.work_processes)
        return self.below(place, "werkproces", *processes, self.work_process, (before, after), "work_processes")

    def work_process(
        self, place: str, old: WorkProcessContent, new: WorkProcessContent, before: GradingData, after: GradingData
    ) -> Iterator[Difference]:
        yield from _value(place, "de omschrijving", old.description, new.description)
        old_by_kind, new_by_kind = ({part.kind: part for part in process.parts} for process in (old, new))
        for kind, part in new_by_kind.items():
            if kind not in old_by_kind:
                yield Difference(Kind.ADDED, place, f"{part.label}, met {criteria_label(len(part.criteria))}.")
            else:
                below = f"{place}, {part.label}"
                yield from _numbers(below, before["parts"][kind], after["parts"][kind])
                yield from _criteria(below, old_by_kind[kind].criteria, part.criteria)
        for kind, removed in old_by_kind.items():
            if kind not in new_by_kind:
                text = f"{removed.label}, met {criteria_label(len(removed.criteria))}."
                yield Difference(Kind.REMOVED, place, text)
        yield from _order(place, list(old_by_kind), list(new_by_kind))


# --- Criteria ----------------------------------------------------------------------------------------
def _criteria(place: str, old: Sequence[CriterionContent], new: Sequence[CriterionContent]) -> Iterator[Difference]:
    """Criteria have no code: match them by text, else by similar text or meanings."""
    pairs = _pairs(old, new)
    for number, criterion in enumerate(new, 1):
        before = pairs.get(criterion.text)
        if before is None:
            yield Difference(Kind.ADDED, place, f"Criterium {number}: ‘{criterion.text}’")
            continue
        where = f"{place}, criterium {number}"
        yield from _text(where, "Het criterium", before.text, criterion.text)
        yield from _text(where, "Wat O betekent", before.meaning_o, criterion.meaning_o)
        yield from _text(where, "Wat V betekent", before.meaning_v, criterion.meaning_v)
        yield from _text(where, "Wat G betekent", before.meaning_g, criterion.meaning_g)
    remaining = [before.text for before in pairs.values()]
    for criterion in old:
        if criterion.text not in remaining:
            yield Difference(Kind.REMOVED, place, f"Criterium ‘{criterion.text}’")
    yield from _order(place, [criterion.text for criterion in old], remaining)


def _pairs(old: Sequence[CriterionContent], new: Sequence[CriterionContent]) -> dict[str, CriterionContent]:
    """Return the old criterion of each new one that has one, by the new text, in the new order."""
    by_text = {criterion.text: criterion for criterion in old}
    pairs = {criterion.text: by_text[criterion.text] for criterion in new if criterion.text in by_text}
    left = [criterion for criterion in old if criterion.text not in pairs]
    fresh = [criterion for criterion in new if criterion.text not in pairs]
    if len(left) * len(fresh) <= MAX_COMPARED:
        for criterion in fresh:
            if not left:
                break
            nearest = max(left, key=lambda before: _similarity(before, criterion))
            if _similarity(nearest, criterion) >= MIN_SIMILARITY:
                pairs[criterion.text] = nearest
                left.remove(nearest)
    return {criterion.text: pairs[criterion.text] for criterion in new if criterion.text in pairs}


def _similarity(old: CriterionContent, new: CriterionContent) -> float:
    meanings = zip(
        (old.meaning_o, old.meaning_v, old.meaning_g), (new.meaning_o, new.meaning_v, new.meaning_g), strict=True
    )
    same = sum(before == after for before, after in meanings)
    return 1.0 if same >= 2 else difflib.SequenceMatcher(None, old.text, new.text, autojunk=False).ratio()


# --- Values ------------------------------------------------------------------------------------------
def _text(place: str, what: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(Kind.CHANGED, place, f"{what} is anders.", before, after)


def _value(place: str, what: str, before: object, after: object) -> Iterator[Difference]:
    """Yield the change of a value: short ones in a sentence, longer ones as before and after."""
    if before == after:
        return
    if before and after and len(f"{before}{after}") < 60:
        yield Difference(Kind.CHANGED, place, f"{what[0].upper()}{what[1:]} was ‘{before}’ en wordt ‘{after}’.")
    else:
        yield Difference(
            Kind.CHANGED, place, f"{what[0].upper()}{what[1:]} is anders.", str(before or ""), str(after or "")
        )


def _order(place: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield Difference(Kind.CHANGED, place, "De volgorde is anders.")


# --- Numbers -----------------------------------------------------------------------------------------
NAMES = {"good_from": "G vanaf", "weight": "De weging"}
LEVELS = {"units", "core_tasks", "work_processes", "parts"}


def _numbers(place: str, old: GradingData, new: GradingData) -> Iterator[Difference]:
    """Yield the changes of a level's own grading data."""
    for key in [*new, *(key for key in old if key not in new)]:
        before, after = old.get(key), new.get(key)
        if key in LEVELS or _same(before, after):
            continue
        if isinstance(before, list) and isinstance(after, list):
            yield Difference(Kind.CHANGED, place, _table(before, after))
        else:
            points = " punten" if key == "good_from" else ""
            yield Difference(
                Kind.CHANGED, place, f"{NAMES.get(key, key)} was {_shown(before)} en wordt {_shown(after)}{points}."
            )


def _table(before: Sequence[object], after: Sequence[object]) -> str:
    if len(before) != len(after):
        return f"De cijfertabel ging tot {len(before) - 1} punten en gaat nu tot {len(after) - 1} punten."
    changed = [
        f"bij {points} {'punt' if points == 1 else 'punten'} {_shown(old)} → {_shown(new)}"
        for points, (old, new) in enumerate(zip(before, after, strict=True))
        if not _same(old, new)
    ]
    more = len(changed) - SHOWN_GRADES
    rest = f", en nog {more} {'cijfer' if more == 1 else 'cijfers'}" if more > 0 else ""
    return f"De cijfers zijn anders: {', '.join(changed[:SHOWN_GRADES])}{rest}."


def _same(before: object, after: object) -> bool:
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return before == after or (_decimal(before) is not None and _decimal(before) == _decimal(after))


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _shown(value: object) -> str:
    """Return a number in Dutch notation."""
    return "niets" if value is None else str(value).replace(".", ",")
