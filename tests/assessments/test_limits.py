"""Visibility of assessments: the querysets that every view starts from."""

import pytest

from accounts.models import Role
from assessments.models import Assessment, Document, Status
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.storage import keep
from exams.models import AccountExam
from tests.factories import AccountExamFactory, MembershipFactory, UserFactory, first_unit, make_exam, member
from tests.steps import start_assessment


def visible(user):
    return list(Assessment.objects.visible_to(user))


def test_related_users_see_the_assessment(assessment, docent, colleague, student, committee_member):
    for user in (docent, colleague, student.user, committee_member):
        assert visible(user) == [assessment]


def test_another_school_does_not_see_the_assessment(assessment, stranger):
    assert visible(stranger) == []
    assert not Assessment.objects.for_docent(stranger).exists()
    assert not Assessment.objects.for_committee(stranger).exists()


def test_another_student_does_not_see_the_assessment(assessment, school):
    assert visible(MembershipFactory(school=school).user) == []


@pytest.mark.parametrize("role", [Role.PRAKTIJKOPLEIDER, Role.SCHOOLBEHEER, Role.STUDENT])
def test_other_roles_do_not_see_the_assessment(role, assessment, school, exam):
    assert visible(member(school, role, exam)) == []


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}, {}])
def test_consortium_staff_see_no_results(fields, assessment):
    assert visible(UserFactory(**fields)) == []


def test_docent_without_the_exam_sees_no_assessment(assessment, docent, school):
    assert visible(member(school, Role.DOCENT, make_exam())) == []
    AccountExam.objects.filter(user=docent).delete()
    assert visible(docent) == []


def test_student_without_the_exam_sees_own_assessment(assessment, student):
    AccountExam.objects.filter(user=student.user).delete()
    assert list(Assessment.objects.of_student(student.user)) == [assessment]


def test_each_queryset_covers_one_role(assessment, docent, student, committee_member):
    sees = {
        "of_student": student.user,
        "for_docent": docent,
        "for_committee": committee_member,
    }
    for queryset in sees:
        for whose, user in sees.items():
            assert getattr(Assessment.objects, queryset)(user).exists() == (queryset == whose)


def test_several_roles_list_an_assessment_once(assessment, docent, school):
    for role in (Role.EXAMENCOMMISSIE, Role.PRAKTIJKOPLEIDER):
        MembershipFactory(user=docent, school=school, role=role)
    assert visible(docent) == [assessment]


def test_role_is_limited_to_its_school(assessment, docent, other_school, exam):
    MembershipFactory(user=docent, school=other_school, role=Role.EXAMENCOMMISSIE)
    student = MembershipFactory(school=other_school)
    elsewhere = start_assessment(student, first_unit(exam), member(other_school, Role.DOCENT, exam))
    assert set(Assessment.objects.for_docent(docent)) == {assessment}
    assert set(Assessment.objects.for_committee(docent)) == {elsewhere}
    assert set(visible(docent)) == {assessment, elsewhere}


def test_student_of_two_schools_sees_both(assessment, student, other_school, exam):
    there = MembershipFactory(user=student.user, school=other_school)
    elsewhere = start_assessment(there, first_unit(exam), member(other_school, Role.DOCENT, exam))
    assert set(visible(student.user)) == {assessment, elsewhere}


def test_names_for_pages_take_one_query(assessment, django_assert_num_queries):
    with django_assert_num_queries(1):
        [row] = Assessment.objects.for_pages()
        assert f"{row.student.user} {row.exam} {row.unit} {row.initiator} {row.school}"


# --- Documents -----------------------------------------------------------------------------------
@pytest.fixture
def document(assessed, committee_member):
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    document.file = keep(b"%PDF-1.7")
    document.save()
    return document


def test_document_is_visible_with_its_assessment(document, docent, student, committee_member, stranger):
    for user in (docent, student.user, committee_member):
        assert list(Document.objects.visible_to(user)) == [document]
    assert not Document.objects.visible_to(stranger).exists()


def test_unrendered_document_is_hidden(document, committee_member):
    document.file = None
    document.save()
    assert not Document.objects.visible_to(committee_member).exists()


def test_superseded_document_is_for_the_committee_only(document, docent, student, committee_member):
    from assessments.lifecycle import withdraw_final

    withdraw_final(assessment=document.assessment, by=committee_member, reason="Een foute score.")
    document.assessment.refresh_from_db()
    assert document.assessment.status == Status.ASSESSED
    assert list(Document.objects.visible_to(committee_member)) == [document]
    for user in (docent, student.user):
        assert not Document.objects.visible_to(user).exists()


def test_exam_of_a_stranger_gives_no_access(assessment, other_school):
    docent_elsewhere = member(other_school, Role.DOCENT)
    AccountExamFactory(user=docent_elsewhere, exam=assessment.exam)
    assert visible(docent_elsewhere) == []
