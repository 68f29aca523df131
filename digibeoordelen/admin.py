"""What every list and form of /beheer/ shares."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

# What Django's own filters and `date_hierarchy` write into an address behind a field's name.
LOOKUPS = {"exact", "isnull", "isempty", "gte", "lt", "year", "month", "day"}


class BaseAdmin(admin.ModelAdmin):
    """A list narrows down by its `list_filter` and `date_hierarchy` alone.

    Django takes any lookup on any field of the model, so that `?text__contains=` reads what a list doesn't show.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        field, _, kind = lookup.rpartition("__")
        listed = self._listed(request)
        return lookup in listed or (field in listed and kind in LOOKUPS)

    def _listed(self, request: HttpRequest | None) -> set[str]:
        filters = self.get_list_filter(request) if request else self.list_filter
        names = [one[0] if isinstance(one, (list, tuple)) else getattr(one, "parameter_name", one) for one in filters]
        return {str(name) for name in [*names, self.date_hierarchy] if name}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)  # Django raises for an empty `_to_field=`
