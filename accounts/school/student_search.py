"""Search for students: by relevance for a picker, and paginated for Schoolbeheer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.http import QueryDict

from accounts.lists import Page, read_page
from accounts.models import Membership, MembershipQuerySet, Role, School, User
from accounts.search import indexed, matches, needles

WALKED = 1000  # students; matches rarer than 1 in 50 are left to the trigram index
LAST = "\U0010ffff"  # sorts after every string with the prefix before it
Prefix = tuple[str, str]  # column and prefix
Walk = tuple[list[Membership], bool]  # matches, and whether these are complete (or `limit` of them)


def find_students(*, schools: Sequence[School], query: str, limit: int) -> list[Membership]:
    """Return at most `limit` active students with a number whose texts contain every word of `query`.

    For one word, last names that prefix with it come first, then first names; for several words, exact names, then last
    names that prefix with the last word; then the others, each group by last name. If far more than `limit` match, the
    last group is incomplete.
    """
    words = needles(query)
    if not words:
        return []
    prefixes = _prefixes(words)
    students_by_pk: dict[int, Membership] = {}
    for walks in _walks(schools, words, prefixes, limit):
        for walk, _ in walks:
            students_by_pk.update((student.pk, student) for student in walk)
        if len(students_by_pk) >= limit or (walks and all(complete for _, complete in walks)):
            break
    else:
        students_by_pk = {student.pk: student for student in _by_trigrams(schools, words, prefixes)[:limit]}
    for student in students_by_pk.values():  # saves a join or query
        student.school = next(school for school in schools if school.pk == student.school_id)
    return sorted(students_by_pk.values(), key=lambda student: (_rank(student, prefixes), student.sort_key))[:limit]


def _prefixes(words: Sequence[str]) -> list[Prefix]:
    """Return the prefixes that rank first, most relevant first; between two words there may be an infix."""
    first, last = words[0].strip(), words[-1].strip()
    if len(words) == 1:
        return [("sort_key", first), ("first_name_key", first)]
    return [("first_name_key", f"{first}\t{last}"), ("first_name_key", f"{last}\t{first}"), ("sort_key", last)]


def _walks(
    schools: Sequence[School], words: Sequence[str], prefixes: Sequence[Prefix], limit: int
) -> Iterator[list[Walk]]:
    """Yield index walks, most relevant first, each only if the earlier ones found too few.

    Only a walk over a whole school can be complete.
    """
    for column, prefix in prefixes[:2]:
        named = [_containing(words, _indexed([school]).filter(_starts_with(column, prefix))) for school in schools]
        yield [(list(_active(students, column)[:limit]), False) for students in named]
    for column, prefix in prefixes[2:]:  # such as 'van den berg'; not all with this prefix contain every word
        yield [(_walk(school, words, limit, column, prefix)[0], False) for school in schools]
    yield [_walk(school, words, limit, "sort_key") for school in schools]
    # For names late in the alphabet, such as 'Zw', as the number does not depend on the name. Two parts of a name are
    # selective enough for the trigram index.
    if len([word for word in words if not word.startswith(" ")]) < 2:
        yield [(_walk(school, words, limit, "student_number")[0], False) for school in schools]


def _walk(school: School, words: Sequence[str], limit: int, column: str, prefix: str = "") -> Walk:
    students = _indexed([school]).filter(_starts_with(column, prefix) if prefix else Q())
    limit_key = list(students.order_by(column).values_list(column, flat=True)[WALKED : WALKED + 1])
    if limit_key:
        students = students.filter(**{f"{column}__lt": limit_key[0]})
    # Higher ranks were found already, and may be all that this finds.
    return list(_active(_containing(words, students), column)[: 2 * limit]), not limit_key


def _containing(words: Sequence[str], students: QuerySet[Membership]) -> QuerySet[Membership]:
    for word in words:  # not LIKE, for which the planner might use the trigram index
        students = students.filter(GreaterThan(StrIndex("search_text", Value(word)), 0))
    return students


def _by_trigrams(schools: Sequence[School], words: Sequence[str], prefixes: Sequence[Prefix]) -> QuerySet[Membership]:
    """Return all matches by the trigram index; the ordering keeps the planner from walking another index."""
    # A subquery: with a join the planner might read all users.
    account = User.objects.filter(pk=OuterRef("user")).values("is_active")
    students: QuerySet[Membership] = (
        _indexed(schools).alias(active=Subquery(account)).filter(active=True, ended_at__isnull=True)
    )
    for word in words:
        students = students.filter(search_text__contains=indexed(word))
    students = _containing([word for word in words if indexed(word) != word], students)
    ranks = [When(_starts_with(column, prefix), then=rank) for rank, (column, prefix) in enumerate(prefixes)]
    return students.order_by(Case(*ranks, default=len(ranks)), "sort_key").prefetch_related("user")


def _indexed(schools: Sequence[School]) -> QuerySet[Membership]:
    """Return the students in the partial indexes on sort keys."""
    at = Q(school=schools[0]) if len(schools) == 1 else Q(school__in=schools)
    return Membership.objects.filter(at, role=Role.STUDENT).exclude(student_number="")


def _active(students: QuerySet[Membership], order: str) -> QuerySet[Membership]:
    return students.filter(user__is_active=True, ended_at__isnull=True).select_related("user").order_by(order)


def _starts_with(column: str, name: str) -> Q:
    return Q(**{f"{column}__gte": name, f"{column}__lt": name + LAST})


def _rank(student: Membership, prefixes: Sequence[Prefix]) -> int:
    ranks = (rank for rank, (column, prefix) in enumerate(prefixes) if getattr(student, column).startswith(prefix))
    return next(ranks, len(prefixes))


@dataclass(frozen=True)
class StudentSearch:
    """A query and a page of results; without a query, of the default."""

    query: str
    page: Page


def search_students(params: QueryDict, *, school: School, default: Callable[[], QuerySet[Membership]]) -> StudentSearch:
    """Return students of the school that match `q`, by last name, former ones included; else `default`."""
    query = params.get("q", "").strip()
    queryset = students_of(school).filter(matches(query)) if query else default()
    queryset = queryset.select_related("user", "school")
    page = read_page(queryset, order="sort_key", after=params.get("na", ""), before=params.get("voor", ""))
    return StudentSearch(query, page)


def students_of(school: School) -> MembershipQuerySet:
    return Membership.objects.filter(school=school, role=Role.STUDENT)


def without_number(school: School) -> QuerySet[Membership]:
    """Return present students without a number, who can't be assessed."""
    return students_of(school).present().filter(student_number="", user__is_active=True)
