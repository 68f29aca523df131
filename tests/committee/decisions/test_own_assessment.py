"""A committee member who is the student: the committee's pages hide the own assessment."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment, Document, Status
from committee.assessment_list.page import count_each
from committee.decisions import cancel
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.models import Export
from tests.committee.conftest import AfnameMaker, search_of
from tests.factories import MembershipFactory
from tests.pages import missed_the_view

OFFICE = "bureau@hier.test"
VERBS = sorted(
    {
        f"committee:{pattern.name}"
        for resolver in get_resolver().url_patterns
        if getattr(resolver, "app_name", "") == "committee"
        for pattern in resolver.url_patterns
        if str(pattern.pattern).startswith("<uuid:public_id>/")
    }
)


@pytest.fixture
def own(client: Client, student: Membership, school: School) -> Client:
    """The browser of the student, who is in the committee of the same school."""
    MembershipFactory(user=student.user, school=school, role=Role.EXAMENCOMMISSIE)
    client.force_login(student.user)
    return client


@pytest.fixture
def of_another(make_afname: AfnameMaker, school: School) -> Assessment:
    student = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Boom")
    return make_afname(student=student)


def read(browser: Client, name: str, search: str = "") -> str:
    return " ".join(browser.get(reverse(name) + search).content.decode().split())


def test_every_assessment_page_is_covered() -> None:
    assert {"committee:afname", "committee:edit", "committee:finalise", "committee:withdraw_final"} < set(VERBS)
    assert len(VERBS) >= 12


def test_own_assessment_pages_are_not_found(own: Client, assessed: Assessment) -> None:
    for address in [reverse(verb, args=[assessed.public_id]) for verb in VERBS]:
        for method in ("get", "post"):
            answer = getattr(own, method)(address)
            assert answer.status_code == 404 or missed_the_view(answer, address, method), (method, address)
            assessed.refresh_from_db()
            assert assessed.status == Status.ASSESSED, (method, address)


def test_own_result_is_visible_as_a_student(own: Client, assessed: Assessment, student: Membership) -> None:
    assert not Assessment.objects.for_committee(student.user).exists()
    assert list(Assessment.objects.visible_to(student.user)) == [assessed]
    assert "B1" in own.get(reverse("assessments:my_exams")).content.decode()


@pytest.mark.parametrize("search", ["", "?status=ALLE", "?student=hoff", "?examinator=erik&status=ALLE"])
def test_own_assessment_is_not_listed_or_counted(
    own: Client, assessed: Assessment, of_another: Assessment, search: str
) -> None:
    page = read(own, "committee:afnames", search)
    assert "van &#x27;t Hoff" not in page.partition('id="lijst"')[2]
    assert str(assessed.public_id) not in page


def test_counts_exclude_own_assessments(
    own: Client, student: Membership, committee_member: User, assessed: Assessment, of_another: Assessment
) -> None:
    def counts(user: User, **fields: str) -> Counter[str]:
        return sum(count_each(search_of(user, **fields)) or [], Counter())

    assert counts(committee_member) == {Status.ASSESSED: 2}
    assert counts(student.user) == {Status.ASSESSED: 1}
    assert counts(student.user, student="hoff") == counts(student.user, examinator="erik") == {}


def test_own_assessment_is_not_finalised_in_a_batch(own: Client, assessed: Assessment) -> None:
    assert str(assessed.public_id) not in read(own, "committee:afnames")
    ticked = {"afname": [f"{assessed.public_id}:{assessed.version}:afronden"], "email": OFFICE}
    for step in ("committee:confirm_many", "committee:make_many_final"):
        assert "Kies ten minste één beoordeling." in own.post(reverse(step), ticked, follow=True).content.decode()


def test_export_includes_own_result(
    own: Client, assessed: Assessment, of_another: Assessment, committee_member: User
) -> None:
    """Final results are visible to their student; an excluded one would never reach the school's system."""
    finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    address = reverse("committee:start_export") + f"?examen={assessed.exam_id}"
    own.post(address, {"bestand": "CSV", "welke": "alles"})
    assert Export.objects.get().count == 1


def test_own_appeal_is_not_listed(own: Client, assessed: Assessment, committee_member: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    assessed.refresh_from_db()
    cancel.mark_appeal(assessment=assessed, by=committee_member, received_on=timezone.localdate())
    assert str(assessed.public_id) not in read(own, "committee:appeals")


def test_statistics_exclude_own_assessments(own: Client, assessed: Assessment) -> None:
    """The statistics of an exam with one student would show that student's scores."""
    assert "Verzorgende IG" not in read(own, "committee:picture").partition("<main")[2]
    page = own.get(reverse("committee:picture_of_exam", args=[assessed.exam_id])).content.decode()
    assert "Erik Examinator" not in page


def test_own_superseded_document_is_not_found(
    own: Client, assessed: Assessment, committee_member: User, student: Membership
) -> None:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    Document.objects.run(document.pk)
    assert list(Document.objects.visible_to(student.user)) == [document]
    assessed.refresh_from_db()
    withdraw_final(assessment=assessed, by=committee_member, reason="Verwisseld.")
    assert not Document.objects.visible_to(student.user).exists()
    assert list(Document.objects.visible_to(committee_member)) == [document]


def test_student_elsewhere_sees_all_of_the_committee_school(
    client: Client, student: Membership, other_school: School, make_afname: AfnameMaker
) -> None:
    """A student of one school sees everything in the committee of another."""
    MembershipFactory(user=student.user, school=other_school, role=Role.EXAMENCOMMISSIE)
    there = make_afname(student=MembershipFactory(school=other_school, user__last_name="Verweg"))
    client.force_login(student.user)
    assert str(there.public_id) in read(client, "committee:afnames")


def test_export_of_a_colleague_includes_own_result(
    own: Client, assessed: Assessment, committee_member: User, school: School
) -> None:
    """Only final results, which 'Mijn examens' shows too; and one file for every member."""
    finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    results = Assessment.objects.filter(pk=assessed.pk)
    made = create_export(results=results, school=school, exam=assessed.exam, by=committee_member, shape=PLAIN)
    answer = own.get(reverse("committee:export_file", args=[made.public_id]))
    assert b"123456" in b"".join(answer.streaming_content)
