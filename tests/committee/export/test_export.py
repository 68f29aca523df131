"""'Download resultaten als CSV': which results, and in which form."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, School, User
from assessments.models import Status
from committee.export import csv_writer
from committee.export import rows as export_rows
from committee.models import Export
from exams.models import Exam, ExamUnit
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory, first_unit, make_exam

LIST = reverse("committee:afnames")
EXPORT = reverse("committee:start_export")
ASKED = {"bestand": "CSV", "welke": "alles"}
FORMULA_SIGNS = "=+-@＝＋－＠"


def post_export(client: Client, search: dict[str, Any], **params: Any) -> Any:
    """Post the button and follow the redirect."""
    return client.post(f"{EXPORT}?{urlencode(search)}", ASKED | params, follow=True)


def download(client: Client, exam: Exam, *, params: dict[str, Any] | None = None, **search: Any) -> bytes:
    response = post_export(client, {"examen": exam.pk, **search}, **(params or {}))
    assert response.status_code == 200
    assert response.streaming, response.content.decode()
    return b"".join(response.streaming_content)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_button_needs_an_exam(member: Client, make_afname: AfnameMaker, exam: Exam) -> None:
    make_afname(Status.FINAL)
    label = "Download resultaten als CSV"
    assert label not in member.get(LIST).content.decode()
    page = member.get(LIST, {"examen": exam.pk}).content.decode()
    assert label in page
    assert "1 definitief resultaat" in page


def test_export_without_an_exam_asks_to_choose(member: Client, make_afname: AfnameMaker) -> None:
    make_afname(Status.FINAL)
    for search in ({}, {"examen": "abc"}, {"examen": "0"}):
        assert "Kies eerst een examen" in post_export(member, search).content.decode()


def test_line_contains_every_column(
    member: Client, make_afname: AfnameMaker, student, exam: Exam, unit: ExamUnit
) -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Amsterdam
    make_afname(Status.FINAL, student=student, grade=Decimal("7.3"), ovg="G", final_at=late, attempt=2)
    assert rows(download(member, exam)) == [
        {
            "studentnummer": "123456",
            "naam": "Anouk van 't Hoff",
            "code": exam.code,
            "examen": "Verzorgende IG",
            "cohort": exam.cohort,
            "eenheidcode": "B1",
            "exameneenheid": "Eenheid 1",
            "poging": "2",
            "resultaat": "G",
            "cijfer": "7,3",
            "definitief_op": "23-11-2026",
            "vastgesteld_door": "Carla Commissie",
        }
    ]


def test_plain_csv_suits_a_dutch_excel(member: Client, make_afname: AfnameMaker, exam: Exam, school: School) -> None:
    zoe = MembershipFactory(school=school, user__first_name="Zoë", user__last_name='Kuipers; "de" Bakker')
    make_afname(Status.FINAL, student=zoe)
    content = download(member, exam)
    assert content.startswith(b"\xef\xbb\xbfstudentnummer;naam;")
    assert content.endswith(b"\r\n")
    assert [row["naam"] for row in rows(content)] == ['Zoë Kuipers; "de" Bakker']


@time_machine.travel("2026-11-23 23:30 +0000", tick=False)  # the 24th in Amsterdam
def test_file_name_has_the_exam_and_the_day(
    client: Client, committee_member: User, make_afname: AfnameMaker, exam: Exam
) -> None:
    make_afname(Status.FINAL)
    client.force_login(committee_member)
    response = post_export(client, {"examen": exam.pk})
    assert response["Content-Disposition"] == f'attachment; filename="resultaten-{exam.code}-2026-11-24.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("start", FORMULA_SIGNS)
def test_formula_in_a_name_is_neutralised(
    member: Client, make_afname: AfnameMaker, exam: Exam, school: School, start: str
) -> None:
    name = f'{start}HYPERLINK("http://elders.test";"klik")'
    make_afname(Status.FINAL, student=MembershipFactory(school=school, user__first_name=name, user__last_name="X"))
    [row] = rows(download(member, exam))
    assert row["naam"] == f"'{name} X"


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
@pytest.mark.parametrize("between", [";", ",", "\t"])
def test_formula_after_another_separator_is_neutralised(between: str, sign: str) -> None:
    assert csv_writer.neutralised(f"x{between}{sign}1") == f"x{between}'{sign}1"


@pytest.mark.parametrize("start", ["\t", "\r", "\n"])
def test_cell_that_begins_with_white_space_is_neutralised(start: str) -> None:
    assert csv_writer.neutralised(f"{start}=1").startswith("'")


@pytest.mark.parametrize("cell", ["", "Anouk", "7,3", "a=b", "'t Hoff", " =1", "Jansen, Piet; Jan"])
def test_other_cells_are_unchanged(cell: str) -> None:
    assert csv_writer.neutralised(cell) == cell


def test_export_has_final_results_of_exam_and_school_only(
    member: Client, make_afname: AfnameMaker, exam: Exam, school: School, other_school: School
) -> None:
    for status in Status.values:
        make_afname(status, student=MembershipFactory(school=school, student_number=status))
    make_afname(Status.FINAL, student=MembershipFactory(school=other_school))
    make_afname(Status.FINAL, unit=first_unit(make_exam()))
    assert [row["studentnummer"] for row in rows(download(member, exam))] == ["FINAL"]
    # The status of the list selects the rows shown, not the rows that are final.
    assert [row["studentnummer"] for row in rows(download(member, exam, status="NEW"))] == ["FINAL"]


def test_other_search_fields_filter_the_export(
    member: Client, make_afname: AfnameMaker, exam: Exam, school: School
) -> None:
    make_afname(Status.FINAL, student=MembershipFactory(school=school, student_number="77", user__last_name="Zeldzaam"))
    make_afname(Status.FINAL)
    assert [row["studentnummer"] for row in rows(download(member, exam, student="zeldz"))] == ["77"]


REFUSED = [
    ({"van": "31-02-2027"}, "‘Sinds: van’: Dit is geen datum."),
    ({"van": "01-03-2027", "tot": "01-02-2027"}, "‘Sinds: tot en met’: Deze datum ligt voor de datum bij ‘van’."),
]


@pytest.mark.parametrize(("dates", "why"), REFUSED)
def test_invalid_date_exports_nothing(
    member: Client, make_afname: AfnameMaker, exam: Exam, dates: dict[str, str], why: str
) -> None:
    make_afname(Status.FINAL)
    page = post_export(member, {"examen": exam.pk, **dates}).content.decode()
    assert "Er is niets gedownload" in page
    assert why in page
    assert not Export.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(("dates", "why"), REFUSED)
def test_invalid_date_hides_the_download_with_a_reason(
    member: Client, make_afname: AfnameMaker, exam: Exam, dates: dict[str, str], why: str, headers: dict[str, str]
) -> None:
    make_afname(Status.FINAL)
    page = " ".join(member.get(LIST, {"examen": str(exam.pk), **dates}, headers=headers).content.decode().split())
    assert why in page
    assert "Download resultaten als CSV" not in page


@pytest.fixture
def at_two_schools(committee_member: User, other_school: School) -> School:
    """Return the second school."""
    MembershipFactory(user=committee_member, school=other_school, role=Role.EXAMENCOMMISSIE)
    return other_school


def test_member_of_two_schools_sees_both_counts(
    member: Client, make_afname: AfnameMaker, exam: Exam, school: School, at_two_schools: School
) -> None:
    make_afname(Status.FINAL, student=MembershipFactory(school=at_two_schools))
    make_afname(Status.FINAL, student=MembershipFactory(school=at_two_schools))
    make_afname(Status.FINAL)
    post_export(member, {"examen": exam.pk}, school=school.pk)
    page = " ".join(member.get(LIST, {"examen": exam.pk}).content.decode().split())
    lines = [page.partition(f"<strong>{one.name}</strong>:")[2] for one in (school, at_two_schools)]
    own, theirs = (line.partition("</p>")[0] for line in lines)
    assert "1 definitief resultaat." in own
    assert "Vorige export:" in own
    assert "2 definitieve resultaten." in theirs
    assert "nog niet geëxporteerd" in theirs
    assert "3 definitieve resultaten" not in page


@pytest.mark.parametrize("has_results", ["neither", "one", "both"])
def test_only_school_with_results_is_preselected(
    member: Client,
    make_afname: AfnameMaker,
    exam: Exam,
    school: School,
    at_two_schools: School,
    has_results: str,
) -> None:
    make_afname(Status.ASSESSED)
    if has_results != "neither":
        make_afname(Status.FINAL, student=MembershipFactory(school=at_two_schools))
    if has_results == "both":
        make_afname(Status.FINAL)
    field = member.get(LIST, {"examen": exam.pk}).context["export_form"]["school"]
    assert field.value() == (str(at_two_schools.pk) if has_results == "one" else None)
    assert field.field.choices[0] == ("", "Kies een school")


def test_school_without_results_is_named(
    member: Client, make_afname: AfnameMaker, exam: Exam, school: School, at_two_schools: School
) -> None:
    make_afname(Status.FINAL)
    page = post_export(member, {"examen": exam.pk}, school=at_two_schools.pk).content.decode()
    assert f"Bij {at_two_schools.name} zijn nog geen definitieve resultaten. Er is niets gedownload." in page


def test_other_committees_get_nothing(client: Client, make_afname: AfnameMaker, exam: Exam, stranger: User) -> None:
    make_afname(Status.FINAL)
    client.force_login(stranger)
    assert "Kies eerst een examen" in post_export(client, {"examen": exam.pk}).content.decode()
    assert not Export.objects.exists()


@pytest.mark.parametrize("count", [6, 7])
def test_export_is_read_in_chunks_by_key(
    member: Client, make_afname: AfnameMaker, exam: Exam, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(export_rows, "CHUNK", 3)
    monkeypatch.setattr(export_rows, "MAX_COMBINATIONS", 1)
    made = [make_afname(Status.FINAL) for _ in range(count)]
    response = post_export(member, {"examen": exam.pk})
    with CaptureQueriesContext(connection) as queries:
        content = b"".join(response.streaming_content)
    numbers = [row["studentnummer"] for row in rows(content)]
    assert numbers == [assessment.student.student_number for assessment in made]
    pieces = [query for query in queries if "assessments_assessment" in query["sql"]]
    keys = [query for query in queries if "committee_exportedresult" in query["sql"] and query not in pieces]
    assert len(pieces) == -(-count // 3)
    assert len(keys) == len(pieces) + 1  # the end of each chunk, and the last
    assert (
        len(queries) - len(pieces) - len(keys) == 5
    )  # three of the exam, one of the unit, one of the finalising members: once for all chunks
