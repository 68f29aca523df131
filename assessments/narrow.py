"""Filtering and sorting the tab 'Digitaal beoordelen', as its address says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters
from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Value, When
from django.http import QueryDict

from accounts.search import matches

from .models import CLOSED, Assessment, AssessmentQuerySet, Assignment, Invitation, Status
from .remind import late


class FollowFilter(django_filters.FilterSet):
    """The fields above the list; what can't be understood is passed over and said at its field."""

    q = django_filters.CharFilter(label="Student", method="by_student")
    status = django_filters.ChoiceFilter(label="Status", choices=Status.choices, empty_label="Alle statussen")
    examinator = django_filters.CharFilter(label="Examinator", method="by_examiner")
    te_laat = django_filters.BooleanFilter(label="Alleen te laat", method="by_late", widget=forms.CheckboxInput)

    class Meta:
        model = Assessment
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, queryset: AssessmentQuerySet) -> None:
        super().__init__(data, queryset=queryset)
        self.form.helper = FormHelper()
        self.form.helper.form_tag = False
        for name in ("q", "examinator"):
            self.form.fields[name].widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})

    @property
    def narrows(self) -> bool:
        """Whether anything was filled in."""
        self.form.is_valid()
        return any(self.form.cleaned_data.values())

    def by_student(self, found: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        return found.filter(matches(value, "student__search_text"))

    def by_examiner(self, found: AssessmentQuerySet, name: str, value: str) -> AssessmentQuerySet:
        live = Assignment.objects.live().filter(assessment=OuterRef("pk"))
        return found.filter(Exists(live.filter(matches(value, "contact__search_text"))))

    def by_late(self, found: AssessmentQuerySet, name: str, value: bool) -> AssessmentQuerySet:
        return found.filter(_has_late()) if value else found


def _has_late() -> Exists:
    return Exists(late(among=Invitation.objects.filter(assessment=OuterRef("pk"))))


def _in_order(values: Any) -> Case:
    """A state's place in the life of an assessment."""
    whens = [When(status=value, then=Value(place)) for place, value in enumerate(values)]
    return Case(*whens, output_field=IntegerField())


# What the address calls a column → the expressions that it is sorted by.
COLUMNS: dict[str, tuple[str, Callable[[], list[Any]]]] = {
    "student": ("Student", lambda: [F("student__sort_key")]),
    "status": ("Status", lambda: [_in_order(Status.values)]),
    "sinds": ("Sinds", lambda: [F("status_since")]),
    "afname": ("Afname", lambda: [F("planned_on")]),
}


@dataclass(frozen=True)
class Column:
    """A header that sorts: `sort` is what its link asks for, `direction` what `aria-sort` says now."""

    key: str
    label: str
    direction: str
    sort: str


def columns(asked: str) -> list[Column]:
    """The headers that sort; the one that the list is sorted by turns it round."""
    return [
        Column(
            key=key,
            label=label,
            direction={key: "ascending", f"-{key}": "descending"}.get(asked, ""),
            sort=f"-{key}" if asked == key else key,
        )
        for key, (label, _) in COLUMNS.items()
    ]


def in_order(found: AssessmentQuerySet, asked: str) -> AssessmentQuerySet:
    """Sorted as `asked` says ('student', '-sinds' …); anything else: what needs attention first.

    That is who is late, then what runs, then what is closed; the newest first in each. Those
    without a planned date come last either way.
    """
    key = asked.removeprefix("-")
    if key not in COLUMNS:
        closed = Case(When(status__in=CLOSED, then=Value(1)), default=Value(0), output_field=IntegerField())
        attention = found.annotate(is_late=_has_late(), is_closed_now=closed)
        return attention.order_by("-is_late", "is_closed_now", "-created_at", "-pk")
    _, expressions = COLUMNS[key]
    if asked.startswith("-"):
        return found.order_by(*[e.desc(nulls_last=True) for e in expressions()], "-pk")
    return found.order_by(*[e.asc(nulls_last=True) for e in expressions()], "pk")
