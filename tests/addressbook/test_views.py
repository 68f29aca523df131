"""The pages of the address book (source text, appendix)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, User
from addressbook.models import Contact
from assessments.models import Invitation
from tests.factories import ContactFactory, MembershipFactory, UserFactory, member

CONTACTS = reverse("addressbook:contacts")
ADD = reverse("addressbook:add")


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def trainer(school: School) -> Contact:
    """The contact of a Praktijkopleider with an account."""
    user = member(school, Role.PRAKTIJKOPLEIDER, first_name="Kees", last_name="Verhoeven", email="kees@bedrijf.test")
    return school.contacts.get(user=user)


def names(response: Any) -> list[str]:
    return [contact.full_name for contact in response.context["page"]]


def edit(contact: Contact) -> str:
    return reverse("addressbook:edit", args=[contact.pk])


def remove(contact: Contact) -> str:
    return reverse("addressbook:remove", args=[contact.pk])


def filled_in(contact: Contact, **changes: str) -> dict[str, str]:
    """Return the form's fields with `changes`."""
    fields = ("first_name", "infix", "last_name", "email", "function", "organisation", "side")
    return {name: getattr(contact, name) for name in fields} | changes


# --- The list --------------------------------------------------------------------------------------
def test_everyone_of_the_school_by_last_name(teacher: Client, trainer: Contact, examiner: Contact) -> None:
    assert names(teacher.get(CONTACTS)) == ["Dirk Docent", "Erik Examinator", "Kees Verhoeven"]


def test_address_book_offers_the_import(teacher: Client) -> None:
    start = reverse("addressbook_import:start", query={"terug": CONTACTS})
    assert f'href="{start}"' in teacher.get(CONTACTS).content.decode()
    assert f'href="{CONTACTS}"' in teacher.get(start).content.decode()


@pytest.mark.parametrize("of", ["new", "existing"])
def test_errors_of_a_contact_are_summed_up_once(teacher: Client, examiner: Contact, of: str) -> None:
    page = teacher.post(ADD if of == "new" else edit(examiner), filled_in(examiner, last_name="")).content.decode()
    assert page.count('id="fouten"') == 1


def test_search_matches_name_organisation_and_address(teacher: Client, school: School) -> None:
    ContactFactory(school=school, first_name="Zoë", last_name="Kuipers", organisation="Bakkerij Bos")
    for query in ("zoe", "kuip bos", "bakkerij"):
        assert names(teacher.get(CONTACTS, {"q": query})) == ["Zoë Kuipers"]
    assert "Niemand gevonden" in teacher.get(CONTACTS, {"q": "niemand"}).content.decode()


def test_page_of_fifty_takes_constant_queries(
    teacher: Client, school: School, examiner: Contact, django_assert_num_queries
) -> None:
    teacher.get(CONTACTS)
    with django_assert_num_queries(6):
        teacher.get(CONTACTS)
    ContactFactory.create_batch(59, school=school)
    with django_assert_num_queries(6):
        first = teacher.get(CONTACTS)
    assert len(names(first)) == 50
    assert len(names(teacher.get(CONTACTS, {"pagina": 2}))) == 11


def test_only_contacts_added_by_hand_have_a_bin(teacher: Client, trainer: Contact, examiner: Contact) -> None:
    page = teacher.get(CONTACTS).content.decode()
    assert edit(trainer) in page
    assert edit(examiner) in page
    assert remove(trainer) not in page
    assert remove(examiner) in page


def test_the_contacts_of_another_school_do_not_exist(teacher: Client, other_school: School) -> None:
    elsewhere = ContactFactory(school=other_school, last_name="Elders")
    assert "Elders" not in teacher.get(CONTACTS, {"school": other_school.pk}).content.decode()
    for name in ("edit", "remove", "put_back"):
        address = reverse(f"addressbook:{name}", args=[elsewhere.pk])
        assert teacher.post(address, filled_in(elsewhere)).status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.removed_at is None


def test_former_docent_has_no_address_book(client: Client, school: School, examiner: Contact) -> None:
    client.force_login(member(school, Role.SCHOOLBEHEER))
    for address in (CONTACTS, ADD, edit(examiner), remove(examiner)):
        assert client.get(address).status_code == 404


# --- At several schools --------------------------------------------------------------------------
@pytest.fixture
def at_two_schools(teacher: Client, docent: User, other_school: School) -> Client:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    return teacher


