"""Mijn Digibib: the exams on the account, as tiles or rows."""

from django.test import Client

from accounts.models import User
from tests.factories import AccountExamFactory, UserFactory, make_exam


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


def test_number_of_queries_is_constant(client: Client, docent: User, django_assert_max_num_queries) -> None:
    for _ in range(30):
        AccountExamFactory(user=docent)
    client.force_login(docent)
    with django_assert_max_num_queries(5):
        client.get("/mijn-digibib/?weergave=rijen")
