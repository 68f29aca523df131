"""How long a school keeps assessments without a diploma date; a part of `School`."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

# At least a school year with its holidays, so that someone can see it first; at most fifty years.
SHORTEST, LONGEST = 12, 600
# As long as schools keep the records behind their funding; erasing too late can be corrected, too early cannot.
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
    """Terms in months. The term after a diploma, 18 months, is fixed in `assessments.privacy.retention`.

    `terms_set_at`: when they last changed; erasure by a new term waits for a while after it.
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
    """Return the constraints that keep each term between `SHORTEST` and `LONGEST`."""
    return [
        models.CheckConstraint(
            condition=Q(**{f"{term}__gte": SHORTEST, f"{term}__lte": LONGEST}), name=f"school_{term}_in_bounds"
        )
        for term in TERMS
    ]
