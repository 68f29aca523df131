"""Retention dates and terms, the access log, and the download of a student's own data."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership, Role, School, User
from accounts.models.retention_terms import TERMS
from accounts.school.changes import change_settings, fingerprints
from assessments.models import Assessment, DataRequest, Document, Erasure
from assessments.privacy import access_log
from assessments.privacy.study_dates import DATES, set_dates
from committee.decisions.finalise import finalise
from tests.addressbook.files import xlsx
from tests.committee.conftest import AfnameMaker, make_afname  # noqa: F401  a fixture
from tests.factories import MembershipFactory, member

from .walk import Shots
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def administrator(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def final(assessed: Assessment, committee_member: User) -> Assessment:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    return assessed


@pytest.fixture
def many(
    school: School,
    make_afname: AfnameMaker,  # noqa: F811
) -> None:
    """Thirty students whose retention term almost ends, one with a very long name, and earlier erasures."""
    long = {
        "user__first_name": "Maximiliaan-Alexander",
        "user__infix": "van der",
        "user__last_name": "Bovenkerk-Oudeschans Zwartewaterstroom",
    }
    for n in range(30):
        names = long if n == 3 else {}
        student = MembershipFactory(
            school=school, diploma_on=timezone.localdate() - timedelta(days=540), study_dates_set_at=None, **names
        )
        row = make_afname("FINAL" if n % 3 else "CANCELLED", student=student)
        Assessment.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=700))
    for n, rule in enumerate(["DIPLOMA", "LEFT", "CANCELLED", "UNFINISHED"]):
        on = timezone.localdate() - timedelta(days=30 * n)
        Erasure.objects.create(
            school=school, on=on, rule=rule, assessments=12 * n + 1, documents=n, mails=40, students=n
        )


def test_schoolbeheer_sees_coming_erasures_and_corrects_a_date(
    log_in_at: Callable[..., Page],
    administrator: User,
    school: School,
    final: Assessment,
    many: None,
    shots: Shots,
) -> None:
    page = log_in_at(administrator, f"/school/{school.pk}/bewaren/")
    expect(page.get_by_role("heading", name="Wordt gewist in de komende vier weken")).to_be_visible()
    expect(page.get_by_text("Van 1 student met een definitief resultaat")).to_be_visible()
    check_page(page)
    shots(page, "bewaren")
    page.get_by_role("link", name="Maximiliaan-Alexander").click()
    expect(page.get_by_role("heading", name="Verzoek om inzage")).to_be_visible()
    check_page(page)
    page.get_by_label("Diplomadatum").fill("2999-01-01")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("alert")).to_contain_text("Kijk het jaartal na.")
    check_page(page)
    shots(page, "student-fout")
    page.get_by_label("Diplomadatum").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Bewaren").dblclick()
    expect(page.get_by_role("status")).to_contain_text("zijn bewaard.")
    page.get_by_role("button", name="Bestand laten maken").click()
    expect(page.get_by_text("wordt gemaakt.", exact=False).first).to_be_visible()
    check_page(page)
    shots(page, "student")


def test_date_list_is_previewed_before_saving(
    log_in_at: Callable[..., Page],
    administrator: User,
    school: School,
    student: Membership,
    shots: Shots,
    tmp_path: Path,
) -> None:
    page = log_in_at(administrator, f"/school/{school.pk}/bewaren/")
    page.get_by_role("link", name="Lijst met datums importeren").click()
    expect(page.get_by_role("heading", name="Lijst met datums importeren")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_role("alert")).to_contain_text("Kies eerst een bestand.")
    check_page(page)
    shots(page, "lijst")
    students = [MembershipFactory(school=school, student_number=str(500000 + n)) for n in range(120)]
    rows = [[student.student_number, "10-07-2026", ""] for student in students]
    more = [["123456", "10-07-2026", ""], ["999999", "10-07-2026", ""], ["123457", "morgen", "31-01-2024"]]
    MembershipFactory(school=school, student_number="400001", left_on=date(2024, 1, 31))
    more.append(["400001", "10-07-2026", ""])
    file = tmp_path / "lijst.xlsx"
    file.write_bytes(xlsx(*more, *rows, header=["Studentnummer", "Diplomadatum", "Vertrokken"]).getvalue())
    page.get_by_label("Bestanden kiezen").set_input_files(file)
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_text("‘999999’ is van geen student van de school")).to_be_visible()
    check_page(page)
    shots(page, "lijst-voorbeeld")
    page.get_by_role("link", name="Bekijk die regel").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    expect(page.get_by_role("rowheader")).to_contain_text("400001")
    check_page(page)
    shots(page, "lijst-let-op")
    page.get_by_role("link", name="Nieuw (122)").click()
    page.get_by_role("link", name="Volgende").click()
    expect(page.get_by_role("rowheader", name="500119")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Importeren").dblclick()
    expect(page.get_by_role("status")).to_contain_text("van 122 studenten is een datum bewaard.")
    check_page(page)
    shots(page, "lijst-klaar")
    page.goto(page.url.split("/bewaren/")[0] + "/wijzigingen/")
    expect(page.get_by_text("Geïmporteerd uit lijst.xlsx.").first).to_be_visible()
    check_page(page)
    shots(page, "wijzigingen-datums")


def test_second_concurrent_user_sees_the_first_change(
    log_in_at: Callable[..., Page], administrator: User, school: School, final: Assessment, shots: Shots
) -> None:
    """For a retention term and a student's date."""
    other = member(school, Role.SCHOOLBEHEER, first_name="Otto", last_name="Ander")
    page = log_in_at(administrator, f"/school/{school.pk}/bewaren/termijnen/")
    opened = fingerprints(school, TERMS)
    change_settings(school=school, typed={"cancelled_months": 36}, opened=opened, by=other)
    page.get_by_label("ingetrokken afnames (maanden)").fill("12")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_text("Intussen gewijzigd door Otto Ander")).to_be_visible()
    check_page(page)
    shots(page, "termijnen-samen")
    page.goto(page.url.split("/termijnen/")[0] + f"/studenten/{final.student_id}/")
    set_dates(
        student=final.student,
        typed={"diploma_on": date(2026, 7, 10)},
        opened=fingerprints(final.student, DATES),
        by=other,
    )
    page.get_by_label("Diplomadatum").fill("2025-07-11")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_text("Intussen gewijzigd door Otto Ander")).to_contain_text("10-07-2026")
    expect(page.get_by_role("heading", name="Eerder gewijzigd")).to_be_visible()
    check_page(page)
    shots(page, "student-samen")


