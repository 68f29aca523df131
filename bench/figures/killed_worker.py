"""P7b: mails of 10,000 invitations that are sent twice / times a worker is killed (SIGKILL, at random points).

Asserts that every mail arrives under its own Message-ID.
"""

from __future__ import annotations

import random
from functools import partial

from bench.figure import Counts, Figure
from bench.invitations import invite_examiners, queue_again
from bench.smtp_sink import Sink, sink
from bench.workers import forget_tasks, wait_until, workers
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.tasks import sweep

MAILS, KILLS = 10_000, 12
# As short as the checks allow: the mail that a killed worker was sending waits for the end of its lease.
SETTINGS = {"EMAIL_TIMEOUT": "1", "OUTBOX_LEASE_SECONDS": "19"}


def measure(scale: float) -> Counts:
    count = max(200, round(MAILS * scale))
    invite_examiners(count)
    forget_tasks()
    queue_again()
    with sink() as server:
        server.begin()
        for point in sorted(random.sample(range(1, count * 9 // 10), KILLS)):
            with workers(1, mail_to=server, env=SETTINGS):
                wait_until(partial(_has_received, server, point))
        with workers(1, mail_to=server, env=SETTINGS):
            wait_until(_all_sent)
        taken = server.begin()
    expected = {message_id.encode() for message_id in OutgoingMail.objects.values_list("message_id", flat=True)}
    assert set(taken.message_ids) == expected
    return Counts(taken.message_ids.total() - count, KILLS)


def _has_received(server: Sink, point: int) -> bool:
    sweep()  # as beat, but more often
    return server.count() >= point


def _all_sent() -> bool:
    sweep()
    return not OutgoingMail.objects.exclude(state=MailState.SENT).exists()


FIGURE = Figure(name="P7b", what="mails-repeated-per-kill", goal=1.0, measure=measure)
