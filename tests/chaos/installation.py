"""The whole product with servers of its own, for faults: web server, worker, beat, PostgreSQL, Redis, mail, storage.

Pauses and limits are those of production divided by some sixty, so that minutes are seconds here.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.processes import Process, Site, wait_until
from tests.smtp import SmtpSink

from .clock import Clock
from .object_storage import ObjectStorage, object_storage
from .servers import PostgreSQL, Redis, server_folder

SCALED = {
    "EMAIL_TIMEOUT": "2",  # the mail server is a thread of this process, which may pause for a while
    "OUTBOX_LEASE_SECONDS": "36",
    "OUTBOX_RETRY_SECONDS": "1,5,15,30,30,30",
    "JOB_LEASE_SECONDS": "10",
    "SWEEP_SECONDS": "1",
    "S3_CONNECT_TIMEOUT": "1",
    "S3_READ_TIMEOUT": "2",
    "HEALTH_MAIL_SECONDS": "10",
    "HEALTH_WAITING_MAIL_SECONDS": "10",
    "HEALTH_PDF_SECONDS": "10",
    "HEALTH_JOB_SECONDS": "10",
    "HEALTH_HEARTBEAT_SECONDS": "150",
    "HEALTH_FREE_MB": "8",
    "LOG_LEVEL": "WARNING",
}
VISITS = 15  # of examiners during one fault, at most
CONCURRENCY = 2  # processes of a worker, each of which may be sending a mail when it ends
PROCESSES = ("web", "worker", "beat")
NEWEST_PDF = """
select document.public_id, file.file, file.sha256 from assessments_document document
join outbox_storedfile file on file.id = document.file_id order by document.id desc limit 1
"""
# Runs in a process of the site.
CAST = """
import json
from django.test import Client
from accounts.models import Role
from tests.factories import ExamOfficeFactory, SchoolFactory, make_exam, member
school, exam = SchoolFactory(), make_exam()
ExamOfficeFactory(school=school, email="examenbureau@school.test")
docent, committee = member(school, Role.DOCENT, exam), member(school, Role.EXAMENCOMMISSIE)
def session(user):
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value
print(json.dumps({"docent": session(docent), "committee": session(committee)}))
"""
INVITE = """
import json
from factory import Transformer
from accounts.models import Membership, Role, School
from assessments import links
from exams.models import Exam
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, UserFactory, first_unit
school, exam = School.objects.get(), Exam.objects.get()
docent = Membership.objects.get(role=Role.DOCENT).user
for number in range({first}, {first} + {count}):
    email, password = f"student{{number}}@school.test", Transformer.Force("!")  # hashing takes longer than the rest
    user = UserFactory(email=email, password=password)
    student = MembershipFactory(school=school, student_number=f"{{100000 + number}}", user=user)
    examiner = ContactFactory(school=school, email=f"begeleider{{number}}@bedrijf.test")
    assessment = steps.start_assessment(student, first_unit(exam), docent)
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner)
    print(json.dumps([assessment.pk, str(assessment.public_id), links.token_for(invitation=invitation)]))
