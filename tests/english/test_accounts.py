"""Account pages and mails in English, and the pages that the mails link to."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.mailed import link_in
from tests.factories import PASSWORD, UserFactory

DUTCH = re.compile(r"\b(uw|wachtwoord|een|niet|het|van|wordt|hebt)\b", re.IGNORECASE)


@pytest.fixture
def english(client: Client, school: School) -> Client:
    """A browser with English as the chosen language."""
    School.objects.update(name="ROC A", register_on=True)
    client.post(reverse("accounts:language"), {"language": "en", "next": "/inloggen/"})
    return client


def words(html: str) -> str:
    return re.sub(r"(?s)<style.*?</style>|<[^>]+>", " ", html)


def check(html: str) -> None:
    assert '<html lang="en">' in html
    dutch = DUTCH.findall(re.sub(r"https?://\S+|Digitaal beoordelen", "", words(html)))
    assert not dutch, dutch


@pytest.mark.parametrize("name", ["accounts:register", "accounts:confirm_again", "account_reset_password"])
def test_forms_and_their_errors(english: Client, name: str) -> None:
    path = reverse(name)
    check(english.get(path).content.decode())
    check(english.post(path, {"password1": "short", "password2": "other", "email": "x"}).content.decode())
    check(english.post(path, {"password1": "noa@a.test", "email": "noa@a.test"}).content.decode())


def registration(school: School) -> dict[str, object]:
    names = {"first_name": "Noa", "last_name": "Wit", "email": "noa@a.test", "school": school.pk}
    return {**names, "password1": PASSWORD, "password2": PASSWORD}


def test_registering_to_the_first_login(english: Client, school: School) -> None:
    check(english.post(reverse("accounts:register"), registration(school)).content.decode())
    elsewhere = Client()  # another device, which chose no language
    path = link_in("confirm_registration")
    check(elsewhere.get(path).content.decode())
    check(elsewhere.post(path, {"password": "wrong"}).content.decode())
    page = english.post(path, {"password": PASSWORD}, follow=True).content.decode()
    check(page)
    assert "your account works" in page


def test_password_and_address_change(english: Client) -> None:
    english.force_login(UserFactory(email="sam@a.test"))
    for name in ("account_change_password", "accounts:change_email"):
        path = reverse(name)
        check(english.get(path).content.decode())
        wrong = {"oldpassword": "wrong", "password": "wrong", "email": "sam@a.test"}
        check(english.post(path, wrong).content.decode())
    answer = english.post(reverse("accounts:change_email"), {"password": PASSWORD, "email": "sam@b.test"}, follow=True)
    check(answer.content.decode())
    check(english.get(link_in("confirm_email")).content.decode())
    english.post(link_in("confirm_email"))
    stop = link_in("email_change_asked")
    check(Client().get(stop).content.decode())
    check(Client().post(stop).content.decode())
    check(Client().get(link_in("new_password"), follow=True).content.decode())


def test_every_mail(english: Client, school: School) -> None:
    someone = UserFactory(email="sam@a.test", first_name="Sam", last_name="Smith")
    english.post(reverse("accounts:register"), registration(school))
    for email in ("sam@a.test", "nobody@a.test"):
        english.post(reverse("accounts:register"), registration(school) | {"email": email})
        english.post(reverse("account_reset_password"), {"email": email})
    form = english.get(link_in("new_password")).url
    english.post(form, {"password1": "a-new-long-one", "password2": "a-new-long-one"})
    english.force_login(User.objects.get(pk=someone.pk))
    english.post(reverse("accounts:change_email"), {"password": "a-new-long-one", "email": "sam@b.test"})
    english.post(link_in("confirm_email"))
    english.post(link_in("email_change_asked"))
    mails = {mail.kind: mail for mail in OutgoingMail.objects.all()}
    assert len(mails) == 8
    for mail in mails.values():
        check(mail.html)
        check(f'<html lang="en">{mail.subject} {mail.text}')
