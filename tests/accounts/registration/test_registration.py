"""'Account aanmaken': request, confirmation by mail and password, purge."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from unicodedata import normalize

import pytest
from django.test import Client
from django.urls import reverse

from accounts.auth import rate_limits
from accounts.models import Membership, Registration, Role, School, User
from accounts.registration import registration
from accounts.registration.registration import purge_unconfirmed
from digibeoordelen.logs import HideMailedLinks
from digibeoordelen.outbox import links
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.mailed import link_in, mailed, start_counting
from tests.factories import PASSWORD, RegistrationFactory, SchoolFactory, UserFactory

REGISTER = reverse("accounts:register")
AGAIN = reverse("accounts:confirm_again")
EMAIL = "noa@hier.test"


@pytest.fixture
def open_school(school: School) -> School:
    """A school that allows students to register."""
    school.register_on = True
    school.save()
    return school


def filled_in(school: School, **changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Noa",
        "infix": "de",
        "last_name": "Wit",
        "email": EMAIL,
        "school": school.pk,
        "password1": PASSWORD,
        "password2": PASSWORD,
        **changes,
    }


def ask(client: Client, school: School, **changes: Any) -> str:
    response = client.post(REGISTER, filled_in(school, **changes))
    assert response.status_code == 200
    return response.content.decode()


def confirm(client: Client, path: str = "", password: str = PASSWORD) -> Any:
    return client.post(path or link_in("confirm_registration"), {"password": password})


# --- From the form to the first login -----------------------------------------------------------------
def test_login_page_links_to_registration(client: Client, db: None) -> None:
    assert f'href="{REGISTER}"' in client.get("/inloggen/").content.decode()


def test_registration_from_form_to_first_login(client: Client, open_school: School) -> None:
    page = ask(client, open_school, email=" Noa@Hier.test ")
    assert "Kijk in uw mail" in page
    assert EMAIL in page
    assert mailed() == [("confirm_registration", EMAIL)]
    assert not User.objects.exists(), "no account before it is confirmed"
    assert confirm(client).url == reverse("home")
    user = User.objects.get()
    assert (user.email, user.full_name, user.check_password(PASSWORD)) == (EMAIL, "Noa de Wit", True)
    assert client.get("/mijn-digibib/").url.startswith("/welkom/")
    page = client.get("/welkom/").content.decode()
    assert 'value="Noa"' in page
    assert f"student_number_{Membership.objects.get().pk}" in page


def test_password_accents_are_normalised(client: Client, open_school: School) -> None:
    composed, decomposed = (normalize(form, "café-crème-crêpe") for form in ("NFC", "NFD"))
    ask(client, open_school, password1=decomposed, password2=decomposed)
    assert confirm(client, password=composed).status_code == 302
    assert User.objects.get().check_password(composed)


def test_account_is_only_a_student_at_the_school(client: Client, open_school: School) -> None:
    wished = {"role": Role.SCHOOLBEHEER, "is_staff": "on", "is_superuser": "on", "student_number": "1", "is_active": ""}
    ask(client, open_school, **wished)
    confirm(client)
    assert list(Membership.objects.values_list("role", "school", "student_number")) == [
        (Role.STUDENT, open_school.pk, "")
    ]
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active, user.details_checked_at) == (False, False, True, None)


def test_unconfirmed_registration_cannot_log_in(client: Client, open_school: School) -> None:
    ask(client, open_school)
    page = client.post("/inloggen/", {"login": EMAIL, "password": PASSWORD}).content.decode()
    assert "horen niet bij elkaar" in page


def test_looking_at_the_link_makes_no_account(client: Client, open_school: School) -> None:
    ask(client, open_school)
    page = client.get(link_in("confirm_registration")).content.decode()
    assert "Bevestig uw e-mailadres" in page
    assert not User.objects.exists()


def test_confirming_requires_the_chosen_password(client: Client, open_school: School) -> None:
    """Otherwise an attacker gains access when the owner of the address confirms their registration."""
    ask(client, open_school)
    page = confirm(client, password="een-ander-wachtwoord").content.decode()
    assert "Dit is niet het wachtwoord dat u koos." in page
    assert not User.objects.exists()
    assert "_auth_user_id" not in client.session


def test_confirming_deletes_other_registrations_of_the_address(client: Client, open_school: School) -> None:
    others = "het-woord-van-een-ander"
    ask(client, open_school, first_name="Iemand", password1=others, password2=others)
    another = link_in("confirm_registration")
    ask(client, open_school)
    confirm(client)
    assert User.objects.get().first_name == "Noa"
    assert not Registration.objects.exists()
    assert Client().post(another, {"password": others}).status_code == 410


def test_a_link_works_once(client: Client, open_school: School) -> None:
    ask(client, open_school)
    path = link_in("confirm_registration")
    confirm(client, path)
    page = confirm(Client(), path)
    assert page.status_code == 410
    assert "Deze link werkt niet meer" in page.content.decode()


def test_confirming_starts_a_new_session(client: Client, open_school: School) -> None:
    """Prevents session fixation."""
    session = client.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key or ""
    ask(client, open_school)
    confirm(client)
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/profiel/").status_code == 302


# --- Schools and addresses ------------------------------------------------------------------------------
def test_school_without_registration_cannot_be_chosen(client: Client, school: School) -> None:
    page = client.get(REGISTER).content.decode()
    assert "Er is nu geen school waar u zelf een account kunt aanmaken." in page
    SchoolFactory(name="ROC Open", register_on=True)
    page = client.get(REGISTER).content.decode()
    assert "ROC Open" in page
    assert "ROC Hier" not in page
    assert "Selecteer een geldige keuze" in ask(client, school)
    assert not Registration.objects.exists()


def test_new_school_does_not_allow_registration() -> None:
    assert not School().accepts_registration(EMAIL)


@pytest.mark.parametrize(
    ("domains", "email", "may"),
    [
        ("", "noa@elders.test", True),
        ("hier.test", "noa@hier.test", True),
        ("elders.test, @Hier.test", "noa@hier.test", True),
        ("hier.test", "noa@elders.test", False),
        ("hier.test", "noa@nepp-hier.test", False),
        ("hier.test", "noa@student.hier.test", False),
        ("hier.test", "noa@hier.test.elders.test", False),
        ("hier.test", '"noa@hier.test"@elders.test', False),
    ],
)
def test_school_may_restrict_registration_to_its_domains(domains: str, email: str, may: bool) -> None:
    assert School(register_on=True, register_domains=domains).accepts_registration(email) is may


def test_other_domain_is_refused_with_the_allowed_ones(client: Client, open_school: School) -> None:
    School.objects.update(register_domains="student.hier.test")
    page = ask(client, open_school)
    assert "met uw e-mailadres van school: @student.hier.test." in page
    assert mailed() == []


def test_confirming_applies_the_schools_current_settings(client: Client, open_school: School) -> None:
    ask(client, open_school)
    School.objects.update(register_on=False)
    page = confirm(client)
    assert page.status_code == 409
    assert "Bij deze school kan dit niet meer" in page.content.decode()
    assert not User.objects.exists()


# --- Validation -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password1": "kort", "password2": "kort"}, "te kort. Kies er een van minstens 10 tekens."),
        ({"password1": "noa@hier.test", "password2": "noa@hier.test"}, "lijkt te veel op uw naam of e-mailadres."),
        ({"password2": "iets-heel-anders"}, "De twee wachtwoorden zijn niet gelijk."),
        ({"first_name": ""}, "Dit veld is verplicht."),
        ({"email": "geen adres"}, "geldig e-mailadres"),
        ({"email": "noa@" + "a" * 64 + ".test"}, "e-mailadres"),
    ],
)
def test_invalid_registration_saves_nothing(
    client: Client, open_school: School, changes: dict[str, Any], message: str
) -> None:
    page = ask(client, open_school, **changes)
    assert message in page
    assert PASSWORD not in page
    assert not Registration.objects.exists()
    assert mailed() == []


def test_only_the_passwords_hash_is_stored(client: Client, open_school: School) -> None:
    ask(client, open_school)
    assert Registration.objects.get().password.startswith("md5$")
    mail = OutgoingMail.objects.get()
    [token] = [part for part in link_in("confirm_registration").split("/") if len(part) > 20]
    for kept in (mail.text, mail.html, str(mail.links), str(mail.headers)):
        assert PASSWORD not in kept
        assert token not in kept


def test_mail_contains_no_text_of_the_requester(client: Client, open_school: School) -> None:
    """Otherwise anyone could send arbitrary text through the site."""
    ask(client, open_school, first_name="Win geld op", last_name="www.boef.test")
    mail = OutgoingMail.objects.get()
    assert "boef" not in mail.text + mail.html + mail.subject + mail.to_name


# --- Repeated and expired requests, purge -----------------------------------------------------------------
def test_confirmation_mail_can_be_requested_again(client: Client, open_school: School) -> None:
    page = ask(client, open_school)
    assert f'action="{AGAIN}"' in page
    page = client.post(AGAIN, {"email": EMAIL}).content.decode()
    assert "We hebben opnieuw een mail gestuurd naar" in page
    assert mailed() == 2 * [("confirm_registration", EMAIL)]
    confirm(client)
    assert User.objects.get().email == EMAIL


def test_registration_link_expires_after_two_days(client: Client, open_school: School, pass_time: Any) -> None:
    ask(client, open_school)
    path = link_in("confirm_registration")
    pass_time(hours=49)
    page = confirm(client, path)
    assert page.status_code == 410
    assert "Deze link is verlopen" in page.content.decode()
    assert not User.objects.exists()


def test_expired_confirmation_is_not_mailed(client: Client, open_school: School, pass_time: Any) -> None:
    ask(client, open_school)
    pass_time(hours=49)
    with pytest.raises(links.LinkVoid):
        link_in("confirm_registration")


def test_unconfirmed_registrations_are_purged(db: None, pass_time: Any) -> None:
    RegistrationFactory()
    pass_time(hours=47)
    RegistrationFactory(email="later@hier.test")
    purge_unconfirmed()
    assert Registration.objects.count() == 2
    pass_time(hours=2)
    purge_unconfirmed()
    assert Registration.objects.get().email == "later@hier.test"


def test_beat_purges_unconfirmed_registrations(settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["forget-unconfirmed"]
    assert entry["task"] == "accounts.tasks.forget_unconfirmed"
    assert entry["schedule"] <= timedelta(hours=1).total_seconds()


def test_confirming_explains_an_existing_account(client: Client, open_school: School) -> None:
    ask(client, open_school)
    path = link_in("confirm_registration")
    UserFactory(email=EMAIL)
    page = confirm(client, path)
    assert page.status_code == 409
    assert "Dit e-mailadres heeft al een account" in page.content.decode()
    with pytest.raises(registration.AlreadyAnAccount):
        registration.confirm_registration(registration=Registration.objects.get())


# --- Rate limits --------------------------------------------------------------------------------------------
def test_mails_per_address_are_limited_per_hour(client: Client, open_school: School, settings: Any) -> None:
    start_counting(settings)
    times = rate_limits.MAILS_BY_EMAIL.times
    for number in range(times):
        ask(client, open_school, first_name=f"Noa {number}")
    refused = Client(REMOTE_ADDR="192.0.2.9").post(REGISTER, filled_in(open_school))
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert len(mailed()) == times
    ask(client, open_school, email="ander@hier.test")
    assert client.post(AGAIN, {"email": EMAIL}).status_code == 200, "counted apart"


def test_mails_per_visitor_are_limited(client: Client, open_school: School, settings: Any) -> None:
    start_counting(settings)
    times = rate_limits.MAILS_BY_ADDRESS.times
    for number in range(times):
        client.post(AGAIN, {"email": f"noa{number}@hier.test"})
    assert client.post(REGISTER, filled_in(open_school)).status_code == 429
    assert client.post(REGISTER, filled_in(open_school), REMOTE_ADDR="192.0.2.9").status_code == 200
    assert len(mailed()) == times + 1


def test_guessing_the_password_at_confirming_ends(client: Client, open_school: School, settings: Any) -> None:
    start_counting(settings)
    ask(client, open_school)
    path = link_in("confirm_registration")
    answers = [confirm(client, path, f"geraden-{number}").status_code for number in range(11)]
    assert answers == 10 * [200] + [429]


def test_wrong_links_are_counted(client: Client, db: None, settings: Any) -> None:
    start_counting(settings)
    wrong = reverse("accounts:confirm_registration", args=["verzonnen:handtekening"])
    answers = [client.get(wrong).status_code for _ in range(rate_limits.WRONG_LINKS.times + 1)]
    assert answers == rate_limits.WRONG_LINKS.times * [404] + [429]


def test_no_log_holds_the_link(client: Client, open_school: School) -> None:
    ask(client, open_school)
    path = link_in("confirm_registration")
    record = logging.LogRecord("x", 30, "", 0, "Not Found: %s", (path,), None)
    HideMailedLinks().filter(record)
    assert record.getMessage() == "Not Found: /account-aanmaken/bevestigen/…/"
