"""Proposing a colleague by a forwarded link, and the teacher's answer (DESIGN.md, 'Mechanisms', Link)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.examiner import saving
from assessments.invitations import invite, proposals
from assessments.models import Assessment, Assignment, Event, Invitation, Proposal
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps
from tests.factories import ContactFactory

GREET = {
    "first_name": "Greet",
    "infix": "van",
    "last_name": "Nieuw",
    "email": "Greet@Bedrijf.test",
    "organisation": "Zorggroep",
    "function": "Teamleider",
    "word": "Ik ben die week weg.",
}


@pytest.fixture
def opened(invitation: Invitation) -> Client:
    """A browser that opened the examiner's link."""
    browser = Client()
    browser.get(link(invitation))
    return browser


@pytest.fixture
def teacher(docent: User) -> Client:
    client = Client()
    client.force_login(docent)
    return client


@pytest.fixture
def open_school(school: School) -> School:
    """A school that sends a colleague's link without the teacher's confirmation."""
    school.confirm_proposals = False
    school.save()
    return school


@pytest.fixture
def proposal(opened: Client, invitation: Invitation) -> Proposal:
    opened.post(page(invitation), GREET)
    return Proposal.objects.get()


def link(invitation: Invitation) -> str:
    return reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])


def page(invitation: Invitation) -> str:
    return reverse("assessments:propose", args=[invitation.public_id])


def answer(verb: str, proposal: Proposal) -> str:
    return reverse(f"assessments:{verb}_proposal", args=[proposal.public_id])


def detail(proposal: Proposal) -> str:
    return reverse("assessments:detail", args=[proposal.invitation.assessment.public_id])


def a_proposal(**fields: Any) -> Proposal:
    return Proposal(**({key: GREET[key] for key in ("first_name", "infix", "last_name", "email")} | fields))


def kinds(assessment: Assessment) -> list[str]:
    return list(assessment.events.values_list("kind", flat=True))


# --- Proposing -------------------------------------------------------------------------------------------
def test_form_names_the_examiner_and_links_to_proposing(opened: Client, invitation: Invitation) -> None:
    shown = opened.get(reverse("assessments:form", args=[invitation.public_id])).content.decode()
    assert "U beoordeelt als <strong>Erik Examinator</strong>" in shown
    assert f'href="{page(invitation)}">Bent u dat niet?' in shown
    shown = opened.get(page(invitation)).content.decode()
    assert "Dirk Docent krijgt uw voorstel per mail" in shown


def test_proposal_mails_the_initiator_and_changes_nothing(proposal: Proposal, opened: Client) -> None:
    assert (proposal.full_name, proposal.email, proposal.state) == ("Greet van Nieuw", "greet@bedrijf.test", "OPEN")
    mail = OutgoingMail.objects.latest("pk")
    assert (mail.to, mail.reply_to) == ("docent@hier.test", "erik@bedrijf.test")
    assert (
        mail.subject
        == "Erik Examinator stelt Greet van Nieuw voor om Anouk van 't Hoff te beoordelen: Verzorgende IG, B1"
    )
    assert f"http://testserver{detail(proposal)}#voorstellen" in mail.text
    assert "Ik ben die week weg." in mail.text
    assert not Contact.objects.filter(email="greet@bedrijf.test").exists()
    event = proposal.invitation.assessment.events.latest("pk")
    assert (event.kind, event.actor_name) == (Event.Kind.PROPOSED, "Erik Examinator")
    assert event.data == {"examiner": "Erik Examinator", "replacement": "Greet van Nieuw"}
    assert links.open_token(links.token_for(invitation=proposal.invitation))
    shown = opened.get(page(proposal.invitation)).content.decode()
    assert "U hebt Greet van Nieuw voorgesteld" in shown
    assert "Tot die tijd kunt u Anouk van &#x27;t Hoff zelf blijven beoordelen" in shown


def test_double_submit_makes_one_proposal_and_one_mail(proposal: Proposal, opened: Client) -> None:
    again = opened.post(page(proposal.invitation), GREET)
    assert "U hebt Greet van Nieuw voorgesteld" in again.content.decode()
    assert Proposal.objects.count() == 1
    assert OutgoingMail.objects.filter(kind="proposal").count() == 1


