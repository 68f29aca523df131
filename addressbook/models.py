"""The school's address book of possible examiners."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.language import Language
from accounts.models import PersonName, Role, School, User
from accounts.search import search_text

KEPT_DAYS = 7  # of a file that was handed in


class ContactQuerySet(models.QuerySet["Contact"]):
    def listed(self) -> ContactQuerySet:
        return self.filter(removed_at__isnull=True)

    def by_hand(self) -> ContactQuerySet:
        """Those that people added: they have no account."""
        return self.filter(user__isnull=True)

    def for_docent(self, user: User) -> ContactQuerySet:
        """Of the schools where `user` is Docent, those that were taken out included."""
        return self.filter(school__in=user.schools_as(Role.DOCENT))


class Contact(PersonName):
    """A possible examiner of a school: linked to a `User`, or added by hand.

    A contact that is taken out of the address book keeps its row (`removed_at`), so that the
    assessments it took part in keep the name.
    """

    class Side(models.TextChoices):
        SCHOOL = "SCHOOL", "School"
        WORKPLACE = "WORKPLACE", "Beroepsonderwijs"

    school = models.ForeignKey(School, models.PROTECT, related_name="contacts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="contacts")
    email = models.EmailField("e-mailadres")
    function = models.CharField("functie", max_length=120, blank=True)
    organisation = models.CharField("organisatie", max_length=160, blank=True)
    side = models.CharField("verbonden aan", max_length=10, choices=Side, default=Side.WORKPLACE)
    language = models.CharField(
        "taal", max_length=2, choices=Language, default=Language.DUTCH, help_text="Van de mails en het formulier."
    )
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_text = models.TextField(editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "contactpersoon"
        verbose_name_plural = "contactpersonen"
        ordering = ["last_name", "first_name"]
        constraints = [
            models.UniqueConstraint("school", Lower("email"), name="contact_email_once_per_school"),
            models.UniqueConstraint(
                fields=["school", "user"], condition=models.Q(user__isnull=False), name="contact_user_once_per_school"
            ),
            models.CheckConstraint(condition=models.Q(language__in=["nl", "en"]), name="contact_language_known"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_derived()
        super().save(*args, **kwargs)

    def speak(self, language: str) -> None:
        """Mails and form are in this language from now on."""
        self.language = language
        self.save(update_fields=["language"])

    def set_derived(self) -> None:
        """Sets what follows from the other fields; `save` does, writing many at once has to."""
        self.email = self.email.strip().lower()
        self.search_text = search_text(
            [self.first_name, self.infix, self.last_name, self.email, self.function, self.organisation]
        )


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> ImportQuerySet:
        """One's own, as long as one is Docent of the school."""
        return self.filter(by=user, school__in=user.schools_as(Role.DOCENT))

    def waiting(self) -> ImportQuerySet:
        """Those that a worker should work on: nobody does, or one that died did."""
        free = models.Q(lease_until__isnull=True) | models.Q(lease_until__lt=timezone.now())
        return self.filter(free, state__in=Import.UNDER_WAY)

    def found_back(self) -> ImportQuerySet:
        """Those that are, or were, done in the background; without what makes them large."""
        return self.filter(total_rows__gt=0).defer("packed", "content")

    def forget_old(self) -> None:
        """Deletes what was handed in over `KEPT_DAYS` ago: it holds names and addresses."""
        self.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()


class Import(models.Model):
    """A file that was read: its rows and what importing them would do, or did.

    `addressbook.importing.preview` writes and reads `packed`; a file's `content` is kept only for as long as a large
    file waits to be read (`addressbook.importing.background`).
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Wacht om te worden gelezen"
        READING = "READING", "Wordt gelezen"
        READY = "READY", "Klaar om te bekijken"
        IMPORTING = "IMPORTING", "Wordt geïmporteerd"
        DONE = "DONE", "Geïmporteerd"
        FAILED = "FAILED", "Kan niet worden gelezen"

    UNDER_WAY = (State.QUEUED, State.READING, State.IMPORTING)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(School, models.CASCADE, related_name="imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    filename = models.CharField("bestandsnaam", max_length=150)
    created_at = models.DateTimeField("ingelezen op", default=timezone.now, db_index=True)
    imported_at = models.DateTimeField("geïmporteerd op", null=True, blank=True)
    columns = models.JSONField(default=dict)  # a column's name → its place in the file
    unused = models.JSONField(default=list)  # headers that mean nothing here
    counts = models.JSONField(default=dict)  # outcome → number of rows
    packed = models.BinaryField()
    state = models.CharField("stand", max_length=10, choices=State, default=State.READY)
    problem = models.TextField("wat er mis is", blank=True)
    # Of what is done in the background: a large file, read and imported by a worker.
    content = models.BinaryField(null=True)
    total_rows = models.PositiveIntegerField(default=0)  # an estimate until the file has been read
    done_rows = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_id = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="DONE", imported_at__isnull=False)
                | (~models.Q(state="DONE") & models.Q(imported_at__isnull=True)),
                name="import_done_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def good(self) -> int:
        """How many rows it brings, or brought, into the address book."""
        return int(self.counts["NEW"] + self.counts["UPDATED"])
