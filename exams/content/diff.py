"""What a new version changes in an exam, in words: units, work processes and criteria, and the numbers."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from .schema import CoreTaskContent, CriterionContent, ExamContent, UnitContent, WorkProcessContent

ALIKE = 0.6  # of difflib: two texts of which one was made of the other
MAX_LIKENED = 2500  # pairs of criteria; where more than fifty are new, all of them are
SHOWN_GRADES = 3
Coded = TypeVar("Coded", UnitContent, CoreTaskContent, WorkProcessContent)
Data = Mapping[str, Any]


class Kind(StrEnum):
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"

    @property
    def label(self) -> str:
        return {"ADDED": "Nieuw", "REMOVED": "Vervalt", "CHANGED": "Gewijzigd"}[self.value]


@dataclass(frozen=True)
class Difference:
    """One change: what, where, and for a text that changes what it was and what it becomes."""

    kind: Kind
    place: str
    text: str
    before: str = ""
    after: str = ""


def differences(old: ExamContent, new: ExamContent) -> list[Difference]:
    """What makes `new` another exam than `old`, in the exam's order; nothing where they say the same."""
    return list(_Comparison().exam(old, new))


def count(criteria: int) -> str:
    return "1 criterium" if criteria == 1 else f"{criteria} criteria"


def criteria_of(content: UnitContent | CoreTaskContent | WorkProcessContent) -> int:
    match content:
        case UnitContent():
            return sum(map(criteria_of, content.core_tasks))
        case CoreTaskContent():
            return sum(map(criteria_of, content.work_processes))
    return sum(len(part.criteria) for part in content.parts)


class _Comparison:
    def exam(self, old: ExamContent, new: ExamContent) -> Iterator[Difference]:
        yield from _value("Examen", "de titel", old.title, new.title)
        yield from _value("Examen", "het niveau", old.level, new.level)
        yield from _value("Examen", "de beoordelingsregel", old.grading_rule, new.grading_rule)
        yield from _numbers("Examen", old.grading_data, new.grading_data)
        yield from self.below("Examen", "exameneenheid", old.units, new.units, self.unit, (old, new), "units")

    def below(
        self,
        place: str,
        name: str,
        old: Sequence[Coded],
        new: Sequence[Coded],
        compare: Callable[[str, Coded, Coded, Data, Data], Iterator[Difference]],
        data: Any,
        key: str,
    ) -> Iterator[Difference]:
        """Things with a code: the same code is the same thing."""
        of_old, of_new = ({one.code: one for one in some} for some in (old, new))
        before, after = (_data(some)[key] for some in data)
        for code, thing in of_new.items():
            shown = f"{name} {code}"
            below = shown[0].upper() + shown[1:] if place == "Examen" else f"{place}, {shown}"
            if code not in of_old:
                yield Difference(Kind.ADDED, below, f"‘{thing.title}’, met {count(criteria_of(thing))}.")
            else:
                yield from _value(below, "de titel", of_old[code].title, thing.title)
                yield from _numbers(below, before[code], after[code])
                yield from compare(below, of_old[code], thing, before[code], after[code])
        for code, gone in of_old.items():
            if code not in of_new:
                text = f"{name} {code} ‘{gone.title}’, met {count(criteria_of(gone))}."
                yield Difference(Kind.REMOVED, place, text[0].upper() + text[1:])
        yield from _order(place, [f"{name} {code}" for code in of_old], [f"{name} {code}" for code in of_new])

    def unit(self, place: str, old: UnitContent, new: UnitContent, before: Data, after: Data) -> Iterator[Difference]:
        tasks = (old.core_tasks, new.core_tasks)
        return self.below(place, "kerntaak", *tasks, self.core_task, (before, after), "core_tasks")

    def core_task(
        self, place: str, old: CoreTaskContent, new: CoreTaskContent, before: Data, after: Data
    ) -> Iterator[Difference]:
        processes = (old.work_processes, new.work_processes)
        return self.below(place, "werkproces", *processes, self.work_process, (before, after), "work_processes")

    def work_process(
        self, place: str, old: WorkProcessContent, new: WorkProcessContent, before: Data, after: Data
    ) -> Iterator[Difference]:
        yield from _value(place, "de omschrijving", old.description, new.description)
        of_old, of_new = ({part.kind: part for part in some.parts} for some in (old, new))
        for kind, part in of_new.items():
            if kind not in of_old:
                yield Difference(Kind.ADDED, place, f"{part.label}, met {count(len(part.criteria))}.")
            else:
                below = f"{place}, {part.label}"
                yield from _numbers(below, before["parts"][kind], after["parts"][kind])
                yield from _criteria(below, of_old[kind].criteria, part.criteria)
        for kind, gone in of_old.items():
            if kind not in of_new:
                text = f"{gone.label}, met {count(len(gone.criteria))}."
                yield Difference(Kind.REMOVED, place, text)
        yield from _order(place, [part.label for part in old.parts], [part.label for part in new.parts])


def _data(some: Any) -> Data:
    data: Data = some.grading_data if isinstance(some, ExamContent) else some
    return data


# --- Criteria ----------------------------------------------------------------------------------------
def _criteria(place: str, old: Sequence[CriterionContent], new: Sequence[CriterionContent]) -> Iterator[Difference]:
    """Criteria have no code: one is the same by its text, or else changed where text or meanings are much alike."""
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
    kept = {before.text for before in pairs.values()}
    for gone in old:
        if gone.text not in kept:
            yield Difference(Kind.REMOVED, place, f"Criterium ‘{gone.text}’")
    yield from _order(place, [one.text for one in old if one.text in kept], [one.text for one in pairs.values()])


def _pairs(old: Sequence[CriterionContent], new: Sequence[CriterionContent]) -> dict[str, CriterionContent]:
    """The text of each new criterion that was there before → what it was, in the new order."""
    by_text = {one.text: one for one in old}
    pairs = {one.text: by_text[one.text] for one in new if one.text in by_text}
    left = [one for one in old if one.text not in pairs]
    fresh = [one for one in new if one.text not in pairs]
    if len(left) * len(fresh) <= MAX_LIKENED:
        for one in fresh:
            if not left:
                break
            most = max(left, key=lambda before: _likeness(before, one))
            if _likeness(most, one) >= ALIKE:
                pairs[one.text] = most
                left.remove(most)
    return {one.text: pairs[one.text] for one in new if one.text in pairs}


def _likeness(old: CriterionContent, new: CriterionContent) -> float:
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
    """Longer texts under each other, short ones in a sentence."""
    if before == after:
        return
    if before and after and len(f"{before}{after}") < 60:
        yield Difference(Kind.CHANGED, place, f"{what[0].upper()}{what[1:]} was ‘{before}’ en wordt ‘{after}’.")
    else:
        yield Difference(
            Kind.CHANGED, place, f"{what[0].upper()}{what[1:]} is anders.", str(before or ""), str(after or "")
        )


def _order(place: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    if [one for one in old if one in new] != [one for one in new if one in old]:
        yield Difference(Kind.CHANGED, place, "De volgorde is anders.")


# --- Numbers -----------------------------------------------------------------------------------------
NAMES = {"good_from": "G vanaf", "weight": "De weging"}
LEVELS = {"units", "core_tasks", "work_processes", "parts"}


def _numbers(place: str, old: Data, new: Data) -> Iterator[Difference]:
    """What a level's own numbers were and are; `good_from` in points."""
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
    """A number as one writes it in Dutch."""
    return "niets" if value is None else str(value).replace(".", ",")
