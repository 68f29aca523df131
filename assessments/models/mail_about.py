"""Which mails are about which assessment: they go with it, whoever they were sent to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from digibeoordelen.outbox.models import MailState, OutgoingMail


class MailAboutQuerySet(models.QuerySet["MailAbout"]):
    def failed(self) -> MailAboutQuerySet:
        """Of those that are watched: what went wrong for good and is still true; what was sent anew is left out."""
        return self.filter(is_watched=True, mail__state=MailState.FAILED, mail__dropped_at__isnull=True)

    def forget_delivered(self) -> None:
        """Watches no more what was sent, or need not be: what failed is found among few then."""
        done = Q(mail__state=MailState.SENT) | Q(mail__dropped_at__isnull=False)
        self.filter(done, is_watched=True).update(is_watched=False)


class MailAbout(models.Model):
    """A mail names the student of this assessment; one to an examiner of thirty students names thirty.

    While it `is_watched` the committee is told if it fails; once it was sent that may be taken off.
    """

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="about", db_index=False)
    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="mails")
    is_watched = models.BooleanField(default=False, db_default=False)

    objects = MailAboutQuerySet.as_manager()

    class Meta:
        verbose_name = "mail over een afname"
        verbose_name_plural = "mails over afnames"
        constraints = [models.UniqueConstraint(fields=["mail", "assessment"], name="mail_about_once")]
        indexes = [models.Index(fields=["mail"], condition=Q(is_watched=True), name="mails_watched")]

    def __str__(self) -> str:
        return f"{self.mail_id}: {self.assessment_id}"
