"""Loading an exam file: the exam and a new version of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import models, transaction
from django.utils import timezone

from accounts.importing.reading import MAX_BYTES as MAX_FILE_BYTES
from accounts.importing.reading import OLE, why_not_ole
from accounts.models import User
from exams.grading.preview import GoodFrom, UnitOutcomes, good_from_of_exam, outcomes_of
from exams.grading.scores import Problem, SchemeError, load_scheme
from exams.models import CoreTask, Criterion, Exam, ExamUnit, ExamVersion, Part, WorkProcess
from exams.published import PublishedContent

from . import excel_reader
from .diff import Difference, differences
from .schema import (
    NOWHERE,
    CoreTaskContent,
    CriterionContent,
    ExamContent,
    Fault,
    FileRefused,
    PartContent,
    UnitContent,
    WorkProcessContent,
    nodes_of,
    read,
)
from .upload import Upload
from .yaml_reader import parse

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
    exam = excel_reader.read(content) if content.startswith(ZIP) else read(parse(content))
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


def content_of(version: ExamVersion) -> ExamContent:
    """In six queries at most, whatever its size. Of a draft the title and level that publishing will give the exam."""
    exam = version.exam
    draft = version.published_at is None and version.title != ""
    return ExamContent(
        kind=exam.kind,
        code=exam.code,
        title=version.title if draft else exam.title,
        cohort=exam.cohort,
        level=version.level if draft else exam.level,
        grading_rule=version.grading_rule,
        grading_data=version.grading_data,
        units=tuple(map(_unit, version.units.with_content())),
    )


def _unit(unit: ExamUnit) -> UnitContent:
    return UnitContent(unit.code, unit.title, _all(_core_task, unit.core_tasks))


def _core_task(task: CoreTask) -> CoreTaskContent:
    return CoreTaskContent(task.code, task.title, _all(_work_process, task.work_processes))


def _work_process(process: WorkProcess) -> WorkProcessContent:
    return WorkProcessContent(process.code, process.title, process.description, _all(_part, process.parts))


def _part(part: Part) -> PartContent:
    return PartContent(part.kind, _all(_criterion, part.criteria))


def _criterion(criterion: Criterion) -> CriterionContent:
    return CriterionContent(criterion.text, criterion.meaning_o, criterion.meaning_v, criterion.meaning_g)


def _all(make: Any, below: Any) -> tuple[Any, ...]:
    return tuple(map(make, below.all()))


@dataclass
class Shown:
    """Content to look at before it counts, beside what counts now."""

    content: ExamContent
    exam: Exam | None  # None: it will be made
    current: ExamVersion | None

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Why it can't be graded; nothing for what came from a file."""
        try:
            nodes = nodes_of(self.content.units)
            load_scheme(rule=self.content.grading_rule, data=self.content.grading_data, units=nodes)
        except SchemeError as error:
            return error.problems
        return ()

    @cached_property
    def differences(self) -> list[Difference]:
        if self.current is None or self.problems:
            return []
        return differences(content_of(self.current), self.content)

    @cached_property
    def outcomes(self) -> list[UnitOutcomes]:
        return [] if self.problems else outcomes_of(self.content)

    @cached_property
    def good_from(self) -> GoodFrom | None:
        return None if self.problems else good_from_of_exam(self.content)

    @property
    def is_the_same(self) -> bool:
        return self.current is not None and not self.problems and not self.differences

    @property
    def drafts(self) -> list[ExamVersion]:
        """Those that are newer than what counts, and so may be published yet."""
        if self.exam is None:
            return []
        newest = self.current.number if self.current else 0
        return list(self.exam.versions.filter(published_at=None, number__gt=newest).select_related("exam"))


def hand_in(*, content: bytes, filename: str, by: User) -> Upload:
    """Keeps a file that is right, to be looked at; raises `FileRefused`."""
    read_content(content)
    Upload.objects.all().forget_old()
    return Upload.objects.create(content=content, filename=filename[-150:], by=by)


def shown(upload: Upload) -> Shown:
    """What saving the file would make."""
    content = read_content(bytes(upload.content)).content
    exam = Exam.objects.filter(code=content.code, cohort=content.cohort).first()
    return Shown(content, exam, exam.current_version if exam else None)


def shown_of(version: ExamVersion) -> Shown:
    """A version beside the one that counts; of that one itself there is nothing to compare."""
    current = version.exam.current_version
    of_draft = version.published_at is None and current is not None and current.number < version.number
    return Shown(content_of(version), version.exam, current if of_draft else None)


@transaction.atomic
def save_as_draft(*, upload: Upload, by: User) -> ExamVersion:
    """'Opslaan als concept': the file's content as the exam's next version; a second time gives the same version."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.version is not None:
        return upload.version
    loaded = load(read_content(bytes(upload.content)), publish=False, by=by, anew=True)
    upload.version = loaded.version
    upload.save(update_fields=["version"])
    if loaded.is_new:
        told = f"Ingelezen uit {upload.filename}."
        LogEntry.objects.log_actions(by.pk, [loaded.version], ADDITION, told, single_object=True)
    return loaded.version


class Overtaken(Exception):
    """A newer version is published already, so that this one would never count."""

    def __init__(self, newer: ExamVersion) -> None:
        self.newer = newer
        super().__init__(f"Versie {newer.number} is nieuwer en al gepubliceerd.")


class NotWhatWasShown(Exception):
    """The version that this one was compared with is no longer the current one."""


def id_of(current: ExamVersion | None) -> str:
    """For a page to carry, and `publish` to hold against what is current then."""
    return str(current.pk) if current else ""


@transaction.atomic
def publish(*, version: ExamVersion, by: User, compared_with: str) -> None:
    """Publishes a draft, and logs who did; `compared_with` is the `id_of` the current version that `by` was shown.

    Running assessments keep the version they began with. Raises `PublishedContent`, `Overtaken`, `NotWhatWasShown`, or
    `grading.SchemeError`.
    """
    exam = Exam.objects.select_for_update().get(pk=version.exam_id)
    version = ExamVersion.objects.get(pk=version.pk)
    current = exam.current_version
    if version.published_at:
        raise PublishedContent
    if current and current.number > version.number:
        raise Overtaken(current)
    if id_of(current) != compared_with:
        raise NotWhatWasShown
    version.publish(by=by)
    LogEntry.objects.log_actions(by.pk, [version], CHANGE, "Gepubliceerd.", single_object=True)
