"""The examiner's link and its cookie (DESIGN.md, 'Mechanisms')."""

import uuid

import pytest
from django.core import signing
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import lifecycle, links
from assessments.invitations import invite
from assessments.invitations.replace import replace
from assessments.models import Assessment, Invitation, Status
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.links import LinkVoid
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import ContactFactory
from tests.steps import assess, choose, send_invitation


@pytest.fixture
def other(assessment, invitation, examiner, second_examiner):
    """A second examiner's invitation to the same assessment."""
    choose(assessment, examiner, second_examiner)
    return send_invitation(assessment, second_examiner)


def cookie(invitation):
    response = HttpResponse()
    links.set_cookie(response, invitation=invitation)
    [morsel] = [morsel for morsel in response.cookies.values() if morsel["httponly"]]
    return morsel


def request_with(*morsels):
    return request_holding({morsel.key: morsel.value for morsel in morsels})


def request_holding(cookies):
    request = HttpRequest()
    request.COOKIES.update(cookies)
    return request


def refused(open_it):
    with pytest.raises(links.NoAccess) as no_access:
        open_it()
    return no_access.value


# --- Validity --------------------------------------------------------------------------------------
@pytest.mark.parametrize("withdrawn", [None, "replaced", "withdrawn"])
@pytest.mark.parametrize("status", [status for status in Status if status != Status.FINAL])
def test_mail_link_resolves_only_for_active_invitations(invitation, other, status, withdrawn):
    """Each status of the assessment with each state of the invitation; one query for all links."""
    why = "Dubbel." if status == Status.CANCELLED else ""
    Assessment.objects.update(status=status, cancel_reason=why)
    if withdrawn:
        by = other.contact if withdrawn == "replaced" else None
        Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=timezone.now(), replaced_by=by)
    now = [Invitation.objects.select_related("assessment").get(pk=one.pk) for one in (invitation, other)]
    with CaptureQueriesContext(connection) as captured:
        filled = links.resolve_many([links.mail_link(invitation=one).data for one in now])
    assert [isinstance(url, str) for url in filled] == [links.is_active(one) for one in now]
    assert links.is_active(now[0]) == (status != Status.CANCELLED and not withdrawn)
    assert len(captured) == 1


# --- The token -----------------------------------------------------------------------------------
def test_token_opens_its_invitation(invitation, other):
    assert links.open_token(links.token_for(invitation=invitation)) == invitation
    assert links.open_token(links.token_for(invitation=other)) == other


@pytest.mark.parametrize("token", ["", "x", ":", "a:b:c", "é:ü", "\x00", "W10:", "x" * 10_000])
def test_invalid_token_is_unknown_and_not_renewable(token, invitation):
    no_access = refused(lambda: links.open_token(token))
    assert (no_access.reason, no_access.invitation, no_access.renewable) == ("unknown", None, False)


def test_changed_token_is_unknown(invitation, other):
    mine, theirs = (links.token_for(invitation=each).split(":") for each in (invitation, other))
    assert refused(lambda: links.open_token(f"{theirs[0]}:{mine[1]}")).reason == "unknown"
    for place in range(len(mine[1])):
        wrong = "A" if mine[1][place] != "A" else "B"
        changed = mine[1][:place] + wrong + mine[1][place + 1 :]
        assert refused(lambda changed=changed: links.open_token(f"{mine[0]}:{changed}")).reason == "unknown"


def test_signature_for_another_purpose_is_unknown(invitation):
    signed = signing.dumps([invitation.pk, invitation.generation])
    assert refused(lambda: links.open_token(signed)).reason == "unknown"
    assert refused(lambda: links.open_token(cookie(invitation).value)).reason == "unknown"


def test_older_generation_is_void_and_renewable(invitation, docent):
    old = links.token_for(invitation=invitation)
    invite.invite_again(invitation=invitation, by=docent)
    no_access = refused(lambda: links.open_token(old))
    assert (no_access.reason, no_access.invitation, no_access.renewable) == ("void", invitation, True)


def test_link_expires_at_its_expiry_time(invitation, pass_time):
    token = links.token_for(invitation=invitation)
    pass_time(days=59, hours=23)
    assert links.open_token(token) == invitation
    pass_time(hours=2)
    no_access = refused(lambda: links.open_token(token))
    assert (no_access.reason, no_access.renewable) == ("expired", True)


def test_withdrawn_replaced_and_cancelled_are_not_renewable(invitation, other, docent, second_examiner):
    def reason_of(invitation):
        no_access = refused(lambda: links.open_token(links.token_for(invitation=invitation)))
        return no_access.reason, no_access.renewable

    choose(invitation.assessment, second_examiner)
    assert reason_of(invitation) == ("withdrawn", False)
    replace(
        assessment=other.assessment, old=second_examiner, new=ContactFactory(school=other.contact.school), by=docent
    )
    assert reason_of(other) == ("replaced", False)
    lifecycle.cancel(assessment=other.assessment, by=docent, reason="Ziek.", counts_as_attempt=True)
    assert reason_of(other) == ("cancelled", False)


