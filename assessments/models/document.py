"""The PDF of a final result."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from digibeoordelen.jobs.models import Job, JobQuerySet
from digibeoordelen.outbox.models import OutgoingMail, StoredFile

from .assessment import Assessment

FAILING_ATTEMPTS = 4  # of rendering a PDF, within half an hour; then it is reported as failing


class DocumentQuerySet(JobQuerySet["Document"]):
    def visible_to(self, user: User) -> DocumentQuerySet:
        """Filter the finished PDFs: all for the committee, for others the current ones (not superseded)."""
        everything = Q(assessment__in=Assessment.objects.for_committee(user))
        current = Q(assessment__in=Assessment.objects.visible_to(user), superseded_at__isnull=True)
        return self.filter(everything | current, file__isnull=False)

    def current(self) -> DocumentQuerySet:
        return self.filter(superseded_at__isnull=True)

    def pending(self) -> DocumentQuerySet:
        """Filter those without a PDF."""
        return self.current().filter(file__isnull=True)

    def failing(self) -> DocumentQuerySet:
        """Filter those that failed often enough to need attention."""
        return self.pending().filter(attempts__gte=FAILING_ATTEMPTS)


class Document(Job):
    """The PDF of a final result: rendered once, from `result`, and stored with its SHA-256.

    Pending while `file` is empty. When a final result is withdrawn its document remains, superseded.
    """

    max_attempts = None  # the storage may be down for a night
    health_limit = "HEALTH_PDF_SECONDS"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="documents")
    number = models.PositiveSmallIntegerField("versie")
    # As printed, without dashes; documents of an older format have none.
    code = models.CharField("verificatiecode", max_length=20, null=True, editable=False)
    result = models.JSONField("resultaat zoals vastgesteld")
    exam_office_email = models.EmailField("e-mailadres van het examenbureau")
    created_at = models.DateTimeField(default=timezone.now)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, blank=True, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        verbose_name_plural = "documenten"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="document_number_once"),
            models.UniqueConstraint(fields=["code"], name="document_code_once"),
            models.UniqueConstraint(
                fields=["assessment"], condition=Q(superseded_at__isnull=True), name="document_one_current"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def filename(self) -> str:
        """The name of its file; see `file_name`."""
        result = self.result
        codes = [result["student"]["number"], result["exam"]["code"], result["unit"]["code"]]
        return file_name(*codes, attempt=result["attempt"], version=self.number)

    @property
    def is_failing(self) -> bool:
        """Return whether rendering failed often enough to need attention; retries continue."""
        is_pending = self.file_id is None and self.superseded_at is None
        return is_pending and self.attempts >= FAILING_ATTEMPTS

    @property
    def is_on_its_way(self) -> bool:
        """Return whether its PDF is still to be rendered, or its mail still to be delivered."""
        if self.file_id is None:
            return not self.is_failing
        return self.mail is not None and self.mail.state not in (OutgoingMail.State.SENT, OutgoingMail.State.FAILED)


def file_name(student: str, exam: str, unit: str, *, attempt: int, version: int) -> str:
    """Return 'beoordeling-123456-25656-b1-k1-poging1-v1.pdf' from the codes as they were fixed; no name."""
    return f"beoordeling-{slugify(f'{student}-{exam}-{unit}')}-poging{attempt}-v{version}.pdf"
