"""'Bewaren en wissen': what Schoolbeheer sees, fills in and is kept from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from assessments import erase, study_dates
from assessments.models import Appeal, Assessment
from exams.models import ExamUnit
from tests.committee.conftest import AfnameMaker, make_afname  # noqa: F401  a fixture
from tests.factories import MembershipFactory

from .conftest import date_student, today, words

Later = Callable[..., None]


@pytest.fixture
def page(browser: Client, school: School) -> Callable[..., str]:
    """A function that opens a page of Schoolbeheer: `page("retention")`."""
    return lambda name, *args, **asked: words(browser.get(reverse(f"privacy:{name}", args=[school.pk, *args]), asked))


@pytest.fixture
def nearly_over(final: Assessment, student: Membership, pass_time: Later) -> Assessment:
    date_student(student, diploma_on=today())
    pass_time(days=530)
    return final


# --- What is coming ------------------------------------------------------------------------------
def test_what_goes_in_the_coming_weeks_is_seen_before(
    nearly_over: Assessment, page: Callable[..., str], browser: Client, administrator: User
) -> None:
    browser.force_login(administrator)
    shown = page("retention")
    assert "18 maanden na de diplomadatum" in shown
    assert "1 afname" in shown
    assert "Anouk van &#x27;t Hoff" in shown
    assert "Voldoende" not in shown


def test_the_day_is_the_one_on_which_it_goes(
    nearly_over: Assessment, school: School, student: Membership, pass_time: Later
) -> None:
    from assessments.coming_erasures import look_ahead, rows_of

    coming = look_ahead(school)
    [row] = rows_of(coming.students, school, until=coming.until)
    pass_time(days=(row.day - today()).days - 1)
    assert not erase.erase_due()["assessments"]
    pass_time(days=1)
    assert erase.erase_due()["assessments"]


def test_who_appeals_is_counted_apart(
    nearly_over: Assessment, page: Callable[..., str], browser: Client, administrator: User
) -> None:
    Appeal.objects.create(assessment=nearly_over, received_on=today())
    browser.force_login(administrator)
    shown = page("retention")
    assert "Door een bezwaar dat loopt blijft 1 afname staan." in shown
    assert "Anouk" not in shown


def test_results_without_a_date_are_pointed_out(final: Assessment, page: Callable[..., str]) -> None:
    assert "Van 1 student met een definitief resultaat" in page("retention")
    assert "Anouk van &#x27;t Hoff" in page("students")
    date_student(final.student, diploma_on=today())
    assert "Van 1 student" not in page("retention")


def test_what_was_erased_is_logged_without_names(
    nearly_over: Assessment, page: Callable[..., str], browser: Client, administrator: User, pass_time: Later
) -> None:
    pass_time(days=60)
    erase.erase_due()
    browser.force_login(administrator)
    for name in ("retention", "erased"):
        assert "18 maanden na de diplomadatum" in page(name)
        assert "Anouk" not in page(name)


def test_the_list_takes_as_many_queries_for_thirty_as_for_one(
    browser: Client,
    school: School,
    make_afname: AfnameMaker,  # noqa: F811
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(30):
        make_afname("CANCELLED", since=timezone.now() - timedelta(days=85 * 31 + n))
    with django_assert_max_num_queries(20):
        browser.get(reverse("privacy:retention", args=[school.pk]))


def test_a_page_of_a_student_shows_no_result(final: Assessment, page: Callable[..., str]) -> None:
    shown = page("student", final.student_id)
    assert "Verzorgende" not in shown
    assert "Voldoende" not in shown


# --- A list --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("10-07-2026", date(2026, 7, 10)),
        ("10/7/2026", date(2026, 7, 10)),
        ("10.07.2026", date(2026, 7, 10)),
        ("2026-07-10", date(2026, 7, 10)),
        ("2026-07-10 00:00:00", date(2026, 7, 10)),
        ("2026-07-10T00:00:00", date(2026, 7, 10)),
        ("10-07-26", date(2026, 7, 10)),
    ],
)
def test_dates_as_people_write_them(typed: str, day: date) -> None:
    assert study_dates.read_date(typed) == day


@pytest.mark.parametrize(
    "text", ["123456;10-07-2026", "123456\t10-07-2026", "123456,10-07-2026", '"123456";"10-07-2026"']
)
@pytest.mark.parametrize("header", ["", "Studentnummer;Diplomadatum\n"])
def test_a_list_is_read(school: School, student: Membership, text: str, header: str) -> None:
    separator = next(sign for sign in ";\t," if sign in text)
    [line] = study_dates.read_list(
        school=school, which="diploma_on", text=header.replace(";", separator) + text + "\n\n"
    )
    assert (line.student, line.after, line.outcome) == (student, date(2026, 7, 10), "NEW")


def test_what_cannot_be_says_why(school: School, student: Membership, other_school: School) -> None:
    MembershipFactory(school=other_school, student_number="777777")
    MembershipFactory(school=school, student_number="222222")
    text = "123456;morgen\n777777;10-07-2026\n222222;10-07-2026\n222222;11-07-2026\n=CMD();10-07-2026"
    lines = study_dates.read_list(school=school, which="diploma_on", text=text)
    assert [line.outcome for line in lines] == ["WRONG"] * 5
    assert [line.problem for line in lines] == [
        "‘morgen’ is geen datum. Schrijf die als 10-07-2026.",
        "Er is geen student met nummer ‘777777’.",
        "Dit nummer staat meer dan eens in de lijst.",
        "Dit nummer staat meer dan eens in de lijst.",
        "Er is geen student met nummer ‘=CMD()’.",
    ]


def hand_in(browser: Client, school: School, **data: Any) -> Any:
    return browser.post(reverse("privacy:import_dates", args=[school.pk]), {"which": "diploma_on", **data})


def test_a_list_is_shown_first_and_then_exactly_that_is_written(
    browser: Client, school: School, student: Membership
) -> None:
    shown = hand_in(browser, school, text="123456;10-07-2026\n999999;10-07-2026")
    assert "1 regel wordt bewaard, 1 kan niet" in words(shown)
    student.refresh_from_db()
    assert student.diploma_on is None
    path = reverse("privacy:apply_dates", args=[school.pk])
    for said in ("1 datum bewaard.", "0 datums bewaard. 1 niet: daarvan is de datum intussen gewijzigd."):
        answer = browser.post(path, {"rows": shown.context["signed"]}, follow=True)
        assert said in words(answer)
    student.refresh_from_db()
    assert student.diploma_on == date(2026, 7, 10)


def test_a_file_can_be_handed_in_with_dates_of_leaving(browser: Client, school: School, student: Membership) -> None:
    file = SimpleUploadedFile("lijst.csv", "Nummer;Vertrokken\r\n123456;1-2-2026\r\n".encode("utf-8-sig"))
    shown = hand_in(browser, school, which="left_on", file=file)
    browser.post(reverse("privacy:apply_dates", args=[school.pk]), {"rows": shown.context["signed"]})
    student.refresh_from_db()
    assert (student.diploma_on, student.left_on) == (None, date(2026, 2, 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04", "Dit is een Excelbestand."), (b"1" * (2 * 1024 * 1024 + 1), "groter dan 2 MB")],
)
def test_another_kind_of_file_is_refused(browser: Client, school: School, content: bytes, said: str) -> None:
    assert said in words(hand_in(browser, school, file=SimpleUploadedFile("x.csv", content)))


def test_no_list_and_too_long_a_list_are_refused(browser: Client, school: School) -> None:
    assert "Plak een lijst of kies een csv-bestand." in words(hand_in(browser, school, text="  "))
    long = "\n".join(f"{n};10-07-2026" for n in range(study_dates.MOST_LINES + 1))
    assert "meer dan 5000 regels" in words(hand_in(browser, school, text=long))


def test_five_thousand_lines_take_few_queries(
    browser: Client, school: School, django_assert_max_num_queries: Any
) -> None:
    long = "\n".join(f"{n};10-07-2026" for n in range(study_dates.MOST_LINES))
    with django_assert_max_num_queries(20):
        study_dates.read_list(school=school, which="diploma_on", text=long)


def test_another_administrator_s_or_school_s_list_is_refused(
    browser: Client, school: School, other_school: School, student: Membership, administrator: User
) -> None:
    signed = hand_in(browser, school, text="123456;10-07-2026").context["signed"]
    MembershipFactory(user=administrator, school=other_school, role=Role.SCHOOLBEHEER)
    browser.post(reverse("privacy:apply_dates", args=[other_school.pk]), {"rows": signed})
    browser.post(reverse("privacy:apply_dates", args=[school.pk]), {"rows": signed[:-3]})
    colleague = MembershipFactory(school=school, role=Role.SCHOOLBEHEER).user
    browser.force_login(colleague)
    browser.post(reverse("privacy:apply_dates", args=[school.pk]), {"rows": signed})
    student.refresh_from_db()
    assert student.diploma_on is None


def test_a_list_of_last_week_is_refused(
    browser: Client, school: School, student: Membership, administrator: User, pass_time: Later
) -> None:
    signed = hand_in(browser, school, text="123456;10-07-2026").context["signed"]
    pass_time(days=7)
    browser.force_login(administrator)
    browser.post(reverse("privacy:apply_dates", args=[school.pk]), {"rows": signed})
    student.refresh_from_db()
    assert student.diploma_on is None


def test_unit_is_not_named(page: Callable[..., str], unit: ExamUnit, final: Assessment) -> None:
    assert unit.title not in page("retention")