"""


class Installation:
    """`processes` has the site's by name, `rng` draws the moments of a fault.

    `download` is the URL and the SHA-256 of a PDF that people can read.
    """

    def __init__(self, folder: Path, *, database: PostgreSQL, broker: Redis, sink: SmtpSink, s3: ObjectStorage) -> None:
        self.database, self.broker, self.sink, self.s3 = database, broker, sink, s3
        self.replica: PostgreSQL | None = None
        self.site = Site(folder, database_url=database.url, broker_url=broker.url)
        self.site.env |= {**SCALED, "EMAIL_URL": sink.url}
        self.files = folder / "var" / "files"
        self.files.mkdir()
        self.processes: dict[str, Process] = {}
        self.rng = random.Random()
        self.cast: dict[str, str] = {}
        self.clock = Clock(folder / "clock")
        self.download: tuple[str, str] | None = None
        self.invitations: list[tuple[int, str, str]] = []
        self._invited = 0
        self._place: object = None
        self._env: Mapping[str, str] | None = None
        self._left_place = ExitStack()

    def set_up(self) -> None:
        self.site.manage("migrate", "--verbosity=0")
        self.site.manage("collectstatic", "--no-input", "--verbosity=0")
        self.cast = json.loads(self.site.python(CAST))

    def move_to(self, place: Callable[[Installation], AbstractContextManager[Mapping[str, str]]]) -> None:
        """Have all processes run in the place, which yields what their environment has more than usual."""
        if place is self._place:
            return
        self.end(*PROCESSES)
        self.leave()
        self._place, self._env = place, self._left_place.enter_context(place(self))
        self.start(*PROCESSES)

    def leave(self) -> None:
        """Undo what the place needed."""
        self._left_place.close()
        self.download = None

    def invite(self) -> None:
        """Add to the `invitations`, if there may be too few for one fault.

        Each is the assessment's id and public id, and the token of the examiner's link.
        """
        if len(self.invitations) < VISITS:
            lines = self.site.python(INVITE.format(first=self._invited, count=3 * VISITS)).splitlines()
            self._invited += 3 * VISITS
            self.invitations += [tuple(json.loads(line)) for line in lines]

    def start(self, *names: str, env: Mapping[str, str] | None = None, suffix: str = "") -> None:
        """Start processes by their names, with `env` added; `suffix` tells a second one of the same name."""
        usual = self.site.env
        self.site.env = {**usual, **(self._env or {}), **(env or {})}
        try:
            for name in names:
                self.processes[name + suffix] = self._start(name, suffix)
        finally:
            self.site.env = usual

    def _start(self, name: str, suffix: str) -> Process:
        if name == "web":
            return self.site.web(threads=4)
        if name == "worker":
            return self.site.worker(f"worker{suffix}", concurrency=CONCURRENCY, wait=False)
        return self.site.beat(self.site.folder / f"schedule{suffix}")

    def kill(self, name: str) -> None:
        self.processes.pop(name).kill()

    def end(self, *names: str) -> None:
        """Stop processes in order."""
        for name in names:
            if name in self.processes:
                self.processes.pop(name).stop()

    def pause(self, shortest: float, longest: float) -> None:
        time.sleep(self.rng.uniform(shortest, longest))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.site.rows(sql)

    def problems(self) -> str:
        """Return what is not as it should be: what the monitor names, and unfinished work; '' when all is well."""
        try:
            report = httpx.get(f"{self.site.url}/gezondheid/bewaking/", timeout=10)
        except httpx.HTTPError as error:
            return f"no answer: {error!r}"
        mails = "select count(*) from outbox_outgoingmail where state not in ('SENT', 'FAILED')"
        pdfs = "select count(*) from assessments_document where file_id is null"
        counts = {"mails": self.rows(mails)[0][0], "pdfs": self.rows(pdfs)[0][0]}
        work = [f"{count} {what}" for what, count in counts.items() if count]
        status = [] if report.status_code == 200 else [str(report.json()["status"])]
        return ", ".join(status + work)

    def wait_until_well(self, seconds: float) -> float:
        """Wait until nothing is wrong or unfinished; return the seconds it took."""
        started = time.monotonic()
        wait_until(lambda: not self.problems(), "all to be well", timeout=seconds, describe=self.problems)
        return time.monotonic() - started

    def find_download(self) -> bool:
        """Set `download` to the newest PDF, if the place has one."""
        if self.download is None:
            for public_id, name, sha256 in self.rows(NEWEST_PDF):
                if self.stored(name):
                    self.download = f"/documenten/{public_id}/", sha256
        return self.download is not None

    def stored(self, name: str) -> bytes | None:
        """Return a stored file's bytes, wherever files are now; None if it is not there."""
        if self._env and "S3_BUCKET" in self._env:
            return self.s3.objects.get(f"/bestanden/{name}")
        path = self.files / name
        return path.read_bytes() if path.exists() else None


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    with ExitStack() as stack:
        servers = stack.enter_context(server_folder())
        database, broker = PostgreSQL(servers / "primary"), Redis(servers / "redis")
        sink, s3 = SmtpSink(), stack.enter_context(object_storage())
        database.create()
        for server in (database, broker):
            stack.callback(server.crash)
            server.start()
        sink.start()
        stack.callback(sink.stop)
        made = Installation(folder, database=database, broker=broker, sink=sink, s3=s3)
        stack.callback(made.leave)
        stack.callback(made.site.end)
        made.set_up()
        yield made
