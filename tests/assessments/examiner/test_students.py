"""'Uw studenten': one link of a mail about several students, and the list that it opens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, School, User
from addressbook.models import Contact
from assessments import links
from assessments.invitations import invite
from assessments.models import Assessment, Event, Invitation, Score, Status
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def several(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> list[Invitation]:
    """Invitations of the examiner for Anna, Bas and Cas, in one mail."""
    students = [
        MembershipFactory(school=school, user__first_name=first, user__last_name=last)
        for first, last in (("Anna", "Albers"), ("Bas", "Bakker"), ("Cas", "Claes"))
    ]
    assessments = [steps.start_assessment(student, unit, docent) for student in students]
    for one in assessments:
        steps.choose(one, examiner)
    invite.invite(assessments=assessments, contacts=[examiner], by=docent, one_mail=True)
    return list(Invitation.objects.order_by("pk"))


def batch_of(invitations: list[Invitation]) -> links.Batch:
    return links.Batch({one.pk: one.generation for one in invitations})


def list_url(invitations: list[Invitation]) -> str:
    return reverse("assessments:examiner_students", args=[batch_of(invitations).key])


def form_url(invitation: Invitation) -> str:
    return reverse("assessments:form", args=[invitation.public_id])


@pytest.fixture
def opened(client: Client, several: list[Invitation]) -> Client:
    """A browser that opened the mail's link."""
    answer = client.get(reverse("assessments:open_link", args=[batch_of(several).token]))
    assert answer["Location"] == f"{list_url(several)}?geopend"
    return client


def states(answer) -> list[str]:
    """Return 'name: state' of each row."""
    content = answer.content.decode()
    [body] = re.findall('<ul class="own-students">(.*?)</ul>', content, re.DOTALL)
    words = ("Nog te doen", "van 8", "Afgerond", "Nieuwe link nodig", "Hoeft niet meer", "Gesloten")
    return [next(word for word in words if word in row) for row in body.split("</li>")[:-1]]


def test_list_shows_the_state_of_each_student(opened: Client, several: list[Invitation]) -> None:
    steps.fill_in(several[1], parts=[several[1].assessment.live_assignments.order_by("pk")[0].part])
    steps.assess(several[2])
    answer = opened.get(list_url(several))
    assert states(answer) == ["Nog te doen", "van 8", "Afgerond"]
    content = answer.content.decode()
    assert "2 van 8" in content
    assert "Verder met Anna Albers" in content
    assert [content.index(form_url(one)) for one in several] == sorted(content.index(form_url(one)) for one in several)


def test_opening_changes_nothing(opened: Client, several: list[Invitation]) -> None:
    events = Event.objects.count()
    for path in (list_url(several), *map(form_url, several)):
        assert opened.get(path).status_code == 200
    assert Event.objects.count() == events
    assert {one.status for one in Assessment.objects.all()} == {Status.INVITED}


def test_list_takes_the_same_queries_for_any_number(opened: Client, several: list[Invitation]) -> None:
    with CaptureQueriesContext(connection) as captured:
        opened.get(list_url(several))
    assert len(captured) <= 2


def test_form_leads_back_to_the_list(opened: Client, several: list[Invitation]) -> None:
    assert list_url(several) in opened.get(form_url(several[0])).content.decode()


def test_form_of_a_single_link_has_no_list(client: Client, several: list[Invitation]) -> None:
    client.get(reverse("assessments:open_link", args=[links.token_for(invitation=several[0])]))
    assert "Uw studenten" not in client.get(form_url(several[0])).content.decode()
    assert client.get(form_url(several[1])).status_code == 403
    assert client.get(list_url(several)).status_code == 403


def test_saving_works_with_the_link_of_the_batch(opened: Client, several: list[Invitation]) -> None:
    assignment = several[1].assessment.live_assignments.order_by("pk")[0]
    criterion = assignment.part.criteria.first()
    answer = opened.post(
        reverse("assessments:keep", args=[several[1].public_id]), {f"score-{assignment.pk}-{criterion.pk}": "V"}
    )
    assert answer.status_code == 200
    assert Score.objects.get().assignment == assignment


def test_completed_form_leads_to_the_next_student(opened: Client, several: list[Invitation]) -> None:
    steps.assess(several[1])
    content = opened.get(form_url(several[1])).content.decode()
    assert "Volgende student: Cas Claes" in content
    assert form_url(several[2]) in content
    steps.assess(several[2])
    assert "Volgende student: Anna Albers" in opened.get(form_url(several[2])).content.decode()
    steps.assess(several[0])
    assert "Volgende student" not in opened.get(form_url(several[0])).content.decode()


def test_batch_opens_only_its_own_students(opened: Client, several: list[Invitation], docent: User) -> None:
    other = ContactFactory(school=several[0].assessment.school)
    steps.choose(several[0].assessment, several[0].contact, other)
    theirs = steps.send_invitation(several[0].assessment, other)
    assert opened.get(form_url(theirs)).status_code == 403
    assert opened.get(list_url([*several, theirs])).status_code == 403


