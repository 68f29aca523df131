"""An exam file's content, whatever its format: values with their places, read to `ExamContent` and checked."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError

from accounts.text import clean_line, clean_text
from exams.grading import scores
from exams.grading.scores import DataPath
from exams.models import Exam, Part

Scalar = str | int | float | bool | None
GradingData = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Place:
    """A place in a file: `order` sorts in reading order, `words` (Dutch) names it in a message."""

    order: tuple[int, ...] = ()
    words: str = ""


NOWHERE = Place()  # for what concerns the whole file


def line(number: int) -> Place:
    """Return the place of a line; the first is 1."""
    return Place((number,), f"regel {number}")


@dataclass(frozen=True)
class Node:
    """A value and the place where it begins."""

    value: Scalar | list[Node] | dict[str, Node]
    place: Place = NOWHERE

    def plain(self) -> object:
        """Return the value without places."""
        match self.value:
            case dict():
                return {key: node.plain() for key, node in self.value.items()}
            case list():
                return [node.plain() for node in self.value]
        return self.value


@dataclass(frozen=True)
class Fault:
    """A mistake in a file: where, and what to correct (Dutch)."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place.words}: {self.text}" if self.place.words else self.text


class FileRefused(Exception):
    """The file can't be used; `faults` are in the order of their places."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.place.order))
        super().__init__("\n".join(map(str, self.faults)))


def places_of(node: Node, path: DataPath) -> Iterator[tuple[DataPath, Place]]:
    """Yield (path, place) of `node`, which is at `path`, and of everything in it."""
    yield path, node.place
    items: Sequence[tuple[str | int, Node]] = ()
    if isinstance(node.value, dict):
        items = list(node.value.items())
    elif isinstance(node.value, list):
        items = list(enumerate(node.value))
    for step, below in items:
        yield from places_of(below, (*path, step))


CODE, TITLE, TEXT = 20, 200, 1000  # characters; codes and titles as in the database
MAX_CRITERIA_IN_ALL = 1000  # so that what fits a workbook fits a YAML file
LEVELS = ("units", "core_tasks", "work_processes", "parts")
MAX_CRITERIA = 500  # a unit's form posts a field for each, and settings allow 2,000 fields


@dataclass(frozen=True)
class CriterionContent:
    text: str
    meaning_o: str
    meaning_v: str
    meaning_g: str


@dataclass(frozen=True)
class PartContent:
    kind: str
    criteria: tuple[CriterionContent, ...]

    @property
    def label(self) -> str:
        return str(Part.Kind(self.kind).label)


@dataclass(frozen=True)
class WorkProcessContent:
    code: str
    title: str
    description: str
    parts: tuple[PartContent, ...]


@dataclass(frozen=True)
class CoreTaskContent:
    code: str
    title: str
    work_processes: tuple[WorkProcessContent, ...]


@dataclass(frozen=True)
class UnitContent:
    code: str
    title: str
    core_tasks: tuple[CoreTaskContent, ...]


@dataclass(frozen=True)
class ExamContent:
    """A whole exam file; `grading_rule` and `grading_data` fit the units."""

    kind: str
    code: str
    title: str
    cohort: str
    level: int | None
    grading_rule: str
    grading_data: GradingData
    units: tuple[UnitContent, ...]


def read_exam(
    root: Node, *, with_scheme: bool = True, faults: Sequence[Fault] = (), unreadable: Container[Place] = ()
) -> ExamContent:
    """Return the exam of a parsed file; raise `FileRefused` with all its faults, and `faults` of the parser.

    `unreadable` are places of values that the parser reported and left empty. Without `with_scheme` the grading data
    are not checked against the content, for a file whose items could not all be read.
    """
    reader = _Reader(faults, unreadable)
    content = reader.exam(root)
    if with_scheme and content.grading_rule in scores.RULES:
        reader.check_scheme(content)
    if reader.faults:
        raise FileRefused(reader.faults)
    return content


def content_nodes(units: Sequence[UnitContent]) -> tuple[scores.UnitNode, ...]:
    """Return the units as grading nodes; criteria are numbered, as they have no primary key yet."""
    numbers = count(1)

    def part(content: PartContent) -> scores.PartNode:
        return scores.PartNode(content.kind, tuple(next(numbers) for _ in content.criteria))

    def process(content: WorkProcessContent) -> scores.WorkProcessNode:
        return scores.WorkProcessNode(content.code, tuple(map(part, content.parts)))

    def task(content: CoreTaskContent) -> scores.CoreTaskNode:
        return scores.CoreTaskNode(content.code, tuple(map(process, content.work_processes)))

    return tuple(scores.UnitNode(unit.code, tuple(map(task, unit.core_tasks))) for unit in units)


_Data = dict[str, Any]
Fields = dict[str, Node]
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class _Below(Generic[_Item]):
    """The items of a list, and their grading data by code."""

    contents: list[_Item] = field(default_factory=list)
    data: dict[str, _Data] = field(default_factory=dict)


class _Reader:
    """Collects all faults; what can't be read is replaced by something empty."""

    def __init__(self, faults: Iterable[Fault], unreadable: Container[Place]) -> None:
        self.faults: list[Fault] = list(faults)
        self._unreadable = unreadable
        self._places: dict[DataPath, Place] = {}
        # Levels of which problems in the grading data would follow from a fault that is reported already.
        self._ungraded: set[DataPath] = set()  # their own grading data are unreadable
        self._uncounted: set[DataPath] = set()  # so are items below, and with them the points of every level above

    def fault(self, node: Node, place: str, text: str) -> None:
        self.faults.append(Fault(node.place, f"{place}: {text}"))

    # --- The levels: their content and grading data ------------------------------------------------
    def exam(self, root: Node) -> ExamContent:
        top = self.fields(root, "Bestand", ["exam", "grading", "units"])
        exam = self.heading(top["exam"])
        data = self.grading(top["grading"], (), "Examen", below="units")
        rule = data.pop("rule", None)
        if top["grading"].value is not None and not (isinstance(rule, str) and rule in scores.RULES):
            self.fault(top["grading"], "Examen", f"'rule' hoort een van deze te zijn: {', '.join(scores.RULES)}.")
        units = self.below(top["units"], (), "Examen", "units", "exameneenheid", self.unit)
        criteria = sum(len(node.criteria) for node in content_nodes(units.contents))
        if criteria > MAX_CRITERIA_IN_ALL:
            self.fault(root, "Examen", f"{criteria} criteria is te veel; hoogstens {MAX_CRITERIA_IN_ALL} per examen.")
        return ExamContent(
            kind=exam.kind,
            code=exam.code,
            title=exam.title,
            cohort=exam.cohort,
            level=exam.level,
            grading_rule=str(rule),
            grading_data={**data, "units": units.data},
            units=tuple(units.contents),
        )

    def heading(self, node: Node) -> Exam:
        fields = self.fields(node, "Examen", ["kind", "code", "title", "cohort"], ["level"])
        if isinstance(fields["cohort"].value, int):  # a single year: advice to add quotes would not help
            fields["cohort"] = Node(str(fields["cohort"].value), fields["cohort"].place)
        exam, right = Exam(title=self.text(fields["title"], "Examen", "title", TITLE)), set()
        readers = {
            "kind": lambda node: self.choice(node, "Examen", "kind", Exam.Kind.values),
            "code": lambda node: self.text(node, "Examen", "code", CODE),
            "cohort": lambda node: self.text(node, "Examen", "cohort", CODE),
        }
        for name, read in readers.items():
            before = len(self.faults)
            setattr(exam, name, read(fields[name]))
            if getattr(exam, name) and len(self.faults) == before:
                right.add(name)
        match fields.get("level", Node(None)):
            case Node(value=int() as level) if not isinstance(level, bool) and 1 <= level <= 4:
                exam.level = level
            case Node(value=value) as level_node if value is not None:
                self.fault(level_node, "Examen", "'level' is het niveau: 1, 2, 3 of 4.")
        try:
            exam.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                if name in right:
                    self.fault(fields[name], "Examen", f"{name!r} klopt niet. {messages[0]}")
        return exam

    def unit(self, node: Node, path: DataPath, place: str) -> tuple[UnitContent, _Data]:
        fields = self.fields(node, place, ["code", "title", "grading", "core_tasks"])
        data = self.grading(fields["grading"], path, place, below="core_tasks")
        tasks = self.below(fields["core_tasks"], path, place, "core_tasks", "kerntaak", self.core_task)
        unit = UnitContent(*self.code_and_title(fields, place), tuple(tasks.contents))
        criteria = len(content_nodes([unit])[0].criteria)
        if criteria > MAX_CRITERIA:
            self.fault(node, place, f"{criteria} criteria passen niet op één formulier; hoogstens {MAX_CRITERIA}.")
        return unit, {**data, "core_tasks": tasks.data}

    def core_task(self, node: Node, path: DataPath, place: str) -> tuple[CoreTaskContent, _Data]:
        key = "work_processes"
        fields = self.fields(node, place, ["code", "title", "grading", key])
        data = self.grading(fields["grading"], path, place, below=key)
        processes = self.below(fields[key], path, place, key, "werkproces", self.work_process)
        content = CoreTaskContent(*self.code_and_title(fields, place), tuple(processes.contents))
        return content, {**data, key: processes.data}

    def work_process(self, node: Node, path: DataPath, place: str) -> tuple[WorkProcessContent, _Data]:
        fields = self.fields(node, place, ["code", "title", "grading", "parts"], ["description"])
        data = self.grading(fields["grading"], path, place, below="parts")
        parts = self.below(fields["parts"], path, place, "parts", "onderdeel", self.part, coded_by="kind")
        code, title = self.code_and_title(fields, place)
        description = fields.get("description", Node(None))
        content = WorkProcessContent(
            code, title, self.text(description, place, "description", TEXT, lines=True), tuple(parts.contents)
        )
        return content, {**data, "parts": parts.data}

    def part(self, node: Node, path: DataPath, place: str) -> tuple[PartContent, _Data]:
        fields = self.fields(node, place, ["kind", "grading", "criteria"])
        data = self.grading(fields["grading"], path, place)
        kind = self.choice(fields["kind"], place, "kind", Part.Kind.values)
        items = self.items(fields["criteria"], place, "criteria")
        if not items:
            self._uncounted.add(path)
        criteria = tuple(self.criterion(item, f"{place}, criterium {number}") for number, item in enumerate(items, 1))
        self.check_unique([criterion.text for criterion in criteria], items, place, "het criterium")
        return PartContent(kind, criteria), data

    def criterion(self, node: Node, place: str) -> CriterionContent:
        names = ["text", "O", "V", "G"]
        fields = self.fields(node, place, names)
        texts = [self.text(fields[name], place, name, TEXT, lines=True) for name in names]
        self.check_unique(texts, [fields[name] for name in names], place, "de tekst")
        return CriterionContent(*texts)

    # --- Fields and values -------------------------------------------------------------------------
    def below(
        self,
        node: Node,
        path: DataPath,
        place: str,
        key: str,
        name: str,
        read_item: Callable[[Node, DataPath, str], tuple[_Item, _Data]],
        *,
        coded_by: str = "code",
    ) -> _Below[_Item]:
        """Read a list of items that each have a code."""
        result: _Below[_Item] = _Below()
        codes = []
        items = self.items(node, place, key)
        for number, item in enumerate(items, 1):
            code_node = item.value.get(coded_by) if isinstance(item.value, dict) else None
            code = clean_line(str(code_node.value)) if code_node and code_node.value else str(number)
            title = f"{name} {code[:CODE]}"
            item_place = title[0].upper() + title[1:] if place == "Examen" else f"{place}, {title}"
            content, data = read_item(item, (*path, key, code), item_place)
            if getattr(content, coded_by) != code:
                self._uncounted.add(path)
            codes.append(code)
            result.contents.append(content)
            result.data[code] = data
        self.check_unique(codes, items, place, name)
        if not items or len(set(codes)) < len(codes):
            self._uncounted.add(path)
        return result

    def grading(self, node: Node, path: DataPath, place: str, *, below: str = "") -> _Data:
        """Return the grading data of one level; remember their places for `check_scheme`."""
        if not isinstance(node.value, dict):
            self._ungraded.add(path)
            if node.value is not None:
                self.fault(node, place, "'grading' hoort namen met waarden te hebben, zoals 'good_from: 5'.")
            return {}
        if below in node.value:
            self.fault(node.value[below], place, f"{below!r} hoort niet in 'grading', maar ernaast.")
        if self._is_unread(node):
            self._ungraded.add(path)
        self._places.update(places_of(node, path))
        return {key: value.plain() for key, value in node.value.items()}

    def check_scheme(self, content: ExamContent) -> None:
        """Add the problems of the grading data, except those that follow from a reported fault."""
        try:
            scores.load_scheme(rule=content.grading_rule, data=content.grading_data, units=content_nodes(content.units))
        except scores.SchemeError as error:
            for problem in error.problems:
                path = problem.path
                if self._follows_from_fault(_level_of(path)):
                    continue
                while path and path not in self._places:
                    path = path[:-1]
                self.faults.append(Fault(self._places.get(path, NOWHERE), str(problem)))

    def _is_unread(self, node: Node) -> bool:
        match node.value:
            case dict() as fields:
                return any(map(self._is_unread, fields.values()))
            case list() as items:
                return any(map(self._is_unread, items))
        return node.value is None and node.place in self._unreadable

    def _follows_from_fault(self, level: DataPath) -> bool:
        related = any(path[: len(level)] == level or level[: len(path)] == path for path in self._uncounted)
        return level in self._ungraded or related

    def fields(self, node: Node, place: str, required: Sequence[str], optional: Sequence[str] = ()) -> Fields:
        """Return the node's fields; a missing one of `required` is reported here, and None in the result."""
        known = [*required, *optional]
        missing = {name: Node(None, node.place) for name in required}
        if not isinstance(node.value, dict):
            self.fault(node, place, f"hier horen de velden {', '.join(known)}.")
            return missing
        misspelled = set()  # not reported as missing too
        for name, value in node.value.items():
            if name not in known:
                near = difflib.get_close_matches(name[:CODE], known, 1)
                misspelled.update(near)
                advice = f"bedoelt u {near[0]!r}?" if near else f"hier horen {', '.join(known)}."
                self.fault(value, place, f"het veld {name[:CODE]!r} is onbekend; {advice}")
        fields = missing | node.value
        for name in required:
            if fields[name].value is None and name not in misspelled:
                self.fault(fields[name], place, f"het veld {name!r} ontbreekt of is leeg; vul het in.")
        return fields

    def items(self, node: Node, place: str, name: str) -> list[Node]:
        if isinstance(node.value, list) and node.value:
            return node.value
        if node.value is not None:
            self.fault(node, place, f"{name!r} hoort een lijst te zijn: een of meer regels die met '- ' beginnen.")
        return []

    def code_and_title(self, fields: Fields, place: str) -> tuple[str, str]:
        return self.text(fields["code"], place, "code", CODE), self.text(fields["title"], place, "title", TITLE)

    def choice(self, node: Node, place: str, name: str, choices: Sequence[str]) -> str:
        if isinstance(node.value, str) and node.value in choices:
            return node.value
        if node.value is not None:
            self.fault(node, place, f"{name!r} hoort een van deze te zijn: {', '.join(choices)}.")
        return ""

    def text(self, node: Node, place: str, name: str, longest: int, *, lines: bool = False) -> str:
        """Return the text, stripped; of one line unless `lines`."""
        if node.value is None:
            return ""
        if not isinstance(node.value, str):
            self.fault(node, place, f"{name!r} hoort een tekst te zijn; zet er aanhalingstekens omheen.")
            return ""
        typed = node.value.strip()
        text = clean_text(typed).strip() if lines else clean_line(typed)
        if not text:
            self.fault(node, place, f"{name!r} is leeg; vul het in.")
        elif len(text) > longest:
            self.fault(node, place, f"{name!r} is {len(text)} tekens lang; maak er hoogstens {longest} van.")
        elif "\n" in typed and not lines:
            self.fault(node, place, f"{name!r} hoort op één regel te staan.")
        elif any(map(_is_invisible, typed)):
            self.fault(node, place, f"in {name!r} staat een onzichtbaar teken; typ de tekst opnieuw.")
        return text

    def check_unique(self, values: Sequence[str], nodes: Sequence[Node], place: str, name: str) -> None:
        """Report a repeated value at its second occurrence."""
        times = Counter(values)
        seen: Counter[str] = Counter()
        for value, node in zip(values, nodes, strict=True):
            seen[value] += 1
            if value and seen[value] == 2:
                self.fault(node, place, f"{name} {value[:60]!r} staat er {times[value]} keer in; eens is genoeg.")


def _level_of(path: DataPath) -> DataPath:
    """Return the level that a path in the grading data belongs to: () is the exam, ('units', 'B1') a unit."""
    end = 0
    while path[end : end + 1] and path[end] in LEVELS and len(path) > end + 1:
        end += 2
    return path[:end]


def _is_invisible(sign: str) -> bool:
    """Return whether no screen shows `sign` and no Excel workbook can hold it."""
    return sign in "\ufffe\uffff" or (unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n")
