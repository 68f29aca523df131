"""The overview of examiners per part."""

from __future__ import annotations

import pytest

from addressbook.models import Contact
from assessments.coupling.overview import read_overview
from assessments.models import Assessment
from exams.models import Part
from tests import steps


def test_examiner_of_every_part_has_the_whole_exam(assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    assert read_overview([assessment], assessment.unit).parts_of(examiner) == ["het hele examen"]


def test_work_process_and_single_part_are_named(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    [first, second] = assessment.unit.core_tasks.get().work_processes.all()
    steps.choose(assessment, examiner)
    steps.choose(assessment, second_examiner, part=second.parts.get(kind=Part.Kind.PRODUCT))
    overview = read_overview([assessment], assessment.unit)
    assert overview.parts_of(examiner) == [first.code, f"{second.code} Gedragsobservatie"]
    assert overview.parts_of(second_examiner) == [f"{second.code} Productbeoordeling"]


@pytest.mark.parametrize(("level", "uncovered"), [("nobody", 4), ("work process", 2), ("unit", 0)])
def test_unassigned_parts_are_counted(assessment: Assessment, examiner: Contact, level: str, uncovered: int) -> None:
    if level == "work process":
        steps.choose(assessment, examiner, work_process=assessment.unit.core_tasks.get().work_processes.all()[0])
    elif level == "unit":
        steps.choose(assessment, examiner)
    assert read_overview([assessment], assessment.unit).uncovered == uncovered


def test_overview_takes_four_queries(assessment: Assessment, examiner: Contact, django_assert_num_queries) -> None:
    steps.choose(assessment, examiner)
    unit = assessment.unit
    with django_assert_num_queries(4):
        read_overview([assessment], unit)
