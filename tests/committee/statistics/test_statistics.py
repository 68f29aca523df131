"""'Beeld van het werk': counts per status, waiting times and scores."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation, Status
from assessments.privacy import erasure
from committee.statistics import statistics
from exams.models import Exam, ExamUnit
from tests import steps
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory, make_exam


def now() -> statistics.Period:
    return statistics.periods(timezone.localdate())[0]


def words(client: Client, name: str, *args: int, **params: str) -> str:
    return " ".join(client.get(reverse(f"committee:{name}", args=args), params).content.decode().split())


@given(st.dictionaries(st.sampled_from("OVG"), st.integers(0, 10**6)))
def test_bar_is_full_or_empty_without_gaps(counts: dict[str, int]) -> None:
    drawn = statistics.bar(counts, [(key, key) for key in "OVG"])
    total = sum(counts.values())
    assert drawn.total == total
    assert sum(s.width for s in drawn.segments) == pytest.approx(100 if total else 0, abs=0.01)
    for before, after in zip(drawn.segments, drawn.segments[1:], strict=False):
        assert after.x == pytest.approx(before.x + before.width, abs=0.01)


@pytest.mark.parametrize(
    ("today", "key"),
    [(date(2026, 7, 31), "2025-2026"), (date(2026, 8, 1), "2026-2027"), (date(2027, 1, 1), "2026-2027")],
)
def test_school_year_begins_in_august(today: date, key: str) -> None:
    every = statistics.periods(today)
    assert every[0].key == key
    assert len(every) == 5
    assert timezone.localdate(every[0].since) == date(int(key[:4]), 8, 1)
    assert every[0].last_day == date(int(key[5:]), 7, 31)


def test_exam_shows_counts_and_waiting_times_by_status(make_afname: AfnameMaker, school: School, exam: Exam) -> None:
    for days in (2, 4):
        make_afname(Status.ASSESSED, since=timezone.now() - timedelta(days=days))
    make_afname(Status.FINAL)
    [shown] = statistics.read_exams([school.default_committee.pk], now())
    assert shown.exam == exam
    assert shown.states.text == "Beoordeeld 2, Definitief 1"
    [waiting] = shown.waiting
    assert (waiting.count, round(waiting.average, 2), waiting.longest) == (2, 3.0, 4)
    assert (shown.final, shown.passed, shown.has_no_passes) == (1, 1, False)


@pytest.fixture
def of_last_year(make_afname: AfnameMaker, exam: Exam) -> None:
    """Three waiting assessments from before this school year, the longest for 190 days, and a completed one."""
    for status, days in ((Status.ASSESSED, 190), (Status.ASSESSED, 40), (Status.INVITED, 30), (Status.FINAL, 20)):
        afname = make_afname(status, since=timezone.now() - timedelta(days=days))
        Assessment.objects.filter(pk=afname.pk).update(created_at=now().since - timedelta(days=60))


@pytest.mark.parametrize("page", ["picture", "picture_of_exam"])
def test_running_ones_of_earlier_years_are_linked(member: Client, of_last_year: None, exam: Exam, page: str) -> None:
    args = [exam.pk] if page == "picture_of_exam" else []
    shown = words(member, page, *args)
    assert "3 van eerdere schooljaren wachten nog, de langste 190 dagen:" in shown
    of_exam = f"&amp;examen={exam.pk}" if args else ""
    assert f'<a href="/commissie/?status=ASSESSED{of_exam}">Beoordeeld 2</a>' in shown
    assert f'<a href="/commissie/?status=INVITED{of_exam}">Uitgenodigd 1</a>' in shown
    assert "status=FINAL" not in shown


@pytest.mark.parametrize("page", ["picture", "picture_of_exam"])
def test_current_year_is_not_counted_as_earlier(member: Client, of_last_year: None, exam: Exam, page: str) -> None:
    args = [exam.pk] if page == "picture_of_exam" else []
    last_year = statistics.periods(timezone.localdate())[1].key
    assert "van eerdere schooljaren" not in words(member, page, *args, periode=last_year)


def test_earlier_excludes_other_exams_schools_and_own(
    of_last_year: None, exam: Exam, school: School, other_school: School, committee_member: User
) -> None:
    def waiting(*schools: School, **params: Any) -> list[int]:
        return [
            one.count
            for one in statistics.read_earlier([one.default_committee.pk for one in schools], now(), **params).waiting
        ]

    assert waiting(school) == [1, 2]
    assert waiting(school, exam=exam) == [1, 2]
    assert waiting(school, exam=make_exam()) == []
    assert waiting(other_school) == []
    own = list(Assessment.objects.values_list("student", flat=True))
    assert waiting(school, own=own) == []


def test_closed_assessments_do_not_wait(member: Client, make_afname: AfnameMaker) -> None:
    make_afname(Status.FINAL)
    make_afname(Status.CANCELLED)
    page = words(member, "picture")
    assert '<td data-label="Resultaat" colspan="2">1 voldoende of goed</td>' in page
    assert '<td data-label="Aantal">1</td> <td colspan="2"></td>' in page


def test_exam_without_passes_is_flagged(member: Client, make_afname: AfnameMaker, school: School) -> None:
    for _ in range(5):
        make_afname(Status.FINAL, ovg="O", grade=Decimal("4.0"))
    assert "Van 5 definitieve resultaten is er geen enkel voldoende." in words(member, "picture")
    make_afname(Status.FINAL)
    assert "geen enkel voldoende" not in words(member, "picture")


def test_scores_are_shown_by_criterion_and_examiner(
    member: Client, assessed: Assessment, exam: Exam, school: School
) -> None:
    rows = statistics.read_criteria(exam, [school.default_committee.pk], now())
    assert [row.scores.text for row in rows] == ["Voldoende 1"] * 8
    [examiner] = statistics.read_examiners(exam, [school.default_committee.pk], now())
    assert (examiner.title, examiner.scores.total, examiner.always) == ("Erik Examinator", 8, "")
    page = words(member, "picture_of_exam", exam.pk)
    assert "Erik Examinator" in page
    assert "Anouk" not in page


def test_examiner_who_only_gives_g_is_flagged(
    member: Client, exam: Exam, school: School, unit: ExamUnit, docent: User, examiner
) -> None:
    for _ in range(3):
        assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        steps.choose(assessment, examiner)
        steps.assess(steps.send_invitation(assessment, examiner), "G")
    assert "alleen G" in words(member, "picture_of_exam", exam.pk)


def test_scores_of_one_student_do_not_flag_an_examiner(
    member: Client,
    exam: Exam,
    school: School,
    unit: ExamUnit,
    docent: User,
    examiner: Contact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "ENOUGH_SCORES", 8)
    for students, is_flagged in ((1, False), (2, False), (3, True)):
        assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        steps.choose(assessment, examiner)
        steps.assess(steps.send_invitation(assessment, examiner), "G")
        [shown] = statistics.read_examiners(exam, [school.default_committee.pk], now())
        assert bool(shown.always) == is_flagged, students


def test_incomplete_and_cancelled_work_is_not_counted(invitation: Invitation, exam: Exam, school: School) -> None:
    steps.fill_in(invitation, "G")
    assert statistics.read_criteria(exam, [school.default_committee.pk], now()) == []


def test_other_schools_are_not_counted(client: Client, stranger: User, assessed: Assessment, exam: Exam) -> None:
    client.force_login(stranger)
    assert "In deze periode is nog geen beoordeling gestart." in words(client, "picture")
    assert client.get(reverse("committee:picture_of_exam", args=[exam.pk])).status_code == 404


def test_invalid_period_is_the_current_year(member: Client, assessed: Assessment, exam: Exam) -> None:
    Assessment.objects.update(created_at=timezone.now() - timedelta(days=800))
    assert "nog geen beoordeling gestart" in words(member, "picture", periode="x")
    year = erasure.school_year(timezone.localdate() - timedelta(days=800))
    page = words(member, "picture", periode=f"{year}-{year + 1}")
    assert "Verzorgende IG" in page
    assert f"Gestart van 1 augustus {year} tot en met 31 juli {year + 1}" in page


def test_scores_are_limited_to_the_newest_with_a_note(
    member: Client, assessed: Assessment, exam: Exam, make_afname: AfnameMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "SCORED", 1)
    assert "Voldoende 1" in words(member, "picture_of_exam", exam.pk)
    assert "die het laatst zijn gestart" not in words(member, "picture_of_exam", exam.pk)
    make_afname()
    page = words(member, "picture_of_exam", exam.pk)
    assert "Van de 1 afnames die het laatst zijn gestart." in page
    assert "Erik Examinator" not in page


def test_query_count_is_constant(member: Client, make_afname: AfnameMaker, exam: Exam) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            words(member, "picture_of_exam", exam.pk)
        return len(queries)

    make_afname()
    few = count()
    for status in (Status.NEW, Status.FINAL, Status.ASSESSED):
        make_afname(status)
    assert count() == few
