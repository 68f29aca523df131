"""Finding assessments among many gives what filtering all of them would, whichever way it goes."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role, School
from accounts.search import matches
from assessments.models import Assessment, AssessmentQuerySet, Assignment, Status
from committee.assessment_list import query
from committee.assessment_list.query import AfnamesOfSchool
from committee.search import ALL, Wanted
from exams.models import ExamUnit, Part
from tests.committee.conftest import AfnameMaker
from tests.factories import ContactFactory, MembershipFactory, first_unit, make_exam, member

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
STUDENTS = ["Emma Jansen", "Emma de Vries", "Lisa Jansen", "Zoë Zwart"]
TEACHERS = ["Dirk Docent", "Emma Docent", "Cora Collega"]
EXAMINERS = ["Erik Examinator", "Emma Examinator", "Lisa Leermeester"]
# By walking alone, by looking up what is rare, and by looking up whatever there is.
NEVER, ALWAYS = 10**9, 0
WAYS = {
    "walks all": {"WALKED": 1000},
    "walks on": {"WALKED": 3, "A_HANDFUL": 0, "FAR": NEVER, "FAR_FOR_BOTH": NEVER},
    "walks on with people at hand": {"WALKED": 3, "FEW_EXAMINED": 0, "FEW_STUDENTS": 0, "FAR": ALWAYS},
    "looks up": {"WALKED": 3, "A_HANDFUL": 0, "FAR": ALWAYS, "FAR_FOR_BOTH": ALWAYS},
    "has uncommon students at hand": {"WALKED": 1, "FURTHER": 2, "FEW_STUDENTS": 0, "FEW_EXAMINED": 0, "FAR_APART": -1},
    "walks to common students": {"WALKED": 1, "FURTHER": 2, "FEW_STUDENTS": 0, "FEW_EXAMINED": 0, "FAR": NEVER},
    "looks up few": {"WALKED": 3, "FAR": 6, "FEW_STUDENTS": 1, "FEW_EXAMINERS": 1, "FEW_EXAMINED": 9},
}


def called(name: str) -> dict[str, str]:
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last}


@pytest.fixture(autouse=True)
def many(make_afname: AfnameMaker, school: School, other_school: School, unit: ExamUnit) -> None:
    """Each of the students by turns with each of the rest; some at the same moment, two to a student's exam."""
    students = [MembershipFactory(school=school, **{f"user__{k}": v for k, v in called(n).items()}) for n in STUDENTS]
    teachers = [member(school, Role.DOCENT, **called(name)) for name in TEACHERS]
    contacts = [ContactFactory(school=school, **called(name)) for name in EXAMINERS]
    others = [first_unit(make_exam()) for _ in range(2)]
    for number, (student, its_unit, _) in enumerate(itertools.product(students, [unit, *others], range(3))):
        status = list(Status.values)[number % 6] if number % 3 == 0 else Status.FINAL
        made = make_afname(
            status,
            student=student,
            unit=its_unit,
            attempt=1 + number % 3,
            initiator=teachers[number % 5 % 3],
            since=MONDAY - timedelta(hours=number % 7 * 24),
        )
        for contact in {contacts[number % 3], contacts[number % 4 % 3]}:
            for part in Part.objects.filter(work_process__core_task__unit=its_unit):
                made.assignments.create(contact=contact, part=part, removed_at=None if number % 11 else MONDAY)
    make_afname(
        student=MembershipFactory(school=other_school, **{f"user__{k}": v for k, v in called("Emma Jansen").items()})
    )


def filtered(school: School, wanted: Wanted) -> AssessmentQuerySet:
    """The same by conditions alone."""
    found = Assessment.objects.filter(school=school)
    found = found if wanted.status == ALL else found.filter(status=wanted.status)
    found = found.filter(exam=wanted.exam) if wanted.exam else found
    found = found.filter(status_since__gte=wanted.since) if wanted.since else found
    found = found.filter(status_since__lt=wanted.until) if wanted.until else found
    if wanted.student:
        found = found.filter(matches(wanted.student, "student__search_text"))
    if wanted.initiator:
        own = Membership.objects.filter(user=OuterRef("initiator"), school=school)
        found = found.filter(Exists(own.filter(matches(wanted.initiator))))
    if wanted.examiner:
        live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
        found = found.filter(Exists(live.filter(matches(wanted.examiner, "contact__search_text"))))
    return found


