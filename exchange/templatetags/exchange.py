"""What pages of other apps show of the exchange."""

from __future__ import annotations

from typing import Any

from django import template

from assessments.models import Assessment
from exchange.models import Delivery

register = template.Library()


@register.inclusion_tag("exchange/calling/_delivered.html", takes_context=True)
def delivered(context: dict[str, Any], assessment: Assessment) -> dict[str, Any]:
    """Show whether the result arrived at the coupled system; nothing where there is none."""
    found = Delivery.objects.filter(participation__assessment=assessment).select_related("receiver__partner")
    return {"deliveries": found, "assessment": assessment, "csrf_token": context.get("csrf_token")}
