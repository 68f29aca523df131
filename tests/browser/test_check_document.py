"""The public verification page: the browser hashes the file locally; without JavaScript it is uploaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from assessments import lifecycle
from assessments.documents import verification
from assessments.models import Assessment, Document
from committee.decisions.finalise import finalise

from .walk import Shots
from .wcag import check_width

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]


@pytest.fixture
def document(assessed: Assessment, committee_member: User, monkeypatch: pytest.MonkeyPatch) -> Document:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    made = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(made.pk)
    made.refresh_from_db()
    return made


@pytest.fixture
def pdf(document: Document, tmp_path: Path) -> Path:
    assert document.file is not None
    path = tmp_path / "beoordeling.pdf"
    path.write_bytes(document.file.read())
    return path


def compare(page: Page, path: Path) -> None:
    page.get_by_label("Pdf van de beoordeling").set_input_files(path)
    page.get_by_role("button", name="Bestand vergelijken").click()


def compare_by_hash(page: Page, path: Path) -> None:
    """Compare `path`, checking that only its hash is sent."""
    with page.expect_request(lambda request: request.method == "POST") as sent:
        compare(page, path)
    body = sent.value.post_data or ""
    assert hashlib.sha256(path.read_bytes()).hexdigest() in body
    assert "filename=" not in body


def test_code_and_file_are_compared_in_the_browser(
    live_server: Any, new_browser: Browse, document: Document, pdf: Path, tmp_path: Path, shots: Shots
) -> None:
    page = new_browser()
    page.goto(f"{live_server.url}/controle/")
    shots(page, "controle-1")
    page.get_by_label("Verificatiecode").fill(verification.grouped(str(document.code)).lower())
    page.get_by_role("button", name="Controleren").click()
    expect(page.get_by_text("Deze code is echt en het document geldt")).to_be_visible()
    shots(page, "controle-2")
    changed = tmp_path / "veranderd.pdf"
    changed.write_bytes(pdf.read_bytes() + b" ")
    compare_by_hash(page, changed)
    expect(page.get_by_text("Dit bestand is niet het document met deze code")).to_be_visible()
    shots(page, "controle-3")
    compare_by_hash(page, pdf)
    expect(page.get_by_text("Dit bestand is echt en geldig")).to_be_visible()
    shots(page, "controle-4")
    check_width(page)


def test_without_javascript_the_file_is_sent(
    live_server: Any, new_browser: Browse, document: Document, pdf: Path, committee_member: User, shots: Shots
) -> None:
    lifecycle.withdraw_final(assessment=document.assessment, by=committee_member, reason="Te vroeg.")
    page = new_browser(javascript=False)
    page.goto(f"{live_server.url}/controle/")
    expect(page.get_by_text("Hooguit 20 MB")).to_be_visible()
    page.get_by_role("button", name="Bestand vergelijken").click()
    expect(page.get_by_role("alert")).to_contain_text("Kies eerst een bestand")
    shots(page, "controle-5")
    compare(page, pdf)
    expect(page.get_by_text("Dit document is ingetrokken")).to_be_visible()
    shots(page, "controle-6")
