"""Links that get their URL at sending only, so that no table, log or screen ever shows it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Resolver = Callable[[Mapping[str, Any]], str]

_PLACEHOLDER = re.compile(r"\[\[link:([a-z0-9_]+)\]\]")
_resolvers: dict[str, Resolver] = {}


@dataclass(frozen=True)
class Link:
    """What the outbox keeps of a link: its kind, and the JSON its resolver makes the URL from."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class LinkVoid(Exception):
    """The link may no longer be sent; the message says why, in Dutch, for the screen."""


def register(kind: str, resolver: Resolver) -> None:
    """Has links of `kind` resolved by `resolver`: data in, absolute URL out, or `LinkVoid(reason)`.

    Called from an app's `ready()`. Raises ValueError if another resolver has the kind already.
    """
    if _resolvers.setdefault(kind, resolver) is not resolver:
        raise ValueError(f"Link kind {kind!r} has a resolver already.")


def is_registered(kind: str) -> bool:
    return kind in _resolvers


def placeholder(name: str) -> str:
    """What stands in a mail's text and HTML where the URL of the link `name` will come."""
    mark = f"[[link:{name}]]"
    if not _PLACEHOLDER.fullmatch(mark):
        raise ValueError(f"{name!r} is no link name: lower case letters, digits and underscores.")
    return mark


def resolve(links: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Name to URL for a mail's `links` column; raises `LinkVoid` as soon as one may not be sent."""
    return {name: _resolvers[link["kind"]](link["data"]) for name, link in links.items()}


def fill(text: str, urls: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced; one that `urls` lacks stays, since a person may have typed it."""
    return _PLACEHOLDER.sub(lambda match: urls.get(match[1], match[0]), text)


def hide(words: str, urls: Mapping[str, str]) -> str:
    """`words` (a server's, say, which may quote the mail) without the links: three dots in their place."""
    for url in urls.values():
        path = urlsplit(url).path
        secrets = [url, path, *(part for part in path.split("/") if len(part) >= 16)]
        for secret in secrets:
            if len(secret) > 1:
                words = words.replace(secret, "…")
    return words
