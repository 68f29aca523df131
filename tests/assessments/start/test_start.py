"""Finding a student and starting an assessment (source text, part A, 'Toevoegen studenten')."""

import itertools
from datetime import date

import pytest

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


def test_student_is_found_by_name_mail_or_number(student, docent):
    for query in ["Hof", "anouk", "HOFF Anouk", "van 't hoff", "anouk@hier", "123456", "345", "'t"]:
        assert start.find_students(by=docent, query=query) == [student], query


@pytest.mark.parametrize("query", ["", "  ", "Piet", "ouk@elders", "\x00"])
def test_unrelated_query_finds_no_student(query, student, docent):
    assert start.find_students(by=docent, query=query) == []


def test_student_without_number_is_not_found(school, docent):
    without = MembershipFactory(school=school, student_number="", user__last_name="Nummerloos")
    assert start.find_students(by=docent, query="Nummerloos") == []
    assert start.students_to_start(docent, [without.pk]) == []


def test_student_of_another_school_is_not_found(other_school, docent, stranger):
    elsewhere = MembershipFactory(school=other_school, user__last_name="Elders")
    assert start.find_students(by=docent, query="Elders") == []
    assert start.students_to_start(docent, [elsewhere.pk]) == []
    assert start.students_to_start(stranger, [elsewhere.pk]) == [elsewhere]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DOCENT}))
def test_only_a_docent_finds_students(role, school, student):
    someone = member(school, role)
    assert start.find_students(by=someone, query="Hoff") == []
    assert start.students_to_start(someone, [student.pk]) == []


def test_inactive_school_starts_nothing(school, student, docent):
    school.digital_assessment_active = False
    school.save()
    assert start.find_students(by=docent, query="Hoff") == []
    assert start.students_to_start(docent, [student.pk]) == []


def test_closed_account_is_not_found(student, docent):
    student.user.is_active = False
    student.user.save()
    assert start.find_students(by=docent, query="Hoff") == []


def test_students_are_ordered_and_limited(school, docent):
    for number in range(start.SEARCH_LIMIT + 5, 0, -1):
        MembershipFactory(school=school, user__first_name="Zoek", user__last_name=f"Naam {number:02}")
    students_found = [student.user.last_name for student in start.find_students(by=docent, query="zoek")]
    assert students_found == [f"Naam {number:02}" for number in range(1, start.SEARCH_LIMIT + 2)]


def test_exact_name_comes_before_partial_matches(school, docent):
    for first_name, last_name in (("Aad", "Bosma"), ("Maaike", "Zomer"), ("Bo", "Maas"), ("Maarten", "Albers")):
        MembershipFactory(school=school, user__first_name=first_name, user__last_name=last_name)
    students_found = [student.user.full_name for student in start.find_students(by=docent, query="ma")]
    assert students_found == ["Bo Maas", "Maarten Albers", "Maaike Zomer"]
    students_found = [student.user.full_name for student in start.find_students(by=docent, query="maa")]
    assert students_found == ["Bo Maas", "Maarten Albers", "Maaike Zomer"]
    assert [student.user.full_name for student in start.find_students(by=docent, query="sma")] == ["Aad Bosma"]


@pytest.mark.parametrize("query", ["van den berg", "berg den", "jan van den berg", "berg jan"])
def test_infix_and_last_name_match_comes_first(school, docent, query):
    MembershipFactory(school=school, user__first_name="Jan", user__last_name="Aa", user__email="van.den.berg@hier.test")
    called_so = MembershipFactory(
        school=school, user__first_name="Jan", user__infix="van den", user__last_name="Berg", user__email="x@hier.test"
    )
    students_found = start.find_students(by=docent, query=query)
    assert len(students_found) == 2
    if query != "berg den":
        assert students_found[0] == called_so


def test_search_in_a_large_school_finds_the_same(school, docent, monkeypatch):
    names = itertools.product(("Jan", "Ari", "Ans", "Vanessa"), ("Jansen", "Zwart", "Albers", "Evans"))
    for first, last in names:
        email = f"{first}@hier.test" if last == "Zwart" else f"{first}.{last}@school.test"
        MembershipFactory(school=school, user__first_name=first, user__last_name=last, user__email=email)
    queries = ["an", "jan", "ans", "van", "sen jan", "ari aa", "zwart", "@hier", "ari@hier", "ari zwart", "9"]
    small = {query: start.find_students(by=docent, query=query) for query in queries}
    for query, found in small.items():
        assert set(found) == set(Membership.objects.students_of_docent(docent).filter(matches(query))), query
    for walked in (1, 5, 100):
        monkeypatch.setattr(student_search, "WALKED", walked)
        assert {query: start.find_students(by=docent, query=query) for query in queries} == small, walked


@pytest.mark.parametrize("query", ["naam", "aam", "naam 3", "nergens"])
def test_query_count_of_search_is_limited(school, docent, query, django_assert_max_num_queries):
    for number in range(5):
        MembershipFactory(school=school, user__last_name=f"Naam {number}")
    with django_assert_max_num_queries(12):
        [
            students_found.user.full_name + students_found.school.name
            for students_found in start.find_students(by=docent, query=query)
        ]


def test_started_assessment_belongs_to_the_student_school(assessment, student, unit, exam, docent):
    assert assessment.status == Status.NEW
    assert (assessment.school, assessment.student, assessment.initiator) == (student.school, student, docent)
    assert (assessment.exam, assessment.unit, assessment.unit_code) == (exam, unit, "B1")
    assert assessment.attempt == 1
    assert assessment.events.get().kind == Event.Kind.STARTED


