"""Real workers: none killed loses a mail, no two of them send one twice."""

from collections import Counter

import pytest

from tests.processes import Process, Site, wait_until
from tests.smtp import SmtpSink

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

QUEUE = """
from digibeoordelen.outbox.queue import queue_mail
from digibeoordelen.outbox.tasks import send_mail
for number in range({count}):
    mail = queue_mail(kind="test", to=f"examinator{{number}}@bedrijf.test", subject="-", text="-", html="<p>-</p>")
"""


@pytest.fixture
def mailing_site(site: Site, smtp_sink: SmtpSink) -> Site:
    """A site that sends to the sink, with a lease of seconds, so that what a crash leaves is soon taken up."""
    site.env |= {
        "EMAIL_URL": smtp_sink.url,
        "EMAIL_TIMEOUT": "0.7",
        "OUTBOX_LEASE_SECONDS": "11",
        "OUTBOX_RETRY_SECONDS": "1,1,1,1,1,1",
        "SWEEP_SECONDS": "1",
    }
    return site


def in_state(site: Site, state: str) -> int:
    return int(site.rows(f"select count(*) from outbox_outgoingmail where state = '{state}'")[0][0])


def wait_until_sent(site: Site, count: int) -> None:
    wait_until(lambda: in_state(site, "SENT") == count, f"{count} mails to be sent", timeout=90)


def addressees(sink: SmtpSink) -> Counter[str]:
    return Counter(received.to for received in sink.received)


def stands_still_in_flight(site: Site, worker: Process) -> bool:
    """Stops the worker where it is; lets it go on when no mail was in flight at that moment."""
    worker.freeze()
    if in_state(site, "IN_FLIGHT"):
        return True
    worker.thaw()
    return False


def test_a_killed_worker_loses_no_mail(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    smtp_sink.delay = 0.1
    worker = mailing_site.worker(concurrency=2)
    mailing_site.python(QUEUE.format(count=80))
    smtp_sink.wait_for(4, timeout=60)
    wait_until(lambda: stands_still_in_flight(mailing_site, worker), "a mail in flight")
    worker.kill()

    assert in_state(mailing_site, "IN_FLIGHT") > 0
    assert in_state(mailing_site, "QUEUED") > 0
    smtp_sink.delay = 0
    mailing_site.worker("again", concurrency=2)
    mailing_site.beat()
    wait_until_sent(mailing_site, 80)

    received = addressees(smtp_sink)
    assert len(received) == 80
    message_ids = {(each.to, each.message_id) for each in smtp_sink.received}
    assert len(message_ids) == 80, "a mail that is repeated has its first Message-ID"
    assert sum(received.values()) <= 82, "only what was in flight may be repeated"


def test_mails_queued_without_any_worker_or_broker_message_are_sent(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    lost = {**mailing_site.env, "BROKER_URL": "redis://127.0.0.1:1/0"}  # nobody listens there
    mailing_site.env, own = lost, mailing_site.env
    mailing_site.python(QUEUE.format(count=5))
    mailing_site.env = own
    mailing_site.worker()
    mailing_site.beat()

    wait_until_sent(mailing_site, 5)
    assert max(addressees(smtp_sink).values()) == 1


def test_two_workers_never_send_a_mail_twice(mailing_site: Site, smtp_sink: SmtpSink) -> None:
    """Though both are told of each mail, more than once, at about the same time."""
    mailing_site.env |= {"EMAIL_TIMEOUT": "10", "OUTBOX_LEASE_SECONDS": "300"}
    smtp_sink.delay = 0.02
    workers = [mailing_site.worker(name, concurrency=2) for name in ("first", "second")]
    mailing_site.beat()
    mailing_site.python(QUEUE.format(count=40) + "    for again in range(3): send_mail.delay(mail.pk)")
    wait_until_sent(mailing_site, 40)

    assert addressees(smtp_sink) == Counter(f"examinator{number}@bedrijf.test" for number in range(40))
    assert all("is sent" in worker.output for worker in workers), "both took part"
