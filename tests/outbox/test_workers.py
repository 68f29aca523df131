"""Real workers: killed workers lose no mail and concurrent workers send each mail once."""

from collections import Counter
from random import randrange

import pytest

from tests.processes import Site, wait_until
from tests.smtp import SmtpSink

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

QUEUE = """
from digibeoordelen.jobs.models import run
from digibeoordelen.outbox.queue import queue_mail
from digibeoordelen.outbox.tasks import send_mail
for number in range({count}):
    mail = queue_mail(kind="test", to=f"examinator{{number}}@bedrijf.test", subject="-", text="-", html="<p>-</p>")
"""
RESET = """
queue_mail(kind="new_password", to="docent@hier.test", subject="-", text="-", html="<p>-</p>")
"""


@pytest.fixture
def mailing_site(site: Site, smtp_sink: SmtpSink) -> Site:
    """A site that sends to the sink, with leases of seconds, so that mails of a crash are soon retried."""
    site.env |= {
        "EMAIL_URL": smtp_sink.url,
        "EMAIL_TIMEOUT": "2",  # the sink is a thread of this process, which may pause for a while
        "OUTBOX_LEASE_SECONDS": "36",
        "OUTBOX_RETRY_SECONDS": "1,1,1,1,1,1",
        "SWEEP_SECONDS": "1",
    }
    return site


def in_state(site: Site, state: str) -> int:
    return int(site.rows(f"select count(*) from outbox_outgoingmail where state = '{state}'")[0][0])


def wait_until_sent(site: Site, count: int) -> None:
    wait_until(lambda: in_state(site, "SENT") == count, f"{count} mails to be sent", timeout=150)


def addressees(sink: SmtpSink) -> Counter[str]:
    return Counter(received.to for received in sink.received)


def test_killed_worker_repeats_only_the_mail_in_flight(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    count, kills = 300, 3
    smtp_sink.delay = 0.004
    mailing_site.python(QUEUE.format(count=count))
    mailing_site.beat()
    for number, first in enumerate((5, 80, 160)):
        worker = mailing_site.worker(f"worker{number}", wait=False)
        smtp_sink.wait_for(first + randrange(60), timeout=60, pause=0.002)
        worker.kill()
    assert in_state(mailing_site, "SENT") < count
    mailing_site.worker("last", wait=False)
    wait_until_sent(mailing_site, count)

    received = addressees(smtp_sink)
    assert len(received) == count
    message_ids = {(each.to, each.message_id) for each in smtp_sink.received}
    assert len(message_ids) == count, "a mail that is repeated has its first Message-ID"
    assert received.total() <= count + kills, "only what was in flight may be repeated"


def test_mails_queued_without_worker_or_broker_are_sent(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    lost = {**mailing_site.env, "BROKER_URL": "redis://127.0.0.1:1/0"}  # no server listens on this port
    mailing_site.env, own = lost, mailing_site.env
    mailing_site.python(QUEUE.format(count=5))
    mailing_site.env = own
    mailing_site.worker(wait=False)
    mailing_site.beat()

    wait_until_sent(mailing_site, 5)
    assert max(addressees(smtp_sink).values()) == 1


def test_two_workers_never_send_a_mail_twice(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    """Both workers get several tasks for each mail at about the same time."""
    mailing_site.env |= {"EMAIL_TIMEOUT": "10", "OUTBOX_LEASE_SECONDS": "300"}
    smtp_sink.delay = 0.01
    workers = [mailing_site.worker(name, concurrency=2, wait=False) for name in ("first", "second")]
    for worker in workers:
        worker.wait_for_output(" ready.")
    mailing_site.python(QUEUE.format(count=150) + "    for again in range(2): send_mail.delay(mail.pk)")
    wait_until_sent(mailing_site, 150)

    assert addressees(smtp_sink) == Counter(f"examinator{number}@bedrijf.test" for number in range(150))
    assert all("Sent: mail " in worker.output for worker in workers), "both took part"


def test_worker_sends_a_password_reset_before_anything_else(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    """PDFs that were asked for earlier, here of an id that does not exist, have tasks before it too."""
    mailing_site.python(QUEUE.format(count=300) + "    run.delay('assessments.Document', 0)\n" + RESET)
    mailing_site.worker(wait=False)

    assert smtp_sink.wait_for(1, timeout=60)[0].to == "docent@hier.test"
