"""Addresses are normalised and validated in every form."""

from __future__ import annotations

import pytest
from allauth.core.context import request_context
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.auth.forms import LoginForm
from accounts.mail.addresses import mailable, normalise_address
from accounts.models import ExamOffice, Membership, Role, School, User
from accounts.search import matches
from addressbook.importing.contacts import COLUMNS
from addressbook.lookup import find_contacts
from addressbook.models import Contact
from committee.delivery.forms import is_known
from tests.addressbook.files import csv_file
from tests.factories import ContactFactory, UserFactory, member

UNICODE, ASCII = "Bo@Bücher.example", "bo@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address",
    [
        "bo@[127.0.0.1]",
        "bo@[IPv6:::1]",
        f"{'x' * 65}@school.nl",
        f"bo@{'x' * 60}.{'x' * 60}.{'x' * 60}.{'x' * 60}.school.nl",
        f"bo@{'ü' * 60}.nl",
        "bo@straße.example",  # a different domain in IDNA 2003: strasse.example
        "bo@school..nl",
        "bo school@school.nl",
    ],
)
def test_an_address_without_a_mailbox_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="kan geen mail worden gestuurd"):
        mailable(address)


@pytest.mark.parametrize("address", [f"{'x' * 64}@school.nl", "o'brien+x@school.nl"])
def test_an_unusual_address_is_taken(address: str) -> None:
    assert mailable(address) == address


def test_both_forms_of_a_domain_are_one_address() -> None:
    assert mailable(UNICODE) == mailable(ASCII.upper()) == normalise_address(f" {UNICODE} ") == ASCII


def test_login_accepts_either_form_of_a_domain(db: None, rf: RequestFactory) -> None:
    user = UserFactory(email=UNICODE)
    assert user.email == ASCII
    for typed in (UNICODE, ASCII):
        assert User.objects.get_by_natural_key(typed) == user
        request = rf.post("/", {"login": typed, "password": "x"})
        form = LoginForm(request.POST, request=request)
        with request_context(request):
            assert not form.is_valid()
        assert form.user_credentials() == {"email": ASCII, "password": "x"}


@pytest.mark.parametrize("query", ["bücher.example", "xn--bcher-kva.example", "bo@bücher"])
def test_search_finds_either_form(school: School, query: str) -> None:
    person = member(school, Role.DOCENT, email=ASCII)
    contact = school.contacts.get(email=ASCII)
    assert list(Contact.objects.filter(matches(query))) == [contact]
    assert Membership.objects.filter(matches(query)).get().user == person


def test_either_form_names_a_contact(school: School) -> None:
    contact = ContactFactory(school=school, email=ASCII)
    assert find_contacts(school=school, texts=[UNICODE]) == {UNICODE: [contact]}


def test_an_office_is_known_by_either_form(school: School) -> None:
    school.default_committee.exam_offices.create(name="Bureau", email=ASCII)
    school.mail_domains = "bücher.example"
    assert is_known(UNICODE, school=school)
    assert is_known("ander@xn--bcher-kva.example", school=school)


def test_office_at_public_host_leaves_other_addresses_unknown(school: School) -> None:
    school.default_committee.exam_offices.create(name="Bureau", email="bureau@gmail.com")
    assert is_known("bureau@gmail.com", school=school)
    assert not is_known("vreemde@gmail.com", school=school)


def test_an_office_without_a_mailbox_is_refused(school: School) -> None:
    with pytest.raises(ValidationError, match="kan geen mail worden gestuurd"):
        ExamOffice(committee=school.default_committee, name="Bureau", email="bureau@[127.0.0.1]").full_clean()


def test_import_matches_the_other_form_of_an_address(client: Client, school: School, docent: User) -> None:
    ContactFactory(school=school, first_name="Bo", infix="", last_name="Bos", email=ASCII)
    client.force_login(docent)
    row = ["Bo", "", "Bos", UNICODE, "", "", ""]
    file = csv_file(row, [*row[:3], "bo@[127.0.0.1]", "", "", ""], header=[column.header for column in COLUMNS[:7]])
    file.name = "lijst.csv"
    page = client.post(reverse("addressbook_import:start"), {"file": file}, follow=True).content.decode()
    assert "staat al zo in het adresboek" in page
    assert "is geen e-mailadres" in page
