"""The screen between login and home at the first login (source text, 'Studentnummer', 1)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from tests.factories import PASSWORD, MembershipFactory, SchoolFactory

WELCOME = "/welkom/"


@pytest.fixture
def newcomer(db: None) -> Membership:
    return MembershipFactory(
        school=SchoolFactory(name="ROC Hier"),
        student_number="",
        user__details_checked_at=None,
        user__email="n@hier.test",
    )


def details(membership: Membership, number: str = "", **changes: str) -> dict[str, str]:
    filled_in = {"first_name": "Noa", "infix": "de", "last_name": "Wit", f"student_number_{membership.pk}": number}
    return filled_in | changes


def test_first_login_redirects_to_the_check_and_back(client: Client, newcomer: Membership) -> None:
    answer = client.post(
        "/inloggen/", {"login": "n@hier.test", "password": PASSWORD, "next": "/productcatalogus/"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/welkom/?next=%2Fproductcatalogus%2F"
    answer = client.post(answer.redirect_chain[-1][0], details(newcomer, " 12 34 56 "))
    assert answer.url == "/productcatalogus/"
    newcomer.refresh_from_db()
    assert (newcomer.student_number, newcomer.user.full_name) == ("123456", "Noa de Wit")
    assert "123456" in newcomer.search_text
    assert "noa de wit" in newcomer.search_text


def test_completed_page_never_shows_again(client: Client, newcomer: Membership) -> None:
    client.force_login(newcomer.user)
    client.post(WELCOME, details(newcomer))
    assert client.get("/productcatalogus/").status_code == 200
    assert client.get(WELCOME).url == reverse("home")
    client.post("/uitloggen/")
    answer = client.post("/inloggen/", {"login": "n@hier.test", "password": PASSWORD, "next": "/productcatalogus/"})
    assert answer.url == "/productcatalogus/"
    assert client.get("/productcatalogus/").status_code == 200


def test_the_number_may_come_later(client: Client, newcomer: Membership) -> None:
    client.force_login(newcomer.user)
    assert client.post(WELCOME, details(newcomer)).status_code == 302
    assert User.objects.get().details_checked_at is not None


def test_only_logout_works_before_the_check(client: Client, newcomer: Membership) -> None:
    client.force_login(newcomer.user)
    assert client.get("/profiel/").url.startswith(WELCOME)
    assert client.post("/profiel/bewerken/", details(newcomer)).url == WELCOME
    assert client.post("/uitloggen/").url == "/inloggen/"


def test_taken_number_is_refused_and_input_kept(client: Client, newcomer: Membership) -> None:
    MembershipFactory(school=newcomer.school, student_number="777")
    client.force_login(newcomer.user)
    page = client.post(WELCOME, details(newcomer, "777")).content.decode()
    assert "Een andere student van deze school heeft dit studentnummer al." in page
    assert 'value="777"' in page
    assert 'value="Noa"' in page
    newcomer.user.refresh_from_db()
    assert newcomer.user.details_checked_at is None


def test_missing_names_are_listed_with_a_link_to_the_field(client: Client, newcomer: Membership) -> None:
    client.force_login(newcomer.user)
    page = client.post(WELCOME, details(newcomer, first_name="")).content.decode()
    assert '<a href="#id_first_name">' in page


def test_next_does_not_lead_to_another_site(client: Client, newcomer: Membership) -> None:
    client.force_login(newcomer.user)
    assert client.post(f"{WELCOME}?next=https://elders.example/", details(newcomer)).url == reverse("home")


def test_a_public_page_stays_open(client: Client, newcomer: Membership) -> None:
    client.force_login(newcomer.user)
    assert client.get("/gezondheid/").status_code == 200


@pytest.mark.parametrize("next_url", ["foo", "admin:index", "//elders.example/", "https://elders.example/", "\x00"])
def test_next_is_a_path_and_never_a_view_name(client: Client, docent: User, next_url: str) -> None:
    client.force_login(docent)
    answer = client.get(WELCOME, {"next": next_url})
    assert answer.status_code == 302
    assert answer.url in {"foo", "admin", reverse("home")}
