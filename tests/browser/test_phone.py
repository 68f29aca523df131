"""Every page of every role on a phone and in half a window: no overflow and no truncated text.

The pages are those of the permissions table; names and addresses have realistic maximum lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments.models import Invitation
from exams.models import Exam
from tests.test_permissions import ACCOUNT_LINKS, FOR_FINAL, address, alive, people, rows

from .fits import faults
from .wcag import at_each_width, check_width

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["address", "alive", "people"]  # fixtures

LONG_ADDRESS = "wilhelmina.johanna.van.den.berghuizen-oosterhoutsen@zorginstellingrivierenland.test"


@pytest.fixture
def long_names(student: Membership, school: School, exam: Exam, docent: User, examiner: Contact) -> None:
    """Give people, school and exam long names; numbers and roles are unchanged."""
    user = student.user
    user.first_name, user.last_name, user.email = (
        "Maximiliaan-Alexander",
        "Oosterhoutsen-Berghuizen",
        "s" + LONG_ADDRESS,
    )
    user.save()
    docent.last_name, docent.email = "Brandsma-Wolterbeekerheide", "d" + LONG_ADDRESS
    docent.save()
    examiner.first_name, examiner.infix, examiner.last_name = "Wilhelmina", "van den", "Berghuizen-Oosterhoutsen"
    examiner.email, examiner.organisation = LONG_ADDRESS, "Zorginstellingengroep Rivierenland-Betuwe"
    examiner.save()
    school.name = "Regionaal Opleidingencentrum Rivierenland"
    school.save()
    Exam.objects.filter(pk=exam.pk).update(
        title="Luchtvaartdienstverleningsmedewerker en -leidinggevende (kwalificatiedossier)"
    )


def may_be(fault: str, width: int) -> bool:
    """Return whether the fault is accepted: on a desktop, text beside its box; at 320, a select's text."""
    return width == 1280 or (width == 320 and fault.startswith("a choice is cut off"))


@pytest.mark.parametrize("role", ["nobody", "student", "trainer", "docent", "committee", "admin"])
def test_no_page_is_wider_than_a_phone(
    role: str,
    people: dict[str, User | None],
    long_names: None,
    address: Callable[[str], str],
    invitation: Invitation,
    live_server,
    new_browser: Callable[..., Page],
    shots: Callable[[Page, str], None],
) -> None:
    client, page = Client(), new_browser(width=375)
    if user := people[role]:
        client.force_login(User.objects.get(pk=user.pk))
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": str(client.session.session_key), "url": live_server.url}]
        )
    names = [name for name, method, outcomes in rows() if method == "GET" and outcomes[role] == "ok"]
    if user:  # the recipient of a link needs no account and sees the same page with one
        names = [name for name in names if name not in ACCOUNT_LINKS]
    data = {"examinator": invitation.contact_id, "beoordeling": invitation.assessment.public_id, "q": "oost"}
    without = {"assessments:unit_list", "assessments:work_process_list", "committee:afnames", "exams:catalogue"}
    wrong, seen = [], 0
    for name in sorted(names, key=lambda name: name in FOR_FINAL):  # finalising closes the objects of the other pages
        path = address(name) + ("" if name in without else f"?{urlencode(data)}")
        if not client.get(path)["Content-Type"].startswith("text/html"):
            continue
        page.goto(live_server.url + path)
        seen += 1
        shots(page, f"telefoon-{role}-{name.replace(':', '-')}")
        for width in at_each_width(page):
            wrong += [f"{name} at {width}: {fault}" for fault in faults(page) if not may_be(fault, width)]
    assert not wrong, "\n".join(wrong)
    assert seen > 5


@pytest.mark.parametrize("javascript", [True, False])
def test_search_of_examen_afnames_is_short(
    javascript: bool, log_in_at: Callable[..., Page], committee_member: User, invitation: Invitation
) -> None:
    """The rarer filters are folded, and counted while they filter."""
    page = log_in_at(committee_member, "/commissie/?status=ALLE", width=375, javascript=javascript)
    expect(page.get_by_label("Student", exact=True)).to_be_visible()
    examiner = page.get_by_label("Examinator", exact=True)
    expect(examiner).to_be_hidden()
    page.get_by_text("Meer filters").click()
    examiner.fill("erik")
    page.get_by_role("button", name="Zoeken", exact=True).click()
    page.wait_for_url("**examinator=erik**")
    page.wait_for_load_state("networkidle")  # typing updated the URL before the button was pressed
    page.reload()
    expect(page.get_by_text("Meer filters (1)")).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(1)


def test_too_wide_page_and_cut_off_text_are_reported(new_browser: Callable[..., Page]) -> None:
    page = new_browser(width=375)
    page.set_content(
        "<main><p style='width: 400px'>Breed</p>"
        "<div style='width: 100px; overflow: hidden; white-space: nowrap'>Afgekapt, want dit past er niet in</div>"
        "<div style='width: 100px; white-space: nowrap'>Loopt eruit, want dit past er niet in</div>"
        "<select style='width: 60px'><option>Alle statussen</option></select></main>"
    )
    reported = "\n".join(faults(page))
    for fault in ("the page is 408 wide", "are out of sight", "runs out of its box", "a choice is cut off: Alle"):
        assert fault in reported


def test_page_is_checked_at_every_width_and_restored(new_browser: Callable[..., Page]) -> None:
    page = new_browser()
    page.set_content(
        "<style>@media (max-width: 900px) { input { display: none } } html { overflow-anchor: none }</style>"
        "<p style='width: 300px; height: 2000px'>Lang</p><input><p style='height: 2000px'>Lang</p>"
    )
    page.locator("input").focus()
    page.evaluate("scrollTo(0, 1500)")
    check_width(page)
    assert page.viewport_size == {"width": 1280, "height": 900}
    expect(page.locator("input")).to_be_focused()
    assert page.evaluate("scrollY") == 1500
    page.locator("p").first.evaluate("text => { text.style.width = '330px' }")
    with pytest.raises(AssertionError, match="338 px wide in a window of 320"):
        check_width(page)
