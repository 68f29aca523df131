"""Where a school mails its final PDFs to."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from accounts.fields import AddressField, NameField
from accounts.mailable import mailable

from .school import School


class ExamOffice(models.Model):
    """An address of the school's list that a final PDF can be mailed to."""

    school = models.ForeignKey(School, models.CASCADE, related_name="exam_offices")
    name = NameField("naam", max_length=120)
    email = AddressField("e-mailadres")

    class Meta:
        verbose_name = "examenbureau"
        verbose_name_plural = "examenbureaus"
        ordering = ["name"]
        constraints = [models.UniqueConstraint("school", Lower("email"), name="exam_office_once_per_school")]

    def clean(self) -> None:
        try:
            self.email = mailable(self.email)
        except ValidationError as error:
            raise ValidationError({"email": error}) from None

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"
