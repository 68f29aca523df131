"""The profile page (source text, 'Studentnummer', 2)."""

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.models import Membership, Role, User
from accounts.profile.forms import DetailsForm
from assessments.models import Assessment
from tests.factories import MembershipFactory, SchoolFactory, member

EDIT = "/profiel/bewerken/"


@pytest.fixture
def without_number(school) -> Membership:
    return MembershipFactory(school=school, student_number="", user__first_name="Noa", user__last_name="Wit")


def details(user: User, **numbers: str) -> dict[str, str]:
    return {"first_name": user.first_name, "infix": user.infix, "last_name": user.last_name, **numbers}


def test_name_in_the_header_links_to_the_profile(client: Client, student: Membership) -> None:
    client.force_login(student.user)
    page = client.get("/mijn-digibib/").content.decode()
    assert 'href="/profiel/"' in page
    assert "Anouk van &#x27;t Hoff" in page


def test_missing_number_is_explained(client: Client, without_number: Membership) -> None:
    client.force_login(without_number.user)
    page = client.get("/profiel/").content.decode()
    assert "U hebt nog geen studentnummer ingevuld." in page
    assert f'href="{EDIT}"' in page


def test_the_number_is_filled_in_and_kept(client: Client, without_number: Membership) -> None:
    client.force_login(without_number.user)
    field = f"student_number_{without_number.pk}"
    page = client.post(EDIT, details(without_number.user, **{field: "4711"}), follow=True).content.decode()
    assert "Uw gegevens zijn bewaard." in page
    assert "4711" in page


def test_number_may_exist_at_another_school(client: Client, without_number: Membership) -> None:
    MembershipFactory(school=SchoolFactory(), student_number="4711")
    client.force_login(without_number.user)
    field = f"student_number_{without_number.pk}"
    assert client.post(EDIT, details(without_number.user, **{field: "4711"})).status_code == 302


def test_a_number_of_another_student_is_refused(
    client: Client, without_number: Membership, student: Membership
) -> None:
    client.force_login(without_number.user)
    field = f"student_number_{without_number.pk}"
    page = client.post(EDIT, details(without_number.user, **{field: "123456"})).content.decode()
    assert "Een andere student van deze school heeft dit studentnummer al." in page
    assert f'<a href="#id_{field}">' in page


def test_number_taken_while_saving_is_refused(without_number: Membership, student: Membership) -> None:
    field = f"student_number_{without_number.pk}"
    form = DetailsForm(details(without_number.user, **{field: "999"}), instance=without_number.user)
    assert form.is_valid()
    Membership.objects.filter(pk=student.pk).update(student_number="999")
    with transaction.atomic():
        assert form.save_details() is False
    assert field in form.errors


def test_assessed_student_can_not_change_the_number(client: Client, assessment: Assessment) -> None:
    student = assessment.student
    client.force_login(student.user)
    page = client.get(EDIT).content.decode()
    assert f"student_number_{student.pk}" not in page
    assert "vraag Schoolbeheer van uw school" in page
    client.post(EDIT, details(student.user, **{f"student_number_{student.pk}": "1"}))
    student.refresh_from_db()
    assert student.student_number == "123456"


def test_user_at_two_schools_has_two_numbers(client: Client, without_number: Membership) -> None:
    other = MembershipFactory(user=without_number.user, school=SchoolFactory(name="ROC Daar"), student_number="5")
    client.force_login(without_number.user)
    page = client.get(EDIT).content.decode()
    assert "Studentnummer (ROC Hier)" in page
    assert "Studentnummer (ROC Daar)" in page
    numbers = {f"student_number_{without_number.pk}": "6", f"student_number_{other.pk}": "7"}
    client.post(EDIT, details(without_number.user, **numbers))
    assert set(Membership.objects.values_list("student_number", flat=True)) == {"6", "7"}


def test_a_docent_has_no_number(client: Client, docent: User) -> None:
    client.force_login(docent)
    assert "tudentnummer" not in client.get(EDIT).content.decode()


def test_invalid_name_is_not_shown_in_the_header(client: Client, docent: User) -> None:
    client.force_login(docent)
    page = client.post(EDIT, {"first_name": "Iemand anders", "last_name": ""}).content.decode()
    assert '<span class="header-person-name">Dirk Docent</span>' in page


def test_a_new_name_is_found_by_search(client: Client, school, docent: User) -> None:
    client.force_login(docent)
    client.post(EDIT, {"first_name": "Dirk", "infix": "", "last_name": "Dôcens"})
    assert "dirk docens" in Membership.objects.get(user=docent).search_text


def test_the_profile_names_the_roles_with_their_school(client: Client, school) -> None:
    client.force_login(member(school, Role.PRAKTIJKOPLEIDER))
    assert "Praktijkopleider · ROC Hier" in client.get("/profiel/").content.decode()


def test_name_with_line_breaks_and_bidi_is_one_line(client: Client, student: Membership) -> None:
    client.force_login(student.user)
    client.post(EDIT, {"first_name": "An\u202eouk\r\n\r\nOPEN NU:\u2028", "last_name": "\u00a0Zoe\u0308\x7f"})
    student.user.refresh_from_db()
    assert student.user.full_name == "Anouk OPEN NU: Zoë"


@pytest.mark.parametrize(
    ("language", "message"),
    [("nl", "Vul hier een naam in, geen webadres."), ("en", "Enter a name here, not a web address.")],
)
def test_name_with_a_web_address_is_refused(client: Client, student: Membership, language: str, message: str) -> None:
    client.force_login(student.user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    posted = {"first_name": "Ga naar https://boef.test", "last_name": "Wit"}
    page = client.post(EDIT, posted, headers={"accept-language": language})
    assert page.context["form"].errors == {"first_name": [message]}
