"""'Examen afnames': the rows of final results."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import School
from assessments.models import FAILING_ATTEMPTS, Assessment, Document, Status
from digibeoordelen.outbox.storage import keep
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory

LIST = reverse("committee:afnames")
FINAL_ONES = f"{LIST}?status=FINAL"
MADE = {"student": {"number": "1"}, "exam": {"code": "1"}, "unit": {"code": "B1"}, "attempt": 1}


def page(member: Client, address: str = FINAL_ONES) -> str:
    return " ".join(member.get(address).content.decode().split())


def result_cells(text: str) -> str:
    """Return the cells of result and grade of the only row."""
    [cells] = re.findall(r'(<td data-label="Resultaat">.*?</td>) <td data-label="Let op">', text)
    return cells


def document_of(assessment: Assessment, *, made: bool = True, number: int = 1, **fields: object) -> Document:
    file = keep(b"%PDF-1.7 bewijs") if made else None
    office = "bureau@hier.test"
    return Document.objects.create(
        assessment=assessment, number=number, result=MADE, exam_office_email=office, file=file, **fields
    )


@pytest.mark.parametrize(("ovg", "grade", "message"), [("V", "6.5", "6,5"), ("O", "4.0", "4,0"), ("G", "10.0", "10,0")])
def test_final_row_shows_grade_and_ovg(
    member: Client, make_afname: AfnameMaker, ovg: str, grade: str, message: str
) -> None:
    make_afname(Status.FINAL, ovg=ovg, grade=Decimal(grade))
    cell = result_cells(page(member))
    assert f'class="number">{message}</td>' in cell
    assert f'<span class="score ovg-{ovg}"><b>{ovg}</b>' in cell


def test_final_row_links_to_the_current_pdf(member: Client, make_afname: AfnameMaker, school: School) -> None:
    student = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Boom")
    assessment = make_afname(Status.FINAL, student=student)
    old = document_of(assessment, superseded_at=timezone.now())
    current = document_of(assessment, number=2)
    cell = result_cells(page(member))
    assert f'href="{reverse("assessments:document", args=[current.public_id])}"' in cell
    assert 'Pdf<span class="visually-hidden"> van Bart Boom</span>' in cell
    assert str(old.public_id) not in cell
    assert "wordt gemaakt" not in cell


def test_final_row_shows_that_the_pdf_is_being_made(member: Client, make_afname: AfnameMaker) -> None:
    assessment = make_afname(Status.FINAL)
    pending = document_of(assessment, made=False)
    cell = result_cells(page(member))
    assert "De pdf wordt gemaakt" in cell
    assert str(pending.public_id) not in cell


def test_final_row_shows_a_failing_pdf(member: Client, make_afname: AfnameMaker) -> None:
    document_of(make_afname(Status.FINAL), made=False, attempts=FAILING_ATTEMPTS)
    cell = result_cells(page(member))
    assert "Pdf kan niet worden gemaakt" in cell
    assert "wordt gemaakt" not in cell


def test_failure_of_a_superseded_pdf_is_not_shown(member: Client, make_afname: AfnameMaker) -> None:
    assessment = make_afname(Status.FINAL)
    document_of(assessment, made=False, attempts=FAILING_ATTEMPTS, superseded_at=timezone.now())
    document_of(assessment, made=False, number=2)
    assert "De pdf wordt gemaakt" in result_cells(page(member))


@pytest.mark.parametrize("status", [status for status in Status.values if status != Status.FINAL])
def test_other_statuses_show_no_result(member: Client, make_afname: AfnameMaker, status: str) -> None:
    document_of(make_afname(status), superseded_at=timezone.now())
    cell = result_cells(page(member, f"{LIST}?status={status}"))
    assert "score" not in cell
    assert "pdf" not in cell.lower()


def test_names_are_escaped(member: Client, make_afname: AfnameMaker, school: School) -> None:
    student = MembershipFactory(school=school, user__first_name="<b>", user__last_name="Boom")
    document_of(make_afname(Status.FINAL, student=student))
    assert "van &lt;b&gt; Boom</span>" in result_cells(page(member))


def test_query_count_is_constant_for_final_rows(member: Client, make_afname: AfnameMaker) -> None:
    def count(address: str) -> int:
        member.get(address)
        with CaptureQueriesContext(connection) as queries:
            member.get(address)
        return len(queries)

    make_afname()
    document_of(make_afname(Status.FINAL))
    one = count(FINAL_ONES)
    for number in range(5):
        document_of(make_afname(Status.FINAL), made=bool(number % 2))
    assert count(FINAL_ONES) == one
