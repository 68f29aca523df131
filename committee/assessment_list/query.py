"""Finding a school's assessments by their dates, and by people's names, as fast among a million as among a thousand.

The list in its order is an index, so that a page of it, or a count up to a bound, reads no more than it shows. By names
of students and examiners a bounded piece of it is walked, which meets what is common; where that was not enough, the
few people who are called so are looked up first and then their assessments. (`accounts.student_search` does the same.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BigIntegerField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from accounts.models import Membership, Role
from accounts.search import indexed, matches, needles
from addressbook.models import Contact
from assessments.models import Assessment, AssessmentQuerySet, Assignment, FinalProposal, Status
from committee.prepared import OneOf
from committee.search import ALL, PROPOSED, Wanted

COUNT_UP_TO = 1000  # of each state; beyond it the screen says '1000+'
WALKED, FURTHER = 1000, 10  # assessments at first, and so many times as many when that goes on; it ends with a page
# How much further there is to walk, by what was met so far, before gathering the people pays; it costs what so many
# steps do. Where both are wanted, a step asks for the examiner first, who costs less, and for few students then.
FAR, FAR_FOR_BOTH = 3000, 10_000
FEW_STUDENTS, FEW_EXAMINERS, FEW_EXAMINED = 100, 50, 500  # looked up by; of more, walking meets some soon
A_HANDFUL = 10  # of examiners: among many assessments, walking would hardly meet theirs
# The first `FEW_STUDENTS` of a name stand so far apart, by id, that there are few enough of them to gather at once.
FAR_APART = 4000
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
Key = tuple[datetime, int]  # an assessment's place in the list: since when it is what it is, and its id
Found = list[tuple[Key, str]]  # with the state of each


def proposed_by(user: int) -> AssessmentQuerySet:
    """What this member proposed, and nobody after them, as it is now (`FinalProposal`): it waits for another."""
    newest = FinalProposal.objects.filter(assessment=OuterRef("pk")).order_by("-at", "-pk").values("by")[:1]
    return Assessment.objects.proposed_to_make_final().alias(newest_by=Subquery(newest)).filter(newest_by=user)


class AfnamesOfSchool:
    """The assessments of one school (its id) that are wanted."""

    def __init__(self, school: int, wanted: Wanted) -> None:
        self.school, self.wanted = school, wanted
        # All who are called so, once there is far to walk: a step costs nearly nothing then.
        self._people_at_hand = False
        self._goes_on = False  # whether a list was seen to hold `WALKED`

    def find(self, *, limit: int, ascending: bool, after: Key | None = None, until: Key | None = None) -> list[Key]:
        """The first of them in order of date, or those after a key; descending the newest come first.

        What comes after `until` can be left out: somebody else has enough that come before.
        """
        listed = self._listed(self.wanted.status).order_by(*(_ORDER if ascending else _REVERSED))
        if after:
            listed = listed.filter(_beyond(after, ascending=ascending))
        if until:
            listed = listed.filter(_beyond(until, ascending=not ascending))
        if self._nobody_is_called_so:
            return []
        if not self.wanted.names_people:
            return _keys(listed[:limit])
        if not (self.wanted.student or self.wanted.examiner):
            return _keys(self._of_initiators(listed)[:limit])
        if self.wanted.status == PROPOSED:  # never many: they wait for one other member
            return _keys(self._holding_names(listed)[:limit])
        met = self._walk(listed, limit=limit, ascending=ascending)
        if met is not None:
            return met
        return _first_of(self._few or [], self.wanted.status, limit=limit, ascending=ascending, after=after)

    def count(self) -> Counter[str] | None:
        """How many in each state, whatever state is wanted, each at most one over `COUNT_UP_TO`; None if it would cost.

        It would where people of that name are many among many.
        """
        if self._nobody_is_called_so:
            return Counter()
        if not self.wanted.names_people:
            return self._count_in_order()
        if (few := self.__dict__.get("_few")) is not None:  # finding them has shown that they are few, and read them
            return Counter(status for _, status in few)
        everything = self._listed(ALL)
        if not (self._goes_on or everything.order_by(*_ORDER)[WALKED - 1 : WALKED].values_list("pk")):
            counted = self._holding_names(everything)
        elif self._has_one_initiator and not (self.wanted.student or self.wanted.examiner):
            counted = self._of_initiators(everything)
        else:
            return None
        states = list(counted.order_by().values_list("status", flat=True)[: COUNT_UP_TO + 1])
        return Counter(states) if len(states) <= COUNT_UP_TO else None

    def count_proposed(self) -> int:
        """How many of `PROPOSED`, at most one over `COUNT_UP_TO`."""
        if self._nobody_is_called_so:
            return 0
        return self._holding_names(self._listed(PROPOSED)).order_by()[: COUNT_UP_TO + 1].count()

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
        if self.wanted.own:
            listed = listed.exclude(student__in=self.wanted.own)
        if status == PROPOSED:
            listed = listed.proposed_to_make_final()
        elif status != ALL:
            listed = listed.filter(status=status)
        if self.wanted.exam:
            listed = listed.filter(exam=self.wanted.exam)
        if self.wanted.not_proposed_by:
            listed = listed.exclude(pk__in=proposed_by(self.wanted.not_proposed_by).values("pk"))
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

    @property
    def _has_one_initiator(self) -> bool:
        """Whose assessments are an index of their own."""
        return bool(self.wanted.initiator) and len(self._initiators) == 1

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

    # --- All of theirs, where they are few ------------------------------------------------------------------------

    @cached_property
    def _few(self) -> Found | None:
        """Of few students, or by few examiners with few assessments; None if they are many."""
        wanted = self.wanted
        if wanted.student and len(self._students) <= FEW_STUDENTS:
            return self._all_of(Q(student__in=self._students), called=replace(wanted, student=""))
        if wanted.examiner and len(self._examiners) <= FEW_EXAMINERS and len(self._examined) <= FEW_EXAMINED:
            return self._all_of(Q(pk__in=self._examined), called=replace(wanted, examiner=""))
        return None

    def _all_of(self, theirs: Q, *, called: Wanted) -> Found:
        """In every state, in no order; `called` is what is left to ask of each."""
        listed = self._holding_names(self._listed(ALL).filter(theirs), called)
        return [((since, pk), status) for since, pk, status in listed.values_list("status_since", "pk", "status")]

    # --- By their names -----------------------------------------------------------------------------------------

    def _walk(self, listed: AssessmentQuerySet, *, limit: int, ascending: bool) -> list[Key] | None:
        """None once there is far to walk, and all of theirs turned out to be few."""
        met: list[Key] = []
        last: list[Key] | None = None  # of the piece, once it is asked
        piece, walked = WALKED, 0
        if self._are_seldom_met:
            last = _keys(listed[piece - 1 : piece])
            self._goes_on = bool(last)
            if last and self._few is not None:
                return None
            if last and self.wanted.student and not self._has_one_initiator:
                self._people_at_hand = self._students_are_uncommon
                piece, last = (FURTHER**2 if self._people_at_hand else FURTHER) * piece, None
        while True:
            met += self._met_among(listed[:piece], limit=limit - len(met), ascending=ascending)
            if len(met) >= limit:
                return met
            last = _keys(listed[piece - 1 : piece]) if last is None else last
            if not last:
                return met
            self._goes_on = True
            walked += piece
            listed = listed.filter(_beyond(last[0], ascending=ascending))
            if not self._people_at_hand and self._is_far(limit - len(met), met=len(met), walked=walked):
                if self._has_one_initiator:
                    return [*met, *_keys(self._holding_names(listed)[: limit - len(met)])]
                if self._few is not None:
                    return None
                self._people_at_hand, piece = True, FURTHER * piece
            piece, last = FURTHER * piece, None

    @property
    def _are_seldom_met(self) -> bool:
        """Among many assessments, a thousand would hardly have any of theirs: so it is known before walking."""
        return bool(self.wanted.examiner) and (bool(self.wanted.student) or len(self._examiners) <= A_HANDFUL)

    @property
    def _students_are_uncommon(self) -> bool:
        """Told by those that the database happens to find first: of a common name they came one after another."""
        return max(self._students) - min(self._students) > FAR_APART

    def _is_far(self, to_meet: int, *, met: int, walked: int) -> bool:
        both = self.wanted.student and self.wanted.examiner
        return to_meet * walked > met * (FAR_FOR_BOTH if both else FAR)

    def _met_among(self, piece: AssessmentQuerySet, *, limit: int, ascending: bool) -> list[Key]:
        """Those of a piece of the list who are called so, as far as `limit`.

        What is cut off can't be filtered by the ORM; and filtering what is not cut off, the database takes it for
        more than it will read, and compiles it first.
        """
        called = self._with_names(piece, self.wanted).annotate(is_called_so=self._called_so(self.wanted))
        compiler = called.values_list("status_since", "pk", "is_called_so").query.get_compiler(DEFAULT_DB_ALIAS)
        sql, given = compiler.as_sql()
        with connection.cursor() as cursor:
            met = f"SELECT * FROM ({sql}) AS told WHERE is_called_so LIMIT %s"  # noqa: S608  the ORM's
            cursor.execute(met, [*given, limit])
            keys = [(since, pk) for since, pk, _ in compiler.results_iter([cursor.fetchall()])]
        return sorted(keys, reverse=not ascending)

    def _holding_names(self, listed: AssessmentQuerySet, called: Wanted | None = None) -> AssessmentQuerySet:
        called = called or self.wanted
        return self._with_names(listed, called).filter(self._called_so(called))

    def _of_initiators(self, listed: AssessmentQuerySet) -> AssessmentQuerySet:
        return listed.filter(initiator__in=self._initiators)

    def _with_names(self, listed: AssessmentQuerySet, called: Wanted) -> AssessmentQuerySet:
        """With what says whether they are called so, one by one. Not joined: the database might read all people."""
        if called.student and not self._people_at_hand:
            text = Membership.objects.filter(pk=OuterRef("student")).order_by().values("search_text")
            listed = listed.alias(of_student=Subquery(text))
        if called.examiner and not self._are_examiners_at_hand:
            live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
            one_of_them = live.filter(OneOf(_CHOSEN, self._examiners)).order_by().values("contact")[:1]
            listed = listed.alias(one_of_them=Subquery(one_of_them))
        return listed

    def _called_so(self, called: Wanted) -> Q:
        """Of `_with_names`; what is cheapest first."""
        initiator = Q(initiator__in=self._initiators) if called.initiator else Q()
        student, examiner = self._is_student_called_so(called), self._is_examiner_called_so(called)
        return initiator & (student & examiner if self._people_at_hand else examiner & student)

    def _is_student_called_so(self, called: Wanted) -> Q:
        if called.student and self._people_at_hand:
            return Q(student__in=self._called_students.values("pk"))
        called_so = Q()
        for word in needles(called.student):
            called_so &= Q(GreaterThan(StrIndex("of_student", Value(word)), 0))
        return called_so

    @property
    def _are_examiners_at_hand(self) -> bool:
        return self._people_at_hand and len(self._examiners) <= FEW_EXAMINERS

    def _is_examiner_called_so(self, called: Wanted) -> Q:
        if not called.examiner:
            return Q()
        if self._are_examiners_at_hand:
            theirs = Assignment.objects.live().filter(contact__in=self._examiners)
            return Q(pk__in=theirs.order_by().values("assessment"))
        return Q(one_of_them__isnull=False)


_ANY_STATE = "?"
_ORDER, _REVERSED = ("status_since", "pk"), ("-status_since", "-pk")
# A sum, which no index holds: many examiners would be looked up one by one for each assessment.
_CHOSEN = ExpressionWrapper(F("contact_id") + 0, output_field=BigIntegerField())


def _keys(listed: AssessmentQuerySet) -> list[Key]:
    return list(listed.values_list("status_since", "pk"))


def _first_of(few: Found, status: str, *, limit: int, ascending: bool, after: Key | None) -> list[Key]:
    keys = sorted((key for key, state in few if status in (ALL, state)), reverse=not ascending)
    if after:
        keys = [key for key in keys if (key > after if ascending else key < after)]
    return keys[:limit]


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
