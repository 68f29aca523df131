"""Stored exports, and 'Alleen nieuw sinds vorige export'."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, School, User
from assessments.models import Assessment, Status
from committee.export import snapshot, xlsx_writer
from committee.export.snapshot import NothingToExport, create_export
from committee.export_format import PLAIN
from committee.models import Export, ExportedResult
from exams.models import Exam
from tests.committee.conftest import AfnameMaker
from tests.concurrency import at_once
from tests.factories import ExportProfileFactory, MembershipFactory


@pytest.fixture
def press(member: Client, exam: Exam) -> Any:
    """Return a function that posts the button and follows the redirect."""

    def post(**params: Any) -> Any:
        address = f"{reverse('committee:start_export')}?{urlencode({'examen': exam.pk})}"
        return member.post(address, {"bestand": "CSV", "welke": "alles"} | params, follow=True)

    return post


def numbers(response: Any) -> list[str]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row["studentnummer"] for row in csv.DictReader(io.StringIO(content), delimiter=";")]


def student_of(number: str, school: School) -> dict[str, Any]:
    return {"student": MembershipFactory(school=school, student_number=number)}


def test_export_stores_user_time_and_results(
    press: Any, make_afname: AfnameMaker, school: School, exam: Exam, committee_member: User
) -> None:
    made = [make_afname(Status.FINAL) for _ in range(3)]
    make_afname(Status.ASSESSED)
    press()
    export = Export.objects.get()
    assert (export.school, export.exam, export.by, export.by_name) == (
        school,
        exam,
        committee_member,
        "Carla Commissie",
    )
    assert (export.count, export.only_new, export.file) == (3, False, "CSV")
    assert set(export.results.values_list("assessment", "final_at", "ovg", "grade")) == {
        (one.pk, one.final_at, one.ovg, one.grade) for one in made
    }


def test_only_new_skips_exported_results(press: Any, make_afname: AfnameMaker, school: School) -> None:
    make_afname(Status.FINAL, **student_of("1", school))
    assert numbers(press(welke="nieuw")) == ["1"]
    make_afname(Status.FINAL, **student_of("2", school))
    assert numbers(press(welke="nieuw")) == ["2"]
    assert numbers(press(welke="alles")) == ["1", "2"]


def test_nothing_new_is_reported_and_not_stored(press: Any, make_afname: AfnameMaker) -> None:
    make_afname(Status.FINAL)
    press()
    assert "geen nieuwe definitieve resultaten" in press(welke="nieuw").content.decode()
    assert Export.objects.count() == 1


def test_no_results_are_reported(press: Any, make_afname: AfnameMaker) -> None:
    make_afname(Status.ASSESSED)
    assert "nog geen definitieve resultaten" in press().content.decode()
    assert not Export.objects.exists()


def make_final_again(assessment: Assessment, grade: str) -> None:
    assessment.final_at = timezone.now() + timedelta(minutes=5)
    assessment.grade = Decimal(grade)
    assessment.save()


def test_refinalised_result_is_new(press: Any, make_afname: AfnameMaker, school: School) -> None:
    again = make_afname(Status.FINAL, **student_of("1", school))
    make_afname(Status.FINAL, **student_of("2", school))
    press()
    make_final_again(again, "8.0")
    assert numbers(press(welke="nieuw")) == ["1"]
    assert "geen nieuwe" in press(welke="nieuw").content.decode()


def test_second_download_has_the_same_bytes(
    press: Any, member: Client, make_afname: AfnameMaker, school: School
) -> None:
    withdrawn = make_afname(Status.FINAL, **student_of("1", school))
    again = make_afname(Status.FINAL, **student_of("2", school))
    profile = ExportProfileFactory(school=school, name="Ons systeem", separator="COMMA")
    content = b"".join(press(profiel=profile.public_id).streaming_content)
    made = Export.objects.get()
    make_afname(Status.FINAL)
    make_final_again(again, "9.9")
    Assessment.objects.filter(pk=withdrawn.pk).update(
        status=Status.ASSESSED, final_at=None, final_by=None, ovg="", grade=None
    )
    profile.delete()
    response = member.get(reverse("committee:export_file", args=[made.public_id]))
    assert b"".join(response.streaming_content) == content
    page = member.get(reverse("committee:export", args=[made.public_id])).content.decode()
    assert "2 resultaten zijn" in " ".join(page.split())


def test_interrupted_download_can_be_repeated(
    press: Any, member: Client, make_afname: AfnameMaker, school: School
) -> None:
    make_afname(Status.FINAL, **student_of("1", school))
    next(iter(press(welke="nieuw").streaming_content))
    made = Export.objects.get()
    assert numbers(member.get(reverse("committee:export_file", args=[made.public_id]))) == ["1"]


def test_export_can_be_downloaded_in_another_shape(
    press: Any, member: Client, make_afname: AfnameMaker, school: School
) -> None:
    make_afname(Status.FINAL)
    press()
    profile = ExportProfileFactory(school=school, has_headers=False)
    address = reverse("committee:export_file", args=[Export.objects.get().public_id])
    in_shape = member.get(address, {"profiel": profile.public_id})
    assert b"".join(in_shape.streaming_content).count(b"\r\n") == 1
    excel = member.get(address, {"bestand": "XLSX"})
    assert excel["Content-Disposition"].endswith('.xlsx"')
    assert b"".join(excel.streaming_content).startswith(b"PK")


def test_profile_of_another_school_is_refused(
    press: Any, member: Client, make_afname: AfnameMaker, other_school: School
) -> None:
    make_afname(Status.FINAL)
    theirs = ExportProfileFactory(school=other_school)
    assert "bestaat niet meer" in press(profiel=theirs.public_id).content.decode()
    assert not Export.objects.exists()
    press()
    address = reverse("committee:export_file", args=[Export.objects.get().public_id])
    assert member.get(address, {"profiel": theirs.public_id}).status_code == 404


@pytest.mark.parametrize("params", [{"welke": "iets"}, {"bestand": "PDF"}, {"welke": ""}, {"profiel": "x" * 5000}])
def test_unknown_choices_are_refused(press: Any, make_afname: AfnameMaker, params: dict[str, str]) -> None:
    make_afname(Status.FINAL)
    assert not press(**params).streaming
    assert not Export.objects.exists()


def test_member_of_two_schools_exports_one(
    press: Any, make_afname: AfnameMaker, school: School, other_school: School, committee_member: User
) -> None:
    MembershipFactory(user=committee_member, school=other_school, role=Role.EXAMENCOMMISSIE)
    make_afname(Status.FINAL, **student_of("1", school))
    make_afname(Status.FINAL, **student_of("2", other_school))
    assert numbers(press(school=other_school.pk)) == ["2"]
    assert "Kies de school" in press().content.decode()


def test_last_profile_is_preselected(
    press: Any, member: Client, make_afname: AfnameMaker, school: School, exam: Exam
) -> None:
    make_afname(Status.FINAL)
    profile = ExportProfileFactory(school=school)
    press(profiel=profile.public_id)
    page = member.get(reverse("committee:afnames"), {"examen": exam.pk})
    assert page.context["export_form"]["profiel"].value() == str(profile.public_id)


def test_query_count_is_constant_for_results(
    make_afname: AfnameMaker, school: School, exam: Exam, committee_member: User
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            create_export(results=Assessment.objects.all(), school=school, exam=exam, by=committee_member, shape=PLAIN)
        return len(queries)

    make_afname(Status.FINAL)
    few = count()
    for _ in range(20):
        make_afname(Status.FINAL)
    assert count() == few


def test_too_many_results_are_refused_as_excel(
    press: Any, member: Client, make_afname: AfnameMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MOST_RESULTS", 1)
    monkeypatch.setattr(xlsx_writer, "MOST_RESULTS", 1)
    for _ in range(2):
        make_afname(Status.FINAL)
    assert "Kies CSV" in press(bestand="XLSX").content.decode()
    assert not ExportedResult.objects.exists()
    press()
    address = reverse("committee:export_file", args=[Export.objects.get().public_id])
    assert member.get(address, {"bestand": "XLSX"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_simultaneous_exports_do_not_share_new_results(
    make_afname: AfnameMaker, school: School, exam: Exam, committee_member: User
) -> None:
    make_afname(Status.FINAL)
    queryset = Assessment.objects.all()
    ask = partial(
        create_export, results=queryset, school=school, exam=exam, by=committee_member, shape=PLAIN, only_new=True
    )
    got = at_once(ask, ask)
    assert {type(one) for one in got} == {Export, NothingToExport}
