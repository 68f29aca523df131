"""Who may come in with a school account, and as whom; pure functions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from .identity import Identity

STUDENT_AFFILIATION = "student"


class Refused(Exception):
    """The person does not come in; `reason` is one of `templates/accounts/sso/refused.html`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Trust:
    """The school's settings of its provider."""

    organization: str
    domains: Collection[str]
    vouches: bool
    student_domains: Collection[str]


@dataclass(frozen=True)
class Account:
    """What is known of the account that has the person's address."""

    is_active: bool
    is_member: bool  # of the provider's school
    was_student: bool  # of the provider's school, and was removed there
    is_elsewhere: bool  # has a role at another school, or is staff
    has_other_subject: bool  # is linked to someone else at the provider


class Step(Enum):
    PROVE = "the person first proves to own the address, by a mailed code"
    LINK = "the account with the address is linked"
    CREATE = "an account is made"


def check_organization(identity: Identity, trust: Trust) -> None:
    """Raise `Refused` for someone of another organisation: hubs such as SURFconext serve every school."""
    if trust.organization and identity.organization.lower() != trust.organization.lower():
        raise Refused("wrong_school")


def is_vouched_for(identity: Identity, trust: Trust) -> bool:
    """Return whether the provider's word is enough that the address is the person's.

    A missing `email_verified` is no obstacle, as Entra ID never sends it; one that is false is.
    """
    is_of_school = bool(identity.email) and identity.domain in trust.domains
    return trust.vouches and is_of_school and identity.email_verified is not False


def is_student(identity: Identity, trust: Trust) -> bool:
    """Return whether it is a student's: by its affiliations, or without any by the school's domains for students."""
    if identity.affiliations:
        return STUDENT_AFFILIATION in identity.affiliations
    return identity.domain in trust.student_domains


def first_login(identity: Identity, trust: Trust, *, account: Account | None, proven: bool, is_invited: bool) -> Step:
    """Return what follows for someone whom the provider's subject does not identify yet; raise `Refused`.

    Until the address is proven or vouched for the answer is the same with and without an account. `proven`: by a code
    mailed to it. `is_invited`: the school invited the address.
    """
    check_organization(identity, trust)
    if not identity.email:
        return Step.PROVE
    if not proven and not is_vouched_for(identity, trust):
        return Step.PROVE
    if account is None:
        if not is_student(identity, trust) and not is_invited:
            raise Refused("no_role")
        return Step.CREATE
    if account.is_elsewhere and not proven:  # the school's word does not open what another school entrusted
        return Step.PROVE
    if not account.is_active:
        raise Refused("no_role")
    if account.has_other_subject:  # schools reassign mailboxes
        raise Refused("other_person")
    if not account.is_member and not is_invited and (account.was_student or not is_student(identity, trust)):
        raise Refused("no_role")
    return Step.LINK


def accepts_number(*, now: str, given: str, is_fixed: bool) -> bool:
    """Return whether the provider's number replaces the present one: never one that an assessment refers to."""
    return bool(given) and given != now and not is_fixed
