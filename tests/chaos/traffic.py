"""A small steady traffic: a docent, examiners, a committee member and a monitor, each in a thread of its own.

People try again what fails. What the site acknowledged is written down, and so is every answer.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import lxml.html

from .installation import Installation

TIMEOUT = 30  # seconds, what a person waits for a page
AGAIN = 0.5  # seconds until a person tries again
SAVES = 3  # by each examiner, before completing


class Leaving(Exception):
    """The traffic ends."""


@dataclass(frozen=True)
class Answer:
    """What one request gave: its status, or None when there was no answer."""

    step: str
    status: int | None
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 400


@dataclass
class Seen:
    """What people saw, and what the site told them was done."""

    answers: list[Answer] = field(default_factory=list)
    monitor: Counter[str] = field(default_factory=Counter)
    saved: dict[int, int] = field(default_factory=dict)  # the last acknowledged save, by assignment
    completed: set[int] = field(default_factory=set)  # assessments
    final: set[int] = field(default_factory=set)
    unexpected: list[str] = field(default_factory=list)  # answers that are neither good nor a failure of the site


class Traffic:
    """`seen` grows while the traffic runs."""

    def __init__(self, installation: Installation) -> None:
        self.installation, self.seen = installation, Seen()
        self._assessed: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self._leaving = threading.Event()

    @contextmanager
    def run(self) -> Iterator[None]:
        """Have people at work in the block; at its end each leaves after the step that is being done."""
        self._leaving.clear()
        people = [self._list, self._examine, self._examine, self._finalise, self._read, self._watch]
        threads = [threading.Thread(target=self._be, args=[person]) for person in people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._leaving.set()
            for thread in threads:
                thread.join()

    def _be(self, person: Callable[[], None]) -> None:
        try:
            person()
        except Leaving:
            pass
        except Exception as error:  # noqa: BLE001 - a thread can't fail a test
            self.seen.unexpected.append(f"{person.__name__}: {error!r}")

    # --- People ----------------------------------------------------------------------------------

    def _list(self) -> None:
        with self._client("docent") as client:
            while True:
                self._ask(client, "list", "GET", "/afnames/")
                self._rest(0.7)

    def _examine(self) -> None:
        while True:
            with self._client() as client:
                assessment, public_id, token = self.installation.invitations.pop()
                self._fill_in(client, assessment, token)
                self._assessed.put((assessment, public_id))
            self._rest(0.3)

    def _fill_in(self, client: httpx.Client, assessment: int, token: str) -> None:
        page = self._ask(client, "open form", "GET", f"/beoordelen/{token}/")
        url, form = str(page.url.copy_with(query=None)), read_form(page, "page")
        form |= {"page": hashlib.sha256(token.encode()).hexdigest()[:16]}
        assignments = [int(name.partition("-")[2]) for name in form if name.startswith("justification-")]
        for number in range(1, SAVES + 1):
            text = {f"justification-{pk}": text_of(number) for pk in assignments}
            answer = self._ask(client, "autosave", "POST", f"{url}bewaren/", form | text | {"save-number": str(number)})
            if answer.json()["conflicts"] or answer.json()["closed"]:
                self.seen.unexpected.append(f"autosave {number} of assessment {assessment}: {answer.text}")
            self.seen.saved |= dict.fromkeys(assignments, number)
            self._rest(0.4)
        self._ask(client, "complete", "POST", f"{url}nakijken/", form | text | {"save-number": str(SAVES + 1)})
        page = self._ask(client, "complete", "GET", f"{url}afronden/")
        form = {**read_form(page, "fingerprint"), "confirmed": "on"}
        if self._is_done(self._ask(client, "complete", "POST", f"{url}afronden/", form)):
            self.seen.completed.add(assessment)

    def _finalise(self) -> None:
        with self._client("committee") as client:
            while True:
                try:
                    assessment, public_id = self._assessed.get(timeout=0.2)
                except queue.Empty:
                    self._rest(0)
                    continue
                url = f"/commissie/{public_id}/afronden/"
                page = self._ask(client, "make final", "GET", url)
                form = {**read_form(page, "office"), "office": "examenbureau@school.test"}
                if self._is_done(self._ask(client, "make final", "POST", url, form)):
                    self.seen.final.add(assessment)

    def _read(self) -> None:
        with self._client("committee") as client:
            while True:
                if self.installation.download:
                    url, sha256 = self.installation.download
                    answer = self._ask(client, "download", "GET", url)
                    if hashlib.sha256(answer.content).hexdigest() != sha256:
                        self.seen.unexpected.append(f"download of {len(answer.content)} bytes: not the PDF")
                self._rest(0.7)

    def _watch(self) -> None:
        with self._client() as client:
            while True:
                try:
                    answer = client.get("/gezondheid/bewaking/")
                    status = str(answer.json()["status"])
                except (httpx.HTTPError, ValueError):
                    status = "no answer"
                self.seen.monitor.update(status.split(", "))
                self._rest(0.5)

    # --- What they do ----------------------------------------------------------------------------

    def _client(self, user: str = "") -> httpx.Client:
        cookies = {"sessionid": self.installation.cast[user]} if user else None
        base_url = self.installation.site.url
        return httpx.Client(base_url=base_url, cookies=cookies, timeout=TIMEOUT, follow_redirects=True)

    def _ask(
        self, client: httpx.Client, step: str, method: str, url: str, form: dict[str, str] | None = None
    ) -> httpx.Response:
        """Return the good answer, after as many attempts as it takes."""
        while True:
            started = time.monotonic()
            answer = None
            with suppress(httpx.HTTPError):
                answer = client.request(method, url, data=form)
            status = answer.status_code if answer else None
            self.seen.answers.append(Answer(step, status, time.monotonic() - started))
            if answer is not None and status is not None and status < 500:
                if status >= 400:
                    self.seen.unexpected.append(f"{status} to {step}: {method} {url}")
                return answer
            self._rest(AGAIN)

    def _is_done(self, answer: httpx.Response) -> bool:
        """Return whether the answer to a form is another page, not the form with its errors."""
        if not answer.history:
            self.seen.unexpected.append(f"refused: {answer.url}")
        return bool(answer.history)

    def _rest(self, seconds: float) -> None:
        if self._leaving.wait(seconds):
            raise Leaving


def text_of(number: int) -> str:
    """Return the justification of an examiner's save."""
    return f"Gezien, {number} keer"


def read_form(page: httpx.Response, name: str) -> dict[str, str]:
    """Return the values of the page's form that has a field of this name, a G for each score."""
    forms: list[Any] = lxml.html.document_fromstring(page.text).forms
    form = next(form for form in forms if name in form.fields)
    scores = {field: "G" for field in form.fields if field.startswith("score-")}
    return {**dict(form.form_values()), **scores}
