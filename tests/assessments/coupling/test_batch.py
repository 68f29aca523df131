"""'Examinatoren kiezen voor N studenten': one choice and one message for several assessments."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import School, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Status
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.assessments.asserts import delivery_lines
from tests.factories import ContactFactory, MembershipFactory, add_version, first_unit, make_exam
from tests.steps import flow_url


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def two(assessment: Assessment, school: School, unit: ExamUnit, docent: User) -> list[Assessment]:
    """Assessments of Anouk van 't Hoff and Bart Zomer."""
    bart = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Zomer")
    return [assessment, steps.start_assessment(bart, unit, docent)]


def of(assessments, **more):
    versions = {f"versie-{a.pk}": a.version for a in assessments}
    return {"beoordeling": [str(a.public_id) for a in assessments], **versions, **more}


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]] + delivery_lines(response)


def test_overnemen_gives_all_students_the_same_examiner(
    teacher: Client, two, unit: ExamUnit, examiner: Contact
) -> None:
    post = of(two, examinator=[examiner.pk])
    answer = teacher.post(flow_url("take_over", two), post, follow=True)
    assert messages_of(answer) == ["Gekozen voor het hele examen van Anouk van 't Hoff, Bart Zomer: Erik Examinator."]
    assert answer.content.decode().count("Erik Examinator\n") == 2
    assert [a.live_assignments.count() for a in two] == [4, 4]


