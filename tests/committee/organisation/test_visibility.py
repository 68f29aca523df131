"""Who sees what: a member's lists, counts, exports and decisions are of the own committees (WEB, article 7.4.5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import ExamCommittee, Membership, Role, School, User
from assessments.invitations import reminders
from assessments.leavers import who_to_ask
from assessments.models import Assessment, Document, Invitation, PastAssessments, Status
from committee.decisions import batch_job
from committee.decisions.batch import CHANGED, Selected
from committee.decisions.finalise import SecondApproverRequired, finalise, propose
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.models import Export, FinalBatch
from committee.organisation import organisation
from exams.models import Exam, ExamUnit
from tests import steps
from tests.committee.conftest import AfnameMaker, search_of
from tests.concurrency import at_once
from tests.factories import ExamOfficeFactory, MembershipFactory

from .conftest import browser, change

OFFICE = "bureau@hier.test"
LIST = reverse("committee:afnames")


def seen_by(user: User) -> set[Assessment]:
    """The assessments that `user` sees; the rule and the list's own query must agree."""
    listed = {one for c in search_of(user).committees for one in search_of(user).find("ALLE", committee=c)}
    assert listed == set(Assessment.objects.for_committee(user))
    return listed


def words(client: Client, url: str, **params: Any) -> str:
    return " ".join(unescape(client.get(url, params).content.decode()).split())


def test_without_named_committees_every_member_sees_everything(
    school: School, committee_member: User, assessed: Assessment
) -> None:
    assert school.committees.get().is_default
    assert seen_by(committee_member) == {assessed}


def test_member_sees_only_the_programmes_of_the_committee(
    care: ExamCommittee,
    zara: User,
    committee_member: User,
    assessed: Assessment,
    other_unit: ExamUnit,
    make_afname: AfnameMaker,
) -> None:
    other = make_afname(unit=other_unit)
    assert (seen_by(zara), seen_by(committee_member)) == ({assessed}, {other})
    assert assessed.student.user.full_name in words(browser(zara), LIST)
    assert other.student.user.full_name not in words(browser(zara), LIST, status="ALLE")


def test_assessment_is_started_in_the_committee_of_its_programme(
    care: ExamCommittee, student: Membership, unit: ExamUnit, other_unit: ExamUnit, docent: User
) -> None:
    assert steps.start_assessment(student, unit, docent).committee == care
    assert steps.start_assessment(student, other_unit, docent).committee == care.school.default_committee


def test_programme_at_another_school_is_not_affected(
    care: ExamCommittee, other_school: School, stranger: User, unit: ExamUnit
) -> None:
    theirs = steps.start_assessment(MembershipFactory(school=other_school), unit, stranger)
    assert theirs.committee == other_school.default_committee


def test_programme_moves_with_its_assessments(
    care: ExamCommittee,
    zara: User,
    committee_member: User,
    assessed: Assessment,
    manager: User,
    school: School,
    make_afname: AfnameMaker,
) -> None:
    final = make_afname(Status.FINAL)
    change(care, by=manager, codes=[])
    assert (seen_by(zara), seen_by(committee_member)) == (set(), {assessed, final})
    second = change(ExamCommittee(school=school, name="Tweede"), by=manager, codes=[assessed.exam.code])
    assert seen_by(committee_member) == set()
    assert set(second.assessments.all()) == {assessed, final}


def test_member_of_two_committees_sees_both_and_can_choose_one(
    care: ExamCommittee,
    zara: User,
    manager: User,
    school: School,
    assessed: Assessment,
    other_unit: ExamUnit,
    make_afname: AfnameMaker,
) -> None:
    other, client = make_afname(unit=other_unit), browser(zara)
    assert "Alle examencommissies" not in words(client, LIST)
    change(school.default_committee, by=manager, members=[zara])
    assert seen_by(zara) == {assessed, other}
    page = words(client, LIST)
    assert 'Beoordeeld <span class="state-count">2</span>' in page
    assert '<td data-label="Commissie" class="text-secondary">Zorg</td>' in page
    page = words(client, LIST, commissie=str(care.pk))
    assert 'Beoordeeld <span class="state-count">1</span>' in page
    assert f"{reverse('committee:afname', args=[assessed.public_id])}?commissie={care.pk}" in page
    assert str(other.public_id) not in page
    assert "studentnummer 123456 · Zorg </p>" in words(client, reverse("committee:afname", args=[assessed.public_id]))


def test_another_committee_can_not_be_chosen(care: ExamCommittee, committee_member: User, assessed: Assessment) -> None:
    assert str(assessed.public_id) not in words(browser(committee_member), LIST, commissie=str(care.pk), status="ALLE")


