"""SAML 2.0 on python3-saml and django-allauth: signed assertions alone, each an answer to our own question."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from allauth.socialaccount.sessions import LoginSession
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Saml
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as MetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from accounts.models import IdentityProvider

from .common import ProviderError, login_arguments
from .http import is_allowed
from .identity import Identity, NoSubject, read_identity

LEEWAY = 60  # seconds that a provider's clock may differ
STORED = 300  # seconds, between the post of an answer and the login
MAX_ANSWER = 256 * 1024  # characters: anyone can post one
CACHED = 3600  # seconds, of metadata that is fetched
TRANSIENT = Saml.NAMEID_TRANSIENT
_CLOCK = ("Check system clock", "SessionNotOnOrAfter")  # in the library's words
Saml.ALLOWED_CLOCK_DRIFT = LEEWAY  # the library has no setting for it


def read_metadata(xml: str, *, entity_id: str) -> dict[str, Any]:
    """Return the settings of the provider in a metadata document. Raise `ProviderError`."""
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise ProviderError("misconfigured", "metadata with a DTD")
    try:
        idp: dict[str, Any] = MetadataParser.parse(xml.encode(), entity_id=entity_id).get("idp", {})
    except Exception as error:  # noqa: BLE001 - the library's and lxml's errors have no common class
        raise ProviderError("misconfigured", type(error).__name__) from None
    has_key = idp.get("x509cert") or idp.get("x509certMulti")
    url = idp.get("singleSignOnService", {}).get("url", "")
    if idp.get("entityId") != entity_id or not has_key or not is_allowed(url):
        raise ProviderError("misconfigured", "metadata lacks the entity, a certificate or an address")
    return idp


def _metadata_of(provider: IdentityProvider) -> dict[str, Any]:
    if not provider.metadata_url:
        return read_metadata(provider.metadata, entity_id=provider.issuer)
    key = f"sso-metadata-{provider.public_id}-{provider.metadata_url}"
    xml: str | None = cache.get(key)
    if xml is None:
        try:
            with get_adapter().get_requests_session() as session:
                response = session.get(provider.metadata_url)
                response.raise_for_status()
                xml = response.text
        except requests.RequestException as error:
            raise ProviderError("unreachable", type(error).__name__) from None
        cache.set(key, xml, CACHED)
    return read_metadata(xml, entity_id=provider.issuer)


def service_settings(request: HttpRequest, provider: IdentityProvider) -> dict[str, Any]:
    """Return python3-saml's settings of this site for a provider, without those of the provider."""
    acs, sls, metadata = (
        request.build_absolute_uri(reverse(name, args=[provider.public_id]))
        for name in ("saml_acs", "saml_sls", "saml_metadata")
    )
    return {
        "strict": True,
        "sp": {
            "entityId": metadata,
            "assertionConsumerService": {"url": acs, "binding": Saml.BINDING_HTTP_POST},
            "singleLogoutService": {"url": sls, "binding": Saml.BINDING_HTTP_REDIRECT},
            "NameIDFormat": Saml.NAMEID_PERSISTENT,
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantNameId": False,
            "wantAttributeStatement": True,
            "allowRepeatAttributeName": True,
            "rejectDeprecatedAlgorithm": True,
            "requestedAuthnContext": False,
            "allowSingleLabelDomains": settings.SSO_ALLOW_LOCAL,
            "signatureAlgorithm": Saml.RSA_SHA256,
            "digestAlgorithm": Saml.SHA256,
        },
    }


def build_auth(
    request: HttpRequest, provider: IdentityProvider, *, posted: Mapping[str, str] | None = None
) -> OneLogin_Saml2_Auth:
    """Return the library's object, for `posted` at the assertion consumer service. Raise `ProviderError`."""
    config = {**service_settings(request, provider), "idp": _metadata_of(provider)}
    data = {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": reverse("saml_acs", args=[provider.public_id]),
        "get_data": {},
        "post_data": posted or {},
    }
    return OneLogin_Saml2_Auth(data, config)


