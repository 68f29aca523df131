"""The tabs per role and the current tab."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from accounts.models import Membership, Role, User
from accounts.navigation import navigation
from assessments.models import Assessment
from exams.models import AccountExam
from tests.factories import MembershipFactory, UserFactory


def tabs(user: User | AnonymousUser, path: str = "/") -> list[str]:
    request = RequestFactory().get(path)
    request.user = user
    return [tab.label for tab in navigation(request)["nav_tabs"]]


def current(user: User, path: str) -> list[str]:
    request = RequestFactory().get(path)
    request.user = user
    return [tab.label for tab in navigation(request)["nav_tabs"] if tab.is_current]


def test_docent_has_standard_tabs_and_the_address_book(docent: User) -> None:
    assert tabs(docent) == ["Mijn Digibib", "Productcatalogus", "Afnames", "Adresboek"]


def test_a_student_gets_mijn_examens_with_the_first_exam(student: Membership) -> None:
    assert tabs(student.user) == ["Mijn Digibib", "Productcatalogus", "Mijn examens"]
    AccountExam.objects.all().delete()
    assert tabs(student.user) == ["Mijn Digibib", "Productcatalogus"]


def test_removing_the_exam_from_the_account_keeps_results(assessment: Assessment) -> None:
    AccountExam.objects.all().delete()
    assert "Mijn examens" in tabs(assessment.student.user)


def test_the_examencommissie_gets_examen_afnames(committee_member: User) -> None:
    assert tabs(committee_member) == ["Mijn Digibib", "Productcatalogus", "Examen afnames"]


def test_staff_of_the_consortium_gets_beheer(db: None) -> None:
    assert tabs(UserFactory(is_staff=True))[-1] == "Beheer"


def test_logged_out_visitor_has_no_tabs() -> None:
    assert tabs(AnonymousUser()) == []


@pytest.mark.parametrize(
    ("path", "tab"),
    [
        ("/mijn-digibib/", "Mijn Digibib"),
        ("/examens/eenheid/7/", "Mijn Digibib"),
        ("/beoordelingen/abc/", "Mijn Digibib"),
        ("/productcatalogus/", "Productcatalogus"),
        ("/adresboek/toevoegen/", "Adresboek"),
        ("/adresboek/importeren/", "Adresboek"),
    ],
)
def test_the_tab_of_the_page_is_marked(docent: User, path: str, tab: str) -> None:
    assert current(docent, path) == [tab]


def test_header_takes_one_query_or_two_for_students(
    client: Client, docent: User, student: Membership, django_assert_num_queries
) -> None:
    with django_assert_num_queries(1):
        tabs(docent)
    MembershipFactory.create_batch(3, user=student.user)
    with django_assert_num_queries(2):
        tabs(student.user)


def test_page_without_tabs_takes_no_queries(docent: User, django_assert_num_queries) -> None:
    request = RequestFactory().get("/")
    request.user = docent
    with django_assert_num_queries(0):
        navigation(request)


def test_roles_are_those_at_any_school(docent: User) -> None:
    MembershipFactory(user=docent, role=Role.EXAMENCOMMISSIE)
    request = RequestFactory().get("/")
    request.user = docent
    roles = navigation(request)["nav_roles"]
    assert Role.DOCENT in roles
    assert Role.EXAMENCOMMISSIE in roles
    assert Role.STUDENT not in roles
