"""An exam as a YAML file: what `content` reads, laid out as a person would write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from .schema import CoreTaskContent, CriterionContent, ExamContent, PartContent, UnitContent, WorkProcessContent

WIDTH = 100
Data = Mapping[str, Any]


class _OnOneLine(dict[str, Any]):
    """A mapping between braces."""


class _Listed(list[Any]):
    """A list between brackets."""


class _Writer(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """The '-' of a list stands further in than the key it belongs to."""
        super().increase_indent(flow, False)  # noqa: FBT003


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Several lines as a block; what no screen shows in a way that shows it."""
    lines = text.split("\n")
    style = None
    if not all(line.isprintable() for line in lines):
        style = '"'
    elif len(lines) > 1:
        style = '"' if any(line != line.strip() for line in lines) else "|"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _on_one_line(writer: yaml.SafeDumper, data: _OnOneLine) -> yaml.MappingNode:
    return writer.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)


def _listed(writer: yaml.SafeDumper, data: _Listed) -> yaml.SequenceNode:
    return writer.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


_Writer.add_representer(str, _text)
_Writer.add_representer(_OnOneLine, _on_one_line)
_Writer.add_representer(_Listed, _listed)


def write_yaml(exam: ExamContent) -> str:
    """The file's text; reading it gives an equal exam."""
    heading: dict[str, Any] = {"kind": exam.kind, "code": exam.code, "title": exam.title, "cohort": exam.cohort}
    if exam.level:
        heading["level"] = exam.level
    data = exam.grading_data
    whole = {
        "exam": heading,
        "grading": {"rule": exam.grading_rule, **_own(data, "units")},
        "units": [_unit(unit, data["units"][unit.code]) for unit in exam.units],
    }
    text: str = yaml.dump(whole, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=WIDTH)
    return text


def _unit(unit: UnitContent, data: Data) -> dict[str, Any]:
    tasks = [_core_task(task, data["core_tasks"][task.code]) for task in unit.core_tasks]
    return {"code": unit.code, "title": unit.title, "grading": _own(data, "core_tasks"), "core_tasks": tasks}


def _core_task(task: CoreTaskContent, data: Data) -> dict[str, Any]:
    processes = [_work_process(process, data["work_processes"][process.code]) for process in task.work_processes]
    grading = _own(data, "work_processes")
    return {"code": task.code, "title": task.title, "grading": grading, "work_processes": processes}


def _work_process(process: WorkProcessContent, data: Data) -> dict[str, Any]:
    parts = [_part(part, data["parts"][part.kind]) for part in process.parts]
    described = {"description": process.description} if process.description else {}
    head = {"code": process.code, "title": process.title, **described}
    return {**head, "grading": _own(data, "parts"), "parts": parts}


def _part(part: PartContent, data: Data) -> dict[str, Any]:
    return {"kind": part.kind, "grading": _own(data, ""), "criteria": [_criterion(one) for one in part.criteria]}


def _criterion(criterion: CriterionContent) -> dict[str, str]:
    meanings = {"O": criterion.meaning_o, "V": criterion.meaning_v, "G": criterion.meaning_g}
    return {"text": criterion.text, **meanings}


def _own(data: Data, below: str) -> dict[str, Any]:
    """A level's own numbers, a table last (a database keeps no order); on one line where there is none."""
    keys = sorted((key for key in data if key != below), key=lambda key: (isinstance(data[key], list), key))
    own = {key: _Listed(data[key]) if isinstance(data[key], list) else data[key] for key in keys}
    return own if any(isinstance(value, list) for value in own.values()) else _OnOneLine(own)