def test_database_allows_one_open_proposal_per_invitation(proposal: Proposal) -> None:
    with pytest.raises(IntegrityError):
        a_proposal(invitation=proposal.invitation).save()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"first_name": ""}, "Voornaam"),
        ({"last_name": ""}, "Achternaam"),
        ({"email": "geen adres"}, "E-mailadres"),
        ({"email": "Erik@bedrijf.test"}, "Dit is uw eigen e-mailadres."),
        ({"email": "ANOUK@hier.test"}, "Een student kan zichzelf niet beoordelen."),
        ({"word": "x" * 1001}, "Bericht aan de docent"),
    ],
)
def test_invalid_proposal_is_reported_and_input_is_kept(
    opened: Client, invitation: Invitation, changed: dict[str, str], message: str
) -> None:
    answered = opened.post(page(invitation), GREET | changed)
    assert answered.status_code == 422
    shown = answered.content.decode()
    assert message in shown
    assert "Zorggroep" in shown
    assert not Proposal.objects.exists()
    assert OutgoingMail.objects.count() == 1


def test_completed_examiner_cannot_propose(opened: Client, invitation: Invitation) -> None:
    steps.assess(invitation)
    assert "U hebt uw beoordeling al afgerond" in opened.get(page(invitation)).content.decode()
    opened.post(page(invitation), GREET)
    assert not Proposal.objects.exists()
    shown = opened.get(reverse("assessments:form", args=[invitation.public_id])).content.decode()
    assert "Bent u dat niet?" not in shown


def test_proposing_needs_a_valid_link(opened: Client, invitation: Invitation, docent: User) -> None:
    assert Client().post(page(invitation), GREET).status_code == 403
    invite.withdraw(invitation=invitation, by=docent)
    assert opened.post(page(invitation), GREET).status_code == 410
    with pytest.raises(lifecycle.DomainError, match="ingetrokken"):
        proposals.propose(invitation=invitation, proposal=a_proposal())
    assert not Proposal.objects.exists()


def test_cancelled_assessment_takes_no_proposal(invitation: Invitation, docent: User) -> None:
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    with pytest.raises(lifecycle.DomainError, match="gesloten"):
        proposals.propose(invitation=invitation, proposal=a_proposal())


def test_older_link_cannot_propose(invitation: Invitation, docent: User) -> None:
    held = Invitation.objects.select_related("assessment", "contact").get(pk=invitation.pk)
    invite.invite_again(invitation=invitation, by=docent)
    with pytest.raises(lifecycle.DomainError, match="intussen gewijzigd"):
        proposals.propose(invitation=held, proposal=a_proposal())


# --- Confirmed --------------------------------------------------------------------------------------------
def test_teacher_sees_and_confirms_the_proposal(proposal: Proposal, teacher: Client, docent: User) -> None:
    invitation = proposal.invitation
    shown = teacher.get(detail(proposal)).content.decode()
    assert "<strong>Erik Examinator</strong> stelt <strong>Greet van Nieuw</strong> voor om" in shown
    assert "Ik ben die week weg." in shown
    done = teacher.post(answer("confirm", proposal), follow=True).content.decode()
    assert "Erik Examinator is vervangen door Greet van Nieuw" in done
    greet = Contact.objects.get(email="greet@bedrijf.test")
    assert (greet.organisation, greet.function, greet.side) == ("Zorggroep", "Teamleider", "WORKPLACE")
    assert invitation.assessment.couplings.get().contact == greet
    assert OutgoingMail.objects.latest("pk").to == "greet@bedrijf.test"
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == (
        Proposal.State.CONFIRMED,
        User.objects.get(email="docent@hier.test"),
    )
    event = invitation.assessment.events.latest("pk")
    assert event.kind == Event.Kind.REPLACED
    assert (event.data["examiner"], event.data["replacement"]) == ("Erik Examinator", "Greet van Nieuw")
    assert "Collega voorgesteld door Erik Examinator: Greet van Nieuw, in plaats van Erik Examinator" in done


def test_replaced_link_names_the_replacement_without_renewal(proposal: Proposal, opened: Client, docent: User) -> None:
    proposals.confirm(proposal=proposal, by=docent)
    for response in (Client().get(link(proposal.invitation)), opened.get(page(proposal.invitation))):
        shown = response.content.decode()
        assert response.status_code == 410
        assert "Een ander beoordeelt nu in uw plaats" in shown
        assert "ingetrokken" not in shown
        assert "Vraag een nieuwe link aan" not in shown


