"""Uploaded lists of students and staff."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.importing.models import ImportedFile, ImportedFileQuerySet

from .school import School
from .user import Role, User


class PeopleImportQuerySet(ImportedFileQuerySet["PeopleImport"]):
    def visible_to(self, user: User) -> PeopleImportQuerySet:
        """Return the imports that `user` uploaded, for the schools where `user` is still Schoolbeheer."""
        return self.filter(by=user, school__in=user.schools_as(Role.SCHOOLBEHEER))


class PeopleImport(ImportedFile):
    """A list of people; see `accounts.people.importing`."""

    school = models.ForeignKey(School, models.CASCADE, related_name="people_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="people_imports")
    mails_now = models.BooleanField("mails meteen versturen", default=True)

    objects = PeopleImportQuerySet.as_manager()

    class Meta(ImportedFile.Meta):
        verbose_name = "import van mensen"
        verbose_name_plural = "imports van mensen"
