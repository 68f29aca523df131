"""The process of digital assessment: its steps, who takes part, and what each of them does."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role


class Actor(models.TextChoices):
    """Who takes part; two of them need no account."""

    STUDENT = "STUDENT", gettext_lazy("Student")
    INITIATOR = "INITIATOR", gettext_lazy("Initiator")
    EXAMINER = "EXAMINER", gettext_lazy("Examinator")
    COMMITTEE = "COMMITTEE", gettext_lazy("Examencommissie")
    EXAM_OFFICE = "EXAM_OFFICE", gettext_lazy("Examenbureau")

    @property
    def role(self) -> str:
        """The role of whoever is this; a Docent may examine, too, but starts assessments first of all."""
        return _ROLES.get(self, "")


_ROLES = {
    Actor.STUDENT: Role.STUDENT,
    Actor.INITIATOR: Role.DOCENT,
    Actor.EXAMINER: Role.PRAKTIJKOPLEIDER,
    Actor.COMMITTEE: Role.EXAMENCOMMISSIE,
}


class Deed(NamedTuple):
    """What one of them does in a step."""

    actor: Actor
    what: str


class Step(NamedTuple):
    """A step of the process: the status that an assessment then has, as a value and in a word, and what happens."""

    status: str
    word: str
    deeds: list[Deed]


class Part(NamedTuple):
    """Somebody's part in the whole: what they need, and what it comes to."""

    actor: Actor
    needs: str
    comes_to: str


def steps() -> list[Step]:
    """From start to end, in the language of the page."""
    student, initiator, examiner = Actor.STUDENT, Actor.INITIATOR, Actor.EXAMINER
    new = [
        Deed(initiator, _("Kiest het examen, de student en de examinatoren, samen of elk voor een eigen deel.")),
        Deed(student, _("Heeft een account met studentnummer, zodat de initiator de naam vindt.")),
    ]
    invited = [
        Deed(initiator, _("Verzendt de uitnodigingen, zo nodig met een opmerking of een bijlage.")),
        Deed(examiner, _("Krijgt een mail met de knop ‘Start beoordeling’.")),
    ]
    in_progress = [
        Deed(examiner, _("Geeft bij elk criterium O, V of G, onderbouwt dat en rondt af.")),
        Deed(initiator, _("Ziet wie nog bezig is, en herinnert of vervangt wie te laat is.")),
        Deed(student, _("Volgt de voortgang in ‘Mijn examens’, vanaf de start tot het einde.")),
    ]
    assessed = [
        Deed(Actor.COMMITTEE, _("Kijkt de beoordeling na, past die als dat moet aan en maakt die definitief.")),
    ]
    final = [
        Deed(Actor.EXAM_OFFICE, _("Krijgt de pdf per mail en bewaart die.")),
        Deed(student, _("Ziet het cijfer, de O-V-G en de pdf in ‘Mijn examens’.")),
        Deed(initiator, _("Ziet het resultaat en de pdf bij ‘Digitaal beoordelen’.")),
    ]
    return [
        Step("NEW", _("Nieuw"), new),
        Step("INVITED", _("Uitgenodigd"), invited),
        Step("IN_PROGRESS", _("Wordt beoordeeld"), in_progress),
        Step("ASSESSED", _("Beoordeeld"), assessed),
        Step("FINAL", _("Definitief"), final),
    ]


def parts() -> list[Part]:
    """Everyone's part, in the language of the page."""
    return [
        Part(
            Actor.STUDENT,
            _("Een account met studentnummer, en het examen op dat account."),
            _("Doet niets voor de beoordeling zelf; volgt die en ziet de uitslag."),
        ),
        Part(
            Actor.INITIATOR,
            _("Een account met de rol Docent."),
            _("Bepaalt wie waarvoor beoordeeld wordt, en nodigt de examinatoren uit."),
        ),
        Part(
            Actor.EXAMINER,
            _("Een e-mailadres, geen account. Wie Docent of Praktijkopleider is, staat vanzelf in het adresboek."),
            _("Beoordeelt de student met het formulier achter de link in de mail."),
        ),
        Part(
            Actor.COMMITTEE,
            _("Een account met de rol Examencommissie."),
            _("Stelt de uitslag vast."),
        ),
        Part(
            Actor.EXAM_OFFICE,
            _("Een e-mailadres."),
            _("Doet niets voor de beoordeling zelf; bewaart de pdf."),
        ),
    ]
