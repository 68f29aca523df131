"""Mijn Digibib: the exams on the account, as tiles or rows."""

from django.test import Client

from accounts.models import School, User
from exams.models import ExamUnit
from tests.factories import AccountExamFactory, MembershipFactory, UserFactory, first_unit, make_exam
from tests.steps import start_assessment

QUERIES = 6


def test_only_exams_on_the_account_are_listed(client: Client, docent: User) -> None:
    make_exam(title="Niet van mij")
    client.force_login(docent)
    page = client.get("/mijn-digibib/").content.decode()
    assert "Verzorgende IG" in page
    assert "Niet van mij" not in page


def test_view_is_part_of_the_url(client: Client, docent: User) -> None:
    client.force_login(docent)
    assert '<ul class="tiles">' in client.get("/mijn-digibib/").content.decode()
    rows = client.get("/mijn-digibib/?weergave=rijen").content.decode()
    assert "<table" in rows
    assert '<ul class="tiles">' not in rows


def test_an_empty_account_points_to_the_catalogue(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    page = client.get("/mijn-digibib/").content.decode()
    assert "Hier staan straks de examens die u op uw account zet." in page
    assert "Naar de productcatalogus" in page


def test_open_work_is_for_docents(client: Client, docent: User, committee_member: User) -> None:
    client.force_login(committee_member)
    assert "Te doen" not in client.get("/mijn-digibib/").content.decode()
    client.force_login(docent)
    page = client.get("/mijn-digibib/").content.decode()
    assert "Er wacht niets op u. Kies een examen om een beoordeling te starten." in page


def test_number_of_queries_is_constant(
    client: Client, docent: User, unit: ExamUnit, school: School, django_assert_num_queries
) -> None:
    """Session and user, tabs, exams, the role, and the open work."""
    client.force_login(docent)
    start_assessment(MembershipFactory(school=school), unit, docent)
    for _ in range(30):
        exam = make_exam()
        AccountExamFactory(user=docent, exam=exam)
        start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
    client.get("/mijn-digibib/")
    for view in ("tegels", "rijen"):
        with django_assert_num_queries(QUERIES):
            page = client.get(f"/mijn-digibib/?weergave={view}")
        assert page.content.decode().count('<ul class="tasks">') == 31
