"""Every page of each role in the demo's school, at seven widths: it fits, nothing is cut or covered, axe is silent on a
dark phone and a light screen.

The pages are found by following links from the role's home. A page of the table of URLs that the role may open, but
that no link leads to, fails the test unless `NOT_LINKED` gives the reason.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

from accounts.models import Role, School, User
from assessments import links
from assessments.models import Assessment, Event, Invitation, Participation, Status
from digibeoordelen.demo import data
from exchange.models import Partner, Webhook, WebhookType
from exchange.partners.partners import make_key
from tests.accounts.sso.openid import make_provider
from tests.test_permissions import TABLE

from .fits import faults
from .logging_in import add_session
from .wcag import axe_violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sweep")]

WIDTHS = (320, 375, 600, 768, 900, 1024, 1280)
SCHEMES: dict[int, Literal["dark", "light"]] = {375: "dark", 1280: "light"}  # in which axe looks at each page
# Pages whose parts depend on the state, and lists with filters, which are checked once and lead to them; of others one.
SEVERAL = {"assessments:detail": 6, "committee:afname": 6, "committee:afnames": 12, "assessments:afnames": 6}
LISTS = {"committee:afnames", "assessments:afnames"}
FILES = (
    "/documenten/",
    "/kopie.pdf",
    "/bijlagen/",
    "/bestand/",
    "/static/",
    "/proces-verbaal.pdf",
    "/pdfs/",
    "/dossier/",
    "/gebeurtenissen/",
)
ADMIN = "/beheer/django/"  # has its own look
# An exam's title can be longer than a list of choices is wide.
LONG_CHOICE = ("a choice is cut off: Digitale vaardigheden", "a choice is cut off: Verzorgende IG (")
# Pages that are to be read, and the list of what a password must be.
LONG_HELP = {"exam_content:guide", "committee:export_explained", "account_change_password", "accounts:register"}
GONE = 410  # a dead link's page, without an account
TO_FIRST_ROW = 10  # presses of Tab, the links to skip to contents or list included
# Pages of the table that links do not lead to.
NOT_LINKED = {
    "account_reauthenticate": "before a change of the second step, a while after logging in",
    "accounts:confirm_email": "by a mailed link",
    "accounts:logged_in": "while one logs in",
    "addressbook_import:preview": "after an upload",
    "addressbook_import:to_mend": "a file, after an upload",
    "assessments:document": "a file",
    "assessments:download_own_data": "a file",
    "assessments:my_exams": "a tab for students",
    "assessments:per_student": "for a selection, which a POST makes",
    "assessments:sending": "polled by a page",
    "assessments:sending_in_list": "polled by a page",
    "assessments:sending_together": "polled by a page",
    "assessments:sent_attachment": "a file",
    "assessments:sitting_report": "a file",
    "committee:changed_results_file": "a file",
    "committee:delivery": "polled by a page",
    "committee:edit_export_profile": "once a school made one",
    "committee:export_file": "a file",
    "committee:final_batch": "after finalising several",
    "committee:remove_export_profile": "once a school made one",
    "consortium:activate": "for a school where it is off",
    "exam_content:form_of_upload": "after an upload",
    "exam_content:preview": "after an upload",
    "exam_content:publish": "after an upload",
    "exchange:events": "a file",
    "exchange:own_pdfs": "a file",
    "exchange:pdfs_of_search": "a file",
    "exchange:pdfs_of_student": "a file",
    "mfa_generate_recovery_codes": "with a second step",
    "privacy:dates_preview": "after an upload",
    "privacy:dates_to_mend": "a file, after an upload",
    "privacy:erased": "once something was erased",
    "school:import_preview": "after an upload",
    "school:import_to_mend": "a file, after an upload",
}

# The elements with words or to click whose middle is covered by something else, once scrolled into view.
_COVERED = """() => {
    const covered = [];
    const unseen = (e) => getComputedStyle(e).position === "absolute" && e.clientWidth <= 1;
    const seen = (e) => {
        if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
        for (let one = e; one !== document.body; one = one.parentElement) if (unseen(one)) return false;
        return true;
    };
    const bars = ".bottom-bar, .form-bar, .site-header, dialog";
    const within = "main :is(a, button, input, select, textarea, summary, p, td, th)";
    for (const e of document.querySelectorAll(`${within}, h1, h2, h3, header :is(a, button)`)) {
        const box = e.getBoundingClientRect();
        if (!seen(e) || box.width < 2 || box.height < 2) continue;
        if (getComputedStyle(e).opacity === "0" || (e.closest("label") && e.matches("input"))) continue;
        e.scrollIntoView({ block: "center", behavior: "instant" });
        const rects = [...e.getClientRects()].filter((r) => r.width > 1 && r.height > 1);
        if (!rects.length) continue;
        const r = rects[0];
        const [x, y] = [r.left + r.width / 2, r.top + r.height / 2];
        if (y < 0 || y > innerHeight || x < 0 || x > innerWidth) continue;
        const hit = document.elementFromPoint(x, y);
        if (!hit || e.contains(hit) || hit.contains(e) || hit.closest(bars) !== e.closest(bars)) continue;
        if (hit.closest("label")?.contains(e) || e.closest("label")?.contains(hit)) continue;
        covered.push(`${e.tagName} '${e.textContent.trim().slice(0, 40)}' is under ${hit.tagName}.${hit.className}`);
    }
    scrollTo(0, 0);
    return covered;
}"""
# The sentences of help in sight. A grey line is a fact or a state, and a question is a way to go on.
_HELP = """() => {
    const other = [
        ".note, .message, .error-summary, .empty, .verdict, .batch-progress, .visually-hidden, figure, table",
        ".criterion-text, .work-process-description, .form-person, .proposal, .appeal", // of someone's own
    ].join();
    return [...document.querySelectorAll("main p:not(.text-secondary), main .form-text")]
        .filter((e) => e.checkVisibility() && !e.closest(other) && !e.querySelector("p"))
        .flatMap((e) => e.textContent.replace(/\\s+/g, " ").match(/[^.!?]+[.!](?= |$)/g) ?? []);
}"""
_LINKS = "() => [...document.querySelectorAll('a[href]')].map((a) => a.href)"
_IN_FIRST_ROW = "() => Boolean(document.activeElement.closest('main tbody tr:first-child, main [data-first-row]'))"


def pages_for(column: str) -> set[str]:
    """Return the names of the table's pages that `column` may open, and an anonymous visitor may not."""
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    place, anonymous = header.index(column), header.index("nobody")
    return {row[0] for row in rows if row[1] == "GET" and row[place] == "ok" and row[anonymous] != "ok"}


