"""The data export of a student."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.invitations.send_back import send_back
from assessments.models import Appeal, Assessment, DataRequest, Document, Invitation
from assessments.privacy import access_log, data_requests, erasure
from assessments.privacy.data_requests import KeepsChanging
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from digibeoordelen.jobs.tasks import sweep
from digibeoordelen.outbox.models import MailState, OutgoingMail, StoredFile
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

from .conftest import date_student, today, words

PAGE = "assessments:own_data"


@pytest.fixture
def own(client: Client, student: Membership) -> Client:
    """The student's browser."""
    client.force_login(student.user)
    return client


def make_request(student: Membership, by: User | None = None) -> DataRequest:
    request, _ = data_requests.request_file(student=student, by=by or student.user)
    DataRequest.objects.run(request.pk)
    request.refresh_from_db()
    return request


def read_file(request: DataRequest) -> tuple[dict[str, Any], list[str]]:
    """Return the data and the file names of the archive."""
    assert request.file is not None
    with zipfile.ZipFile(io.BytesIO(request.file.read())) as archive:
        assert archive.testzip() is None
        return json.loads(archive.read("gegevens.json")), archive.namelist()


def test_file_has_the_result_evidence_and_pdf(final: Assessment, student: Membership) -> None:
    data, names = read_file(make_request(student))
    assert data["account"]["studentnummer"] == "123456"
    [shown] = data["beoordelingen"]
    assert (shown["resultaat"], shown["vastgesteld_door"]) == ("V", "Carla Commissie")
    assert shown["bezwaar_tot_en_met"] == str(final.appeal_until)
    assert "Uw beoordeling van Verzorgende IG, B1 is vastgesteld" in [mail.get("onderwerp") for mail in data["mails"]]
    assert len(shown["gegeven"]) == 4
    assert {score["score"] for part in shown["gegeven"] for score in part["scores"]} == {"V"}
    assert shown["uitnodigingen"][0]["examinator"] == "Erik Examinator"
    assert [name for name in names if name.endswith(".pdf")] == [f"pdf/{final.documents.get().filename}"]


def test_unfinished_scores_are_excluded(invitation: Invitation, student: Membership) -> None:
    steps.fill_in(invitation, "G", "Nog niet af.")
    data, _ = read_file(make_request(student))
    assert "gegeven" not in data["beoordelingen"][0]
    assert "Nog niet af." not in json.dumps(data)


def test_remarks_are_included_after_closing(
    assessment: Assessment, examiner: Contact, student: Membership, committee_member: User
) -> None:
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner, remark="Let op de infuuspomp.")
    steps.assess(invitation, "O")
    remark = "De O voor hygiëne is te streng."
    send_back(assessment=invitation.assessment, contacts=[examiner], by=committee_member, remark=remark)
    data, _ = read_file(make_request(student))
    for still_running in ("infuuspomp", "te streng"):
        assert still_running not in json.dumps(data, ensure_ascii=False)

    assessment.refresh_from_db()
    lifecycle.cancel(assessment=assessment, by=committee_member, reason="Verhuisd.", counts_as_attempt=False)
    DataRequest.objects.all().delete()
    [shown] = read_file(make_request(student))[0]["beoordelingen"]
    [invited] = shown["uitnodigingen"]
    assert (invited["opmerking"], invited["opmerking_van_de_examencommissie"]) == ("Let op de infuuspomp.", remark)


def test_withdrawn_pdf_is_included_after_a_new_result(
    final: Assessment, student: Membership, committee_member: User
) -> None:
    withdraw_final(assessment=final, by=committee_member, reason="Verwisseld.")
    data, names = read_file(make_request(student))
    assert names == ["gegevens.json"]
    assert "gegeven" not in data["beoordelingen"][0]
    final.refresh_from_db()
    Document.objects.run(finalise(assessment=final, by=committee_member, exam_office_email="bureau@hier.test").pk)
    DataRequest.objects.all().delete()
    pdfs = {name.rpartition("/")[0] for name in read_file(make_request(student))[1] if name.endswith(".pdf")}
    assert pdfs == {"pdf", "pdf/vervallen"}


def test_note_of_a_closed_appeal_is_included(final: Assessment, student: Membership) -> None:
    appeal = Appeal.objects.create(assessment=final, received_on=timezone.localdate(), note="Kast 3.")
    data, _ = read_file(make_request(student))
    assert "notitie" not in data["beoordelingen"][0]["bezwaren"][0]
    appeal.closed_on, appeal.outcome = timezone.localdate(), Appeal.Outcome.DISMISSED
    appeal.save()
    DataRequest.objects.all().delete()
    data, _ = read_file(make_request(student))
    assert data["beoordelingen"][0]["bezwaren"][0]["notitie"] == "Kast 3."


