"""A sent mail keeps its plain text; its formatted text goes after a term."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.trim import trim_sent


@pytest.fixture
def make_mail(db):
    def make(*, state: str, days: int) -> OutgoingMail:
        sent_at = timezone.now() - timedelta(days=days)
        return OutgoingMail.objects.create(
            kind="test", to="a@school.test", subject="Uitslag", text="Dag", html="<p>Dag</p>", message_id=f"{state}-1",
            state=state, created_at=sent_at, sent_at=sent_at if state == MailState.SENT else None,
            last_error="" if state == MailState.SENT else "geweigerd", headers={"List-Id": "x"}, links={"a": {}},
        )  # fmt: skip

    return make


def test_old_sent_mail_keeps_only_its_text(make_mail):
    mail = make_mail(state=MailState.SENT, days=settings.MAIL_CONTENT_DAYS + 1)
    trim_sent()
    mail.refresh_from_db()
    assert (mail.subject, mail.text, mail.html, mail.links, mail.headers) == ("Uitslag", "Dag", "", {}, {})


def test_recent_and_unsent_mails_stay_whole(make_mail):
    make_mail(state=MailState.SENT, days=settings.MAIL_CONTENT_DAYS - 1)
    make_mail(state=MailState.FAILED, days=settings.MAIL_CONTENT_DAYS + 1)
    trim_sent()
    assert OutgoingMail.objects.filter(html="<p>Dag</p>").exclude(links={}).exclude(headers={}).count() == 2
