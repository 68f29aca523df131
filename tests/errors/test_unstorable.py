"""Values that no database can store never reach it: NUL in a text, numbers over 64 bits."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import School, User
from addressbook.models import Contact
from committee.models import ExportProfile
from digibeoordelen.errors.unstorable import UnstorableMiddleware
from exams.models import ExamUnit
from tests.factories import UserFactory

TOO_LARGE = 2**63


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("page", ["accounts/user", "accounts/school", "exams/exam", "outbox/outgoingmail"])
def test_nul_in_a_search_of_the_admin(staff: Client, page: str) -> None:
    assert staff.get(f"/beheer/django/{page}/?q=%00").status_code == 200
    assert staff.get(f"/beheer/django/{page}/%00/change/").status_code == 404


@pytest.mark.parametrize("lookup", ["outbox/outgoingmail/?state__exact", "exams/exam/?kind__exact"])
def test_nul_in_a_filter_of_the_admin(staff: Client, lookup: str) -> None:
    assert staff.get(f"/beheer/django/{lookup}=%00").status_code == 200


def test_nul_in_the_searches_of_a_docent(client: Client, docent: User, unit: ExamUnit, examiner: Contact) -> None:
    client.force_login(docent)
    for name, args in (("addressbook:contacts", []), ("assessments:unit_list", [unit.pk]), ("exams:catalogue", [])):
        assert client.get(reverse(name, args=args) + "?q=Exam%00inator&examinator=%00").status_code == 200
    page = client.get(reverse("addressbook:contacts") + "?q=Exa%00minator").content.decode()
    assert examiner.full_name in page


def test_nul_in_a_form_is_left_out(client: Client, docent: User) -> None:
    client.force_login(docent)
    client.post(reverse("accounts:profile_edit"), {"first_name": "Di\0rk", "infix": "", "last_name": "Docent\0"})
    docent.refresh_from_db()
    assert docent.full_name == "Dirk Docent"


def test_a_view_reads_no_nul_from_a_query_or_a_form(rf: RequestFactory) -> None:
    middleware = UnstorableMiddleware(lambda request: HttpResponse(request.GET["q"]))
    assert middleware(rf.get("/?q=a%00b")).content == b"ab"
    request = rf.post("/", {"na\0am": "a\0b"})
    middleware.process_view(request, middleware.get_response, (), {})
    assert request.POST.dict() == {"naam": "ab"}


def test_nul_in_a_cookie_is_left_out(client: Client, db: None) -> None:
    client.cookies["sessionid"] = "aaaaaaaaaaaa\0"
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_nul_in_an_address_is_not_found(client: Client, db: None) -> None:
    assert client.get("/controle/AAAA%00AAAA/").status_code == 404
    assert client.get("/beoordelen/a%00b/").status_code == 404


def test_too_large_a_number_in_an_address_is_not_found(
    client: Client, committee_member: User, docent: User, school: School
) -> None:
    client.force_login(committee_member)
    assert client.get(f"/commissie/exports/gewijzigd/{TOO_LARGE}/").status_code == 404
    assert client.get(f"/commissie/beeld/{TOO_LARGE}/").status_code == 404
    client.force_login(docent)
    assert client.get(f"/examens/{TOO_LARGE}/").status_code == 404
    assert client.post(f"/productcatalogus/{TOO_LARGE}/toevoegen/").status_code == 404


def test_largest_number_of_a_column_is_queried(client: Client, committee_member: User) -> None:
    client.force_login(committee_member)
    assert not ExportProfile.objects.filter(pk=TOO_LARGE - 1).exists()
    assert client.get(f"/commissie/exports/gewijzigd/{TOO_LARGE - 1}/").status_code == 404
