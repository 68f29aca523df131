"""Loading an exam file: the exam and a new version of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.importing.reading import MAX_BYTES as MAX_FILE_BYTES
from accounts.importing.reading import OLE, why_not_ole
from accounts.models import User

from . import read_workbook
from .content import ExamContent, read
from .models import CoreTask, Criterion, Exam, ExamUnit, ExamVersion, Part, WorkProcess
from .nodes import NOWHERE, Fault, FileRefused
from .yaml_lines import parse

ZIP = b"PK\x03\x04"  # how an .xlsx begins


@dataclass(frozen=True)
class ExamFile:
    """A file that was read and found right."""

    sha256: str
    content: ExamContent


@dataclass(frozen=True)
class Loaded:
    """What loading a file came to: the version that it holds, and what was done now."""

    version: ExamVersion
    is_new: bool
    published_now: bool


def read_content(content: bytes) -> ExamFile:
    """Reads and checks what a file holds, YAML or Excel; raises `FileRefused` with everything that is wrong with it."""
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused([Fault(NOWHERE, "het bestand is groter dan 10 MB; zo groot is geen examen.")])
    if content.startswith(OLE):
        raise FileRefused([Fault(NOWHERE, why_not_ole(content))])
    exam = read_workbook.read(content) if content.startswith(ZIP) else read(parse(content))
    return ExamFile(hashlib.sha256(content).hexdigest(), exam)


def read_file(path: Path) -> ExamFile:
    """Reads and checks a file; raises `FileRefused` with everything that is wrong with it."""
    try:
        if not path.is_file():
            raise FileRefused([Fault(NOWHERE, "dit bestand is er niet; kijk naar de naam en de map.")])
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FileRefused(
            [Fault(NOWHERE, "dit bestand kan niet gelezen worden; kijk of u er rechten voor hebt.")]
        ) from error
    return read_content(content)


@transaction.atomic
def load(file: ExamFile, *, publish: bool, by: User | None = None, anew: bool = False) -> Loaded:
    """Writes the file's exam and its content as the exam's next version, published if `publish`.

    The exam's own title and level, which others see, stay as they are until the version is published. With `anew` a
    file that was a version once, and was followed by another, becomes a version again: the way back to it.

    A file that is an exam's version already is not written again; with `publish` that version is
    published if it was not yet.
    """
    exam = _exam(file.content)
    version = exam.versions.filter(source_sha256=file.sha256).first()
    followed = version is not None and version.published_at is not None and version != exam.current_version
    sha256 = file.sha256
    if anew and followed:
        version, sha256 = None, ""  # a version keeps its file's fingerprint to itself
    is_new = version is None
    if version is None:
        version = _new_version(exam, file.content, sha256, by)
    published_now = publish and version.published_at is None
    if published_now:
        version.publish(by=by)
    return Loaded(version, is_new, published_now)


def _exam(content: ExamContent) -> Exam:
    """The exam, its row locked, so that two loads at once number their versions after each other."""
    described = {"kind": content.kind, "title": content.title, "level": content.level}
    made, _ = Exam.objects.get_or_create(code=content.code, cohort=content.cohort, defaults=described)
    return Exam.objects.select_for_update().get(pk=made.pk)


def _new_version(exam: Exam, content: ExamContent, sha256: str, by: User | None) -> ExamVersion:
    newest: int = exam.versions.aggregate(newest=models.Max("number"))["newest"] or 0
    version = ExamVersion.objects.create(
        exam=exam,
        number=newest + 1,
        title=content.title,
        level=content.level,
        prepared_by=by,
        prepared_at=timezone.now(),
        grading_rule=content.grading_rule,
        grading_data=content.grading_data,
        source_sha256=sha256,
    )
    _write_content(version, content)
    return version


def _write_content(version: ExamVersion, content: ExamContent) -> None:
    """Everything below the version, level by level: five inserts whatever its size."""
    units = _create(
        ExamUnit(exam_version=version, position=position, code=unit.code, title=unit.title)
        for position, unit in enumerate(content.units, 1)
    )
    core_tasks = _create(
        CoreTask(unit=unit, position=position, code=task.code, title=task.title)
        for unit, task, position in _below(units, [unit.core_tasks for unit in content.units])
    )
    tasks = [task for unit in content.units for task in unit.core_tasks]
    work_processes = _create(
        WorkProcess(
            core_task=core_task,
            position=position,
            code=process.code,
            title=process.title,
            description=process.description,
        )
        for core_task, process, position in _below(core_tasks, [task.work_processes for task in tasks])
    )
    processes = [process for task in tasks for process in task.work_processes]
    parts = _create(
        Part(work_process=work_process, position=position, kind=part.kind)
        for work_process, part, position in _below(work_processes, [process.parts for process in processes])
    )
    part_contents = [part for process in processes for part in process.parts]
    _create(
        Criterion(
            part=part,
            position=position,
            text=criterion.text,
            meaning_o=criterion.meaning_o,
            meaning_v=criterion.meaning_v,
            meaning_g=criterion.meaning_g,
        )
        for part, criterion, position in _below(parts, [part.criteria for part in part_contents])
    )


def _create(things: Iterable[Any]) -> list[Any]:
    rows = list(things)
    made: list[Any] = type(rows[0]).objects.bulk_create(rows)
    return made


def _below(parents: Sequence[Any], contents: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, Any, int]]:
    """(parent's row, content of a thing below it, its position), in the order of the file."""
    for parent, below in zip(parents, contents, strict=True):
        for position, content in enumerate(below, 1):
            yield parent, content, position
