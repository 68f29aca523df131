"""A stand-in for Toetsplanning and Deelnemerregistratie: it holds each request against the published file.

It is idempotent, as the standard's PATCH is: what it holds is by id. `plan` says how it treats the next calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest

from exchange.calling.client import MERGE_PATCH
from tests.exchange.local_server import LocalHandler, local_server
from tests.exchange.oke import published


class StandIn:
    """`plan` is a list of steps as `LocalHandler.follow` has them."""

    def __init__(self, contract: OpenAPI) -> None:
        self.contract = contract
        self.plan: list[Any] = []
        self.token_plan: list[Any] = []
        self.pause = 0.0  # seconds before each answer
        self.calls: list[tuple[str, str, Any]] = []  # method, path, body
        self.held: dict[str, list[Any]] = {}  # every body taken, by path
        self.tokens: list[dict[str, str]] = []
        self.invalid: list[str] = []
        self.valid_token = ""
        self.url = ""

    @property
    def base_url(self) -> str:
        return f"{self.url}/ooapi"

    def validate(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        """Note what is not as published: a handler's thread can't fail a test."""
        request = MockRequest(
            "http://testserver", "patch", path, content_type=headers["Content-Type"], data=content, headers=headers
        )
        try:
            self.contract.validate_request(request)
        except Exception as error:  # noqa: BLE001
            self.invalid.append(f"{path}: {error!r} {error.__cause__!r}")


class _Handler(LocalHandler):
    def do_POST(self) -> None:
        stand_in: StandIn = self.server.state
        content = self.read().decode()
        stand_in.tokens.append({"form": content, "authorization": self.headers.get("Authorization", "")})
        if stand_in.token_plan:
            self.answer(*stand_in.token_plan.pop(0))
            return
        stand_in.valid_token = f"token-{len(stand_in.tokens)}"
        self.answer(200, body={"access_token": stand_in.valid_token, "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        stand_in: StandIn = self.server.state
        stand_in.calls.append(("GET", self.path, None))
        self.answer(*(stand_in.plan.pop(0) if stand_in.plan else (200, {}, {"specification": "OOAPI"})))

    def do_PATCH(self) -> None:
        stand_in: StandIn = self.server.state
        content = self.read()
        stand_in.calls.append(("PATCH", self.path, json.loads(content)))
        if self.headers.get("Authorization") != f"Bearer {stand_in.valid_token}":
            self.answer(401, body={"status": "401", "title": "Unauthorized"})
            return
        stand_in.validate(self.path, content, dict(self.headers))
        path = self.path.removeprefix("/ooapi")

        def take() -> None:
            stand_in.held.setdefault(path, []).append(json.loads(content))

        self.follow(stand_in.plan, take, pause=stand_in.pause)


def contract() -> OpenAPI:
    return OpenAPI.from_dict(published(), Config(extra_media_type_deserializers={MERGE_PATCH: json.loads}))


@contextmanager
def stand_in(contract: OpenAPI) -> Iterator[StandIn]:
    """Yield one that serves; at the end no request may have been other than published."""
    made = StandIn(contract)
    with local_server(_Handler, made) as made.url:
        yield made
    assert not made.invalid, made.invalid
