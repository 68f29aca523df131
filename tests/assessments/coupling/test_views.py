"""Choosing examiners for one student: what is asked, what stays, and what comes back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from addressbook.models import Contact
from assessments.examiner import saving
from assessments.models import Assessment, Invitation
from exams.models import Part, WorkProcess
from tests import steps
from tests.factories import first_unit, make_exam


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def work_process(assessment: Assessment) -> WorkProcess:
    """B1-K1-W2."""
    return assessment.unit.core_tasks.get().work_processes.all()[1]


def address(assessment: Assessment, name: str) -> str:
    return reverse(f"assessments:{name}", args=[assessment.public_id])


def post(assessment: Assessment, *contacts: Contact, **more: object) -> dict[str, object]:
    return {"version": assessment.version, "examinator": [contact.pk for contact in contacts], **more}


def fields(answer) -> dict[str, list[str]]:
    """What the confirmation page would send."""
    found: dict[str, list[str]] = {}
    for name, value in answer.context["fields"]:
        found.setdefault(name, []).append(value)
    return found


def who(assessment: Assessment) -> set[Contact]:
    return {assignment.contact for assignment in assessment.live_assignments}


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_who_has_begun_is_taken_off_only_once_confirmed(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    assessment = invitation.assessment
    parts = Part.objects.filter(work_process__core_task__unit=assessment.unit)
    steps.fill_in(invitation, "G", "Ging goed.", parts=parts[:1])
    asked = teacher.post(address(assessment, "take_over"), post(assessment, second_examiner))
    assert "U kiest voor het hele examen: Tineke Tweede." in text(asked)
    assert "Gedragsobservatie: 2 van 2 criteria gescoord, onderbouwing geschreven </li>" in text(asked)
    assert text(asked).count("criteria gescoord") == 1  # of parts that hold nothing nothing is lost
    assert "Ging goed." not in text(asked)
    assert who(assessment) == {invitation.contact}
    done = teacher.post(address(assessment, "take_over"), fields(asked), follow=True)
    assert "Gekozen voor het hele examen: Tineke Tweede." in text(done)
    assert who(assessment) == {second_examiner}
    assert "Iemand anders heeft" in text(teacher.post(address(assessment, "take_over"), fields(asked)))


def test_what_was_completed_is_said_with_its_moment(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, second_examiner)
    steps.assess(steps.send_invitation(assessment, examiner))
    asked = teacher.post(address(assessment, "take_over"), post(assessment, second_examiner))
    assert text(asked).count("afgerond op") == 4


def test_writing_on_meanwhile_does_not_hinder_but_who_begins_meanwhile_is_asked_about_too(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    erik, tineke = (steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    steps.fill_in(erik, "V")
    asked = teacher.post(address(assessment, "take_over"), post(assessment))
    assert list(asked.context["students"][0].examiners) == [examiner]
    saving.complete(invitation=erik)
    steps.fill_in(tineke, "V")
    again = teacher.post(address(assessment, "take_over"), fields(asked))
    assert list(again.context["students"][0].examiners) == [examiner, second_examiner]
    assert who(assessment) == {examiner, second_examiner}
    steps.fill_in(tineke, "G", "Schreef verder.")
    teacher.post(address(assessment, "take_over"), fields(again))
    assert who(assessment) == set()


def test_annuleren_goes_back_to_the_picker_with_the_ticks_as_they_were(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    steps.fill_in(invitation, "V")
    asked = teacher.post(
        address(invitation.assessment, "take_over"), post(invitation.assessment, second_examiner, ook_daar="1")
    )
    back = teacher.post(asked.context["cancel_action"], fields(asked))
    assert list(back.context["chosen"]) == [second_examiner]
    assert back.context["replace_finer"]
    assert who(invitation.assessment) == {invitation.contact}


def test_finer_choices_are_named_and_stay_unless_ticked(
    teacher: Client, assessment: Assessment, work_process: WorkProcess, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, second_examiner, work_process=work_process)
    steps.choose(assessment, second_examiner, part=work_process.parts.all()[0])
    page = teacher.get(address(assessment, "pick"))
    assert "Voor B1-K1-W2 Werkproces 2 is apart gekozen: Tineke Tweede." in text(page)
    assert len(page.context["finer"]) == 2
    assert "Ook daar wijzigen" in text(page)
    of_work_process = teacher.get(address(assessment, "pick"), {"werkproces": work_process.pk})
    assert len(of_work_process.context["finer"]) == 1
    of_part = teacher.get(address(assessment, "pick"), {"onderdeel": work_process.parts.all()[0].pk})
    assert "Ook daar wijzigen" not in text(of_part)
    teacher.post(address(assessment, "take_over"), post(assessment, examiner))
    assert who(assessment) == {examiner, second_examiner}
    assessment.refresh_from_db()
    teacher.post(address(assessment, "take_over"), post(assessment, examiner, ook_daar="1"))
    assert who(assessment) == {examiner}
    assert assessment.couplings.count() == 1


@pytest.mark.parametrize("level", ["werkproces", "onderdeel"])
def test_after_overnemen_the_page_opens_at_the_place(
    level: str, teacher: Client, assessment: Assessment, work_process: WorkProcess, examiner: Contact
) -> None:
    pk = {"werkproces": work_process.pk, "onderdeel": work_process.parts.all()[0].pk}[level]
    answer = teacher.post(address(assessment, "take_over"), post(assessment, examiner, **{level: pk}))
    assert answer["Location"] == f"{address(assessment, 'examiners')}#{level}-{pk}"
    assert f'id="{level}-{pk}"' in teacher.get(address(assessment, "examiners")).content.decode()


def test_one_click_makes_the_coarser_choice_count_again(
    teacher: Client, assessment: Assessment, work_process: WorkProcess, examiner: Contact, second_examiner: Contact
) -> None:
    part = work_process.parts.all()[0]
    steps.choose(assessment, examiner)
    assert "Weer zoals" not in text(teacher.get(address(assessment, "examiners")))
    steps.choose(assessment, second_examiner, part=part)
    assert "Weer zoals voor het hele examen" in text(teacher.get(address(assessment, "examiners")))
    steps.choose(assessment, second_examiner, work_process=work_process)
    page = text(teacher.get(address(assessment, "examiners")))
    assert "Weer zoals voor het werkproces" in page
    assert "Weer zoals voor het hele examen" in page
    sent = {"version": assessment.version, "onderdeel": part.pk}
    answer = teacher.post(address(assessment, "use_coarser"), sent)
    assert answer["Location"].endswith(f"#onderdeel-{part.pk}")
    assert not assessment.couplings.filter(part=part).exists()
    assert teacher.post(address(assessment, "use_coarser"), {"version": assessment.version}).status_code == 404
    again = teacher.post(address(assessment, "use_coarser"), sent, follow=True)
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd" in text(again)
    assessment.refresh_from_db()
    teacher.post(address(assessment, "use_coarser"), {"version": assessment.version, "werkproces": work_process.pk})
    assert who(assessment) == {examiner}


def test_the_coarser_choice_asks_first_where_someone_has_begun(
    teacher: Client, assessment: Assessment, work_process: WorkProcess, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    steps.choose(assessment, second_examiner, work_process=work_process)
    steps.fill_in(steps.send_invitation(assessment, second_examiner), "V")
    sent = {"version": assessment.version, "werkproces": work_process.pk}
    asked = teacher.post(address(assessment, "use_coarser"), sent)
    assert "U haalt de aparte keuze voor B1-K1-W2 Werkproces 2 weg." in text(asked)
    assert asked.context["cancel_url"].endswith(f"#werkproces-{work_process.pk}")
    assert who(assessment) == {examiner, second_examiner}
    teacher.post(address(assessment, "use_coarser"), fields(asked))
    assert who(assessment) == {examiner}


def test_the_second_of_two_teachers_sees_the_fresh_choice_beside_the_own_ticks(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    sent = post(assessment, examiner)
    steps.choose(assessment, second_examiner)
    refused = teacher.post(address(assessment, "take_over"), sent)
    assert "Nu gekozen voor het hele examen: Tineke Tweede." in text(refused)
    assert list(refused.context["chosen"]) == [examiner]
    assert f'name="version" value="{assessment.version}"' in text(refused)


def test_a_work_process_of_another_unit_does_not_exist(teacher: Client, assessment: Assessment) -> None:
    elsewhere = first_unit(make_exam()).core_tasks.get().work_processes.all()[0].pk
    for name in ("take_over", "use_coarser"):
        answer = teacher.post(address(assessment, name), post(assessment, werkproces=elsewhere))
        assert answer.status_code == 404
