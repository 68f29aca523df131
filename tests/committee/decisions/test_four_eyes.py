"""Four eyes: one member of the committee proposes, another finalises."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Membership, Role, School, User
from assessments import corrections, lifecycle
from assessments.corrections import Change, Changes
from assessments.documents import pdf as documents_pdf
from assessments.invitations import send_back
from assessments.models import Assessment, CancelKind, Event, Status
from assessments.rubric import read_rubric
from committee.decisions import cancel
from committee.decisions.finalise import SecondApproverRequired, StaleProposal, finalise, propose
from committee.decisions.withdraw_final import withdraw_final
from tests.factories import MembershipFactory, member

from .batch_steps import confirm, post_selection

OFFICE = "bureau@hier.test"


@pytest.fixture(autouse=True)
def four_eyes(school: School) -> None:
    school.committees.update(four_eyes=True)


@pytest.fixture
def second(school: School) -> User:
    return member(school, Role.EXAMENCOMMISSIE, first_name="Tom", last_name="Toetser", email="tom@hier.test")


def act(what, assessment: Assessment, by: User):
    return what(assessment=assessment, by=by, exam_office_email=OFFICE)


def status(assessment: Assessment) -> str:
    assessment.refresh_from_db()
    return assessment.status


def test_proposer_cannot_finalise(assessed: Assessment, committee_member: User) -> None:
    with pytest.raises(SecondApproverRequired, match="draagt eerst een lid"):
        act(finalise, assessed, committee_member)
    act(propose, assessed, committee_member)
    with pytest.raises(SecondApproverRequired, match="zelf voorgedragen"):
        act(finalise, assessed, committee_member)
    assert status(assessed) == Status.ASSESSED


def test_second_member_finalises_and_document_names_both(
    assessed: Assessment, committee_member: User, second: User
) -> None:
    act(propose, assessed, committee_member)
    document = act(finalise, assessed, second)
    assert status(assessed) == Status.FINAL
    assert document.result["final"]["by"] == "Tom Toetser"
    assert document.result["final"]["proposed_by"] == "Carla Commissie"
    pdf = PdfReader(BytesIO(documents_pdf.render(document.result, name=document.filename)))
    first_page = " ".join(pdf.pages[0].extract_text().split())
    assert "door Tom Toetser, op voordracht van Carla Commissie, namens de examencommissie van ROC Hier." in first_page
    assert Event.objects.filter(kind=Event.Kind.FINAL_PROPOSED, actor=committee_member).count() == 1


def test_without_four_eyes_document_names_one_member(
    assessed: Assessment, committee_member: User, school: School
) -> None:
    school.committees.update(four_eyes=False)
    document = act(finalise, assessed, committee_member)
    page = " ".join(documents_pdf.page(document.result).split())
    assert "door Carla Commissie, namens de examencommissie van ROC Hier." in page
    assert "voordracht" not in page


def test_proposal_lapses_with_any_change(assessed: Assessment, committee_member: User, second: User) -> None:
    act(propose, assessed, committee_member)
    rubric = read_rubric(assessed)
    texts = {rubric.columns[0].assignment.pk: Change("Toegelicht.", "Stond er niet.")}
    corrections.correct(
        assessment=assessed, by=second, changes=Changes({}, texts), fingerprint=rubric.result_fingerprint
    )
    assessed.refresh_from_db()
    assert assessed.valid_proposal() is None
    with pytest.raises(SecondApproverRequired):
        act(finalise, assessed, second)


def test_second_proposal_points_to_finalising(assessed: Assessment, committee_member: User, second: User) -> None:
    act(propose, assessed, committee_member)
    with pytest.raises(SecondApproverRequired, match="Carla Commissie heeft deze beoordeling al voorgedragen"):
        act(propose, assessed, second)


def test_each_member_is_offered_their_step(
    client: Client, assessed: Assessment, committee_member: User, second: User
) -> None:
    page = reverse("committee:afname", args=[assessed.public_id])
    client.force_login(committee_member)
    assert ">Voordragen</a>" in client.get(page).content.decode()
    address = reverse("committee:propose", args=[assessed.public_id])
    response_text = client.post(address, {"email": OFFICE, "version": assessed.version}, follow=True).content.decode()
    assert "voorgedragen. Een ander lid van de commissie rondt die af." in response_text
    assert ">Afronden</a>" not in response_text
    assert ">Voordragen</a>" not in response_text
    client.force_login(second)
    assert ">Afronden</a>" in client.get(page).content.decode()
    address = reverse("committee:finalise", args=[assessed.public_id])
    form = client.get(address).content.decode()
    assert "Voorgedragen door Carla Commissie" in form
    assert f'value="{OFFICE}"' in form
    client.post(address, {"email": OFFICE, "version": assessed.version})
    assert status(assessed) == Status.FINAL


def test_proposing_warns_before_proposing(client: Client, assessed: Assessment, committee_member: User) -> None:
    client.force_login(committee_member)
    Assessment.objects.filter(pk=assessed.pk).update(initiator=committee_member)
    page = client.get(reverse("committee:propose", args=[assessed.public_id])).content.decode()
    assert "Let op voordat u voordraagt:" in page
    assert "u afrondt" not in page
    assert "u de beoordeling afrondt" not in page


def test_disputed_result_is_not_proposed(client: Client, disputed: Assessment, committee_member: User) -> None:
    client.force_login(committee_member)
    address = reverse("committee:propose", args=[disputed.public_id])
    assert "kan nog niet worden voorgedragen." in client.get(address, follow=True).content.decode()


def tick(assessment: Assessment, step: str) -> dict[str, str]:
    return {"afname": f"{assessment.public_id}:{assessment.version}:{step}", "email": "elders@hier.test"}


def test_batch_is_proposed_and_finalised_to_the_proposed_address(
    client: Client, assessed: Assessment, committee_member: User, second: User
) -> None:
    confirmed = reverse("committee:make_many_final")
    client.force_login(committee_member)
    confirm(client, tick(assessed, "voordragen") | {"email": OFFICE})
    proposal = assessed.final_proposals.get().pk
    client.post(confirmed, tick(assessed, f"afronden:{proposal}"))
    assert status(assessed) == Status.ASSESSED
    client.force_login(second)
    assert f"de pdf gaat naar {OFFICE}" in post_selection(client, tick(assessed, f"afronden:{proposal}"))
    confirm(client, tick(assessed, f"afronden:{proposal}"))
    assert status(assessed) == Status.FINAL
    assert assessed.documents.get().exam_office_email == OFFICE


def test_newer_proposal_is_not_finalised_unseen(
    client: Client, assessed: Assessment, committee_member: User, second: User
) -> None:
    address = reverse("committee:afnames")
    act(propose, assessed, committee_member)
    client.force_login(second)
    shown = assessed.final_proposals.get().pk
    assert f":afronden:{shown}" in client.get(address).content.decode()
    propose(assessment=assessed, by=committee_member, exam_office_email="anders@hier.test")

    confirmed = reverse("committee:make_many_final")
    response_text = post_selection(client, tick(assessed, f"afronden:{shown}"))
    assert "intussen opnieuw voorgedragen" in response_text
    assert "definitief maken" not in response_text
    response_text = client.post(confirmed, tick(assessed, f"afronden:{shown}"), follow=True).content.decode()
    assert "intussen opnieuw voorgedragen" in response_text
    assert status(assessed) == Status.ASSESSED
    newest = assessed.final_proposals.latest("pk").pk
    confirm(client, tick(assessed, f"afronden:{newest}"))
    assert assessed.documents.get().exam_office_email == "anders@hier.test"


def test_replaced_proposal_is_not_finalised(assessed: Assessment, committee_member: User, second: User) -> None:
    seen = act(propose, assessed, committee_member)
    act(propose, assessed, committee_member)
    with pytest.raises(StaleProposal, match="intussen opnieuw voorgedragen"):
        finalise(assessment=assessed, by=second, exam_office_email=OFFICE, proposal=seen.pk)
    assert status(assessed) == Status.ASSESSED


def test_own_proposal_is_not_offered_to_confirm(client: Client, assessed: Assessment, committee_member: User) -> None:
    proposal = act(propose, assessed, committee_member)
    client.force_login(committee_member)
    response_text = post_selection(client, tick(assessed, f"afronden:{proposal.pk}"))
    assert "U hebt deze voorgedragen; een ander lid rondt die af." in response_text
    assert "definitief maken" not in response_text


def test_selection_to_propose_never_finalises(
    client: Client, assessed: Assessment, committee_member: User, second: User
) -> None:
    act(propose, assessed, committee_member)
    client.force_login(second)
    client.post(reverse("committee:make_many_final"), tick(assessed, "voordragen"))
    assert status(assessed) == Status.ASSESSED


def test_member_cannot_decide_on_own_result(
    assessed: Assessment, student: Membership, school: School, committee_member: User
) -> None:
    own = student.user
    MembershipFactory(user=own, school=school, role=Role.EXAMENCOMMISSIE)
    rubric = read_rubric(assessed)
    today = timezone.localdate()
    tried = [
        lambda: act(propose, assessed, own),
        lambda: act(finalise, assessed, own),
        lambda: corrections.correct(
            assessment=assessed, by=own, changes=Changes({}, {}), fingerprint=rubric.result_fingerprint
        ),
        lambda: cancel.cancel(assessment=assessed, by=own, kind=CancelKind.OTHER, reason="Zomaar."),
        lambda: withdraw_final(assessment=assessed, by=own, reason="Zomaar."),
        lambda: cancel.mark_appeal(assessment=assessed, by=own, received_on=today),
        lambda: send_back.send_back(assessment=assessed, contacts=[], by=own, remark="Kijk nog eens."),
    ]
    for attempt in tried:
        with pytest.raises(lifecycle.DomainError, match="uw eigen beoordeling"):
            attempt()
