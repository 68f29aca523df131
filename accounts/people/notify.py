"""Notify Schoolbeheer and Examencommissie of a new member of either, so that no access is granted unseen."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from accounts.mail.rendering import one_line
from accounts.models import Role, RoleChange, School, User

from .mails import queue_roles_given

logger = logging.getLogger(__name__)
WATCHED = (Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER)


@dataclass(frozen=True)
class GrantedRole:
    """A role that was just granted."""

    user: User
    role: str

    @property
    def label(self) -> str:
        return str(Role(self.role).label)

    @property
    def name(self) -> str:
        return one_line(self.user.full_name)


def notify_roles(
    *,
    school: School,
    granted: Sequence[GrantedRole],
    by: User | None,
    by_name: str,
    how: str,
    accepted_by: User | None = None,
) -> None:
    """Mail everyone concerned, in the transaction that grants the roles; only `WATCHED` roles are mailed.

    The granting user and the one who accepted get no mail.
    """
    watched = [role for role in granted if role.role in WATCHED]
    if not watched:
        return
    informed = {user.pk for user in (by, accepted_by) if user}
    how_label = str(RoleChange.How(how).label)
    managers = set(active_holders(school, Role.SCHOOLBEHEER).values_list("pk", flat=True))
    for reader in active_holders(school, *WATCHED).exclude(pk__in=informed):
        try:
            queue_roles_given(
                to=reader,
                school=school,
                given=watched,
                by_name=by_name,
                how=how_label,
                sees_log=reader.pk in managers,
            )
        except ValueError:  # an unmailable account must not block the others, or the role itself
            logger.exception("Account %s can't be mailed", reader.pk)


def active_holders(school: School, *roles: str) -> QuerySet[User]:
    """Return each active user with one of `roles` who has a password, once."""
    users = User.objects.filter(is_active=True, memberships__school=school, memberships__role__in=roles)
    return users.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).order_by("pk").distinct()
