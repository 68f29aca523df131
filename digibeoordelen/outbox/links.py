"""What is decided when a mail is sent: the URLs of its links, which no table, log or screen shows, and other checks."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Data = Mapping[str, Any]
Resolver = Callable[[Data], str]
ManyResolver = Callable[[Sequence[Data]], "Sequence[str | LinkVoid]"]
Check = Callable[[Collection[int]], Mapping[int, str]]

_PLACEHOLDER = re.compile(r"\[\[link:([a-z0-9_]+)\]\]")
_resolvers: dict[str, Resolver] = {}
_many_resolvers: dict[str, ManyResolver] = {}
_checks: list[Check] = []


@dataclass(frozen=True)
class Link:
    """What the outbox stores of a link: its kind, and the JSON from which its resolver makes the URL."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class LinkVoid(Exception):
    """The link may no longer be sent; the message is the reason, in Dutch, for the screen."""


class MailRefused(LinkVoid):
    """The mail may no longer be sent; the message is the reason, in Dutch, for the screen."""


def register(kind: str, resolver: Resolver, many: ManyResolver | None = None) -> None:
    """Register, in an app's `ready()`, what makes an absolute URL from a link's data, or raises `LinkVoid`.

    `many` does so for several links, and returns a `LinkVoid` instead of raising it. Raises ValueError if the kind has
    another resolver already.
    """
    if _resolvers.setdefault(kind, resolver) is not resolver:
        raise ValueError(f"Link kind {kind!r} has a resolver already.")
    if many is not None:
        _many_resolvers[kind] = many


def register_check(check: Check) -> None:
    """Register, in an app's `ready()`, what returns of mail ids those that may not be sent, each with its reason."""
    if check not in _checks:
        _checks.append(check)


def read_refusals(mail_ids: Collection[int]) -> dict[int, MailRefused]:
    """Return what the registered checks refuse, by mail id."""
    return {pk: MailRefused(reason) for check in _checks for pk, reason in check(mail_ids).items()}


def is_registered(kind: str) -> bool:
    return kind in _resolvers


def placeholder(name: str) -> str:
    """Return what a mail's text and HTML hold in place of the URL of the link `name`."""
    mark = f"[[link:{name}]]"
    if not _PLACEHOLDER.fullmatch(mark):
        raise ValueError(f"{name!r} is no link name: lower case letters, digits and underscores.")
    return mark


def resolve(links: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the URL by name for a mail's `links` column; raise `LinkVoid` when one may not be sent."""
    return {name: _resolvers[link["kind"]](link["data"]) for name, link in links.items()}


def resolve_many(batch: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[dict[str, str] | LinkVoid]:
    """Return for each `links` column what `resolve` returns, or the `LinkVoid` that it would raise."""
    by_kind: dict[str, list[tuple[int, str, Data]]] = {}
    for number, links in enumerate(batch):
        for name, link in links.items():
            by_kind.setdefault(link["kind"], []).append((number, name, link["data"]))
    resolved: list[dict[str, str]] = [{} for _ in batch]
    void: dict[int, LinkVoid] = {}
    for kind, places in by_kind.items():
        for (number, name, _), url in zip(places, _resolve_kind(kind, [data for _, _, data in places]), strict=True):
            if isinstance(url, LinkVoid):
                void.setdefault(number, url)
            else:
                resolved[number][name] = url
    return [void.get(number, urls) for number, urls in enumerate(resolved)]


def _resolve_kind(kind: str, batch: Sequence[Data]) -> Sequence[str | LinkVoid]:
    if kind in _many_resolvers:
        return _many_resolvers[kind](batch)
    urls: list[str | LinkVoid] = []
    for data in batch:
        try:
            urls.append(_resolvers[kind](data))
        except LinkVoid as void:
            urls.append(void)
    return urls


def fill(text: str, urls: Mapping[str, str]) -> str:
    """Replace the placeholders of `urls` in `text`; others stay, since a person may have typed them."""
    return _PLACEHOLDER.sub(lambda match: urls.get(match[1], match[0]), text)


def hide(text: str, urls: Mapping[str, str] | LinkVoid) -> str:
    """Replace the links in `text`, such as a server's answer that quotes the mail, by three dots."""
    for url in () if isinstance(urls, LinkVoid) else urls.values():
        path = urlsplit(url).path
        secrets = [url, path, *(part for part in path.split("/") if len(part) >= 16)]
        for secret in secrets:
            if len(secret) > 1:
                text = text.replace(secret, "…")
    return text
