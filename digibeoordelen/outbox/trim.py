"""Trim mails that were sent long ago: the plain text stays, which a request for one's data includes."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from digibeoordelen.data_changes import in_batches

from .models import MailState, OutgoingMail


@shared_task(name="digibeoordelen.outbox.tasks.trim_sent")
def trim_sent() -> None:
    """Drop formatted text, links and headers of mails sent more than `MAIL_CONTENT_DAYS` ago."""
    before = timezone.now() - timedelta(days=settings.MAIL_CONTENT_DAYS)
    whole = OutgoingMail.objects.filter(state=MailState.SENT, sent_at__lt=before).exclude(html="")
    for batch in in_batches(whole):
        batch.update(html="", links={}, headers={})
