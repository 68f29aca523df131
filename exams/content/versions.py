"""Versions of an exam's content: load them from files, preview, publish."""

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
from accounts.search import holds
from exams.grading.scores import Problem, SchemeError, load_scheme
from exams.models import CoreTask, Criterion, Exam, ExamUnit, ExamVersion, Part, PublishedContent, Upload, WorkProcess

from . import excel_reader
from .diff import Difference, differences
from .outcomes import GoodFrom, UnitOutcomes, exam_good_from, unit_outcomes
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
    content_nodes,
    read_exam,
)
from .yaml_reader import parse

ZIP = b"PK\x03\x04"  # how an .xlsx begins


@dataclass(frozen=True)
class ExamFile:
    """The content of a valid file."""

    sha256: str
    content: ExamContent


@dataclass(frozen=True)
class Loaded:
    """The version of a loaded file, and whether it was created or published by this load."""

    version: ExamVersion
    is_new: bool
    published_now: bool


def read_content(content: bytes) -> ExamFile:
    """Return the exam in a YAML or Excel file; raise `FileRefused` with all its faults."""
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused([Fault(NOWHERE, "het bestand is groter dan 10 MB; zo groot is geen examen.")])
    if content.startswith(OLE):
        raise FileRefused([Fault(NOWHERE, why_not_ole(content))])
    exam = excel_reader.read_workbook(content) if content.startswith(ZIP) else _read_yaml(content)
    return ExamFile(hashlib.sha256(content).hexdigest(), exam)


def _read_yaml(content: bytes) -> ExamContent:
    faults: list[Fault] = []
    root = parse(content, faults)
    return read_exam(root, faults=faults)


def read_file(path: Path) -> ExamFile:
    """As `read_content`, for a file on disk."""
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
def load_exam(file: ExamFile, *, publish: bool, by: User | None = None, restore: bool = False) -> Loaded:
    """Store the file's content as the exam's next version, published if `publish`.

    A file that is already a version of the exam is not stored again (but published, with `publish`). With `restore`
    a file whose version was superseded becomes a new version: the way back to it. The exam's own title and level
    change when the version is published.
    """
    exam = _exam(file.content)
    version = exam.versions.filter(source_sha256=file.sha256).first()
    superseded = version is not None and version.published_at is not None and version != exam.current_version
    sha256 = file.sha256
    if restore and superseded:
        version, sha256 = None, ""  # the fingerprint is unique and remains with the superseded version
    is_new = version is None
    if version is None:
        version = _new_version(exam, file.content, sha256, by)
    published_now = publish and version.published_at is None
    if published_now:
        version.publish(by=by)
    return Loaded(version, is_new, published_now)


def _exam(content: ExamContent) -> Exam:
    """Return the exam, created if needed, its row locked so that concurrent loads get different version numbers."""
    defaults = {"kind": content.kind, "title": content.title, "level": content.level}
    exam, _ = Exam.objects.get_or_create(code=content.code, cohort=content.cohort, defaults=defaults)
    return Exam.objects.select_for_update().get(pk=exam.pk)


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
    """Store everything below the version in five inserts."""
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


def _create(objects: Iterable[Any]) -> list[Any]:
    rows = list(objects)
    created: list[Any] = type(rows[0]).objects.bulk_create(rows)
    return created


def _below(parents: Sequence[Any], contents: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, Any, int]]:
    """Yield (parent's row, child's content, child's position) in file order."""
    for parent, below in zip(parents, contents, strict=True):
        for position, content in enumerate(below, 1):
            yield parent, content, position


def stored_content(version: ExamVersion) -> ExamContent:
    """Return the version's content in at most six queries; of a draft with the title and level it will publish."""
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
class VersionPreview:
    """Content before it is published, beside the current version."""

    content: ExamContent
    exam: Exam | None  # None if saving creates it
    current: ExamVersion | None

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Why the content can't be graded; empty for content of a file."""
        try:
            nodes = content_nodes(self.content.units)
            load_scheme(rule=self.content.grading_rule, data=self.content.grading_data, units=nodes)
        except SchemeError as error:
            return error.problems
        return ()

    @cached_property
    def differences(self) -> list[Difference]:
        if self.current is None or self.problems:
            return []
        return differences(stored_content(self.current), self.content)

    @cached_property
    def outcomes(self) -> list[UnitOutcomes]:
        return [] if self.problems else unit_outcomes(self.content)

    @cached_property
    def good_from(self) -> GoodFrom | None:
        return None if self.problems else exam_good_from(self.content)

    @property
    def is_the_same(self) -> bool:
        return self.current is not None and not self.problems and not self.differences

    @property
    def drafts(self) -> list[ExamVersion]:
        """The drafts newer than the current version: only these can be published."""
        if self.exam is None:
            return []
        newest = self.current.number if self.current else 0
        return list(self.exam.versions.filter(published_at=None, number__gt=newest).select_related("exam"))


