"""Filters: `eq` on what identifies a person or group, joined by `and`; directories ask nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from scim2_models import InvalidFilterException, ScimFilter
from scim2_models.path import AttrPath, CompareOperator, Comparison, LogicalExpr, LogicalOperator, ValuePath

from accounts.mail.addresses import normalise_address
from accounts.text import clean_line

NOBODY = Q(pk__in=[])
Lookup = Callable[[str], Q]


def _exactly(column: str) -> Lookup:
    return lambda value: Q(**{column: clean_line(value)}) if clean_line(value) else NOBODY


def _public_id(column: str) -> Lookup:
    def lookup(value: str) -> Q:
        try:
            return Q(**{column: UUID(value)})
        except ValueError:
            return NOBODY

    return lookup


def _user_name(value: str) -> Q:
    return Q(user_name=clean_line(value).lower())


def _email(value: str) -> Q:
    return Q(email=normalise_address(value)) if value.strip() else NOBODY


USER_LOOKUPS: Mapping[str, Lookup] = {
    "id": _public_id("public_id"),
    "username": _user_name,
    "externalid": _exactly("external_id"),
    "emails": _email,
    "emails.value": _email,
    "displayname": lambda value: Q(attributes__displayName=value),
}
GROUP_LOOKUPS: Mapping[str, Lookup] = {
    "id": _public_id("public_id"),
    "displayname": lambda value: Q(display_name__iexact=clean_line(value)),
    "externalid": _exactly("external_id"),
    "members": _public_id("members__public_id"),
    "members.value": _public_id("members__public_id"),
}


def condition(text: ScimFilter[Any] | None, lookups: Mapping[str, Lookup]) -> Q:
    """Return the filter as a condition; raise `InvalidFilterException` for what is not supported."""
    return _condition(text.ast, lookups) if text else Q()


def _condition(node: Any, lookups: Mapping[str, Lookup], parent: str = "") -> Q:
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        result = Q()
        for term in node.terms:
            result &= _condition(term, lookups, parent)
        return result
    if isinstance(node, ValuePath):
        return _condition(node.val_filter, lookups, _name(node.attr_path))
    if isinstance(node, Comparison) and node.op == CompareOperator.eq and isinstance(node.value, str):
        name = ".".join(filter(None, [parent, _name(node.attr_path)]))
        if name == "emails.type":  # one address is kept, whatever its type
            return Q()
        if name in lookups:
            return lookups[name](node.value)
    raise InvalidFilterException(detail=f"Only 'eq' on {', '.join(lookups)}, joined by 'and', is supported.")


def _name(path: AttrPath) -> str:
    return ".".join(filter(None, [path.attr, path.sub_attr])).lower()
