"""The source text's 'CSV-export', sentence by sentence in a real browser (C.17 – C.19)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment, Status
from committee.decisions.withdraw_final import withdraw_final
from committee.models import Export
from exams.models import ExamUnit
from tests.factories import MembershipFactory

from .walk import Shots
from .wcag import at_each_width

pytestmark = pytest.mark.django_db(transaction=True)

# Whether a closed list shows each of its choices whole.
LONGEST_OPTION_FITS = """select => {
    const style = getComputedStyle(select);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return [...select.options].every(option => pen.measureText(option.text).width <= room);
}"""


@pytest.fixture
def results(unit: ExamUnit, student: Membership, school: School, docent: User, committee_member: User) -> None:
    """Anouk's result is Definitief, another student's is Beoordeeld."""
    exam = unit.exam_version.exam
    beside = MembershipFactory(school=school, user__last_name="Nog Niet")
    of_unit = {"school": school, "exam": exam, "unit": unit, "unit_code": unit.code, "initiator": docent}
    final = {"final_at": timezone.now(), "final_by": committee_member, "ovg": "G", "grade": Decimal("8.3")}
    Assessment.objects.create(student=student, status=Status.FINAL, **final, **of_unit)
    Assessment.objects.create(student=beside, status=Status.ASSESSED, **of_unit)


def download(page: Page, button: str) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    return Path(started.value.path()).read_bytes()


@pytest.mark.parametrize("javascript", [True, False])
def test_c17_to_c19_final_results_are_downloaded_as_csv(
    log_in_at: Callable[..., Page],
    committee_member: User,
    results: None,
    unit: ExamUnit,
    shots: Shots,
    javascript: bool,
) -> None:
    page = log_in_at(committee_member, "/commissie/", javascript=javascript)
    page.get_by_label("Examen", exact=True).select_option(label=str(unit.exam_version.exam))
    if javascript:  # the search has finished; the next request is the button's
        expect(page.get_by_role("button", name="Download resultaten als CSV")).to_be_visible()
    with page.expect_event("load"):
        page.get_by_role("button", name="Zoeken").click()
    page.get_by_text("Opties").click()
    page.get_by_text("Wat staat er in het bestand?").click()
    shots(page, "export-1")
    content = download(page, "Download resultaten als CSV").decode()
    header, line, end = content.split("\r\n")
    assert header.startswith("\ufeffstudentnummer;naam;code;")
    assert line.startswith("123456;Anouk van 't Hoff;")
    assert ";G;8,3;" in line
    assert not end

    page.get_by_role("link", name="Exportprofielen").click()
    shots(page, "export-2")
    page.get_by_role("link", name="Exportprofiel toevoegen").click()
    page.get_by_role("button", name="Profiel opslaan").click()
    expect(page.get_by_text("Vul in hoe dit profiel heet.").first).to_be_visible()
    shots(page, "export-3")
    for width in at_each_width(page):
        assert page.get_by_label("Codering").evaluate(LONGEST_OPTION_FITS), width
    page.get_by_label("Naam van het profiel").fill("Ons systeem")
    for place in page.get_by_label("Plaats van").all():
        place.fill("")
    page.get_by_label("Plaats van cijfer").fill("1")
    page.get_by_label("Kop van cijfer").fill("RESULTAAT")
    page.get_by_label("Plaats van studentnummer").fill("2")
    page.get_by_label("Scheidingsteken").select_option("komma ( , )")
    page.get_by_label("Decimaalteken").select_option("punt (7.5)")
    page.get_by_label("Codering").select_option("UTF-8 zonder BOM")
    page.get_by_role("button", name="Voorbeeld bekijken").click()
    expect(page.get_by_role("columnheader", name="RESULTAAT")).to_be_visible()
    shots(page, "export-4")
    page.get_by_role("button", name="Profiel opslaan").click()
    expect(page.get_by_role("status")).to_contain_text("Het exportprofiel ‘Ons systeem’ is opgeslagen.")
    shots(page, "export-5")

    page.goto(f"{page.url.partition('/exportprofielen')[0]}/?examen={unit.exam_version.exam_id}")
    page.get_by_text("Opties").click()
    page.get_by_label("Exportprofiel").select_option("Ons systeem")
    shots(page, "export-6")
    assert download(page, "Download resultaten als CSV") == b"RESULTAAT,studentnummer\r\n8.3,123456\r\n"
    page.get_by_label("Alleen nieuw sinds vorige export").check()
    page.get_by_role("button", name="Download resultaten als CSV").click()
    expect(page.get_by_text("Er zijn geen nieuwe definitieve resultaten")).to_be_visible()
    shots(page, "export-7")
    page.get_by_role("link", name="Exports").click()
    shots(page, "export-8")
    page.get_by_role("table").get_by_role("link").first.click()
    shots(page, "export-9")
    assert download(page, "Opnieuw downloaden") == b"RESULTAAT,studentnummer\r\n8.3,123456\r\n"
    assert Export.objects.count() == 2


def test_school_is_chosen_and_a_wrong_date_is_corrected(
    log_in_at: Callable[..., Page],
    committee_member: User,
    school: School,
    other_school: School,
    results: None,
    unit: ExamUnit,
    shots: Shots,
) -> None:
    MembershipFactory(user=committee_member, school=other_school, role=Role.EXAMENCOMMISSIE)
    page = log_in_at(committee_member, f"/commissie/?examen={unit.exam_version.exam_id}")
    page.get_by_text("Opties").click()
    chosen = page.get_by_role("combobox", name="School")
    expect(chosen.locator("option:checked")).to_have_text(school.name)
    shots(page, "schools-1")
    page.reload()  # taking the picture left attributes that htmx would keep
    page.get_by_text("Meer filters").click()
    with page.expect_response(lambda answer: "van=2027-03-01" in answer.url):
        page.get_by_label("Sinds: van").fill("2027-03-01")
    page.get_by_label("Sinds: tot en met").fill("2027-02-01")
    expect(page.get_by_text("Deze datum ligt voor de datum bij ‘van’.").first).to_be_visible()
    expect(page.get_by_role("button", name="Download resultaten als CSV")).to_have_count(0)
    shots(page, "schools-2")


def test_results_withdrawn_after_export_are_listed(
    log_in_at: Callable[..., Page], committee_member: User, results: None, unit: ExamUnit, shots: Shots
) -> None:
    page = log_in_at(committee_member, f"/commissie/?examen={unit.exam_version.exam_id}")
    download(page, "Download resultaten als CSV")
    withdraw_final(assessment=Assessment.objects.get(ovg="G"), by=committee_member, reason="Verkeerde student.")
    page.get_by_text("Opties").click()
    page.get_by_label("Alleen nieuw sinds vorige export").check()
    page.get_by_role("button", name="Download resultaten als CSV").click()
    expect(page.get_by_role("status").first).to_contain_text("1 geëxporteerd resultaat is sindsdien ingetrokken")
    shots(page, "changed-1")
    page.get_by_role("link", name="Bekijk welke").first.click()
    expect(page.get_by_role("row", name="Anouk")).to_contain_text("Goed, 8,3")
    shots(page, "changed-2")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download deze lijst als CSV").click()
    assert ";G;8,3;Beoordeeld;" in Path(started.value.path()).read_text()
    page.get_by_role("link", name="Terug naar eerdere exports").click()
    page.get_by_role("table").get_by_role("link").first.click()
    shots(page, "changed-3")
