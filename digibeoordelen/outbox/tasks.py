"""What the workers do for the outbox; each task can run twice and does its work once."""

from celery import shared_task

from .models import OutgoingMail
from .queue import announce
from .worker import deliver_queued, requeue


@shared_task
def send_mail(mail_id: int) -> None:
    """Sends one queued mail, unless someone else has it, and goes on for a while with what else is queued."""
    deliver_queued(first=mail_id)


@shared_task
def sweep() -> None:
    """Starts tasks for what is due, and for what a crash or a broker that was gone left without one."""
    requeue()
    for batch in OutgoingMail.objects.batches_to_announce():
        # Each is asked, not until the first False: that puts the others back where the next sweep finds them.
        if not all([announce(mail_id) for mail_id in batch]):
            return
