"""The base class of the admin's lists and forms."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

# The lookups of Django's filters and `date_hierarchy`.
LOOKUPS = {"exact", "isnull", "isempty", "gte", "lt", "year", "month", "day"}


class BaseAdmin(admin.ModelAdmin):
    """Allows only the lookups of `list_filter` and `date_hierarchy`.

    Django allows any lookup on the model's own fields, so `?text__contains=` would reveal fields that are not shown.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        field, _, kind = lookup.rpartition("__")
        listed = self._listed(request)
        return lookup in listed or (field in listed and kind in LOOKUPS)

    def _listed(self, request: HttpRequest | None) -> set[str]:
        filters = self.get_list_filter(request) if request else self.list_filter
        names = [
            item[0] if isinstance(item, (list, tuple)) else getattr(item, "parameter_name", item) for item in filters
        ]
        return {str(name) for name in [*names, self.date_hierarchy] if name}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)  # Django raises for an empty `_to_field=`
