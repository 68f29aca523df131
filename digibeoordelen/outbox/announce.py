"""Tells the workers that a mail is waiting, or finds out that nobody can be told now."""

import logging
import time

from amqp.exceptions import AMQPError
from django.utils import timezone
from kombu.exceptions import KombuError

from .models import MailState, OutgoingMail

logger = logging.getLogger(__name__)

BROKER_REST = 5.0  # seconds that a broker that was gone isn't asked again: a class of 30 would wait 30 times
_asked_in_vain_at = -BROKER_REST


def announce(mail_id: int) -> bool:
    """Starts the task of a mail that is committed; False when the broker is gone, which the sweep mends.

    The caller's own work is done by then, and doesn't fail for this.
    """
    global _asked_in_vain_at
    from .tasks import send_mail  # tasks.sweep announces, too

    if time.monotonic() - _asked_in_vain_at >= BROKER_REST:
        try:
            send_mail.delay(mail_id)
        except (KombuError, AMQPError, OSError) as error:
            logger.warning("The broker is gone (%s); the sweep will announce what is queued", error)
            _asked_in_vain_at = time.monotonic()
        else:
            return True
    OutgoingMail.objects.filter(pk=mail_id, state=MailState.QUEUED).update(announce_at=timezone.now())
    return False
