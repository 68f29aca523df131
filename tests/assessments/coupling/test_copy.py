"""'Toepassen op meer studenten': copy the choices of one student, at all three levels, to others."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Event
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory, add_version

LACKS = "Carl Anders: De versie van het examen van deze student heeft geen Gedragsobservatie van B1-K1-W2 Werkproces 2."


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def source(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> Assessment:
    """Anouk van 't Hoff's assessment: Erik for the whole exam, Tineke for a part of B1-K1-W2."""
    part = assessment.unit.core_tasks.get().work_processes.all()[1].parts.all()[0]
    steps.choose(assessment, examiner)
    steps.choose(assessment, second_examiner, part=part)
    return assessment


@pytest.fixture
def bart(school: School, unit: ExamUnit, docent: User) -> Assessment:
    student = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Zomer")
    return steps.start_assessment(student, unit, docent)


def address(source: Assessment, name: str = "apply") -> str:
    return reverse(f"assessments:{name}", args=[source.public_id])


def to(source: Assessment, *others: Assessment) -> dict[str, object]:
    versions = {f"versie-{other.pk}": other.version for other in others}
    return {"version": source.version, "beoordeling": [str(other.public_id) for other in others], **versions}


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def choices(assessment: Assessment) -> set[tuple[object, ...]]:
    """Return the choices per level, by codes that all versions of the exam share."""
    return set(
        assessment.couplings.values_list("contact", "work_process__code", "part__work_process__code", "part__kind")
    )


def test_page_lists_other_running_assessments_with_examiners(
    teacher: Client, source: Assessment, bart: Assessment, second_examiner: Contact, docent: User, school: School
) -> None:
    steps.choose(bart, second_examiner)
    cancelled = steps.start_assessment(MembershipFactory(school=school), source.unit, docent)
    lifecycle.cancel(assessment=cancelled, by=docent, reason="Ziek.", counts_as_attempt=False)
    page = teacher.get(address(source, "more_students"))
    assert [(m.assessment, m.examiners, ticked) for m, ticked in page.context["rows"]] == [
        (bart, [second_examiner], False)
    ]
    assert [(choice.where, choice.contacts[0].last_name) for choice in page.context["choices"]] == [
        ("het hele examen", "Examinator"),
        ("Gedragsobservatie van B1-K1-W2 Werkproces 2", "Tweede"),
    ]


def test_query_count_is_constant_for_students(
    teacher: Client, source: Assessment, bart: Assessment, school: School, docent: User, django_assert_num_queries
) -> None:
    teacher.get(address(source, "more_students"))
    with django_assert_num_queries(9):
        teacher.get(address(source, "more_students"))
    for _ in range(29):
        steps.start_assessment(MembershipFactory(school=school), source.unit, docent)
    with django_assert_num_queries(9):
        assert len(teacher.get(address(source, "more_students")).context["rows"]) == 30


def test_without_a_choice_nothing_can_be_applied(teacher: Client, assessment: Assessment) -> None:
    page = teacher.get(address(assessment, "more_students"), follow=True)
    assert messages_of(page) == ["Kies eerst een examinator."]
    assert "Toepassen op meer studenten" not in page.content.decode()


def test_copy_replaces_choices_at_all_levels(
    teacher: Client, source: Assessment, bart: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    assert "Toepassen op meer studenten" in teacher.get(address(source, "examiners")).content.decode()
    first = source.unit.core_tasks.get().work_processes.all()[0]
    steps.choose(bart, second_examiner, work_process=first)
    answer = teacher.post(address(source), to(source, bart), follow=True)
    assert messages_of(answer) == ["De keuzes zijn toegepast op Bart Zomer."]
    assert answer.context["assessments"] == [source, bart]
    assert choices(bart) == choices(source)
    assert bart.live_assignments.count() == 4
    assert bart.live_assignments.get(contact=second_examiner).part.work_process.code == "B1-K1-W2"
    event = bart.events.last()
    assert (event.kind, event.data["examiners"]) == (Event.Kind.COUPLED, ["Erik Examinator", "Tineke Tweede"])


def test_double_submit_copies_once(teacher: Client, source: Assessment, bart: Assessment) -> None:
    post = to(source, bart)
    teacher.post(address(source), post)
    answer = teacher.post(address(source), post, follow=True)
    assert messages_of(answer)[-1].startswith("Bart Zomer: Iemand anders heeft deze beoordeling intussen gewijzigd.")
    assert bart.events.filter(kind=Event.Kind.COUPLED).count() == 1


def test_changed_and_closed_assessments_are_skipped_and_named(
    teacher: Client, source: Assessment, bart: Assessment, school: School, docent: User, second_examiner: Contact
) -> None:
    names = [("Chris", "Eerder"), ("Dina", "Fijn")]
    chris, dina = (
        steps.start_assessment(
            MembershipFactory(school=school, user__first_name=first, user__last_name=last), source.unit, docent
        )
        for first, last in names
    )
    post = to(source, bart, chris, dina)
    steps.choose(bart, second_examiner)
    lifecycle.cancel(assessment=chris, by=docent, reason="Ziek.", counts_as_attempt=False)
    answer = teacher.post(address(source), post, follow=True)
    assert messages_of(answer) == [
        "De keuzes zijn toegepast op Dina Fijn.",
        "Chris Eerder: Deze beoordeling is ingetrokken en kan niet meer worden gewijzigd.",
        "Bart Zomer: Iemand anders heeft deze beoordeling intussen gewijzigd. Hieronder staat hoe het nu is; "
        "kijk het na en probeer het opnieuw.",
    ]
    assert {a.contact for a in bart.live_assignments} == {second_examiner}
    assert not chris.couplings.exists()


def test_stale_source_shows_new_choices_and_keeps_ticks(
    teacher: Client, source: Assessment, bart: Assessment, second_examiner: Contact
) -> None:
    post = to(source, bart)
    steps.choose(source, second_examiner)
    answer = teacher.post(address(source), post)
    assert messages_of(answer)[0].startswith("De keuzes voor Anouk van 't Hoff zijn intussen gewijzigd.")
    assert [ticked for _, ticked in answer.context["rows"]] == [True]
    assert not bart.couplings.exists()


def test_removing_begun_work_is_confirmed(
    teacher: Client, source: Assessment, bart: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(bart, second_examiner)
    steps.fill_in(steps.send_invitation(bart, second_examiner), "G", "Ging goed.")
    confirmation = teacher.post(address(source), to(source, bart))
    assert "Toch weghalen" in confirmation.content.decode()
    [student] = confirmation.context["students"]
    assert [loss.assignment.part.work_process.code for loss in student.examiners[second_examiner]] == [
        "B1-K1-W1",
        "B1-K1-W1",
        "B1-K1-W2",
    ]
    assert choices(bart) != choices(source)
    assert [ticked for _, ticked in teacher.get(confirmation.context["cancel_url"]).context["rows"]] == [True]
    confirmed: dict[str, list[str]] = {}
    for name, value in confirmation.context["fields"]:
        confirmed.setdefault(name, []).append(value)
    answer = teacher.post(address(source), confirmed, follow=True)
    assert messages_of(answer) == ["De keuzes zijn toegepast op Bart Zomer."]
    assert choices(bart) == choices(source)
    kept = bart.assignments.filter(contact=second_examiner)
    assert {a.justification for a in kept} == {"Ging goed."}


def test_removed_contact_is_not_copied(
    teacher: Client, source: Assessment, bart: Assessment, examiner: Contact
) -> None:
    Contact.objects.filter(pk=examiner.pk).update(removed_at=timezone.now())
    answer = teacher.post(address(source), to(source, bart), follow=True)
    assert messages_of(answer) == ["Bart Zomer: Staat niet meer in het adresboek: Erik Examinator."]
    assert not bart.couplings.exists()


def test_other_exam_version_gets_its_parts_or_is_refused(
    teacher: Client, source: Assessment, school: School, docent: User, unit: ExamUnit
) -> None:
    exam = unit.exam_version.exam
    small = add_version(exam, kinds=["BEHAVIOUR", "PRODUCT"]).units.get()
    carl = MembershipFactory(school=school, user__first_name="Carl", user__last_name="Anders")
    lacking = steps.start_assessment(carl, small, docent)
    same = add_version(exam, work_processes=2, kinds=["BEHAVIOUR", "PRODUCT"]).units.get()
    fits = steps.start_assessment(MembershipFactory(school=school), same, docent)
    answer = teacher.post(address(source), to(source, lacking, fits), follow=True)
    assert messages_of(answer)[1] == LACKS
    assert not lacking.couplings.exists()
    assert choices(fits) == choices(source)
    assert {a.part.work_process.core_task.unit for a in fits.live_assignments} == {same}


def test_missing_selection_is_reported(teacher: Client, source: Assessment, bart: Assessment) -> None:
    assert messages_of(teacher.post(address(source), to(source))) == ["Vink eerst aan op wie u het wilt toepassen."]


def test_more_than_a_batch_is_refused(
    teacher: Client, source: Assessment, bart: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessments.coupling.batch_views.MAX_BATCH", 1)
    answer = teacher.post(address(source), to(source, bart))
    assert messages_of(answer) == ["U kunt dit op hooguit 0 studenten tegelijk toepassen."]
    assert not bart.couplings.exists()


def test_assessment_of_another_school_is_not_found(
    teacher: Client, source: Assessment, bart: Assessment, other_school: School, stranger: User, docent: User
) -> None:
    elsewhere = steps.start_assessment(MembershipFactory(school=other_school), source.unit, stranger)
    MembershipFactory(user=docent, school=other_school, role="DOCENT")  # another address book
    assert teacher.post(address(source), to(source, bart, elsewhere)).status_code == 404
    assert teacher.post(address(source), {**to(source, bart), "samen": [str(elsewhere.public_id)]}).status_code == 404
    assert not bart.couplings.exists()
    assert elsewhere not in [
        member.assessment for member, _ in teacher.get(address(source, "more_students")).context["rows"]
    ]
