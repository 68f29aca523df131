"""The pages of an exam, its units and work processes, for users with the exam on their account."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from exams.models import AccountExam, Exam, ExamUnit, ExamVersion, WorkProcess
from tests.factories import AccountExamFactory, UserFactory, first_unit, make_exam


def pages(exam: Exam) -> list[str]:
    unit = first_unit(exam)
    work_process = WorkProcess.objects.filter(core_task__unit=unit).first()
    return [
        f"/examens/{exam.pk}/",
        f"/examens/eenheid/{unit.pk}/",
        f"/examens/werkproces/{work_process.pk}/",
    ]


def test_pages_open_with_the_exam_on_the_account(client: Client, docent: User, exam: Exam) -> None:
    client.force_login(docent)
    assert [client.get(page).status_code for page in pages(exam)] == [200, 200, 200]


def test_without_the_exam_on_the_account_pages_are_404(client: Client, docent: User, exam: Exam) -> None:
    AccountExam.objects.all().delete()
    client.force_login(docent)
    assert [client.get(page).status_code for page in pages(exam)] == [404, 404, 404]


def test_the_exam_of_another_account_does_not_open(client: Client, docent: User) -> None:
    theirs = make_exam()
    AccountExamFactory(user=UserFactory(), exam=theirs)
    client.force_login(docent)
    assert [client.get(page).status_code for page in pages(theirs)] == [404, 404, 404]


def test_exam_page_links_to_units_and_work_processes(client: Client, docent: User) -> None:
    exam = make_exam(units=2)
    AccountExamFactory(user=docent, exam=exam)
    client.force_login(docent)
    page = client.get(f"/examens/{exam.pk}/").content.decode()
    for unit in ExamUnit.objects.filter(exam_version__exam=exam):
        assert f'href="/examens/eenheid/{unit.pk}/"' in page
    for work_process in WorkProcess.objects.filter(core_task__unit__exam_version__exam=exam):
        assert f'href="/examens/werkproces/{work_process.pk}/"' in page


def test_a_draft_does_not_show(client: Client, docent: User, exam: Exam) -> None:
    draft = ExamVersion.objects.create(exam=exam, number=2, grading_rule="points-table", grading_data={})
    unit = ExamUnit.objects.create(exam_version=draft, position=1, code="B1", title="Nieuwe inhoud")
    client.force_login(docent)
    assert "Nieuwe inhoud" not in client.get(f"/examens/{exam.pk}/").content.decode()
    assert client.get(f"/examens/eenheid/{unit.pk}/").status_code == 404


def test_exam_without_published_content_has_a_message(client: Client, docent: User) -> None:
    draft = make_exam(published=False)
    AccountExamFactory(user=docent, exam=draft)
    client.force_login(docent)
    assert "is nog niet gepubliceerd" in client.get(f"/examens/{draft.pk}/").content.decode()


def test_work_process_shows_the_meanings_of_o_v_and_g(client: Client, docent: User, exam: Exam) -> None:
    client.force_login(docent)
    page = client.get(pages(exam)[2]).content.decode()
    for text in ("Gedragsobservatie", "Productbeoordeling", "Doet het niet.", "Doet het en legt uit waarom."):
        assert text in page


def test_a_docent_has_the_tab_digitaal_beoordelen(client: Client, docent: User, exam: Exam) -> None:
    client.force_login(docent)
    for page in pages(exam)[1:]:
        html = client.get(page).content.decode()
        assert f'href="{page}digitaal-beoordelen/"' in html
        assert f'href="{page}" aria-current="page"' in " ".join(html.split())


def test_student_sees_the_content_without_the_tab(client: Client, student: Membership, exam: Exam) -> None:
    client.force_login(student.user)
    for page in pages(exam)[1:]:
        response = client.get(page)
        assert response.status_code == 200
        assert "digitaal-beoordelen/" not in response.content.decode()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_queries_do_not_grow_with_the_content(
    client: Client, docent: User, exam: Exam, index: int, django_assert_num_queries
) -> None:
    large = make_exam(units=2, core_tasks=3, work_processes=4, criteria=5)
    AccountExamFactory(user=docent, exam=large)
    client.force_login(docent)
    with CaptureQueriesContext(connection) as small:
        client.get(pages(exam)[index])
    with django_assert_num_queries(len(small)):
        client.get(pages(large)[index])
