"""The public page that verifies a document's code and file."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments import lifecycle, rate_limits
from assessments.documents import verification, views
from assessments.models import Assessment, Document
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import StoredFile

ASK = reverse("assessments:ask_code")
COMPARE = reverse("assessments:check_file")
UNKNOWN = "3" * verification.LENGTH


@pytest.fixture(autouse=True)
def counting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    monkeypatch.setattr("assessments.documents.documents.render", lambda result, name: f"%PDF {name}".encode())


def make(assessment: Assessment, by: User) -> Document:
    document = finalise(assessment=assessment, by=by, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    document.refresh_from_db()
    return document


@pytest.fixture
def document(assessed: Assessment, committee_member: User) -> Document:
    return make(assessed, committee_member)


def page(code: str | None, **headers: Any) -> tuple[int, str]:
    answer = Client().get(reverse("assessments:check_code", args=[code]), **headers)
    return answer.status_code, answer.content.decode()


def send(content: bytes, code: str | None = "", **more: Any) -> tuple[int, str]:
    data = {"file": SimpleUploadedFile("x.pdf", content), "code": code or "", **more}
    answer = Client(enforce_csrf_checks=True).post(COMPARE, data)
    return answer.status_code, answer.content.decode()


def bytes_of(document: Document) -> bytes:
    assert document.file is not None
    return document.file.read()


# --- The code ------------------------------------------------------------------------------------
def test_each_document_has_a_unique_code_in_its_result(document: Document, committee_member: User) -> None:
    lifecycle.withdraw_final(assessment=document.assessment, by=committee_member, reason="Fout.")
    second = make(document.assessment, committee_member)
    assert verification.tidy(document.code or "") == document.code == document.result["document"]["code"]
    assert second.code != document.code
    assert document.result["document"]["check_at"].endswith(ASK)


def test_code_has_eighty_bits_in_unambiguous_characters() -> None:
    assert len(verification.ALPHABET) ** verification.LENGTH > 2**80
    assert not set(verification.ALPHABET) & set("0O1IL2Z5S8BAEU")
    assert len({verification.new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("typed", ["34cd-79fg hjkm.npqr–tvwx", " 34CD79FGHJKMNPQRTVWX "])
def test_typed_variants_of_a_code_are_read(typed: str) -> None:
    assert verification.tidy(typed) == "34CD79FGHJKMNPQRTVWX"
    assert verification.grouped("34CD79FGHJKMNPQRTVWX") == "34CD-79FG-HJKM-NPQR-TVWX"


# --- Answers -----------------------------------------------------------------------------------------
def test_valid_code_is_genuine_without_name_or_grade(document: Document) -> None:
    status, shown = page(document.code)
    assert status == 200
    assert "Deze code is echt en het document geldt" in shown
    assert "ROC Hier" in shown
    for secret in ("Hoff", "Anouk", "123456", "5,5", "Voldoende", "Examinator", "Carla", "Docent"):
        assert secret not in shown


def test_typed_code_leads_to_its_answer(document: Document) -> None:
    assert document.code is not None
    answer = Client().get(ASK, {"code": verification.grouped(document.code).lower()}, follow=True)
    assert answer.redirect_chain == [(reverse("assessments:check_code", args=[document.code]), 302)]
    assert "Deze code is echt" in answer.content.decode()


def test_incomplete_code_is_asked_again() -> None:
    answer = Client().get(ASK, {"code": "34CD-79FG"})
    assert "vijf groepjes van vier" in answer.content.decode()


def test_unknown_code_is_reported(document: Document) -> None:
    for code in (UNKNOWN, "x", "null"):
        status, shown = page(code)
        assert status == 404
        assert "Deze code kennen wij niet" in shown


def test_document_being_rendered_is_unknown(assessed: Assessment, committee_member: User) -> None:
    pending = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert page(pending.code)[0] == 404
    Document.objects.run(pending.pk)
    assert page(pending.code)[0] == 200


def test_withdrawn_document_is_reported_with_its_replacement(document: Document, committee_member: User) -> None:
    assessment = document.assessment
    lifecycle.withdraw_final(assessment=assessment, by=committee_member, reason="Verkeerde score.")
    assert "Dit document is ingetrokken" in page(document.code)[1]
    second = finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assert "Dit document is ingetrokken" in page(document.code)[1]
    Document.objects.run(second.pk)
    status, shown = page(document.code)
    assert status == 200
    assert "vervangen door een nieuwere versie" in shown
    assert str(second.code) not in shown
    assert "Deze code is echt en het document geldt" in page(second.code)[1]


# --- Comparing a file ------------------------------------------------------------------------------
def test_exact_file_is_recognised_and_changed_file_is_not(document: Document) -> None:
    content = bytes_of(document)
    assert "Dit bestand is echt en geldig" in send(content, document.code)[1]
    assert "Dit bestand is niet het document met deze code" in send(content + b" ", document.code)[1]


def test_file_without_a_code_is_recognised(document: Document) -> None:
    content = bytes_of(document)
    assert "Dit bestand is echt en geldig" in send(content)[1]
    status, shown = send(content + b" ")
    assert status == 404
    assert "Dit bestand kennen wij niet" in shown


def test_hash_from_the_browser_is_recognised(document: Document) -> None:
    data = {"sha256": hashlib.sha256(bytes_of(document)).hexdigest(), "code": document.code}
    assert "Dit bestand is echt en geldig" in Client().post(COMPARE, data).content.decode()
    assert Client().post(COMPARE, {"sha256": "geen hash"}).status_code == 400


def test_replaced_file_is_genuine_and_no_longer_valid(document: Document, committee_member: User) -> None:
    lifecycle.withdraw_final(assessment=document.assessment, by=committee_member, reason="Fout.")
    make(document.assessment, committee_member)
    shown = send(bytes_of(document))[1]
    assert "vervangen door een nieuwere versie" in shown
    assert "Aan uw bestand is niets veranderd" in shown


def test_other_stored_file_is_unknown(document: Document) -> None:
    from digibeoordelen.outbox.storage import keep

    keep(b"een bijlage")
    assert send(b"een bijlage")[0] == 404


def test_document_without_a_code_is_recognised_by_file(document: Document) -> None:
    del document.result["document"]["code"], document.result["document"]["check_at"]
    document.code = None
    document.save()
    assert "Dit bestand is echt en geldig" in send(bytes_of(document))[1]
    assert page("None")[0] == 404


def test_upload_is_not_stored(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("A file was kept.")

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile", refuse)
    monkeypatch.setattr("django.core.files.uploadhandler.InMemoryUploadedFile", refuse)
    assert send(b"x" * 3_000_000)[0] == 404
    assert StoredFile.objects.count() == 1


def test_oversized_file_is_refused_before_reading(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MAX_UPLOAD_BYTES", 100_000)
    monkeypatch.setattr(views, "HashUploadHandler", None)
    status, shown = send(b"x" * 200_000)
    assert status == 413
    assert "groter dan 20 MB" in shown


def test_missing_file_is_reported(document: Document) -> None:
    answer = Client().post(COMPARE, {"code": document.code})
    assert answer.status_code == 400
    assert "Kies eerst een bestand" in answer.content.decode()


# --- Limits ------------------------------------------------------------------------------------------
def test_only_unknown_codes_are_limited_after_twenty(document: Document) -> None:
    times = rate_limits.WRONG_CODES.times
    assert {page(UNKNOWN)[0] for _ in range(times)} == {404}
    status, shown = page(UNKNOWN)
    assert status == 429
    assert "Een code die klopt werkt gewoon" in shown
    assert page(document.code)[0] == 200
    assert page(UNKNOWN, REMOTE_ADDR="192.0.2.7")[0] == 404


def test_unknown_files_count_with_unknown_codes(db: None) -> None:
    times = rate_limits.WRONG_CODES.times
    assert {Client().post(COMPARE, {"sha256": "0" * 64}).status_code for _ in range(times)} == {404}
    assert page(UNKNOWN)[0] == 429


def test_known_and_unknown_uploads_are_limited(document: Document) -> None:
    content = bytes_of(document)
    assert {send(content)[0] for _ in range(rate_limits.CHECKED_FILES.times)} == {200}
    assert send(content)[0] == 429


def test_page_sets_no_cookie_and_is_not_cached(document: Document) -> None:
    answer = Client().get(reverse("assessments:check_code", args=[document.code]))
    assert set(answer.cookies) <= {"csrftoken"}
    assert "no-store" in answer["Cache-Control"]
