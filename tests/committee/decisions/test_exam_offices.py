"""The list of exam offices, and unknown addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ExamOffice, Role, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Document, Status
from committee.decisions.finalise import propose
from committee.delivery.forms import is_known
from exams.models import Exam
from tests import steps
from tests.committee.conftest import AfnameMaker
from tests.factories import ExamOfficeFactory, MembershipFactory, first_unit, make_exam

LIST = reverse("committee:afnames")


@pytest.fixture
def office(school: School) -> ExamOffice:
    return ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@bureau.test")


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_committee_adds_changes_and_removes_offices(member: Client, school: School) -> None:
    listed = reverse("accounts:exam_offices")
    assert "Er staat nog geen examenbureau in de lijst." in words(member.get(listed))
    member.post(listed, {"name": "Bureau", "email": "bureau@hier.test"})
    office = school.default_committee.exam_offices.get()
    change = reverse("accounts:change_exam_office", args=[office.pk])
    opened = re.findall(r'name="opened" value="([^"]*)"', words(member.get(change)))[0]
    member.post(change, {"name": "Archief", "email": "archief@hier.test", "opened": opened})
    assert "archief@hier.test" in words(member.get(listed))
    assert "kan daarna niet meer" in words(member.get(reverse("accounts:remove_exam_office", args=[office.pk])))
    member.post(reverse("accounts:remove_exam_office", args=[office.pk]))
    assert not school.default_committee.exam_offices.exists()


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("ZORG@bureau.test", "Dit adres staat al in de lijst, bij Examenbureau Zorg."),
        ("geen adres", "Dit is geen e-mailadres."),
        (f"bureau@{'ü' * 60}.test", "Aan dit e-mailadres kan geen mail worden gestuurd."),
    ],
)
def test_invalid_office_shows_the_error_at_its_field(
    member: Client, office: ExamOffice, email: str, message: str
) -> None:
    page = words(member.post(reverse("accounts:exam_offices"), {"name": "Nog een", "email": email}))
    assert message in page
    assert 'value="Nog een"' in page
    assert ExamOffice.objects.count() == 1


def test_office_of_another_school_is_not_found(member: Client, other_school: School) -> None:
    office = ExamOfficeFactory(school=other_school, name="Bureau Elders")
    for name in ("change_exam_office", "remove_exam_office"):
        assert member.post(reverse(f"accounts:{name}", args=[office.pk]), {}).status_code == 404
    assert office.name not in words(member.get(reverse("accounts:exam_offices")))


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("zorg@bureau.test", True),
        ("Ander@BUREAU.test", True),
        ("wie@hier.test", True),
        ("wie@examens.hier.test", False),
        ("wie@hier.test.elders.test", False),
        ("wie@elders.test", False),
    ],
)
def test_known_addresses_are_listed_or_at_a_school_domain(
    school: School, office: ExamOffice, address: str, known: bool
) -> None:
    assert is_known(address, school=school) == known


def test_unknown_address_must_be_confirmed(member: Client, assessed: Assessment) -> None:
    address = reverse("committee:finalise", args=[assessed.public_id])
    post = {"version": assessed.version, "email": "archief@elders.test"}
    page = words(member.post(address, post))
    assert "archief@elders.test staat niet in de lijst en is niet van de school." in page
    assert "Ja, archief@elders.test klopt" in page
    other = words(member.post(address, post | {"sure": "archief@elders.test", "email": "nog@anders.test"}))
    assert "Ja, nog@anders.test klopt" in other
    assessed.refresh_from_db()
    assert assessed.status == Status.ASSESSED
    member.post(address, post | {"sure": "archief@elders.test"})
    assert assessed.documents.get().exam_office_email == "archief@elders.test"


def test_unknown_address_asks_for_a_tick(member: Client, assessed: Assessment) -> None:
    post = {"version": assessed.version, "email": "archief@elders.test"}
    page = words(member.post(reverse("committee:finalise", args=[assessed.public_id]), post))
    assert "Zet nog een vinkje" in page
    assert "Dit moet nog worden aangepast" not in page
    assert 'href="#id_sure"' in page
    assert "is-invalid" not in page
    [box] = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page)
    assert 'aria-describedby="id_sure_help"' in box


def test_concurrent_change_of_an_office_is_reported(member: Client, office: ExamOffice) -> None:
    address = reverse("accounts:change_exam_office", args=[office.pk])
    opened = re.search(r'name="opened" value="([^"]*)"', words(member.get(address)))
    assert opened is not None
    ExamOffice.objects.update(email="nieuw@bureau.test")
    post = {"name": "Zorg en Welzijn", "email": "zorg@bureau.test"}
    page = member.post(address, post | {"opened": opened[1]})
    assert "nieuw@bureau.test. Sla op als u toch" in words(page)
    assert ExamOffice.objects.get().email == "nieuw@bureau.test"
    again = re.search(r'name="opened" value="([^"]*)"', words(page))
    assert again is not None
    member.post(address, post | {"opened": again[1]})
    assert ExamOffice.objects.get().email == "zorg@bureau.test"


def test_other_address_is_the_last_choice(member: Client, assessed: Assessment, office: ExamOffice) -> None:
    page = words(member.get(reverse("committee:finalise", args=[assessed.public_id])))
    [choice] = re.findall(r'<fieldset class="offices"(.*?)</fieldset>', page)
    places = [choice.index(part) for part in ("Examenbureau Zorg", "Een ander adres", 'type="email"')]
    assert places == sorted(places)
    assert page.count('type="email"') == 1


def test_without_a_list_only_the_field_is_shown(member: Client, assessed: Assessment) -> None:
    page = words(member.get(reverse("committee:finalise", args=[assessed.public_id])))
    assert page.count('type="email"') == 1
    assert 'type="radio"' not in page
    again = words(member.post(reverse("committee:finalise", args=[assessed.public_id]), {"version": assessed.version}))
    assert "Vul het e-mailadres van het examenbureau in." in again


@pytest.mark.parametrize("name", ["finalise", "confirm_many"])
@pytest.mark.parametrize("sent", [{}, {"office": "zorg@bureau.test"}, {"office": "ander"}], ids=lambda one: str(one))
def test_without_a_list_errors_are_at_the_email_field(
    member: Client, assessed: Assessment, name: str, sent: dict[str, str]
) -> None:
    """Also when the offices of the list were removed after the page was opened."""
    ticked = f"{assessed.public_id}:{assessed.version}:afronden"
    args = [assessed.public_id] if name == "finalise" else []
    post = {"version": str(assessed.version), "afname": ticked, "email": "", **sent}
    page = words(member.post(reverse(f"committee:{name}", args=args), post))
    summary = page.partition('id="fouten"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#([^"]*)"', summary) == ["id_email"]
    [field] = re.findall(r'<input type="email"[^>]*>', page)
    assert 'id="id_email"' in field
    assert 'aria-invalid="true"' in field


def test_removed_office_is_reported(member: Client, assessed: Assessment, office: ExamOffice) -> None:
    post = {"version": assessed.version, "office": "weg@bureau.test"}
    page = words(member.post(reverse("committee:finalise", args=[assessed.public_id]), post))
    assert "Dit examenbureau staat niet meer in de lijst. Kies opnieuw." in page
    assert 'href="#id_office"' in page
    assert 'id="id_office"' in page


def test_typed_address_shows_its_error_by_the_open_field(
    member: Client, assessed: Assessment, office: ExamOffice
) -> None:
    address = reverse("committee:finalise", args=[assessed.public_id])
    page = words(member.post(address, {"version": assessed.version, "email": "archief@elders.test"}))
    assert re.search(r'value="ander" checked', page)
    assert "Ja, archief@elders.test klopt" in page


class TestRemembered:
    """Offices are remembered per exam of the school."""

    @pytest.fixture(autouse=True)
    def offices(self, school: School) -> None:
        ExamOfficeFactory(school=school, name="Examenbureau Techniek", email="techniek@bureau.test")
        ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@bureau.test")

    @pytest.fixture
    def other_exam(self) -> Exam:
        return make_exam(title="Timmerman")

    @pytest.fixture
    def sent(self, make_afname: AfnameMaker) -> Callable[..., Assessment]:
        """Make a final result with its PDF sent to an address."""

        def sent(exam: Exam, email: str, **fields: Any) -> Assessment:
            final = make_afname(Status.FINAL, unit=first_unit(exam), **fields)
            Document.objects.create(assessment=final, number=1, result={}, exam_office_email=email)
            return final

        return sent

    def chosen(self, member: Client, assessment: Assessment | None = None) -> list[str]:
        """Return the preselected offices of the page of one, or of the list's bar."""
        if assessment is None:
            return re.findall(r'<option value="([^"]+@[^"]*)" selected', words(member.get(LIST)))
        page = words(member.get(reverse("committee:finalise", args=[assessment.public_id])))
        assert 'type="radio"' in page
        return re.findall(r'type="radio"[^>]*value="([^"]*)" checked', page)

    def test_newest_of_the_exam_is_offered(self, member: Client, assessed: Assessment, sent, other_exam: Exam) -> None:
        now = timezone.now()
        sent(assessed.exam, "techniek@bureau.test", since=now - timedelta(days=2))
        sent(assessed.exam, "zorg@bureau.test", since=now - timedelta(days=1))
        sent(other_exam, "techniek@bureau.test", since=now)
        assert self.chosen(member, assessed) == self.chosen(member) == ["zorg@bureau.test"]

    def test_another_exams_office_is_not_offered(
        self, member: Client, assessed: Assessment, sent, other_exam: Exam
    ) -> None:
        sent(other_exam, "techniek@bureau.test")
        assert self.chosen(member, assessed) == self.chosen(member) == []
        address = reverse("committee:finalise", args=[assessed.public_id])
        assert "Kies een examenbureau, of vul een ander adres in." in words(
            member.post(address, {"version": assessed.version, "email": ""})
        )
        assessed.refresh_from_db()
        assert assessed.status == Status.ASSESSED

    def test_only_office_of_the_list_is_not_offered(self, member: Client, assessed: Assessment) -> None:
        ExamOffice.objects.get(email="techniek@bureau.test").delete()
        assert self.chosen(member, assessed) == self.chosen(member) == []

    def test_another_schools_results_do_not_count(
        self, member: Client, assessed: Assessment, sent, other_school: School
    ) -> None:
        sent(assessed.exam, "zorg@bureau.test", student=MembershipFactory(school=other_school))
        assert self.chosen(member, assessed) == self.chosen(member) == []

    def test_colleagues_choice_counts_too(self, member: Client, assessed: Assessment, sent, school: School) -> None:
        colleague = MembershipFactory(school=school, role=Role.EXAMENCOMMISSIE).user
        sent(assessed.exam, "zorg@bureau.test", final_by=colleague)
        assert self.chosen(member, assessed) == ["zorg@bureau.test"]

    @pytest.mark.parametrize("email", ["weg@bureau.test", "ZORG@elders.test"])
    def test_address_outside_the_list_is_not_offered(
        self, member: Client, assessed: Assessment, sent, email: str
    ) -> None:
        sent(assessed.exam, email)
        assert self.chosen(member, assessed) == []

    def test_corrected_address_is_remembered(self, member: Client, assessed: Assessment, sent) -> None:
        final = sent(assessed.exam, "techniek@bureau.test")
        final.documents.update(exam_office_email="zorg@bureau.test")  # as 'Opnieuw verzenden' leaves it
        assert self.chosen(member, assessed) == ["zorg@bureau.test"]

    @pytest.mark.parametrize(
        ("theirs", "offered"), [("zorg@bureau.test", ["zorg@bureau.test"]), ("techniek@bureau.test", []), ("", [])]
    )
    def test_several_exams_are_offered_a_shared_office_only(
        self,
        member: Client,
        assessed: Assessment,
        sent,
        other_exam: Exam,
        docent: User,
        examiner: Contact,
        school: School,
        theirs: str,
        offered: list[str],
    ) -> None:
        other = steps.start_assessment(MembershipFactory(school=school), first_unit(other_exam), docent)
        steps.choose(other, examiner)
        steps.assess(steps.send_invitation(other, examiner))
        sent(assessed.exam, "zorg@bureau.test")
        if theirs:
            sent(other_exam, theirs)
        assert self.chosen(member) == offered

    def test_proposed_address_is_offered_to_the_second_member(
        self, member: Client, assessed: Assessment, sent, school: School
    ) -> None:
        school.committees.update(four_eyes=True)
        sent(assessed.exam, "techniek@bureau.test")
        first = MembershipFactory(school=school, role=Role.EXAMENCOMMISSIE).user
        propose(assessment=assessed, by=first, exam_office_email="zorg@bureau.test")
        assert self.chosen(member, assessed) == ["zorg@bureau.test"]

    def test_proposing_offers_the_exams_own_office(
        self, member: Client, assessed: Assessment, sent, school: School, other_exam: Exam
    ) -> None:
        school.committees.update(four_eyes=True)
        sent(other_exam, "techniek@bureau.test")
        address = reverse("committee:propose", args=[assessed.public_id])
        assert " checked" not in words(member.get(address))
        sent(assessed.exam, "zorg@bureau.test")
        assert 'value="zorg@bureau.test" checked' in words(member.get(address))
