"""Finding a school's assessments by their dates, and by people's names, as fast among a million as among a thousand.

The list in its order is an index, so that a page of it, or a count up to a bound, reads no more than it shows. By names
of students and examiners a bounded piece of it is walked, which meets what is common; where that was not enough, the
few people who are called so are looked up first and then their assessments. (`accounts.find_students` does the same.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db import connection
from django.db.models import BigIntegerField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from accounts.models import Membership, Role
from accounts.search import indexed, matches, needles
from addressbook.models import Contact
from assessments.models import Assessment, AssessmentQuerySet, Assignment, Status

ALL = "ALLE"
COUNT_UP_TO = 1000  # of each state; beyond it the screen says '1000+'
WALKED = 1000  # assessments at first, and four times as many each time that goes on
COMMON = 8  # of those met among the first; then walking on meets a page soon
FEW_STUDENTS, FEW_EXAMINERS, FEW_EXAMINED = 100, 50, 500  # looked up by; of more, walking meets some soon
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
Key = tuple[datetime, int]  # an assessment's place in the list: since when it is what it is, and its id


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to: `status` may be `ALL`, `until` is after its last moment; others may be empty."""

    status: str = ALL
    exam: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    student: str = ""
    initiator: str = ""
    examiner: str = ""

    @property
    def names_people(self) -> bool:
        return bool(self.student or self.initiator or self.examiner)


