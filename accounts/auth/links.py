"""Links in account mails: a signature over the link's purpose, with no stored secret."""

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
    """The link is unusable: `unknown` (bad signature), `expired`, or `used` (or voided by a later event)."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class MailedLink:
    """A kind of link: `kind` for the outbox and the signature, `route` the name of the URL with the token."""

    kind: str
    route: str

    def for_mail(self, *, language: str, **about: Any) -> Link:
        """Return the outbox's placeholder for the link, resolved when sending."""
        return Link(kind=self.kind, data={**about, "language": language})

    def url(self, data: Mapping[str, Any]) -> str:
        return settings.SITE_URL + reverse(self.route, args=[self.token(data)])

    def token(self, data: Mapping[str, Any]) -> str:
        return signing.Signer(salt=self._salt).sign_object(dict(data))

    def read(self, token: str) -> dict[str, Any]:
        """Return the signed data; raise `LinkGone` for a bad signature."""
        try:
            data: dict[str, Any] = signing.Signer(salt=self._salt).unsign_object(token)
        except signing.BadSignature:
            raise LinkGone("unknown") from None
        return data

    def language(self, token: str) -> str:
        """Return the language of the link's mail; Dutch for a bad signature."""
        try:
            return str(self.read(token)["language"])
        except LinkGone:
            return Language.DUTCH

    @property
    def _salt(self) -> str:
        return f"accounts.mailed_links.{self.kind}"


CONFIRM_REGISTRATION = MailedLink("confirm_registration", "accounts:confirm_registration")
CONFIRM_EMAIL = MailedLink("confirm_email", "accounts:confirm_email")
STOP_EMAIL = MailedLink("stop_email", "accounts:stop_email_change")
