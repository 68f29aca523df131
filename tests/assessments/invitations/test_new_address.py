"""A corrected address: active invitations are resent to it, and older links are void."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, User
from addressbook.correct import correct, fingerprint
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.invitations import invite
from assessments.models import Assessment, Event, Invitation
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory, member


def new_address(contact: Contact, by: User, email: str = "nieuw@bedrijf.test") -> int:
    return correct(contact=contact, values={"email": email}, opened=fingerprint(contact, ["email"]), by=by)


def addresses() -> list[str]:
    return list(OutgoingMail.objects.exclude(kind="all_done").order_by("pk").values_list("to", flat=True))


def test_invitation_is_resent_and_old_link_is_void(invitation: Invitation, docent: User) -> None:
    old = links.token_for(invitation=invitation)
    assert new_address(invitation.contact, docent) == 1
    assert addresses() == ["erik@bedrijf.test", "nieuw@bedrijf.test"]
    with pytest.raises(links.NoAccess) as refused:
        links.open_token(old)
    assert refused.value.reason == "void"
    invitation.refresh_from_db()
    assert links.open_token(links.token_for(invitation=invitation)) == invitation
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor) == (Event.Kind.INVITED_AGAIN, docent)
    assert event.data == {"examiner": "Erik Examinator", "reason": "Het e-mailadres is gewijzigd."}


def test_page_counts_the_resent_invitations(client: Client, invitation: Invitation, docent: User) -> None:
    client.force_login(docent)
    address = reverse("addressbook:edit", args=[invitation.contact_id])
    fields = {"first_name": "Erik", "last_name": "Examinator", "email": "nieuw@bedrijf.test", "side": "WORKPLACE"}
    opened = client.get(address).context["opened"]
    page = client.post(address, fields | {"opened": opened}, follow=True).content.decode()
    assert "1 uitnodiging gaat opnieuw op weg, naar nieuw@bedrijf.test." in page


def test_every_running_assessment_is_resent(
    invitation: Invitation, docent: User, school: School, unit: ExamUnit
) -> None:
    another = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    steps.choose(another, invitation.contact)
    steps.send_invitation(another, invitation.contact)
    assert new_address(invitation.contact, docent) == 2


def test_identical_invitations_share_one_new_mail(
    invitation: Invitation, docent: User, colleague: User, school: School, unit: ExamUnit
) -> None:
    students = [MembershipFactory(school=school) for _ in range(3)]
    for student, by, remark in zip(students, [docent, docent, colleague], ["", "Graag snel.", ""], strict=True):
        another = steps.start_assessment(student, unit, by)
        steps.choose(another, invitation.contact)
        steps.send_invitation(another, invitation.contact, remark=remark)
    assert new_address(invitation.contact, docent) == 4
    mails = OutgoingMail.objects.filter(to="nieuw@bedrijf.test")
    assert sorted((mail.kind, mail.reply_to, mail.about.count()) for mail in mails) == [
        ("invitation", colleague.email, 1),
        ("invitation", docent.email, 1),
        ("invitation_together", docent.email, 2),
    ]
    assert set(Invitation.objects.values_list("mail", flat=True)) == {mail.pk for mail in mails}


def test_other_contact_change_resends_nothing(invitation: Invitation, docent: User) -> None:
    contact = invitation.contact
    correct(contact=contact, values={"function": "Chef"}, opened=fingerprint(contact, ["function"]), by=docent)
    assert addresses() == ["erik@bedrijf.test"]


def test_withdrawn_and_closed_invitations_are_unchanged(invitation: Invitation, docent: User) -> None:
    invite.withdraw(invitation=invitation, by=docent)
    assert new_address(invitation.contact, docent) == 0
    steps.send_invitation(invitation.assessment, invitation.contact)
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    assert new_address(Contact.objects.get(pk=invitation.contact_id), docent, "nog-een@bedrijf.test") == 0


def test_invitations_of_other_examiners_are_unchanged(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, docent: User
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, examiner)
    second = steps.send_invitation(assessment, second_examiner)
    new_address(examiner, docent)
    second.refresh_from_db()
    assert second.generation == 1


def test_stale_page_invites_the_current_address(assessment: Assessment, examiner: Contact, docent: User) -> None:
    steps.choose(assessment, examiner)
    new_address(examiner, docent)
    steps.send_invitation(assessment, examiner)
    assert addresses() == ["nieuw@bedrijf.test"]


@pytest.fixture
def account(assessment: Assessment, school: School) -> User:
    """A Praktijkopleider with an account who was invited."""
    user = member(school, Role.PRAKTIJKOPLEIDER, email="kees@bedrijf.test")
    contact = school.contacts.get(user=user)
    steps.choose(assessment, contact)
    steps.send_invitation(assessment, contact)
    return user


def test_account_address_change_resends_invitations(account: User, assessment: Assessment) -> None:
    account.email = "kees@elders.test"
    account.save()
    assert addresses() == ["kees@bedrijf.test", "kees@elders.test"]
    assert assessment.events.last().actor_name == "systeem"
    account.last_name = "Anders"
    account.save()
    assert len(addresses()) == 2


def test_removed_contact_follows_the_account_address(account: User) -> None:
    Membership.objects.get(user=account).delete()
    assert len(addresses()) == 1
    account.email = "kees@elders.test"
    account.save()
    assert addresses()[-1] == "kees@elders.test"


def test_inactive_account_gets_no_mail(account: User) -> None:
    account.email, account.is_active = "weg@elders.test", False
    account.save()
    assert len(addresses()) == 1


def test_completed_examiner_gets_no_mail_and_link_is_void(
    assessed: Assessment, invitation: Invitation, docent: User
) -> None:
    old = links.token_for(invitation=invitation)
    assert new_address(invitation.contact, docent) == 0
    assert addresses() == ["erik@bedrijf.test"]
    with pytest.raises(links.NoAccess) as refused:
        links.open_token(old)
    assert (refused.value.reason, refused.value.renewable) == ("void", True)
    event = assessed.events.last()
    assert event.data["reason"].endswith("Er ging geen mail uit: alles was al afgerond.")


def test_completed_examiner_requests_link_at_the_new_address(
    assessed: Assessment, invitation: Invitation, docent: User
) -> None:
    new_address(invitation.contact, docent)
    for _ in range(2):
        invite.request_new_link(invitation=invitation)
    assert addresses() == ["erik@bedrijf.test", "nieuw@bedrijf.test"]
    invitation.refresh_from_db()
    assert links.open_token(links.token_for(invitation=invitation)) == invitation


def test_partly_completed_examiner_is_mailed(invitation: Invitation, docent: User) -> None:
    part = invitation.assessment.live_assignments.order_by("pk")[0]
    invitation.assessment.live_assignments.exclude(pk=part.pk).update(completed_at=invitation.invited_at)
    assert new_address(invitation.contact, docent) == 1