def test_second_start_is_refused_while_one_runs(assessment, student, unit, colleague, docent):
    with pytest.raises(lifecycle.DomainError, match="Voor Anouk van 't Hoff loopt al een beoordeling"):
        start_assessment(student, unit, colleague)
    assert start.standings(students=[student], unit=unit, by=docent)[student.pk].running == assessment


def test_units_of_an_exam_run_in_parallel(student, docent):
    exam = make_exam(units=2)
    first, second = ExamUnit.objects.filter(exam_version__exam=exam).order_by("position")
    start_assessment(student, first, docent)
    assert start_assessment(student, second, docent).attempt == 1


def test_running_assessment_is_found_from_a_newer_version(assessment, student, unit, docent):
    add_version(unit.exam_version.exam)
    newer = first_unit(unit.exam_version.exam)
    assert newer != unit
    assert start.standings(students=[student], unit=newer, by=docent)[student.pk].running == assessment
    with pytest.raises(lifecycle.DomainError, match="loopt al"):
        start_assessment(student, newer, docent)


def test_attempt_after_a_final_result_is_the_second(assessed, student, unit, docent, committee_member):
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert start_assessment(student, unit, docent).attempt == 2


@pytest.mark.parametrize(("counts", "attempt"), [(True, 2), (False, 1)])
def test_cancelled_attempt_counts_when_marked(counts, attempt, assessment, student, unit, docent):
    lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=counts)
    assert start_assessment(student, unit, docent).attempt == attempt


def test_uncounted_attempts_leave_no_gap(student, unit, docent):
    for counts in (False, True, False, False):
        assessment = start_assessment(student, unit, docent)
        lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=counts)
    assert start_assessment(student, unit, docent).attempt == 2


def test_refused_start_leaves_the_transaction_usable(assessment, student, unit, docent):
    with pytest.raises(lifecycle.DomainError):
        start_assessment(student, unit, docent)
    assert student.assessments.count() == 1


def test_start_from_an_old_url_uses_newest_version(student, unit, exam, docent):
    add_version(exam)
    assert start.start(unit=unit, student=student, by=docent).unit == first_unit(exam)


def test_unit_missing_from_newest_version_is_refused(student, docent):
    exam = make_exam(units=2)
    second = exam.current_version.units.get(position=2)
    add_version(exam)
    with pytest.raises(lifecycle.DomainError, match="staat niet meer in het examen"):
        start.start(unit=second, student=student, by=docent)


def test_student_without_attempts_gets_the_first(student, unit, docent):
    assert start.standings(students=[student], unit=unit, by=docent) == {student.pk: start.UnitProgress()}
    assert not start.UnitProgress().is_resit


def test_attempt_after_a_final_first_is_a_resit(assessed, student, unit, committee_member, docent):
    assert start.standings(students=[student], unit=unit, by=docent)[student.pk] == start.UnitProgress(
        assessed, 2, True
    )
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    standing = start.standings(students=[student], unit=unit, by=docent)[student.pk]
    assert standing == start.UnitProgress(None, 2)
    assert standing.is_resit


def test_uncounted_cancelled_attempt_keeps_the_first(assessment, student, unit, docent):
    lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    assert start.standings(students=[student], unit=unit, by=docent)[student.pk] == start.UnitProgress()


def test_standings_take_one_query(school, unit, docent, django_assert_num_queries):
    students = MembershipFactory.create_batch(5, school=school)
    for student in students[:3]:
        start_assessment(student, unit, docent)
    with django_assert_num_queries(1):
        students_found = start.standings(students=students, unit=unit, by=docent)
    assert [bool(students_found[student.pk].running) for student in students] == [True] * 3 + [False] * 2
    with django_assert_num_queries(0):
        assert start.standings(students=[], unit=unit, by=docent) == {}


def test_batch_starts_with_one_date_and_place(school, student, unit, docent):
    other = MembershipFactory(school=school)
    on = date(2026, 12, 14)
    result = start.start_batch(unit=unit, students=[other, student], by=docent, planned_on=on, place="Lokaal 3")
    assert {assessment.student for assessment in result.started} == {student, other}
    assert {(assessment.planned_on, assessment.place) for assessment in result.started} == {(on, "Lokaal 3")}
    assert result.refused == []


def test_running_student_is_named_and_others_start(assessment, school, student, unit, docent):
    other = MembershipFactory(school=school)
    result = start.start_batch(unit=unit, students=[student, other], by=docent)
    assert [started.student for started in result.started] == [other]
    assert result.refused == [student]
    assert student.assessments.get() == assessment


def test_batch_over_the_limit_starts_nothing(school, unit, docent, monkeypatch):
    monkeypatch.setattr(access, "MAX_BATCH", 2)
    students = MembershipFactory.create_batch(3, school=school)
    with pytest.raises(lifecycle.DomainError, match="hooguit 2 studenten"):
        start.start_batch(unit=unit, students=students, by=docent)
    assert not Assessment.objects.exists()


def test_batch_of_a_removed_unit_starts_nothing(student, docent):
    exam = make_exam(units=2)
    second = exam.current_version.units.get(position=2)
    add_version(exam)
    with pytest.raises(lifecycle.DomainError, match="staat niet meer in het examen"):
        start.start_batch(unit=second, students=[student], by=docent)
