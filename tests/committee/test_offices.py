"""The list of exam offices, and an address that nobody knows."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ExamOffice, School
from assessments.models import Assessment, Status
from committee.office_form import is_known
from tests.factories import ExamOfficeFactory


@pytest.fixture
def office(school: School) -> ExamOffice:
    return ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@bureau.test")


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_committee_adds_changes_and_removes(member: Client, school: School) -> None:
    listed = reverse("accounts:exam_offices")
    assert "Er staat nog geen examenbureau in de lijst." in words(member.get(listed))
    member.post(listed, {"name": "Bureau", "email": "bureau@hier.test"})
    office = school.exam_offices.get()
    change = reverse("accounts:change_exam_office", args=[office.pk])
    opened = re.findall(r'name="opened" value="([^"]*)"', words(member.get(change)))[0]
    member.post(change, {"name": "Archief", "email": "archief@hier.test", "opened": opened})
    assert "archief@hier.test" in words(member.get(listed))
    assert "kan daarna niet meer" in words(member.get(reverse("accounts:remove_exam_office", args=[office.pk])))
    member.post(reverse("accounts:remove_exam_office", args=[office.pk]))
    assert not school.exam_offices.exists()


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("ZORG@bureau.test", "Dit adres staat al in de lijst, bij Examenbureau Zorg."),
        ("geen adres", "Dit is geen e-mailadres."),
        (f"bureau@{'ü' * 60}.test", "Aan dit e-mailadres kan geen mail worden gestuurd."),
    ],
)
def test_what_can_not_be_added_is_said_at_the_field(member: Client, office: ExamOffice, email: str, said: str) -> None:
    page = words(member.post(reverse("accounts:exam_offices"), {"name": "Nog een", "email": email}))
    assert said in page
    assert 'value="Nog een"' in page
    assert ExamOffice.objects.count() == 1


def test_another_schools_office_does_not_exist(member: Client, other_school: School) -> None:
    office = ExamOfficeFactory(school=other_school, name="Bureau Elders")
    for name in ("change_exam_office", "remove_exam_office"):
        assert member.post(reverse(f"accounts:{name}", args=[office.pk]), {}).status_code == 404
    assert office.name not in words(member.get(reverse("accounts:exam_offices")))


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("zorg@bureau.test", True),
        ("Ander@BUREAU.test", True),
        ("wie@hier.test", True),
        ("wie@examens.hier.test", False),
        ("wie@hier.test.elders.test", False),
        ("wie@elders.test", False),
    ],
)
def test_known_is_what_is_in_the_list_or_at_a_domain_of_the_school(
    school: School, office: ExamOffice, address: str, known: bool
) -> None:
    assert is_known(address, school=school) == known


def test_an_address_that_nobody_knows_is_asked_about_once_more(member: Client, assessed: Assessment) -> None:
    address = reverse("committee:finalise", args=[assessed.public_id])
    post = {"version": assessed.version, "email": "archief@elders.test"}
    page = words(member.post(address, post))
    assert "archief@elders.test staat niet in de lijst en is niet van de school." in page
    assert "Ja, archief@elders.test klopt" in page
    other = words(member.post(address, post | {"sure": "archief@elders.test", "email": "nog@anders.test"}))
    assert "Ja, nog@anders.test klopt" in other
    assessed.refresh_from_db()
    assert assessed.status == Status.ASSESSED
    member.post(address, post | {"sure": "archief@elders.test"})
    assert assessed.documents.get().exam_office_email == "archief@elders.test"


def test_the_later_of_two_who_change_it_is_told(member: Client, office: ExamOffice) -> None:
    address = reverse("accounts:change_exam_office", args=[office.pk])
    opened = re.search(r'name="opened" value="([^"]*)"', words(member.get(address)))
    assert opened is not None
    ExamOffice.objects.update(email="nieuw@bureau.test")
    post = {"name": "Zorg en Welzijn", "email": "zorg@bureau.test"}
    page = member.post(address, post | {"opened": opened[1]})
    assert "nieuw@bureau.test. Sla op als u toch" in words(page)
    assert ExamOffice.objects.get().email == "nieuw@bureau.test"
    again = re.search(r'name="opened" value="([^"]*)"', words(page))
    assert again is not None
    member.post(address, post | {"opened": again[1]})
    assert ExamOffice.objects.get().email == "zorg@bureau.test"


def test_the_choice_comes_first_and_another_address_is_one_of_it(
    member: Client, assessed: Assessment, office: ExamOffice
) -> None:
    page = words(member.get(reverse("committee:finalise", args=[assessed.public_id])))
    [choice] = re.findall(r'<fieldset class="offices"(.*?)</fieldset>', page)
    places = [choice.index(part) for part in ("Examenbureau Zorg", "Een ander adres", 'type="email"')]
    assert places == sorted(places)
    assert page.count('type="email"') == 1


def test_without_a_list_there_is_the_field_alone(member: Client, assessed: Assessment) -> None:
    page = words(member.get(reverse("committee:finalise", args=[assessed.public_id])))
    assert page.count('type="email"') == 1
    assert 'type="radio"' not in page
    again = words(member.post(reverse("committee:finalise", args=[assessed.public_id]), {"version": assessed.version}))
    assert "Vul het e-mailadres van het examenbureau in." in again


@pytest.mark.parametrize("name", ["finalise", "confirm_many"])
@pytest.mark.parametrize("sent", [{}, {"office": "zorg@bureau.test"}, {"office": "ander"}], ids=lambda one: str(one))
def test_without_a_list_what_is_missing_is_said_at_the_field_that_is_there(
    member: Client, assessed: Assessment, name: str, sent: dict[str, str]
) -> None:
    """Also where the list was there when the page was opened, and its offices were removed since."""
    ticked = f"{assessed.public_id}:{assessed.version}:afronden"
    args = [assessed.public_id] if name == "finalise" else []
    post = {"version": str(assessed.version), "afname": ticked, **sent}
    page = words(member.post(reverse(f"committee:{name}", args=args), post))
    summary = page.partition('id="fouten"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#([^"]*)"', summary) == ["id_email"]
    [field] = re.findall(r'<input type="email"[^>]*>', page)
    assert 'id="id_email"' in field
    assert 'aria-invalid="true"' in field


def test_an_office_that_was_removed_meanwhile_is_said_in_words(
    member: Client, assessed: Assessment, office: ExamOffice
) -> None:
    post = {"version": assessed.version, "office": "weg@bureau.test"}
    page = words(member.post(reverse("committee:finalise", args=[assessed.public_id]), post))
    assert "Dit examenbureau staat niet meer in de lijst. Kies opnieuw." in page
    assert 'href="#id_office"' in page
    assert 'id="id_office"' in page


def test_what_is_wrong_with_a_typed_address_stands_by_the_open_field(
    member: Client, assessed: Assessment, office: ExamOffice
) -> None:
    address = reverse("committee:finalise", args=[assessed.public_id])
    page = words(member.post(address, {"version": assessed.version, "email": "archief@elders.test"}))
    assert re.search(r'value="ander" checked', page)
    assert "Ja, archief@elders.test klopt" in page