def test_member_without_a_committee_belongs_to_the_default_one(
    care: ExamCommittee, zara: User, committee_member: User, manager: User, school: School
) -> None:
    change(care, by=manager, members=[])
    assert list(ExamCommittee.objects.visible_to(zara)) == [school.default_committee]
    change(care, by=manager, members=[committee_member, zara])
    assert {m.user for m in care.people()} == {committee_member, zara}
    assert not school.default_committee.people()


def test_committee_without_members_keeps_its_assessments_to_itself(
    care: ExamCommittee, zara: User, committee_member: User, manager: User, assessed: Assessment
) -> None:
    change(care, by=manager, members=[])
    assert seen_by(zara) == seen_by(committee_member) == set()


def test_losing_the_role_ends_the_membership(care: ExamCommittee, zara: User, assessed: Assessment) -> None:
    zara.memberships.all().delete()
    assert not Assessment.objects.for_committee(zara)
    assert not care.members.exists()


def test_deleted_committee_falls_to_the_default_one(
    care: ExamCommittee, zara: User, committee_member: User, manager: User, assessed: Assessment, school: School
) -> None:
    organisation.delete(committee=care, by=manager)
    assert seen_by(committee_member) == seen_by(zara) == {assessed}
    assert school.committees.get().is_default
    organisation.delete(committee=care, by=manager)  # a second click


def test_default_committee_can_not_be_deleted(school: School, manager: User) -> None:
    with pytest.raises(organisation.DomainError):
        organisation.delete(committee=school.default_committee, by=manager)


def test_two_factor_rule_holds_for_committees(care: ExamCommittee, zara: User, school: School) -> None:
    school.second_factor_for_committee = True
    school.save()
    assert not ExamCommittee.objects.visible_to(zara)
    assert list(ExamCommittee.objects.with_member(zara)) == [care]


def test_every_page_about_an_assessment_is_not_found_for_another_committee(
    care: ExamCommittee, committee_member: User, assessed: Assessment, zara: User
) -> None:
    finalise(assessment=assessed, by=zara, exam_office_email=OFFICE)
    document = assessed.documents.get()
    Document.objects.run(document.pk)
    addresses = [reverse("committee:afname", args=[assessed.public_id])]
    addresses += [reverse("committee:correction_history", args=[assessed.public_id])]
    addresses += [reverse("assessments:document", args=[document.public_id])]
    for address in addresses:
        assert browser(committee_member).get(address).status_code == 404
        assert browser(zara).get(address).status_code == 200


class TestStudentsAndTheirPapers:
    def test_student_and_verification_page_see_the_result(
        self, care: ExamCommittee, zara: User, assessed: Assessment, client: Client
    ) -> None:
        finalise(assessment=assessed, by=zara, exam_office_email=OFFICE)
        document = assessed.documents.get()
        Document.objects.run(document.pk)
        own = browser(assessed.student.user)
        assert own.get(reverse("assessments:document", args=[document.public_id])).status_code == 200
        assert client.get(reverse("assessments:check_code", args=[document.code])).status_code == 200

    def test_schoolbeheer_sees_no_results(self, care: ExamCommittee, manager: User, assessed: Assessment) -> None:
        assert not Assessment.objects.visible_to(manager)
        client = browser(manager)
        assert client.get(LIST).status_code == 404
        page = words(client, reverse("committees:committees", args=[care.school_id]))
        assert assessed.student.user.full_name not in page


class TestExports:
    @pytest.fixture
    def made(self, care: ExamCommittee, zara: User, school: School, make_afname: AfnameMaker) -> Export:
        final = make_afname(Status.FINAL)
        results = search_of(zara, examen=final.exam_id).final_results()
        assert results is not None
        return create_export(results=results, school=school, exam=final.exam, by=zara, shape=PLAIN)

    def test_export_is_of_its_programme_committee(
        self, made: Export, zara: User, committee_member: User, manager: User, care: ExamCommittee
    ) -> None:
        assert list(Export.objects.for_committee(zara)) == [made]
        assert not Export.objects.for_committee(committee_member)
        change(care, by=manager, codes=[])
        assert not Export.objects.for_committee(zara)
        assert list(Export.objects.for_committee(committee_member)) == [made]

    def test_pages_about_another_committee_export_are_not_found(
        self, made: Export, committee_member: User, zara: User
    ) -> None:
        names = [("export", made.public_id), ("export_file", made.public_id), ("changed_results", made.exam_id)]
        for name, key in [*names, ("changed_results_file", made.exam_id)]:
            assert browser(committee_member).get(reverse(f"committee:{name}", args=[key])).status_code == 404, name
            assert browser(zara).get(reverse(f"committee:{name}", args=[key])).status_code == 200, name
        assert made.exam.code not in words(browser(committee_member), reverse("committee:exports"))

    def test_exam_of_another_committee_is_not_offered(
        self, made: Export, committee_member: User, school: School
    ) -> None:
        search = search_of(committee_member, examen=made.exam_id)
        assert search.exams == {}
        assert search.final_results() is None
        address = f"{reverse('committee:start_export')}?examen={made.exam_id}"
        browser(committee_member).post(address, {"welke": "alles", "bestand": "CSV"})
        assert Export.objects.count() == 1

    def test_school_where_another_committee_decides_is_not_offered(
        self, made: Export, zara: User, school: School, other_school: School, manager: User
    ) -> None:
        MembershipFactory(user=zara, school=other_school, role=Role.EXAMENCOMMISSIE)
        assert search_of(zara, examen=made.exam_id).exam_schools == [other_school, school]
        change(ExamCommittee(school=other_school, name="Daar"), by=manager, codes=[made.exam.code])
        assert search_of(zara, examen=made.exam_id).exam_schools == [school]
        page = browser(zara).get(LIST, {"examen": str(made.exam_id), "status": "FINAL"})
        assert [one.school for one in page.context["offered"]] == [school]


