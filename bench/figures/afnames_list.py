"""P2a: the first page of the committee's list, with 1,000,000 assessments / with 1,000. P2b: / a bare page.

P2a is the worst median of all filters, each compared with itself, for a committee member of a large school, of a school
with 1,000 of the million, and of both; P2b is the page without filters. Whole requests. The goals allow plain querysets
and rows rendered by a template.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from assessments.models import Status
from bench import bare_page
from bench.databases import connected, empty_copy
from bench.figure import Figure, Measured, Worst
from bench.many_afnames import LARGE, SMALL, make_afnames, member_of
from committee.search import ALL

FEW, MANY = 1_000, 1_000_000
RUNS = 21  # with nine, the worst of 132 medians would be chance
OPENING, BARE = "as it opens", "a bare page"
# Names in braces: see `_names`.
FILTERS: dict[str, dict[str, str]] = {
    OPENING: {},
    **{f"state {status}": {"status": status} for status in (*Status.values, ALL)},
    "exam": {"examen": "{exam}"},
    "exam, all states": {"examen": "{exam}", "status": ALL},
    "exam, final": {"examen": "{exam}", "status": "FINAL"},
    "rare exam, all states": {"examen": "{rare_exam}", "status": ALL},
    "common student": {"student": "emma", "status": ALL},
    "common student, assessed": {"student": "jansen"},
    "common student, final": {"student": "van den berg", "status": "FINAL"},
    "less common student": {"student": "thomas", "status": ALL},
    "one student": {"student": "{student_of_exam}", "status": ALL},
    "rare last name": {"student": "{rare_name}", "status": ALL},
    "rare last name, final": {"student": "{rare_name}", "status": "FINAL"},
    "rare first name": {"student": "lisa", "status": ALL},
    "middle of names": {"student": "sen", "status": "FINAL"},
    "one letter": {"student": "j", "status": ALL},
    "two letters": {"student": "zw", "status": ALL},
    "no student": {"student": "xylofoon", "status": ALL},
    "no student, of common words": {"student": "emma daan sophie", "status": ALL},
    "student number": {"student": "{number}", "status": ALL},
    "common initiator": {"initiator": "emma", "status": ALL},
    "common initiator, assessed": {"initiator": "jansen"},
    "busiest initiator": {"initiator": "{initiator}", "status": ALL},
    "busiest initiator, cancelled": {"initiator": "{initiator}", "status": "CANCELLED"},
    "usual initiator, final": {"initiator": "{usual_initiator}", "status": "FINAL"},
    "no initiator": {"initiator": "xylofoon", "status": ALL},
    "common examiner": {"examinator": "emma", "status": ALL},
    "common examiner, cancelled": {"examinator": "jansen", "status": "CANCELLED"},
    "less common examiner": {"examinator": "thomas", "status": "FINAL"},
    "examiner of a rare name": {"examinator": "{rare_examiner_name}", "status": ALL},
    "busiest examiner": {"examinator": "{examiner}", "status": ALL},
    "usual examiner": {"examinator": "{usual_examiner}", "status": ALL},
    "usual examiner, final": {"examinator": "{usual_examiner}", "status": "FINAL"},
    "no examiner": {"examinator": "xylofoon", "status": ALL},
    "last month, all states": {"van": "{month_ago}", "status": ALL},
    "a year, final": {"van": "2021-08-01", "tot": "2022-07-31", "status": "FINAL"},
    "a year, common student": {"van": "2021-08-01", "tot": "2022-07-31", "status": "FINAL", "student": "emma"},
    "exam and common student": {"examen": "{exam}", "student": "emma", "status": ALL},
    "exam and one student": {"examen": "{exam}", "student": "{student_of_exam}", "status": ALL},
    "exam and common initiator": {"examen": "{exam}", "initiator": "emma", "status": "FINAL"},
    "common student and common examiner": {"student": "emma", "examinator": "jansen", "status": ALL},
    "common student and busiest initiator": {"student": "emma", "initiator": "{initiator}", "status": ALL},
    "less common student and common examiner": {"student": "thomas", "examinator": "emma", "status": ALL},
    "everything": {
        "examen": "{exam}",
        "student": "{first_name_of_exam}",
        "initiator": "{initiator_of_exam}",
        "examinator": "{examiner_of_exam}",
        "van": "2018-08-01",
        "status": "FINAL",
    },
}
# Ordered by number of assessments: the first is the name, the middle one 'usual_…', the last 'rare_…'.
RANKED = {
    "exam": "SELECT exam_id FROM assessments_assessment a WHERE {condition} GROUP BY 1 ORDER BY count(*) DESC, 1",
    "initiator": """
        SELECT u.email FROM assessments_assessment a JOIN accounts_user u ON u.id = a.initiator_id
        WHERE {condition} GROUP BY 1 ORDER BY count(*) DESC, 1
    """,
    "examiner": """
        SELECT a.email FROM (SELECT contact_id AS id, count(*) FROM assessments_assignment GROUP BY 1) done
        JOIN addressbook_contact a ON a.id = done.id WHERE {condition} ORDER BY done.count DESC, 1
    """,
    "examiner_name": """
        SELECT a.last_name FROM addressbook_contact a JOIN assessments_assignment done ON done.contact_id = a.id
        WHERE {condition} GROUP BY 1 ORDER BY count(*) DESC, 1
    """,
    "name": """
        SELECT u.last_name FROM accounts_membership a JOIN accounts_user u ON u.id = a.user_id
        WHERE {condition} AND a.role = 'STUDENT' GROUP BY 1 ORDER BY count(*) DESC, 1
    """,
}
# The people of the newest final assessment of an exam.
NEWEST = """
SELECT m.student_number, s.email, s.first_name, i.email, c.email
FROM (SELECT * FROM assessments_assessment a WHERE {condition} AND a.exam_id = %s AND a.status = 'FINAL'
      ORDER BY a.status_since DESC LIMIT 1) a
