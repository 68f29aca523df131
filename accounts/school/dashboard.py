"""What a school still has to set up, on the first page of Schoolbeheer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import number_format

from accounts.models import ExamOffice, Role, School

from .student_search import without_number


@dataclass(frozen=True)
class ToDo:
    """A sentence with the text and URL of a link."""

    sentence: str
    link_text: str
    url: str


_checks: list[Callable[[School], Iterator[ToDo]]] = []


def register(check: Callable[[School], Iterator[ToDo]]) -> None:
    """Add a check of another app; call it from its `ready()`."""
    if check not in _checks:
        _checks.append(check)


def open_tasks(school: School, *, counts: Mapping[str, int]) -> list[ToDo]:
    """Return the tasks, most urgent first; `counts` are the active people per role."""
    others = [item for check in _checks for item in check(school)]
    return [*_people(school, counts), *_numbers(school), *_invitations(school), *_offices(school), *others]


def _people(school: School, counts: Mapping[str, int]) -> Iterator[ToDo]:
    invite = reverse("school:invite", args=[school.pk])
    if not counts.get(Role.STUDENT):
        url = reverse("school:import_start", args=[school.pk])
        yield ToDo("Er zijn nog geen studenten.", "Lijst importeren", url)
    if not counts.get(Role.DOCENT):
        sentence = "Niemand heeft de rol Docent. Een docent start de beoordelingen en nodigt de examinatoren uit."
        yield ToDo(sentence, "Docent uitnodigen", f"{invite}?rol={Role.DOCENT}")
    if not counts.get(Role.EXAMENCOMMISSIE):
        sentence = "Niemand heeft de rol Examencommissie. Die maakt de beoordelingen definitief."
        yield ToDo(sentence, "Examencommissie uitnodigen", f"{invite}?rol={Role.EXAMENCOMMISSIE}")
    if counts.get(Role.SCHOOLBEHEER) == 1:
        sentence = "U bent de enige met de rol Schoolbeheer. Geef ook een collega die rol, voor als u er niet bent."
        yield ToDo(sentence, "Collega uitnodigen", f"{invite}?rol={Role.SCHOOLBEHEER}")


def _numbers(school: School) -> Iterator[ToDo]:
    if count := without_number(school).count():
        sentence = count_sentence(
            count,
            "student heeft nog geen studentnummer en kan niet worden beoordeeld.",
            "studenten hebben nog geen studentnummer en kunnen niet worden beoordeeld.",
        )
        url = reverse("school:student_numbers", args=[school.pk])
        yield ToDo(sentence, "Bekijk wie dat is" if count == 1 else "Bekijk wie dat zijn", url)


def _invitations(school: School) -> Iterator[ToDo]:
    url = reverse("school:invitations", args=[school.pk])
    if count := school.school_invitations.unsent().count():
        sentence = count_sentence(count, "uitnodiging is nog niet verstuurd.", "uitnodigingen zijn nog niet verstuurd.")
        yield ToDo(sentence, "Naar de uitnodigingen", url)
    if count := school.school_invitations.expired().count():
        sentence = count_sentence(count, "uitnodiging is verlopen.", "uitnodigingen zijn verlopen.")
        yield ToDo(sentence, "Naar de uitnodigingen", url)


def _offices(school: School) -> Iterator[ToDo]:
    if not ExamOffice.objects.filter(committee__school=school).exists():
        sentence = "Er staat nog geen examenbureau in de lijst waaruit de examencommissie kiest."
        yield ToDo(sentence, "Naar de examenbureaus", reverse("accounts:exam_offices"))


def count_sentence(count: int, one: str, more: str) -> str:
    """Return '1 student …', or '1.200 studenten …'."""
    return f"{number_format(count, force_grouping=True)} {one if count == 1 else more}"
