"""What a member should look at before a result becomes final. None of it forbids anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from addressbook.models import Contact
from assessments import corrections
from assessments.coupling.couplings import RemovedWork, read_removed_work
from assessments.documents.fonts import REPLACEMENT, unprintable
from assessments.models.assessment import is_student
from assessments.progress.detail import by_whom
from assessments.rubric import Rubric

from .reading import Reading

FEW_WORDS = 3


def concerns(reading: Reading, *, by: User) -> Iterator[str]:
    """A sentence for each. `by` is who is about to make it final.

    Work that counts no more, a student who left, one examiner on everything, a student who started it or examined, an
    initiator or a member who examined too, a justification that is required and says nothing, and characters that no
    font has.
    """
    yield from lost(reading.rubric)
    yield from _people(reading.rubric, by)
    yield from _short_texts(reading.rubric)
    for place, text in _printed(reading, by):
        if characters := unprintable(text):
            named = ", ".join(f"‘{char}’ (U+{ord(char):04X})" for char in characters)
            yield f"De pdf kan {named} niet tonen en zet daar ‘{REPLACEMENT}’; zie {place}."


def _people(rubric: Rubric, by: User) -> Iterator[str]:
    """Who has more than one part in it."""
    assessment, examiners = rubric.assessment, rubric.examiners
    if assessment.student_left:
        yield "De student is uitgeschreven en krijgt geen mail over het resultaat."
    if len(examiners) == 1 and len(rubric.parts) > 1:
        yield f"Eén examinator heeft alles beoordeeld: {examiners[0].full_name}."
    if assessment.initiator == assessment.student.user:
        yield f"De initiator is de student zelf: {assessment.initiator.full_name}."
    for contact in examiners:
        if is_student(assessment, contact):
            yield f"Een examinator is de student zelf: {contact.full_name}."
        if _is(contact, assessment.initiator):
            yield f"De initiator, {assessment.initiator.full_name}, heeft zelf ook beoordeeld."
        if _is(contact, by):
            yield "U hebt zelf ook beoordeeld."
    if assessment.initiator == by:
        yield "U hebt deze beoordeling zelf gestart."


def _short_texts(rubric: Rubric) -> Iterator[str]:
    """Of the texts that the scores that count ask for; any other is free."""
    for part in rubric.parts:
        asked = {column.assignment.pk for columns in corrections.asked_for(part).values() for column in columns}
        for column in part.columns:
            words = len(column.effective_justification.split())
            if column.assignment.pk in asked and 0 < words <= FEW_WORDS:
                name = column.assignment.contact.full_name
                yield f"{column.title}: de onderbouwing van {name} telt {words} woord{'en' if words > 1 else ''}."


def _printed(reading: Reading, by: User) -> Iterator[tuple[str, str]]:
    """What the PDF says that people typed: the place, in words, and the text."""
    rubric, assessment = reading.rubric, reading.rubric.assessment
    yield "de naam van de student", assessment.student.user.full_name
    yield "de naam van de initiator", assessment.initiator.full_name
    yield "uw eigen naam", by.full_name
    yield "de naam van de school", assessment.school.name
    yield "de plaats van de afname", assessment.place
    for examiner in reading.examiners:
        yield f"de gegevens van {examiner['name']}", "\n".join(filter(None, examiner.values()))
    contents = [f"{assessment.exam.title}\n{assessment.unit}"]
    for core_task in rubric.core_tasks:
        contents += [str(core_task.core_task), *(str(process.work_process) for process in core_task.work_processes)]
    yield "de inhoud van het examen", "\n".join([*contents, *(c.text for part in rubric.parts for c in part.criteria)])
    for column in rubric.columns:
        whose = f"{column.title}: de onderbouwing van {column.assignment.contact.full_name}"
        yield whose, column.effective_justification
        if column.correction:
            yield f"de reden bij {whose}", column.correction.reason
    for part in rubric.parts:
        for decision in part.decisions.values():
            yield f"{part.part.work_process.code} {part.part}: de reden van een beslissing", decision.reason


def lost(rubric: Rubric) -> Iterator[str]:
    """Who was taken off with work done, and what the committee itself decided that counts no more.

    The rubric was read with those who were dropped, and laid over.
    """
    yield from map(_said_of, read_removed_work(rubric))
    lapsed = [correction for part in rubric.parts for correction in part.lapsed]
    decisions = sum(bool(correction.criterion_id) for correction in lapsed)
    for count, one, more in (
        (decisions, "beslissing", "beslissingen"),
        (len(lapsed) - decisions, "aangepaste onderbouwing", "aangepaste onderbouwingen"),
    ):
        if count:
            which, verb = (one, "is") if count == 1 else (more, "zijn")
            yield (
                f"{count} {which} van de examencommissie {verb} vervallen, doordat sindsdien is veranderd wat de "
                "examinatoren gaven; zie de bewerkhistorie."
            )


def _said_of(gone: RemovedWork) -> str:
    """'Tineke Tweede heeft ook beoordeeld (2 keer O, 6 keer V; afgerond), maar is op … weggehaald door …'."""
    counted = Counter(score for column in gone.columns for score in column.scores.values())
    given = ", ".join(f"{counted[score]} keer {score}" for score in "OVG" if counted[score])
    done = "afgerond" if all(column.assignment.completed_at for column in gone.columns) else "niet afgerond"
    by = ""
    if gone.event:
        at = date_format(timezone.localtime(gone.event.at), "DATETIME_FORMAT")
        by = f"op {at} weggehaald {by_whom(gone.event)}".rstrip()
    return (
        f"{gone.contact.full_name} heeft ook beoordeeld ({given or 'alleen een onderbouwing'}; {done}), "
        f"maar is {by or 'weggehaald'}. Dit telt niet mee."
    )


def _is(contact: Contact, user: User) -> bool:
    return contact.user_id == user.pk or contact.email.lower() == user.email.lower()
