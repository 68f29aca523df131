"""The school's address book of possible examiners."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from accounts.models import PersonName, Role, School, User
from accounts.search import search_text


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
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        self.search_text = search_text(
            [self.first_name, self.infix, self.last_name, self.email, self.function, self.organisation]
        )
        super().save(*args, **kwargs)
