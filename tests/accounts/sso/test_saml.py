"""Logging in by SAML, and what a forged, wrapped or replayed assertion gets: nobody is logged in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

from accounts.models import IdentityProvider, School, Session, User
from accounts.sso.common import ProviderError
from accounts.sso.identity import read_identity
from accounts.sso.saml import MAX_ANSWER, read_metadata

from .saml import CERTIFICATES, ENTITY, NS, SLO, Answer, ask, make_saml_provider, metadata, post, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(school: School) -> IdentityProvider:
    return make_saml_provider(school)


def is_refused(client: Client, response: Any, *, words: str = "klopt niet") -> bool:
    assert words in response.content.decode()
    return response.status_code >= 400 and "_auth_user_id" not in client.session and not User.objects.exists()


def test_new_student(client: Client, provider: IdentityProvider) -> None:
    question = ask(client, provider, next="/profiel/")
    response = post(client, provider, Answer(provider, question).response())
    assert response["Location"] == "/profiel/", "the state's, never the posted RelayState"
    user = User.objects.get(pk=client.session["_auth_user_id"])
    assert (user.email, user.first_name, user.last_name) == ("anouk@hier.test", "Anouk", "Hoff")
    assert user.memberships.get().student_number == "777777"
    assert SocialAccount.objects.get().uid == f"{ENTITY} persoon-1"


def test_entree_attributes() -> None:
    claims = {
        "uid": ["qj7cks8qdz9ph54@hier"],
        "givenName": ["Anouk"],
        "nlEduPersonTussenvoegsels": ["van 't"],
        "sn": ["Hoff"],
        "nlEduPersonHomeOrganizationId": ["11ZZ03"],
        "eduPersonAffiliation": ["student"],
        "nlEduPersonProfileId": ["95312@1.hier.test"],
    }
    identity = read_identity(claims, issuer=ENTITY, preset="ENTREE", mapping={})
    assert (identity.subject, identity.infix, identity.last_name) == ("qj7cks8qdz9ph54@hier", "van 't", "Hoff")
    assert (identity.organization, identity.student_number, identity.email) == ("11ZZ03", "95312", "")


@pytest.mark.parametrize("signer", [None, 1])
def test_unsigned_assertion_or_one_with_another_key(
    client: Client, provider: IdentityProvider, signer: int | None
) -> None:
    assert is_refused(client, post(client, provider, Answer(provider, ask(client, provider), signer=signer).response()))


def test_changed_assertion(client: Client, provider: IdentityProvider) -> None:
    xml = Answer(provider, ask(client, provider)).response().replace("anouk@hier.test", "collega@hier.test")
    assert is_refused(client, post(client, provider, xml))


@pytest.mark.parametrize("place", ["before", "after", "wraps", "extensions", "object"])
def test_wrapped_assertion(client: Client, provider: IdentityProvider, place: str) -> None:
    """XML signature wrapping: a signed assertion is kept in the document, and another one is read."""
    answer = Answer(provider, ask(client, provider))
    signed, evil = answer.assertion(), Answer(provider, answer.in_response_to, signer=None)
    forged = evil.assertion(mail="collega@hier.test")
    if place == "before":
        assertions = forged + signed
    elif place == "after":
        assertions = signed + forged
    elif place == "wraps":
        assertions = forged.replace("</saml:Assertion>", f"{signed}</saml:Assertion>")
    elif place == "extensions":
        assertions = f"<samlp:Extensions>{signed}</samlp:Extensions>{forged}"
    else:
        tree = etree.fromstring(signed)
        [signature] = tree.findall("{http://www.w3.org/2000/09/xmldsig#}Signature")
        tree.remove(signature)
        holder = etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object")
        holder.append(tree)
        outer = etree.fromstring(forged)
        outer.insert(1, signature)
        assertions = etree.tostring(outer).decode()
    assert is_refused(client, post(client, provider, answer.response(assertions)))


def test_comment_in_a_value_does_not_shorten_it(client: Client, provider: IdentityProvider) -> None:
    answer = Answer(provider, ask(client, provider))
    answer.attributes["mail"] = "anouk@hier.test<!-- -->.kwaad.test"
    post(client, provider, answer.response())
    assert not User.objects.exists()


def test_replayed_response(client: Client, provider: IdentityProvider) -> None:
    xml = Answer(provider, ask(client, provider)).response()
    post(client, provider, xml)
    assert "_auth_user_id" in client.session
    client.post("/uitloggen/")
    User.objects.all().delete()
    assert is_refused(client, post(client, provider, xml))
    assert is_refused(Client(), post(Client(), provider, xml))


def test_answer_to_the_question_of_another_browser(client: Client, provider: IdentityProvider) -> None:
    question = ask(Client(), provider)
    ask(client, provider)
    assert is_refused(client, post(client, provider, Answer(provider, question).response()))


def test_answer_that_nobody_asked_for(client: Client, provider: IdentityProvider) -> None:
    assert is_refused(client, post(client, provider, Answer(provider, "").response()))


def test_wrong_audience(client: Client, provider: IdentityProvider) -> None:
    answer = Answer(provider, ask(client, provider), audience="https://andere-dienst.test/")
    assert is_refused(client, post(client, provider, answer.response()))


def test_wrong_issuer(client: Client, provider: IdentityProvider) -> None:
    answer = Answer(provider, ask(client, provider), issuer="urn:saml:elders.test")
    assert is_refused(client, post(client, provider, answer.response()))


def test_answer_for_one_school_at_the_address_of_another(
    client: Client, provider: IdentityProvider, other_school: School
) -> None:
    """Two schools of one federation have the same issuer and certificate."""
    elsewhere = make_saml_provider(other_school, domains="elders.test")
    answer = Answer(provider, ask(client, provider))
    assert is_refused(client, post(client, elsewhere, answer.response()))
    forwarded = Answer(provider, ask(client, elsewhere), recipient=url(elsewhere, "saml_acs"))
    assert is_refused(client, post(client, elsewhere, forwarded.response())), "the audience is the other school's"


@pytest.mark.parametrize(("seconds", "is_let_in"), [(300, False), (-300, False), (45, True), (-45, True)])
def test_clock_that_differs(client: Client, provider: IdentityProvider, seconds: int, *, is_let_in: bool) -> None:
    response = post(client, provider, Answer(provider, ask(client, provider), seconds=seconds).response())
    if is_let_in:
        assert response["Location"] == "/"
    else:
        assert is_refused(client, response, words="klok")


def test_transient_name_is_nobody(client: Client, provider: IdentityProvider) -> None:
    transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    answer = Answer(provider, ask(client, provider), name_id_format=transient)
    assert is_refused(client, post(client, provider, answer.response()), words="niet goed ingesteld")


@pytest.mark.parametrize("posted", ["", "geen base64!", "<x", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_nonsense_is_refused(client: Client, provider: IdentityProvider, posted: str) -> None:
    ask(client, provider)
    assert is_refused(client, post(client, provider, posted))


def test_inactive_provider(client: Client, provider: IdentityProvider) -> None:
    xml = Answer(provider, ask(client, provider)).response()
    IdentityProvider.objects.update(is_active=False)
    assert client.post(url(provider, "saml_acs"), {"SAMLResponse": xml}).status_code == 404
    assert client.get(url(provider, "saml_finish_acs")).status_code == 404
    assert client.get(url(provider, "saml_metadata")).status_code == 404


def test_log_out_ends_both(client: Client, provider: IdentityProvider) -> None:
    post(client, provider, Answer(provider, ask(client, provider)).response())
    page = client.post("/uitloggen/").content.decode()
    assert "_auth_user_id" not in client.session
    [link] = {part.split('"')[0] for part in page.split('href="')[1:] if part.startswith(SLO)}
    [request] = parse_qs(urlsplit(link.replace("&amp;", "&")).query)["SAMLRequest"]
    tree = etree.fromstring(Utils.decode_base64_and_inflate(request))
    assert tree.findtext("saml:NameID", namespaces=NS) == "persoon-1"
    assert tree.findtext("samlp:SessionIndex", namespaces=NS) == "sessie-1"
    assert client.get(url(provider, "saml_sls"))["Location"] == "/inloggen/"


def test_our_metadata(client: Client, provider: IdentityProvider) -> None:
    tree = etree.fromstring(client.get(url(provider, "saml_metadata")).content)
    assert tree.get("entityID") == url(provider, "saml_metadata")
    assert url(provider, "saml_acs") in etree.tostring(tree).decode()
    assert 'WantAssertionsSigned="true"' in etree.tostring(tree).decode()


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<x/>",
        metadata(entity="urn:anders"),
        metadata().replace("https://saml", "javascript://saml"),
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + metadata(),
        metadata().split("<md:KeyDescriptor")[0] + "</md:IDPSSODescriptor></md:EntityDescriptor>",
    ],
    ids=["empty", "other element", "other entity", "address that is a script", "doctype", "no certificate"],
)
def test_metadata_that_is_refused(xml: str) -> None:
    with pytest.raises(ProviderError):
        read_metadata(xml, entity_id=ENTITY)


def test_metadata_with_two_certificates(client: Client, provider: IdentityProvider) -> None:
    """As during a change of certificates."""
    second = "".join(CERTIFICATES[1].strip().splitlines()[1:-1])
    key = metadata().split("<md:KeyDescriptor")[1].split("</md:KeyDescriptor>")[0]
    body = "".join(CERTIFICATES[0].strip().splitlines()[1:-1])
    both = metadata().replace(
        "<md:SingleLogout", f"<md:KeyDescriptor{key.replace(body, second)}</md:KeyDescriptor><md:SingleLogout", 1
    )
    IdentityProvider.objects.update(metadata=both)
    post(client, provider, Answer(provider, ask(client, provider), signer=1).response())
    assert "_auth_user_id" in client.session


def test_large_answer_is_not_stored(client: Client, provider: IdentityProvider) -> None:
    response = client.post(url(provider, "saml_acs"), {"SAMLResponse": "x" * (MAX_ANSWER + 1)})
    assert not Session.objects.exists()
    assert is_refused(client, response)
