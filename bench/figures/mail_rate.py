"""P7: the rate of 10,000 invitations / that of a bare smtplib loop on one connection with the same messages.

Ours are queued invitations, sent by a Celery worker as `make run` and docker compose start it. The loop sends the same
bytes from memory. The sink measures both, from the first MAIL to the last mail.

The goal leaves room for plain code: Django's classes build and send each message, with a round trip for every SMTP
command, and each result is written before the next mail goes. A school sends some hundreds of mails a day.
"""

from __future__ import annotations

import smtplib

from django.db import connection

from bench.figure import Figure, Rates
from bench.invitations import invite_examiners, queue_again
from bench.smtp_sink import Sink, Taken, sink
from bench.workers import forget_tasks, wait_until, workers
from digibeoordelen.outbox.models import MailState, OutgoingMail

MAILS = 10_000
RUNS = 3
CONCURRENCY = 2


def measure(scale: float) -> Rates:
    count = max(20, round(MAILS * scale))
    invite_examiners(count)
    ours, reference = [], []
    with sink() as server:
        contents = _send(server, count).contents  # warm-up
        for _ in range(RUNS):
            reference.append(_loop(server, contents))
            ours.append(_send(server, count).seconds)
    return Rates(ours=ours, reference=reference)


def _send(server: Sink, count: int) -> Taken:
    forget_tasks()
    queue_again()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE outbox_outgoingmail")
    server.begin(keep=True)
    with workers(1, mail_to=server, concurrency=CONCURRENCY):
        wait_until(lambda: server.count() >= count and _all_marked())
    taken = server.begin()
    assert set(taken.message_ids.values()) == {1}
    assert len(taken.message_ids) == count
    return taken


def _all_marked() -> bool:
    return not OutgoingMail.objects.exclude(state=MailState.SENT).exists()


def _loop(server: Sink, contents: list[bytes]) -> float:
    server.begin()
    with smtplib.SMTP("127.0.0.1", server.port) as smtp:
        for content in contents:
            smtp.sendmail("noreply@school.test", ["examinator@bedrijf.test"], content)
    return server.begin().seconds


FIGURE = Figure(name="P7", what="mail-rate", goal=0.3, measure=measure, at_least=True)
