"""The exams in exams/data, which the demo loads."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from exams.content.schema import ExamContent, PartContent, WorkProcessContent
from exams.content.versions import read_file
from exams.grading.scores import Score
from exams.models import ExamVersion

FILES = sorted((settings.BASE_DIR / "exams" / "data").glob("*.yaml"))
EXAMS = {path.stem: read_file(path).content for path in FILES}


def work_processes(exam: ExamContent) -> list[WorkProcessContent]:
    return [process for unit in exam.units for task in unit.core_tasks for process in task.work_processes]


def parts(exam: ExamContent) -> list[PartContent]:
    return [part for process in work_processes(exam) for part in process.parts]


def test_one_exam_has_two_units():
    assert [exam.title for exam in EXAMS.values() if len(exam.units) == 2] == ["Assistent logistiek"]


def test_unit_has_four_work_processes_with_both_parts():
    exam = EXAMS["verzorgende-ig-25656"]
    assert len(exam.units) == 1
    assert len(work_processes(exam)) >= 4
    assert all([part.kind for part in process.parts] == ["BEHAVIOUR", "PRODUCT"] for process in work_processes(exam))


def test_one_exam_is_a_keuzedeel():
    assert [exam.code for exam in EXAMS.values() if exam.kind == "KEUZEDEEL"] == ["K0023"]


@pytest.mark.parametrize("exam", EXAMS.values(), ids=EXAMS)
def test_parts_have_three_to_six_criteria_with_distinct_sentences(exam):
    assert all(3 <= len(part.criteria) <= 6 for part in parts(exam))
    criteria = list(chain.from_iterable(part.criteria for part in parts(exam)))
    for texts in (
        [criterion.text for criterion in criteria],
        [text for criterion in criteria for text in (criterion.meaning_o, criterion.meaning_v, criterion.meaning_g)],
    ):
        assert len(set(texts)) == len(texts)
        assert all(text[0].isupper() and text.endswith(".") and "  " not in text for text in texts)


@pytest.mark.django_db
@pytest.mark.parametrize("path", FILES, ids=EXAMS)
def test_each_exam_can_be_loaded_published_and_graded(path: Path):
    call_command("load_exam", path, "--publish", verbosity=0)
    version = ExamVersion.objects.get()
    assert version.published_at
    for score, grade in ((Score.O, "1.0"), (Score.V, "5.5"), (Score.G, "10.0")):
        results = [
            version.scheme().grade_unit(unit.code, dict.fromkeys(unit.criteria, score)) for unit in version.nodes()
        ]
        assert {result.as_json()["grade"] for result in results} == {grade}
        assert version.scheme().grade_exam(results) is score
