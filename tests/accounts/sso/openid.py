"""An OpenID provider of the tests that can also lie, which a certified one refuses to do."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from accounts.models import IdentityProvider, School

KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
CLIENT_ID, SECRET = "digibeoordelen", "geheim-van-de-provider"


def answer(content: Any, status: int = 200) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers["content-type"] = "application/json"
    response._content = json.dumps(content).encode()
    return response


@dataclass
class OpenID:
    """Answers the site's requests to `issuer`; change its fields to make it lie."""

    issuer: str = "https://id.hier.test"
    key: Any = KEYS[0]
    kid: str = "1"
    person: dict[str, Any] = field(default_factory=dict)  # claims of the ID token besides the usual ones
    userinfo: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)  # overrides claims of the ID token
    discovery: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    id_token: str | None = None  # in place of a fresh one
    nonce: str = ""
    codes: set[str] = field(default_factory=lambda: {"code-1"})
    posted: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> OpenID:
        return self

    def __exit__(self, *args: object) -> None:
        pass

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        path = urlsplit(url).path
        if not url.startswith(self.issuer):
            return answer({}, 404)
        if path == "/.well-known/openid-configuration":
            urls = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")}
            urls |= {"jwks_uri": f"{self.issuer}/keys", "end_session_endpoint": f"{self.issuer}/uit"}
            return answer({"issuer": self.issuer, **urls, **self.discovery})
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return answer({"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]})
        return answer({"sub": "1", **self.person, **self.userinfo})

    def request(self, method: str, url: str, *, data: dict[str, Any], **kwargs: Any) -> requests.Response:
        self.posted.append({**data, "auth": kwargs.get("auth")})
        if data["code"] not in self.codes:
            return answer({"error": "invalid_grant"}, 400)
        self.codes.remove(data["code"])
        return answer({"access_token": "toegang", "token_type": "Bearer", "id_token": self.id_token or self.sign()})

    def sign(self, **claims: Any) -> str:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        usual = {"iss": self.issuer, "sub": "1", "aud": CLIENT_ID, "nonce": self.nonce, **times}
        payload = {name: value for name, value in {**usual, **self.person, **self.token, **claims}.items() if value}
        key: Any = self.key if self.algorithm.startswith("RS") else None
        return jwt.encode(payload, key, algorithm=self.algorithm, headers={"kid": self.kid, **self.headers})


def make_provider(school: School, **fields: Any) -> IdentityProvider:
    made = {
        "preset": "OIDC",
        "name": school.name,
        "slug": f"school-{school.pk}",
        "issuer": "https://id.hier.test",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "domains": "hier.test",
        "vouches_for_domains": True,
    }
    return IdentityProvider.objects.create(school=school, **{**made, **fields})


def begin(client: Client, provider: IdentityProvider, **query: str) -> dict[str, str]:
    """Start a login and return the parameters with which the browser reaches the provider."""
    response = client.get(reverse("school_login_start", args=[provider.public_id]), query)
    assert response.status_code == 302, response.content.decode()
    return dict(parse_qsl(urlsplit(response["Location"]).query))


def come_back(client: Client, provider: IdentityProvider, **query: str) -> Any:
    return client.get(reverse("openid_connect_callback", args=[provider.public_id]), {"code": "code-1", **query})


def log_in(client: Client, provider: IdentityProvider, openid: OpenID, **query: str) -> Any:
    """Log in at the provider as `openid.person` and return the response to the callback."""
    sent = begin(client, provider, **query)
    openid.nonce = sent["nonce"]
    openid.codes.add("code-1")
    return come_back(client, provider, state=sent["state"])
