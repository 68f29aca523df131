"""The systems a school exchanges with: test planning (toetsplanning), student records (deelnemerregistratie)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import LineField
from accounts.models import Membership, School
from assessments.models import Sitting


class Partner(models.Model):
    """A system of one school: what it may ask here, and where results go.

    Every right of a partner ends at its school. `initiator` is the docent on whose name its assessments are started;
    a docent among a sitting's staff goes before.
    """

    school = models.ForeignKey(School, models.CASCADE, related_name="partners")
    name = LineField("naam", max_length=120)
    initiator = models.ForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="docent"
    )
    is_active = models.BooleanField("actief", default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "gekoppeld systeem"
        verbose_name_plural = "gekoppelde systemen"
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("school", Lower("name"), name="partner_name_once_per_school")]

    def __str__(self) -> str:
        return self.name


class SittingOrigin(models.Model):
    """Which partner made a sitting: it alone may change the sitting, and its results go there."""

    sitting = models.OneToOneField(Sitting, models.CASCADE, related_name="origin")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="sittings")

    class Meta:
        verbose_name = "herkomst van een zitting"
        verbose_name_plural = "herkomst van zittingen"

    def __str__(self) -> str:
        return str(self.partner)
