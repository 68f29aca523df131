"""Find or make the account of someone who comes in with a school account."""

from __future__ import annotations

import logging
from dataclasses import replace

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import (
    DERIVED_FIELDS,
    STUDENT_NUMBER_LENGTH,
    IdentityProvider,
    Membership,
    Role,
    RoleChange,
    SchoolInvitation,
    User,
)
from accounts.models.number_formats import read_number
from accounts.people import join
from accounts.people.links import token_for
from accounts.people.roles import grant, locked
from accounts.school.student_numbers import holder_of, notify_school

from . import rules
from .identity import Identity
from .rules import Account, Step, Trust

logger = logging.getLogger(__name__)


def trust_in(provider: IdentityProvider) -> Trust:
    return Trust(
        organization=provider.organization,
        domains=provider.domain_list,
        vouches=provider.vouches_for_domains,
        student_domains=provider.school.student_domains,
    )


def come_in_again(*, provider: IdentityProvider, identity: Identity, user: User) -> None:
    """Check someone whose link is known, and take over the student number. Raise `Refused`."""
    rules.check_organization(identity, trust_in(provider))
    if not user.is_active:
        raise rules.Refused("no_role")
    if not user.memberships.filter(school=provider.school).exists():  # nor a former student
        with locked(provider.school):
            invitation = _invitation(provider, user.email)
            if invitation is None:
                raise rules.Refused("no_role")
            _accept(invitation, user)
    take_number(provider=provider, identity=identity, user=user)


def come_in_first(
    *, provider: IdentityProvider, identity: Identity, account: SocialAccount, proven: str = ""
) -> tuple[User, Step]:
    """Link `account`, unsaved, to the user with the person's address, who is made if needed; return user and step.

    `proven` is the address that a mailed code proved. With `Step.PROVE` nothing is done, and the user is unsaved. Raise
    `Refused`.
    """
    if proven:
        identity = replace(identity, email=proven, email_verified=True)
    with locked(provider.school):
        if linked := provider.accounts.filter(uid=account.uid).select_related("user").first():
            return linked.user, Step.CREATE  # made by another request of the same person, at the same time
        user = User.objects.filter(email=identity.email).first() if identity.email else None
        invitation = _invitation(provider, identity.email)
        step = rules.first_login(
            identity,
            trust_in(provider),
            account=_account(user, provider) if user else None,
            proven=bool(proven),
            is_invited=invitation is not None,
        )
        if step == Step.PROVE:
            return User(), step
        if user is None:
            names = {"first_name": identity.first_name, "infix": identity.infix, "last_name": identity.last_name}
            user = User.objects.create_user(identity.email, None, **names)
        account.user = user
        account.save()
        if invitation:
            _accept(invitation, user)
        if rules.is_student(identity, trust_in(provider)):
            _make_student(provider, user)
    take_number(provider=provider, identity=identity, user=user)
    logger.info("User %s logged in with provider %s for the first time.", user.pk, provider.pk)
    return user, step


def _account(user: User, provider: IdentityProvider) -> Account:
    here = user.memberships.filter(school=provider.school)
    return Account(
        is_active=user.is_active,
        is_member=here.present().exists(),
        was_student=_was_removed(user, provider),
        is_elsewhere=user.is_staff or user.memberships.exclude(school=provider.school).exists(),
        has_other_subject=provider.accounts.filter(user=user).exists(),
    )


def _was_removed(user: User, provider: IdentityProvider) -> bool:
    """Return whether the role of student was taken last, rather than given."""
    log = RoleChange.objects.filter(school=provider.school, user=user, role=Role.STUDENT)
    last = log.order_by("-pk").first()
    has_ended = user.memberships.filter(school=provider.school, ended_at__isnull=False).exists()
    return has_ended or (last is not None and last.change == RoleChange.Change.TAKEN)


def _invitation(provider: IdentityProvider, email: str) -> SchoolInvitation | None:
    """Return an invitation of the school that the owner of the address can accept."""
    mailed = SchoolInvitation.objects.open().filter(school=provider.school_id, email=email)
    return mailed.filter(expires_at__gt=timezone.now()).order_by("-pk").first() if email else None


def _accept(invitation: SchoolInvitation, user: User) -> None:
    try:
        join.join_logged_in(token=token_for(invitation), user=user)
    except join.WrongAccount:  # who sent it, or an import of someone whose address changed
        raise rules.Refused("no_role") from None


def _make_student(provider: IdentityProvider, user: User) -> None:
    """Give the role, but not again to someone from whom Schoolbeheer took it."""
    if not _was_removed(user, provider):
        grant(school=provider.school, user=user, role=Role.STUDENT, by=user, how=RoleChange.How.SSO)


def take_number(*, provider: IdentityProvider, identity: Identity, user: User) -> None:
    """Save the student number that the provider gives.

    Left alone: a number that an assessment refers to, and one that does not fit the school's patterns. A number that
    another student has is reported to the school, as when a student reports it.
    """
    school = provider.school
    try:
        number = read_number(identity.student_number, patterns=school.number_forms, school=school.name)
    except ValidationError:
        logger.warning("Provider %s gives a student number that does not fit the school's patterns.", provider.pk)
        return
    try:
        student = _save_number(provider, user, number)
    except IntegrityError:  # assigned to another student at the same time
        student = school.memberships.filter(user=user, role=Role.STUDENT).first()
    if student:
        notify_school(student=student, number=number)


@transaction.atomic
def _save_number(provider: IdentityProvider, user: User, number: str) -> Membership | None:
    """Save the number of a student where it may change; return the student if another one has it."""
    students = provider.school.memberships.present().filter(user=user, role=Role.STUDENT)
    student = students.select_for_update(of=("self",)).select_related("user").first()
    if student is None or len(number) > STUDENT_NUMBER_LENGTH:
        return None
    if not rules.accepts_number(now=student.student_number, given=number, is_fixed=student.number_is_fixed):
        return None
    if holder_of(number, school=provider.school):
        return student
    student.student_number = number
    student.save(update_fields=["student_number", *DERIVED_FIELDS])
    return None
