"""A query whose text is written once finds, at each asking, what there is then for the numbers that are given."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, School
from assessments.models import Assessment, Status
from committee.access import get_schools, own_memberships
from committee.prepared import OneOf, Prepared
from committee.search import SCHOOLS
from tests.factories import MembershipFactory, SchoolFactory, member

from .conftest import AfnameMaker


def by_ids(pks: Any) -> QuerySet[Any, Any]:
    found = Assessment.objects.filter(OneOf(F("pk"), pks), attempt__gt=-3).order_by("pk")
    return found.values_list("pk", "public_id", "status_since")


def of_school(school: Any, pks: Any) -> QuerySet[Any, Any]:
    return Assessment.objects.filter(OneOf(F("pk"), pks), school=school).order_by("pk").values_list("pk")


def test_each_asking_has_its_own_numbers(make_afname: AfnameMaker) -> None:
    one, other = make_afname(), make_afname(Status.FINAL)
    prepared = Prepared(by_ids)
    assert prepared.ask([one.pk]) == [(one.pk, one.public_id, one.status_since)]
    assert [pk for pk, *_ in prepared.ask([other.pk, one.pk])] == sorted([one.pk, other.pk])
    assert prepared.ask([]) == []


def test_what_it_found_is_not_kept(make_afname: AfnameMaker) -> None:
    pk, prepared = make_afname().pk, Prepared(by_ids)
    assert prepared.ask([pk])
    Assessment.objects.all().delete()
    assert prepared.ask([pk]) == []


def test_values_are_of_the_type_of_their_field(make_afname: AfnameMaker) -> None:
    ((_, public_id, since),) = Prepared(by_ids).ask([make_afname().pk])
    assert isinstance(public_id, UUID)
    assert isinstance(since, datetime)
    assert since.tzinfo is not None


def test_a_number_and_a_list_are_told_apart(make_afname: AfnameMaker, school: School, other_school: School) -> None:
    one, prepared = make_afname(), Prepared(of_school, takes=2)
    assert prepared.ask(school.pk, [one.pk]) == [(one.pk,)]
    assert prepared.ask(other_school.pk, [one.pk]) == []
    with pytest.raises(ValueError, match="zip"):
        prepared.ask(school.pk)


def test_an_asking_is_one_query(make_afname: AfnameMaker) -> None:
    prepared, pk = Prepared(by_ids), make_afname().pk
    with CaptureQueriesContext(connection) as queries:
        prepared.ask([pk])
        prepared.ask([pk])
    assert len(queries) == 2


@pytest.mark.parametrize("passed", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_the_list_has_the_schools_that_loading_gives(school: School, strict: bool, passed: bool) -> None:
    School.objects.filter(pk=school.pk).update(second_factor_for_committee=strict)
    user, second = member(school, Role.EXAMENCOMMISSIE), SchoolFactory(name="Aan het begin")
    MembershipFactory(user=user, school=second, role=Role.EXAMENCOMMISSIE)
    MembershipFactory(user=user, school=second, role=Role.STUDENT)
    member(school, Role.EXAMENCOMMISSIE)
    user.passed_two_factor = passed
    asked = SCHOOLS[passed].ask(user.pk)
    assert [(pk, name) for pk, name, *_ in asked] == list(get_schools(user).values_list("pk", "name"))
    assert len(asked) == (1 if strict and not passed else 2)
    assert [own for *_, own in asked if own] == own_memberships(user)


@pytest.mark.servers  # SQLite is given a moment as text
def test_a_query_that_holds_a_moment_is_refused(db: None) -> None:
    """It would be the moment at which the query was written."""
    since = Prepared(lambda pk: Assessment.objects.filter(pk=pk, created_at__lt=timezone.now()).values_list("pk"))
    with pytest.raises(ValueError, match="moment"):
        since.ask(1)
