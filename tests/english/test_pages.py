"""English is used only on translated pages and for readers who chose it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from committee.decisions.finalise import finalise
from tests import steps
from tests.factories import PASSWORD

LANGUAGE = reverse("accounts:language")
MY_EXAMS = reverse("assessments:my_exams")


@pytest.fixture
def english(client: Client) -> Client:
    """A browser with English as the chosen language."""
    client.post(LANGUAGE, {"language": "en", "next": "/inloggen/"})
    return client


def language_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    [language] = re.findall(r'<html lang="(\w+)">', response.content.decode())
    assert response["Content-Language"] == language
    return language


def test_dutch_without_a_choice_whatever_the_browser_prefers(client: Client, docent: User) -> None:
    response = client.get("/inloggen/", headers={"Accept-Language": "en-GB,en"})
    assert '<html lang="nl">' in response.content.decode()
    assert "Wachtwoord" in response.content.decode()


def test_chosen_in_the_page_and_back_again(client: Client, db: None) -> None:
    page = client.get("/inloggen/").content.decode()
    assert f'action="{LANGUAGE}"' in page
    assert 'value="en" lang="en">English<' in re.sub(r"\s+", " ", page)
    response = client.post(LANGUAGE, {"language": "en", "next": "/inloggen/?next=/profiel/"})
    assert response["Location"] == "/inloggen/?next=/profiel/"
    assert language_of(client, "/inloggen/") == "en"
    assert "Password" in client.get("/inloggen/").content.decode()
    client.post(LANGUAGE, {"language": "nl", "next": "/inloggen/"})
    assert language_of(client, "/inloggen/") == "nl"


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "javascript:alert(1)"])
def test_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    assert client.post(LANGUAGE, {"language": "en", "next": elsewhere})["Location"] == "/"


def test_looking_changes_nothing(client: Client, db: None) -> None:
    client.get(LANGUAGE, {"language": "en", "next": "/inloggen/"})
    assert language_of(client, "/inloggen/") == "nl"


def test_unknown_language_cannot_be_chosen(client: Client, db: None) -> None:
    client.cookies["taal"] = "de"
    assert language_of(client, "/inloggen/") == "nl"


def test_a_student_s_pages(english: Client, assessed: Assessment, student: Membership, committee_member: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    english.force_login(student.user)
    page = english.get(MY_EXAMS).content.decode()
    assert language_of(english, MY_EXAMS) == "en"
    for words in ("My exams", "Made final on", "Sufficient", "The PDF is being made", "Log out", "Progress"):
        assert words in page
    assert re.search(r"\d\.\d", page), "the grade"
    for url in ("/profiel/", "/profiel/bewerken/", reverse("exams:my_digibib"), reverse("exams:catalogue")):
        assert language_of(english, url) == "en"
    assert "Student number" in english.get("/profiel/").content.decode()


def test_the_first_login(english: Client, student: Membership) -> None:
    User.objects.update(details_checked_at=None)
    response = english.post("/inloggen/", {"login": student.user.email, "password": PASSWORD}, follow=True)
    assert "Welcome, please check your details" in response.content.decode()


def test_errors_at_the_fields_are_in_english(english: Client, docent: User) -> None:
    page = english.post("/inloggen/", {"login": docent.email, "password": "wrong"}).content.decode()
    assert "This email address and password do not match." in page
    assert "This field is required." in english.post("/inloggen/", {}).content.decode()


@pytest.mark.parametrize("name", ["addressbook:contacts", "addressbook:add"])
def test_teacher_pages_are_entirely_dutch(english: Client, docent: User, name: str) -> None:
    english.force_login(docent)
    assert language_of(english, reverse(name)) == "nl"
    assert "Adresboek" in english.get(reverse(name)).content.decode()


def test_committee_pages_are_entirely_dutch(english: Client, assessed: Assessment, committee_member: User) -> None:
    english.force_login(committee_member)
    page = english.get(reverse("committee:afnames")).content.decode()
    assert '<html lang="nl">' in page
    assert "Beoordeeld" in page
    assert "Assessed" not in page


def test_language_does_not_leak_into_the_next_request(english: Client, invitation: Invitation) -> None:
    language_of(english, "/inloggen/")
    assert language_of(Client(), "/inloggen/") == "nl"


def test_contact_language_is_chosen_in_the_address_book(client: Client, docent: User, examiner: Contact) -> None:
    client.force_login(docent)
    edit = reverse("addressbook:edit", args=[examiner.pk])
    page = client.get(edit).content.decode()
    assert "Taal" in page
    [opened] = re.findall(r'name="opened"\s+value="(\w+)"', page)
    fields = {name: getattr(examiner, name) for name in ("first_name", "infix", "last_name", "email", "side")}
    client.post(edit, {**fields, "language": "en", "opened": opened})
    examiner.refresh_from_db()
    assert examiner.language == "en"


def test_form_without_language_keeps_it(client: Client, docent: User, examiner: Contact) -> None:
    examiner.set_language("en")
    client.force_login(docent)
    edit = reverse("addressbook:edit", args=[examiner.pk])
    [opened] = re.findall(r'name="opened"\s+value="(\w+)"', client.get(edit).content.decode())
    fields = {name: getattr(examiner, name) for name in ("first_name", "infix", "email", "side")}
    client.post(edit, {**fields, "last_name": "Anders", "opened": opened})
    examiner.refresh_from_db()
    assert (examiner.last_name, examiner.language) == ("Anders", "en")


def test_the_teacher_sees_whose_mail_is_in_english(client: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    client.force_login(assessment.initiator)
    message = reverse("assessments:message", args=[assessment.public_id])
    notice = "Erik Examinator krijgt de mail in het Engels."
    assert notice not in client.get(message, {"examinator": examiner.pk}).content.decode()
    examiner.set_language("en")
    assert notice in client.get(message, {"examinator": examiner.pk}).content.decode()


def test_a_shared_cache_keeps_the_languages_apart(client: Client, db: None) -> None:
    assert "Cookie" in client.get(reverse("assessments:open_link", args=["x"]))["Vary"]
