"""Links that get their URL at sending only, so that no table, log or screen ever shows it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Data = Mapping[str, Any]
Resolver = Callable[[Data], str]
ManyResolver = Callable[[Sequence[Data]], "Sequence[str | LinkVoid]"]

_PLACEHOLDER = re.compile(r"\[\[link:([a-z0-9_]+)\]\]")
_resolvers: dict[str, Resolver] = {}
_many_resolvers: dict[str, ManyResolver] = {}


@dataclass(frozen=True)
class Link:
    """What the outbox keeps of a link: its kind, and the JSON its resolver makes the URL from."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class LinkVoid(Exception):
    """The link may no longer be sent; the message says why, in Dutch, for the screen."""


def register(kind: str, resolver: Resolver, many: ManyResolver | None = None) -> None:
    """Has links of `kind` resolved by `resolver`: data in, absolute URL out, or `LinkVoid(reason)` raised.

    `many` does the same for a batch at once, and returns a `LinkVoid` in the place of a URL. Called
    from an app's `ready()`. Raises ValueError if another resolver has the kind already.
    """
    if _resolvers.setdefault(kind, resolver) is not resolver:
        raise ValueError(f"Link kind {kind!r} has a resolver already.")
    if many is not None:
        _many_resolvers[kind] = many


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


def resolve_many(batch: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[dict[str, str] | LinkVoid]:
    """`resolve` for several mails' `links` columns, with a `LinkVoid` in the place of what that would raise."""
    wanted: dict[str, list[tuple[int, str, Data]]] = {}
    for number, links in enumerate(batch):
        for name, link in links.items():
            wanted.setdefault(link["kind"], []).append((number, name, link["data"]))
    resolved: list[dict[str, str]] = [{} for _ in batch]
    void: dict[int, LinkVoid] = {}
    for kind, places in wanted.items():
        many = _many_resolvers.get(kind) or _one_by_one(_resolvers[kind])
        for (number, name, _), url in zip(places, many([data for _, _, data in places]), strict=True):
            if isinstance(url, LinkVoid):
                void.setdefault(number, url)
            else:
                resolved[number][name] = url
    return [void.get(number, urls) for number, urls in enumerate(resolved)]


def _one_by_one(resolver: Resolver) -> ManyResolver:
    def resolve_each(batch: Sequence[Data]) -> list[str | LinkVoid]:
        found: list[str | LinkVoid] = []
        for data in batch:
            try:
                found.append(resolver(data))
            except LinkVoid as void:
                found.append(void)
        return found

    return resolve_each


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
