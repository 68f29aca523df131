"""A person's name, as accounts, invitations and contacts have it."""

from __future__ import annotations

from django.db import models

from accounts.fields import NameField
from accounts.text import clean_line


def full_name(first_name: str, infix: str, last_name: str) -> str:
    """'Anouk van 't Hoff'."""
    return clean_line(" ".join(filter(None, [first_name, infix, last_name])))


class PersonName(models.Model):
    """First name, infix and last name, as Dutch lists write and sort them."""

    first_name = NameField("voornaam", max_length=80)
    infix = NameField("tussenvoegsel", max_length=30, blank=True)
    last_name = NameField("achternaam", max_length=120)

    class Meta:
        abstract = True

    @property
    def full_name(self) -> str:
        """'Anouk van 't Hoff'; lists sort on 'Hoff'."""
        return full_name(self.first_name, self.infix, self.last_name)