PEOPLE = [
    {},
    {"student": "emma"},
    {"student": "jansen emma"},
    {"student": "zw"},
    {"student": "niemand"},
    {"student": "´"},
    {"initiator": "docent"},
    {"initiator": "cora"},
    {"initiator": "niemand"},
    {"examiner": "emma"},
    {"examiner": "examinator"},
    {"examiner": "niemand"},
    {"student": "emma", "examiner": "lisa"},
    {"student": "lisa", "initiator": "dirk"},
    {"student": "jansen", "initiator": "docent", "examiner": "e"},
    {"student": "jansen", "initiator": "cora", "examiner": "examinator"},
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("people", PEOPLE, ids=lambda people: ", ".join(people.values()) or "nobody named")
def test_it_finds_and_counts_what_filtering_would(
    people: dict[str, str], way: str, school: School, unit: ExamUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WAYS[way].items():
        monkeypatch.setattr(query, name, value)
    exam = unit.exam_version.exam_id
    period = {"since": MONDAY - timedelta(days=4), "until": MONDAY}
    for narrowed in ({}, {"status": Status.FINAL}, {"exam": exam}, {"exam": exam, "status": Status.FINAL}, period):
        wanted = Wanted(**(narrowed | people))
        everything = list(filtered(school, wanted).order_by("status_since", "pk").values_list("status_since", "pk"))
        for keys, ascending in ((everything, True), (everything[::-1], False)):
            assert AfnamesOfSchool(school.pk, wanted).find(limit=5, ascending=ascending) == keys[:5]
            for place in (0, len(keys) // 2):
                after = keys[place] if keys else None
                found = AfnamesOfSchool(school.pk, wanted).find(limit=5, ascending=ascending, after=after)
                assert found == keys[place + 1 : place + 6]
        searched = AfnamesOfSchool(school.pk, wanted)
        searched.find(limit=5, ascending=True)
        counted = searched.count()
        all_states = filtered(school, Wanted(**(narrowed | people | {"status": ALL}))).values_list("status", flat=True)
        assert counted is None or +counted == Counter(all_states)


def test_a_small_school_is_always_counted(school: School) -> None:
    assert AfnamesOfSchool(school.pk, Wanted(student="emma", examiner="lisa")).count() is not None


def test_counting_stops(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "COUNT_UP_TO", 3)
    counted = AfnamesOfSchool(school.pk, Wanted()).count()
    assert counted is not None
    assert counted[Status.FINAL] == 4
    assert AfnamesOfSchool(school.pk, Wanted(student="emma")).count() is None


@pytest.mark.parametrize("a_handful", [0, 10], ids=["walked first", "asked first"])
def test_what_walking_has_shown_to_be_long_is_not_looked_at_again(
    a_handful: int, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = {"WALKED": 3, "A_HANDFUL": a_handful, "FEW_STUDENTS": 0, "FEW_EXAMINED": 0}
    for name, value in far.items():
        monkeypatch.setattr(query, name, value)
    searched = AfnamesOfSchool(school.pk, Wanted(student="zoe", examiner="erik"))
    searched.find(limit=5, ascending=True)
    with CaptureQueriesContext(connection) as queries:
        assert searched.count() is None
    assert len(queries) == 0


def test_whether_a_list_goes_on_is_asked_once(school: School) -> None:
    searched = AfnamesOfSchool(school.pk, Wanted(examiner="erik"))
    with CaptureQueriesContext(connection) as queries:
        searched.find(limit=100, ascending=True)
    assert len(queries) == 3  # the examiners, whether there are more than one walks, and the walk


def test_what_comes_after_enough_of_another_school_is_left_out(school: School) -> None:
    wanted = Wanted(student="emma", status=ALL)
    keys = AfnamesOfSchool(school.pk, wanted).find(limit=100, ascending=True)
    found = AfnamesOfSchool(school.pk, wanted).find(limit=100, ascending=True, until=keys[4])
    assert found == keys[:4]
    assert AfnamesOfSchool(school.pk, wanted).find(limit=100, ascending=False, until=keys[4]) == keys[:4:-1]
