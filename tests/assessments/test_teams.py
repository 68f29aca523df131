"""Which assessments a docent follows where the school limits docenten to their team."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, Team, User
from accounts.people.roles import give_role, take_role
from assessments.leavers import reassign
from assessments.models import Assessment, Document
from assessments.progress.listing import own_running
from assessments.start import start
from assessments.start.hand_over import hand_over
from committee.decisions.finalise import finalise
from exams.models import Exam, ExamUnit
from tests import steps
from tests.factories import MembershipFactory, member


@pytest.fixture
def limited(school: School) -> School:
    school.docents_see_team_only = True
    school.save()
    return school


@pytest.fixture
def outsider(school: School, exam: Exam, colleague: User) -> User:
    """A docent with the exam, in a team without `docent`."""
    user = member(school, Role.DOCENT, exam, first_name="Otto", last_name="Ander")
    make_team(school, user, colleague, name="Ander")
    return user


def make_team(school: School, *docents: User, name: str = "Zorg") -> Team:
    team: Team = school.teams.create(name=name)
    team.members.set(Membership.objects.filter(user__in=docents, school=school, role=Role.DOCENT))
    return team


def follows(user: User, assessment: Assessment) -> bool:
    return assessment in Assessment.objects.for_docent(user)


def words(client: Client, user: User, url: str, data: Any = None) -> str:
    client.force_login(user)
    answer = client.get(url, follow=True) if data is None else client.post(url, data, follow=True)
    return " ".join(unescape(answer.content.decode()).split())


# --- The rule ------------------------------------------------------------------------------------
def test_without_the_setting_every_docent_with_the_exam_follows(
    assessment: Assessment, docent: User, colleague: User, outsider: User
) -> None:
    assert all(follows(user, assessment) for user in (docent, colleague, outsider))


@pytest.mark.usefixtures("limited")
def test_only_the_initiator_and_the_team_follow(
    school: School, assessment: Assessment, docent: User, colleague: User, outsider: User
) -> None:
    assert follows(docent, assessment)
    assert not follows(colleague, assessment)
    make_team(school, docent, colleague)
    assert follows(colleague, assessment)
    assert not follows(outsider, assessment)


def test_setting_counts_from_when_it_is_switched_on(school: School, assessment: Assessment, outsider: User) -> None:
    assert follows(outsider, assessment)
    School.objects.filter(pk=school.pk).update(docents_see_team_only=True)
    assert not follows(outsider, assessment)


@pytest.mark.usefixtures("limited")
def test_docent_of_two_teams_follows_both(
    school: School, docent: User, colleague: User, outsider: User, unit: ExamUnit
) -> None:
    make_team(school, docent, colleague)
    of_docent, of_outsider, of_colleague = (
        steps.start_assessment(MembershipFactory(school=school), unit, by) for by in (docent, outsider, colleague)
    )
    assert set(Assessment.objects.for_docent(colleague)) == {of_docent, of_outsider, of_colleague}
    assert set(Assessment.objects.for_docent(docent)) == {of_docent, of_colleague}


@pytest.mark.usefixtures("limited")
def test_two_shared_teams_list_an_assessment_once(
    school: School, assessment: Assessment, docent: User, colleague: User
) -> None:
    make_team(school, docent, colleague)
    make_team(school, docent, colleague, name="Techniek")
    assert list(Assessment.objects.for_docent(colleague)) == [assessment]


@pytest.mark.usefixtures("limited")
def test_team_without_the_exam_on_the_account_shows_nothing(
    school: School, assessment: Assessment, docent: User
) -> None:
    bare = member(school, Role.DOCENT)
    make_team(school, docent, bare)
    assert not follows(bare, assessment)


@pytest.mark.usefixtures("limited")
def test_docent_taken_out_of_the_team_follows_no_more(
    school: School, assessment: Assessment, docent: User, colleague: User
) -> None:
    team = make_team(school, docent, colleague)
    team.members.remove(colleague.memberships.get())
    assert not follows(colleague, assessment)


@pytest.mark.usefixtures("limited")
def test_role_given_again_does_not_return_to_the_team(
    school: School, assessment: Assessment, docent: User, colleague: User
) -> None:
    make_team(school, docent, colleague)
    manager = member(school, Role.SCHOOLBEHEER)
    take_role(school=school, user=colleague, role=Role.DOCENT, by=manager)
    assert not follows(colleague, assessment)
    MembershipFactory(user=colleague, school=school, role=Role.PRAKTIJKOPLEIDER)
    give_role(school=school, user=colleague, role=Role.DOCENT, by=manager)
    assert not follows(colleague, assessment)


@pytest.mark.usefixtures("limited")
def test_member_whose_role_became_another_does_not_count(
    school: School, assessment: Assessment, docent: User, colleague: User
) -> None:
    """Django's admin changes the role of a row; the team keeps the row."""
    make_team(school, docent, colleague)
    colleague.memberships.update(role=Role.PRAKTIJKOPLEIDER)
    MembershipFactory(user=colleague, school=school, role=Role.DOCENT)
    assert not follows(colleague, assessment)


