"""Tells the workers that a mail is waiting, or finds out that nobody can be told now."""

import logging
import threading
import time

from amqp.exceptions import AMQPError
from django.utils import timezone
from kombu.exceptions import KombuError

from .models import MailState, OutgoingMail

logger = logging.getLogger(__name__)

MAILS_A_TASK = 20  # each task goes on with what else is queued; several, so that several workers take part
BROKER_REST = 5.0  # seconds that a broker that was gone isn't asked again: a class of 30 would wait 30 times
_asked_in_vain_at = -BROKER_REST
_open = threading.local()


class Together:
    """The mails of one transaction, which need no task each."""

    def __init__(self) -> None:
        self._committed = 0

    def is_due(self) -> bool:
        """Called on commit, once for each of them: whether this one is to be announced."""
        if _open.__dict__.get("together") is self:
            del _open.together  # what is queued from now on is of another transaction
        self._committed += 1
        return self._committed % MAILS_A_TASK == 1


def together() -> Together:
    """Those that this thread's transaction has queued.

    After one that was rolled back the next goes on with its object, of which nothing was counted.
    """
    found: Together = _open.__dict__.setdefault("together", Together())
    return found


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