def test_double_confirmation_invites_once(proposal: Proposal, teacher: Client) -> None:
    teacher.post(answer("confirm", proposal))
    again = teacher.post(answer("confirm", proposal), follow=True).content.decode()
    assert "wacht niet meer op antwoord" in again
    assert OutgoingMail.objects.filter(to="greet@bedrijf.test").count() == 1


def test_known_contact_is_matched_by_address(proposal: Proposal, teacher: Client, school: School) -> None:
    listed = ContactFactory(school=school, first_name="Margaretha", last_name="Anders", email="greet@bedrijf.test")
    assert "in het adresboek als <strong>Margaretha Anders</strong>" in teacher.get(detail(proposal)).content.decode()
    teacher.post(answer("confirm", proposal))
    assert proposal.invitation.assessment.couplings.get().contact == listed
    listed.refresh_from_db()
    assert listed.first_name == "Margaretha"


def test_remark_and_attachments_are_sent_to_the_colleague(
    assessment: Assessment, docent: User, examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner, remark="Graag vrijdag.")
    proposal = proposals.propose(invitation=invitation, proposal=a_proposal())
    proposals.confirm(proposal=proposal, by=docent)
    assert "Graag vrijdag." in OutgoingMail.objects.latest("pk").text


def test_begun_work_needs_a_choice_by_the_teacher(proposal: Proposal, teacher: Client) -> None:
    invitation = proposal.invitation
    steps.fill_in(invitation, "G", "Al getypt.")
    confirmation = teacher.post(answer("confirm", proposal), follow=True)
    shown = confirmation.content.decode()
    assert "Erik Examinator is al begonnen" in shown
    assert "Erik Examinator vervangen door Greet van Nieuw?" in shown
    assert invitation.assessment.couplings.get().contact == invitation.contact
    greet = Contact.objects.get(email="greet@bedrijf.test")
    post = {
        "examinator": greet.pk,
        "version": Assessment.objects.get().version,
        "vervalt": list(Assignment.objects.values_list("pk", flat=True)),
    }
    teacher.post(confirmation.request["PATH_INFO"], post)
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.CONFIRMED
    assert invitation.assessment.couplings.get().contact == greet
    kept = Assignment.objects.filter(contact=invitation.contact)
    assert {(row.justification, row.removed_at is not None) for row in kept} == {("Al getypt.", True)}


def test_work_completed_meanwhile_is_kept(proposal: Proposal, teacher: Client) -> None:
    steps.fill_in(proposal.invitation, "V")
    saving.complete(invitation=proposal.invitation)
    teacher.post(answer("confirm", proposal), follow=True)
    assert proposal.invitation.assessment.couplings.get().contact == proposal.invitation.contact


def test_replacing_the_examiner_ends_the_proposal(proposal: Proposal, docent: User, second_examiner: Contact) -> None:
    from assessments.invitations.replace import replace

    invitation = proposal.invitation
    replace(assessment=invitation.assessment, old=invitation.contact, new=second_examiner, by=docent)
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.LAPSED


# --- Declined ---------------------------------------------------------------------------------------------
def test_declined_examiner_is_notified_and_continues(proposal: Proposal, teacher: Client, opened: Client) -> None:
    done = teacher.post(answer("decline", proposal), follow=True).content.decode()
    assert "Erik Examinator blijft beoordelen en krijgt daarover een mail" in done
    assert "Voorgestelde collega afgewezen door Dirk Docent: Greet van Nieuw" in done
    assert 'id="voorstellen"' not in done
    mail = OutgoingMail.objects.latest("pk")
    assert (mail.to, mail.kind) == ("erik@bedrijf.test", "proposal_declined")
    assert "u blijft beoordelen" in mail.text
    assert links.resolve(mail.links["start"]["data"]).endswith(link(proposal.invitation))
    teacher.post(answer("decline", proposal))
    assert OutgoingMail.objects.filter(kind="proposal_declined").count() == 1
    assert kinds(proposal.invitation.assessment).count("PROPOSAL_DECLINED") == 1
    opened.post(page(proposal.invitation), GREET)
    assert Proposal.objects.filter(state="OPEN").count() == 1  # they may propose again


@pytest.mark.parametrize("verb", ["confirm", "decline"])
def test_proposal_of_another_school_is_not_found(proposal: Proposal, stranger: User, verb: str) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.post(answer(verb, proposal)).status_code == 404
    assert client.get(answer(verb, proposal)).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.OPEN


