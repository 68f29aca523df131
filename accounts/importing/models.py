"""The model of a file that was handed in; each kind of import has a table of its own."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models
from django.utils import timezone

from accounts.fields import LineField
from digibeoordelen.jobs.models import Job, JobQuerySet

KEPT_DAYS = 7  # of a file that was handed in
NOT_READ = "Het lezen van dit bestand is niet gelukt. Probeer het nog eens, of verdeel de lijst over meer bestanden."
NOT_IMPORTED = "Het importeren is niet gelukt; er is nog niets geïmporteerd. Probeer het nog eens."
M = TypeVar("M", bound="ImportedFile")


class ImportedFileQuerySet(JobQuerySet[M]):
    def pending(self) -> Self:
        """Those that are to be read or imported in the background."""
        return self.filter(state__in=ImportedFile.UNDER_WAY)

    def found_back(self) -> Any:
        """Those that are, or were, done in the background; without what makes them large."""
        return self.filter(total_rows__gt=0).defer("packed", "content")

    def purge(self) -> None:
        """Delete what was handed in over `KEPT_DAYS` ago: it holds names and addresses."""
        self.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()


class ImportedFile(Job):
    """A file that was read: its rows and what importing them would do, or did.

    A model of one kind of import adds `school` and `by`. `accounts.importing.preview` writes and reads `packed`; a
    file's `content` is kept only for as long as a large file waits to be read (`accounts.importing.job`).
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Wacht om te worden gelezen"
        READING = "READING", "Wordt gelezen"
        READY = "READY", "Klaar om te bekijken"
        IMPORTING = "IMPORTING", "Wordt geïmporteerd"
        DONE = "DONE", "Geïmporteerd"
        FAILED = "FAILED", "Kan niet worden gelezen"

    max_attempts = 3
    UNDER_WAY = (State.QUEUED, State.READING, State.IMPORTING)

    school: models.ForeignKey[Any, Any]
    school_id: int
    by: models.ForeignKey[Any, Any]
    by_id: int
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    filename = LineField("bestandsnaam", max_length=150)
    created_at = models.DateTimeField("ingelezen op", default=timezone.now, db_index=True)
    imported_at = models.DateTimeField("geïmporteerd op", null=True, blank=True)
    columns = models.JSONField(default=dict)  # a column's name → its place in the file
    unused = models.JSONField(default=list)  # headers that mean nothing here
    understood = models.JSONField(default=list)  # how the file was read where it isn't as the template, in sentences
    warnings = models.JSONField(default=list)  # what to look at before importing, in sentences
    counts = models.JSONField(default=dict)  # outcome → number of rows
    packed = models.BinaryField()
    state = models.CharField("stand", max_length=10, choices=State, default=State.READY)
    problem = models.TextField("wat er mis is", blank=True)
    # Of what is done in the background: a large file, read and imported by a worker.
    content = models.BinaryField(null=True)
    total_rows = models.PositiveIntegerField(default=0)  # an estimate until the file has been read
    done_rows = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="DONE", imported_at__isnull=False)
                | (~models.Q(state="DONE") & models.Q(imported_at__isnull=True)),
                name="%(class)s_done_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def give_up(self) -> None:
        if self.state == self.State.IMPORTING:
            self.finish(state=self.State.READY, problem=NOT_IMPORTED)
        else:
            self.finish(state=self.State.FAILED, problem=NOT_READ, content=None)

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def good(self) -> int:
        """How many rows it brings, or brought."""
        return int(self.counts["NEW"] + self.counts["UPDATED"])
