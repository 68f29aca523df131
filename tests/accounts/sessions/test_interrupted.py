"""A posted form interrupted by a login or a new token is offered again with all its values."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.auth import forms as auth_forms
from accounts.models import Role, School, User
from accounts.profile import forms as profile_forms
from accounts.registration import forms as registration_forms
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from tests import steps
from tests.factories import PASSWORD, UserFactory, member

OWN = {"Origin": "http://testserver"}
AGAIN = "Opnieuw verzenden"


@pytest.fixture
def browser(db: None) -> Client:
    """An anonymous browser with a token."""
    browser = Client(enforce_csrf_checks=True, headers=OWN)
    browser.get("/inloggen/")
    return browser


def log_in(browser: Client, user: User) -> None:
    form = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token(browser)}
    assert browser.post("/inloggen/", form).status_code == 302


def token(browser: Client) -> str:
    return browser.cookies["csrftoken"].value


def hidden(page: str) -> dict[str, list[str]]:
    """Return the hidden fields of the form that is offered again."""
    form = re.search(r"<form[^>]*data-fresh-token.*?</form>", page, re.DOTALL)
    assert form, "nothing is offered again"
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]):
        fields.setdefault(html.unescape(name), []).append(html.unescape(value))
    return fields


def address_of(assessment: Assessment) -> str:
    return reverse("assessments:send_invitations", args=[assessment.public_id])


@pytest.fixture
def chosen(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> dict[str, Any]:
    """Return the data of a form that invites two examiners with a remark."""
    steps.choose(assessment, examiner, second_examiner)
    assessment.refresh_from_db()
    return {
        f"versie-{assessment.pk}": assessment.version,
        "examinator": [examiner.pk, second_examiner.pk],
        "remark": 'Neem "alles"\nmee & <lees>',
    }


def test_ended_session_keeps_the_form_until_after_log_in(
    browser: Client, docent: User, assessment: Assessment, chosen: dict[str, Any]
) -> None:
    answer = browser.post(address_of(assessment), chosen | {"csrfmiddlewaretoken": token(browser)})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "U bent uitgelogd" in page
    assert f"{reverse('account_login')}?next=%2Finloggen%2Fklaar%2F" in page
    assert "no-store" in answer["Cache-Control"]
    again = hidden(page)
    log_in(browser, docent)
    # Without JavaScript the token is the old one: the form is offered once more.
    again = hidden(browser.post(address_of(assessment), again).content.decode())
    assert again["examinator"] == [str(pk) for pk in chosen["examinator"]]
    assert browser.post(address_of(assessment), again).status_code == 302
    assert Invitation.objects.count() == 2
    assert {sent.remark for sent in Invitation.objects.all()} == {'Neem "alles"\nmee & <lees>'}


def test_new_token_offers_the_form_and_names_the_user(
    browser: Client, docent: User, assessment: Assessment, chosen: dict[str, Any]
) -> None:
    log_in(browser, docent)
    old = token(browser)
    browser.post("/uitloggen/", {"csrfmiddlewaretoken": old})
    log_in(browser, docent)
    answer = browser.post(address_of(assessment), chosen | {"csrfmiddlewaretoken": old})
    assert answer.status_code == 403
    assert "U bent ingelogd als Dirk Docent." in answer.content.decode()
    assert not Invitation.objects.exists(), "nothing is done before it is sent again"
    assert browser.post(address_of(assessment), hidden(answer.content.decode())).status_code == 302
    assert Invitation.objects.count() == 2


def test_another_user_sends_only_permitted_forms(
    browser: Client, stranger: User, assessment: Assessment, chosen: dict[str, Any]
) -> None:
    again = hidden(
        browser.post(address_of(assessment), chosen | {"csrfmiddlewaretoken": token(browser)}).content.decode()
    )
    log_in(browser, stranger)
    again["csrfmiddlewaretoken"] = [token(browser)]
    assert browser.post(address_of(assessment), again).status_code == 404
    assert not Invitation.objects.exists()


def test_file_is_named_and_chosen_again(browser: Client, docent: User, assessment: Assessment) -> None:
    file = SimpleUploadedFile("toelichting.pdf", b"%PDF-1.4")
    form = {"remark": "Hoi", "attachments": file, "csrfmiddlewaretoken": token(browser)}
    page = browser.post(address_of(assessment), form).content.decode()
    assert "Kies toelichting.pdf opnieuw" in page
    assert re.search(r'<input[^>]*type="file"[^>]*name="attachments"', page, re.DOTALL)
    assert 'enctype="multipart/form-data"' in page


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://elders.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_foreign_post_is_never_offered(headers: dict[str, str], assessment: Assessment) -> None:
    for browser in (Client(enforce_csrf_checks=True, headers=headers), Client(headers=headers)):
        browser.get("/inloggen/")
        answer = browser.post(address_of(assessment), {"remark": "Vals"}, follow=True)
        assert "Vals" not in answer.content.decode()
        assert AGAIN not in answer.content.decode()


def test_post_without_origin_is_recognised_by_fetch_metadata(assessment: Assessment) -> None:
    answer = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(address_of(assessment), {"remark": "Hoi"})
    assert hidden(answer.content.decode())["remark"] == ["Hoi"]


def secrets() -> Iterator[str]:
    """Yield the names of the password and code fields of the account forms."""
    for module in (auth_forms, profile_forms, registration_forms):
        for form in vars(module).values():
            for name, field in getattr(form, "base_fields", {}).items():
                if isinstance(field.widget, forms.PasswordInput | auth_forms.CodeInput) or name == "credential":
                    yield name


@pytest.mark.parametrize("view", ["account_login", "account_change_password", "mfa_activate_totp", "mfa_add_webauthn"])
def test_secret_is_never_in_the_page(browser: Client, view: str) -> None:
    names = set(secrets())
    assert {"password", "oldpassword", "password1", "password2", "code", "credential"} <= names
    del browser.cookies["csrftoken"]
    form = dict.fromkeys(names, "geheim-1234") | {"email": "noa@hier.test"}
    answer = browser.post(reverse(view), form)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "geheim-1234" not in page
    assert hidden(page)["email"] == ["noa@hier.test"]
    assert "bewaren we niet" in page


def test_refused_cookies_are_named(docent: User) -> None:
    browser = Client(enforce_csrf_checks=True, headers=OWN)
    page = browser.post("/inloggen/", {"login": docent.email, "password": PASSWORD}).content.decode()
    assert "Sta cookies toe voor deze site" in page
    assert hidden(page)["login"] == [docent.email]


def test_logging_out_after_the_session_ended_asks_nothing(browser: Client) -> None:
    assert browser.post("/uitloggen/", {"csrfmiddlewaretoken": token(browser)}).url.startswith("/inloggen/")


def test_newcomer_checks_details_before_sending_again(db: None) -> None:
    newcomer = UserFactory(details_checked_at=None)
    browser = Client(headers=OWN)
    browser.force_login(newcomer)
    page = browser.post("/profiel/bewerken/", {"first_name": "Noa"}).content.decode()
    assert "Controleer eerst uw gegevens" in page
    assert 'href="/welkom/"' in page
    assert hidden(page)["first_name"] == ["Noa"]


def test_second_step_asked_meanwhile_keeps_the_form(
    school: School, committee_member: User, assessed: Assessment
) -> None:
    browser = Client(headers=OWN)
    browser.force_login(committee_member)
    School.objects.update(second_factor_for_committee=True)
    page = browser.post(reverse("committee:edit", args=[assessed.public_id]), {"reason": "Overlegd"}).content.decode()
    assert f'href="{reverse("mfa_activate_totp")}"' in page
    assert hidden(page)["reason"] == ["Overlegd"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_gets_a_message_and_the_page_stays(browser: Client, db: None, method: str) -> None:
    answer = getattr(Client(headers=OWN | {"HX-Request": "true"}), method)("/commissie/")
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#onderbroken")
    assert "U bent uitgelogd." in answer.content.decode()
    assert "HX-Redirect" not in answer
    assert 'id="onderbroken"' in browser.get("/inloggen/").content.decode()


def test_form_of_the_consortium_is_offered_again_too(browser: Client) -> None:
    page = browser.post("/beheer/scholen/nieuw/", {"name": "ROC Nieuw", "csrfmiddlewaretoken": token(browser)})
    assert hidden(page.content.decode())["name"] == ["ROC Nieuw"]


def test_login_tab_leads_back_to_the_form(browser: Client, school: School) -> None:
    log_in(browser, member(school, Role.DOCENT))
    assert "Ga terug naar het tabblad" in browser.get("/inloggen/klaar/").content.decode()