class AfnamesOfSchool:
    """The assessments of one school (its id) that are wanted."""

    def __init__(self, school: int, wanted: Wanted) -> None:
        self.school, self.wanted = school, wanted
        self._people_at_hand = (
            False  # all who are called so, once there is far to walk: a step costs nearly nothing then
        )

    def find(self, *, limit: int, ascending: bool, after: Key | None = None) -> list[Key]:
        """The first of them in order of date, or those after a key; descending the newest come first."""
        listed = self._listed(self.wanted.status).order_by(*(_ORDER if ascending else _REVERSED))
        if after:
            listed = listed.filter(_beyond(after, ascending=ascending))
        if self._nobody_is_called_so:
            return []
        if not self.wanted.names_people:
            return _keys(listed[:limit])
        if not (self.wanted.student or self.wanted.examiner):
            return _keys(self._of_initiators(listed)[:limit])
        return self._walk(listed, limit=limit, ascending=ascending)

    def count(self) -> Counter[str] | None:
        """How many in each state, whatever state is wanted, each at most one over `COUNT_UP_TO`; None if it would cost.

        It would where people of that name are many among many.
        """
        if self._nobody_is_called_so:
            return Counter()
        if not self.wanted.names_people:
            return self._count_in_order()
        everything = self._listed(ALL)
        if everything.order_by(*_ORDER)[WALKED : WALKED + 1].values_list("pk"):
            counted = self._countable(everything)
            if counted is None:
                return None
        else:
            counted = self._holding_names(everything)
        states = list(counted.order_by().values_list("status", flat=True)[: COUNT_UP_TO + 1])
        return Counter(states) if len(states) <= COUNT_UP_TO else None

    def _count_in_order(self) -> Counter[str]:
        # One of them made by the ORM, for a state that there is not; making all six would take longer than asking.
        one = self._listed(_ANY_STATE).order_by(*_ORDER).values("pk")[: COUNT_UP_TO + 1]
        sql, given = one.query.sql_with_params()
        counts = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for _ in Status.values)  # noqa: S608  the ORM's
        every = [status if value == _ANY_STATE else value for status in Status.values for value in given]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {counts}", every)
            return Counter(dict(zip(Status.values, cursor.fetchone(), strict=True)))

    def _listed(self, status: str) -> AssessmentQuerySet:
        """Without the names of people: what the indexes hold in order."""
        listed = Assessment.objects.filter(school=self.school)
        if status != ALL:
            listed = listed.filter(status=status)
        if self.wanted.exam:
            listed = listed.filter(exam=self.wanted.exam)
        if self.wanted.since:
            listed = listed.filter(status_since__gte=self.wanted.since)
        if self.wanted.until:
            listed = listed.filter(status_since__lt=self.wanted.until)
        return listed

    # --- People -----------------------------------------------------------------------------------------------

    @property
    def _nobody_is_called_so(self) -> bool:
        """Whether an initiator or examiner is wanted that there is not, or somebody by what is no word."""
        wanted = self.wanted
        if any(text and not needles(text) for text in (wanted.student, wanted.initiator, wanted.examiner)):
            return True
        return bool((wanted.initiator and not self._initiators) or (wanted.examiner and not self._examiners))

    @cached_property
    def _initiators(self) -> list[int]:
        """Users with a role at the school; a student starts no assessment."""
        staff = Membership.objects.filter(school=self.school).exclude(role=Role.STUDENT).order_by()
        return list(_holding(needles(self.wanted.initiator), staff).values_list("user", flat=True).distinct())

    @cached_property
    def _examiners(self) -> list[int]:
        """Contacts of the school, those that were taken out of the address book too."""
        contacts = Contact.objects.filter(matches(self.wanted.examiner), school=self.school)
        return list(contacts.order_by().values_list("pk", flat=True))

    @cached_property
    def _examined(self) -> list[int]:
        """The assessments that the examiners have a part in: as many as are few, and one more."""
        live = Assignment.objects.live().filter(contact__in=self._examiners)
        return list(live.order_by().values_list("assessment", flat=True).distinct()[: FEW_EXAMINED + 1])

    @cached_property
    def _students(self) -> list[int]:
        """As many as are few, and one more."""
        return list(self._called_students.values_list("pk", flat=True)[: FEW_STUDENTS + 1])

    @property
    def _called_students(self) -> QuerySet[Membership]:
        """By the trigram index."""
        words = needles(self.wanted.student)
        students = Membership.objects.filter(school=self.school, role=Role.STUDENT).order_by()
        for word in words:
            students = students.filter(search_text__contains=indexed(word))
        return _holding([word for word in words if indexed(word) != word], students)

    # --- By their names -----------------------------------------------------------------------------------------

    def _walk(self, listed: AssessmentQuerySet, *, limit: int, ascending: bool) -> list[Key]:
        found: list[Key] = []
        walked = WALKED
        while True:
            found += self._met_among(listed[:walked], order=listed, limit=limit - len(found))
            if len(found) >= limit or not (last := _keys(listed[walked - 1 : walked])):
                return found
            if walked == WALKED and len(found) < COMMON:
                if (looked_up := self._looked_up(listed)) is not None:
                    return _keys(looked_up[:limit])
                self._people_at_hand, walked = True, 16 * walked
            listed = listed.filter(_beyond(last[0], ascending=ascending))
            walked *= 4

    def _met_among(self, piece: AssessmentQuerySet, *, order: AssessmentQuerySet, limit: int) -> list[Key]:
        """Those of a piece of the list who are called so, as far as `limit`.

        What is cut off can't be filtered by the ORM; and filtering what is not cut off, the database takes it for
        more than it will read, and compiles it first.
        """
        told = self._with_names(piece).annotate(is_called_so=self._called_so()).values("pk", "is_called_so")
        sql, given = told.query.sql_with_params()
        met = RawSQL(f"SELECT pk FROM ({sql}) AS told WHERE is_called_so LIMIT %s", [*given, limit])  # noqa: S611, S608
        return _keys(Assessment.objects.filter(pk__in=met).order_by(*order.query.order_by))

    def _looked_up(self, listed: AssessmentQuerySet) -> AssessmentQuerySet | None:
        """By what few there are: those of one initiator, of these students, by these examiners; None if many."""
        if self.wanted.initiator and len(self._initiators) == 1:
            return self._holding_names(listed)
        if self.wanted.student and len(self._students) <= FEW_STUDENTS:
            return self._holding_names(listed.filter(student__in=self._students))
        if self.wanted.examiner and len(self._examiners) <= FEW_EXAMINERS and len(self._examined) <= FEW_EXAMINED:
            others = AfnamesOfSchool(self.school, replace(self.wanted, examiner=""))
            return others._holding_names(listed.filter(pk__in=self._examined))
        return None

    def _countable(self, listed: AssessmentQuerySet) -> AssessmentQuerySet | None:
        """The same, as far as finding them has shown that all of theirs are few enough to be counted."""
        if not (self.wanted.student or self.wanted.examiner):
            return self._of_initiators(listed) if len(self._initiators) == 1 else None
        known = self.__dict__
        few_students = "_students" in known and len(self._students) <= FEW_STUDENTS
        few_examined = "_examined" in known and len(self._examined) <= COUNT_UP_TO
        return self._looked_up(listed) if few_students or few_examined else None

    def _holding_names(self, listed: AssessmentQuerySet) -> AssessmentQuerySet:
        return self._with_names(listed).filter(self._called_so())

    def _of_initiators(self, listed: AssessmentQuerySet) -> AssessmentQuerySet:
        return listed.filter(initiator__in=self._initiators)

    def _with_names(self, listed: AssessmentQuerySet) -> AssessmentQuerySet:
        """With what says whether they are called so, one by one. Not joined: the database might read all people."""
        if self.wanted.student:
            text = Membership.objects.filter(pk=OuterRef("student")).order_by().values("search_text")
            listed = listed.alias(of_student=Subquery(text))
        if self.wanted.examiner:
            live = Assignment.objects.live().filter(assessment=OuterRef("pk")).alias(chosen=_CHOSEN)
            one_of_them = live.filter(chosen__in=self._examiners).order_by().values("contact")[:1]
            listed = listed.alias(one_of_them=Subquery(one_of_them))
        return listed

    def _called_so(self) -> Q:
        """Of `_with_names`; what is cheapest first."""
        called_so = Q(initiator__in=self._initiators) if self.wanted.initiator else Q()
        if self._people_at_hand and self.wanted.student:
            called_so &= Q(student__in=self._called_students.values("pk"))
        else:
            for word in needles(self.wanted.student):
                called_so &= Q(GreaterThan(StrIndex("of_student", Value(word)), 0))
        if self._people_at_hand and self.wanted.examiner and len(self._examiners) <= FEW_EXAMINERS:
            theirs = Assignment.objects.live().filter(contact__in=self._examiners)
            return called_so & Q(pk__in=theirs.order_by().values("assessment"))
        return called_so & Q(one_of_them__isnull=False) if self.wanted.examiner else called_so


_ANY_STATE = "?"
_ORDER, _REVERSED = ("status_since", "pk"), ("-status_since", "-pk")
# A sum, which no index holds: many examiners would be looked up one by one for each assessment.
_CHOSEN = ExpressionWrapper(F("contact_id") + 0, output_field=BigIntegerField())


def _keys(listed: AssessmentQuerySet) -> list[Key]:
    return list(listed.values_list("status_since", "pk"))


def _beyond(key: Key, *, ascending: bool) -> Q:
    since, pk = key
    # The first condition alone says nothing new; it lets an index begin, or end, at the key.
    if ascending:
        return Q(status_since__gte=since) & (Q(status_since__gt=since) | Q(pk__gt=pk))
    return Q(status_since__lte=since) & (Q(status_since__lt=since) | Q(pk__lt=pk))


def _holding(words: Sequence[str], rows: Rows) -> Rows:
    """Not LIKE, for which another index might be taken."""
    for word in words:
        rows = rows.filter(GreaterThan(StrIndex("search_text", Value(word)), 0))
    return rows
