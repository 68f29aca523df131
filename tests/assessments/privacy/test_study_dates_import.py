"""Importing a list of study dates: preview of every row, the import and its log."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.importing import job
from accounts.importing.columns import Outcome
from accounts.importing.job import PreviewOutdated, import_previewed
from accounts.importing.preview import load_rows, prepare
from accounts.models import Membership, Role, School, User
from accounts.models.imports import RETENTION_DAYS
from accounts.people import roles
from assessments.models import DatesImport
from assessments.privacy import study_dates
from assessments.privacy.study_dates_import import IMPORT_COLUMNS
from digibeoordelen.jobs.tasks import purge, sweep
from tests.addressbook.files import csv_file, text, xlsx
from tests.factories import MembershipFactory, member

from .conftest import words

HEADER = [column.header for column in IMPORT_COLUMNS]
Shown = Callable[..., DatesImport]


@pytest.fixture
def shown(school: School, administrator: User) -> Shown:
    """`shown(row, …)` returns the import of these rows, prepared by `administrator`."""

    def prepare_rows(*rows: list[str], header: list[str] = HEADER) -> DatesImport:
        file = csv_file(*rows, header=header)
        return prepare(DatesImport, school=school, by=administrator, file=file, filename="lijst.csv")

    return prepare_rows


@pytest.fixture
def students(school: School) -> list[Membership]:
    """250 students, numbered from 500000."""
    return [MembershipFactory(school=school, student_number=str(500000 + n)) for n in range(250)]


def outcomes(prepared: DatesImport) -> list[tuple[str, str]]:
    """Return (outcome, message) of each row."""
    return [
        (row.outcome, "; ".join(" ".join(filter(None, [n.column, n.value, n.text])) for n in row.notes))
        for row in load_rows(prepared)
    ]


def dates(student: Membership) -> tuple[date | None, date | None]:
    student.refresh_from_db()
    return student.diploma_on, student.left_on


def start(school: School) -> str:
    return reverse("privacy:dates_start", args=[school.pk])


def hand_in(browser: Client, school: School, content: bytes, name: str = "lijst.csv") -> Any:
    return browser.post(start(school), {"file": SimpleUploadedFile(name, content)}, follow=True)


# --- Rows ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    ["10-07-2026", "10/7/2026", "10.07.2026", "2026-07-10", "2026-07-10 00:00:00", "2026-07-10T00:00:00", "10-07-26"],
)
def test_common_date_formats_are_read(typed: str) -> None:
    assert study_dates.read_date(typed) == date(2026, 7, 10)


def test_both_dates_are_imported(shown: Shown, student: Membership) -> None:
    prepared = shown(["123456", "10-07-2026", "31-01-2024"])
    [(outcome, message)] = outcomes(prepared)
    assert outcome == "NEW"
    assert message.startswith("Diplomadatum 10-07-2026 (was leeg); Vertrokken zonder diploma op 31-01-2024 (was leeg);")
    assert dates(student) == (None, None)
    import_previewed(prepared)
    assert dates(student) == (date(2026, 7, 10), date(2024, 1, 31))


def test_empty_cell_and_missing_column_keep_dates(shown: Shown, student: Membership) -> None:
    Membership.objects.filter(pk=student.pk).update(left_on=date(2024, 1, 31))
    import_previewed(shown(["123456", "10-07-2026", ""]))
    import_previewed(shown(["123456", "11-07-2026"], header=["Studentnr", "Diploma"]))
    assert dates(student) == (date(2026, 7, 11), date(2024, 1, 31))


def test_replaced_date_is_shown_and_equal_date_skipped(shown: Shown, student: Membership) -> None:
    Membership.objects.filter(pk=student.pk).update(diploma_on=date(2025, 7, 11))
    assert outcomes(shown(["123456", "10-07-2026", ""])) == [("UPDATED", "Diplomadatum 10-07-2026 (was 11-07-2025)")]
    assert outcomes(shown(["123456", "11-07-2025", ""])) == [("SKIPPED", "staat er al zo")]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (["123456", "morgen", ""], "Diplomadatum morgen kan niet. Schrijf een datum als 10-07-2026."),
        (["123456", "01-01-2999", ""], "Kijk het jaartal na."),
        (["123456", "", "10-07-1026"], "Vertrokken zonder diploma op 10-07-1026 kan niet."),
        (["123456", "", ""], "Diplomadatum moet worden ingevuld, of anders een datum van vertrek"),
        (["=CMD()", "10-07-2026", ""], "is een formule"),
        (["123456", "=VANDAAG()", ""], "is een formule"),
        (["", "10-07-2026", ""], "Studentnummer moet worden ingevuld"),
        (["777777", "10-07-2026", ""], "777777 is van geen student van de school"),
        (["888888", "10-07-2026", ""], "888888 is van geen student van de school"),
    ],
)
def test_invalid_row_is_explained_and_others_are_imported(
    shown: Shown, student: Membership, school: School, other_school: School, row: list[str], what: str
) -> None:
    MembershipFactory(school=other_school, student_number="777777")
    good = MembershipFactory(school=school, student_number="222222")
    prepared = shown(["222222", "10-07-2026", ""], row)
    (outcome, _), (bad, message) = outcomes(prepared)
    assert (outcome, bad) == ("NEW", "ERROR")
    assert what in message
    import_previewed(prepared)
    assert dates(good) == (date(2026, 7, 10), None)
    assert dates(student) == (None, None)


def test_student_with_conflicting_rows_gets_no_date(shown: Shown, student: Membership) -> None:
    prepared = shown(["123456", "10-07-2026", ""], ["123456", "11-07-2026", ""])
    assert outcomes(prepared) == [
        ("ERROR", "Studentnummer 123456 staat ook in regel 3, met een andere datum"),
        ("ERROR", "Studentnummer 123456 staat ook in regel 2, met een andere datum"),
    ]
    import_previewed(prepared)
    assert dates(student) == (None, None)


def test_duplicate_row_counts_once(shown: Shown, student: Membership) -> None:
    prepared = shown(["123456", "10-07-2026", ""], ["12 34 56", "10-07-2026", ""])
    assert [outcome for outcome, _ in outcomes(prepared)] == ["NEW", "SKIPPED"]


def test_template_example_is_skipped(browser: Client, school: School) -> None:
    template = browser.get(reverse("privacy:dates_excel_template", args=[school.pk])).content
    shown = words(hand_in(browser, school, template, "datums.xlsx"))
    assert "het voorbeeld uit het template" in shown
    assert "Er is niets om te importeren." in shown


@pytest.mark.parametrize(
    ("kept", "row", "message"),
    [
        ({}, ["123456", "10-07-2026", "31-01-2024"], "op 31-01-2024 en ook een diploma op 10-07-2026"),
        ({}, ["123456", "10-07-2026", "10-07-2026"], "geldt de diplomadatum"),
        ({"left_on": date(2024, 1, 31)}, ["123456", "10-07-2026", ""], "geldt de diplomadatum"),
        ({"diploma_on": date(2024, 7, 5)}, ["123456", "", "31-01-2026"], "haal dan de datum van vertrek weg"),
    ],
)
def test_dates_of_two_studies_are_imported_with_a_warning(
    browser: Client, shown: Shown, student: Membership, kept: dict[str, date], row: list[str], message: str
) -> None:
    """Dates in the list combined with dates set earlier."""
    Membership.objects.filter(pk=student.pk).update(**kept)
    other = MembershipFactory(school=student.school, student_number="500001")
    prepared = shown(row, ["500001", "10-07-2026", ""])
    assert [("Let op" in remark, message in remark) for _, remark in outcomes(prepared)] == [
        (True, True),
        (False, False),
    ]
    page = reverse("privacy:dates_preview", args=[student.school_id, prepared.public_id])
    assert "Bij 1 regel staat ‘Let op’." in words(browser.get(page))
    only = words(browser.get(page, {"toon": "LET_OP"}))
    assert "123456" in only
    assert other.student_number not in only
    import_previewed(prepared)
    assert None not in dates(student)
    assert "voordat u importeert" not in words(browser.get(page))


# --- Files ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_dialects_are_read(
    browser: Client, school: School, student: Membership, delimiter: str, encoding: str
) -> None:
    content = text(["123456", "10-07-2026", "", "Zoë"], header=[*HEADER, "Naam"], delimiter=delimiter)
    shown = words(hand_in(browser, school, content.encode(encoding)))
    assert "Anouk van &#x27;t Hoff" in shown
    assert "1 nieuw, 0 bijgewerkt" in shown


def test_excel_with_typed_cells_is_read(browser: Client, school: School, student: Membership) -> None:
    content = xlsx([123456, datetime(2026, 7, 10), None], header=HEADER).getvalue()  # noqa: DTZ001 - as Excel has it
    answer = hand_in(browser, school, content, "lijst.xlsx")
    assert "1 nieuw, 0 bijgewerkt" in words(answer)
    browser.post(answer.context["apply_url"])
    assert dates(student) == (date(2026, 7, 10), None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Dit bestand is leeg."),
        (b"PK\x03\x04", "beschadigd"),
        (b"Naam;Datum\r\nJan;10-07-2026\r\n", "Deze kolom ontbreekt: Studentnummer."),
        (b"Studentnummer;Diplomadatum\r\n", "Onder de kolomnamen staat niemand."),
    ],
)
def test_invalid_file_shows_an_error_at_the_field(
    browser: Client, school: School, content: bytes, message: str
) -> None:
    assert message in words(hand_in(browser, school, content))
    assert not DatesImport.objects.exists()


def test_invalid_rows_are_offered_as_an_error_file(browser: Client, school: School, student: Membership) -> None:
    rows = [["123456", "10-07-2026", ""], ["999999", "10-07-2026", ""]]
    answer = hand_in(browser, school, csv_file(*rows, header=HEADER).getvalue())
    mending = browser.get(answer.context["to_mend_url"]).content
    sheet: Any = load_workbook(io.BytesIO(mending)).active
    assert [cell.value for cell in sheet[2]] == [
        "999999",
        "10-07-2026",
        None,
        "Regel 3: Studentnummer is van geen student van de school",
    ]
    MembershipFactory(school=school, student_number="999999")
    assert "1 nieuw, 0 bijgewerkt" in words(hand_in(browser, school, mending, "te-verbeteren.xlsx"))


def test_csv_template_has_the_columns(browser: Client, school: School) -> None:
    content = browser.get(reverse("privacy:dates_csv_template", args=[school.pk])).content
    assert content.decode("utf-8-sig") == "Studentnummer;Diplomadatum;Vertrokken zonder diploma op\r\n"


# --- Preview and import --------------------------------------------------------------------------
def test_preview_lists_every_row(
    browser: Client, school: School, students: list[Membership], django_assert_max_num_queries: Any
) -> None:
    rows = [[student.student_number, "10-07-2026", ""] for student in students]
    answer = hand_in(browser, school, csv_file(*rows, ["999999", "10-07-2026", ""], header=HEADER).getvalue())
    assert "250 nieuw, 0 bijgewerkt" in words(answer)
    path, seen = answer.request["PATH_INFO"], set()
    for page in (1, 2, 3):
        with django_assert_max_num_queries(12):
            html = words(browser.get(path, {"pagina": page, "toon": "NEW"}))
        seen |= {student.student_number for student in students if student.student_number in html}
        assert "999999" not in html
    assert len(seen) == 250
    assert "999999" in words(browser.get(path, {"toon": "ERROR"}))
    browser.post(answer.context["apply_url"])
    browser.post(answer.context["apply_url"])
    assert school.memberships.filter(diploma_on=date(2026, 7, 10)).count() == school.changes.count() == 250
    assert "van 250 studenten is een datum bewaard" in words(browser.get(path))


def test_log_has_user_date_and_list(shown: Shown, school: School, student: Membership, administrator: User) -> None:
    Membership.objects.filter(pk=student.pk).update(diploma_on=date(2025, 7, 11))
    import_previewed(shown(["123456", "10-07-2026", ""]))
    [line] = school.changes.all()
    assert (line.student, line.label, line.before, line.after) == (student, "Diplomadatum", "11-07-2025", "10-07-2026")
    assert (line.by, line.reason) == (administrator, "Geïmporteerd uit lijst.csv.")
    student.refresh_from_db()
    assert student.study_dates_set_by == administrator
    assert student.study_dates_set_at is not None


def test_concurrent_change_is_shown_before_overwriting(shown: Shown, student: Membership) -> None:
    prepared = shown(["123456", "10-07-2026", ""])
    Membership.objects.filter(pk=student.pk).update(diploma_on=date(2026, 7, 9))
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert dates(student) == (date(2026, 7, 9), None)
    prepared.refresh_from_db()
    assert outcomes(prepared) == [("UPDATED", "Diplomadatum 10-07-2026 (was 09-07-2026)")]
    import_previewed(prepared)
    assert dates(student) == (date(2026, 7, 10), None)


def test_reassigned_student_number_is_shown_before_importing(shown: Shown, school: School, student: Membership) -> None:
    prepared = shown(["123456", "10-07-2026", ""])
    Membership.objects.filter(pk=student.pk).update(student_number="")
    other = MembershipFactory(school=school, student_number="123456")
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert dates(other) == (None, None)
    prepared.refresh_from_db()
    import_previewed(prepared)
    assert (dates(student), dates(other)) == ((None, None), (date(2026, 7, 10), None))


def test_list_of_another_administrator_or_school_is_not_found(
    browser: Client, colleague_browser: Client, shown: Shown, school: School, other_school: School, administrator: User
) -> None:
    prepared = shown(["123456", "10-07-2026", ""])
    MembershipFactory(user=administrator, school=other_school, role=Role.SCHOOLBEHEER)
    for client, at in ((colleague_browser, school), (browser, other_school)):
        path = reverse("privacy:dates_apply", args=[at.pk, prepared.public_id])
        assert client.post(path).status_code == 404


def test_list_of_a_former_administrator_is_removed(shown: Shown, school: School, administrator: User) -> None:
    shown(["123456", "10-07-2026", ""])
    other = member(school, Role.SCHOOLBEHEER)
    roles.take_role(school=school, user=administrator, role=Role.SCHOOLBEHEER, by=other)
    assert not DatesImport.objects.exists()


# --- A long list ---------------------------------------------------------------------------------
def test_worker_imports_a_long_list_in_few_queries(
    browser: Client,
    school: School,
    student: Membership,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    rows = [[str(600000 + n), "10-07-2026", ""] for n in range(5000)]
    answer = hand_in(browser, school, csv_file(["123456", "10-07-2026", ""], *rows, header=HEADER).getvalue())
    assert "<progress" in words(answer)
    [prepared] = DatesImport.objects.all()
    with django_assert_max_num_queries(60):
        DatesImport.objects.run(prepared.pk)
    prepared.refresh_from_db()
    assert (prepared.valid_rows, prepared.counts[Outcome.ERROR]) == (1, 5000)
    job.start_importing(prepared)
    with django_assert_max_num_queries(80):
        DatesImport.objects.run(prepared.pk)
    assert dates(student) == (date(2026, 7, 10), None)
    assert "van 1 student is een datum bewaard" in words(browser.get(answer.request["PATH_INFO"]))
    assert "lijst.csv" in words(browser.get(start(school)))


def test_import_of_a_dead_worker_is_restarted(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = shown(["123456", "10-07-2026", ""])
    DatesImport.objects.update(state=DatesImport.State.IMPORTING)
    started: list[int] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: started.append(pk))
    sweep()
    assert started == [prepared.pk]


def test_list_is_kept_for_a_week(shown: Shown, pass_time: Callable[..., None]) -> None:
    shown(["123456", "10-07-2026", ""])
    pass_time(days=RETENTION_DAYS - 1)
    purge()
    assert DatesImport.objects.exists()
    pass_time(days=2)
    purge()
    assert not DatesImport.objects.exists()


def test_preview_shows_both_dates(browser: Client, school: School, students: list[Membership]) -> None:
    row = [students[0].student_number, "10-07-2026", "12-08-2026"]
    page = words(hand_in(browser, school, csv_file(row, header=HEADER).getvalue()))
    assert '<td data-label="Diplomadatum">10-07-2026</td>' in page
    assert '<td data-label="Vertrokken zonder diploma">12-08-2026</td>' in page


def test_list_below_a_title_is_read(browser: Client, school: School, students: list[Membership]) -> None:
    content = f"Studentnummer per klas\r\n{text([students[0].student_number, '10-07-2026', ''], header=HEADER)}"
    page = words(hand_in(browser, school, content.encode()))
    assert "Kolomkoppen in regel 2; wat erboven staat is niet gelezen." in page
    assert "1 nieuw, 0 bijgewerkt" in page


def test_date_in_the_number_column_is_refused(shown: Shown, school: School) -> None:
    [(outcome, what)] = outcomes(shown(["03-01-2026", "10-07-2026", ""]))
    assert (outcome, what) == ("ERROR", "Studentnummer 03-01-2026 is een datum; hier hoort tekst")
