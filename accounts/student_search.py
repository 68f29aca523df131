"""The search for a student on the pages of Schoolbeheer: each student of the school, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.http import QueryDict

from .models import Membership, MembershipQuerySet, Role, School, User
from .people.listing import Page, read_page
from .search import indexed, matches, needles

WALKED = 1000  # students; what less than one in fifty of them matches is left to the trigram index
END = "\U0010ffff"  # after all that begins with the text before it
Beginning = tuple[str, str]  # column, and what it begins with
Walk = tuple[list[Membership], bool]  # whom it met, and whether it met all that there are, or as many as were asked


def find_students(*, schools: Sequence[School], query: str, limit: int) -> list[Membership]:
    """At most `limit` active students with a number, of these schools, that hold every word of `query`.

    Of one word first those whose last name begins with it, then those whose first name does; of several first those
    whose name they are, then those whose last name begins with the last word. Then the others; each sorted by last
    name. Of far more others than `limit` it is some.
    """
    words = needles(query)
    if not words:
        return []
    beginnings = _beginnings(words)
    found: dict[int, Membership] = {}
    for walks in _walks(schools, words, beginnings, limit):
        for walk, _ in walks:
            found.update((student.pk, student) for student in walk)
        if len(found) >= limit or (walks and all(whole for _, whole in walks)):
            break
    else:
        found = {student.pk: student for student in _look_up(schools, words, beginnings)[:limit]}
    for student in found.values():  # at hand already: neither joined nor asked for once more
        student.school = next(school for school in schools if school.pk == student.school_id)
    return sorted(found.values(), key=lambda student: (_rank(student, beginnings), student.sort_key))[:limit]


def _beginnings(words: Sequence[str]) -> list[Beginning]:
    """What makes someone come first, from the most wanted on; what lies between two words may be an infix."""
    first, last = words[0].strip(), words[-1].strip()
    if len(words) == 1:
        return [("sort_key", first), ("first_name_key", first)]
    return [("first_name_key", f"{first}\t{last}"), ("first_name_key", f"{last}\t{first}"), ("sort_key", last)]


def _walks(
    schools: Sequence[School], words: Sequence[str], beginnings: Sequence[Beginning], limit: int
) -> Iterator[list[Walk]]:
    """From the most wanted on; the next is made only if one goes on. Only of a whole school is it said to be all."""
    for column, begin in beginnings[:2]:
        called_so = [_holding(words, _listed([school]).filter(_begins(column, begin))) for school in schools]
        yield [(list(_shown(students, column)[:limit]), False) for students in called_so]
    for column, begin in beginnings[2:]:  # as 'van den berg' has it; not all whose name begins so hold each word
        yield [(_walk(school, words, limit, column, begin)[0], False) for school in schools]
    yield [_walk(school, words, limit, "sort_key") for school in schools]
    # What stands late in the alphabet, such as 'Zw': a number says nothing of the name. Of two pieces of names the
    # trigram index alone leaves few enough.
    if len([word for word in words if not word.startswith(" ")]) < 2:
        yield [(_walk(school, words, limit, "student_number")[0], False) for school in schools]


def _walk(school: School, words: Sequence[str], limit: int, column: str, begin: str = "") -> Walk:
    students = _listed([school]).filter(_begins(column, begin) if begin else Q())
    horizon = list(students.order_by(column).values_list(column, flat=True)[WALKED : WALKED + 1])
    if horizon:
        students = students.filter(**{f"{column}__lt": horizon[0]})
    # Those who come first were met already, and may be all that this meets.
    return list(_shown(_holding(words, students), column)[: 2 * limit]), not horizon


def _holding(words: Sequence[str], students: QuerySet[Membership]) -> QuerySet[Membership]:
    for word in words:  # not LIKE, for which the database might take the trigram index after all
        students = students.filter(GreaterThan(StrIndex("search_text", Value(word)), 0))
    return students


def _look_up(schools: Sequence[School], words: Sequence[str], beginnings: Sequence[Beginning]) -> QuerySet[Membership]:
    """All of them, by the trigram index: what they are sorted by first keeps it from walking another one."""
    # Not joined, for which the database might read all users.
    account = User.objects.filter(pk=OuterRef("user")).values("is_active")
    students: QuerySet[Membership] = (
        _listed(schools).alias(active=Subquery(account)).filter(active=True, ended_at__isnull=True)
    )
    for word in words:
        students = students.filter(search_text__contains=indexed(word))
    students = _holding([word for word in words if indexed(word) != word], students)
    ranks = [When(_begins(column, begin), then=rank) for rank, (column, begin) in enumerate(beginnings)]
    return students.order_by(Case(*ranks, default=len(ranks)), "sort_key").prefetch_related("user")


def _listed(schools: Sequence[School]) -> QuerySet[Membership]:
    """Whom the indexes in order hold."""
    at = Q(school=schools[0]) if len(schools) == 1 else Q(school__in=schools)
    return Membership.objects.filter(at, role=Role.STUDENT).exclude(student_number="")


def _shown(students: QuerySet[Membership], order: str) -> QuerySet[Membership]:
    return students.filter(user__is_active=True, ended_at__isnull=True).select_related("user").order_by(order)


def _begins(column: str, name: str) -> Q:
    return Q(**{f"{column}__gte": name, f"{column}__lt": name + END})


def _rank(student: Membership, beginnings: Sequence[Beginning]) -> int:
    ranks = (rank for rank, (column, begin) in enumerate(beginnings) if getattr(student, column).startswith(begin))
    return next(ranks, len(beginnings))


@dataclass(frozen=True)
class StudentSearch:
    """What was typed, and a page of whom it finds; of nothing typed the page may be of others."""

    query: str
    page: Page


def search_students(asked: QueryDict, *, school: School, unasked: Callable[[], QuerySet[Membership]]) -> StudentSearch:
    """By last name those who hold every word of `q`: who left and who has no number yet, too. Without it `unasked`."""
    query = asked.get("q", "").strip()
    found = students_of(school).filter(matches(query)) if query else unasked()
    found = found.select_related("user", "school")
    page = read_page(found, order="sort_key", after=asked.get("na", ""), before=asked.get("voor", ""))
    return StudentSearch(query, page)


def students_of(school: School) -> MembershipQuerySet:
    return Membership.objects.filter(school=school, role=Role.STUDENT)


def without_number(school: School) -> QuerySet[Membership]:
    """The school's students who can't be assessed, since nobody knows their number: not those who left."""
    return students_of(school).present().filter(student_number="", user__is_active=True)
