"""A SAML provider of the tests that can also lie: it signs what it is told to, with python3-saml's own signer."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from django.test import Client
from django.urls import reverse
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Saml
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

from accounts.models import IdentityProvider, School

from .openid import KEYS

ENTITY = "urn:saml:hier.test"
SSO, SLO = "https://saml.hier.test/sso", "https://saml.hier.test/slo"
NS = {"saml": Saml.NS_SAML, "samlp": Saml.NS_SAMLP}


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "saml.hier.test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=2100)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATES = [certificate(key) for key in KEYS]
PEMS = [
    key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    for key in KEYS
]


def metadata(entity: str = ENTITY, cert: str = CERTIFICATES[0]) -> str:
    body = "".join(cert.strip().splitlines()[1:-1])
    return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleLogoutService Binding="{Saml.BINDING_HTTP_REDIRECT}" Location="{SLO}"/>
<md:SingleSignOnService Binding="{Saml.BINDING_HTTP_REDIRECT}" Location="{SSO}"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""


@dataclass
class Answer:
    """A SAML response to the question `in_response_to`; change its fields to make it a lie."""

    provider: IdentityProvider
    in_response_to: str
    attributes: dict[str, str] = field(
        default_factory=lambda: {
            "mail": "anouk@hier.test",
            "givenName": "Anouk",
            "sn": "Hoff",
            "eduPersonAffiliation": "student",
            "studentNumber": "777777",
        }
    )
    issuer: str = ENTITY
    audience: str = ""
    recipient: str = ""
    seconds: int = 0  # that the provider's clock is ahead
    name_id: str = "persoon-1"
    name_id_format: str = Saml.NAMEID_PERSISTENT
    signer: int | None = 0

    def assertion(self, **changed: Any) -> str:
        now = datetime.now(UTC) + timedelta(seconds=self.seconds)
        before, after = (f"{now + timedelta(seconds=by):%Y-%m-%dT%H:%M:%SZ}" for by in (-30, 120))
        acs = self.recipient or url(self.provider, "saml_acs")
        audience = self.audience or url(self.provider, "saml_metadata")
        attributes = {**self.attributes, **changed}
        listed = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
            for name, value in attributes.items()
        )
        asked = f'InResponseTo="{self.in_response_to}"' if self.in_response_to else ""
        xml = f"""<saml:Assertion xmlns:saml="{Saml.NS_SAML}"
 ID="{Utils.generate_unique_id()}" Version="2.0" IssueInstant="{before}">
<saml:Issuer>{self.issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{self.name_id_format}">{self.name_id}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData {asked} Recipient="{acs}" NotOnOrAfter="{after}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{before}" NotOnOrAfter="{after}">
<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{before}" SessionIndex="sessie-1"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement>{listed}</saml:AttributeStatement></saml:Assertion>"""
        if self.signer is None:
            return xml
        signed = Utils.add_sign(
            xml,
            PEMS[self.signer],
            CERTIFICATES[self.signer],
            sign_algorithm=Saml.RSA_SHA256,
            digest_algorithm=Saml.SHA256,
        )
        return signed.decode()

    def response(self, assertions: str = "") -> str:
        now = f"{datetime.now(UTC) + timedelta(seconds=self.seconds):%Y-%m-%dT%H:%M:%SZ}"
        asked = f'InResponseTo="{self.in_response_to}"' if self.in_response_to else ""
        return f"""<samlp:Response xmlns:samlp="{Saml.NS_SAMLP}" xmlns:saml="{Saml.NS_SAML}"
 ID="{Utils.generate_unique_id()}"
 Version="2.0" IssueInstant="{now}" Destination="{self.recipient or url(self.provider, "saml_acs")}" {asked}>
<saml:Issuer>{self.issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{Saml.STATUS_SUCCESS}"/></samlp:Status>
{assertions or self.assertion()}</samlp:Response>"""


def url(provider: IdentityProvider, name: str) -> str:
    return "http://testserver" + reverse(name, args=[provider.public_id])


def make_saml_provider(school: School, **fields: Any) -> IdentityProvider:
    made = {
        "preset": "SAML",
        "name": school.name,
        "slug": f"saml-{school.pk}",
        "issuer": ENTITY,
        "metadata": metadata(),
        "domains": "hier.test",
        "vouches_for_domains": True,
    }
    return IdentityProvider.objects.create(school=school, **{**made, **fields})


def ask(client: Client, provider: IdentityProvider, **query: str) -> str:
    """Start a login and return the id of the question that the browser takes to the provider."""
    response = client.get(reverse("school_login_start", args=[provider.public_id]), query)
    assert response["Location"].startswith(SSO), response.content.decode()
    [request] = parse_qs(urlsplit(response["Location"]).query)["SAMLRequest"]
    return str(etree.fromstring(Utils.decode_base64_and_inflate(request)).get("ID"))


def post(client: Client, provider: IdentityProvider, xml: str) -> Any:
    """Post a response, as the provider's page does, and return the page or redirect that ends the login."""
    posted = {"SAMLResponse": base64.b64encode(xml.encode()).decode(), "RelayState": "https://kwaad.test/"}
    strict = Client(enforce_csrf_checks=True)  # without the session's cookie, as the post comes from another site
    response = strict.post(reverse("saml_acs", args=[provider.public_id]), posted)
    client.cookies.update(strict.cookies)
    return client.get(response["Location"])