def test_docent_of_two_schools_can_filter_by_school(
    at_two_schools: Client, examiner: Contact, other_school: School
) -> None:
    ContactFactory(school=other_school, first_name="Els", last_name="Elders")
    page = at_two_schools.get(CONTACTS)
    assert names(page) == ["Dirk Docent", "Dirk Docent", "Els Elders", "Erik Examinator"]
    assert '<td data-label="Adresboek van">ROC Elders</td>' in page.content.decode()
    assert names(at_two_schools.get(CONTACTS, {"school": other_school.pk})) == ["Dirk Docent", "Els Elders"]


def test_docent_of_two_schools_chooses_where_to_add(at_two_schools: Client, other_school: School) -> None:
    new = filled_in(ContactFactory.build(school=None, email="greet@bedrijf.test"))
    assert "at_school" in at_two_schools.post(ADD, new).context["form"].errors
    at_two_schools.post(ADD, new | {"at_school": str(other_school.pk)})
    assert Contact.objects.get(email="greet@bedrijf.test").school == other_school


def test_contact_is_not_added_at_another_school(at_two_schools: Client) -> None:
    third = MembershipFactory(role=Role.DOCENT).school
    new = filled_in(ContactFactory.build(school=None, email="greet@bedrijf.test"), at_school=str(third.pk))
    assert "at_school" in at_two_schools.post(ADD, new).context["form"].errors


# --- Adding ----------------------------------------------------------------------------------------
def test_saving_adds_and_shows_the_contact(teacher: Client, school: School) -> None:
    new = filled_in(
        ContactFactory.build(school=None, first_name="Greet", last_name="Nieuw", email="Greet@Bedrijf.test")
    )
    response = teacher.post(ADD, new, follow=True)
    assert names(response) == ["Greet Nieuw"]
    assert "Greet Nieuw staat nu in het adresboek." in response.content.decode()
    assert school.contacts.get(email="greet@bedrijf.test").user is None


def test_duplicate_address_links_to_the_existing_contact(teacher: Client, examiner: Contact) -> None:
    page = teacher.post(ADD, filled_in(examiner, last_name="Dubbel", email="ERIK@bedrijf.test")).content.decode()
    assert "Erik Examinator staat al in het adresboek met dit e-mailadres." in page
    assert f'<a href="{edit(examiner)}">' in page
    assert Contact.objects.filter(email="erik@bedrijf.test").count() == 1


# --- The pencil ----------------------------------------------------------------------------------------
def open_form(client: Client, contact: Contact) -> str:
    """Return the fingerprint of the opened form."""
    return client.get(edit(contact)).context["opened"]


def test_manually_added_contact_is_fully_editable(teacher: Client, examiner: Contact) -> None:
    changes = {"first_name": "Eric", "organisation": "Bakkerij Bos", "side": Contact.Side.SCHOOL}
    opened = open_form(teacher, examiner)
    response = teacher.post(f"{edit(examiner)}?q=bos", filled_in(examiner, **changes, opened=opened), follow=True)
    assert names(response) == ["Eric Examinator"]  # keeps the search of the list
    assert "De gegevens van Eric Examinator zijn bewaard." in response.content.decode()


def test_search_follows_a_corrected_address(teacher: Client, examiner: Contact) -> None:
    changed = filled_in(examiner, email="eric@bedrijf.test", opened=open_form(teacher, examiner))
    response = teacher.post(f"{edit(examiner)}?q={examiner.email}", changed, follow=True)
    assert names(response) == ["Erik Examinator"]


def test_with_an_account_only_function_and_organisation_change(teacher: Client, trainer: Contact) -> None:
    opened = open_form(teacher, trainer)
    page = teacher.get(edit(trainer))
    assert list(page.context["form"].fields) == ["function", "organisation"]
    changes = {"last_name": "Anders", "email": "anders@bedrijf.test", "side": "SCHOOL", "organisation": "Bakkerij Bos"}
    teacher.post(edit(trainer), filled_in(trainer, **changes, opened=opened))
    trainer.refresh_from_db()
    assert (trainer.full_name, trainer.email, trainer.side) == ("Kees Verhoeven", "kees@bedrijf.test", "WORKPLACE")
    assert trainer.organisation == "Bakkerij Bos"


