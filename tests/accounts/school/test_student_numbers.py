"""Student numbers: format, uniqueness, reports to the school, changes by Schoolbeheer."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, NumberReport, Role, School, User
from accounts.school import student_numbers
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import MembershipFactory, SchoolFactory, member

EDIT = "/profiel/bewerken/"
REPORT = "/profiel/nummer-melden/"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def administrator(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def newcomer(school: School) -> Membership:
    """A student without a number."""
    return MembershipFactory(
        school=school,
        student_number="",
        user__first_name="Noa",
        user__last_name="Wit",
        user__email="noa@hier.test",
    )


@pytest.fixture
def browser(client: Client, newcomer: Membership) -> Client:
    client.force_login(newcomer.user)
    return client


def typed(student: Membership, number: str) -> dict[str, str]:
    user = student.user
    details = {"first_name": user.first_name, "infix": user.infix, "last_name": user.last_name}
    return details | {f"student_number_{student.pk}": number}


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- The school's form --------------------------------------------------------------------------------


@pytest.fixture
def six_digits(school: School) -> School:
    School.objects.filter(pk=school.pk).update(number_forms="999999")
    return school


def test_number_of_another_format_is_refused_with_a_description(
    browser: Client, newcomer: Membership, six_digits: School
) -> None:
    page = words(browser.post(EDIT, typed(newcomer, "12345")))
    assert "Een studentnummer van ROC Hier bestaat uit 6 cijfers, zoals 123456." in page
    assert 'value="12345"' in page
    assert "Meld dit aan uw school" not in page
    assert browser.post(EDIT, typed(newcomer, "12 34 57")).status_code == 302


def test_first_login_describes_the_format_in_english(browser: Client, newcomer: Membership, six_digits: School) -> None:
    User.objects.filter(pk=newcomer.user_id).update(details_checked_at=None)
    browser.cookies["taal"] = "en"
    page = words(browser.post("/welkom/", typed(newcomer, "A")))
    assert "A student number at ROC Hier consists of 6 digits, such as 123456." in page


def test_number_from_before_the_format_stays_allowed(client: Client, student: Membership, six_digits: School) -> None:
    School.objects.update(number_forms="s99")
    client.force_login(student.user)
    assert client.post(EDIT, typed(student, "123456") | {"first_name": "Anouck"}).status_code == 302


def test_number_from_the_school_is_shown_to_check(client: Client, student: Membership) -> None:
    User.objects.filter(pk=student.user_id).update(details_checked_at=None)
    client.force_login(student.user)
    page = words(client.get("/welkom/"))
    assert "Uw school heeft dit nummer ingevuld. Kijk of het klopt." in page
    assert 'value="123456"' in page
    client.post("/welkom/", typed(student, "123456"))
    assert "Uw school heeft dit nummer ingevuld" not in words(client.get(EDIT))


def opened(browser: Client, student: Membership) -> dict[str, str]:
    [value] = re.findall(rf'name="opened-student_number_{student.pk}"\s+value="(\w+)"', words(browser.get(EDIT)))
    return {f"opened-student_number_{student.pk}": value}


def test_number_changed_by_the_school_meanwhile_stays(browser: Client, newcomer: Membership) -> None:
    page = opened(browser, newcomer)
    Membership.objects.filter(pk=newcomer.pk).update(student_number="222222")
    assert browser.post(EDIT, typed(newcomer, "") | {"first_name": "Noah"} | page).status_code == 302
    newcomer.refresh_from_db()
    assert newcomer.student_number == "222222"
    answer = words(browser.post(EDIT, typed(newcomer, "111111") | page))
    assert "Uw school wijzigde dit nummer intussen in 222222." in answer
    assert 'value="111111"' in answer
    browser.post(EDIT, typed(newcomer, "111111") | opened(browser, newcomer))
    newcomer.refresh_from_db()
    assert newcomer.student_number == "111111"


# --- Reporting a taken number to the school ------------------------------------------------------------


def test_reporting_a_taken_number_reveals_no_holder(
    browser: Client, newcomer: Membership, student: Membership, administrator: User, other_school: School
) -> None:
    member(other_school, Role.SCHOOLBEHEER)
    member(newcomer.school, Role.SCHOOLBEHEER, is_active=False)
    page = words(browser.post(EDIT, typed(newcomer, "123456")))
    assert f'formaction="{REPORT}"' in page
    answer = words(browser.post(REPORT, typed(newcomer, "123456") | {"infix": "de"}))
    assert "Gemeld aan uw school; u hoort ervan." in answer
    assert 'value="de"' in answer  # other typed values are kept
    assert "Dit moet nog worden aangepast" not in answer
    for shown in (page, answer):
        assert "Anouk" not in shown
        assert "anouk@hier.test" not in shown
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.reply_to) == ("beheer@hier.test", "noa@hier.test")
    assert mail.subject == "Noa Wit meldt dat studentnummer 123456 al bezet is"
    assert f"/school/{newcomer.school_id}/studentnummers/?q=123456" in mail.text
    assert "Anouk" not in mail.text + mail.html


def test_first_login_can_report_a_number_and_continue(
    browser: Client, newcomer: Membership, student: Membership, administrator: User
) -> None:
    User.objects.filter(pk=newcomer.user_id).update(details_checked_at=None)
    page = words(browser.post("/welkom/?next=/productcatalogus/", typed(newcomer, "123456")))
    assert f'formaction="{REPORT}?next=' in page
    answer = browser.post(f"{REPORT}?next=/productcatalogus/", typed(newcomer, "123456"))
    assert "Welkom, controleer uw gegevens" in words(answer)
    [action] = re.findall(r'action="(/welkom/[^"]*)"', words(answer))
    assert browser.post(action.replace("&amp;", "&"), typed(newcomer, "")).url == "/productcatalogus/"


def test_reports_are_limited_per_day(
    browser: Client, newcomer: Membership, student: Membership, administrator: User, pass_time: Any
) -> None:
    assert "Gemeld aan" in words(browser.post(REPORT, typed(newcomer, "123456")))
    assert "U hebt dit vandaag al gemeld." in words(browser.post(REPORT, typed(newcomer, "123456")))
    for number in ("200001", "200002", "200003"):
        MembershipFactory(school=newcomer.school, student_number=number)
        browser.post(REPORT, typed(newcomer, number))
    assert OutgoingMail.objects.count() == 3
    pass_time(days=1, seconds=1)
    browser.force_login(newcomer.user)
    browser.post(REPORT, typed(newcomer, "123456"))
    assert OutgoingMail.objects.count() == 4


@pytest.mark.parametrize("number", ["", "999999", "777"])
def test_free_number_is_not_reported(browser: Client, newcomer: Membership, administrator: User, number: str) -> None:
    MembershipFactory(school=SchoolFactory(), student_number="777")
    assert number in words(browser.post(REPORT, typed(newcomer, number)))
    assert not OutgoingMail.objects.exists()
    assert not NumberReport.objects.exists()


def test_report_without_schoolbeheer_refers_to_the_docent(
    browser: Client, newcomer: Membership, student: Membership
) -> None:
    assert "Vraag het aan uw docent." in words(browser.post(REPORT, typed(newcomer, "123456")))


def test_get_reports_nothing(browser: Client) -> None:
    assert browser.get(REPORT).status_code == 302


# --- Schoolbeheer ----------------------------------------------------------------------------------------


@pytest.fixture
def desk(administrator: User) -> Client:
    """A browser logged in as Schoolbeheer."""
    client = Client()
    client.force_login(administrator)
    return client


def change_page(student: Membership) -> str:
    return reverse("school:change_number", args=[student.school_id, student.pk])


def fill_in(desk: Client, student: Membership, number: str, reason: str = "Verkeerd ingevuld") -> dict[str, str]:
    [opened] = re.findall(r'name="opened"\s+value="(\w+)"', words(desk.get(change_page(student))))
    return {"number": number, "reason": reason, "opened": opened}


@pytest.mark.parametrize("query", ["hoff", "123456", "anouk@hier", "noa", "noa@hier.test"])
def test_a_student_is_found_with_or_without_a_number(
    desk: Client, student: Membership, newcomer: Membership, other_school: School, query: str
) -> None:
    MembershipFactory(school=other_school, student_number="123456", user__first_name="Noa", user__last_name="Hoff")
    page = words(desk.get(reverse("school:student_numbers", args=[student.school_id]), {"q": query}))
    assert page.count('<th scope="row">') == 1
    expected = newcomer if query.startswith("noa") else student
    assert f'href="{change_page(expected)}"' in page


def test_without_a_query_students_without_number_are_listed(
    desk: Client, student: Membership, newcomer: Membership, other_school: School
) -> None:
    """Excludes former and inactive students, and other schools'."""
    MembershipFactory(school=student.school, student_number="", left_on=timezone.localdate(), ended_at=timezone.now())
    MembershipFactory(school=student.school, student_number="", user__is_active=False)
    MembershipFactory(school=other_school, student_number="")
    address = reverse("school:student_numbers", args=[student.school_id])
    page = words(desk.get(address))
    assert "Studenten zonder studentnummer" in page
    assert re.findall(r'href="/school/\d+/studentnummers/(\d+)/"', page) == [str(newcomer.pk)]
    desk.post(change_page(newcomer), fill_in(desk, newcomer, "123457"))
    assert "Er is geen student zonder studentnummer." in words(desk.get(address))


