"""Reading who someone is from a provider's claims."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.sso.identity import MAX_UID, Identity, NoSubject, read_identity

SURFCONEXT = {
    "sub": "bd09168cf0c2e675b2def0ade6f50b7d4bb4aaef",
    "email": "Anouk@Student.Hier.test",
    "given_name": "Anouk",
    "family_name": "van 't Hoff",
    "schac_home_organization": "hier.test",
    "eduperson_affiliation": ["student", "member"],
    "schac_personal_unique_code": [
        "urn:schac:personalUniqueCode:nl:local:hier.test:employeeid:x12-3456",
        "urn:schac:personalUniqueCode:nl:local:hier.test:studentid:s1234567",
    ],
}
ENTRA = {
    "sub": "pairwise",
    "oid": "00000000-0000-0000-66f3-3332eca7ea81",
    "tid": "9122040d-6c67-4c5b-b112-36a304b66dad",
    "preferred_username": "anouk@hier.test",
    "given_name": "Anouk",
    "family_name": "Hoff",
    "employeeid": "123456",
}


def read(claims: dict[str, Any], preset: str = "OIDC", mapping: dict[str, Any] | None = None) -> Identity:
    return read_identity(claims, issuer="https://id.hier.test", preset=preset, mapping=mapping or {})


def test_surfconext() -> None:
    assert read(SURFCONEXT, "SURFCONEXT") == Identity(
        issuer="https://id.hier.test",
        subject="bd09168cf0c2e675b2def0ade6f50b7d4bb4aaef",
        email="anouk@student.hier.test",
        email_verified=None,
        first_name="Anouk",
        last_name="van 't Hoff",
        student_number="s1234567",
        affiliations=("student", "member"),
        organization="hier.test",
    )


def test_entra_id_has_no_email_verified() -> None:
    identity = read(ENTRA, "ENTRA")
    assert (identity.subject, identity.organization) == (ENTRA["oid"], ENTRA["tid"])
    assert (identity.email, identity.email_verified) == ("anouk@hier.test", None)
    assert identity.student_number == "123456"


def test_mapping_replaces_names_of_the_preset() -> None:
    claims = {"sub": "1", "nummer": "77", "mails": ["a@hier.test", "b@hier.test"]}
    identity = read(claims, mapping={"student_number": "nummer", "email": ["none", "mails"]})
    assert (identity.student_number, identity.email) == ("77", "a@hier.test")


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": 7}, {"sub": None}])
def test_no_subject_is_nobody(claims: dict[str, Any]) -> None:
    with pytest.raises(NoSubject):
        read(claims)


@pytest.mark.parametrize(
    ("sent", "read_as"), [(True, True), ("true", True), (False, False), ("false", False), (None, None), ("?", None)]
)
def test_email_verified_in_its_spellings(sent: object, read_as: bool | None) -> None:
    assert read({"sub": "1", "email_verified": sent}).email_verified is read_as


def test_values_that_no_form_would_accept_are_left_out() -> None:
    claims = {"sub": "1", "email": "geen adres", "given_name": "http://kwaad.test", "family_name": "x" * 500}
    identity = read(claims)
    assert (identity.email, identity.first_name, len(identity.last_name)) == ("", "", 120)


def test_only_the_code_of_a_student_is_a_student_number() -> None:
    employee = {
        "sub": "1",
        "schac_personal_unique_code": ["urn:schac:personalUniqueCode:nl:local:hier.test:employeeid:x1"],
    }
    assert read(employee, "SURFCONEXT").student_number == ""


def test_uid_has_the_issuer() -> None:
    assert read({"sub": "1"}).uid == "https://id.hier.test 1"


def test_uid_of_a_long_subject_fits_and_differs() -> None:
    uids = {read({"sub": "x" * 250 + last}).uid for last in "ab"}
    assert len(uids) == 2
    assert all(len(uid) < MAX_UID for uid in uids)