def test_withdrawal_ends_the_proposal_and_reinviting_starts_again(
    proposal: Proposal, teacher: Client, docent: User, invitation: Invitation
) -> None:
    invite.withdraw(invitation=invitation, by=docent)
    assert 'id="voorstellen"' not in teacher.get(detail(proposal)).content.decode()
    with pytest.raises(lifecycle.DomainError, match="wacht niet meer"):
        proposals.confirm(proposal=proposal, by=docent)
    again = steps.send_invitation(invitation.assessment, invitation.contact)
    assert 'id="voorstellen"' not in teacher.get(detail(proposal)).content.decode()
    proposals.propose(invitation=again, proposal=a_proposal(email="ander@bedrijf.test"))
    assert list(Proposal.objects.values_list("state", flat=True)) == ["LAPSED", "OPEN"]


def test_query_count_is_constant_for_proposals(
    proposal: Proposal, teacher: Client, school: School, django_assert_max_num_queries: Any
) -> None:
    assessment = proposal.invitation.assessment
    teacher.get(detail(proposal))
    more = ContactFactory.create_batch(4, school=school)
    steps.choose(assessment, proposal.invitation.contact, *more)
    for number, contact in enumerate(more):
        invited = steps.send_invitation(assessment, contact)
        proposals.propose(invitation=invited, proposal=a_proposal(email=f"nieuw{number}@bedrijf.test"))
    with django_assert_max_num_queries(18):
        assert teacher.get(detail(proposal)).content.decode().count('class="proposal"') == 5


# --- Schools without confirmation ---------------------------------------------------------------------------
def test_link_is_sent_without_confirmation(open_school: School, opened: Client, invitation: Invitation) -> None:
    assert "Uw collega krijgt meteen een eigen link" in opened.get(page(invitation)).content.decode()
    done = opened.post(page(invitation), GREET)
    assert "Greet van Nieuw beoordeelt nu in uw plaats" in done.content.decode()
    mail = OutgoingMail.objects.latest("pk")
    assert (mail.to, OutgoingMail.objects.count()) == ("greet@bedrijf.test", 2)
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.decided_by) == (Proposal.State.CONFIRMED, None)
    event = invitation.assessment.events.latest("pk")
    assert (event.kind, event.actor, event.actor_name) == (Event.Kind.REPLACED, None, "Erik Examinator")
    assert opened.post(page(invitation), GREET).status_code == 410
    assert OutgoingMail.objects.count() == 2


def test_proposal_with_begun_work_waits_for_the_teacher(
    open_school: School, opened: Client, invitation: Invitation
) -> None:
    steps.fill_in(invitation, "G", "Al getypt.")
    assert "In dit formulier is al iets ingevuld" in opened.get(page(invitation)).content.decode()
    opened.post(page(invitation), GREET)
    assert Proposal.objects.get().state == Proposal.State.OPEN
    assert OutgoingMail.objects.latest("pk").to == "docent@hier.test"


def test_proposal_of_known_examiner_or_removed_contact_waits(
    open_school: School, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    invitation = steps.send_invitation(assessment, examiner)
    waits = proposals.propose(invitation=invitation, proposal=a_proposal(email=second_examiner.email))
    assert waits.state == Proposal.State.OPEN
    Proposal.objects.all().delete()
    ContactFactory(school=open_school, email="greet@bedrijf.test", removed_at=timezone.now())
    assert proposals.propose(invitation=invitation, proposal=a_proposal()).state == Proposal.State.OPEN


def test_every_field_of_the_proposal_is_cleaned(opened: Client, invitation: Invitation) -> None:
    odd = {
        "last_name": "Nieuw\r\nKop",
        "organisation": "Zorg\u202egroep\u2028Oost",
        "word": "Een\r\nTwee\u2029Drie\u202e",
    }
    opened.post(page(invitation), GREET | odd | {"email": "\u200bgreet@bedrijf.test\u00a0"})
    proposal = Proposal.objects.get()
    assert (proposal.full_name, proposal.email) == ("Greet van Nieuw Kop", "greet@bedrijf.test")
    assert (proposal.organisation, proposal.word) == ("Zorggroep Oost", "Een\nTwee\nDrie")


@pytest.mark.parametrize("name", ["first_name", "infix", "last_name", "organisation", "function"])
def test_web_address_as_a_name_is_refused(opened: Client, invitation: Invitation, name: str) -> None:
    answer = opened.post(page(invitation), GREET | {name: "https://boef.test"})
    assert list(answer.context["form"].errors) == [name]
    assert not Proposal.objects.exists()
