"""Who and what stands in the address while students are chosen: nothing waits on the server for 'Ga verder'.

`student=` (repeated), `examinator-<student>=` (a contact that the pasted list names beside the
student, repeated), `planned_on=` and `place=` as they were typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import Http404, QueryDict
from django.urls import reverse

from accounts.models import Membership, User
from addressbook.models import Contact
from exams.models import ExamUnit

from . import asked
from .start import get_students_to_start

TYPED_LENGTH = 200  # characters of date and place; the form says what is wrong with them


@dataclass
class Chosen:
    """The students that were taken, in order, each with the examiners who are to be coupled to the whole exam."""

    students: list[Membership]
    examiners: Mapping[int, Sequence[Contact]] = field(default_factory=dict)
    gone: Sequence[Contact] = ()  # examiners who have left the address book since
    plan: Mapping[str, str] = field(default_factory=dict)

    def url(self, unit: ExamUnit, *, query: str = "") -> str:
        """The page 'Digitaal beoordelen starten voor student' with these taken and this search."""
        address = QueryDict(mutable=True)
        address.setlist("student", [str(student.pk) for student in self.students])
        for student in self.students:
            address.setlist(f"examinator-{student.pk}", [str(c.pk) for c in self.examiners.get(student.pk, ())])
        for name, value in [*self.plan.items(), ("q", query)]:
            if value:
                address[name] = value
        return f"{reverse('assessments:choose_student', args=[unit.pk])}?{address.urlencode()}"


def read_chosen(user: User, data: QueryDict, *, add: Iterable[int] = (), remove: Iterable[int] = ()) -> Chosen:
    """What `data` says, when `user` may start for all of them and the examiners are of their schools; else 404."""
    taken_off = set(remove)
    pks = [pk for pk in [*asked.numbers(data, "student"), *add] if pk not in taken_off]
    students = get_students_to_start(user, pks)
    wanted = {student.pk: asked.numbers(data, f"examinator-{student.pk}") for student in students}
    every = {pk for named in wanted.values() for pk in named}
    contacts = Contact.objects.for_docent(user).in_bulk(every) if every else {}
    examiners: dict[int, list[Contact]] = {}
    for student in students:
        for pk in wanted[student.pk]:
            contact = contacts.get(pk)
            if contact is None or contact.school_id != student.school_id:
                raise Http404
            examiners.setdefault(student.pk, []).append(contact)
    return Chosen(
        students,
        {pk: [contact for contact in named if not contact.removed_at] for pk, named in examiners.items()},
        list(dict.fromkeys(c for named in examiners.values() for c in named if c.removed_at)),
        {name: data.get(name, "").strip()[:TYPED_LENGTH] for name in ("planned_on", "place")},
    )
