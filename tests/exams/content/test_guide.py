"""docs/examens.md: its example can be published, and it describes every field."""

from __future__ import annotations

import html
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Membership, User
from assessments.models import Assessment
from exams.content.excel_format import SHEETS
from exams.content.guide import example_source
from exams.content.yaml_reader import parse
from exams.models import Exam, ExamVersion, Upload
from tests.exams.grading.schemes import linear_table

GUIDE = (settings.BASE_DIR / "docs" / "examens.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
LIST = "/beheer/examens/"
READ = f"{LIST}handleiding/"


def test_example_of_the_guide_can_be_published_and_assessed(
    client: Client, staff: User, docent: User, student: Membership
) -> None:
    """Upload the guide's example, publish it, add it to an account and start an assessment."""
    preview = client.post(f"{LIST}inlezen/", {"file": SimpleUploadedFile("examen.yaml", EXAMPLE.encode())})
    client.post(f"{preview['Location']}opslaan/")
    version = ExamVersion.objects.latest("pk")
    client.post(f"{LIST}versies/{version.pk}/publiceren/", {"compared_with": ""})

    teacher = Client()
    teacher.force_login(docent)
    assert "Voorbeeld gastheer" in teacher.get("/productcatalogus/").content.decode()
    exam = Exam.objects.get(code="99999")
    teacher.post(f"/productcatalogus/{exam.pk}/toevoegen/")
    unit = version.units.get()
    start = f"/examens/eenheid/{unit.pk}/digitaal-beoordelen/starten/"
    teacher.post(start, {"erbij": student.pk, "verder": "1"})
    [assessment] = Assessment.objects.filter(unit=unit)
    assert assessment.student == student
    page = teacher.get(f"/beoordelingen/{assessment.public_id}/", follow=True).content.decode()
    assert "Gasten ontvangen en bedienen" in page
    assert Upload.objects.get().version == version


def test_example_of_the_guide_is_the_downloadable_file() -> None:
    assert example_source() == EXAMPLE


def keys_of(value: object) -> set[str]:
    """Yield every key, at any depth."""
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


# --- On the screen ---------------------------------------------------------------------------------
def test_page_shows_the_whole_guide(client: Client, staff: User) -> None:
    """Every heading, cell and line of the example is on the page, and the contents link to the headings."""
    for page in (f"{LIST}inlezen/", LIST):
        assert f'href="{READ}"' in client.get(page).content.decode()
    page = html.unescape(client.get(READ).content.decode())
    shown = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    without_marks = re.sub(r"```\w*|[*`#|\\]|---|^ *(-|\d\.) ", " ", GUIDE, flags=re.MULTILINE)
    words = without_marks.split()
    assert len(words) > 1500
    assert [word for word in words if word not in shown] == []
    anchors = re.findall(r'<a href="#([\w-]+)">', page)
    assert [anchor for anchor in anchors if anchor != "inhoud"] == re.findall(r'<h2 id="([\w-]+)"', page)
    assert page.count('<h2 id="') == GUIDE.count("\n## ")


def test_refused_file_links_to_mistakes_in_the_guide(client: Client, staff: User) -> None:
    page = client.post(f"{LIST}inlezen/", {"file": SimpleUploadedFile("leeg.yaml", b"")}).content.decode()
    [anchor] = re.findall(rf'href="{READ}#([\w-]+)"', page)
    assert f'<h2 id="{anchor}">' in client.get(READ).content.decode()


@pytest.mark.parametrize("criteria", range(1, 7))
def test_the_guide_s_tables_are_right(criteria: int) -> None:
    assert f"| {criteria} | {', '.join(linear_table(criteria))} |" in GUIDE