def test_views_have_dates_without_names(final: Assessment, student: Membership, colleague: User) -> None:
    access_log.note(final, by=colleague)
    data, _ = read_file(make_request(student))
    assert [seen["wat"] for seen in data["beoordelingen"][0]["ingezien"]] == ["De beoordeling"]
    assert "Cora" not in json.dumps(data)


def test_other_students_are_excluded(
    final: Assessment, student: Membership, unit: ExamUnit, docent: User, examiner: Contact, school: Any
) -> None:
    other = MembershipFactory(school=school, user__last_name="Andermans")
    assessment = steps.start_assessment(other, unit, docent)
    steps.choose(assessment, examiner)
    steps.send_invitation(assessment, examiner)
    data, _ = read_file(make_request(student))
    assert "Andermans" not in json.dumps(data)


def test_missing_pdf_is_named(final: Assessment, student: Membership) -> None:
    document = final.documents.get()
    document.file.file.delete(save=False)
    data, names = read_file(make_request(student))
    assert data["ontbrekende_bestanden"] == [f"pdf/{document.filename}"]
    assert names == ["gegevens.json"]


# --- Permissions ---------------------------------------------------------------------------------
def test_schoolbeheer_requests_and_only_the_student_downloads(
    browser: Client, final: Assessment, student: Membership, administrator: User
) -> None:
    browser.post(reverse("privacy:ask_own_data", args=[student.school_id, student.pk]))
    request = DataRequest.objects.get()
    assert request.asked_by == administrator
    DataRequest.objects.run(request.pk)
    file = reverse("assessments:download_own_data", args=[request.public_id])
    assert browser.get(file).status_code == 404
    page = words(browser.get(reverse("privacy:student", args=[student.school_id, student.pk])))
    assert "staat klaar tot" in page
    assert str(request.public_id) not in page

    mail = OutgoingMail.objects.get(kind="own_data")
    assert (mail.to, mail.state) == ("anouk@hier.test", MailState.QUEUED)
    assert "http://testserver/profiel/gegevens/" in mail.text
    assert str(request.public_id) not in mail.text + mail.html

    student_s = Client()
    student_s.force_login(student.user)
    answer = student_s.get(file)
    assert answer.headers["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert "gedownload op" in words(browser.get(reverse("privacy:student", args=[student.school_id, student.pk])))


def test_student_requests_the_file_on_the_profile(own: Client, student: Membership, final: Assessment) -> None:
    assert reverse(PAGE) in words(own.get(reverse("accounts:profile")))
    answer = own.post(reverse("assessments:ask_own_data", args=[student.pk]), follow=True)
    assert "Uw gegevens worden verzameld." in words(answer)
    DataRequest.objects.run(DataRequest.objects.get().pk)
    assert "Bestand downloaden" in words(own.get(reverse(PAGE)))


def test_docent_has_no_request_button(client: Client, docent: User) -> None:
    client.force_login(docent)
    assert reverse(PAGE) not in words(client.get(reverse("accounts:profile")))


def test_another_student_cannot_download(client: Client, final: Assessment, student: Membership, school: Any) -> None:
    request = make_request(student)
    client.force_login(MembershipFactory(school=school).user)
    assert client.get(reverse("assessments:download_own_data", args=[request.public_id])).status_code == 404


# --- Repetition and retention --------------------------------------------------------------------
def test_two_requests_make_one_file(own: Client, student: Membership) -> None:
    for _ in range(2):
        own.post(reverse("assessments:ask_own_data", args=[student.pk]))
    [request] = DataRequest.objects.all()
    assert DataRequest.objects.run(request.pk)
    assert not DataRequest.objects.run(request.pk)
    own.post(reverse("assessments:ask_own_data", args=[student.pk]))
    assert DataRequest.objects.count() == OutgoingMail.objects.filter(kind="own_data").count() == 1


def test_new_request_is_possible_the_next_day(student: Membership, pass_time: Callable[..., None]) -> None:
    make_request(student)
    pass_time(days=1, minutes=1)
    assert data_requests.request_file(student=student, by=student.user)[1]


def test_file_is_purged_after_two_weeks(own: Client, student: Membership, pass_time: Callable[..., None]) -> None:
    request = make_request(student)
    pass_time(days=15)
    own.force_login(student.user)
    assert own.get(reverse("assessments:download_own_data", args=[request.public_id])).status_code == 404
    erasure.tidy_up()
    assert not StoredFile.objects.exists()
    assert "Het bestand is verwijderd." in words(own.get(reverse(PAGE)))


def test_request_of_a_dead_worker_is_restarted(student: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    request, _ = data_requests.request_file(student=student, by=student.user)
    DataRequest.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    assert not DataRequest.objects.run(request.pk)
    DataRequest.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    started: list[int] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: started.append(pk))
    sweep()
    assert started == [request.pk]


def test_failing_request_is_retried_and_abandoned(
    student: Membership, monkeypatch: pytest.MonkeyPatch, pass_time: Callable[..., None], own: Client
) -> None:
    request, _ = data_requests.request_file(student=student, by=student.user)

    def fail(*args: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(data_requests, "write_zip", fail)
    for pause in [*DataRequest.pauses[: DataRequest.max_attempts - 1], None]:
        with pytest.raises(OSError, match="no space"):
            DataRequest.objects.run(request.pk)
        assert not DataRequest.objects.due()
        if pause:
            assert not data_requests.request_file(student=student, by=student.user)[1]
            pass_time(seconds=pause - 5)
            assert not DataRequest.objects.due()
            pass_time(seconds=10)
            assert list(DataRequest.objects.due()) == [request]
    pass_time(days=1)
    own.force_login(student.user)
    assert not DataRequest.objects.due()
    assert "Vraag uw gegevens hieronder opnieuw op." in words(own.get(reverse(PAGE)))
    monkeypatch.undo()
    assert data_requests.request_file(student=student, by=student.user) == (request, True)
    assert DataRequest.objects.run(request.pk)


def test_request_that_kills_workers_is_abandoned(
    student: Membership, pass_time: Callable[..., None], administrator: User, browser: Client
) -> None:
    request, _ = data_requests.request_file(student=student, by=student.user)
    DataRequest.objects.update(attempts=DataRequest.max_attempts, lease_until=timezone.now() + timedelta(minutes=5))
    page = reverse("privacy:student", args=[student.school_id, student.pk])
    assert "wordt gemaakt." in words(browser.get(page))
    pass_time(minutes=6)
    assert not DataRequest.objects.due()
    assert not DataRequest.objects.run(request.pk)
    assert "Laat het bestand hieronder opnieuw maken" in words(browser.get(page))


# --- Concurrent changes --------------------------------------------------------------------------
@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """`meanwhile(does)` calls `does` each time the file is written, before it is stored."""
    write = data_requests.write_zip

    def meanwhile(does: Callable[[], object]) -> None:
        def write_and_do(*args: Any) -> None:
            write(*args)
            does()

        monkeypatch.setattr(data_requests, "write_zip", write_and_do)

    return meanwhile


def test_data_erased_meanwhile_is_excluded(
    final: Assessment, student: Membership, pass_time: Callable[..., None], meanwhile: Any
) -> None:
    date_student(student, diploma_on=today())
    pass_time(days=590)
    meanwhile(lambda: erasure.erase_assessment(final.pk, on=today()))
    data, names = read_file(make_request(student))
    assert not Assessment.objects.exists()
    assert (data["beoordelingen"], names) == ([], ["gegevens.json"])


def test_result_withdrawn_meanwhile_is_excluded(
    final: Assessment, student: Membership, committee_member: User, meanwhile: Any
) -> None:
    def withdraw() -> None:
        if Assessment.objects.get().is_closed:
            withdraw_final(assessment=final, by=committee_member, reason="Verwisseld.")

    meanwhile(withdraw)
    data, names = read_file(make_request(student))
    assert (data["beoordelingen"][0]["resultaat"], names) == ("", ["gegevens.json"])


def test_constantly_changing_data_is_retried_later(
    final: Assessment,
    student: Membership,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Any,
    pass_time: Callable[..., None],
) -> None:
    meanwhile(lambda: Assessment.objects.update(version=F("version") + 1))
    with pytest.raises(KeepsChanging):
        make_request(student)
    request = DataRequest.objects.get()
    assert request.file is None
    assert not OutgoingMail.objects.filter(kind="own_data").exists()
    monkeypatch.undo()
    pass_time(minutes=2)
    assert DataRequest.objects.run(request.pk)


def test_student_erased_meanwhile_gets_no_file(
    student: Membership, pass_time: Callable[..., None], meanwhile: Any
) -> None:
    date_student(student, diploma_on=today())
    pass_time(days=590)
    request, _ = data_requests.request_file(student=student, by=student.user)
    meanwhile(lambda: erasure.erase_student(student.pk, on=today()))
    assert not DataRequest.objects.run(request.pk)
    assert not OutgoingMail.objects.exists()
