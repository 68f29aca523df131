"""The systems a school exchanges with: test planning (toetsplanning), student records (deelnemerregistratie)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.fields import LineField
from accounts.models import Membership, School
from assessments.models import Sitting

# The scopes of OKE 1.0.1 that are served.
CATALOGUE, SITTINGS = "nl-test-admin-flow-0", "nl-test-admin-flow-2-3-4"


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
    reads_catalogue = models.BooleanField("examens opvragen", default=True, help_text="Stroom 0 van OKE.")
    plans_sittings = models.BooleanField(
        "zittingen plannen, en resultaten en verslagen opvragen", default=True, help_text="Stroom 2, 3 en 4 van OKE."
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

    @property
    def scopes(self) -> list[str]:
        """Return the scopes of OKE that the school allows."""
        allowed = {CATALOGUE: self.reads_catalogue, SITTINGS: self.plans_sittings}
        return [scope for scope in allowed if allowed[scope]]


class PartnerKey(models.Model):
    """A client of OAuth with which a partner reaches its school; the secret is stored as a hash, by `application`.

    A partner may have two while it changes from one to the other. A revoked key has no application left.
    """

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="keys")
    application = models.OneToOneField(
        "oauth2_provider.Application", models.SET_NULL, null=True, related_name="partner_key"
    )
    client_id = models.CharField("client-id", max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField("gemaakt op", default=timezone.now)
    last_used_at = models.DateTimeField("laatst gebruikt", null=True, blank=True)
    revoked_at = models.DateTimeField("ingetrokken op", null=True, blank=True)

    class Meta:
        verbose_name = "sleutel van een gekoppeld systeem"
        verbose_name_plural = "sleutels van gekoppelde systemen"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.client_id


class SittingOrigin(models.Model):
    """Which partner made a sitting: it alone may change the sitting, and its results go there.

    `offering` holds what the partner sent and the sitting itself lacks, such as its code and description.
    """

    sitting = models.OneToOneField(Sitting, models.CASCADE, related_name="origin")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="sittings")
    offering = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "herkomst van een zitting"
        verbose_name_plural = "herkomst van zittingen"

    def __str__(self) -> str:
        return str(self.partner)
