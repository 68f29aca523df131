"""The access log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment, Viewing
from assessments.privacy import access_log
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from tests.factories import MembershipFactory

from .conftest import words

What = Viewing.What


@pytest.fixture(autouse=True)
def at_the_hour(time_machine: TimeMachineFixture) -> None:
    """Start each test at the beginning of a quarter of an hour."""
    time_machine.move_to(timezone.now().replace(minute=0, second=1))


def get_status(user: User, path: str) -> int:
    client = Client()
    client.force_login(user)
    answer = client.get(path)
    b"".join(answer) if answer.streaming else answer.content
    return answer.status_code


def rows() -> list[tuple[str, str]]:
    return list(Viewing.objects.order_by("pk").values_list("by_name", "what"))


def test_each_view_by_school_staff_is_logged(final: Assessment, committee_member: User, docent: User) -> None:
    public_id, document = final.public_id, final.documents.get()
    for name in ("committee:afname", "committee:correction_history"):
        get_status(committee_member, reverse(name, args=[public_id]))
    get_status(docent, reverse("assessments:detail", args=[public_id]))
    get_status(docent, reverse("assessments:document", args=[document.public_id]))
    assert rows() == [
        ("Carla Commissie", What.RESULT),
        ("Carla Commissie", What.HISTORY),
        ("Dirk Docent", What.RESULT),
        ("Dirk Docent", What.DOCUMENT),
    ]


def test_correcting_and_finalising_forms_are_logged(assessed: Assessment, committee_member: User) -> None:
    for name in ("committee:edit", "committee:finalise"):
        assert get_status(committee_member, reverse(name, args=[assessed.public_id])) == 200
    assert [what for _, what in rows()] == [What.CORRECT, What.FINALISE]


def test_export_download_is_logged_for_its_students(
    browser: Client, final: Assessment, committee_member: User, school: School
) -> None:
    results = Assessment.objects.filter(pk=final.pk)
    export = create_export(results=results, school=school, exam=final.exam, by=committee_member, shape=PLAIN)
    get_status(committee_member, reverse("committee:export_file", args=[export.public_id]))
    assert rows() == [("Carla Commissie", What.EXPORT)]
    page = reverse("privacy:viewings", args=[school.pk])
    assert "Een export van resultaten" in words(browser.get(page, {"student": "123456"}))
    assert "Niets gevonden" in words(browser.get(page, {"student": "654321"}))


def test_view_by_the_student_is_not_logged(final: Assessment, student: Membership) -> None:
    assert get_status(student.user, reverse("assessments:document", args=[final.documents.get().public_id])) == 200
    assert rows() == []


def test_refused_view_is_not_logged(final: Assessment, stranger: User) -> None:
    assert get_status(stranger, reverse("committee:afname", args=[final.public_id])) == 404
    assert rows() == []


def test_repeated_views_are_logged_once_per_quarter(
    final: Assessment, docent: User, pass_time: Callable[..., None]
) -> None:
    page = reverse("assessments:detail", args=[final.public_id])
    for _ in range(3):
        get_status(docent, page)
    assert len(rows()) == 1
    pass_time(minutes=16)
    get_status(docent, page)
    assert len(rows()) == 2


def test_logging_takes_one_query(final: Assessment, docent: User, django_assert_num_queries: Any) -> None:
    final.student.user  # noqa: B018 - as every page has it
    for _ in range(2):
        with django_assert_num_queries(1):
            access_log.note(final, by=docent)


def test_log_is_append_only(final: Assessment, docent: User) -> None:
    access_log.note(final, by=docent)
    with pytest.raises(PermissionDenied):
        Viewing.objects.update(by_name="Iemand anders")
    row = Viewing.objects.get()
    with pytest.raises(PermissionDenied):
        row.save()


def test_rows_are_purged_by_the_school_term(
    final: Assessment, docent: User, school: School, pass_time: Callable[..., None]
) -> None:
    School.objects.filter(pk=school.pk).update(views_months=12)
    access_log.note(final, by=docent)
    pass_time(days=364)
    access_log.forget_old()
    assert Viewing.objects.exists()
    pass_time(days=3)
    access_log.forget_old()
    assert not Viewing.objects.exists()


# --- The screen ----------------------------------------------------------------------------------
def test_log_is_searched_by_student_and_reader(
    browser: Client, final: Assessment, docent: User, school: School
) -> None:
    access_log.note(final, by=docent)
    for search, is_listed in (
        ({}, True),
        ({"student": "Hoff"}, True),
        ({"student": "1234"}, True),
        ({"student": "van 't hoff", "wie": "dirk"}, True),
        ({"wie": "Docent"}, True),
        ({"student": "Visser"}, False),
        ({"wie": "Carla"}, False),
        ({"student": "Hoff", "wie": "Carla"}, False),
    ):
        page = words(browser.get(reverse("privacy:viewings", args=[school.pk]), search))
        assert ("Anouk van &#x27;t Hoff (123456)" in page) is is_listed, search


@pytest.mark.parametrize("searched_name", ["Yildiz", "Yıldız, Dirk"])
def test_former_colleague_is_found_without_accents(
    browser: Client, final: Assessment, docent: User, school: School, searched_name: str
) -> None:
    docent.last_name = "Yıldız"
    docent.save()
    access_log.note(final, by=docent)
    docent.memberships.all().delete()
    page = words(browser.get(reverse("privacy:viewings", args=[school.pk]), {"wie": searched_name}))
    assert "Anouk van &#x27;t Hoff (123456)" in page


def test_log_shows_no_result(browser: Client, final: Assessment, docent: User, school: School) -> None:
    access_log.note(final, by=docent)
    page = words(browser.get(reverse("privacy:viewings", args=[school.pk])))
    assert str(final.grade).replace(".", ",") not in page
    assert "Voldoende" not in page


def test_log_of_another_school_is_hidden(
    client: Client, final: Assessment, docent: User, stranger: User, other_school: School
) -> None:
    MembershipFactory(user=stranger, school=other_school, role=Role.SCHOOLBEHEER)
    access_log.note(final, by=docent)
    client.force_login(stranger)
    assert "Er is nog niets ingezien." in words(client.get(reverse("privacy:viewings", args=[other_school.pk])))


def test_query_count_is_constant_for_rows(
    browser: Client,
    final: Assessment,
    docent: User,
    school: School,
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(50):
        at = timezone.now() - relativedelta(hours=n)
        Viewing.objects.create(
            school=school, assessment=final, by=docent, by_name="Dirk", what=What.RESULT, at=at, slot=n
        )
    with django_assert_max_num_queries(8):
        browser.get(reverse("privacy:viewings", args=[school.pk]))
