"""Schools as the Consortium's staff see them: who manages them and how many people they have, no results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, QuerySet

from accounts.models import Membership, Role, School, SchoolInvitation, User
from accounts.people import invite
from accounts.school.changes import log_settings
from accounts.search import holds


@dataclass(frozen=True)
class SchoolRow:
    """A school, its active managers, the open invitation for its first one, and its active people by role."""

    school: School
    managers: Sequence[Membership] = ()
    invitations: Sequence[SchoolInvitation] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def can_invite_manager(self) -> bool:
        return not self.managers and not self.invitations

    @property
    def students(self) -> int:
        return self.counts.get(Role.STUDENT, 0)

    @property
    def teachers(self) -> int:
        return self.counts.get(Role.DOCENT, 0)

    @property
    def committee_members(self) -> int:
        return self.counts.get(Role.EXAMENCOMMISSIE, 0)

    @property
    def is_ready(self) -> bool:
        """Whether a first assessment can be started and made final."""
        return bool(self.school.digital_assessment_active and self.teachers and self.committee_members)


def find_schools(*, query: str, active: bool | None) -> QuerySet[School]:
    """Return schools by name, in any accents; `active` limits them to one state."""
    schools = School.objects.order_by("name")
    if active is not None:
        schools = schools.filter(digital_assessment_active=active)
    if query:
        names = schools.values_list("pk", "name")
        schools = schools.filter(pk__in=[pk for pk, name in names if holds(query, [name])])
    return schools


def school_rows(schools: Sequence[School]) -> list[SchoolRow]:
    """Return a row for each school, in three queries."""
    active = Membership.objects.present().filter(school__in=schools, user__is_active=True)
    managers, invitations = defaultdict(list), defaultdict(list)
    counts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for membership in active.filter(role=Role.SCHOOLBEHEER).select_related("user").order_by("sort_key"):
        managers[membership.school_id].append(membership)
    for invitation in invite.manager_invitations().filter(school__in=schools).select_related("mail"):
        invitations[invitation.school_id].append(invitation)
    for school_id, role, count in active.order_by().values_list("school", "role").annotate(Count("pk")):
        counts[school_id][role] = count
    return [SchoolRow(one, managers[one.pk], invitations[one.pk], counts[one.pk]) for one in schools]


@transaction.atomic
def add_school(*, name: str, manager: SchoolInvitation, by: User) -> School:
    """Create a school and invite its first Schoolbeheer; raise `InviteRefused`."""
    school = School.objects.create(name=name)
    invite.invite_first_manager(school=school, invitation=manager, by=by)
    return school


@transaction.atomic
def set_active(*, school: School, active: bool, by: User) -> bool:
    """Activate or deactivate 'Digitaal beoordelen' and log it; return False if it was so already."""
    before = School.objects.select_for_update().get(pk=school.pk)
    after = copy(before)
    after.digital_assessment_active = active
    after.save(update_fields=["digital_assessment_active"])
    return bool(log_settings(before=before, after=after, by=by))
