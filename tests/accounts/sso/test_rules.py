"""Who comes in with a school account: the decisions, without database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.sso.identity import Identity
from accounts.sso.rules import (
    Account,
    Refused,
    Step,
    Trust,
    accepts_number,
    check_organization,
    first_login,
    is_student,
    is_vouched_for,
)

TRUST = Trust(organization="", domains=["hier.test"], vouches=True, student_domains=["student.hier.test"])
ANOUK = Identity(issuer="https://id.hier.test", subject="1", email="anouk@hier.test", affiliations=("student",))
MEMBER = Account(is_active=True, is_member=True, was_student=False, is_elsewhere=False, has_other_subject=False)


def decide(
    identity: Identity = ANOUK,
    trust: Trust = TRUST,
    account: Account | None = MEMBER,
    *,
    proven: bool = False,
    is_invited: bool = False,
) -> Step | str:
    try:
        return first_login(identity, trust, account=account, proven=proven, is_invited=is_invited)
    except Refused as refused:
        return refused.reason


@pytest.mark.parametrize("verified", [True, None])
def test_vouching_provider_links_an_account_of_its_domain(verified: bool | None) -> None:
    assert decide(replace(ANOUK, email_verified=verified)) == Step.LINK


@pytest.mark.parametrize(
    ("identity", "trust"),
    [
        (replace(ANOUK, email_verified=False), TRUST),
        (replace(ANOUK, email="anouk@elders.test"), TRUST),
        (replace(ANOUK, email="anouk@sub.hier.test"), TRUST),
        (replace(ANOUK, email="anouk@elders.test", email_verified=True), TRUST),
        (replace(ANOUK, email_verified=True), replace(TRUST, vouches=False)),
        (replace(ANOUK, email=""), TRUST),
    ],
)
@pytest.mark.parametrize("account", [MEMBER, None])
def test_other_addresses_are_proven_with_and_without_account(
    identity: Identity, trust: Trust, account: Account | None
) -> None:
    assert decide(identity, trust, account) == Step.PROVE
    if identity.email:
        assert decide(identity, trust, account, proven=True) in (Step.LINK, Step.CREATE)


def test_the_word_of_one_school_opens_no_account_of_another() -> None:
    elsewhere = replace(MEMBER, is_elsewhere=True)
    assert decide(account=elsewhere) == Step.PROVE
    assert decide(account=elsewhere, proven=True) == Step.LINK


def test_account_elsewhere_only_joins_as_student_or_invited() -> None:
    elsewhere = replace(MEMBER, is_elsewhere=True, is_member=False)
    employee = replace(ANOUK, affiliations=("employee",))
    assert decide(employee, account=elsewhere, proven=True) == "no_role"
    assert decide(employee, account=elsewhere, proven=True, is_invited=True) == Step.LINK
    assert decide(account=elsewhere, proven=True) == Step.LINK


def test_reassigned_address_opens_no_account_of_its_former_owner() -> None:
    assert decide(account=replace(MEMBER, has_other_subject=True)) == "other_person"
    assert decide(account=replace(MEMBER, has_other_subject=True), proven=True) == "other_person"


def test_closed_account_stays_closed() -> None:
    assert decide(account=replace(MEMBER, is_active=False)) == "no_role"


def test_removed_student_does_not_come_back_by_logging_in() -> None:
    removed = replace(MEMBER, is_member=False, was_student=True)
    assert decide(account=removed) == "no_role"
    assert decide(account=removed, is_invited=True) == Step.LINK


def test_only_students_and_invited_people_get_an_account() -> None:
    assert decide(account=None) == Step.CREATE
    employee = replace(ANOUK, affiliations=("employee", "faculty"))
    assert decide(employee, account=None) == "no_role"
    assert decide(employee, account=None, is_invited=True) == Step.CREATE


@pytest.mark.parametrize("account", [MEMBER, None])
@pytest.mark.parametrize("organization", ["elders.test", ""])
def test_person_of_another_organization_is_refused(organization: str, account: Account | None) -> None:
    """SURFconext has one issuer for all schools."""
    identity = replace(ANOUK, organization=organization)
    assert decide(identity, replace(TRUST, organization="hier.test"), account, proven=True) == "wrong_school"


def test_organization_is_compared_in_any_case() -> None:
    check_organization(replace(ANOUK, organization="Hier.Test"), replace(TRUST, organization="hier.test"))


def test_without_affiliation_the_domain_says_who_is_a_student() -> None:
    nobody_says = replace(ANOUK, affiliations=())
    assert not is_student(nobody_says, TRUST)
    assert is_student(replace(nobody_says, email="a@student.hier.test"), TRUST)
    assert not is_student(replace(ANOUK, email="a@student.hier.test", affiliations=("employee",)), TRUST)


def test_vouching_without_domains_vouches_for_nothing() -> None:
    assert not is_vouched_for(replace(ANOUK, email_verified=True), replace(TRUST, domains=[]))
    assert not is_vouched_for(replace(ANOUK, email=""), replace(TRUST, domains=[""]))


def test_number_that_an_assessment_refers_to_stays() -> None:
    assert accepts_number(now="", given="123", is_fixed=False)
    assert accepts_number(now="122", given="123", is_fixed=False)
    assert not accepts_number(now="122", given="123", is_fixed=True)
    assert not accepts_number(now="122", given="", is_fixed=False)
