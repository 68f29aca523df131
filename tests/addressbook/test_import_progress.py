"""Large files, read and imported by a worker."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.importing import job
from accounts.importing.job import start_importing, submit
from accounts.importing.reading import LARGE_ROWS, MAX_BYTES, estimate_rows
from accounts.models import School, User
from accounts.models.imports import NOT_IMPORTED, NOT_READ
from addressbook.models import Import
from digibeoordelen.jobs.models import ClaimLost, run
from digibeoordelen.jobs.tasks import sweep
from tests.concurrency import at_once
from tests.factories import ContactFactory, MembershipFactory

from .files import csv_file, xlsx

START = reverse("addressbook_import:start")
ROWS = LARGE_ROWS + 500
State = Import.State


class Died(BaseException):
    """Simulates a killed worker: nothing after it runs."""


def people(count: int = ROWS, function: str = "Chef") -> list[list[str]]:
    return [["Jan", "", f"Nummer {n}", f"jan{n}@bedrijf.test", function, "", ""] for n in range(count)]


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the announced imports, which are not run."""
    started: list[int] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: started.append(pk))
    return started


@pytest.fixture
def queued(school: School, docent: User) -> Import:
    """A large file uploaded by `docent` and not yet read."""
    return submit(Import, school=school, by=docent, file=csv_file(*people()), filename="lijst.csv")


@pytest.fixture
def ready(queued: Import) -> Import:
    """The large file after reading."""
    assert work(queued.pk)
    return again(queued)


@pytest.fixture
def importing(ready: Import) -> Import:
    """The large file after 'Importeren'."""
    start_importing(ready)
    return again(ready)


@pytest.fixture
def browser(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def work(import_id: int) -> bool:
    return Import.objects.run(import_id)


def again(prepared: Import) -> Import:
    return Import.objects.get(pk=prepared.pk)


def page_of(prepared: Import, name: str = "preview") -> str:
    return reverse(f"addressbook_import:{name}", args=[prepared.public_id])


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def lease_over() -> None:
    Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


# --- Size ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [csv_file, xlsx])
def test_rows_are_estimated_without_reading(make: Callable[..., io.BytesIO]) -> None:
    assert estimate_rows(make(*people(1234))) == 1234


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"%PDF-1.7", b"0" * (MAX_BYTES + 1)])
def test_uncountable_file_is_not_large(content: bytes) -> None:
    assert estimate_rows(io.BytesIO(content)) == 0


@pytest.mark.parametrize("make", [csv_file, xlsx])
def test_small_file_is_imported_synchronously(
    make: Callable[..., io.BytesIO], school: School, docent: User, announced: list[int]
) -> None:
    prepared = submit(Import, school=school, by=docent, file=make(*people(LARGE_ROWS)), filename="lijst")
    assert prepared.state == State.READY
    start_importing(prepared)
    assert again(prepared).state == State.DONE
    assert announced == []


def test_large_file_with_few_rows_is_read_by_a_worker(school: School, docent: User) -> None:
    file = csv_file(*people(600, function="x" * 1000))
    prepared = submit(Import, school=school, by=docent, file=file, filename="lijst.csv")
    assert prepared.state == State.QUEUED
    work(prepared.pk)
    assert again(prepared).counts["ERROR"] == 600