def test_completed_and_final_can_still_be_read(invitation, committee_member):
    token = links.token_for(invitation=invitation)
    assessment = assess(invitation)
    assert links.open_token(token) == invitation
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assert links.open_token(token) == invitation


def test_opening_changes_nothing(invitation, django_assert_num_queries):
    token = links.token_for(invitation=invitation)
    before = Invitation.objects.values().get()
    with django_assert_num_queries(1) as queries:
        opened = links.open_token(token)
        assert opened.assessment.student.user.full_name
        assert opened.assessment.initiator.full_name
        assert opened.assessment.unit.title
    assert queries[0]["sql"].startswith("SELECT")
    assert "LIMIT" not in queries[0]["sql"]  # PostgreSQL would plan longer than the rest takes
    assert Invitation.objects.values().get() == before


# --- The cookie ----------------------------------------------------------------------------------
def test_cookie_is_limited_to_path_and_http_only(invitation):
    morsel = cookie(invitation)
    assert morsel["path"] == f"/beoordelen/u/{invitation.public_id}/"
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert not morsel["secure"]


def test_cookie_is_secure_on_a_secure_site(invitation, settings):
    settings.HTTPS = True
    assert cookie(invitation)["secure"]


def test_cookie_opens_its_invitation(invitation):
    assert links.open_cookie(request_with(cookie(invitation)), invitation.public_id) == invitation


def test_cookies_of_two_invitations_do_not_interfere(invitation, other):
    request = request_with(cookie(invitation), cookie(other))
    assert links.open_cookie(request, invitation.public_id) == invitation
    assert links.open_cookie(request, other.public_id) == other


def test_cookie_does_not_open_another_invitation(invitation, other):
    mine = cookie(invitation)
    assert refused(lambda: links.open_cookie(request_with(mine), other.public_id)).reason == "no_cookie"
    renamed = request_holding({cookie(other).key: mine.value})
    no_access = refused(lambda: links.open_cookie(renamed, other.public_id))
    assert (no_access.reason, no_access.renewable) == ("unknown", False)


def test_missing_cookie_or_token_as_cookie_is_refused(invitation):
    assert refused(lambda: links.open_cookie(request_with(), invitation.public_id)).reason == "no_cookie"
    assert refused(lambda: links.open_cookie(request_with(), uuid.uuid4())).reason == "no_cookie"
    token = request_holding({cookie(invitation).key: links.token_for(invitation=invitation)})
    assert refused(lambda: links.open_cookie(token, invitation.public_id)).reason == "no_cookie"


def test_cookie_is_checked_on_each_request(invitation, docent, pass_time):
    request = request_with(cookie(invitation))
    invite.invite_again(invitation=invitation, by=docent)
    assert refused(lambda: links.open_cookie(request, invitation.public_id)).reason == "void"
    invitation.refresh_from_db()
    request = request_with(cookie(invitation))
    pass_time(days=61)
    assert refused(lambda: links.open_cookie(request, invitation.public_id)).reason == "expired"
    invite.withdraw(invitation=invitation, by=docent)
    assert refused(lambda: links.open_cookie(request, invitation.public_id)).reason == "withdrawn"


# --- Links in mails ------------------------------------------------------------------------------
def mail_data():
    return OutgoingMail.objects.order_by("pk").last().links["start"]["data"]


def test_mail_gets_its_link_when_sent(invitation):
    url = links.resolve(mail_data())
    assert url == f"http://testserver/beoordelen/{links.token_for(invitation=invitation)}/"
    assert links.open_token(url.split("/")[-2]) == invitation


def test_mail_of_an_older_generation_is_not_sent(invitation, docent):
    old = mail_data()
    invite.invite_again(invitation=invitation, by=docent)
    with pytest.raises(LinkVoid, match="nieuwere uitnodiging"):
        links.resolve(old)
    assert links.resolve(mail_data())


def test_mail_of_a_withdrawn_invitation_is_not_sent(invitation, docent):
    data = mail_data()
    invite.withdraw(invitation=invitation, by=docent)
    with pytest.raises(LinkVoid, match="ingetrokken"):
        links.resolve(data)
    send_invitation(invitation.assessment, invitation.contact)
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=True)
    with pytest.raises(LinkVoid, match="ingetrokken"):
        links.resolve(mail_data())


def test_mail_of_a_deleted_invitation_is_not_sent(invitation):
    with pytest.raises(LinkVoid):
        links.resolve({"invitation": invitation.pk + 1, "generation": 1})
