"""Finding a student and starting an assessment (source text, part A, 'Toevoegen studenten')."""

import itertools
from datetime import date

import pytest
from django.http import Http404

from accounts.models import Membership, Role
from accounts.school import student_search
from accounts.search import matches
from assessments import access, lifecycle
from assessments.models import Assessment, Event, Status
from assessments.start import start
from committee.decisions.finalise import finalise
from exams.models import ExamUnit
from tests.factories import MembershipFactory, add_version, first_unit, make_exam, member
from tests.steps import start_assessment


def test_found_by_part_of_name_mail_or_number(student, docent):
    for query in ["Hof", "anouk", "HOFF Anouk", "van 't hoff", "anouk@hier", "123456", "345", "'t"]:
        assert start.find_students(by=docent, query=query) == [student], query


@pytest.mark.parametrize("query", ["", "  ", "Piet", "ouk@elders", "\x00"])
def test_not_found_by_anything_else(query, student, docent):
    assert start.find_students(by=docent, query=query) == []


def test_student_without_number_is_not_found(school, docent):
    without = MembershipFactory(school=school, student_number="", user__last_name="Nummerloos")
    assert start.find_students(by=docent, query="Nummerloos") == []
    with pytest.raises(Http404):
        start.get_students_to_start(docent, [without.pk])


def test_student_of_another_school_does_not_exist(other_school, docent, stranger):
    elsewhere = MembershipFactory(school=other_school, user__last_name="Elders")
    assert start.find_students(by=docent, query="Elders") == []
    with pytest.raises(Http404):
        start.get_students_to_start(docent, [elsewhere.pk])
    assert start.get_students_to_start(stranger, [elsewhere.pk]) == [elsewhere]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DOCENT}))
def test_only_a_docent_finds_students(role, school, student):
    someone = member(school, role)
    assert start.find_students(by=someone, query="Hoff") == []
    with pytest.raises(Http404):
        start.get_students_to_start(someone, [student.pk])


def test_school_that_is_not_activated_starts_nothing(school, student, docent):
    school.digital_assessment_active = False
    school.save()
    assert start.find_students(by=docent, query="Hoff") == []
    with pytest.raises(Http404):
        start.get_students_to_start(docent, [student.pk])


def test_account_that_was_closed_is_not_found(student, docent):
    student.user.is_active = False
    student.user.save()
    assert start.find_students(by=docent, query="Hoff") == []


def test_found_in_order_of_last_name_and_one_more_than_the_limit(school, docent):
    for number in range(start.SEARCH_LIMIT + 5, 0, -1):
        MembershipFactory(school=school, user__first_name="Zoek", user__last_name=f"Naam {number:02}")
    found = [student.user.last_name for student in start.find_students(by=docent, query="zoek")]
    assert found == [f"Naam {number:02}" for number in range(1, start.SEARCH_LIMIT + 2)]


def test_who_is_called_so_comes_before_who_only_has_the_letters(school, docent):
    for first_name, last_name in (("Aad", "Bosma"), ("Maaike", "Zomer"), ("Bo", "Maas"), ("Maarten", "Albers")):
        MembershipFactory(school=school, user__first_name=first_name, user__last_name=last_name)
    found = [student.user.full_name for student in start.find_students(by=docent, query="ma")]
    assert found == ["Bo Maas", "Maarten Albers", "Maaike Zomer"]
    found = [student.user.full_name for student in start.find_students(by=docent, query="maa")]
    assert found == ["Bo Maas", "Maarten Albers", "Maaike Zomer"]
    assert [student.user.full_name for student in start.find_students(by=docent, query="sma")] == ["Aad Bosma"]


@pytest.mark.parametrize("query", ["van den berg", "berg den", "jan van den berg", "berg jan"])
def test_infix_and_last_name_bring_those_before_whoever_has_the_words_elsewhere(school, docent, query):
    MembershipFactory(school=school, user__first_name="Jan", user__last_name="Aa", user__email="van.den.berg@hier.test")
    called_so = MembershipFactory(
        school=school, user__first_name="Jan", user__infix="van den", user__last_name="Berg", user__email="x@hier.test"
    )
    found = start.find_students(by=docent, query=query)
    assert len(found) == 2
    if query != "berg den":
        assert found[0] == called_so


@pytest.mark.parametrize("walked", [1, 5, 100])
@pytest.mark.parametrize(
    "query", ["an", "jan", "ans", "van", "sen jan", "ari aa", "zwart", "@hier", "ari@hier", "ari zwart", "9"]
)
def test_a_large_school_s_students_are_found_as_a_small_one_s(school, docent, monkeypatch, walked, query):
    names = itertools.product(("Jan", "Ari", "Ans", "Vanessa"), ("Jansen", "Zwart", "Albers", "Evans"))
    for first, last in names:
        email = f"{first}@hier.test" if last == "Zwart" else f"{first}.{last}@school.test"
        MembershipFactory(school=school, user__first_name=first, user__last_name=last, user__email=email)
    small = start.find_students(by=docent, query=query)
    monkeypatch.setattr(student_search, "WALKED", walked)
    assert start.find_students(by=docent, query=query) == small
    assert set(small) == set(Membership.objects.students_of_docent(docent).filter(matches(query)))


@pytest.mark.parametrize("query", ["naam", "aam", "naam 3", "nergens"])
def test_search_takes_few_queries_whatever_is_found(school, docent, query, django_assert_max_num_queries):
    for number in range(5):
        MembershipFactory(school=school, user__last_name=f"Naam {number}")
    with django_assert_max_num_queries(12):
        [found.user.full_name + found.school.name for found in start.find_students(by=docent, query=query)]


