"""Granting and ending many roles of a school in a few queries, logged like one; the caller locks the school."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, router, transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.db.models.deletion import Collector
from django.utils import timezone

from accounts.models import Membership, RoleChange, School, SchoolChange, User, roles_changed

from . import roles
from .notify import GrantedRole
from .roles import Change


@dataclass(frozen=True)
class RoleGrant:
    """A role to grant, with a new student's number."""

    user: User
    role: str
    student_number: str = ""


def insert(memberships: Sequence[Membership], *, school: School) -> None:
    """Save new roles; a number that another student has by now is left out."""
    # With '', which matches no row: an empty list would skip the query, and the timing reveal an account elsewhere.
    numbers = {"", *(membership.student_number for membership in memberships)}
    others = school.memberships.filter(student_number__in=numbers).exclude(student_number="")
    taken = set(others.values_list("student_number", flat=True))
    for membership in memberships:
        if membership.student_number in taken:
            membership.student_number = ""
        membership.set_derived()
    try:
        with transaction.atomic():
            Membership.objects.bulk_create(memberships)
    except IntegrityError:  # a number taken at the same moment
        for membership in memberships:
            roles.add(membership)
    roles_changed.send(Membership, school=school, given=memberships, ended=())


def grant_many(
    grants: Sequence[RoleGrant], *, school: School, by: User | None, how: str, from_directory: bool
) -> list[GrantedRole]:
    """Grant as `roles.grant` does, and return those that are new."""
    users = {one.user for one in grants}
    rows = school.memberships.filter(user__in=users).order_by("pk").select_for_update()
    held = {(membership.user_id, membership.role): membership for membership in rows}
    new, back, given = list[Membership](), list[Membership](), list[RoleGrant]()
    for one in grants:
        existing = held.get((one.user.pk, one.role))
        if existing is None:
            membership = Membership(user=one.user, school=school, role=one.role, student_number=one.student_number)
            membership.from_directory = from_directory
            new.append(membership)
        elif existing.ended_at:
            back.append(existing)
        else:
            continue
        given.append(one)
    if new:
        insert(new, school=school)
    if back:
        entries = [entry for one in back for entry in roles.bring_back(one, by=by, from_directory=from_directory)]
        SchoolChange.objects.bulk_create(entries)
        Membership.objects.bulk_update(back, roles.BROUGHT_BACK)
    log_many([(one.user, one.role) for one in given], school=school, change=Change.GIVEN, by=by, how=how)
    return [GrantedRole(one.user, one.role) for one in given]


def end_many(held: Sequence[Membership], *, school: School, by: User | None, how: str) -> None:
    """End roles other than Schoolbeheer, loaded with their user, as `roles.end_roles` does."""
    if not held:
        return
    assessed = Membership.objects.filter(pk__in=[one.pk for one in held], assessments__isnull=False)
    kept_ids = set(assessed.order_by().values_list("pk", flat=True))
    kept = [membership for membership in held if membership.pk in kept_ids]
    if kept:
        entries = [entry for membership in kept for entry in roles.keep_as_left(membership, by=by)]
        SchoolChange.objects.bulk_create(entries)
        Membership.objects.bulk_update(kept, roles.KEPT_AS_LEFT)
    removed = [membership for membership in held if membership.pk not in kept_ids]
    try:
        with transaction.atomic():
            _delete(removed)
        logged = list(held)
    except ProtectedError:  # an assessment began at the same moment
        for membership in removed:
            membership.in_bulk = False
            roles.end(membership, by=by, how=how)
        logged, removed = kept, []
    roles_changed.send(Membership, school=school, given=(), ended=removed)
    log_many([(one.user, one.role) for one in logged], school=school, change=Change.TAKEN, by=by, how=how)
    present = school.memberships.present().filter(user=OuterRef("user"))
    invitations = school.school_invitations.open().filter(~Exists(present), user__in={one.user_id for one in held})
    invitations.update(withdrawn_at=timezone.now())


def _delete(memberships: Sequence[Membership]) -> None:
    """Delete these very instances, whose `in_bulk` receivers of `post_delete` see."""
    for membership in memberships:
        membership.in_bulk = True
    ids = [membership.pk for membership in memberships]
    collector = Collector(using=router.db_for_write(Membership))
    collector.collect(memberships)
    collector.delete()
    for membership, pk in zip(memberships, ids, strict=True):
        membership.pk = pk


def log_many(changed: Iterable[tuple[User, str]], *, school: School, change: str, by: User | None, how: str) -> None:
    """Write a log entry for each role; call it in the transaction that makes the change."""
    RoleChange.objects.bulk_create(
        RoleChange(**roles.role_change_fields(school=school, user=user, role=role, change=change, by=by, how=how))
        for user, role in changed
    )
