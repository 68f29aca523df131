"""'Afronden': the exam office's address, and finalising once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from assessments.invitations import send_back
from assessments.models import Assessment, Document, Event, Status
from tests import steps
from tests.concurrency import at_once
from tests.factories import ExamOfficeFactory

OFFICE = "bureau@hier.test"


def address(assessment: Assessment) -> str:
    return reverse("committee:finalise", args=[assessment.public_id])


def post(client: Client, assessment: Assessment, **data: Any) -> str:
    response = client.post(address(assessment), {"version": assessment.version} | data, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def is_final(assessment: Assessment) -> bool:
    assessment.refresh_from_db()
    documents = Document.objects.filter(assessment=assessment).count()
    events = assessment.events.filter(kind=Event.Kind.FINALISED).count()
    assert documents == events <= 1
    assert (assessment.status == Status.FINAL) == bool(documents)
    return bool(documents)


def test_page_shows_student_and_result_and_asks_the_address(member: Client, assessed: Assessment) -> None:
    page = member.get(address(assessed)).content.decode()
    for text in ("Anouk van &#x27;t Hoff", "123456", "Verzorgende IG", "E-mailadres van het examenbureau"):
        assert text in page
    assert 'type="radio"' not in page


def test_typed_address_is_used(member: Client, assessed: Assessment, committee_member: User) -> None:
    page = post(member, assessed, email=OFFICE)
    assert is_final(assessed)
    assert assessed.documents.get().exam_office_email == OFFICE
    assert assessed.final_by == committee_member
    assert "De beoordeling van Anouk van &#x27;t Hoff is definitief." in page
    assert f"gemaild naar {OFFICE}" in page
    assert "Terug naar studenten" in page


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("", "Vul het e-mailadres van het examenbureau in."),
        ("geen adres", "Dit is geen e-mailadres."),
        ("twee@hier.test, drie@hier.test", "Dit is geen e-mailadres."),
        ("naam@hier.test\r\nBcc: ander@elders.test", "Dit is geen e-mailadres."),
        (f"naam@{'ü' * 60}.test", "Aan dit e-mailadres kan geen mail worden gestuurd."),
        (f"{'a' * 250}@hier.test", "Dit e-mailadres is te lang."),
    ],
)
def test_invalid_address_is_reported_and_input_is_kept(
    member: Client, assessed: Assessment, typed: str, text: str
) -> None:
    page = post(member, assessed, office="ander", email=typed)
    assert text in page
    assert not is_final(assessed)
    if typed and "\r" not in typed:
        assert f'value="{typed}"' in page


class TestList:
    @pytest.fixture(autouse=True)
    def offices(self, school: School, other_school: School) -> None:
        ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
        ExamOfficeFactory(school=school, name="Examenbureau Techniek", email="techniek@hier.test")
        ExamOfficeFactory(school=other_school, name="Bureau Elders", email="bureau@elders.test")

    def test_office_is_chosen_from_the_school_list(self, member: Client, assessed: Assessment) -> None:
        page = member.get(address(assessed)).content.decode()
        assert "Examenbureau Zorg" in page
        assert "Bureau Elders" not in page
        assert "checked" not in page
        post(member, assessed, office="zorg@hier.test", email="")
        assert is_final(assessed)
        assert assessed.documents.get().exam_office_email == "zorg@hier.test"

    def test_other_address_can_be_typed(self, member: Client, assessed: Assessment) -> None:
        post(member, assessed, office="ander", email=OFFICE)
        assert assessed.documents.get().exam_office_email == OFFICE

    def test_typed_address_without_a_choice_is_accepted(self, member: Client, assessed: Assessment) -> None:
        post(member, assessed, email=OFFICE)
        assert assessed.documents.get().exam_office_email == OFFICE

    def test_office_and_typed_address_are_refused(self, member: Client, assessed: Assessment) -> None:
        page = post(member, assessed, office="zorg@hier.test", email=OFFICE)
        assert "Kies een van de twee." in page
        assert f'value="{OFFICE}"' in page
        assert not is_final(assessed)

    def test_missing_address_is_refused(self, member: Client, assessed: Assessment) -> None:
        assert "Kies een examenbureau, of vul een ander adres in." in post(member, assessed)
        assert not is_final(assessed)

    def test_office_of_another_school_is_refused(self, member: Client, assessed: Assessment) -> None:
        post(member, assessed, office="bureau@elders.test")
        assert not is_final(assessed)

    def test_last_office_of_the_exam_is_preselected(
        self, member: Client, assessed: Assessment, student, unit, docent: User, examiner
    ) -> None:
        post(member, assessed, office="techniek@hier.test")
        again = steps.start_assessment(student, unit, docent)
        steps.choose(again, examiner)
        steps.assess(steps.send_invitation(again, examiner))
        page = " ".join(member.get(address(again)).content.decode().split())
        assert 'value="techniek@hier.test" checked' in page


def test_double_click_finalises_once(member: Client, assessed: Assessment) -> None:
    post(member, assessed, email=OFFICE)
    page = post(member, assessed, email="ander@hier.test")
    assert "Deze beoordeling is al definitief: vastgesteld door Carla Commissie op" in page
    assert is_final(assessed)
    assert assessed.documents.get().exam_office_email == OFFICE


def test_page_of_a_final_result_redirects(member: Client, assessed: Assessment) -> None:
    post(member, assessed, email=OFFICE)
    assert "al definitief" in member.get(address(assessed), follow=True).content.decode()


def test_disputed_result_is_not_finalised(member: Client, disputed: Assessment) -> None:
    assert "niet eens over 8 criteria" in post(member, disputed, email=OFFICE)
    assert "kan nog niet worden afgerond" in member.get(address(disputed), follow=True).content.decode()
    assert not is_final(disputed)


def test_only_assessed_results_are_finalised(member: Client, invitation) -> None:
    assessment = invitation.assessment
    page = post(member, assessment, email=OFFICE)
    assert "Nog niet alle criteria hebben een score." in page
    assert "kan nog niet worden afgerond" in member.get(address(assessment), follow=True).content.decode()
    assert not is_final(assessment)


def test_outdated_version_is_not_finalised(
    member: Client, assessed: Assessment, invitation, committee_member: User
) -> None:
    read = assessed.version
    send_back.send_back(
        assessment=assessed, contacts=[invitation.contact], by=committee_member, remark="Kijk nog eens."
    )
    invitation.refresh_from_db()
    steps.assess(invitation, "O")
    assert "heeft deze beoordeling intussen gewijzigd" in post(member, assessed, email=OFFICE, version=read)
    assert not is_final(assessed)


@pytest.mark.django_db(transaction=True)
def test_two_members_finalise_once(
    assessed: Assessment, committee_member: User, nothing_starts: None, school: School
) -> None:
    def click() -> str:
        browser = Client()
        browser.force_login(committee_member)
        return post(browser, assessed, email=OFFICE)

    pages = at_once(click, click, click)
    assert sum("is definitief." in page for page in pages) == 1, pages
    assert sum("al definitief" in page for page in pages) == 2
    assert is_final(assessed)


def test_unmailable_listed_office_is_refused(member: Client, assessed: Assessment, school: School) -> None:
    office = ExamOfficeFactory(school=school, email=f"bureau@{'ü' * 60}.test")
    assert "Aan dit e-mailadres kan geen mail worden gestuurd." in post(member, assessed, office=office.email, email="")
    assert not is_final(assessed)
