"""Exams in the admin; for the pages of content see tests/exams/content/test_views.py."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exams.models import Exam, ExamVersion
from tests.factories import make_exam

VERSIONS = "/beheer/exams/examversion/"


def test_content_can_be_read_to_the_last_word(client, staff, draft):
    page = client.get(f"{VERSIONS}{draft.pk}/change/").content.decode()
    for words in ("Exameneenheid B1", "Kerntaak B1-K1", "Werkproces B1-K1-W2", "Productbeoordeling", "Doet het niet."):
        assert words in page


def test_detail_queries_do_not_grow_with_content(client, staff):
    def queries(size: int) -> int:
        version = make_exam(units=size, core_tasks=size, work_processes=size).versions.get()
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{VERSIONS}{version.pk}/change/")
        return len(captured)

    queries(1)  # the first request also fills Django's caches
    assert queries(1) == queries(3)


def test_list_queries_do_not_grow_with_length(client, staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(VERSIONS)
        return len(captured)

    def published() -> None:
        make_exam(published=False).versions.get().publish(by=staff)

    published()
    queries()
    few = queries()
    for _ in range(5):
        published()
    assert queries() == few


def test_lists_open(client, staff, draft):
    assert "Verzorgende IG" in client.get(VERSIONS).content.decode()
    assert "Verzorgende IG" in client.get("/beheer/exams/exam/").content.decode()
    assert client.get(f"/beheer/exams/exam/{draft.exam_id}/change/").status_code == 200


@pytest.mark.parametrize("path", [VERSIONS, "/beheer/exams/exam/"])
def test_lists_link_to_the_upload_page(client, staff, path):
    assert "/beheer/exams/examversion/inlezen/" in client.get(path).content.decode()


def test_ungradable_version_shows_its_problems(client, staff, draft):
    draft.grading_data["good_from"] = 99
    draft.save()
    page = client.get(f"{VERSIONS}{draft.pk}/change/").content.decode()
    assert "Examen: &#x27;good_from&#x27; is 99" in page


def test_versions_cannot_be_added_changed_or_deleted(client, staff, draft):
    published = make_exam().versions.get()
    assert client.get(f"{VERSIONS}add/").status_code == 403
    for version in (draft, published):
        assert client.post(f"{VERSIONS}{version.pk}/change/", {"number": 9, "grading_rule": "x"}).status_code == 403
        assert client.post(f"{VERSIONS}{version.pk}/delete/", {"post": "yes"}).status_code == 403
    assert {version.number for version in ExamVersion.objects.all()} == {1}


def test_only_title_and_level_of_an_exam_are_editable(client, staff, draft):
    before = draft.exam
    form = {
        "title": "Verzorgende-IG",
        "level": "3",
        "kind": "KEUZEDEEL",
        "code": "K0001",
        "cohort": "2030-2031",
        "versions-TOTAL_FORMS": "0",
        "versions-INITIAL_FORMS": "0",
    }
    assert client.post(f"/beheer/exams/exam/{before.pk}/change/", form).status_code == 302
    exam = Exam.objects.get()
    assert (exam.title, exam.level) == ("Verzorgende-IG", 3)
    assert (exam.kind, exam.code, exam.cohort) == (before.kind, before.code, before.cohort)
    assert client.get("/beheer/exams/exam/add/").status_code == 403
    assert client.post(f"/beheer/exams/exam/{exam.pk}/delete/", {"post": "yes"}).status_code == 403


def test_admin_of_exams_is_for_staff_only(client: Client, docent, draft):
    client.force_login(docent)
    for url in (VERSIONS, f"{VERSIONS}{draft.pk}/change/", "/beheer/exams/exam/"):
        assert client.get(url).status_code == 302


@pytest.mark.parametrize("listed", ["exam", "examversion"])
def test_content_is_found_by_letters_without_accents(client, staff, listed):
    exam = make_exam(title="Sous-chéf, Horeca’s")
    make_exam(title="Gastronoom")
    queryset = client.get(f"/beheer/exams/{listed}/", {"q": "horeca's sous‑chef"}).context["cl"].queryset
    assert list(queryset) == [exam if listed == "exam" else exam.current_version]
