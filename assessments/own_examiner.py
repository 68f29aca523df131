"""An examiner of one's own for each of several students, for the whole exam (level 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from addressbook.models import Contact
from addressbook.named import find_named, typed_as

from . import couple, lifecycle
from .models import Assessment, Coupling


@dataclass
class Line:
    """One student on the screen: who is chosen for the whole exam now, what was typed, and what is wrong with it."""

    assessment: Assessment
    now: list[Contact] = field(default_factory=list)
    typed: str = ""
    error: str = ""
    unknown: bool = False

    @property
    def field_id(self) -> str:
        return f"examinator-van-{self.assessment.pk}"


def read_lines(assessments: Sequence[Assessment]) -> list[Line]:
    """A line a student, in one query; whoever is the only one is filled in."""
    lines = {assessment.pk: Line(assessment) for assessment in assessments}
    whole = Coupling.objects.filter(assessment__in=lines, work_process=None, part=None).select_related("contact")
    for coupling in whole.order_by("contact__sort_key", "pk"):
        lines[coupling.assessment_id].now.append(coupling.contact)
    for line in lines.values():
        if len(line.now) == 1 and not line.now[0].removed_at:
            line.typed = typed_as(line.now[0])
    return list(lines.values())


def find_examiners(lines: Iterable[Line]) -> dict[int, Contact]:
    """An assessment's id → who is meant; an empty line is left out, one that means nobody or several gets its error."""
    filled = [line for line in lines if line.typed]
    if not filled:
        return {}
    found = find_named(school=filled[0].assessment.school, texts={line.typed for line in filled})
    for line in filled:
        meant = found[line.typed]
        line.unknown = not meant
        if line.unknown:
            line.error = f"‘{line.typed}’ staat niet in het adresboek."
        elif len(meant) > 1:
            addresses = ", ".join(contact.email for contact in meant)
            line.error = f"Er zijn er {len(meant)} met de naam ‘{line.typed}’. Kies het e-mailadres: {addresses}."
    return {line.assessment.pk: found[line.typed][0] for line in filled if not line.error}


def choose_each(
    *, lines: Iterable[Line], contacts: Mapping[int, Contact], versions: Mapping[int, int], by: User
) -> list[Assessment]:
    """Makes each contact the choice for the whole exam of its student, one transaction a student; who was changed.

    A student who is refused (changed since `versions`, closed, or someone has begun) gets the reason
    as the line's error and the others go on. A choice that is there already is no change.
    """
    done = []
    for line in lines:
        contact = contacts.get(line.assessment.pk)
        if contact is None or line.now == [contact]:
            continue
        version = versions.get(line.assessment.pk, 0)
        try:
            couple.choose_examiners(
                assessment=line.assessment, target=couple.Target(), contacts=[contact], by=by, version=version
            )
        except lifecycle.DomainError as error:
            line.error = str(error)
        else:
            done.append(line.assessment)
    return done
