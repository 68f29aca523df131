"""Choosing examiners for one student: confirmation, kept choices and the redirect."""

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
    return {f"versie-{assessment.pk}": assessment.version, "examinator": [contact.pk for contact in contacts], **more}


def fields(answer) -> dict[str, list[str]]:
    """Return the hidden fields of the confirmation page."""
    fields_found: dict[str, list[str]] = {}
    for name, value in answer.context["fields"]:
        fields_found.setdefault(name, []).append(value)
    return fields_found


def examiners_of(assessment: Assessment) -> set[Contact]:
    return {assignment.contact for assignment in assessment.live_assignments}


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_begun_examiner_is_removed_after_confirmation(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    assessment = invitation.assessment
    parts = Part.objects.filter(work_process__core_task__unit=assessment.unit)
    steps.fill_in(invitation, "G", "Ging goed.", parts=parts[:1])
    confirmation = teacher.post(address(assessment, "take_over"), post(assessment, second_examiner))
    assert "U kiest voor het hele examen: Tineke Tweede." in text(confirmation)
    assert "Gedragsobservatie: 2 van 2 criteria gescoord, onderbouwing geschreven </li>" in text(confirmation)
    assert text(confirmation).count("criteria gescoord") == 1  # empty parts lose nothing
    assert "Ging goed." not in text(confirmation)
    assert examiners_of(assessment) == {invitation.contact}
    done = teacher.post(address(assessment, "take_over"), fields(confirmation), follow=True)
    assert "Gekozen voor het hele examen: Tineke Tweede." in text(done)
    assert examiners_of(assessment) == {second_examiner}
    assert "Iemand anders heeft" in text(teacher.post(address(assessment, "take_over"), fields(confirmation)))


def test_completed_work_is_shown_with_its_time(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, second_examiner)
    steps.assess(steps.send_invitation(assessment, examiner))
    confirmation = teacher.post(address(assessment, "take_over"), post(assessment, second_examiner))
    assert text(confirmation).count("afgerond op") == 4


def test_work_begun_meanwhile_needs_confirmation(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    erik, tineke = (steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    steps.fill_in(erik, "V")
    confirmation = teacher.post(address(assessment, "take_over"), post(assessment))
    assert list(confirmation.context["students"][0].examiners) == [examiner]
    saving.complete(invitation=erik)
    steps.fill_in(tineke, "V")
    again = teacher.post(address(assessment, "take_over"), fields(confirmation))
    assert list(again.context["students"][0].examiners) == [examiner, second_examiner]
    assert examiners_of(assessment) == {examiner, second_examiner}
    steps.fill_in(tineke, "G", "Schreef verder.")
    teacher.post(address(assessment, "take_over"), fields(again))
    assert examiners_of(assessment) == set()


def test_annuleren_returns_to_the_picker_with_its_ticks(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    steps.fill_in(invitation, "V")
    confirmation = teacher.post(
        address(invitation.assessment, "take_over"), post(invitation.assessment, second_examiner, ook_daar="1")
    )
    back = teacher.get(confirmation.context["cancel_url"])
    assert list(back.context["chosen"]) == [second_examiner]
    assert back.context["replace_finer"]
    assert examiners_of(invitation.assessment) == {invitation.contact}


def test_finer_choices_are_named_and_kept_unless_ticked(
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
    assert examiners_of(assessment) == {examiner, second_examiner}
    assessment.refresh_from_db()
    teacher.post(address(assessment, "take_over"), post(assessment, examiner, ook_daar="1"))
    assert examiners_of(assessment) == {examiner}
    assert assessment.couplings.count() == 1


@pytest.mark.parametrize("level", ["werkproces", "onderdeel"])
def test_overnemen_redirects_to_the_place_on_the_page(
    level: str, teacher: Client, assessment: Assessment, work_process: WorkProcess, examiner: Contact
) -> None:
    pk = {"werkproces": work_process.pk, "onderdeel": work_process.parts.all()[0].pk}[level]
    answer = teacher.post(address(assessment, "take_over"), post(assessment, examiner, **{level: pk}))
    assert answer["Location"] == f"{address(assessment, 'examiners')}#{level}-{pk}"
    assert f'id="{level}-{pk}"' in teacher.get(address(assessment, "examiners")).content.decode()


def test_coarser_choice_is_restored_with_one_click(
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
    sent = {f"versie-{assessment.pk}": assessment.version, "onderdeel": part.pk}
    answer = teacher.post(address(assessment, "take_over"), sent)
    assert answer["Location"].endswith(f"#onderdeel-{part.pk}")
    assert not assessment.couplings.filter(part=part).exists()
    again = teacher.post(address(assessment, "take_over"), sent, follow=True)
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd" in text(again)
    assessment.refresh_from_db()
    teacher.post(address(assessment, "take_over"), post(assessment, werkproces=work_process.pk))
    assert examiners_of(assessment) == {examiner}


def test_restoring_the_coarser_choice_confirms_begun_work(
    teacher: Client, assessment: Assessment, work_process: WorkProcess, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    steps.choose(assessment, second_examiner, work_process=work_process)
    steps.fill_in(steps.send_invitation(assessment, second_examiner), "V")
    sent = {f"versie-{assessment.pk}": assessment.version, "werkproces": work_process.pk}
    confirmation = teacher.post(address(assessment, "take_over"), sent)
    assert "U haalt de aparte keuze voor B1-K1-W2 Werkproces 2 weg." in text(confirmation)
    assert confirmation.context["cancel_url"].endswith(f"#werkproces-{work_process.pk}")
    assert examiners_of(assessment) == {examiner, second_examiner}
    teacher.post(address(assessment, "take_over"), fields(confirmation))
    assert examiners_of(assessment) == {examiner}


def test_stale_choice_shows_the_new_choice_and_ticks(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    sent = post(assessment, examiner)
    steps.choose(assessment, second_examiner)
    refused = teacher.post(address(assessment, "take_over"), sent)
    assert "Nu gekozen voor het hele examen: Tineke Tweede." in text(refused)
    assert list(refused.context["chosen"]) == [examiner]
    assert f'name="versie-{assessment.pk}" value="{assessment.version}"' in text(refused)


def test_work_process_of_another_unit_is_not_found(teacher: Client, assessment: Assessment) -> None:
    elsewhere = first_unit(make_exam()).core_tasks.get().work_processes.all()[0].pk
    answer = teacher.post(address(assessment, "take_over"), post(assessment, werkproces=elsewhere))
    assert answer.status_code == 404