class SchoolSAMLProvider(SAMLProvider):
    """The provider of one school; `sociallogin_from_response` keeps who it is for the state of the login."""

    identity: Identity
    session_index: str

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        return login_arguments(request)

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        auth = build_auth(request, get_adapter().get_identity_provider(self.app.provider_id))
        url = auth.login(return_to="")
        self.stash_redirect_state(request, process, next_url, data, state_id=auth.get_last_request_id())
        return HttpResponseRedirect(url)

    def sociallogin_from_response(self, request: HttpRequest, response: OneLogin_Saml2_Auth) -> Any:
        provider = get_adapter().get_identity_provider(self.app.provider_id)
        claims = dict(response.get_attributes())
        if response.get_nameid() and response.get_nameid_format() != TRANSIENT:
            claims["NameID"] = [response.get_nameid()]
        try:
            self.identity = read_identity(
                claims, issuer=provider.issuer, preset=provider.preset, mapping=provider.mapping
            )
        except NoSubject:
            raise ProviderError("misconfigured", "no subject") from None
        self.session_index = response.get_session_index() or ""
        self.name_id = response.get_nameid() or ""
        self.name_id_format = response.get_nameid_format() or ""
        return super().sociallogin_from_response(request, self.identity)

    def unstash_redirect_state(self, request: HttpRequest, state_id: str) -> dict[str, Any]:
        state = super().unstash_redirect_state(request, state_id)
        log_out = {"name_id": self.name_id, "format": self.name_id_format, "session_index": self.session_index}
        return {**state, "identity": asdict(self.identity), "saml": log_out}

    def extract_uid(self, data: Identity) -> str:
        return data.uid

    def extract_extra_data(self, data: Identity) -> dict[str, Any]:
        return {"student_number": data.student_number}

    def extract_common_fields(self, data: Identity) -> dict[str, Any]:
        return {}

    def serialize(self) -> dict[str, Any]:
        return {"id": self.app.provider_id, "app.client_id": self.app.client_id}


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Redirect to the provider; raise `ProviderError`."""
    response: HttpResponse = _provider(request, provider_id).redirect_from_request(request)
    return response


def receive(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Store the posted answer and redirect: the browser sends no session cookie with a post from another site."""
    get_adapter().get_identity_provider(provider_id)
    response = HttpResponseRedirect(reverse("saml_finish_acs", args=[provider_id]))
    stored = LoginSession(request, "saml_acs_session", "saml-acs-session")
    answer = request.POST.get("SAMLResponse", "")
    if len(answer) > MAX_ANSWER:
        raise ProviderError("invalid", "too large")
    stored.store["answer"] = answer
    stored.store.set_expiry(STORED)
    stored.save(response)
    return response


def finish(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Log in with the stored answer; raise `ProviderError`."""
    provider = get_adapter().get_identity_provider(provider_id)
    stored = LoginSession(request, "saml_acs_session", "saml-acs-session")
    answer = stored.store.get("answer")
    stored.delete()
    if not answer:
        raise ProviderError("invalid", "no answer")
    auth = build_auth(request, provider, posted={"SAMLResponse": answer})
    try:
        auth.process_response()
    except (binascii.Error, etree.LxmlError, OneLogin_Saml2_Error, ValueError) as error:
        raise ProviderError("invalid", type(error).__name__) from None
    if auth.get_errors() or not auth.is_authenticated():
        why = str(auth.get_last_error_reason())
        raise ProviderError("clock" if any(words in why for words in _CLOCK) else "invalid", why)
    saml_provider = _provider(request, provider_id)
    social_login = saml_provider.sociallogin_from_response(request, auth)
    question = auth.get_last_response_in_response_to()
    if not question:
        raise ProviderError("invalid", "an answer that nobody asked for")
    try:
        social_login.state = saml_provider.unstash_redirect_state(request, question)
    except PermissionDenied:
        raise ProviderError("invalid", "an answer to another question") from None
    response: HttpResponse = complete_social_login(request, social_login)
    return response


def metadata(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Return the metadata of this site for the provider."""
    provider = get_adapter().get_identity_provider(provider_id)
    config = OneLogin_Saml2_Settings(service_settings(request, provider), sp_validation_only=True)
    return HttpResponse(config.get_sp_metadata(), content_type="application/samlmetadata+xml")


def log_out_url(request: HttpRequest, provider: IdentityProvider, known: dict[str, str]) -> str:
    """Return where the browser logs out at the provider; '' if it can't. Raise `ProviderError`."""
    auth = build_auth(request, provider)
    if not auth.get_slo_url() or not is_allowed(auth.get_slo_url()):
        return ""
    url: str = auth.logout(
        return_to="",
        name_id=known["name_id"],
        session_index=known["session_index"] or None,
        name_id_format=known["format"] or None,
    )
    return url


def _provider(request: HttpRequest, provider_id: str) -> SchoolSAMLProvider:
    provider: SchoolSAMLProvider = get_adapter().get_provider(request, provider_id)
    return provider
