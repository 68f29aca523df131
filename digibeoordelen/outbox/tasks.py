"""Celery tasks of the outbox; each can run twice and does its work once."""

from celery import shared_task

from .models import OutgoingMail
from .queue import announce
from .worker import deliver_queued, requeue


@shared_task
def send_mail(mail_id: int) -> None:
    """Send one queued mail, unless another worker has it, then what else is queued, for a few seconds."""
    deliver_queued(first=mail_id)


@shared_task
def sweep() -> None:
    """Start tasks for what is due, and for what a crash or a missing broker left without one."""
    requeue()
    while mails := OutgoingMail.objects.take_unannounced(500):
        # `announce` of each, also after a False: it puts the mail back for the next sweep.
        if not all([announce(mail) for mail in mails]):
            return