@pytest.mark.usefixtures("limited")
def test_team_of_another_school_does_not_count(
    school: School, other_school: School, assessment: Assessment, docent: User, colleague: User
) -> None:
    for user in (docent, colleague):
        MembershipFactory(user=user, school=other_school, role=Role.DOCENT)
    make_team(other_school, docent, colleague)
    assert not follows(colleague, assessment)


@pytest.mark.usefixtures("limited")
def test_other_school_keeps_its_own_rule(other_school: School, docent: User, stranger: User, unit: ExamUnit) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    theirs = steps.start_assessment(MembershipFactory(school=other_school), unit, stranger)
    assert follows(docent, theirs)


@pytest.mark.usefixtures("limited")
def test_running_work_of_a_docent_who_left_can_be_taken_over(
    school: School, assessment: Assessment, docent: User, outsider: User
) -> None:
    take_role(school=school, user=docent, role=Role.DOCENT, by=member(school, Role.SCHOOLBEHEER))
    assert follows(outsider, assessment)
    reassign(assessment=assessment, by=outsider)
    assert own_running(outsider).get() == assessment


@pytest.mark.usefixtures("limited", "plain_pdf")
def test_results_of_a_docent_who_left_stay_hidden(
    school: School, assessed: Assessment, docent: User, outsider: User, committee_member: User
) -> None:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    take_role(school=school, user=docent, role=Role.DOCENT, by=member(school, Role.SCHOOLBEHEER))
    assert not follows(outsider, assessed)
    assert document not in Document.objects.visible_to(outsider)


@pytest.mark.usefixtures("limited")
def test_committee_and_student_see_as_before(
    assessment: Assessment, committee_member: User, student: Membership, outsider: User
) -> None:
    assert assessment in Assessment.objects.for_committee(committee_member)
    assert assessment in Assessment.objects.visible_to(student.user)
    assert assessment not in Assessment.objects.visible_to(outsider)


# --- Starting and handing over -------------------------------------------------------------------
@pytest.mark.usefixtures("limited")
def test_start_is_refused_without_more_than_that_one_runs(
    client: Client, assessment: Assessment, student: Membership, unit: ExamUnit, docent: User, outsider: User
) -> None:
    page = reverse("assessments:choose_student", args=[unit.pk])
    search = words(client, outsider, f"{page}?q=Hoff")
    assert "Loopt al, bij een ander team" in search
    assert str(assessment.public_id) not in search
    selected = words(client, outsider, page, {"erbij": student.pk, "verder": "1"})
    assert "Voor Anouk van 't Hoff loopt al een beoordeling van deze exameneenheid, van een docent buiten uw team." in (
        selected
    )
    assert str(assessment.public_id) not in selected
    assert docent.last_name not in selected
    assert "Loopt al: Anouk van 't Hoff (123456)." in words(client, outsider, page, {"q": "123456, 999"})


@pytest.mark.usefixtures("limited")
def test_start_leads_to_the_running_one_of_the_team(
    client: Client, school: School, assessment: Assessment, student: Membership, docent: User, colleague: User
) -> None:
    make_team(school, docent, colleague)
    page = reverse("assessments:choose_student", args=[assessment.unit_id])
    assert str(assessment.public_id) in words(client, colleague, f"{page}?q=Hoff")
    standing = start.standings(students=[student], unit=assessment.unit, by=colleague)[student.pk]
    assert standing.is_followed


@pytest.mark.usefixtures("limited")
def test_handed_over_outside_the_team_is_the_colleagues(
    client: Client, assessment: Assessment, docent: User, outsider: User
) -> None:
    page = reverse("assessments:hand_over", args=[assessment.public_id])
    answer = words(client, docent, page, {"colleague": outsider.pk})
    assert "Otto Ander volgt de beoordeling van Anouk van 't Hoff nu" in answer
    assessment.refresh_from_db()
    assert (follows(outsider, assessment), follows(docent, assessment)) == (True, False)


@pytest.mark.usefixtures("limited")
def test_handed_over_within_the_team_stays_in_sight(
    school: School, assessment: Assessment, docent: User, colleague: User
) -> None:
    make_team(school, docent, colleague)
    hand_over(assessment=assessment, to=colleague, by=docent)
    assert follows(docent, assessment)


# --- Pages that count or list --------------------------------------------------------------------
@pytest.mark.usefixtures("limited")
def test_list_and_counts_of_the_unit_are_of_the_team(
    client: Client, invitation: Any, unit: ExamUnit, outsider: User, docent: User
) -> None:
    url = reverse("assessments:unit_list", args=[unit.pk])
    assert "Anouk van 't Hoff" in words(client, docent, url)
    assert "Anouk van 't Hoff" not in words(client, outsider, url)
    client.force_login(outsider)
    assert {tab.count for tab in client.get(url).context["tabs"]} == {0}
