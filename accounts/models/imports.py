"""Imported lists: the abstract model, of which each kind has its own table, and the list of students and staff."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.fields import LineField
from digibeoordelen.jobs.models import Job, JobQuerySet

from .school import School
from .user import Role, User

RETENTION_DAYS = 7
NOT_READ = "Het lezen van dit bestand is niet gelukt. Probeer het nog eens, of verdeel de lijst over meer bestanden."
NOT_IMPORTED = "Het importeren is niet gelukt; er is nog niets geïmporteerd. Probeer het nog eens."
ImportedFileType = TypeVar("ImportedFileType", bound="ImportedFile")


class ImportedFileQuerySet(JobQuerySet[ImportedFileType]):
    def pending(self) -> Self:
        """Return the imports to be read or imported in the background."""
        return self.filter(state__in=ImportedFile.UNDER_WAY)

    def oldest(self) -> datetime | None:
        """Leave out confirmed imports that no worker began: the moment of the confirmation is not stored."""
        dated = self.exclude(state=ImportedFile.State.IMPORTING, attempts=0)
        return super(ImportedFileQuerySet, dated).oldest()

    def in_background(self) -> Any:
        """Return the imports that are or were done in the background, without their large fields."""
        return self.filter(total_rows__gt=0).defer("packed", "content")

    def purge(self) -> None:
        """Delete imports uploaded over `RETENTION_DAYS` ago: they contain names and addresses."""
        self.filter(created_at__lt=timezone.now() - timedelta(days=RETENTION_DAYS)).delete()


class ImportedFile(Job):
    """An import: a file's rows and the outcome of each; subclasses define `school` and `by`.

    `accounts.importing.preview` packs the rows in `packed`; `content` is stored until a large file has been read.
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
    columns = models.JSONField(default=dict)  # a column's name → its index in the file
    unused = models.JSONField(default=list)  # unknown headers
    understood = models.JSONField(default=list)  # sentences: how a file unlike the template was read
    warnings = models.JSONField(default=list)  # sentences: what to check before importing
    counts = models.JSONField(default=dict)  # outcome → number of rows
    packed = models.BinaryField()
    state = models.CharField("stand", max_length=10, choices=State, default=State.READY)
    problem = models.TextField("wat er mis is", blank=True)
    # Of a large file, read and imported by a worker:
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
    def valid_rows(self) -> int:
        """The number of rows that are or were imported."""
        return int(self.counts["NEW"] + self.counts["UPDATED"] + self.counts.get("ENDED", 0))


class PeopleImportQuerySet(ImportedFileQuerySet["PeopleImport"]):
    def visible_to(self, user: User) -> PeopleImportQuerySet:
        """Return the imports that `user` uploaded, for the schools where `user` is still Schoolbeheer."""
        return self.filter(by=user, school__in=user.schools_as(Role.SCHOOLBEHEER))


class PeopleImport(ImportedFile):
    """A list of people; see `accounts.people.importing`. `ends`: who leaves the school if the list lacks them."""

    class Ends(models.TextChoices):
        NOBODY = "", "Blijft zoals het is"
        STUDENTS = "STUDENTS", "Studenten gaan uit de school"
        STAFF = "STAFF", "Medewerkers gaan uit de school"
        ALL = "ALL", "Studenten en medewerkers gaan uit de school"

    school = models.ForeignKey(School, models.CASCADE, related_name="people_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="people_imports")
    mails_now = models.BooleanField("mails meteen versturen", default=True)
    ends = models.CharField("wie niet in de lijst staat", max_length=10, choices=Ends, blank=True)

    objects = PeopleImportQuerySet.as_manager()

    class Meta(ImportedFile.Meta):
        verbose_name = "import van mensen"
        verbose_name_plural = "imports van mensen"
