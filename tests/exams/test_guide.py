"""docs/examens.md is all that someone needs to make an exam: its example goes live, and it names everything."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Membership, User
from assessments.models import Assessment
from exams.example import example_text
from exams.models import Exam, ExamVersion, Upload
from exams.workbook_layout import SHEETS
from exams.yaml_lines import parse

from .schemes import linear_table

GUIDE = (settings.BASE_DIR / "docs" / "examens.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
SAVED = "/beheer/exams/examversion/"


def test_the_example_of_the_guide_goes_live_through_the_screens_and_is_assessed(
    client: Client, staff: User, docent: User, student: Membership
) -> None:
    """With what stands in the guide and nothing else: handed in, published, put on an account, started."""
    preview = client.post(f"{SAVED}inlezen/", {"file": SimpleUploadedFile("examen.yaml", EXAMPLE.encode())})
    client.post(f"{preview['Location']}opslaan/")
    version = ExamVersion.objects.latest("pk")
    client.post(f"{SAVED}{version.pk}/publiceren/", {"compared_with": ""})

    teacher = Client()
    teacher.force_login(docent)
    assert "Voorbeeld gastheer" in teacher.get("/productcatalogus/").content.decode()
    exam = Exam.objects.get(code="99999")
    teacher.post(f"/productcatalogus/{exam.pk}/toevoegen/")
    unit = version.units.get()
    teacher.post(f"/examens/eenheid/{unit.pk}/digitaal-beoordelen/ga-verder/", {"student": student.pk})
    [assessment] = Assessment.objects.filter(unit=unit)
    assert assessment.student == student
    page = teacher.get(f"/beoordelingen/{assessment.public_id}/", follow=True).content.decode()
    assert "Gasten ontvangen en bedienen" in page
    assert Upload.objects.get().version == version


def test_the_example_of_the_guide_is_the_one_that_can_be_downloaded() -> None:
    assert example_text() == EXAMPLE


def keys_of(value: object) -> set[str]:
    """Every key in it, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_the_guide_explains_every_key() -> None:
    [table] = re.findall(r"### Elke sleutel\n\n(.*?)\n\n", GUIDE, re.DOTALL)
    explained = {key for line in table.split("\n")[2:] for key in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert explained == keys_of(parse(EXAMPLE.encode()).plain())


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.title)
def test_the_guide_names_every_sheet_and_its_columns(sheet) -> None:
    columns = ", ".join(column.header for column in sheet.columns)
    assert re.search(rf"^\| {sheet.title} \|.*\| {re.escape(columns)} \|$", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("criteria", range(1, 7))
def test_the_guide_s_tables_are_right(criteria: int) -> None:
    assert f"| {criteria} | {', '.join(linear_table(criteria))} |" in GUIDE
