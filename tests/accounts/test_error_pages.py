"""Error pages."""

from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User


def test_404_keeps_the_tabs(client: Client, docent: User) -> None:
    client.force_login(docent)
    response = client.get("/examens/999999/")
    page = response.content.decode()
    assert response.status_code == 404
    assert "Deze pagina is er niet" in page
    assert "Productcatalogus" in page


def test_404_shows_no_tabs_when_logged_out(client: Client, db: None) -> None:
    response = client.get("/deze-is-er-niet/")
    assert response.status_code == 404
    assert "Productcatalogus" not in response.content.decode()


def test_expired_form_is_explained(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/inloggen/", {"login": "a@b.nl", "password": "x"})
    assert response.status_code == 403
    assert "Deze pagina stond te lang open" in response.content.decode()


def test_error_pages_need_no_request() -> None:
    assert "Er ging iets mis aan onze kant" in render_to_string("500.html")
    assert "Dit lukt zo niet" in render_to_string("400.html")
    assert "U hebt geen toegang tot deze pagina" in render_to_string("403.html")
