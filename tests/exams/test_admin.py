"""The list and versions of exams, and what is left in the admin; for content see tests/exams/content/test_views.py."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exams.models import Exam
from tests.factories import add_version, make_exam

LIST = "/beheer/examens/"
VERSIONS = "/beheer/examens/versies/"


def test_content_can_be_read_to_the_last_word(client, staff, draft):
    page = client.get(f"{VERSIONS}{draft.pk}/").content.decode()
    for words in ("Exameneenheid B1", "Kerntaak B1-K1", "Werkproces B1-K1-W2", "Productbeoordeling", "Doet het niet."):
        assert words in page


def test_detail_queries_do_not_grow_with_content(client, staff):
    def queries(size: int) -> int:
        version = make_exam(units=size, core_tasks=size, work_processes=size).versions.get()
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{VERSIONS}{version.pk}/")
        return len(captured)

    queries(1)  # the first request also fills Django's caches
    assert queries(1) == queries(3)


def test_list_queries_do_not_grow_with_length(client, staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    def published() -> None:
        make_exam(published=False).versions.get().publish(by=staff)

    published()
    queries()
    few = queries()
    for _ in range(5):
        published()
    assert queries() == few


def test_list_shows_published_version_and_draft(client, staff, draft):
    assert [(row.current, row.draft) for row in client.get(LIST).context["rows"]] == [(None, draft)]
    draft.publish(by=staff)
    assert [(row.current, row.draft) for row in client.get(LIST).context["rows"]] == [(draft, None)]
    newer = add_version(draft.exam, published=False)
    assert [(row.current, row.draft) for row in client.get(LIST).context["rows"]] == [(draft, newer)]
    assert f'href="{VERSIONS}{newer.pk}/"' in client.get(LIST).content.decode()


def test_list_leads_to_the_upload_page(client, staff, draft):
    assert "/beheer/examens/inlezen/" in client.get(LIST).content.decode()


def test_version_links_to_the_other_versions(client, staff, draft):
    newer = add_version(draft.exam, published=False)
    assert f'href="{VERSIONS}{draft.pk}/"' in client.get(f"{VERSIONS}{newer.pk}/").content.decode()


def test_ungradable_version_shows_its_problems(client, staff, draft):
    draft.grading_data["good_from"] = 99
    draft.save()
    page = client.get(f"{VERSIONS}{draft.pk}/").content.decode()
    assert "Examen: &#x27;good_from&#x27; is 99" in page


def test_only_title_and_level_of_an_exam_are_editable(client, staff, draft):
    before = draft.exam
    form = {
        "title": "Verzorgende-IG",
        "level": "3",
        "kind": "KEUZEDEEL",
        "code": "K0001",
        "cohort": "2030-2031",
    }
    assert client.post(f"/beheer/django/exams/exam/{before.pk}/change/", form).status_code == 302
    exam = Exam.objects.get()
    assert (exam.title, exam.level) == ("Verzorgende-IG", 3)
    assert (exam.kind, exam.code, exam.cohort) == (before.kind, before.code, before.cohort)
    assert client.get("/beheer/django/exams/exam/add/").status_code == 403
    assert client.post(f"/beheer/django/exams/exam/{exam.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("query", ["horeca's sous‑chef", "sous-chef 2031-2032"])
def test_exams_are_found_by_letters_without_accents(client, staff, query):
    exam = make_exam(title="Sous-chéf, Horeca’s", cohort="2031-2032")
    make_exam(title="Gastronoom")
    assert list(client.get(LIST, {"q": query}).context["page"]) == [exam]


def test_admin_finds_exams_by_letters_without_accents(client, staff):
    exam = make_exam(title="Sous-chéf, Horeca’s")
    make_exam(title="Gastronoom")
    queryset = client.get("/beheer/django/exams/exam/", {"q": "horeca's sous‑chef"}).context["cl"].queryset
    assert list(queryset) == [exam]
