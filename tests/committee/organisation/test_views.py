"""The pages on which Schoolbeheer keeps the committees."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ExamCommittee, School, User
from committee.organisation import organisation
from exams.models import Exam, ExamUnit

from .conftest import browser, change


@pytest.fixture
def desk(manager: User) -> Client:
    return browser(manager)


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def listed(desk: Client, school: School) -> str:
    return words(desk.get(reverse("committees:committees", args=[school.pk])))


def form_of(committee: ExamCommittee, **fields: Any) -> dict[str, Any]:
    now = organisation.read_content(committee)
    form = {"name": now.name, "members": list(now.members), "programmes": list(now.codes), "opened": now.fingerprint}
    return form | {"reminder_text": now.reminder_text} | fields


def page_of(committee: ExamCommittee, name: str = "committee") -> str:
    return reverse(f"committees:{name}", args=[committee.school_id, committee.pk])


def log(school: School) -> list[tuple[str, str, str]]:
    return [(line.label, line.before, line.after) for line in school.changes.order_by("pk")]


def test_school_begins_with_one_committee_for_everything(desk: Client, school: School, committee_member: User) -> None:
    page = listed(desk, school)
    assert "Examencommissie</a>" in page
    assert ">Standaard</span>" in page
    assert "Carla Commissie" in page
    assert "Opleidingen zonder eigen commissie" not in page


def test_committee_is_made_with_programmes_and_members(
    desk: Client, school: School, exam: Exam, docent: User, zara: User, other_unit: ExamUnit
) -> None:
    add = reverse("committees:add", args=[school.pk])
    assert f"{exam.code} Verzorgende IG" in words(desk.get(add))
    role = zara.memberships.get()
    fields = {"name": "Zorg", "programmes": [exam.code], "members": [role.pk], "four_eyes": "on"}
    assert desk.post(add, fields).status_code == 302
    made = school.committees.get(name="Zorg")
    assert organisation.read_content(made) == organisation.Content(
        name="Zorg", four_eyes=True, reminder_text="", members=frozenset([role.pk]), codes=frozenset([exam.code])
    )
    page = listed(desk, school)
    assert "Zara Zorg" in page
    assert "Opleidingen zonder eigen commissie (1): vallen onder ‘Examencommissie’" in page
    assert "25999 Timmerman" in page
    assert log(school) == [
        ("Examencommissie", "", "Zorg"),
        ("Leden (Zorg)", "", "Zara Zorg"),
        ("Opleidingen (Zorg)", "", exam.code),
    ]


def test_programme_of_another_committee_moves_and_both_are_logged(
    desk: Client, care: ExamCommittee, school: School, exam: Exam, docent: User
) -> None:
    add = reverse("committees:add", args=[school.pk])
    assert f"{exam.code} Verzorgende IG (nu bij Zorg)" in words(desk.get(add))
    desk.post(add, {"name": "Welzijn", "programmes": [exam.code]})
    assert [one.committee.name for one in exam_programmes(school)] == ["Welzijn"]
    assert log(school)[-2:] == [("Opleidingen (Zorg)", exam.code, ""), ("Opleidingen (Welzijn)", "", exam.code)]


def exam_programmes(school: School) -> list[organisation.Programme]:
    return [one for one in organisation.read_programmes(school) if one.committee]


def test_edit_is_saved_and_logged(
    desk: Client, care: ExamCommittee, school: School, committee_member: User, exam: Exam
) -> None:
    before = school.changes.count()
    members = [committee_member.memberships.get().pk]
    answer = desk.post(
        page_of(care), form_of(care, name="Zorg en Welzijn", members=members, programmes=[]), follow=True
    )
    assert "De examencommissie ‘Zorg en Welzijn’ is bewaard." in words(answer)
    assert log(school)[before:] == [
        ("Naam van de examencommissie (Zorg)", "Zorg", "Zorg en Welzijn"),
        ("Leden (Zorg en Welzijn)", "Zara Zorg", "Carla Commissie"),
        ("Opleidingen (Zorg en Welzijn)", exam.code, ""),
    ]


def test_unchanged_form_logs_nothing(desk: Client, care: ExamCommittee, school: School) -> None:
    before = school.changes.count()
    desk.post(page_of(care), form_of(care))
    assert school.changes.count() == before


def test_concurrent_change_is_shown_and_not_overwritten(
    desk: Client, care: ExamCommittee, manager: User, committee_member: User
) -> None:
    opened = form_of(care, name="Mijn naam")
    change(care, by=manager, members=[committee_member])
    page = words(desk.post(page_of(care), opened))
    assert "Intussen gewijzigd" in page
    assert "Leden: Carla Commissie" in page
    care.refresh_from_db()
    assert care.name == "Zorg"
    [shown] = [part.split('"')[0] for part in page.split('name="opened" value="')[1:]]
    assert desk.post(page_of(care), opened | {"opened": shown}).status_code == 302


def test_name_in_use_is_refused(desk: Client, care: ExamCommittee, school: School) -> None:
    answer = desk.post(reverse("committees:add", args=[school.pk]), {"name": "ZORG"})
    assert organisation.NAME_TAKEN in words(answer)
    assert "Vul de naam" in words(desk.post(page_of(care), form_of(care, name="")))


def test_default_committee_names_no_programmes(desk: Client, school: School, exam: Exam, docent: User) -> None:
    default = school.default_committee
    assert 'name="programmes"' not in words(desk.get(page_of(default)))
    desk.post(page_of(default), form_of(default, name="Centraal", programmes=[exam.code]))
    assert exam_programmes(school) == []
    assert school.default_committee.name == "Centraal"


def test_only_people_with_the_role_at_the_school_can_be_members(
    desk: Client, care: ExamCommittee, docent: User, stranger: User
) -> None:
    for user in (docent, stranger):
        role = user.memberships.order_by("-pk").first()
        assert role is not None
        assert desk.post(page_of(care), form_of(care, members=[role.pk])).status_code == 200
    assert [one.user.last_name for one in care.members.all()] == ["Zorg"]


def test_deactivated_member_is_kept_when_the_form_is_saved(desk: Client, care: ExamCommittee, zara: User) -> None:
    zara.is_active = False
    zara.save()
    assert "Zara Zorg" not in words(desk.get(page_of(care)))
    desk.post(page_of(care), form_of(care, members=[]))
    assert care.members.count() == 1


def test_deletion_says_what_happens(desk: Client, care: ExamCommittee, school: School, zara: User) -> None:
    page = words(desk.get(page_of(care, "remove")))
    assert "Haar opleiding valt daarna onder ‘Examencommissie’, met alle beoordelingen." in page
    assert "Zara Zorg zit in geen andere commissie en hoort daarna bij ‘Examencommissie’" in page
    answer = desk.post(page_of(care, "remove"), follow=True)
    assert "De examencommissie ‘Zorg’ is verwijderd." in words(answer)
    assert school.committees.count() == 1


def test_default_committee_has_no_page_to_delete_it(desk: Client, school: School) -> None:
    assert desk.post(page_of(school.default_committee, "remove")).status_code == 404


def test_committee_of_another_school_is_not_found(desk: Client, other_school: School, school: School) -> None:
    address = reverse("committees:committee", args=[school.pk, other_school.default_committee.pk])
    assert desk.get(address).status_code == 404


def test_committee_without_members_is_marked(
    desk: Client, care: ExamCommittee, manager: User, school: School, zara: User
) -> None:
    change(care, by=manager, members=[])
    assert "Nog geen leden" in listed(desk, school)
    overview = words(desk.get(reverse("school:overview", args=[school.pk])))
    assert "De examencommissie ‘Zorg’ heeft geen leden: niemand beslist over haar beoordelingen." in overview
    change(care, by=manager, members=[zara])
    assert "heeft geen leden" not in words(desk.get(reverse("school:overview", args=[school.pk])))


def test_programme_that_nobody_uses_any_more_stays_listed(desk: Client, school: School, manager: User) -> None:
    change(ExamCommittee(school=school, name="Oud"), by=manager, codes=["K0099"])
    assert "K0099" in listed(desk, school)