@pytest.mark.parametrize("token", ["", "x", ".eJy:x", ":"])
def test_changed_batch_token_opens_nothing(several: list[Invitation], token: str) -> None:
    assert links.open_batch_token(token) is None
    signed, signature = batch_of(several).token.rsplit(":", 1)
    assert links.open_batch_token(f"{batch_of(several[:2]).token.rsplit(':', 1)[0]}:{signature}") is None
    assert links.open_batch_token(signing.dumps([[one.pk, 1] for one in several])) is None
    assert links.open_batch_token(f"{signed}:{signature}") == batch_of(several)


def test_generation_and_state_are_checked_per_student(opened: Client, several: list[Invitation], docent: User) -> None:
    invite.withdraw(invitation=several[0], by=docent)
    invite.invite_again(invitation=several[1], by=docent)
    answer = opened.get(list_url(several))
    assert states(answer) == ["Hoeft niet meer", "Nieuwe link nodig", "Nog te doen"]
    assert [opened.get(form_url(one)).status_code for one in several] == [410, 410, 200]


def test_newer_link_of_one_student_opens_beside_the_batch(
    opened: Client, several: list[Invitation], docent: User
) -> None:
    invite.invite_again(invitation=several[1], by=docent)
    again = Invitation.objects.get(pk=several[1].pk)
    opened.get(reverse("assessments:open_link", args=[links.token_for(invitation=again)]))
    assert opened.get(form_url(again)).status_code == 200


def test_new_links_are_mailed_together(opened: Client, several: list[Invitation]) -> None:
    past = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(pk__in=[one.pk for one in several[:2]]).update(
        invited_at=past - timedelta(days=60), expires_at=past
    )
    OutgoingMail.objects.all().delete()
    assert "Vraag een nieuwe link aan" in opened.get(list_url(several)).content.decode()
    answer = opened.post(reverse("assessments:new_links", args=[batch_of(several).key]))
    assert "De nieuwe link is onderweg" in answer.content.decode()
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.kind) == (several[0].contact.email, "invitation_together")
    assert [one.generation for one in Invitation.objects.order_by("pk")] == [2, 2, 1]
    assert states(opened.get(list_url(several))) == ["Nieuwe link nodig", "Nieuwe link nodig", "Nog te doen"]


@pytest.mark.parametrize("way", ["list", "form"])
def test_leaving_closes_all_students(opened: Client, several: list[Invitation], way: str) -> None:
    leave = (
        reverse("assessments:leave_students", args=[batch_of(several).key])
        if way == "list"
        else reverse("assessments:leave", args=[several[1].public_id])
    )
    answer = opened.post(leave).content.decode()
    assert all(str(one.public_id) in answer for one in several)  # their unsent copies go
    assert [opened.get(path).status_code for path in (list_url(several), *map(form_url, several))] == [403] * 4


def test_language_is_chosen_on_the_list(opened: Client, several: list[Invitation]) -> None:
    language = reverse("assessments:language", args=[several[0].public_id])
    answer = opened.post(language, {"language": "en", "next": list_url(several)})
    assert answer["Location"] == list_url(several)
    assert "Your students" in opened.get(list_url(several)).content.decode()


def test_browser_keeps_a_few_batches(client: Client, several: list[Invitation]) -> None:
    groups = [several[:2], several[1:], several[::2], several, several[::-1], several[1::-1]]
    for group in groups:
        client.get(reverse("assessments:open_link", args=[batch_of(group).token]))
    held = [morsel for name, morsel in client.cookies.items() if name.startswith("beoordelen_studenten_")]
    assert len([morsel for morsel in held if morsel.value]) == 5
    assert {morsel["path"] for morsel in held} == {"/beoordelen/"}
    assert all(morsel["httponly"] for morsel in held if morsel.value)


def test_cookie_of_a_large_batch_fits(client: Client) -> None:
    batch = links.Batch(dict.fromkeys(range(1_000_000, 1_000_200), 1))
    assert len(batch._signed(links._BATCH_COOKIE_SALT)) < 3000


# --- The page of a dead link ------------------------------------------------------------------------
def dead_page(client: Client, invitation: Invitation) -> str:
    answer = client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
    assert answer.status_code == 410
    return answer.content.decode()


def test_dead_link_names_the_initiator(client: Client, several: list[Invitation], docent: User) -> None:
    steps.fill_in(several[0], "G", "Een geheim oordeel.")
    invite.withdraw(invitation=several[0], by=docent)
    content = dead_page(client, several[0])
    assert "Vragen? Mail Dirk Docent: docent@hier.test." in content
    assert "Een geheim oordeel." not in content
    assert several[0].assessment.student.user.last_name not in content


@pytest.mark.parametrize("role", [Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER, None])
def test_dead_link_names_the_school_when_the_initiator_left(
    client: Client, several: list[Invitation], docent: User, school: School, role: Role | None
) -> None:
    if role:
        member(school, role, first_name="Sanne", last_name="School", email="sanne@hier.test")
    invite.withdraw(invitation=several[0], by=docent)
    docent.memberships.all().delete()
    content = dead_page(client, several[0])
    assert "docent@hier.test" not in content
    assert ("Vragen? Mail Sanne School: sanne@hier.test." in content) == bool(role)


def test_unknown_link_names_no_one(client: Client, several: list[Invitation]) -> None:
    assert "Vragen?" not in client.get("/beoordelen/verzonnen/").content.decode()
