"""Which mails are about which assessment: they go with it, whoever they were sent to."""

from __future__ import annotations

from django.db import models

from digibeoordelen.outbox.models import OutgoingMail


class MailAbout(models.Model):
    """A mail names the student of this assessment; one to an examiner of thirty students names thirty."""

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="about", db_index=False)
    assessment = models.ForeignKey("assessments.Assessment", models.CASCADE, related_name="mails")

    class Meta:
        verbose_name = "mail over een afname"
        verbose_name_plural = "mails over afnames"
        constraints = [models.UniqueConstraint(fields=["mail", "assessment"], name="mail_about_once")]

    def __str__(self) -> str:
        return f"{self.mail_id}: {self.assessment_id}"
