"""'Publiceren': a draft becomes the version that new assessments begin with."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from accounts.models import User

from .models import Exam, ExamVersion
from .published import PublishedContent


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
