"""The whole life of an assessment leaves no name, address, token, number or written word in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from pytest_django import Settings

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments import links
from assessments.models import Assessment, Document, Invitation, Status
from assessments.rubric import read_uncorrected
from digibeoordelen.instruments.json_lines import JSONLines
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.smtp import carrier
from digibeoordelen.outbox.tasks import send_mail
from exams.models import ExamUnit
from tests import steps
from tests.accounts.mailed import link_in
from tests.smtp import SmtpSink

LOGGING: dict[str, Any] = settings.LOGGING
JUSTIFICATION = "Zij hield de hand van de bewoner vast."
NEW_PASSWORD = "een-heel-ander-woord"


class Lines(logging.Handler):
    """Keeps what the console would show, as text and as JSON."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        filters = LOGGING["filters"]
        for name in LOGGING["handlers"]["console"]["filters"]:
            self.addFilter(import_string(filters[name]["()"])())

    def emit(self, record: logging.LogRecord) -> None:
        text = logging.Formatter(LOGGING["formatters"]["text"]["format"])
        self.lines += [text.format(record), JSONLines().format(record)]


@pytest.fixture
def log() -> Iterator[Lines]:
    root, lines = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(lines)
    root.setLevel(level)


@pytest.fixture
def mail_server(smtp_sink: SmtpSink, settings: Settings) -> Iterator[SmtpSink]:
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", smtp_sink.port, 5
    carrier.close()
    yield smtp_sink
    carrier.close()


def score(invitation: Invitation) -> str:
    """Open the link, score and complete in the examiner's browser; return the link's token."""
    token, examiner = links.token_for(invitation=invitation), Client()
    examiner.get(reverse("assessments:open_link", args=[token]))
    examiner.get(reverse("assessments:open_link", args=[f"{token}x"]))
    form: dict[str, str] = {}
    for column in read_uncorrected(invitation.assessment, contact=invitation.contact).columns:
        form |= {f"base-{column.assignment.pk}": str(column.base), column.justification_field: JUSTIFICATION}
        form |= {name: "G" for _, name, _ in column.lines}
    examiner.post(reverse("assessments:check", args=[invitation.public_id]), form)
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    confirmed = {"confirmed": "on", "assessed_on": str(timezone.localdate()), "fingerprint": rubric.open_fingerprint}
    examiner.post(reverse("assessments:complete", args=[invitation.public_id]), confirmed)
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.ASSESSED
    return token


def finalise(assessment: Assessment, by: User) -> None:
    assessment.refresh_from_db()
    committee = Client()
    committee.force_login(by)
    address = reverse("committee:finalise", args=[assessment.public_id])
    committee.post(address, {"version": assessment.version, "email": "bureau@hier.test"})
    Document.objects.run(Document.objects.get(assessment=assessment).pk)


def reset_password(user: User) -> str:
    """Fail to log in, ask for another password and set it; return the path of the mailed link."""
    browser = Client()
    browser.post("/inloggen/", {"login": user.email, "password": "verkeerd-geraden"})
    browser.post("/wachtwoord-vergeten/", {"email": user.email})
    link = link_in("new_password")
    form = browser.get(link).url
    browser.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    browser.post("/inloggen/", {"login": user.email, "password": NEW_PASSWORD})
    browser.get("/bestaat-niet/", {"q": user.last_name})
    return link


def test_log_of_a_life_names_no_one(
    log: Lines,
    mail_server: SmtpSink,
    student: Membership,
    unit: ExamUnit,
    docent: User,
    committee_member: User,
    examiner: Contact,
) -> None:
    mail_server.answer("RCPT", f"550 5.1.1 <{docent.email}>: Recipient address rejected: {docent.email}")
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, examiner)
    token = score(steps.send_invitation(assessment, examiner))
    finalise(assessment, committee_member)
    link = reset_password(docent)
    for mail in OutgoingMail.objects.order_by("pk"):
        send_mail(mail.pk)

    assert OutgoingMail.objects.filter(state=MailState.FAILED).exists()
    assert OutgoingMail.objects.filter(state=MailState.SENT).exists()
    written = "\n".join(log.lines)
    for part in ("Wrong password from", "logged in from", "Sent: mail", "has failed", "Not Found: /bestaat-niet/"):
        assert part in written
    people = (student.user, docent, committee_member, examiner)
    secrets = {token, link, NEW_PASSWORD, JUSTIFICATION, student.student_number, "bureau@hier.test"}
    secrets |= {person.last_name for person in people} | {person.email for person in people}
    secrets |= {person.first_name for person in people} | {link.rstrip("/").rpartition("-")[2]}
    assert [secret for secret in secrets if secret in written or quote(secret, safe="") in written] == []
