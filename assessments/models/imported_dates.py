"""Lists of students' dates that were handed in."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.importing.models import ImportedFile, ImportedFileQuerySet
from accounts.models import Role, School, User


class DatesImportQuerySet(ImportedFileQuerySet["DatesImport"]):
    def visible_to(self, user: User) -> DatesImportQuerySet:
        """One's own, as long as one is Schoolbeheer of the school."""
        return self.filter(by=user, school__in=user.schools_as(Role.SCHOOLBEHEER))


class DatesImport(ImportedFile):
    """A list of diploma dates and dates of leaving; `assessments.import_dates` says what its lines mean."""

    school = models.ForeignKey(School, models.CASCADE, related_name="dates_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="dates_imports")

    objects = DatesImportQuerySet.as_manager()

    class Meta(ImportedFile.Meta):
        verbose_name = "import van datums"
        verbose_name_plural = "imports van datums"
