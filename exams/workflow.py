"""The texts of the page Workflow: the steps of an assessment and its participants."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role


class Actor(models.TextChoices):
    STUDENT = "STUDENT", gettext_lazy("Student")
    INITIATOR = "INITIATOR", gettext_lazy("Initiator")
    EXAMINER = "EXAMINER", gettext_lazy("Examinator")
    COMMITTEE = "COMMITTEE", gettext_lazy("Examencommissie")
    EXAM_OFFICE = "EXAM_OFFICE", gettext_lazy("Examenbureau")

    @property
    def role(self) -> str:
        """The account role that matches, '' if the actor needs no account."""
        return _ROLES.get(self, "")


_ROLES = {
    Actor.STUDENT: Role.STUDENT,
    Actor.INITIATOR: Role.DOCENT,
    Actor.EXAMINER: Role.PRAKTIJKOPLEIDER,
    Actor.COMMITTEE: Role.EXAMENCOMMISSIE,
}


class Action(NamedTuple):
    actor: Actor
    what: str


class Step(NamedTuple):
    """The actions while an assessment has `status`; `label` is the status in Dutch."""

    status: str
    label: str
    actions: list[Action]


class Participant(NamedTuple):
    actor: Actor
    needs: str
    contribution: str


def steps() -> list[Step]:
    """Return the steps in order, in the active language."""
    student, initiator, examiner = Actor.STUDENT, Actor.INITIATOR, Actor.EXAMINER
    new = [
        Action(initiator, _("Kiest het examen, de student en de examinatoren, samen of elk voor een eigen deel.")),
        Action(student, _("Heeft een account met studentnummer, zodat de initiator de naam vindt.")),
    ]
    invited = [
        Action(initiator, _("Verzendt de uitnodigingen, zo nodig met een opmerking of een bijlage.")),
        Action(examiner, _("Krijgt een mail met de knop ‘Start beoordeling’.")),
    ]
    in_progress = [
        Action(examiner, _("Geeft bij elk criterium O, V of G, onderbouwt dat en rondt af.")),
        Action(initiator, _("Ziet wie nog bezig is, en herinnert of vervangt wie te laat is.")),
        Action(student, _("Volgt de voortgang in ‘Mijn examens’, vanaf de start tot het einde.")),
    ]
    assessed = [
        Action(Actor.COMMITTEE, _("Kijkt de beoordeling na, past die als dat moet aan en maakt die definitief.")),
    ]
    final = [
        Action(Actor.EXAM_OFFICE, _("Krijgt de pdf per mail en bewaart die.")),
        Action(student, _("Ziet het cijfer, de O-V-G en de pdf in ‘Mijn examens’.")),
        Action(initiator, _("Ziet het resultaat en de pdf bij ‘Digitaal beoordelen’.")),
    ]
    return [
        Step("NEW", _("Nieuw"), new),
        Step("INVITED", _("Uitgenodigd"), invited),
        Step("IN_PROGRESS", _("Wordt beoordeeld"), in_progress),
        Step("ASSESSED", _("Beoordeeld"), assessed),
        Step("FINAL", _("Definitief"), final),
    ]


def participants() -> list[Participant]:
    """Return the participants, in the active language."""
    return [
        Participant(
            Actor.STUDENT,
            _("Een account met studentnummer, en het examen op dat account."),
            _("Doet niets voor de beoordeling zelf; volgt die en ziet de uitslag."),
        ),
        Participant(
            Actor.INITIATOR,
            _("Een account met de rol Docent."),
            _("Bepaalt wie waarvoor beoordeeld wordt, en nodigt de examinatoren uit."),
        ),
        Participant(
            Actor.EXAMINER,
            _("Een e-mailadres, geen account. Wie Docent of Praktijkopleider is, staat vanzelf in het adresboek."),
            _("Beoordeelt de student met het formulier achter de link in de mail."),
        ),
        Participant(
            Actor.COMMITTEE,
            _("Een account met de rol Examencommissie."),
            _("Stelt de uitslag vast."),
        ),
        Participant(
            Actor.EXAM_OFFICE,
            _("Een e-mailadres."),
            _("Doet niets voor de beoordeling zelf; bewaart de pdf."),
        ),
    ]
