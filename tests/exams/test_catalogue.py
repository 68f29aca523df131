"""Productcatalogus: search, add to and remove from the account."""

import pytest
from django.test import Client

from accounts.models import User
from exams.models import AccountExam, Exam
from tests.factories import UserFactory, make_exam


@pytest.fixture
def visitor(client: Client, db: None) -> User:
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def cook(db: None) -> Exam:
    return make_exam(title="Gastronoom / sous-chéf", code="25182")


@pytest.mark.parametrize("query", ["chef", "25182", "CHÉF gastro", "518", "sous‑chef", "chef, gastronoom"])
def test_an_exam_is_found_by_title_and_crebo(client: Client, visitor: User, cook: Exam, query: str) -> None:
    other = make_exam(title="Verzorgende IG", code="23456")
    page = client.get("/productcatalogus/", {"q": query}).content.decode()
    assert cook.title in page
    assert other.title not in page


@pytest.fixture
def elective(db: None) -> Exam:
    return make_exam(title="Digitale vaardigheden", kind=Exam.Kind.KEUZEDEEL, code="K0023", cohort="2024-2025")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"soort": "KEUZEDEEL"}, ["Digitale vaardigheden"]),
        ({"soort": "PROFESSION"}, ["Gastronoom", "Verzorgende IG"]),
        ({"cohort": "2024-2025"}, ["Digitale vaardigheden"]),
        ({"cohort": "2026-2027", "q": "zorg"}, ["Verzorgende IG"]),
        ({"soort": "KEUZEDEEL", "cohort": "2026-2027"}, []),
        ({"soort": "", "cohort": "", "q": ""}, ["Digitale vaardigheden", "Gastronoom", "Verzorgende IG"]),
        ({"soort": "'; DROP", "cohort": "x"}, []),
    ],
)
def test_kind_cohort_and_words_filter_the_list(
    client: Client, visitor: User, cook: Exam, elective: Exam, exam: Exam, params: dict[str, str], expected: list[str]
) -> None:
    page = client.get("/productcatalogus/", params).content.decode()
    titles = ["Digitale vaardigheden", "Gastronoom", "Verzorgende IG"]
    assert [title for title in titles if title in page] == expected


def test_cohorts_of_the_catalogue_are_newest_first(client: Client, visitor: User, elective: Exam) -> None:
    make_exam(cohort="2025-2026")
    make_exam(cohort="2019-2020", published=False)
    response = client.get("/productcatalogus/", {"cohort": "2024-2025"})
    assert response.context["cohorts"] == ["2025-2026", "2024-2025"]
    assert '<option value="2024-2025" selected>' in response.content.decode()


def test_empty_filter_result_offers_a_way_out(client: Client, visitor: User, cook: Exam) -> None:
    page = client.get("/productcatalogus/", {"soort": "KEUZEDEEL"}).content.decode()
    assert "Kies een andere soort of een ander cohort" in page
    assert "Toon alle examens" in page


def test_empty_search_result_offers_a_way_out(client: Client, visitor: User, cook: Exam) -> None:
    page = client.get("/productcatalogus/", {"q": "<b>lasser"}).content.decode()
    assert "Geen examen gevonden met ‘&lt;b&gt;lasser’." in page
    assert "Toon alle examens" in page


def test_unpublished_exam_is_not_in_the_catalogue(client: Client, visitor: User) -> None:
    draft = make_exam(title="In de maak", published=False)
    assert "In de maak" not in client.get("/productcatalogus/").content.decode()
    assert client.post(f"/productcatalogus/{draft.pk}/toevoegen/").status_code == 404


def test_adding_is_idempotent_and_can_be_undone(client: Client, visitor: User, cook: Exam) -> None:
    client.post(f"/productcatalogus/{cook.pk}/toevoegen/")
    page = client.post(f"/productcatalogus/{cook.pk}/toevoegen/", follow=True).content.decode()
    assert AccountExam.objects.filter(user=visitor, exam=cook).count() == 1
    assert "staat nu op uw account" in page
    assert f'action="/productcatalogus/{cook.pk}/verwijderen/"' in page
    assert "Ongedaan maken" in page


def test_removing_can_be_undone(client: Client, visitor: User, cook: Exam) -> None:
    AccountExam.objects.create(user=visitor, exam=cook)
    page = client.post(f"/productcatalogus/{cook.pk}/verwijderen/", follow=True).content.decode()
    assert not AccountExam.objects.exists()
    assert f'action="/productcatalogus/{cook.pk}/toevoegen/"' in page


def test_adding_returns_to_the_same_search(client: Client, visitor: User, cook: Exam) -> None:
    page = client.get("/productcatalogus/", {"q": "chef"}).content.decode()
    assert f'action="/productcatalogus/{cook.pk}/toevoegen/?q=chef"' in page
    assert client.post(f"/productcatalogus/{cook.pk}/toevoegen/?q=chef").url == "/productcatalogus/?q=chef"
    narrowed = "?soort=PROFESSION&cohort=2026-2027"
    assert client.post(f"/productcatalogus/{cook.pk}/toevoegen/{narrowed}").url == f"/productcatalogus/{narrowed}"


def test_neither_happens_by_a_link(client: Client, visitor: User, cook: Exam) -> None:
    assert client.get(f"/productcatalogus/{cook.pk}/toevoegen/").status_code == 302
    assert client.get(f"/productcatalogus/{cook.pk}/verwijderen/").status_code == 302


def test_exam_on_another_account_is_not_removed(client: Client, visitor: User, docent: User, exam: Exam) -> None:
    assert client.post(f"/productcatalogus/{exam.pk}/verwijderen/").status_code == 404
    assert AccountExam.objects.filter(user=docent, exam=exam).exists()


def test_pages_keep_the_search(client: Client, visitor: User) -> None:
    for number in range(31):
        make_exam(title=f"Kok {number:02}")
    first = client.get("/productcatalogus/", {"q": "kok"}).content.decode()
    assert "31 examens" in first
    assert "?q=kok&amp;pagina=2" in first
    assert "Kok 30" in client.get("/productcatalogus/", {"q": "kok", "pagina": "2"}).content.decode()


def test_number_of_queries_is_constant(client: Client, visitor: User, django_assert_max_num_queries) -> None:
    for _ in range(30):
        make_exam()
    with django_assert_max_num_queries(5):
        client.get("/productcatalogus/")
