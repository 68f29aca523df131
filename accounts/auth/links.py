"""Links in mails about an account: a signature over what the link is for, and nothing kept that is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.language import Language
from digibeoordelen.outbox.links import Link


class LinkGone(Exception):
    """Why a link opens nothing now: `unknown` (none of ours), `expired`, `used` (or made void by what came after)."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class MailedLink:
    """One kind of link: `kind` for the outbox and the signature, `route` the URL's name, which takes the token."""

    kind: str
    route: str

    def for_mail(self, *, language: str, **about: Any) -> Link:
        """What the outbox keeps in place of the link, until it sends."""
        return Link(kind=self.kind, data={**about, "language": language})

    def url(self, data: Mapping[str, Any]) -> str:
        return settings.SITE_URL + reverse(self.route, args=[self.token(data)])

    def token(self, data: Mapping[str, Any]) -> str:
        return signing.Signer(salt=self._salt).sign_object(dict(data))

    def read(self, token: str) -> dict[str, Any]:
        """What the link is for; raises `LinkGone` when the token is none of ours."""
        try:
            data: dict[str, Any] = signing.Signer(salt=self._salt).unsign_object(token)
        except signing.BadSignature:
            raise LinkGone("unknown") from None
        return data

    def language(self, token: str) -> str:
        """The language of the mail that the link came in; Dutch for a token that is none of ours."""
        try:
            return str(self.read(token)["language"])
        except LinkGone:
            return Language.DUTCH

    @property
    def _salt(self) -> str:
        return f"accounts.mailed_links.{self.kind}"


CONFIRM_REGISTRATION = MailedLink("confirm_registration", "accounts:confirm_registration")
NEW_PASSWORD = MailedLink("new_password", "accounts:new_password")
CONFIRM_EMAIL = MailedLink("confirm_email", "accounts:confirm_email")
STOP_EMAIL = MailedLink("stop_email", "accounts:stop_email_change")