def view_name(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


class Sweep:
    """Opens each page once, in one browser, and collects what is wrong with it."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.problems: list[str] = []
        self.visited: Counter[str] = Counter()
        self.queue: list[str] = []
        self.known: set[str] = set()

    def follow(self, starts: Iterable[str]) -> None:
        self.add(urljoin(self.site, start) for start in starts)
        while self.queue:
            address = self.queue.pop(0)
            name = view_name(urlsplit(address).path)
            if self.visited[name] >= SEVERAL.get(name, 1):
                continue
            self.visited[name] += 1
            try:
                response = self.page.goto(address)
            except Error as error:  # a file
                if "Download is starting" not in error.message:
                    raise
                continue
            if not response or "text/html" not in response.headers.get("content-type", ""):
                continue
            if name not in LISTS or self.visited[name] == 1:
                self.check(address, response.status)
            self.add(self.page.evaluate(_LINKS))

    def add(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            address = address.partition("#")[0]
            path = urlsplit(address).path
            if (
                not address.startswith(self.site)
                or address in self.known
                or any(part in path for part in (*FILES, ADMIN))
            ):
                continue
            self.known.add(address)
            self.queue.append(address)

    def check(self, address: str, status: int) -> None:
        found = []
        if status >= 400 and status != GONE:
            found.append(f"answers {status}")
        if self.page.locator("main .btn-primary:visible").count() > 1:
            found.append("has more than one filled button")
        explains = status >= 400 or self.asks()
        if view_name(urlsplit(address).path) not in LONG_HELP and not explains:
            found += [f"has more help: {more.strip()}" for more in self.page.evaluate(_HELP)[1:]]
        self.page.evaluate(Axe().axe_script)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{width}: {fault}" for fault in faults(self.page) if not fault.startswith(LONG_CHOICE)]
            found += [f"{width}: {fault}" for fault in self.page.evaluate(_COVERED)]
            if scheme := SCHEMES.get(width):
                self.page.emulate_media(color_scheme=scheme)
                found += [f"{width}, {scheme}: {fault}" for fault in axe_violations(self.page)]
        if self.page.locator("main tbody tr a:visible, main tbody tr input:visible").count():
            found += self.tab_to_first_row(address)
        self.problems += [f"{address.removeprefix(self.site)} {fault}" for fault in dict.fromkeys(found)]

    def asks(self) -> bool:
        """Return whether the page asks for a confirmation, and says what will happen."""
        return self.page.locator("h1").inner_text().endswith("?")

    def tab_to_first_row(self, address: str) -> list[str]:
        self.page.goto(address)
        for _ in range(TO_FIRST_ROW):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(_IN_FIRST_ROW):
                return []
            if "Naar de lijst" in self.page.evaluate("() => document.activeElement.textContent"):
                self.page.keyboard.press("Enter")
        return [f"needs more than {TO_FIRST_ROW} presses of Tab to its first row"]


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's mails, and of a copy of its database once it was loaded."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(db: None, settings: Any, demo_folder: Path, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's data, loaded once in a process: that takes as long as twenty pages."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    settings.VAR_DIR, settings.SITE_URL = demo_folder, live_server.url
    connection.ensure_connection()
    if connection.vendor != "sqlite":
        data.load()
        return
    copy = demo_folder / "demo.sqlite3"
    is_loaded = copy.exists()
    with closing(sqlite3.connect(copy)) as loaded:
        if is_loaded:
            loaded.backup(connection.connection)
            ContentType.objects.clear_cache()
        else:
            data.load()
            connection.connection.backup(loaded)


@pytest.mark.parametrize(
    ("role", "column"),
    [
        ("docent", "docent"),
        ("examencommissie", "committee"),
        ("student", "student"),
        ("schoolbeheer", "admin"),
        ("consortium", "staff"),
    ],
)
def test_every_page_of_a_role(
    demo: None, live_server: Any, new_browser: Callable[..., Page], role: str, column: str
) -> None:
    page = new_browser()
    add_session(page, live_server.url, User.objects.get(email=f"{role}@demo.example"))
    if role in ("schoolbeheer", "consortium"):
        connect_systems(School.objects.get(memberships__user__email="schoolbeheer@demo.example"))
    sweep = Sweep(page, live_server.url)
    exam = Assessment.objects.filter(status=Status.FINAL).values_list("exam", flat=True)[0]
    in_sitting = Participation.objects.filter(sitting__isnull=False)[0].assessment.public_id
    starts = {
        "examencommissie": f"/commissie/?status=FINAL&examen={exam}",
        "docent": f"/beoordelingen/{in_sitting}/zitting/",
    }
    sweep.follow([*filter(None, [starts.get(role)]), "/"])
    missed = pages_for(column) - set(sweep.visited) - set(NOT_LINKED)
    problems = [*sweep.problems, *(f"{name} was not reached" for name in sorted(missed))]
    assert not problems, "\n".join(problems)


def connect_systems(school: School) -> None:
    """Give the school what its provider of school accounts and its directory make, and a team."""
    School.objects.filter(pk=school.pk).update(keeps_identity_providers=True)
    make_provider(school)
    school.scim_keys.create(name="Entra ID", token_sha256="0" * 64)
    school.directory_groups.create(display_name="Docenten")
    school.teams.create(name="Zorg en Welzijn").members.set(school.memberships.filter(role=Role.DOCENT))
    initiator = school.memberships.filter(role=Role.DOCENT).first()
    partner = Partner.objects.create(school=school, name="Toetsplanning", initiator=initiator)
    manager = school.memberships.filter(role=Role.SCHOOLBEHEER)[0].user
    make_key(partner=partner, by=manager)
    for status in (200, 201, 409):
        partner.calls.create(method="PUT", path="/ooapi/associations/{association_id}", http_status=status, ms=120)
    webhook = Webhook.objects.create(
        school=school, name="Rooster", url="https://rooster.example.nl/", types=WebhookType.values
    )
    for event in Event.objects.filter(assessment__school=school, kind=Event.Kind.FINALISED)[:3]:
        webhook.messages.create(event=event, state="FAILED", last_error="500", attempts=10)


def test_every_page_without_an_account(demo: None, live_server: Any, new_browser: Callable[..., Page]) -> None:
    sweep = Sweep(new_browser(), live_server.url)
    sweep.follow(["/inloggen/", "/account-aanmaken/", "/controle/", "/wachtwoord-vergeten/"])
    for invitation in _one_of_each_kind():
        sweep.visited.clear()
        sweep.follow([f"/beoordelen/{links.token_for(invitation=invitation)}/"])
    assert not sweep.problems, "\n".join(sweep.problems)


def _one_of_each_kind() -> Iterable[Invitation]:
    """Return an invitation for each state of its assessment, and a withdrawn one."""
    invitations = Invitation.objects.select_related("assessment").order_by("pk")
    of_kind = {(i.assessment.status, i.withdrawn_at is None): i for i in invitations}
    return of_kind.values()
