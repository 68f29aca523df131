"""From the mail server to the mailbox and back, by a real worker."""

import pytest

from tests.imap import ImapServer
from tests.processes import Site, wait_until
from tests.smtp import SmtpSink

from .conftest import notification

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

QUEUE = """
from digibeoordelen.outbox.queue import queue_mail
queue_mail(kind="test", to="erik@bedrijf.test", subject="Uitnodiging", text="Dag", html="<p>Dag</p>")
"""
READ = "from digibeoordelen.outbox.bounces.mailbox import read_bounces; read_bounces.delay()"


def test_worker_reads_what_the_server_returned(site: Site, smtp_sink: SmtpSink, imap_server: ImapServer) -> None:
    site.env |= {
        "EMAIL_URL": smtp_sink.url,
        "BOUNCE_ADDRESS": "bounces@school.test",
        "BOUNCES_IMAP_URL": imap_server.url,
    }
    worker = site.worker()
    site.python(QUEUE)
    [mail] = smtp_sink.wait_for(1, timeout=60)
    wait_until(lambda: site.rows("select state from outbox_outgoingmail") == [("SENT",)], "the mail to be sent")
    imap_server.receive(notification("postfix", mail.sender))
    site.python(READ)
    wait_until(lambda: site.rows("select process from health_heartbeat where process = 'mailbox'"), "the reading")
    [(state, error)] = site.rows("select state, last_error from outbox_outgoingmail")
    assert (state, "User unknown" in error) == ("FAILED", True)
    assert imap_server.mails == {}
    assert "erik@" not in worker.output