def test_search_without_results_shows_a_message(desk: Client, student: Membership) -> None:
    page = words(desk.get(reverse("school:student_numbers", args=[student.school_id]), {"q": "xyz"}))
    assert "Geen student gevonden voor ‘xyz’." in page


@pytest.mark.parametrize("name", ["school:student_numbers", "privacy:students"])
def test_short_query_is_explained(desk: Client, student: Membership, name: str) -> None:
    address = reverse(name, args=[student.school_id])
    assert "Met een of twee tekens vindt u alleen" in words(desk.get(address, {"q": "ou"}))
    assert "Met een of twee tekens vindt u alleen" not in words(desk.get(address, {"q": "oukje"}))
    assert "Een deel is genoeg." not in words(desk.get(address))


def test_number_change_of_assessed_student_is_logged(desk: Client, assessment: Assessment) -> None:
    student = assessment.student
    assert "Er is een beoordeling van deze student" in words(desk.get(change_page(student)))
    answer = words(desk.post(change_page(student), fill_in(desk, student, "654321"), follow=True))
    assert "Het studentnummer van Anouk van &#x27;t Hoff is nu 654321." in answer
    student.refresh_from_db()
    assert student.student_number == "654321"
    assert "654321" in student.search_text
    line = student.changes.get()
    assert (line.before, line.after, line.reason, line.by_name) == (
        "123456",
        "654321",
        "Verkeerd ingevuld",
        "Bea Beheer",
    )
    page = words(desk.get(reverse("school:changes", args=[student.school_id])))
    for shown in ("Anouk van &#x27;t Hoff", "123456", "654321", "Verkeerd ingevuld", "Bea Beheer"):
        assert shown in page


