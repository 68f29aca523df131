"""Logging in with a school account: who gets which account, role and number."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.utils import timezone

from accounts.models import IdentityProvider, Membership, NumberReport, Role, RoleChange, School, User
from accounts.sso.identity import Identity
from accounts.sso.people import come_in_first
from accounts.sso.proof import resolve_code
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.auth.codes import set_up
from tests.accounts.people.test_invitations import ask
from tests.factories import MembershipFactory, UserFactory, member

from .openid import OpenID, begin, log_in, make_provider

pytestmark = pytest.mark.django_db


def user_of(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id", 0)).first()


def code_mailed() -> str:
    """Return the code of the last mail, as the outbox fills it in."""
    mail = OutgoingMail.objects.filter(kind="school_account_code").latest("pk")
    code = resolve_code(mail.links["code"]["data"])
    assert code not in mail.text + mail.html + str(mail.links), "staff can't read it in the table"
    return code


def prove(client: Client, code: str) -> Any:
    return client.post("/inloggen/school/adres/", {"code": code})


def test_new_student_gets_account_role_and_number(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    response = log_in(client, provider, openid)
    assert response["Location"] == "/"
    user = user_of(client)
    assert user is not None
    assert (user.email, user.first_name, user.last_name) == ("anouk@hier.test", "Anouk", "Hoff")
    assert not user.has_usable_password()
    student = user.memberships.get()
    assert (student.school, student.role, student.student_number) == (provider.school, Role.STUDENT, "777777")
    assert RoleChange.objects.get(user=user).how == RoleChange.How.SSO
    assert not SocialToken.objects.exists()


def test_first_login_still_checks_the_data_but_not_the_number(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    log_in(client, provider, openid)
    page = client.get("/", follow=True).content.decode()
    assert "controleer uw gegevens" in page
    assert "777777" in page
    assert 'name="student_number_' not in page
    student = Membership.objects.get(student_number="777777")
    client.post("/welkom/", {"first_name": "An", "last_name": "Hoff", f"student_number_{student.pk}": "1"})
    student.refresh_from_db()
    assert (student.student_number, student.user.first_name) == ("777777", "An")


def test_second_login_finds_the_person_by_subject_whatever_the_address(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    log_in(client, provider, openid)
    first = user_of(client)
    openid.person |= {"email": "nieuw@hier.test", "given_name": "Iemand"}
    log_in(Client(), provider, openid)
    log_in(client, provider, openid)
    assert user_of(client) == first
    assert User.objects.count() == 1
    assert first is not None
    assert (first.email, SocialAccount.objects.get().uid) == ("anouk@hier.test", "https://id.hier.test 1")


def test_teacher_with_a_password_is_linked_and_told(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    openid.person |= {"email": docent.email, "eduperson_affiliation": ["employee"], "given_name": "Anders"}
    log_in(client, provider, openid)
    assert user_of(client) == docent
    docent.refresh_from_db()
    assert docent.first_name == "Dirk"
    assert docent.has_usable_password()
    assert [membership.role for membership in docent.memberships.all()] == [Role.DOCENT]
    assert OutgoingMail.objects.get(to=docent.email).kind == "school_account_linked"


def test_without_vouching_a_code_proves_the_address(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    IdentityProvider.objects.update(vouches_for_domains=False)
    openid.person |= {"email": docent.email, "eduperson_affiliation": ["employee"]}
    assert log_in(client, provider, openid)["Location"] == "/inloggen/school/adres/"
    assert user_of(client) is None
    assert not SocialAccount.objects.exists()
    assert "klopt niet" in prove(client, "000000").content.decode()
    assert user_of(client) is None
    prove(client, code_mailed())
    assert user_of(client) == docent
    assert SocialAccount.objects.get().user == docent


def test_answer_is_the_same_with_and_without_an_account(
    openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    IdentityProvider.objects.update(vouches_for_domains=False)
    pages, texts = set(), set()
    for subject, address in (("1", docent.email), ("2", "niemand@hier.test")):
        openid.person |= {"email": address, "sub": subject, "eduperson_affiliation": ["employee"]}
        client = Client()
        page = log_in(client, provider, openid)
        shown = client.get(page["Location"]).content.decode().replace(address, "…")
        pages.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", shown))
        texts.add(OutgoingMail.objects.latest("pk").text)
    assert len(pages) == len(texts) == 1


def test_five_wrong_codes_end_it(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    IdentityProvider.objects.update(vouches_for_domains=False)
    log_in(client, provider, openid)
    right = code_mailed()
    wrong = "000000" if right != "000000" else "000001"
    pages = [prove(client, wrong).content.decode() for _ in range(5)]
    assert "te vaak een verkeerde code" in pages[-1]
    prove(client, right)
    assert user_of(client) is None
    assert not User.objects.exists()


def test_code_of_one_browser_is_worth_nothing_in_another(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    IdentityProvider.objects.update(vouches_for_domains=False)
    log_in(client, provider, openid)
    mine = code_mailed()
    other = Client()
    log_in(other, provider, openid)
    assert code_mailed() != mine
    prove(other, mine)
    assert user_of(other) is None


def test_code_expires(client: Client, openid: OpenID, provider: IdentityProvider, time_machine: Any) -> None:
    IdentityProvider.objects.update(vouches_for_domains=False)
    log_in(client, provider, openid)
    code = code_mailed()
    time_machine.move_to(timezone.now() + timedelta(minutes=16))
    prove(client, code)
    assert user_of(client) is None


def test_person_without_address_types_one_and_proves_it(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    del openid.person["email"]
    assert log_in(client, provider, openid)["Location"] == "/inloggen/school/adres/"
    assert not OutgoingMail.objects.exists()
    client.post("/inloggen/school/adres/", {"email": "Thuis@Prive.test"})
    prove(client, code_mailed())
    user = user_of(client)
    assert user is not None
    assert user.email == "thuis@prive.test"
    assert user.memberships.get().student_number == "777777"


def test_employee_without_role_is_refused_with_a_page(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    openid.person["eduperson_affiliation"] = ["employee"]
    response = log_in(client, provider, openid)
    assert response.status_code == 403
    assert "nog geen rol" in response.content.decode()
    assert not User.objects.exists()


def test_invited_employee_gets_the_roles_of_the_invitation(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    invitation = ask(provider.school, docent)
    openid.person |= {"email": invitation.email, "eduperson_affiliation": ["employee"]}
    IdentityProvider.objects.update(domains=invitation.email.rpartition("@")[2])
    log_in(client, provider, openid)
    user = user_of(client)
    assert user is not None
    assert {membership.role for membership in user.memberships.all()} == set(invitation.roles)
    invitation.refresh_from_db()
    assert invitation.accepted_by == user


def test_affiliation_gives_no_other_role_than_student(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    openid.person["eduperson_affiliation"] = ["student", "faculty", "EXAMENCOMMISSIE", "SCHOOLBEHEER"]
    log_in(client, provider, openid)
    assert [membership.role for membership in Membership.objects.all()] == [Role.STUDENT]


def test_account_with_a_role_elsewhere_proves_itself(
    client: Client, openid: OpenID, provider: IdentityProvider, other_school: School
) -> None:
    user = member(other_school, Role.DOCENT, email="anouk@hier.test")
    assert log_in(client, provider, openid)["Location"] == "/inloggen/school/adres/"
    prove(client, code_mailed())
    assert user_of(client) == user
    assert set(user.memberships.values_list("school", "role")) == {
        (other_school.pk, Role.DOCENT),
        (provider.school_id, Role.STUDENT),
    }


def test_staff_of_the_consortium_is_never_linked_by_the_word_of_a_school(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    UserFactory(email="anouk@hier.test", is_staff=True)
    assert log_in(client, provider, openid)["Location"] == "/inloggen/school/adres/"
    assert user_of(client) is None


def test_removed_student_stays_removed(
    client: Client, openid: OpenID, provider: IdentityProvider, assessment: Assessment
) -> None:
    student = assessment.student
    Membership.objects.filter(pk=student.pk).update(ended_at=timezone.now(), left_on=timezone.localdate())
    openid.person["email"] = student.user.email
    assert log_in(client, provider, openid).status_code == 403
    student.refresh_from_db()
    assert student.ended_at is not None


def test_number_of_an_assessment_is_never_overwritten(
    client: Client, openid: OpenID, provider: IdentityProvider, assessment: Assessment
) -> None:
    openid.person["email"] = assessment.student.user.email
    log_in(client, provider, openid)
    assert user_of(client) == assessment.student.user
    assert Membership.objects.get(pk=assessment.student.pk).student_number == "123456"


def test_number_of_another_student_is_left_out_and_reported(
    client: Client, openid: OpenID, provider: IdentityProvider, student: Membership
) -> None:
    member(provider.school, Role.SCHOOLBEHEER, email="beheer@hier.test")
    openid.person |= {"email": "ander@hier.test", "student_number": student.student_number}
    log_in(client, provider, openid)
    user = user_of(client)
    assert user is not None
    assert user.memberships.get().student_number == ""
    assert NumberReport.objects.get().student.user == user
    assert OutgoingMail.objects.get().to == "beheer@hier.test"
    assert 'name="student_number_' in client.get("/", follow=True).content.decode(), "now the student types it"


def test_number_that_does_not_fit_the_school_is_left_out(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    School.objects.update(number_forms="s999999")
    log_in(client, provider, openid)
    assert Membership.objects.get().student_number == ""


def test_number_follows_the_provider_until_an_assessment_has_it(
    client: Client, openid: OpenID, provider: IdentityProvider
) -> None:
    log_in(client, provider, openid)
    openid.person["student_number"] = "888888"
    log_in(client, provider, openid)
    assert Membership.objects.get().student_number == "888888"


def test_role_taken_by_schoolbeheer_does_not_come_back(
    client: Client, openid: OpenID, provider: IdentityProvider, docent: User
) -> None:
    openid.person["email"] = docent.email
    log_in(client, provider, openid)
    docent.memberships.filter(role=Role.STUDENT).delete()
    log_in(client, provider, openid)
    assert [membership.role for membership in docent.memberships.all()] == [Role.DOCENT]


def test_second_step_of_the_account_follows(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    log_in(client, provider, openid)
    User.objects.update(details_checked_at=timezone.now())
    user = user_of(client)
    app, _codes = set_up(client)
    fresh = Client()
    assert log_in(fresh, provider, openid)["Location"].startswith("/inloggen/code/")
    assert user_of(fresh) is None
    fresh.post("/inloggen/code/", {"code": app.code(later=1)})
    assert user_of(fresh) == user
    assert fresh.session["school_login"]["provider"] == str(provider.public_id)


def test_two_schools_with_one_issuer_and_client_keep_their_people(
    client: Client, openid: OpenID, provider: IdentityProvider, other_school: School
) -> None:
    """As at SURFconext: the organisation says whose person it is."""
    IdentityProvider.objects.update(organization="hier.test", vouches_for_domains=False)
    elsewhere = make_provider(other_school, organization="elders.test", domains="elders.test")
    openid.person["schac_home_organization"] = "hier.test"
    assert "is niet van ROC Elders" in log_in(client, elsewhere, openid).content.decode()
    log_in(client, provider, openid)
    prove(client, code_mailed())  # the stored login is found by provider, not by client
    user = user_of(client)
    assert user is not None
    assert user.memberships.get().school == provider.school


def test_next_page_follows_but_never_another_site(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    assert log_in(client, provider, openid, next="/profiel/")["Location"] == "/profiel/"
    for evil in ("https://kwaad.test/", "//kwaad.test", "javascript:alert(1)", "https:kwaad.test"):
        assert log_in(client, provider, openid, next=evil)["Location"] == "/"


def test_query_adds_nothing_to_what_the_provider_is_asked(
    client: Client, provider: IdentityProvider, openid: OpenID
) -> None:
    sent = begin(client, provider, scope="admin", auth_params="redirect_uri=https://kwaad.test", process="connect")
    assert set(sent["scope"].split()) == {"openid", "profile", "email"}
    assert sent["redirect_uri"] == f"http://testserver/inloggen/school/aanbieder/{provider.public_id}/terug/"
    assert sent["code_challenge_method"] == "S256"


def test_membership_of_another_school_is_untouched(
    client: Client, openid: OpenID, provider: IdentityProvider, other_school: School
) -> None:
    there = MembershipFactory(school=other_school, user__email="anouk@hier.test", student_number="1")
    log_in(client, provider, openid)
    prove(client, code_mailed())
    there.refresh_from_db()
    assert there.student_number == "1"


def test_a_school_does_not_open_what_another_entrusts_later(
    client: Client, openid: OpenID, provider: IdentityProvider, other_school: School
) -> None:
    log_in(client, provider, openid)
    user = user_of(client)
    MembershipFactory(user=user, school=other_school, role=Role.DOCENT)
    client.logout()
    log_in(client, provider, openid)
    assert user_of(client) is None
    prove(client, code_mailed())
    assert user_of(client) == user


def test_the_last_role_at_a_school_ends_the_link(client: Client, openid: OpenID, provider: IdentityProvider) -> None:
    log_in(client, provider, openid)
    user = user_of(client)
    assert user is not None
    MembershipFactory(user=user, school=provider.school, role=Role.DOCENT)
    user.memberships.get(role=Role.STUDENT).delete()
    assert provider.accounts.filter(user=user).exists()
    user.memberships.get().delete()
    assert not provider.accounts.filter(user=user).exists()


def test_two_first_logins_at_once_make_one_account(openid: OpenID, provider: IdentityProvider) -> None:
    identity = Identity(issuer=provider.issuer, subject="1", email="anouk@hier.test", affiliations=("student",))
    accounts = [SocialAccount(provider=str(provider.public_id), uid=identity.uid) for _ in range(2)]
    users = {come_in_first(provider=provider, identity=identity, account=account)[0] for account in accounts}
    assert len(users) == User.objects.count() == SocialAccount.objects.count() == 1
