"""One mail to an examiner of several students, with one link for all (source text, part A, 'uitnodigen')."""

from __future__ import annotations

import email.policy
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import School, User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.invitations import invite
from assessments.models import Assessment, Event, Invitation
from digibeoordelen.outbox.links import LinkVoid
from digibeoordelen.outbox.message import compose
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.assessments.asserts import delivery_lines
from tests.factories import MembershipFactory
from tests.steps import flow_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def three(assessment: Assessment, school: School, unit: ExamUnit, docent: User, examiner: Contact) -> list[Assessment]:
    """Assessments of Anouk van 't Hoff, Bart Zomer and Cas Appel, all by `examiner`."""
    others = [
        MembershipFactory(school=school, user__first_name=first, user__last_name=last)
        for first, last in (("Bart", "Zomer"), ("Cas", "Appel"))
    ]
    paths = [assessment, *(steps.start_assessment(student, unit, docent) for student in others)]
    for one in paths:
        steps.choose(one, examiner)
    return paths


def of(assessments, **more):
    versions = {f"versie-{a.pk}": a.version for a in assessments}
    return {"beoordeling": [str(a.public_id) for a in assessments], **versions, **more}


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]] + delivery_lines(response)


def sent(mail: OutgoingMail) -> tuple[str, str]:
    """Return the text and HTML as sent, with links."""
    message = email.message_from_bytes(compose(mail).message().as_bytes(), policy=email.policy.default)
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    assert text is not None
    assert html is not None
    return str(text.get_content()), str(html.get_content())


def linked(url: str) -> list[tuple[str, str]]:
    """Return (name, number) of the students that a mail's link opens."""
    batch = links.open_batch_token(url.split("/")[-2])
    assert batch is not None
    students = [invitation.assessment.student for invitation in batch.invitations()]
    return [(student.user.full_name, student.student_number) for student in students]


def test_mail_has_a_line_per_student_and_one_button(teacher: Client, three, unit: ExamUnit, examiner: Contact) -> None:
    pdf = SimpleUploadedFile("toelichting.pdf", b"%PDF-1.4 toelichting", content_type="application/pdf")
    post = of(three, examinator=[examiner.pk], mails="een", remark="Graag <voor> vrijdag", attachments=[pdf])
    answer = teacher.post(flow_url("send_invitations", three), post, follow=True)
    assert messages_of(answer) == [
        "De uitnodiging wordt verzonden aan Erik Examinator, voor Cas Appel, Anouk van 't Hoff, Bart Zomer."
    ]
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.reply_to) == ("erik@bedrijf.test", "docent@hier.test")
    day = date_format(timezone.localdate(), "j F Y")
    assert mail.subject == f"Verzoek om 3 studenten te beoordelen ({day}): Verzorgende IG"
    assert [attachment.filename for attachment in mail.attachments.all()] == ["toelichting.pdf"]
    text, html = sent(mail)
    assert html.count(">Start beoordeling</a>") == 1
    assert html.index("Graag &lt;voor&gt; vrijdag") < html.index("Cas Appel") < html.index(">Start beoordeling</a>")
    assert "Graag <voor> vrijdag" in text
    by_student = re.findall(r"^- (.+), (\d+) · B1 Eenheid 1$", text, re.MULTILINE)
    assert [name for name, _ in by_student] == ["Cas Appel", "Anouk van 't Hoff", "Bart Zomer"]
    [url] = re.findall(r"http\S+/beoordelen/\S+", text)
    assert html.count(f'href="{url}"') == 2
    assert linked(url) == by_student


def test_invitations_share_delivery_and_have_own_generations(
    teacher: Client, three, unit: ExamUnit, examiner: Contact
) -> None:
    invite.withdraw(invitation=steps.send_invitation(three[0], examiner), by=three[0].initiator)
    three[0].refresh_from_db()
    OutgoingMail.objects.all().delete()
    teacher.post(flow_url("send_invitations", three), of(three, examinator=[examiner.pk]))
    mail = OutgoingMail.objects.get()
    assert {invitation.mail for invitation in Invitation.objects.all()} == {mail}
    assert [one.invitations.get().generation for one in three] == [2, 1, 1]
    assert all(one.events.filter(kind=Event.Kind.INVITED).exists() for one in three)


