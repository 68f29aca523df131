"""The states of an assessment, and why one was cancelled."""

from __future__ import annotations

from django.db import models


class Status(models.TextChoices):
    """The states of an assessment; `assessments.lifecycle` holds the table of moves between them."""

    NEW = "NEW", "Nieuw"
    INVITED = "INVITED", "Uitgenodigd"
    IN_PROGRESS = "IN_PROGRESS", "Wordt beoordeeld"
    ASSESSED = "ASSESSED", "Beoordeeld"
    FINAL = "FINAL", "Definitief"
    CANCELLED = "CANCELLED", "Ingetrokken"


class CancelKind(models.TextChoices):
    """Why an assessment was cancelled; the last is the initiator's, who takes back what nobody was invited for."""

    NO_SHOW = "NO_SHOW", "Niet verschenen"
    IRREGULARITY = "IRREGULARITY", "Onregelmatigheid"
    INVALID = "INVALID", "Ongeldige poging"
    OTHER = "OTHER", "Anders"
    MISTAKE = "MISTAKE", "Per ongeluk gestart"


CLOSED = (Status.FINAL, Status.CANCELLED)
