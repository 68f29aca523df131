"""'Koppeling (SCIM)' of Schoolbeheer."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, User
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import member

from .conftest import Directory
from .test_people import held, replace

pytestmark = pytest.mark.django_db


def page(browser: Client, school: School) -> str:
    return browser.get(reverse("school:directory", args=[school.pk])).content.decode()


def test_off_until_a_key_is_made(browser: Client, school: School) -> None:
    assert "De koppeling staat uit" in page(browser, school)


def test_key_is_shown_once_and_works(browser: Client, school: School) -> None:
    made = browser.post(reverse("school:make_scim_key", args=[school.pk]), {"name": "Entra ID", "mails_now": "on"})
    found = re.search(r"<code[^>]*>([\w-]+)</code>", made.content.decode())
    assert found
    assert "no-store" in made["Cache-Control"]
    assert Directory(school, found[1]).get("/Users").status_code == 200
    shown = page(browser, school)
    assert "Entra ID" in shown
    assert found[1] not in shown
    key = school.scim_keys.get()
    assert (key.mails_now, key.students_by_default, key.by_name) == (True, False, "Bea Beheer")
    assert school.changes.get().after == "Entra ID"


def test_key_can_be_revoked(browser: Client, school: School, directory: Directory) -> None:
    url = reverse("school:revoke_scim_key", args=[school.pk, school.scim_keys.get().pk])
    assert "intrekken?" in browser.get(url).content.decode()
    browser.post(url)
    assert directory.get("/Users").status_code == 401
    assert "Ingetrokken op" in page(browser, school)


def test_role_of_a_group_is_chosen(browser: Client, school: School, directory: Directory) -> None:
    group = directory.add_group("Docenten MBO", directory.add("noa@school.test"))
    url = reverse("school:group_role", args=[school.pk, group["id"]])
    assert "Docenten MBO" in page(browser, school)
    browser.post(url, {"role": Role.DOCENT})
    assert held("noa@school.test", school) == ["DOCENT"]
    assert school.role_changes.get().by_name == "Bea Beheer"
    assert school.changes.filter(label="Rol van groep Docenten MBO", after="Docent").exists()


def test_own_role_through_a_group_is_refused(
    browser: Client, school: School, directory: Directory, manager: User
) -> None:
    group = directory.add_group("Ik", directory.add(manager.email, number="1"))
    url = reverse("school:group_role", args=[school.pk, group["id"]])
    assert "U kunt uzelf geen rol geven" in browser.post(url, {"role": Role.EXAMENCOMMISSIE}).content.decode()
    assert school.directory_groups.get().role == ""


def test_colleagues_are_mailed_of_a_new_committee_member(browser: Client, school: School, directory: Directory) -> None:
    colleague = member(school, Role.EXAMENCOMMISSIE)
    colleague.set_password("een lang wachtwoord")
    colleague.save()
    group = directory.add_group("Commissie")
    browser.post(reverse("school:group_role", args=[school.pk, group["id"]]), {"role": Role.EXAMENCOMMISSIE})
    noa = directory.add("noa@school.test")
    directory.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": noa["id"]}]})
    mails = OutgoingMail.objects.filter(kind="roles_given")
    assert {mail.to for mail in mails} == {colleague.email, "beheer@hier.test"}
    assert "De koppeling (SCIM)" in mails[0].text


def test_what_needs_attention(browser: Client, school: School, directory: Directory) -> None:
    directory.add("zonder-adres", emails=[])
    noa = directory.add("noa@school.test", number="1")
    directory.patch(f"/Users/{noa['id']}", replace('emails[type eq "work"].value', "ander@school.test"))
    shown = page(browser, school)
    assert "Uw systeem geeft geen e-mailadres" in shown
    assert "Inloggen blijft met" in shown
    assert User.objects.get(email="noa@school.test").full_name in shown
