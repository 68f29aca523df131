"""'Terugsturen': the examiners and the remark."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Status
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps
from tests.factories import MembershipFactory


def address(assessment: Assessment) -> str:
    return reverse("committee:send_back", args=[assessment.public_id])


def test_page_offers_the_examiners(member: Client, disputed: Assessment) -> None:
    page = member.get(address(disputed)).content.decode()
    assert "Erik Examinator" in page
    assert "Tineke Tweede" in page
    assert "checked" not in page


def test_only_examiner_is_preselected(member: Client, assessed: Assessment) -> None:
    assert "checked" in member.get(address(assessed)).content.decode()


def test_chosen_examiner_gets_the_remark(
    member: Client, disputed: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    post = {"examiners": [second_examiner.pk], "remark": "Licht de G bij criterium 2 toe."}
    page = member.post(address(disputed), post, follow=True).content.decode()
    assert "is teruggestuurd naar Tineke Tweede." in page
    disputed.refresh_from_db()
    assert disputed.status == Status.IN_PROGRESS
    mail = OutgoingMail.objects.get(kind="sent_back")
    assert mail.to == second_examiner.email
    assert "Licht de G bij criterium 2 toe." in mail.text
    assert not disputed.live_assignments.filter(contact=second_examiner, completed_at__isnull=False).exists()
    assert not disputed.live_assignments.filter(contact=examiner, completed_at__isnull=True).exists()


def test_next_assessment_of_the_list_follows(
    member: Client, assessed: Assessment, school: School, docent: User, examiner: Contact
) -> None:
    later = steps.start_assessment(MembershipFactory(school=school), assessed.unit, docent)
    steps.choose(later, examiner)
    steps.assess(steps.send_invitation(later, examiner))
    response = member.post(address(assessed), {"examiners": [examiner.pk], "remark": "Kijk nog eens."}, follow=True)
    assert response.redirect_chain[0][0] == reverse("committee:afname", args=[later.public_id])
    page = response.content.decode()
    assert "is teruggestuurd naar Erik Examinator." in page
    assert reverse("committee:afname", args=[assessed.public_id]) in page


def test_remark_and_examiner_are_required_and_input_is_kept(
    member: Client, disputed: Assessment, examiner: Contact
) -> None:
    page = member.post(address(disputed), {"examiners": [examiner.pk], "remark": "  "}).content.decode()
    assert "Schrijf erbij waarom u de beoordeling terugstuurt." in page
    assert "checked" in page
    page = member.post(address(disputed), {"remark": "Kijk nog eens."}).content.decode()
    assert "Kies ten minste één examinator." in page
    assert "Kijk nog eens." in page
    disputed.refresh_from_db()
    assert disputed.status == Status.ASSESSED


def test_contact_without_a_part_is_refused(member: Client, assessed: Assessment, second_examiner: Contact) -> None:
    member.post(address(assessed), {"examiners": [second_examiner.pk], "remark": "Kijk nog eens."})
    assert not OutgoingMail.objects.filter(kind="sent_back").exists()


def test_double_click_sends_one_mail(member: Client, assessed: Assessment, examiner: Contact) -> None:
    post = {"examiners": [examiner.pk], "remark": "Kijk nog eens."}
    member.post(address(assessed), post)
    page = member.post(address(assessed), post, follow=True).content.decode()
    assert "heeft de status ‘Wordt beoordeeld’ en kan nu niet worden teruggestuurd" in page
    assert OutgoingMail.objects.filter(kind="sent_back").count() == 1


def test_oversized_id_is_refused(member: Client, assessed: Assessment) -> None:
    answer = member.post(address(assessed), {"examiners": ["9" * 25], "remark": "Kijk nog eens."})
    assert answer.status_code == 200
    assert "Kijk nog eens." in answer.content.decode()
