"""The demo's assessments: something of everything, of the past weeks, and nothing mailed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from assessments.invitations import reminders, scheduled_reminders
from assessments.models import Appeal, Assessment, Document, Event, Invitation, MailAbout, Proposal, Status
from assessments.results import outcome
from assessments.rubric import read_rubric
from committee.models import Export
from digibeoordelen.demo import assessments, data
from digibeoordelen.demo.mailbox import mails
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.worker import deliver
from tests.smtp import SmtpSink

KEPT: list[type[Model]] = [Assessment, Event, Invitation, Document, OutgoingMail, User]
FREE = ("100100", "100102", "100103")  # of the walks in a browser


def count_rows() -> list[int]:
    return [model._default_manager.count() for model in KEPT]


def test_every_list_has_something(db: None, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    before = timezone.now()
    data.load()

    demo = Assessment.objects.all()
    assert 50 <= demo.count() <= 70
    assert set(demo.values_list("status", flat=True)) == set(Status.values)
    assert {a.ovg for a in demo.filter(status=Status.FINAL)} == {"O", "V", "G"}
    assert all(grade for grade in demo.filter(status=Status.FINAL).values_list("grade", flat=True))
    assert demo.values("exam").distinct().count() == 3
    assert len(set(demo.values_list("initiator", flat=True))) == 2
    assert len(set(demo.exclude(final_by=None).values_list("final_by", flat=True))) == 2
    assert demo.filter(attempt=2).count() >= 3
    assert not demo.filter(unit__code="PVB-1", student__student_number__in=FREE).exists()

    assessed = demo.filter(status=Status.ASSESSED).for_pages()
    assert any(outcome(read_rubric(assessment)).disputed for assessment in assessed)
    assert reminders.late(among=Invitation.objects.all()).count() >= 5
    assert Invitation.objects.exclude(committee_remark="").count() == 1  # sent back
    assert Proposal.objects.open().exists()
    assert Appeal.objects.open().exists()
    assert Appeal.objects.filter(outcome=Appeal.Outcome.DISMISSED).exists()
    assert MailAbout.objects.failed().exists()
    assert Export.objects.exists()

    assert not Document.objects.pending().exists()
    document = Document.objects.current().earliest("pk")
    assert document.result["final"]["at"] == timezone.localtime(document.assessment.final_at).isoformat()

    today = Event.objects.filter(at__gte=before).values_list("kind", flat=True)
    assert set(today) == {Event.Kind.INVITED, Event.Kind.SENT_BACK}
    assert not demo.filter(created_at__gte=before).exists()
    assert not demo.filter(final_at__gte=before).exists()
    for assessment in demo:
        moments = list(assessment.events.order_by("pk").values_list("at", flat=True))
        assert moments == sorted(moments), assessment
        assert moments[0] == assessment.created_at
        assert any(abs(at - assessment.status_since) < timedelta(seconds=1) for at in moments)

    assert len(mails()) == 4
    assert "Kees Verhoeven" in " ".join(mail.head["to"] for mail in mails())
    assert not OutgoingMail.objects.exclude(state__in=[MailState.SENT, MailState.FAILED]).exists()

    rows = count_rows()
    data.load()
    assert count_rows() == rows
    demo.filter(status=Status.NEW).delete()
    rows = count_rows()
    data.load()
    assert count_rows() == rows, "what was deleted stays away"


def test_nothing_is_mailed_where_mail_goes_to_a_server(
    db: None,
    settings: Any,
    smtp_sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
    pass_time: Callable[..., None],
) -> None:
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_sink.port
    stories = (assessments.invited, assessments.sent_back, assessments.final, assessments.invited_late)
    few = {plan.story: plan for plan in assessments.PLANS if plan.story in stories}
    monkeypatch.setattr(assessments, "PLANS", list(few.values()))
    data.load()
    assert Assessment.objects.count() == len(stories)
    for _ in range(20):
        for mail in OutgoingMail.objects.all():
            deliver(mail.pk)
        assert scheduled_reminders.send_due() == 0
        pass_time(days=1)
    assert smtp_sink.received == []
    assert not OutgoingMail.objects.exclude(state=MailState.SENT).exists()
