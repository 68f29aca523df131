"""From a file that someone of the Consortium hands in to a draft: look first, save then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.contrib.admin.models import ADDITION, LogEntry
from django.db import transaction

from accounts.models import User

from .content import ExamContent, nodes_of
from .differences import Difference, differences
from .from_version import content_of
from .grading import Problem, SchemeError, load_scheme
from .load import load, read_content
from .models import Exam, ExamVersion
from .outcomes import GoodFrom, UnitOutcomes, good_from_of_exam, outcomes_of
from .upload import Upload


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