def test_stale_form_shows_both_values_and_can_be_saved(teacher: Client, examiner: Contact) -> None:
    opened = open_form(teacher, examiner)
    Contact.objects.filter(pk=examiner.pk).update(function="Chef")
    mine = filled_in(examiner, function="Bakker")
    refused = teacher.post(edit(examiner), mine | {"opened": opened})
    assert refused.context["differences"] == [("Functie", "Chef", "Bakker")]
    examiner.refresh_from_db()
    assert examiner.function == "Chef"
    teacher.post(edit(examiner), mine | {"opened": refused.context["opened"]})
    examiner.refresh_from_db()
    assert examiner.function == "Bakker"


def test_form_with_an_error_keeps_its_fingerprint(teacher: Client, examiner: Contact) -> None:
    opened = open_form(teacher, examiner)
    Contact.objects.filter(pk=examiner.pk).update(function="Chef")
    wrong = teacher.post(edit(examiner), filled_in(examiner, email="geen adres", opened=opened))
    assert "email" in wrong.context["form"].errors
    assert wrong.context["opened"] == opened


def test_contact_with_a_new_account_is_not_changed(teacher: Client, examiner: Contact, school: School) -> None:
    opened = open_form(teacher, examiner)
    MembershipFactory(user=UserFactory(email=examiner.email), school=school, role=Role.PRAKTIJKOPLEIDER)
    refused = teacher.post(edit(examiner), filled_in(examiner, email="anders@bedrijf.test", opened=opened))
    assert "zijn intussen gewijzigd" in refused.content.decode()
    examiner.refresh_from_db()
    assert examiner.email == "erik@bedrijf.test"


def test_address_of_another_contact_is_refused_with_a_link(
    teacher: Client, examiner: Contact, second_examiner: Contact
) -> None:
    opened = open_form(teacher, examiner)
    page = teacher.post(edit(examiner), filled_in(examiner, email=second_examiner.email, opened=opened))
    assert "Tineke Tweede staat al in het adresboek" in page.content.decode()
    assert f'<a href="{edit(second_examiner)}">' in page.content.decode()


def test_address_of_a_removed_contact_is_refused_with_advice(
    teacher: Client, examiner: Contact, second_examiner: Contact
) -> None:
    teacher.post(remove(second_examiner))
    opened = open_form(teacher, examiner)
    page = teacher.post(edit(examiner), filled_in(examiner, email=second_examiner.email, opened=opened))
    assert "van Tineke Tweede, die niet meer in het adresboek staat" in page.content.decode()
    assert edit(second_examiner) not in page.content.decode()


# --- The bin -------------------------------------------------------------------------------------------
def test_removal_asks_for_confirmation(teacher: Client, examiner: Contact) -> None:
    page = teacher.get(remove(examiner)).content.decode()
    assert "Erik Examinator (erik@bedrijf.test) gaat uit het adresboek" in page
    examiner.refresh_from_db()
    assert examiner.removed_at is None


def test_removed_contact_can_be_restored(teacher: Client, examiner: Contact) -> None:
    response = teacher.post(remove(examiner), follow=True)
    assert names(response) == ["Dirk Docent"]
    undo = reverse("addressbook:put_back", args=[examiner.pk])
    assert f'action="{undo}"' in response.content.decode()
    assert names(teacher.post(undo, follow=True)) == ["Erik Examinator"]


def test_removing_twice_shows_a_message(teacher: Client, examiner: Contact) -> None:
    teacher.post(remove(examiner))
    assert "was al uit het adresboek verwijderd" in teacher.post(remove(examiner), follow=True).content.decode()


def test_contact_with_an_account_is_not_removed(teacher: Client, trainer: Contact) -> None:
    assert teacher.get(remove(trainer)).status_code == 404
    assert teacher.post(remove(trainer)).status_code == 404
    trainer.refresh_from_db()
    assert trainer.removed_at is None


def test_running_assessment_keeps_the_removed_contacts_name(teacher: Client, invitation: Invitation) -> None:
    teacher.post(remove(invitation.contact))
    for page in ("detail", "examiners"):
        address = reverse(f"assessments:{page}", args=[invitation.assessment.public_id])
        assert "Erik Examinator" in teacher.get(address).content.decode()
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None
    assert invitation.assessment.live_assignments.filter(contact=invitation.contact).count() == 4
