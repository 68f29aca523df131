"""How long a school keeps what has no diploma date to go by; a part of `School`."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

# A school year and the holidays after it: nobody can have looked at it by then. Fifty years is for ever.
SHORTEST, LONGEST = 12, 600
# As long as schools keep the papers behind their funding. What was kept too long can still go; what went too early
# does not come back.
LONG = 84
TERMS = ("left_months", "cancelled_months", "unfinished_months", "views_months")
ERASING_TERMS = {*TERMS} - {"views_months"}


def _months(label: str, default: int, help_text: str) -> models.PositiveSmallIntegerField[int, int]:
    limits = [
        MinValueValidator(SHORTEST, f"Kies ten minste {SHORTEST} maanden."),
        MaxValueValidator(LONGEST, f"Kies hooguit {LONGEST} maanden."),
    ]
    return models.PositiveSmallIntegerField(label, default=default, help_text=help_text, validators=limits)


class RetentionTerms(models.Model):
    """Terms in months. A diploma's term, 18 months, is no choice: `assessments.privacy.retention` holds it.

    `terms_set_at`: when someone last changed them; what a new term would take waits a while from then on.
    """

    left_months = _months(
        "vertrokken zonder diploma (maanden)",
        LONG,
        "Zoveel maanden na de datum van vertrek worden de beoordelingen gewist van een student zonder diploma.",
    )
    cancelled_months = _months(
        "ingetrokken afnames (maanden)",
        LONG,
        "Zoveel maanden na het intrekken. Met de andere beoordelingen van de student kan dat eerder zijn.",
    )
    unfinished_months = _months(
        "nooit definitief geworden (maanden)",
        LONG,
        "Zoveel maanden nadat er voor het laatst iets mee gebeurde. Met de andere beoordelingen van de student kan "
        "dat eerder zijn.",
    )
    views_months = _months(
        "wie wat heeft ingezien (maanden)",
        24,
        "Zolang kunt u nagaan wie een beoordeling heeft ingezien. Die regels verdwijnen in elk geval met de "
        "beoordeling zelf.",
    )
    terms_set_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


def checks() -> list[models.BaseConstraint]:
    """That each term lies between the shortest and the longest, for the truth of it."""
    return [
        models.CheckConstraint(
            condition=Q(**{f"{term}__gte": SHORTEST, f"{term}__lte": LONGEST}), name=f"school_{term}_in_bounds"
        )
        for term in TERMS
    ]