class TestStatistics:
    def test_picture_is_of_the_own_programmes(
        self, care: ExamCommittee, zara: User, committee_member: User, assessed: Assessment
    ) -> None:
        address, picture = reverse("committee:picture_of_exam", args=[assessed.exam_id]), reverse("committee:picture")
        assert browser(zara).get(address).status_code == 200
        assert browser(committee_member).get(address).status_code == 404
        assert assessed.exam.title in words(browser(zara), picture)
        assert assessed.exam.title not in words(browser(committee_member), picture)

    def test_erased_work_is_of_the_own_programmes(
        self, care: ExamCommittee, zara: User, committee_member: User, unit: ExamUnit, school: School
    ) -> None:
        exam = unit.exam_version.exam
        fields = {"school": school, "exam": exam, "status": "FINAL", "ovg": "V", "count": 20}
        PastAssessments.objects.create(year=2025, **fields)
        address = reverse("committee:picture_of_exam", args=[exam.pk])
        assert browser(zara).get(address).status_code == 200
        assert browser(committee_member).get(address).status_code == 404


class TestDecisions:
    def test_exam_offices_are_the_committee_own(
        self, care: ExamCommittee, zara: User, assessed: Assessment, school: School, committee_member: User
    ) -> None:
        ExamOfficeFactory(committee=care, name="Bureau Zorg", email="zorg@bureau.test")
        ExamOfficeFactory(school=school, name="Bureau Algemeen", email="algemeen@bureau.test")
        page = words(browser(zara), reverse("committee:finalise", args=[assessed.public_id]))
        assert "Bureau Zorg" in page
        assert "Bureau Algemeen" not in page
        listed = reverse("accounts:exam_offices")
        assert "Bureau Algemeen" not in words(browser(zara), listed)
        assert "Bureau Zorg" not in words(browser(committee_member), listed)

    def test_four_eyes_are_the_committee_own(
        self,
        care: ExamCommittee,
        zara: User,
        assessed: Assessment,
        other_unit: ExamUnit,
        make_afname: AfnameMaker,
        manager: User,
        school: School,
    ) -> None:
        change(school.default_committee, by=manager, four_eyes=True)
        finalise(assessment=assessed, by=zara, exam_office_email=OFFICE)
        assert not search_of(zara).four_eyes

    def test_four_eyes_of_the_committee_hold(
        self, care: ExamCommittee, zara: User, assessed: Assessment, manager: User
    ) -> None:
        change(care, by=manager, four_eyes=True)
        assessed.refresh_from_db()
        with pytest.raises(SecondApproverRequired):
            finalise(assessment=assessed, by=zara, exam_office_email=OFFICE)

    def test_proposal_lapses_when_the_programme_moves(
        self,
        care: ExamCommittee,
        zara: User,
        committee_member: User,
        assessed: Assessment,
        manager: User,
        school: School,
    ) -> None:
        change(care, by=manager, four_eyes=True)
        change(school.default_committee, by=manager, four_eyes=True)
        propose(assessment=assessed, by=zara, exam_office_email=OFFICE)
        assert assessed not in search_of(committee_member).find("ALLE", committee=school.default_committee)
        change(care, by=manager, codes=[])
        assessed.refresh_from_db()
        assert assessed.valid_proposal() is None
        with pytest.raises(SecondApproverRequired):
            finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)

    def test_assessments_of_two_committees_are_not_finalised_together(
        self,
        care: ExamCommittee,
        zara: User,
        manager: User,
        assessed: Assessment,
        school: School,
        other_unit: ExamUnit,
        make_afname: AfnameMaker,
    ) -> None:
        change(school.default_committee, by=manager, members=[zara])
        ticks = [f"{one.public_id}:{one.version}:afronden" for one in (assessed, make_afname(unit=other_unit))]
        answer = browser(zara).post(reverse("committee:confirm_many"), {"afname": ticks}, follow=True)
        assert "Kies beoordelingen van één examencommissie tegelijk." in answer.content.decode()

    def test_ticks_of_another_committee_are_ignored(
        self, care: ExamCommittee, committee_member: User, assessed: Assessment
    ) -> None:
        form = {"afname": f"{assessed.public_id}:{assessed.version}:afronden", "email": OFFICE, "office": "ander"}
        answer = browser(committee_member).post(reverse("committee:make_many_final"), form, follow=True)
        assert "Kies ten minste één beoordeling." in answer.content.decode()
        assert not FinalBatch.objects.exists()

    @pytest.fixture
    def waiting(self, care: ExamCommittee, zara: User, assessed: Assessment, monkeypatch: Any) -> FinalBatch:
        """A batch that a worker has yet to begin."""
        monkeypatch.setattr(batch_job, "MAX_IMMEDIATE", 0)
        choice = Selected(assessed, assessed.version, proposing=False)
        return batch_job.start(selected=[choice], school=assessed.school, by=zara, exam_office_email=OFFICE)

    def test_batch_of_a_former_member_does_nothing(
        self,
        waiting: FinalBatch,
        care: ExamCommittee,
        zara: User,
        committee_member: User,
        manager: User,
        assessed: Assessment,
    ) -> None:
        change(care, by=manager, members=[committee_member])
        FinalBatch.objects.run(waiting.pk)
        assert waiting.items.get().reason == batch_job.NO_MEMBER
        assessed.refresh_from_db()
        assert assessed.status == Status.ASSESSED
        address = reverse("committee:final_batch", args=[waiting.public_id])
        assert browser(zara).get(address).status_code == 404

    def test_batch_of_a_programme_that_moved_does_nothing(
        self, waiting: FinalBatch, care: ExamCommittee, zara: User, manager: User, school: School, assessed: Assessment
    ) -> None:
        change(school.default_committee, by=manager, members=[zara])
        change(care, by=manager, codes=[])
        FinalBatch.objects.run(waiting.pk)
        assert waiting.items.get().reason == CHANGED

    def test_batch_of_a_member_is_done(self, waiting: FinalBatch, assessed: Assessment) -> None:
        FinalBatch.objects.run(waiting.pk)
        assessed.refresh_from_db()
        assert assessed.status == Status.FINAL

    def test_appeals_and_failed_mails_are_of_the_own_committees(
        self, care: ExamCommittee, zara: User, committee_member: User, assessed: Assessment
    ) -> None:
        finalise(assessment=assessed, by=zara, exam_office_email=OFFICE)
        assessed.appeals.create(received_on="2026-11-01")
        document = assessed.documents.get()
        Document.objects.filter(pk=document.pk).update(attempts=9)
        name = assessed.student.user.full_name
        for page in ("appeals", "undelivered"):
            assert name in words(browser(zara), reverse(f"committee:{page}"))
            assert name not in words(browser(committee_member), reverse(f"committee:{page}"))


