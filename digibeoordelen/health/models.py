"""Signs of life, in the database: a cache in Redis is gone with the broker, just when they matter."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """When beat, or any worker, last gave a sign of life, and when the mailbox of bounces was last read."""

    class Process(models.TextChoices):
        WORKER = "worker"
        BEAT = "beat"
        MAILBOX = "mailbox"

    process = models.CharField(max_length=10, choices=Process, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "teken van leven"
        verbose_name_plural = "tekens van leven"
        constraints = [
            models.CheckConstraint(condition=models.Q(process__in=["worker", "beat", "mailbox"]), name="heartbeat_of")
        ]

    def __str__(self) -> str:
        return self.process

    @classmethod
    def note(cls, process: Process) -> None:
        cls.objects.update_or_create(process=process, defaults={"at": timezone.now()})
