"""Concurrent changes of a contact, on real connections."""

import pytest

from accounts.models import Role, School, User
from addressbook.correct import ContactChanged, correct, fingerprint
from addressbook.models import Contact
from addressbook.people import AlreadyListed
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.concurrency import at_once
from tests.factories import member
from tests.steps import choose, invite_for_one

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _announce_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep mails in the queue: there is no broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


def change(contact: Contact, by: User, **values: str) -> int:
    return correct(contact=contact, values=values, opened=fingerprint(contact, values), by=by)


def test_second_of_two_concurrent_edits_is_refused(examiner: Contact, docent: User, colleague: User) -> None:
    results = at_once(
        lambda: change(examiner, docent, function="Chef"), lambda: change(examiner, colleague, function="Bakker")
    )
    assert [type(result) for result in results if result != 0] == [ContactChanged]


def test_concurrent_edits_to_one_address_refuse_one(
    examiner: Contact, second_examiner: Contact, docent: User, colleague: User
) -> None:
    results = at_once(
        lambda: change(examiner, docent, email="nieuw@bedrijf.test"),
        lambda: change(second_examiner, colleague, email="nieuw@bedrijf.test"),
    )
    assert [type(result) for result in results if result != 0] == [AlreadyListed]


def test_edit_during_account_sync_is_not_lost(school: School, docent: User) -> None:
    user = member(school, Role.PRAKTIJKOPLEIDER, last_name="Oud")
    contact = school.contacts.get(user=user)
    user.last_name = "Nieuw"
    assert at_once(user.save, lambda: change(contact, docent, organisation="Bakkerij Bos")) == [None, 0]
    contact.refresh_from_db()
    assert (contact.last_name, contact.organisation) == ("Nieuw", "Bakkerij Bos")


def test_invitation_during_address_change_reaches_the_new_address(
    assessment: Assessment, examiner: Contact, docent: User, colleague: User
) -> None:
    choose(assessment, examiner)
    results = at_once(
        lambda: invite_for_one(assessment, contacts=[examiner], by=docent),
        lambda: change(examiner, colleague, email="nieuw@bedrijf.test"),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert OutgoingMail.objects.order_by("-pk")[0].to == "nieuw@bedrijf.test"