JOIN accounts_membership m ON m.id = a.student_id JOIN accounts_user s ON s.id = m.user_id
JOIN accounts_user i ON i.id = a.initiator_id JOIN assessments_assignment d ON d.assessment_id = a.id
JOIN addressbook_contact c ON c.id = d.contact_id LIMIT 1
"""
OF_NEWEST = ("number", "student_of_exam", "first_name_of_exam", "initiator_of_exam", "examiner_of_exam")


@dataclass(frozen=True)
class Place:
    """A database with assessments, and a committee member's client; `names` are the values in braces."""

    name: str
    database: str
    client: Client
    names: dict[str, str]

    def request(self, what: str) -> None:
        search = {name: value.format(**self.names) for name, value in FILTERS.get(what, {}).items()}
        address = bare_page.ADDRESS if what == BARE else reverse("committee:afnames")
        response = self.client.get(address, search)
        assert response.status_code == 200, response
        assert b"invalid-feedback" not in response.content, what


@cache
def measure(scale: float) -> dict[str, Measured]:
    """Return each filter at each place, compared with the small database; `BARE` is the page against a bare one."""
    with ExitStack() as stack:
        few, _, both_of_few = stack.enter_context(_places("few", FEW))
        large, small, both = stack.enter_context(_places("many", max(FEW, round(MANY * scale))))
        times = time_places([few, both_of_few, large, small, both])
    compared = [(large, few), (small, few), (both, both_of_few)]
    return {
        **{
            f"{place.name}: {what}": Measured(times[place.name, what], times[reference.name, what])
            for place, reference in compared
            for what in FILTERS
        },
        BARE: Measured(times[large.name, OPENING], times[large.name, BARE]),
    }


def measure_filters(scale: float) -> Worst:
    return Worst({what: measured for what, measured in measure(scale).items() if what != BARE})


def measure_opening(scale: float) -> Measured:
    return measure(scale)[BARE]


def time_places(places: list[Place]) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of each filter at each place, after a warm-up run."""
    requests = [BARE, *FILTERS]
    times: dict[tuple[str, str], list[float]] = {(place.name, what): [] for place in places for what in requests}
    with override_settings(ROOT_URLCONF=bare_page.__name__):
        for run in range(RUNS + 1):
            for place in places if run % 2 else places[::-1]:
                with connected(place.database):
                    place.request(BARE)
                    place.request(OPENING)
                    gc.collect()
                    for what in requests:
                        started = time.perf_counter()
                        place.request(what)
                        if run:
                            times[place.name, what].append(time.perf_counter() - started)
    return times


@contextmanager
def _places(name: str, count: int) -> Iterator[list[Place]]:
    database = f"p2_{name}"
    with empty_copy(database):
        with connected(database):
            make_afnames(count)
            places = read_places(name, database)
        yield places


def read_places(name: str, database: str) -> list[Place]:
    """Return a place for the large school, one for a small one, and one for both."""
    places = []
    for label, schools in (("large school", [LARGE]), ("small school", [SMALL]), ("two schools", [LARGE, SMALL])):
        client = Client(SERVER_NAME="localhost")
        client.force_login(member_of(*schools), "django.contrib.auth.backends.ModelBackend")
        places.append(Place(f"{name}, {label}", database, client, _names(schools)))
    return places


def _names(schools: list[int]) -> dict[str, str]:
    """Return the values for the names in braces."""
    condition, names = "a.school_id = ANY(%s)", {"month_ago": str(timezone.localdate() - timedelta(days=30))}
    with connection.cursor() as cursor:
        for what, query in RANKED.items():
            cursor.execute(query.format(condition=condition), [schools])
            ranked = [str(value) for (value,) in cursor.fetchall()]
            names |= {what: ranked[0], f"usual_{what}": ranked[len(ranked) // 2], f"rare_{what}": ranked[-1]}
        cursor.execute(NEWEST.format(condition=condition), [schools, names["exam"]])
        return names | dict(zip(OF_NEWEST, cursor.fetchone(), strict=True))


FIGURE_A = Figure(name="P2a", what="afnames-filters", goal=3.0, measure=measure_filters)
FIGURE_B = Figure(name="P2b", what="afnames-opening", goal=5.0, measure=measure_opening)