@dataclass(frozen=True)
class ExamRow:
    """An exam with its current version and its newest draft that can still be published."""

    exam: Exam
    current: ExamVersion | None
    draft: ExamVersion | None


def find_exams(query: str) -> models.QuerySet[Exam]:
    """Return exams by title, code, cohort and kind, in any accents."""
    exams = Exam.objects.all()
    if query:
        texts = [(exam.pk, [exam.title, exam.code, exam.cohort, exam.get_kind_display()]) for exam in exams]
        exams = exams.filter(pk__in=[pk for pk, words in texts if holds(query, words)])
    return exams


def exam_rows(exams: Sequence[Exam]) -> list[ExamRow]:
    """Return a row for each exam, in one query."""
    newest: dict[tuple[int, bool], ExamVersion] = {}
    for version in ExamVersion.objects.filter(exam__in=exams).defer("grading_data").order_by("number"):
        newest[version.exam_id, version.published_at is not None] = version
    rows = []
    for exam in exams:
        current, draft = newest.get((exam.pk, True)), newest.get((exam.pk, False))
        rows.append(ExamRow(exam, current, draft if draft and (not current or draft.number > current.number) else None))
    return rows


def store_upload(*, content: bytes, filename: str, by: User) -> Upload:
    """Store a valid file for preview; raise `FileRefused`."""
    read_content(content)
    Upload.objects.all().delete_expired()
    return Upload.objects.create(content=content, filename=filename[-150:], by=by)


def preview_upload(upload: Upload) -> VersionPreview:
    content = read_content(bytes(upload.content)).content
    exam = Exam.objects.filter(code=content.code, cohort=content.cohort).first()
    return VersionPreview(content, exam, exam.current_version if exam else None)


def preview_version(version: ExamVersion) -> VersionPreview:
    """Return the version's preview, compared with the current version if it is a newer draft."""
    current = version.exam.current_version
    is_newer = version.published_at is None and current is not None and current.number < version.number
    return VersionPreview(stored_content(version), version.exam, current if is_newer else None)


@transaction.atomic
def save_as_draft(*, upload: Upload, by: User) -> ExamVersion:
    """'Opslaan als concept': store the file as the exam's next version; idempotent."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.version is not None:
        return upload.version
    loaded = load_exam(read_content(bytes(upload.content)), publish=False, by=by, restore=True)
    upload.version = loaded.version
    upload.save(update_fields=["version"])
    if loaded.is_new:
        message = f"Ingelezen uit {upload.filename}."
        LogEntry.objects.log_actions(by.pk, [loaded.version], ADDITION, message, single_object=True)
    return loaded.version


class NewerVersionPublished(Exception):
    """A newer version is already published, so this one would never be current."""

    def __init__(self, newer: ExamVersion) -> None:
        self.newer = newer
        super().__init__(f"Versie {newer.number} is nieuwer en al gepubliceerd.")


class StaleComparison(Exception):
    """The version that the draft was compared with is no longer the current one."""


def comparison_token(current: ExamVersion | None) -> str:
    """Return the value that the confirmation posts as `publish`'s `compared_with`."""
    return str(current.pk) if current else ""


@transaction.atomic
def publish(*, version: ExamVersion, by: User, compared_with: str) -> None:
    """Publish a draft and log it; `compared_with` is the `comparison_token` of the current version that `by` saw.

    Running assessments keep their version. Raise `PublishedContent`, `NewerVersionPublished`, `StaleComparison` or
    `SchemeError`.
    """
    exam = Exam.objects.select_for_update().get(pk=version.exam_id)
    version = ExamVersion.objects.get(pk=version.pk)
    current = exam.current_version
    if version.published_at:
        raise PublishedContent
    if current and current.number > version.number:
        raise NewerVersionPublished(current)
    if comparison_token(current) != compared_with:
        raise StaleComparison
    version.publish(by=by)
    LogEntry.objects.log_actions(by.pk, [version], CHANGE, "Gepubliceerd.", single_object=True)
