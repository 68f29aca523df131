"""The school's address book of possible examiners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from accounts.fields import AddressField, NameField
from accounts.language import Language
from accounts.mail.addresses import normalise_address, searchable
from accounts.models import ImportedFile, ImportedFileQuerySet, PersonName, Role, School, User
from accounts.search import search_text, sort_key


class ContactQuerySet(models.QuerySet["Contact"]):
    def listed(self) -> ContactQuerySet:
        return self.filter(removed_at__isnull=True)

    def by_hand(self) -> ContactQuerySet:
        """Return the contacts without an account, which users added."""
        return self.filter(user__isnull=True)

    def for_docent(self, user: User) -> ContactQuerySet:
        """Return the contacts of the schools where `user` is Docent, including removed ones."""
        return self.filter(school__in=user.schools_as(Role.DOCENT))


class Contact(PersonName):
    """A possible examiner of a school, linked to a `User` or added by hand.

    A removed contact keeps its row (`removed_at`), so that its assessments keep the name.
    """

    class Side(models.TextChoices):
        SCHOOL = "SCHOOL", "School"
        WORKPLACE = "WORKPLACE", "Beroepsonderwijs"

    school = models.ForeignKey(School, models.PROTECT, related_name="contacts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="contacts")
    email = AddressField("e-mailadres")
    function = NameField("functie", max_length=120, blank=True)
    organisation = NameField("organisatie", max_length=160, blank=True)
    side = models.CharField("verbonden aan", max_length=10, choices=Side, default=Side.WORKPLACE)
    language = models.CharField(
        "taal", max_length=2, choices=Language, default=Language.DUTCH, help_text="Van de mails en het formulier."
    )
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_text = models.TextField(editable=False)
    sort_key = models.TextField(editable=False, default="", db_default="")  # the order of lists of contacts

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "contactpersoon"
        verbose_name_plural = "contactpersonen"
        ordering = ["sort_key", "id"]
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

    def set_language(self, language: str) -> None:
        """Store the language of the contact's mails and form."""
        self.language = language
        self.save(update_fields=["language"])

    def set_derived(self) -> None:
        """Set the fields derived from others; call this before a bulk write, which skips `save`."""
        self.email = normalise_address(self.email)
        self.search_text = search_text(
            [self.first_name, self.infix, self.last_name, searchable(self.email), self.function, self.organisation]
        )
        self.sort_key = sort_key(self.last_name, self.first_name)


def full_names(contacts: Iterable[Contact]) -> list[str]:
    """Return the names of distinct contacts, in the order of lists: by last name."""
    return [contact.full_name for contact in sorted(set(contacts), key=lambda contact: (contact.sort_key, contact.pk))]


class ImportQuerySet(ImportedFileQuerySet["Import"]):
    def visible_to(self, user: User) -> ImportQuerySet:
        """Return the user's own imports at schools where they are Docent."""
        return self.filter(by=user, school__in=user.schools_as(Role.DOCENT))


class Import(ImportedFile):
    """An import of examiners (`addressbook.importing`)."""

    school = models.ForeignKey(School, models.CASCADE, related_name="imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")

    objects = ImportQuerySet.as_manager()

    class Meta(ImportedFile.Meta):
        pass