def test_retention_terms_students_and_access_log(
    log_in_at: Callable[..., Page],
    administrator: User,
    docent: User,
    school: School,
    final: Assessment,
    shots: Shots,
) -> None:
    page = log_in_at(administrator, f"/school/{school.pk}/inzage/")
    expect(page.get_by_text("Er is nog niets ingezien.")).to_be_visible()
    check_page(page)
    access_log.note(final, by=docent)
    access_log.note_export(school=school, export=final.public_id, by=docent)
    page.get_by_label("Wie keek").fill("dirk")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.get_by_role("row", name="Dirk Docent")).to_have_count(2)
    check_page(page)
    shots(page, "inzage")
    page.goto(page.url.split("/inzage/")[0] + "/bewaren/termijnen/")
    check_page(page)
    shots(page, "termijnen")
    page.get_by_label("vertrokken zonder diploma (maanden)").fill("3")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("alert")).to_contain_text("Kies ten minste 12 maanden.")
    check_page(page)
    page.goto(page.url.split("/termijnen/")[0] + "/studenten/")
    expect(page.get_by_role("link", name="Anouk van 't Hoff")).to_be_visible()
    check_page(page)
    shots(page, "studenten")


def test_student_downloads_the_stored_data(
    log_in_at: Callable[..., Page], student: Membership, final: Assessment, shots: Shots
) -> None:
    page = log_in_at(student.user, "/profiel/")
    check_page(page)
    shots(page, "profiel")
    page.get_by_role("link", name="Mijn gegevens downloaden").click()
    page.get_by_role("button", name="Gegevens opvragen").dblclick()
    expect(page.get_by_text("Het bestand wordt gemaakt.")).to_be_visible()
    check_page(page)
    DataRequest.objects.run(DataRequest.objects.get().pk)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="Bestand downloaden").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "gegevens.json" in archive.namelist()
        assert len(archive.namelist()) == 2
    check_page(page)
    shots(page, "mijn-gegevens")
