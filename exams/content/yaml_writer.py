"""Write an exam as a YAML file that reads well and that `yaml_reader` reads back."""

from __future__ import annotations

from typing import Any

import yaml

from .schema import (
    CoreTaskContent,
    CriterionContent,
    ExamContent,
    GradingData,
    PartContent,
    UnitContent,
    WorkProcessContent,
)


class _FlowMapping(dict[str, Any]):
    """Written on one line between braces."""


class _FlowList(list[Any]):
    """Written on one line between brackets."""


class _Writer(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the '-' of a list below its key."""
        super().increase_indent(flow, False)  # noqa: FBT003


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write several lines as a block, and invisible characters as escapes."""
    lines = text.split("\n")
    style = None
    if not all(line.isprintable() for line in lines):
        style = '"'
    elif len(lines) > 1:
        style = '"' if any(line != line.strip() for line in lines) else "|"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _flow_mapping(writer: yaml.SafeDumper, data: _FlowMapping) -> yaml.MappingNode:
    return writer.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)


def _flow_list(writer: yaml.SafeDumper, data: _FlowList) -> yaml.SequenceNode:
    return writer.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


_Writer.add_representer(str, _text)
_Writer.add_representer(_FlowMapping, _flow_mapping)
_Writer.add_representer(_FlowList, _flow_list)


def write_yaml(exam: ExamContent) -> str:
    """Return the file's text; reading it gives an equal exam."""
    heading: dict[str, Any] = {"kind": exam.kind, "code": exam.code, "title": exam.title, "cohort": exam.cohort}
    if exam.level:
        heading["level"] = exam.level
    data = exam.grading_data
    whole = {
        "exam": heading,
        "grading": {"rule": exam.grading_rule, **_grading(data, "units")},
        "units": [_unit(unit, data["units"][unit.code]) for unit in exam.units],
    }
    text: str = yaml.dump(whole, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=100)
    return text


def _unit(unit: UnitContent, data: GradingData) -> dict[str, Any]:
    tasks = [_core_task(task, data["core_tasks"][task.code]) for task in unit.core_tasks]
    return {"code": unit.code, "title": unit.title, "grading": _grading(data, "core_tasks"), "core_tasks": tasks}


def _core_task(task: CoreTaskContent, data: GradingData) -> dict[str, Any]:
    processes = [_work_process(process, data["work_processes"][process.code]) for process in task.work_processes]
    grading = _grading(data, "work_processes")
    return {"code": task.code, "title": task.title, "grading": grading, "work_processes": processes}


def _work_process(process: WorkProcessContent, data: GradingData) -> dict[str, Any]:
    parts = [_part(part, data["parts"][part.kind]) for part in process.parts]
    described = {"description": process.description} if process.description else {}
    head = {"code": process.code, "title": process.title, **described}
    return {**head, "grading": _grading(data, "parts"), "parts": parts}


def _part(part: PartContent, data: GradingData) -> dict[str, Any]:
    return {"kind": part.kind, "grading": _grading(data, ""), "criteria": list(map(_criterion, part.criteria))}


def _criterion(criterion: CriterionContent) -> dict[str, str]:
    meanings = {"O": criterion.meaning_o, "V": criterion.meaning_v, "G": criterion.meaning_g}
    return {"text": criterion.text, **meanings}


def _grading(data: GradingData, below: str) -> dict[str, Any]:
    """Return a level's own grading data, a table last (a database keeps no order); on one line without a table."""
    keys = sorted((key for key in data if key != below), key=lambda key: (isinstance(data[key], list), key))
    grading = {key: _FlowList(data[key]) if isinstance(data[key], list) else data[key] for key in keys}
    return grading if any(isinstance(value, list) for value in grading.values()) else _FlowMapping(grading)