def test_too_large_file_is_refused_at_once(browser: Client) -> None:
    file = SimpleUploadedFile("lijst.csv", b"a;b\n" * (MAX_BYTES // 4 + 1))
    assert "groter dan 10 MB" in words(browser.post(START, {"file": file}))
    assert not Import.objects.exists()


# --- States --------------------------------------------------------------------------------------
def test_a_large_file_from_queue_to_address_book(
    school: School, docent: User, announced: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queued = submit(Import, school=school, by=docent, file=xlsx(*people()), filename="lijst.xlsx")
        assert announced == []
    assert (queued.state, queued.total_rows) == (State.QUEUED, ROWS)
    run("addressbook.Import", *announced)

    ready = again(queued)
    assert (ready.state, ready.counts["NEW"], ready.done_rows) == (State.READY, ROWS, ROWS)
    assert ready.content is None
    assert not school.contacts.filter(user=None).exists()
    with django_capture_on_commit_callbacks(execute=True):
        start_importing(ready)
    assert again(ready).state == State.IMPORTING
    assert announced == [ready.pk] * 2
    run("addressbook.Import", ready.pk)
    assert again(ready).state == State.DONE
    assert school.contacts.filter(user=None).count() == ROWS


def test_reading_counts_and_renews_the_lease(queued: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []
    extend = Import.extend

    def extend_and_look(claimed: Import, **values: Any) -> None:
        Import.objects.update(lease_until=timezone.now())
        extend(claimed, **values)
        current = again(claimed)
        assert current.lease_until is not None
        assert current.lease_until > timezone.now() + timedelta(seconds=60)
        seen.append((current.state, current.done_rows, current.total_rows))

    monkeypatch.setattr(Import, "extend", extend_and_look)
    work(queued.pk)
    assert seen == [(State.READING, rows, ROWS) for rows in (0, 500, 1000, 1500)]


@pytest.mark.servers  # SQLite allows one writer at a time
@pytest.mark.django_db(transaction=True)
def test_importing_counts_while_its_transaction_is_open(importing: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    extend = Import.extend

    def extend_and_look(claimed: Import, **values: Any) -> None:
        extend(claimed, **values)
        seen.append(again(claimed).done_rows)

    monkeypatch.setattr(Import, "extend", extend_and_look)
    work(importing.pk)
    assert seen == [0, 250, 500, 750, 1250, 1500]
    assert again(importing).state == State.DONE


# --- Concurrency ---------------------------------------------------------------------------------
def test_a_replayed_task_reads_once(queued: Import) -> None:
    assert work(queued.pk)
    assert not work(queued.pk)
    assert again(queued).state == State.READY


def test_clicking_twice_imports_once(importing: Import, school: School) -> None:
    start_importing(importing)
    assert work(importing.pk)
    school.contacts.filter(email="jan1@bedrijf.test").update(function="Directeur")
    start_importing(again(importing))
    assert not work(importing.pk)
    assert school.contacts.get(email="jan1@bedrijf.test").function == "Directeur"


@pytest.mark.django_db(transaction=True)
def test_two_tabs_queue_a_single_import(ready: Import, announced: list[int]) -> None:
    announced.clear()
    assert at_once(lambda: start_importing(ready), lambda: start_importing(again(ready))) == [None, None]
    assert announced == [ready.pk]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_import_once(importing: Import, school: School) -> None:
    assert sorted(at_once(lambda: work(importing.pk), lambda: work(importing.pk))) == [False, True]
    assert school.contacts.filter(user=None).count() == ROWS


# --- Killed workers ------------------------------------------------------------------------------
def test_dead_reading_worker_is_replaced_after_its_lease(
    queued: Import, announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Import, "extend", die)
        with pytest.raises(Died):
            work(queued.pk)
    announced.clear()
    assert not work(queued.pk)
    sweep()
    assert announced == []
    lease_over()
    sweep()
    assert announced == [queued.pk]
    assert work(queued.pk)
    assert again(queued).counts["NEW"] == ROWS


@pytest.mark.django_db(transaction=True)
def test_dead_worker_leaves_nothing_and_is_replaced(
    importing: Import, school: School, announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Import, "finish", die)
        with pytest.raises(Died):
            work(importing.pk)
    assert not school.contacts.filter(user=None).exists()
    announced.clear()
    lease_over()
    sweep()
    assert announced == [importing.pk]
    assert work(importing.pk)
    assert school.contacts.filter(user=None).count() == ROWS


def test_import_is_swept_after_a_broker_outage(queued: Import, announced: list[int]) -> None:
    announced.clear()
    sweep()
    assert announced == [queued.pk]


def test_replaced_worker_writes_nothing(queued: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    read = job.read_into

    def be_overtaken(*args: Any, **options: Any) -> Any:
        monkeypatch.setattr(job, "read_into", read)
        lease_over()
        assert work(queued.pk)
        return read(*args, **options)

    monkeypatch.setattr(job, "read_into", be_overtaken)
    assert not work(queued.pk)
    assert again(queued).state == State.READY


@pytest.mark.django_db(transaction=True)
def test_replaced_importing_worker_is_rolled_back(
    importing: Import, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*args: Any, **values: Any) -> None:
        raise ClaimLost

    monkeypatch.setattr(Import, "finish", lose)
    assert not work(importing.pk)
    assert not school.contacts.filter(user=None).exists()


def test_file_that_kills_workers_is_abandoned(queued: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "read_into", die)
    for _ in range(Import.max_attempts):
        with pytest.raises(Died):
            work(queued.pk)
        lease_over()
    assert work(queued.pk)
    failed = again(queued)
    assert (failed.state, failed.problem, failed.content) == (State.FAILED, NOT_READ, None)


def test_failed_import_can_be_restarted(
    importing: Import, school: School, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(job, "import_previewed", fail)
        for _ in range(Import.max_attempts):
            lease_over()
            with pytest.raises(RuntimeError):
                work(importing.pk)
    page = words(browser.get(page_of(importing)))
    assert NOT_IMPORTED in page
    assert ">Importeren</button>" in page
    browser.post(page_of(importing, "apply"))
    work(importing.pk)
    assert school.contacts.filter(user=None).count() == ROWS
    assert NOT_IMPORTED not in words(browser.get(page_of(importing)))


def die(*args: Any, **kwargs: Any) -> None:
    raise Died


def fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError


# --- Outdated previews ---------------------------------------------------------------------------
def test_outdated_preview_is_refreshed(importing: Import, school: School, browser: Client) -> None:
    ContactFactory(school=school, email="jan7@bedrijf.test", last_name="Anders")
    assert work(importing.pk)
    assert not work(importing.pk)
    assert school.contacts.filter(user=None).count() == 1
    page = words(browser.get(page_of(importing)))
    assert "Het adresboek is intussen veranderd; er is nog niets geïmporteerd." in page
    assert "1.499 nieuw, 1 bijgewerkt" in page


# --- Pages ---------------------------------------------------------------------------------------
def test_upload_shows_progress_then_the_preview(browser: Client) -> None:
    file = SimpleUploadedFile("lijst.csv", csv_file(*people()).getvalue())
    page = browser.post(START, {"file": file}, follow=True)
    prepared = Import.objects.get()
    assert page.request["PATH_INFO"] == page_of(prepared)
    assert "1.500 regels worden gelezen" in words(page)
    assert f'<a href="{page_of(prepared)}">Vernieuwen</a>' in words(page)
    Import.objects.update(state=State.READING, done_rows=500)
    part = browser.get(page_of(prepared, "progress"), headers={"HX-Request": "true"})
    assert "500 van 1.500 regels gelezen" in words(part)
    assert 'value="500" max="1500"' in words(part)
    assert "<html" not in words(part)
    Import.objects.update(state=State.QUEUED)
    work(prepared.pk)
    part = browser.get(page_of(prepared, "progress") + "?terug=/x/", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == page_of(prepared) + "?terug=%2Fx%2F"
    assert browser.get(page_of(prepared, "progress"))["Location"] == page_of(prepared)
    assert "1.500 nieuw, 0 bijgewerkt" in words(browser.get(page_of(prepared)))


def test_import_shows_progress_then_the_report(ready: Import, browser: Client) -> None:
    page = browser.post(page_of(ready, "apply"), follow=True)
    assert "1.500 regels worden geïmporteerd" in words(page)
    work(ready.pk)
    assert "Het importeren is gelukt: 1.500 nieuwe examinatoren" in words(browser.get(page_of(ready)))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7" + b"\n" * 2000, "Dit is geen Excel- of csv-bestand."),
        (b"a;b\r\n" * 2000, "ontbreken"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le") * 20_000, "met een wachtwoord"),
    ],
)
def test_error_of_a_large_file_is_at_the_field(browser: Client, content: bytes, sentence: str) -> None:
    browser.post(START, {"file": SimpleUploadedFile("lijst.csv", content)})
    prepared = Import.objects.get()
    assert work(prepared.pk)
    assert (again(prepared).state, again(prepared).content) == (State.FAILED, None)
    page = words(browser.get(page_of(prepared)))
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert f'action="{START}"' in page
    assert browser.get(page_of(prepared, "to_mend"))["Location"] == page_of(prepared)


def test_start_page_lists_large_imports(queued: Import, browser: Client) -> None:
    page = words(browser.get(START))
    assert "<h2>Uw lopende import</h2>" in page
    assert f'href="{page_of(queued)}' in page
    assert "1.500 regels worden gelezen" in page
    work(queued.pk)
    page = words(browser.get(START))
    assert "Uw laatste grote import" in page
    assert "Klaar om te bekijken" in page


def test_progress_takes_few_queries(queued: Import, browser: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4) as queries:
        browser.get(page_of(queued, "progress"), headers={"HX-Request": "true"})
    assert not any('"packed"' in query["sql"] or '"content"' in query["sql"] for query in queries)


@pytest.mark.parametrize("name", ["preview", "progress", "to_mend"])
def test_import_is_private(name: str, queued: Import, client: Client, stranger: User, colleague: User) -> None:
    for user in (stranger, colleague):
        client.force_login(user)
        assert client.get(page_of(queued, name)).status_code == 404
        assert client.post(page_of(queued, "apply")).status_code == 404
        assert "lijst.csv" not in words(client.get(START))


def test_unread_file_is_not_imported(queued: Import, browser: Client) -> None:
    browser.post(page_of(queued, "apply"))
    assert again(queued).state == State.QUEUED


def test_form_of_a_failed_file_keeps_the_school(browser: Client, docent: User, other_school: School) -> None:
    MembershipFactory(user=docent, school=other_school, role="DOCENT")
    file = SimpleUploadedFile("lijst.csv", b"a;b\r\n" * 2000)
    browser.post(START, {"file": file, "school": other_school.pk})
    prepared = Import.objects.get()
    work(prepared.pk)
    page = browser.get(page_of(prepared))
    assert list(page.context["form"].errors) == ["file"]
    assert page.context["form"]["school"].value() == other_school.pk
