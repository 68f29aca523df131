"""Contacts synced from accounts, and contacts added by hand (source text, appendix)."""

import pytest

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from tests.factories import ContactFactory, MembershipFactory, UserFactory, member


def test_docent_is_listed_automatically(school: School) -> None:
    user = member(school, Role.DOCENT, first_name="Anouk", infix="van 't", last_name="Hoff")
    contact = school.contacts.listed().get()
    assert (contact.user, contact.full_name, contact.email) == (user, "Anouk van 't Hoff", user.email)
    assert (contact.side, contact.function, contact.organisation) == (Contact.Side.SCHOOL, "Docent", school.name)


def test_a_praktijkopleider_belongs_to_the_workplace(school: School) -> None:
    member(school, Role.PRAKTIJKOPLEIDER)
    assert school.contacts.listed().get().side == Contact.Side.WORKPLACE


@pytest.mark.parametrize("role", [Role.STUDENT, Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER])
def test_other_roles_are_not_listed(school: School, role: str) -> None:
    member(school, role)
    assert not school.contacts.exists()


def test_contact_is_removed_with_the_role(school: School) -> None:
    user = member(school, Role.DOCENT)
    Membership.objects.get(user=user).delete()
    contact = school.contacts.get()
    assert not school.contacts.listed().exists()
    assert contact.full_name == user.full_name


def test_contact_stays_with_another_examiner_role(school: School) -> None:
    user = member(school, Role.DOCENT)
    MembershipFactory(user=user, school=school, role=Role.PRAKTIJKOPLEIDER)
    Membership.objects.get(user=user, role=Role.DOCENT).delete()
    assert school.contacts.listed().get().user == user


def test_contact_is_restored_with_the_role(school: School) -> None:
    user = member(school, Role.DOCENT)
    Membership.objects.get(user=user).delete()
    MembershipFactory(user=user, school=school, role=Role.DOCENT)
    assert school.contacts.listed().get().user == user


def test_inactive_account_is_removed(school: School) -> None:
    user = member(school, Role.DOCENT)
    user.is_active = False
    user.save()
    assert not school.contacts.listed().exists()


def test_change_of_name_is_synced(school: School) -> None:
    user = member(school, Role.PRAKTIJKOPLEIDER)
    contact = school.contacts.get()
    contact.function, contact.organisation = "Chef", "Bakkerij Bos"
    contact.save()
    user.last_name = "Nieuwenhuis"
    user.save()
    contact.refresh_from_db()
    assert (contact.last_name, contact.function, contact.organisation) == ("Nieuwenhuis", "Chef", "Bakkerij Bos")


def test_contact_added_by_hand_is_linked_to_the_account(school: School) -> None:
    by_hand = ContactFactory(school=school, email="hans@bedrijf.test", function="Chef", organisation="Bakkerij Bos")
    user = UserFactory(email="hans@bedrijf.test")
    MembershipFactory(user=user, school=school, role=Role.PRAKTIJKOPLEIDER)
    contact = school.contacts.get()
    assert (contact.pk, contact.user, contact.organisation) == (by_hand.pk, user, "Bakkerij Bos")


def test_duplicate_address_is_refused(school: School) -> None:
    listed = ContactFactory(school=school, email="hans@bedrijf.test")
    with pytest.raises(AlreadyListed) as refused:
        add_by_hand(school=school, contact=ContactFactory.build(school=None, email="Hans@Bedrijf.test"))
    assert refused.value.contact == listed


def test_address_at_another_school_is_a_separate_contact(school: School, other_school: School) -> None:
    ContactFactory(school=other_school, email="hans@bedrijf.test")
    add_by_hand(school=school, contact=ContactFactory.build(school=None, email="hans@bedrijf.test"))
    assert school.contacts.count() == 1


def test_removed_contact_is_restored_with_new_details(school: School, docent: User) -> None:
    user = member(school, Role.PRAKTIJKOPLEIDER, email="hans@bedrijf.test")
    Membership.objects.get(user=user).delete()
    back = add_by_hand(
        school=school, contact=ContactFactory.build(school=None, email="hans@bedrijf.test", last_name="Terug")
    )
    assert school.contacts.listed().get(email="hans@bedrijf.test") == back


def test_account_with_a_contacts_address_is_linked(school: School) -> None:
    user = member(school, Role.DOCENT, email="oud@hier.test")
    own = school.contacts.get()
    by_hand = ContactFactory(school=school, email="hans@bedrijf.test")
    user.email = "hans@bedrijf.test"
    user.save()
    own.refresh_from_db()
    assert school.contacts.listed().get() == by_hand
    assert school.contacts.get(user=user) == by_hand
    assert own.email == "oud@hier.test"


def test_former_address_is_free_for_another_account(school: School) -> None:
    gone = member(school, Role.DOCENT, email="docent@hier.test", last_name="Weg")
    Membership.objects.get(user=gone).delete()
    gone.email = "weg@elders.test"
    gone.save()
    new = member(school, Role.DOCENT, email="docent@hier.test")
    assert school.contacts.listed().get().user == new
    assert school.contacts.get(user=gone).full_name == "Sam Weg"


def test_account_without_role_removes_no_contact(school: School) -> None:
    gone = member(school, Role.DOCENT, email="docent@hier.test")
    Membership.objects.get(user=gone).delete()
    by_hand = ContactFactory(school=school, email="hans@bedrijf.test")
    gone.email = "hans@bedrijf.test"
    gone.save()
    assert school.contacts.listed().get() == by_hand


def test_login_does_not_sync_contacts(school: School, django_assert_num_queries) -> None:
    user = member(school, Role.DOCENT)
    with django_assert_num_queries(1):
        user.save(update_fields=["last_login"])
