"""OpenID Connect on django-allauth, with the checks that it leaves out.

The issuer of the discovery document, the signature of the ID token, its nonce and times, and that the userinfo is
about the same person (OpenID Connect Core 1.0, 3.1.3.7 and 5.3.2; Discovery 1.0, 4.3; RFC 9207).
"""

from __future__ import annotations

from dataclasses import asdict
from secrets import token_urlsafe
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import get_request_param
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from accounts.models import IdentityProvider

from .common import ProviderError, login_arguments
from .http import is_allowed
from .identity import DEFAULT_SCOPES, SCOPES, Identity, NoSubject, read_identity

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60  # seconds that a provider's clock may differ
CACHED = 300  # seconds, of a discovery document
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def discover(provider: IdentityProvider) -> dict[str, Any]:
    """Return the provider's discovery document. Raise `ProviderError`."""
    key = f"sso-discovery-{provider.public_id}-{provider.issuer}"
    config: dict[str, Any] | None = cache.get(key)
    if config is None:
        config = _fetch_json(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if config.get("issuer") != provider.issuer:
            raise ProviderError("misconfigured", "the discovery document is of another issuer")
        if not all(isinstance(config.get(name), str) and is_allowed(config[name]) for name in ENDPOINTS):
            raise ProviderError("misconfigured", "the discovery document lacks an endpoint")
        cache.set(key, config, CACHED)
    return config


def _fetch_json(url: str, **kwargs: Any) -> dict[str, Any]:
    try:
        with get_adapter().get_requests_session() as session:
            response = session.get(url, **kwargs)
            response.raise_for_status()
            answer = response.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderError("unreachable", type(error).__name__) from error
    if not isinstance(answer, dict):
        raise ProviderError("misconfigured", "no JSON object")
    return answer


def decode(id_token: str, *, keys: dict[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of a valid ID token; raise `ProviderError`."""
    try:
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=_find_key(jwt.get_unverified_header(id_token), keys),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise ProviderError("clock", str(error)) from error
    except jwt.PyJWTError as error:
        raise ProviderError("invalid", type(error).__name__) from error
    if claims.get("azp", client_id) != client_id or (isinstance(claims["aud"], list) and len(claims["aud"]) > 1):
        raise ProviderError("invalid", "the token is for others too")
    if not constant_time_compare(str(claims.get("nonce", "")), nonce):
        raise ProviderError("invalid", "nonce")
    return claims


def _find_key(header: dict[str, Any], keys: dict[str, Any]) -> Any:
    """Return the public key of the token's header; only a set of one key needs no id."""
    listed = [item for item in keys.get("keys", []) if isinstance(item, dict) and item.get("use", "sig") == "sig"]
    kid = header.get("kid")
    matching = [item for item in listed if item.get("kid") == kid] if kid else listed
    if len(matching) != 1 or matching[0].get("kty") not in ("RSA", "EC", "OKP"):
        raise ProviderError("invalid", "no such key")
    return jwt.PyJWK(matching[0], algorithm=None if "alg" in matching[0] else header.get("alg"))


class SchoolOpenIDAdapter(OpenIDConnectOAuth2Adapter):
    """Talks to the provider of one school; `state` is what was stored when the login began."""

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request, provider_id)
        self.identity_provider: IdentityProvider = get_adapter().get_identity_provider(provider_id)
        self.state: dict[str, Any] = {}

    @property
    def openid_config(self) -> dict[str, Any]:
        return discover(self.identity_provider)

    @property
    def basic_auth(self) -> bool:
        """Basic is the default of the specification."""
        methods = self.openid_config.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in methods

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        config, provider = self.openid_config, self.identity_provider
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise ProviderError("invalid", "no ID token")
        claims = decode(
            id_token,
            keys=_fetch_json(config["jwks_uri"]),
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=self.state["nonce"],
        )
        identity = self._read({**self._userinfo(config, token.token, claims), **claims})
        self.state |= {"identity": asdict(identity), "id_token": id_token}
        return self.get_provider().sociallogin_from_response(request, identity)

    def _userinfo(self, config: dict[str, Any], access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
        if self.identity_provider.preset == IdentityProvider.Preset.ENTRA or "userinfo_endpoint" not in config:
            return {}  # Entra's, of Microsoft Graph, has nothing that the ID token lacks
        userinfo = _fetch_json(config["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"})
        if userinfo.get("sub") != claims["sub"]:
            raise ProviderError("invalid", "the userinfo is of someone else")
        return userinfo

    def _read(self, claims: dict[str, Any]) -> Identity:
        provider = self.identity_provider
        try:
            return read_identity(claims, issuer=provider.issuer, preset=provider.preset, mapping=provider.mapping)
        except NoSubject:
            raise ProviderError("misconfigured", "no subject") from None


class SchoolOpenIDProvider(OpenIDConnectProvider):
    oauth2_adapter_class = SchoolOpenIDAdapter
    pkce_enabled_default = True

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        return login_arguments(request)

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        nonce = token_urlsafe(24)
        return super().redirect(request, process, next_url, data, auth_params={"nonce": nonce}, nonce=nonce)

    def get_default_scope(self) -> list[str]:
        return SCOPES.get(self.app.settings["preset"], DEFAULT_SCOPES)

    def extract_uid(self, data: Identity) -> str:
        return data.uid

    def extract_extra_data(self, data: Identity) -> dict[str, Any]:
        """Store no more than what the site shows."""
        return {"student_number": data.student_number}

    def extract_common_fields(self, data: Identity) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: Identity) -> list[Any]:
        return []

    def serialize(self) -> dict[str, Any]:
        """As allauth's, by our own id: two schools may have the same client id."""
        return {"id": self.app.provider_id, "app.client_id": self.app.client_id}


class Callback(OAuth2CallbackView):
    """The provider's answer, once per state, in the browser that began the login."""

    adapter: SchoolOpenIDAdapter

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        issuer = get_request_param(request, "iss")
        if state is not None and issuer and issuer != self.adapter.identity_provider.issuer:
            raise ProviderError("invalid", "the answer is of another issuer")
        self.adapter.state = state or {}
        return state, response


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Redirect to the provider; raise `ProviderError`."""
    response: HttpResponse = OAuth2LoginView.adapter_view(SchoolOpenIDAdapter(request, provider_id))(request)
    return response


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    response: HttpResponse = Callback.adapter_view(SchoolOpenIDAdapter(request, provider_id))(request)
    return response