def test_concurrently_changed_student_is_named_and_unchanged(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    post = of(two, examinator=[examiner.pk])
    steps.choose(two[0], second_examiner)
    answer = teacher.post(flow_url("take_over", two), post, follow=True)
    assert messages_of(answer)[0] == "Gekozen voor het hele examen van Bart Zomer: Erik Examinator."
    assert messages_of(answer)[1].startswith(
        "Anouk van 't Hoff: Iemand anders heeft deze beoordeling intussen gewijzigd."
    )
    assert {a.contact for a in two[0].live_assignments} == {second_examiner}


def begin(assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    steps.fill_in(steps.send_invitation(assessment, examiner))


def examiners_of(assessment: Assessment) -> set[Contact]:
    return {assignment.contact for assignment in assessment.live_assignments}


def fields(answer) -> dict[str, list[str]]:
    """Return the hidden fields of the confirmation page."""
    fields_found: dict[str, list[str]] = {}
    for name, value in answer.context["fields"]:
        fields_found.setdefault(name, []).append(value)
    return fields_found


def test_removing_begun_work_is_confirmed_per_student(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    begin(two[0], examiner)
    page = flow_url("take_over", two)
    answer = teacher.post(page, of(two, examinator=[second_examiner.pk]))
    assert [(s.assessment, list(s.examiners)) for s in answer.context["students"]] == [(two[0], [examiner])]
    assert "2 van 2 criteria gescoord" in answer.content.decode()
    assert [examiners_of(a) for a in two] == [{examiner}, {second_examiner}]
    confirmed = fields(answer)
    assert confirmed["beoordeling"] == [str(two[0].public_id)]
    answer = teacher.post(page, confirmed, follow=True)
    assert messages_of(answer)[-1] == "Gekozen voor het hele examen van Anouk van 't Hoff: Tineke Tweede."
    assert answer.context["assessments"] == two  # on with both
    assert [examiners_of(a) for a in two] == [{second_examiner}, {second_examiner}]
    assert messages_of(teacher.post(page, confirmed, follow=True))[0].startswith("Anouk van 't Hoff: Iemand anders")


def test_cancelling_keeps_the_selection(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    begin(two[0], examiner)
    confirmation = teacher.post(flow_url("take_over", two), of(two, examinator=[second_examiner.pk]))
    back = teacher.get(confirmation.context["cancel_url"])
    assert list(back.context["chosen"]) == [second_examiner]
    assert examiners_of(two[0]) == {examiner}


@pytest.mark.parametrize("level", ["werkproces", "onderdeel"])
def test_work_process_and_part_are_chosen_in_batch(
    level: str, teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    for assessment in two:
        steps.choose(assessment, examiner)
    work_process = unit.core_tasks.get().work_processes.all()[1]
    of_level = {"werkproces": work_process, "onderdeel": work_process.parts.all()[0]}[level]
    where = {level: of_level.pk}
    assert f"{level}={of_level.pk}" in teacher.get(flow_url("examiners", two), of(two)).content.decode()
    picker = teacher.get(flow_url("pick", two), of(two, **where))
    assert f'name="{level}" value="{of_level.pk}"' in picker.content.decode()
    post = of(two, examinator=[second_examiner.pk], **where)
    answer = teacher.post(flow_url("take_over", two), post)
    assert answer["Location"].endswith(f"#{level}-{of_level.pk}")
    expected = set(work_process.parts.all()) if level == "werkproces" else {of_level}
    for assessment in two:
        own = assessment.live_assignments.filter(contact=second_examiner)
        assert {assignment.part for assignment in own} == expected


def test_differing_choices_are_marked(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    second = unit.core_tasks.get().work_processes.all()[1]
    for assessment in two:
        steps.choose(assessment, examiner)
    steps.choose(two[1], second_examiner, part=second.parts.all()[0])
    page = teacher.get(flow_url("examiners", two), of(two))
    rows = page.context["overview"].rows
    assert [(row.level, row.examiners, row.is_own, row.differs) for row in rows] == [
        (1, [examiner], True, False),
        *[(level, [examiner], False, False) for level in (2, 3, 3, 2)],
        (3, [], True, True),
        (3, [examiner], False, False),
    ]
    assert page.content.decode().count("verschilt per student") == 1
    of_part = of(two, onderdeel=second.parts.all()[0].pk)
    assert "De keuze verschilt nu" in teacher.get(flow_url("pick", two), of_part).content.decode()
    assert "De keuze verschilt" not in teacher.get(flow_url("pick", two), of(two)).content.decode()


def test_finer_choices_are_replaced_only_on_request(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    part = unit.core_tasks.get().work_processes.all()[1].parts.all()[0]
    steps.choose(two[0], second_examiner, part=part)
    shown = teacher.get(flow_url("pick", two), of(two)).content.decode()
    assert "is apart gekozen: Tineke Tweede (bij 1 van de 2 studenten)" in " ".join(shown.split())
    teacher.post(flow_url("take_over", two), of(two, examinator=[examiner.pk]))
    assert examiners_of(two[0]) == {examiner, second_examiner}
    for assessment in two:
        assessment.refresh_from_db()
    teacher.post(flow_url("take_over", two), of(two, examinator=[examiner.pk], ook_daar="1"))
    assert examiners_of(two[0]) == {examiner}


def test_student_without_the_work_process_is_named(
    teacher: Client, two, unit: ExamUnit, school: School, docent: User, examiner: Contact
) -> None:
    newer = add_version(unit.exam_version.exam, kinds=["BEHAVIOUR", "PRODUCT"]).units.get()
    carl = MembershipFactory(school=school, user__first_name="Carl", user__last_name="Anders")
    three = [*two, steps.start_assessment(carl, newer, docent)]
    [first, second] = unit.core_tasks.get().work_processes.all()
    post = {"examinator": [examiner.pk], "werkproces": second.pk}
    answer = teacher.post(flow_url("take_over", three), of(three, **post), follow=True)
    assert messages_of(answer)[1] == (
        "Carl Anders: De versie van het examen van deze student heeft geen B1-K1-W2 Werkproces 2."
    )
    assert [len(examiners_of(a)) for a in three] == [1, 1, 0]
    for assessment in three:
        assessment.refresh_from_db()
    teacher.post(flow_url("take_over", three), of(three, **(post | {"werkproces": first.pk})))
    assert three[2].live_assignments.count() == 2
    assert {a.part.work_process.core_task.unit for a in three[2].live_assignments} == {newer}
    page = teacher.get(flow_url("examiners", three), of(three))
    assert not page.context["overview"].differs


def test_work_process_of_another_unit_is_not_found(teacher: Client, two, unit: ExamUnit) -> None:
    elsewhere = first_unit(make_exam()).core_tasks.get().work_processes.all()[0]
    for name in ("pick", "add_contact"):
        assert teacher.get(flow_url(name, two), of(two, werkproces=elsewhere.pk)).status_code == 404
    assert teacher.post(flow_url("take_over", two), of(two, werkproces=elsewhere.pk)).status_code == 404


def test_picker_shows_chosen_examiners_and_keeps_ticks_while_searching(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(two[1], examiner)
    page = flow_url("pick", two)
    assert list(teacher.get(page, of(two)).context["chosen"]) == [examiner]
    searched = teacher.post(page, of(two, q="tineke", examinator=[examiner.pk]))
    assert list(searched.context["chosen"]) == [examiner]
    assert list(searched.context["others"]) == [second_examiner]


def test_new_contact_is_ticked_beside_the_chosen_examiners(
    teacher: Client, two, unit: ExamUnit, examiner: Contact
) -> None:
    page = flow_url("add_contact", two)
    opened = teacher.post(page, {"openen": "1", "examinator": examiner.pk})
    assert "Dit moet nog worden aangepast" not in opened.content.decode()
    assert f'name="examinator" value="{examiner.pk}"' in opened.content.decode()
    form = {"first_name": "Greet", "last_name": "Nieuw", "email": "greet@bedrijf.test", "side": "WORKPLACE"}
    answer = teacher.post(page, {**form, "examinator": examiner.pk}, follow=True)
    assert [contact.full_name for contact in answer.context["chosen"]] == ["Erik Examinator", "Greet Nieuw"]
    again = teacher.post(page, form)
    assert "Greet Nieuw staat al in het adresboek met dit e-mailadres." in again.content.decode()
    assert [str(contact) for contact in teacher.get(again.context["there"]).context["chosen"]] == ["Greet Nieuw"]


def test_panel_gets_the_picker_without_the_page(teacher: Client, two, unit: ExamUnit, examiner: Contact) -> None:
    for name in ("pick", "add_contact"):
        panel = teacher.get(flow_url(name, two), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in panel
        assert 'id="panel-heading"' in panel


def test_contact_of_another_school_is_not_chosen(teacher: Client, two, unit: ExamUnit, other_school: School) -> None:
    elsewhere = ContactFactory(school=other_school)
    teacher.post(flow_url("take_over", two), of(two, examinator=[elsewhere.pk]))
    assert not Contact.objects.filter(couplings__isnull=False).exists()


def test_query_count_is_constant_for_students(
    teacher: Client, two, unit: ExamUnit, school: School, docent: User, examiner: Contact, django_assert_num_queries
) -> None:
    for name, queries in (("examiners", 12), ("message", 12)):
        for assessment in two:
            steps.choose(assessment, examiner)
        page = flow_url(name, two)
        teacher.get(page)
        with django_assert_num_queries(queries):
            assert teacher.get(page).status_code == 200
    many = [steps.start_assessment(MembershipFactory(school=school), unit, docent) for _ in range(28)]
    for assessment in many:
        steps.choose(assessment, examiner)
    for name, queries in (("examiners", 12), ("message", 12)):
        page = flow_url(name, [*two, *many])
        with django_assert_num_queries(queries):
            assert teacher.get(page).status_code == 200


def test_invitation_mails_have_remark_and_attachment(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(two[0], examiner, second_examiner)
    steps.choose(two[1], examiner)
    pdf = SimpleUploadedFile("toelichting.pdf", b"%PDF-1.4 toelichting", content_type="application/pdf")
    post = of(two, examinator=[examiner.pk], mails="elk", remark="Graag voor vrijdag", attachments=[pdf])
    answer = teacher.post(flow_url("send_invitations", two), post, follow=True)
    assert messages_of(answer) == [
        "2 uitnodigingen worden verzonden aan Erik Examinator, voor Anouk van 't Hoff, Bart Zomer."
    ]
    mails = list(OutgoingMail.objects.all())
    assert [mail.to for mail in mails] == ["erik@bedrijf.test"] * 2
    assert all("Graag voor vrijdag" in mail.text and mail.attachments.count() == 1 for mail in mails)
    assert {Assessment.objects.get(pk=a.pk).status for a in two} == {Status.INVITED}


def test_page_counts_covered_and_names_skipped_students(
    teacher: Client, two, unit: ExamUnit, school: School, docent: User, examiner: Contact
) -> None:
    carl, dirk, eva = (
        steps.start_assessment(MembershipFactory(school=school, user__last_name=name), unit, docent)
        for name in ("Claes", "Dekker", "Evers")
    )
    for assessment in (*two, carl, dirk):
        steps.choose(assessment, examiner)
    steps.send_invitation(carl, examiner)
    lifecycle.cancel(assessment=dirk, by=docent, reason="Ziek.", counts_as_attempt=False)
    everyone = [*two, carl, dirk, eva]
    page = teacher.get(flow_url("message", everyone), of(everyone)).content.decode()
    assert "Examinatoren uitnodigen voor 2 studenten" in page
    assert "voor 5 studenten" not in page
    left_out = re.findall(r"<li>(.*?)</li>", page[page.index("wordt nu niemand") : page.index("<fieldset")], re.DOTALL)
    assert [" ".join(re.sub("<[^>]+>", "", line).split()) for line in left_out] == [
        "Sam Claes: wie gekozen is, is al uitgenodigd",
        "Sam Dekker: deze beoordeling is ingetrokken",
        "Sam Evers: er is nog geen examinator gekozen",
    ]
    answer = teacher.post(flow_url("send_invitations", everyone), of(everyone, examinator=[examiner.pk]), follow=True)
    assert len(OutgoingMail.objects.latest("pk").links["start"]["data"]["invitations"]) == 2
    assert "Nog geen examinator gekozen, en daarom niet uitgenodigd: Sam Evers." in messages_of(answer)


def test_no_student_is_named_when_all_are_covered(teacher: Client, two, unit: ExamUnit, examiner: Contact) -> None:
    for assessment in two:
        steps.choose(assessment, examiner)
    page = teacher.get(flow_url("message", two), of(two)).content.decode()
    assert "Examinatoren uitnodigen voor 2 studenten" in page
    assert "wordt nu niemand uitgenodigd" not in page
    assert messages_of(
        teacher.post(flow_url("send_invitations", two), of(two, examinator=[examiner.pk]), follow=True)
    ) == ["De uitnodiging wordt verzonden aan Erik Examinator, voor Anouk van 't Hoff, Bart Zomer."]


def test_inviting_twice_sends_one_mail_per_student(teacher: Client, two, unit: ExamUnit, examiner: Contact) -> None:
    for assessment in two:
        steps.choose(assessment, examiner)
    post = of(two, examinator=[examiner.pk], mails="elk")
    teacher.post(flow_url("send_invitations", two), post)
    answer = teacher.post(flow_url("send_invitations", two), post, follow=True)
    assert messages_of(answer)[-1] == "Iedereen die u koos, is al uitgenodigd."
    assert OutgoingMail.objects.count() == 2


def test_missing_selection_is_reported_and_remark_is_kept(
    teacher: Client, two, unit: ExamUnit, examiner: Contact
) -> None:
    steps.choose(two[0], examiner)
    page = teacher.post(flow_url("send_invitations", two), of(two, remark="Blijft staan")).content.decode()
    assert "Kies eerst wie u wilt uitnodigen." in page
    assert "Blijft staan" in page


def test_invalid_attachment_is_refused_and_input_is_kept(
    teacher: Client, two, unit: ExamUnit, examiner: Contact
) -> None:
    steps.choose(two[0], examiner)
    wrong = SimpleUploadedFile("virus.exe", b"MZ")
    post = of(two, examinator=[examiner.pk], remark="Blijft staan", attachments=[wrong])
    answer = teacher.post(flow_url("send_invitations", two), post)
    assert "geen soort bestand dat mee kan" in answer.content.decode()
    assert "Blijft staan" in answer.content.decode()
    assert [row.is_ticked for row in answer.context["rows"]] == [True]
    assert not OutgoingMail.objects.exists()


def test_cancelled_assessment_gets_no_invitation(
    teacher: Client, two, unit: ExamUnit, examiner: Contact, docent: User
) -> None:
    for assessment in two:
        steps.choose(assessment, examiner)
    lifecycle.cancel(assessment=two[0], by=docent, reason="Ziek.", counts_as_attempt=False)
    teacher.post(flow_url("send_invitations", two), of(two, examinator=[examiner.pk]))
    assert not two[0].invitations.exists()
    assert two[1].invitations.exists()
