"""'Per student een eigen examinator': one field per student, saved all or nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, User
from addressbook import lookup
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Event
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def two(assessment: Assessment, school: School, unit: ExamUnit, docent: User) -> list[Assessment]:
    """Assessments of Anouk van 't Hoff and Bart Zomer."""
    bart = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Zomer")
    return [assessment, steps.start_assessment(bart, unit, docent)]


@pytest.fixture
def page(two: list[Assessment]) -> str:
    return steps.flow_url("per_student", two)


@pytest.fixture
def save_choice(page: str) -> str:
    return page


def of(assessments, *typed, **more):
    fields = {f"examinator-van-{a.pk}": text for a, text in zip(assessments, typed, strict=False)}
    versions = {f"versie-{a.pk}": a.version for a in assessments}
    return {**versions, **fields, **more}


def chosen(assessment: Assessment) -> list[Contact]:
    return [coupling.contact for coupling in assessment.couplings.all()]


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize(
    "typed",
    [
        "tineke@bedrijf.test",
        " TINEKE@Bedrijf.test ",
        "Tineke Tweede <tineke@bedrijf.test>",
        "Wie ook <tineke@bedrijf.test>",
        "tineke  TWEEDÉ",
        "Tweede, Tineke",
        "Tineke Tweede <tineke@bedrijf.test>;",
    ],
)
def test_each_student_gets_the_typed_examiner(
    teacher: Client, two, save_choice: str, examiner: Contact, second_examiner: Contact, typed: str
) -> None:
    answer = teacher.post(save_choice, of(two, "erik@bedrijf.test", typed), follow=True)
    assert messages_of(answer) == ["Examinator gekozen voor het hele examen van 2 studenten."]
    assert [chosen(one) for one in two] == [[examiner], [second_examiner]]
    assert [one.live_assignments.count() for one in two] == [4, 4]


def test_single_choice_is_prefilled_and_resaving_changes_nothing(
    teacher: Client, two, page: str, save_choice: str, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(two[0], examiner)
    steps.choose(two[1], examiner, second_examiner)
    lines = teacher.get(page).context["lines"]
    assert [line.typed for line in lines] == ["Erik Examinator <erik@bedrijf.test>", ""]
    assert "Nu gekozen: Erik Examinator, Tineke Tweede" in teacher.get(page).content.decode()
    teacher.post(save_choice, of(two, *(line.typed for line in lines)))
    assert [one.events.filter(kind=Event.Kind.COUPLED).count() for one in two] == [1, 1]
    assert chosen(two[1]) == [examiner, second_examiner]


def test_double_submit_chooses_once(teacher: Client, two, save_choice: str, examiner: Contact) -> None:
    post = of(two, "erik@bedrijf.test", "erik@bedrijf.test")
    teacher.post(save_choice, post)
    assert teacher.post(save_choice, post).status_code == 302
    assert [one.events.filter(kind=Event.Kind.COUPLED).count() for one in two] == [1, 1]


def test_invalid_line_saves_nothing_and_keeps_input(teacher: Client, two, save_choice: str, examiner: Contact) -> None:
    answer = teacher.post(save_choice, of(two, "erik@bedrijf.test", "<b>wie@elders.test"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Bart Zomer: ‘&lt;b&gt;wie@elders.test’ staat niet in het adresboek." in html
    assert 'value="erik@bedrijf.test"' in html
    assert 'value="&lt;b&gt;wie@elders.test"' in html
    assert reverse("addressbook:add") in html
    assert not chosen(two[0])


def test_ambiguous_name_is_refused(teacher: Client, two, save_choice: str, examiner: Contact, school: School) -> None:
    ContactFactory(school=school, first_name="Erik", last_name="Examinator", email="erik2@bedrijf.test")
    html = teacher.post(save_choice, of(two, "Erik Examinator")).content.decode()
    assert "Er zijn er 2 met de naam ‘Erik Examinator’." in html
    assert "erik2@bedrijf.test" in html
    assert not chosen(two[0])


def test_removed_and_foreign_contacts_are_unknown(
    teacher: Client, two, save_choice: str, examiner: Contact, other_school: School
) -> None:
    ContactFactory(school=other_school, email="elders@bedrijf.test")
    examiner.removed_at = timezone.now()
    examiner.save()
    answer = teacher.post(save_choice, of(two, "erik@bedrijf.test", "elders@bedrijf.test"))
    assert [line.unknown for line in answer.context["lines"]] == [True, True]


def test_concurrent_change_is_reported_at_its_line(
    teacher: Client, two, save_choice: str, examiner: Contact, second_examiner: Contact
) -> None:
    post = of(two, "erik@bedrijf.test", "erik@bedrijf.test")
    steps.choose(Assessment.objects.get(pk=two[0].pk), second_examiner)
    answer = teacher.post(save_choice, post)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Anouk van &#x27;t Hoff: Iemand anders heeft deze beoordeling intussen gewijzigd." in html
    assert "Nu gekozen: Tineke Tweede" in html
    assert [line.typed for line in answer.context["lines"]] == ["erik@bedrijf.test"] * 2
    assert [chosen(one) for one in two] == [[second_examiner], [examiner]]


def test_examiner_with_begun_work_is_not_removed(
    teacher: Client, two, save_choice: str, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(two[0], examiner)
    steps.fill_in(steps.send_invitation(two[0], examiner))
    answer = teacher.post(save_choice, of(two, "tineke@bedrijf.test"))
    assert "Al begonnen met beoordelen" in answer.content.decode()
    assert chosen(two[0]) == [examiner]


def test_closed_assessment_has_no_field(teacher: Client, two, page: str, docent: User) -> None:
    lifecycle.cancel(assessment=two[0], by=docent, reason="Ziek.", counts_as_attempt=False)
    html = teacher.get(page).content.decode()
    assert f'name="examinator-van-{two[0].pk}"' not in html
    assert f'name="examinator-van-{two[1].pk}"' in html


def test_overnemen_leads_back_to_the_examiners(teacher: Client, two, save_choice: str, examiner: Contact) -> None:
    answer = teacher.post(save_choice, of(two, "erik@bedrijf.test"))
    assert answer["Location"] == steps.flow_url("examiners", two)


def test_query_count_is_constant_for_students(
    teacher: Client, two, page: str, unit: ExamUnit, school: School, docent: User, examiner, django_assert_num_queries
) -> None:
    teacher.get(page)
    with django_assert_num_queries(8):
        teacher.get(page)
    many = [steps.start_assessment(MembershipFactory(school=school), unit, docent) for _ in range(28)]
    for one in many:
        steps.choose(one, ContactFactory(school=school))
    page = steps.flow_url("per_student", [*two, *many])
    with django_assert_num_queries(8):
        teacher.get(page)


def test_recently_chosen_contacts_are_suggested(
    teacher: Client, two, page: str, school: School, examiner: Contact, monkeypatch
) -> None:
    monkeypatch.setattr(lookup, "SUGGESTED", 3)
    ContactFactory.create_batch(5, school=school, last_name="Aaa")
    steps.choose(two[0], examiner)
    suggested = teacher.get(page).context["suggested"]
    assert len(suggested) == 3
    assert "Erik Examinator <erik@bedrijf.test>" in suggested