def test_reminder_has_the_text_of_the_assessment_committee(
    care: ExamCommittee, invitation: Invitation, pass_time: Callable[..., None]
) -> None:
    pass_time(days=3)
    ExamCommittee.objects.filter(is_default=True).update(reminder_text="Van de andere.")
    care.reminder_text = "Beoordelen is\neen plicht."
    care.save()
    mail = reminders.remind(invitation=invitation, by=invitation.assessment.initiator)
    assert mail is not None
    assert "Van de examencommissie:\nBeoordelen is\neen plicht." in mail.text
    assert "Van de andere." not in mail.text


def test_examiner_is_told_a_member_of_the_assessment_committee(
    committee_member: User, care: ExamCommittee, zara: User, assessed: Assessment, docent: User, manager: User
) -> None:
    """Committee members get no mail; one is named to examiners when the teacher left."""
    docent.memberships.all().delete()
    one = Assessment.objects.get(pk=assessed.pk)
    assert who_to_ask(one) == zara
    change(care, by=manager, members=[])
    assert who_to_ask(Assessment.objects.get(pk=assessed.pk)) == manager


@pytest.mark.django_db(transaction=True)
def test_assessment_started_while_its_programme_moves_goes_with_it(
    school: School, student: Membership, exam: Exam, unit: ExamUnit, docent: User, manager: User
) -> None:
    is_started = threading.Event()

    def start() -> None:
        with transaction.atomic():
            steps.start_assessment(student, unit, docent)
            is_started.set()
            time.sleep(0.5)  # uncommitted, while the other begins

    def move() -> None:
        is_started.wait(20)
        change(ExamCommittee(school=school, name="Zorg"), by=manager, codes=[exam.code])

    assert at_once(start, move) == [None, None]
    assert Assessment.objects.get().committee.name == "Zorg"
