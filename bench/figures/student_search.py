"""P3: searching students among 500,000 / among 1,000, in one school and in 500 schools.

The whole request that htmx makes while typing. Each query's median is compared with its own among 1,000; the figure is
the worst of all. Three databases, in turns.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, User
from bench.databases import connected, empty_copy
from bench.figure import Figure, Measured, Worst
from bench.people import make_people
from exams.content.versions import load_exam, read_file
from exams.models import AccountExam
from scripts.environment import BASE

FEW, MANY, SCHOOLS = 1_000, 500_000, 500
RUNS = 7
QUERIES = {
    "first name": "emma",
    "part of a first name": "mohamm",
    "less common first name": "thomas",
    "rare first name": "lisa",
    "accents": "ZOË",
    "common last name": "jansen",
    "last name at the end": "zwart",
    "rare last name": "witteveen",
    "infix and last name": "van den berg",
    "first and last name": "emma jansen",
    "rare first and last name": "lisa witteveen",
    "any order": "dijk van noor",
    "middle of names": "sen",
    "pieces of two names": "ann sen",
    "rare pieces of two names": "zie witt",
    "'van'": "van",
    "accent within": "brömmel esmée",
    "address of nobody": "noor.bakker.417@student.test",
    "part of an address": "@student",
    "student number": "100417",
    "part of a number": "0417",
    "one letter": "j",
    "two letters": "zw",
    "two letters and more": "de vr",
    "nobody": "xylofoon",
    "nobody, of common words": "emma xylofoon jansen",
    "nobody, of common words alone": "emma daan sophie jansen",
}


USERS = """
INSERT INTO accounts_user
    (id, email, first_name, infix, last_name, password, is_superuser, is_staff, is_active, joined_at)
SELECT n, email, first_name, infix, last_name, '', false, false, true, now() FROM people
"""
MEMBERSHIPS = """
INSERT INTO accounts_membership (id, user_id, school_id, role, student_number, search_text, sort_key, first_name_key)
SELECT n, n, 1 + n %% %(schools)s, 'STUDENT', student_number,
       concat_ws(' ', '', plain_first, nullif(infix, ''), plain_last, email, student_number),
       concat_ws(E'\\t', plain_last, plain_first, student_number),
       concat_ws(E'\\t', plain_first, plain_last, student_number)
FROM people
"""


@dataclass(frozen=True)
class Place:
    """A database with students, and the client of a teacher who searches."""

    name: str
    database: str
    client: Client
    address: str

    def search(self, query: str) -> None:
        response = self.client.get(self.address, {"q": query}, headers={"HX-Request": "true"})
        assert response.status_code == 200, response
        assert b"<html" not in response.content


def measure(scale: float) -> Worst:
    many = max(FEW, round(MANY * scale))
    with ExitStack() as stack:
        few = stack.enter_context(_place("few", students=FEW, schools=1))
        others = [
            stack.enter_context(_place("one school", students=many, schools=1)),
            stack.enter_context(_place("many schools", students=many, schools=max(1, many * SCHOOLS // MANY))),
        ]
        times = _times([few, *others])
    return Worst(
        {
            f"{place.name}: {what} {query!r}": Measured(times[place.name, what], times[few.name, what])
            for place in others
            for what, query in QUERIES.items()
        }
    )


def _times(places: list[Place]) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of each query at each place, after a warm-up run."""
    times: dict[tuple[str, str], list[float]] = {(place.name, what): [] for place in places for what in QUERIES}
    for run in range(RUNS + 1):
        for place in places[run % 3 :] + places[: run % 3]:
            with connected(place.database):
                place.search("warm")
                gc.collect()
                for what, query in QUERIES.items():
                    started = time.perf_counter()
                    place.search(query)
                    if run:
                        times[place.name, what].append(time.perf_counter() - started)
    return times


@contextmanager
def _place(name: str, *, students: int, schools: int) -> Iterator[Place]:
    """Fill a copy of the empty database, dropped at the end of the block."""
    database = f"p3_{name.replace(' ', '_')}"
    with empty_copy(database):
        with connected(database):
            place = _fill(name, database, students=students, schools=schools)
        yield place


def _fill(name: str, database: str, *, students: int, schools: int) -> Place:
    School.objects.bulk_create(
        School(pk=number, name=f"School {number}", digital_assessment_active=True) for number in range(1, schools + 1)
    )
    docent = User.objects.create_user("docent@school.test", first_name="Dirk", last_name="Docent", pk=students + 1)
    User.objects.filter(pk=docent.pk).update(details_checked_at=docent.joined_at)
    Membership.objects.create(pk=students + 1, user=docent, school_id=1, role=Role.DOCENT)
    make_people(students)
    with connection.cursor() as cursor:
        for statement in (USERS, MEMBERSHIPS):
            cursor.execute(statement, {"students": students, "schools": schools})
        cursor.execute("VACUUM ANALYZE")
    version = load_exam(read_file(BASE / "exams" / "data" / "assistent-logistiek-25743.yaml"), publish=True).version
    AccountExam.objects.create(user=docent, exam=version.exam)
    client = Client(SERVER_NAME="localhost")
    client.force_login(docent, "django.contrib.auth.backends.ModelBackend")
    return Place(name, database, client, reverse("assessments:choose_student", args=[version.units.all()[0].pk]))


FIGURE = Figure(name="P3", what="student-search", goal=2.0, measure=measure)