def test_without_a_reason_nothing_changes(desk: Client, student: Membership) -> None:
    page = words(desk.post(change_page(student), fill_in(desk, student, "654321", reason=" ")))
    assert '<a href="#id_reason">' in page
    student.refresh_from_db()
    assert student.student_number == "123456"


def test_schoolbeheer_sees_who_holds_a_taken_number(desk: Client, student: Membership, newcomer: Membership) -> None:
    page = words(desk.post(change_page(newcomer), fill_in(desk, newcomer, "123456")))
    assert "Anouk van &#x27;t Hoff (anouk@hier.test) heeft nummer 123456 al." in page


def test_format_applies_to_schoolbeheer_too(desk: Client, student: Membership, six_digits: School) -> None:
    page = words(desk.post(change_page(student), fill_in(desk, student, "1")))
    assert "Een studentnummer van ROC Hier bestaat uit 6 cijfers" in page


def test_assessed_student_s_number_can_not_be_emptied(
    desk: Client, assessment: Assessment, newcomer: Membership
) -> None:
    student = assessment.student
    assert "kan daarom niet zonder" in words(desk.post(change_page(student), fill_in(desk, student, "")))
    Membership.objects.filter(pk=newcomer.pk).update(student_number="5")
    assert desk.post(change_page(newcomer), fill_in(desk, newcomer, "")).status_code == 302


