"""The demo's mailbox shows a mail at its full height."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assessments.models import Assessment
from digibeoordelen.demo.mailbox import mails
from digibeoordelen.outbox.worker import deliver
from tests import steps
from tests.factories import ContactFactory
from tests.processes import wait_until

from .fits import faults
from .wcag import at_each_width

pytestmark = pytest.mark.django_db(transaction=True)

REMARK = "\n\n".join(f"Regel {number} van de opmerking." for number in range(1, 31))


@pytest.fixture
def long_mail(assessment: Assessment, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an invitation that is taller than a screen."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    settings.VAR_DIR, settings.OUTBOX_TRANSPORT = tmp_path, "digibeoordelen.demo.mailbox.MailboxBackend"
    examiner = ContactFactory(school=assessment.school)
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner, remark=REMARK)
    assert invitation.mail is not None
    deliver(invitation.mail.pk)
    return f"/demo/postvak/{mails()[0].name}/"


def test_a_mail_is_shown_whole(
    long_mail: str, live_server, new_browser: Callable[..., Page], shots: Callable[[Page, str], None]
) -> None:
    page = new_browser()
    page.goto(live_server.url + long_mail)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Regel 30 van de opmerking.")).to_be_visible()
    over = "page => [page.scrollHeight - innerHeight, page.scrollWidth - innerWidth]"
    for _ in at_each_width(page):
        wait_until(lambda: frame.locator("html").evaluate(over) == [0, 0], "the frame to be as tall as the mail")
        assert not faults(page)
    shots(page, "postvak")