def test_examiner_of_one_student_gets_the_single_mail(
    teacher: Client, three, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(three[1], examiner, second_examiner)
    teacher.post(flow_url("send_invitations", three), of(three, examinator=[examiner.pk, second_examiner.pk]))
    day = date_format(timezone.localdate(), "j F Y")
    subjects = dict(OutgoingMail.objects.values_list("to", "subject"))
    assert subjects == {
        "erik@bedrijf.test": f"Verzoek om 3 studenten te beoordelen ({day}): Verzorgende IG",
        "tineke@bedrijf.test": "Verzoek om Bart Zomer te beoordelen: Verzorgende IG, B1",
    }


def test_double_submit_invites_and_mails_once(teacher: Client, three, unit: ExamUnit, examiner: Contact) -> None:
    post = of(three, examinator=[examiner.pk])
    teacher.post(flow_url("send_invitations", three), post)
    answer = teacher.post(flow_url("send_invitations", three), post, follow=True)
    assert messages_of(answer)[-1] == "Iedereen die u koos, is al uitgenodigd."
    assert OutgoingMail.objects.count() == 1
    assert [one.invitations.get().generation for one in three] == [1, 1, 1]


def test_batch_choice_needs_an_examiner_of_several_students(teacher: Client, three, unit: ExamUnit) -> None:
    several = teacher.get(flow_url("message", three)).content.decode()
    assert "Eén mail per examinator, met al zijn studenten" in several
    assert re.search(r'value="een"[^>]*checked|checked[^>]*value="een"', several)
    assert "Een mail per student" not in teacher.get(flow_url("message", three[:1])).content.decode()


def test_invitable_examiners_are_ticked(teacher: Client, three, unit: ExamUnit) -> None:
    rows = teacher.get(flow_url("message", three)).context["rows"]
    assert [row.is_ticked for row in rows] == [True]


# --- Concurrent changes ------------------------------------------------------------------------------
def test_concurrently_changed_student_is_skipped_and_named(
    teacher: Client, three, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    post = of(three, examinator=[examiner.pk], remark="Blijft staan")
    steps.choose(Assessment.objects.get(pk=three[0].pk), examiner, second_examiner)
    answer = teacher.post(flow_url("send_invitations", three), post)
    assert messages_of(answer)[0].startswith(
        "Anouk van 't Hoff: Iemand anders heeft deze beoordeling intussen gewijzigd."
    )
    assert delivery_lines(answer) == ["De uitnodiging wordt verzonden aan Erik Examinator, voor Cas Appel, Bart Zomer."]
    assert answer.context["assessments"] == [three[0]]
    assert "Blijft staan" in answer.content.decode()
    of_mail = OutgoingMail.objects.get().links["start"]["data"]["invitations"]
    assert {pk for pk, _ in of_mail} == {one.invitations.get().pk for one in three[1:]}
    again = {"beoordeling": three[0].public_id, "examinator": examiner.pk, "remark": "Blijft staan"}
    version = {f"versie-{three[0].pk}": answer.context["assessments"][0].version}
    assert teacher.post(flow_url("send_invitations", three), again | version).status_code == 302
    assert three[0].invitations.get().remark == "Blijft staan"


def test_cancelled_student_is_skipped_and_named(
    teacher: Client, three, unit: ExamUnit, examiner: Contact, docent: User
) -> None:
    lifecycle.cancel(assessment=three[2], by=docent, reason="Ziek.", counts_as_attempt=False)
    answer = teacher.post(flow_url("send_invitations", three), of(three, examinator=[examiner.pk]), follow=True)
    assert messages_of(answer)[0] == "Cas Appel: Deze beoordeling is ingetrokken en kan niet meer worden gewijzigd."
    assert len(OutgoingMail.objects.get().links["start"]["data"]["invitations"]) == 2


# --- Links -------------------------------------------------------------------------------------------
@pytest.fixture
def mail(three, examiner: Contact, docent: User) -> OutgoingMail:
    invite.invite(assessments=three, contacts=[examiner], by=docent, one_mail=True)
    return OutgoingMail.objects.get()


def test_batch_mail_is_sent_without_a_withdrawn_student(
    mail: OutgoingMail, three, docent: User, client: Client
) -> None:
    invite.withdraw(invitation=three[0].invitations.get(), by=docent)
    [path] = re.findall(r"/beoordelen/\S+/", sent(mail)[0])
    content = client.get(path, follow=True).content.decode()
    assert content.count("Hoeft niet meer") == 1
    assert content.count("Nog te doen") == 2


def test_newer_link_of_a_student_is_a_mail_of_its_own(mail: OutgoingMail, three, docent: User, client: Client) -> None:
    again = three[0].invitations.get()
    invite.invite_again(invitation=again, by=docent)
    [path] = re.findall(r"/beoordelen/\S+/", sent(mail)[0])
    assert client.get(path, follow=True).content.decode().count("Nieuwe link nodig</span>") == 1
    newest = OutgoingMail.objects.order_by("pk").last()
    assert newest.subject == "Verzoek om Anouk van 't Hoff te beoordelen: Verzorgende IG, B1"


def test_older_mail_with_a_link_per_student_still_works(
    mail: OutgoingMail, three, docent: User, client: Client
) -> None:
    """Such mails may be in the queue when this version starts."""
    pairs = [[one.pk, one.generation] for one in Invitation.objects.order_by("pk")]
    data = [{"invitation": pk, "generation": generation, "batch": pairs} for pk, generation in pairs]
    invite.withdraw(invitation=three[0].invitations.get(), by=docent)
    answers = [client.get(url.removeprefix("http://127.0.0.1:8000"), follow=True) for url in links.resolve_many(data)]
    assert [answer.status_code for answer in answers] == [410, 200, 200]


def test_batch_mail_without_valid_links_is_not_sent(mail: OutgoingMail, three, docent: User) -> None:
    for one in three[1:]:
        invite.withdraw(invitation=one.invitations.get(), by=docent)
    invite.invite_again(invitation=three[0].invitations.get(), by=docent)
    with pytest.raises(LinkVoid, match="nieuwere uitnodiging"):
        compose(mail)
    lifecycle.cancel(assessment=three[0], by=docent, reason="Ziek.", counts_as_attempt=True)
    with pytest.raises(LinkVoid, match="ingetrokken"):
        compose(mail)


def test_failed_batch_mail_is_resent_once(mail: OutgoingMail, three, teacher: Client) -> None:
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550 onbekend", attempts=1)
    pages = [reverse("assessments:send_again", args=[one.invitations.get().public_id]) for one in three[:2]]
    first, second = [messages_of(teacher.post(page, follow=True)) for page in pages]
    assert first == second == ["De uitnodiging wordt verzonden aan Erik Examinator."]
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (MailState.QUEUED, 0)


def test_new_address_gets_one_batch_mail(mail: OutgoingMail, three, examiner: Contact, docent: User) -> None:
    examiner.email = "nieuw@bedrijf.test"
    examiner.save()
    assert invite.invite_at_new_address(contact=examiner, by=docent) == 3
    with pytest.raises(LinkVoid):
        compose(mail)
    again = OutgoingMail.objects.get(to="nieuw@bedrijf.test")
    [url] = re.findall(r"http\S+/beoordelen/\S+", sent(again)[0])
    assert len(linked(url)) == 3


def test_mail_for_sixty_students_is_not_clipped(
    school: School, unit: ExamUnit, docent: User, examiner: Contact
) -> None:
    students = MembershipFactory.create_batch(60, school=school, user__last_name="van Rijckevorsel-Oudenaarden")
    many = [steps.start_assessment(student, unit, docent) for student in students]
    for one in many:
        steps.choose(one, examiner)
    invite.invite(assessments=many, contacts=[examiner], by=docent, one_mail=True, remark="x" * 4000)
    _, html = sent(OutgoingMail.objects.get())
    assert html.count("van Rijckevorsel-Oudenaarden") == 60
    assert html.count(">Start beoordeling</a>") == 1
    assert len(html.encode()) < 100_000
