"""Exam models: queries, grading scheme, publishing and immutability."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from exams.grading.scores import SchemeError, Score
from exams.models import CoreTask, Criterion, Exam, ExamUnit, ExamVersion, Part, PublishedContent, WorkProcess
from tests.factories import ExamFactory, make_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> ExamVersion:
    """A published version with B1 and B2, each two core tasks of three work processes with both parts."""
    return make_exam(units=2, core_tasks=2, work_processes=3).versions.get()


@pytest.fixture
def draft() -> ExamVersion:
    return make_exam(published=False).versions.get()


def read_everything(version: ExamVersion) -> list[str]:
    return [
        criterion.text
        for unit in version.units.with_content()
        for task in unit.core_tasks.all()
        for process in task.work_processes.all()
        for part in process.parts.all()
        for criterion in part.criteria.all()
    ]


@pytest.mark.parametrize("size", [1, 4])
def test_content_takes_five_queries_at_any_size(size, django_assert_num_queries):
    version = make_exam(units=size, core_tasks=size, work_processes=size, criteria=size).versions.get()
    with django_assert_num_queries(5):
        assert len(read_everything(version)) == 2 * size**4


@pytest.mark.parametrize("size", [1, 4])
def test_scheme_takes_one_query_and_is_cached(size, django_assert_num_queries):
    version = make_exam(units=size, core_tasks=size, work_processes=size, criteria=size).versions.get()
    with django_assert_num_queries(1):
        scheme = version.scheme()
    with django_assert_num_queries(0):
        assert version.scheme() is scheme


def test_nodes_have_the_exam_s_order_and_criteria_by_primary_key(version, django_assert_num_queries):
    unit = version.units.get(code="B2")
    with django_assert_num_queries(1):
        node = unit.node()
    assert node == version.nodes()[1]
    assert [task.code for task in node.core_tasks] == ["B2-K1", "B2-K2"]
    assert [process.code for process in node.core_tasks[1].work_processes] == ["B2-K2-W1", "B2-K2-W2", "B2-K2-W3"]
    assert [part.key for part in node.core_tasks[0].work_processes[0].parts] == ["BEHAVIOUR", "PRODUCT"]
    content = version.units.with_content()[1]
    part = content.core_tasks.all()[1].work_processes.all()[2].parts.all()[1]
    assert node.core_tasks[1].work_processes[2].parts[1].criteria == tuple(c.pk for c in part.criteria.all())


def test_order_follows_position_not_age(draft):
    unit = draft.units.get()
    first = CoreTask.objects.create(unit=unit, position=0, code="B1-K0", title="Vooraan")
    WorkProcess.objects.create(core_task=first, position=1, code="B1-K0-W1", title="Werkproces")
    assert [task.code for task in unit.node().core_tasks] == ["B1-K0", "B1-K1"]


def test_a_unit_is_graded_by_its_version(version):
    node = version.units.get(code="B1").node()
    result = version.scheme().grade_unit("B1", dict.fromkeys(node.criteria, Score.G))
    assert result.as_json()["grade"] == "10.0"


# --- Publishing ----------------------------------------------------------------------------------
def test_version_with_unfit_scheme_is_not_published(draft):
    draft.grading_data["units"]["B1"]["good_from"] = 99
    with pytest.raises(SchemeError):
        draft.publish()
    assert draft.published_at is None
    assert draft.exam.current_version is None
    born_published = ExamVersion(exam=draft.exam, number=2, grading_rule="points-table", grading_data={})
    born_published.published_at = timezone.now()
    with pytest.raises(SchemeError):
        born_published.save()


def test_empty_level_of_a_draft_is_reported(draft):
    WorkProcess.objects.create(core_task=CoreTask.objects.get(), position=9, code="B1-K1-W9", title="Leeg")
    with pytest.raises(ValidationError, match="B1-K1-W9"):
        draft.full_clean()


def test_published_version_is_current_and_not_published_again(draft):
    draft.publish()
    published_at = draft.published_at
    assert draft.exam.current_version == draft
    with pytest.raises(PublishedContent):
        draft.publish()
    assert draft.published_at == published_at


def test_newest_published_version_is_current(version):
    ExamVersion.objects.create(exam=version.exam, number=2, grading_rule="points-table", grading_data={})
    assert version.exam.current_version == version


def pieces_of(version: ExamVersion) -> list[Any]:
    """Return a criterion of the version and its ancestors up to the unit."""
    criterion = Criterion.objects.filter(part__work_process__core_task__unit__exam_version=version)[0]
    part = criterion.part
    return [criterion, part, part.work_process, part.work_process.core_task, part.work_process.core_task.unit]


def test_published_content_is_immutable(version):
    for piece in pieces_of(version):
        with pytest.raises(PublishedContent):
            piece.save()
        with pytest.raises(PublishedContent):
            piece.delete()
        things = type(piece).objects.filter(pk=piece.pk)
        with pytest.raises(PublishedContent):
            things.update(position=9)
        with pytest.raises(PublishedContent):
            things.bulk_update([piece], ["position"])
        with pytest.raises(PublishedContent):
            things.delete()
    with pytest.raises(PublishedContent):
        ExamUnit.objects.bulk_create([ExamUnit(exam_version=version, position=9, code="B9", title="Erbij")])
    for change in (version.save, version.delete, lambda: ExamVersion.objects.filter(pk=version.pk).delete()):
        with pytest.raises(PublishedContent):
            change()
    with pytest.raises(PublishedContent):
        ExamVersion.objects.update(published_at=None)


def test_stale_object_cannot_change_published_content(draft):
    pieces = pieces_of(draft)
    ExamVersion.objects.get(pk=draft.pk).publish()
    for piece in pieces:
        with pytest.raises(PublishedContent):
            piece.save()
    with pytest.raises(PublishedContent):
        Criterion.objects.bulk_create([Criterion(part=pieces[1], position=9, text="Erbij")])
    with pytest.raises(PublishedContent):
        draft.save()


def test_content_cannot_leave_a_published_version(version, draft):
    unit = version.units.get(code="B1")
    unit.exam_version = draft
    with pytest.raises(PublishedContent):
        unit.save()


def test_a_draft_can_be_changed_and_taken_away(draft):
    criterion, part, *_ = pieces_of(draft)
    criterion.text = "Beter gezegd"
    criterion.save()
    part.criteria.all().delete()
    assert not part.criteria.exists()


# --- Constraints ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "PROFESSION", "code": "K0023"},
        {"kind": "PROFESSION", "code": "2565"},
        {"kind": "KEUZEDEEL", "code": "25656"},
        {"kind": "KEUZEDEEL", "code": "k0023"},
        {"kind": "CURSUS", "code": "25656"},
        {"cohort": "2025"},
        {"cohort": "2025/2026"},
        {"level": 5},
        {"title": ""},
    ],
)
def test_invalid_exam_is_refused_by_form_and_database(fields):
    with pytest.raises(ValidationError):
        ExamFactory.build(**fields).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamFactory(**fields)


def test_cohort_is_a_school_year():
    with pytest.raises(ValidationError, match="schooljaar"):
        ExamFactory.build(cohort="2025-2027").full_clean()


@pytest.mark.parametrize(("kind", "code"), [("PROFESSION", "25656"), ("KEUZEDEEL", "K0023")])
def test_crebo_numbers_and_codes_of_keuzedelen_fit(kind, code):
    exam = ExamFactory.build(kind=kind, code=code, level=3)
    exam.full_clean()
    exam.save()
    assert Exam.objects.get() == exam


def test_database_constrains_codes_positions_and_texts(draft):
    unit = draft.units.get()
    part = Part.objects.order_by("pk")[0]
    for broken in (
        lambda: ExamUnit.objects.create(exam_version=draft, position=9, code=unit.code, title="Tweede"),
        lambda: ExamUnit.objects.create(exam_version=draft, position=unit.position, code="B9", title="Tweede"),
        lambda: ExamUnit.objects.create(exam_version=draft, position=9, code="", title="Tweede"),
        lambda: ExamUnit.objects.create(exam_version=draft, position=-1, code="B9", title="Tweede"),
        lambda: Part.objects.create(work_process=part.work_process, position=9, kind="EXAM"),
        lambda: Part.objects.create(work_process=part.work_process, position=9, kind=part.kind),
        lambda: Criterion.objects.create(part=part, position=9, text="", meaning_o="O", meaning_v="V", meaning_g="G"),
        lambda: Criterion.objects.create(part=part, position=9, text="Wat", meaning_o="O", meaning_v="", meaning_g="G"),
        lambda: ExamVersion.objects.create(exam=draft.exam, number=0, grading_rule="points-table", grading_data={}),
        lambda: ExamVersion.objects.create(
            exam=draft.exam, number=2, grading_rule="points-table", grading_data={}, source_sha256="abc"
        ),
        lambda: ExamVersion.objects.create(
            exam=draft.exam, number=2, grading_rule="points-table", grading_data={}, level=5
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()