def test_number_taken_at_the_same_time_is_refused(
    desk: Client, student: Membership, newcomer: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:

    answers = iter([None])
    real = student_numbers.holder_of
    monkeypatch.setattr(student_numbers, "holder_of", lambda number, **at: next(answers, real(number, **at)))
    page = words(desk.post(change_page(newcomer), fill_in(desk, newcomer, "123456")))
    assert "heeft nummer 123456 al." in page


def test_second_of_two_changes_sees_both_numbers(desk: Client, student: Membership) -> None:
    form = fill_in(desk, student, "111111")
    desk.post(change_page(student), fill_in(desk, student, "222222"))
    page = words(desk.post(change_page(student), form))
    assert re.search(r"Intussen gewijzigd door Bea Beheer \([^)]+\) in: <strong>222222</strong>", page)
    assert 'value="111111"' in page
    student.refresh_from_db()
    assert student.student_number == "222222"
    [opened] = re.findall(r'name="opened"\s+value="(\w+)"', page)
    desk.post(change_page(student), form | {"opened": opened})
    student.refresh_from_db()
    assert student.student_number == "111111"


def test_other_school_or_role_gets_404(desk: Client, student: Membership, docent: User, other_school: School) -> None:
    elsewhere = MembershipFactory(school=other_school)
    docent_s = docent.memberships.get()
    for school_id, pk in [
        (student.school_id, elsewhere.pk),
        (other_school.pk, elsewhere.pk),
        (student.school_id, docent_s.pk),
    ]:
        assert desk.get(reverse("school:change_number", args=[school_id, pk])).status_code == 404


def test_reported_numbers_are_listed_for_a_month(
    desk: Client, student: Membership, newcomer: Membership, other_school: School, pass_time: Any, administrator: User
) -> None:
    newcomer.number_reports.create(number="123456")
    MembershipFactory(school=other_school).number_reports.create(number="888888")
    address = reverse("school:student_numbers", args=[student.school_id])
    page = words(desk.get(address))
    assert "Noa Wit (noa@hier.test)" in page
    assert 'href="?q=123456"' in page
    assert "888888" not in page
    pass_time(days=31)
    desk.force_login(administrator)
    assert "Noa Wit (noa@hier.test)" not in words(desk.get(address))


def test_search_queries_do_not_grow_with_the_results(
    desk: Client, student: Membership, django_assert_max_num_queries: Any
) -> None:
    MembershipFactory.create_batch(55, school=student.school, user__last_name="Hoff")
    MembershipFactory.create_batch(5, school=student.school, user__last_name="Hoff", student_number="")
    address = reverse("school:student_numbers", args=[student.school_id])
    with django_assert_max_num_queries(8):
        page = words(desk.get(address, {"q": "hoff"}))
    assert page.count('<th scope="row">') == 50
    [following] = re.findall(r'rel="next" href="([^"]+)"', page)
    assert words(desk.get(address + unescape(following))).count('<th scope="row">') == 11


@pytest.mark.parametrize("name", ["school:student_numbers", "privacy:students"])
@pytest.mark.parametrize("query", ["Hoff anouk", "123456", "anouk@hier.test"])
def test_both_pages_find_students_by_each_field(
    desk: Client, student: Membership, newcomer: Membership, name: str, query: str
) -> None:
    page = words(desk.get(reverse(name, args=[student.school_id]), {"q": query}))
    assert "Anouk van &#x27;t Hoff" in page
    assert "Noa Wit" not in page


@pytest.mark.parametrize("name", ["school:student_numbers", "privacy:students"])
def test_both_pages_find_former_inactive_and_unnumbered_students(desk: Client, student: Membership, name: str) -> None:
    MembershipFactory(school=student.school, user__last_name="Zonder", student_number="")
    MembershipFactory(
        school=student.school, user__last_name="Zonder", ended_at=timezone.now(), left_on=timezone.localdate()
    )
    MembershipFactory(school=student.school, user__last_name="Zonder", user__is_active=False)
    page = words(desk.get(reverse(name, args=[student.school_id]), {"q": "zonder"}))
    assert page.count('<th scope="row">') == 3
    assert "Vertrokken</span>" in page
    assert "Account staat uit</span>" in page
    assert "Geen student gevonden" in words(desk.get(reverse(name, args=[student.school_id]), {"q": "niemand"}))