def test_started_assessment_belongs_to_the_student_s_school(assessment, student, unit, exam, docent):
    assert assessment.status == Status.NEW
    assert (assessment.school, assessment.student, assessment.initiator) == (student.school, student, docent)
    assert (assessment.exam, assessment.unit, assessment.unit_code) == (exam, unit, "B1")
    assert assessment.attempt == 1
    assert assessment.events.get().kind == Event.Kind.STARTED


def test_second_start_is_told_that_one_is_running(assessment, student, unit, colleague):
    with pytest.raises(lifecycle.DomainError, match="Voor Anouk van 't Hoff loopt al een beoordeling"):
        start_assessment(student, unit, colleague)
    assert start.standings(students=[student], unit=unit)[student.pk].running == assessment


def test_other_units_of_the_exam_run_beside_it(student, docent):
    exam = make_exam(units=2)
    first, second = ExamUnit.objects.filter(exam_version__exam=exam).order_by("position")
    start_assessment(student, first, docent)
    assert start_assessment(student, second, docent).attempt == 1


def test_running_one_is_found_from_a_newer_version_of_the_exam(assessment, student, unit, docent):
    add_version(unit.exam_version.exam)
    newer = first_unit(unit.exam_version.exam)
    assert newer != unit
    assert start.standings(students=[student], unit=newer)[student.pk].running == assessment
    with pytest.raises(lifecycle.DomainError, match="loopt al"):
        start_assessment(student, newer, docent)


def test_attempt_after_a_final_one_is_the_second(assessed, student, unit, docent, committee_member):
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert start_assessment(student, unit, docent).attempt == 2


@pytest.mark.parametrize(("counts", "attempt"), [(True, 2), (False, 1)])
def test_cancelled_attempt_counts_when_it_was_said_to(counts, attempt, assessment, student, unit, docent):
    lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=counts)
    assert start_assessment(student, unit, docent).attempt == attempt


def test_attempts_that_do_not_count_leave_no_gap(student, unit, docent):
    for counts in (False, True, False, False):
        assessment = start_assessment(student, unit, docent)
        lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=counts)
    assert start_assessment(student, unit, docent).attempt == 2


def test_refused_start_leaves_the_transaction_usable(assessment, student, unit, docent):
    with pytest.raises(lifecycle.DomainError):
        start_assessment(student, unit, docent)
    assert student.assessments.count() == 1


def test_the_newest_version_is_what_begins_also_from_an_old_address(student, unit, exam, docent):
    add_version(exam)
    assert start.start(unit=unit, student=student, by=docent).unit == first_unit(exam)


def test_a_unit_that_the_newest_version_lacks_does_not_begin(student, docent):
    exam = make_exam(units=2)
    second = exam.current_version.units.get(position=2)
    add_version(exam)
    with pytest.raises(lifecycle.DomainError, match="staat niet meer in het examen"):
        start.start(unit=second, student=student, by=docent)


def test_standing_of_who_has_none_is_the_first_attempt(student, unit):
    assert start.standings(students=[student], unit=unit) == {student.pk: start.UnitProgress()}
    assert not start.UnitProgress().is_resit


def test_final_first_attempt_makes_the_next_a_resit(assessed, student, unit, committee_member):
    assert start.standings(students=[student], unit=unit)[student.pk] == start.UnitProgress(assessed, 2)
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    standing = start.standings(students=[student], unit=unit)[student.pk]
    assert standing == start.UnitProgress(None, 2)
    assert standing.is_resit


def test_cancelled_attempt_that_does_not_count_leaves_the_first(assessment, student, unit, docent):
    lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    assert start.standings(students=[student], unit=unit)[student.pk] == start.UnitProgress()


def test_standings_take_one_query_whoever_is_asked(school, unit, docent, django_assert_num_queries):
    students = MembershipFactory.create_batch(5, school=school)
    for student in students[:3]:
        start_assessment(student, unit, docent)
    with django_assert_num_queries(1):
        found = start.standings(students=students, unit=unit)
    assert [bool(found[student.pk].running) for student in students] == [True] * 3 + [False] * 2
    with django_assert_num_queries(0):
        assert start.standings(students=[], unit=unit) == {}


def test_several_start_at_once_with_the_same_date_and_place(school, student, unit, docent):
    other = MembershipFactory(school=school)
    on = date(2026, 12, 14)
    result = start.start_batch(unit=unit, students=[other, student], by=docent, planned_on=on, place="Lokaal 3")
    assert {assessment.student for assessment in result.started} == {student, other}
    assert {(assessment.planned_on, assessment.place) for assessment in result.started} == {(on, "Lokaal 3")}
    assert result.refused == []


def test_whoever_is_running_is_named_and_the_others_start(assessment, school, student, unit, docent):
    other = MembershipFactory(school=school)
    result = start.start_batch(unit=unit, students=[student, other], by=docent)
    assert [started.student for started in result.started] == [other]
    assert result.refused == [student]
    assert student.assessments.get() == assessment


def test_more_than_the_limit_start_nothing(school, unit, docent, monkeypatch):
    monkeypatch.setattr(access, "MAX_BATCH", 2)
    students = MembershipFactory.create_batch(3, school=school)
    with pytest.raises(lifecycle.DomainError, match="hooguit 2 studenten"):
        start.start_batch(unit=unit, students=students, by=docent)
    assert not Assessment.objects.exists()


def test_several_of_a_unit_that_the_newest_version_lacks_start_nothing(student, docent):
    exam = make_exam(units=2)
    second = exam.current_version.units.get(position=2)
    add_version(exam)
    with pytest.raises(lifecycle.DomainError, match="staat niet meer in het examen"):
        start.start_batch(unit=second, students=[student], by=docent)
