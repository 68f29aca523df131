"""Random requests to every URL, drawn from a seed, and a report of those that the server fails on.

`tests/test_fuzz.py` runs them. A request is one URL pattern, a role, a method, a query, headers and a body; its
values come from earlier pages (their forms and links) and from `HOSTILE`. Each request is rolled
back, so that the next one meets the same data.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from exams.content.guide import example_source

from .factories import png

Field = tuple[str, Any]
Values = Callable[[str, str], list[object]]  # a URL's name and one of its parameters → possible values

HOSTILE: list[str] = [
    *("", " ", "0", "1", "-1", "00", "1.5", "1e999", "NaN", "Infinity", "٣", "²", "true", "on", "None", "null", "[]"),
    *("2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "9" * 40, "9" * 5000),
    *("2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "31-12-9999", "01-01-0001", "24:61", "2026-01-01T99:99"),
    *("00000000-0000-0000-0000-000000000000", "O", "V", "G", "STUDENT", "a@b.test", "a@@b", "é@xn--.test", "x:y:z"),
    *("\0", "a\0b", "\x7f\x85\u2028\u202e", "\ufeff", "🦄", "ﷺ" * 20, "I\u0307", "x" * 10_000, "é" * 300, "\r\nX: y"),
    *("../../etc/passwd", "//evil.test", "javascript:x", "<b>", "' OR 1=1 --", "{{ 7 }}", "%s%n", "\\", "__class__"),
    *("gAAAA", "eyJhIjoxfQ", "a:1sXXXX:b", "=1+1", "-pk", "-1.2.-3", "pk__in", "*", "\ud800"),
]
PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<route>\w+)>|\(\?P<(?P<regex>\w+)>(?:[^()]|\([^)]*\))*\)")
# Values that a converter accepts; the rest of HOSTILE is used in generated paths.
OF_KIND = {
    "int": ["0", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 40, "9" * 5000, "٣"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "no-uuid"],
}
# The names that the product reads from a query or a body.
READ = sorted(
    {
        name
        for app in ("accounts", "addressbook", "assessments", "committee", "digibeoordelen", "exams", "exchange")
        for file in (settings.BASE_DIR / app).rglob("*.py")
        for name in re.findall(r"""(?:get|getlist|numbers?|public_ids)\([^"()]*"([a-z_]+)"[,)]""", file.read_text())
    }
)
METHODS = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"]
CONTENT_TYPES = [
    *("text/plain", "application/json", "application/x-www-form-urlencoded; charset=utf-16", "text/xml", "", "rubbish"),
    *("application/x-www-form-urlencoded; charset=nope", "multipart/form-data", "multipart/form-data; boundary="),
    "multipart/form-data; boundary=" + "x" * 300,
]
HEADERS = {
    "HX-Request": ["true"],
    "HX-Current-URL": ["http://testserver/", "\xff", "http://[", "x" * 5000],
    "Accept-Language": ["en", "*", "x" * 600, "en;q=nan", "\xff"],
    "Accept": ["application/json", "", "*/*;q=x"],
    "User-Agent": ["x" * 3000, "\xff\xfe", ""],
    "Referer": ["http://[", "\xff", "x" * 5000],
    "X-Forwarded-For": ["nowhere", "1.2.3.4, ::1", "fe80::1%eth0"],
    "Range": ["bytes=0-1", "bytes=9-1", "x"],
    "If-Modified-Since": ["x", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "If-None-Match": ["x", '"', "*"],
    "Cookie": [
        'sessionid="\\000aaaaaaaaaa"',
        "taal=xx; csrftoken=\xff",
        "=;=;;",
        "sessionid=" + "x" * 5000,
        "messages=x",
    ],
    "Host": ["evil.test", "[::1", ""],
    "Origin": ["null", "http://["],
}
FILES: list[tuple[str, bytes, str]] = [
    ("leeg.csv", b"", "text/csv"),
    (
        "lijst.csv",
        b"Voornaam;Achternaam;E-mailadres;Studentnummer;Rol\r\nNoa;Wit;noa@hier.test;123456;Student\r\n",
        "text/csv",
    ),
    ("nul.csv", "Voornaam;Achternaam;E-mailadres\nN\0a;W\u202eit;noa@hier.test\n".encode(), "text/csv"),
    ("utf16.csv", "Voornaam;Achternaam;E-mailadres\nNoa;Wit;noa@hier.test\n".encode("utf-16"), "text/csv"),
    ("examen.yaml", example_source().encode(), "application/yaml"),
    ("nul.yaml", example_source().replace("title: ", 'title: "\\0\\ud800" #', 1).encode(), "application/yaml"),
    ("bom.yaml", b"a: &a [*a, *a]\n" + b"[" * 5000, "application/yaml"),
    ("logo.png", png(), "image/png"),
    ("bestand.pdf", b"%PDF-1.7\n" + bytes(range(256)), "application/pdf"),
    ("lijst.xlsx", b"PK\3\4" + bytes(200), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
]
ADMIN_QUERY = ["q", "o", "p", "all", "e", "_popup", "_to_field", "_facets", "_changelist_filters", "next", "pk", "id"]


@dataclass
class Failure:
    """A request that got a 500 or no response."""

    name: str
    request: str
    problem: str
    place: str  # the location of the exception, so that each fault is reported once

    def __str__(self) -> str:
        return f"{self.name}\n{self.request}\n{self.problem}"


class _Page(HTMLParser):
    """The forms of a page, and the queries of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[Field]]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((values.get("action", ""), []))
        elif tag == "a":
            self.links.append(values.get("href", ""))
        elif "name" in values and self.forms and tag in ("input", "button", "textarea", "select"):
            self.forms[-1][1].append((values["name"], values.get("value", "")))


@dataclass
class Fuzzer:
    """Sends requests as `cookies` (of each role) to the URLs whose names `chosen` accepts.

    `values` has existing values, `able` the roles that may see a URL; a URL is tried without either.
    """

    seed: int
    cookies: dict[str, dict[str, str]]
    values: Values
    able: Callable[[str], list[str]]
    chosen: Callable[[str], bool] = bool
    failures: dict[str, Failure] = field(default_factory=dict)
    sent: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.patterns = [pattern for pattern in _patterns(get_resolver().url_patterns) if self.chosen(pattern[0])]
        self.forms: dict[str, list[list[Field]]] = {}
        self.queries: dict[str, list[Field]] = {}
        self.methods: dict[str, list[str]] = {}
        self.names = list(READ)

    def run(self, requests: int) -> None:
        """Open each page once with a permitted role to read its forms; then send random requests."""
        for pattern in self.patterns[:requests]:
            self._send(pattern[0], self._role(pattern[0]), "GET", self._path(pattern, wrong=0), {}, b"", "")
        while self.sent < requests:
            self._draw()

    def _draw(self) -> None:
        random = self.random
        pattern = random.choice(self.patterns)
        path = self._path(pattern, wrong=0.25)
        if random.random() < 0.03:
            path = "/" + "/".join(_quote(random.choice(HOSTILE)[:200]) for _ in range(random.randint(1, 4)))
        method = (
            random.choice(METHODS)
            if random.random() < 0.1
            else random.choice(self.methods.get(pattern[0], ["GET", "POST"]))
        )
        if random.random() < (0.6 if method == "GET" else 0.2):
            path += "?" + _urlencode(self._query(path))
        content_type, body = self._body(path) if method not in ("GET", "HEAD") else ("", b"")
        headers = {name: random.choice(HEADERS[name]) for name in HEADERS if random.random() < 0.04}
        role = self._role(pattern[0]) if random.random() < 0.7 else random.choice(list(self.cookies))
        self._send(pattern[0], role, method, path, headers, body, content_type)

    # --- Parts of a request ---
    def _role(self, name: str) -> str:
        return self.random.choice(self.able(name) or list(self.cookies))

    def _path(self, pattern: tuple[str, str], *, wrong: float) -> str:
        name, route = pattern

        def fill(parameter: re.Match[str]) -> str:
            existing = self.values(name, parameter["route"] or parameter["regex"])
            if existing and self.random.random() >= wrong:
                return _quote(str(self.random.choice(existing)))
            return _quote(self.random.choice(OF_KIND.get(parameter["kind"], HOSTILE)))

        return "/" + PARAMETER.sub(fill, route)

    def _query(self, path: str) -> list[Field]:
        fields = self.queries.get(urlsplit(path).path, [])
        if path.startswith("/beheer/django/"):
            fields = [*fields, *((name, "") for name in ADMIN_QUERY)]
        return self._spoil([*self._some(fields, 3), *self._some([(name, "") for name in self.names], 2)])

    def _body(self, path: str) -> tuple[str, bytes]:
        random = self.random
        forms = self.forms.get(urlsplit(path).path, [[]])
        fields = self._spoil([*random.choice(forms), *self._some([(name, "") for name in self.names], 4)])
        kind = random.random()
        if kind < 0.5:
            return "application/x-www-form-urlencoded", _urlencode(fields).encode()
        if kind < 0.85:
            files = [(name, self._file()) for name, _ in fields if random.random() < 0.15 or "file" in name]
            files += [(name, self._file()) for name in ("file", "logo", "attachments") if random.random() < 0.3]
            return "multipart/form-data; boundary=fuzz", _multipart([*fields, *files])
        if kind < 0.9:
            return "application/x-www-form-urlencoded", b"&".join(b"a%d=b" % n for n in range(2100))
        raw = random.choice(
            [b"", b"\xff\xfe\0", json.dumps(dict(fields)).encode(), b"--x\r\n", b"=&=&%zz", b"x" * 70_000]
        )
        return random.choice(CONTENT_TYPES), raw

    def _some(self, fields: list[Field], most: int) -> list[Field]:
        return self.random.sample(fields, min(len(fields), self.random.randint(0, most)))

    def _spoil(self, fields: list[Field]) -> list[Field]:
        """Return the fields with a few changed, removed, repeated or renamed."""
        random, spoilt = self.random, list(fields)
        for _ in range(random.choice([0, 1, 1, 2, 3, 8])):
            if not spoilt:
                break
            place = random.randrange(len(spoilt))
            name, value = spoilt[place]
            change = random.random()
            if change < 0.65:
                spoilt[place] = (name, random.choice([random.choice(HOSTILE), random.choice(spoilt)[1]]))
            elif change < 0.75:
                spoilt.insert(place, (name, random.choice(HOSTILE)))
            elif change < 0.85:
                del spoilt[place]
            elif change < 0.95:
                spoilt[place] = (f"{name}{random.choice(['[]', '__contains', '__isnull', '-0', chr(0)])}", value)
            else:
                spoilt[place] = (random.choice(HOSTILE)[:50], value)
        return spoilt

    def _file(self) -> tuple[str, bytes, str]:
        name, content, content_type = self.random.choice(FILES)
        damage = self.random.random()
        if damage < 0.3 and content:
            place = self.random.randrange(len(content))
            content = content[:place] + self.random.randbytes(4) + content[place + self.random.randint(0, 9) :]
        elif damage < 0.4:
            content = content[: self.random.randrange(len(content) + 1)]
        name = self.random.choice([name, name, "", "x" * 300 + name, f"\0é\u202e{name}", "../" + name])
        return name, content, self.random.choice([content_type, "x" * 300, "text/plain"])

    # --- Sending ---
    def _send(
        self, name: str, role: str, method: str, path: str, headers: dict[str, str], body: bytes, content_type: str
    ) -> None:
        self.sent += 1
        client = Client(raise_request_exception=False)
        for key, value in self.cookies[role].items():
            client.cookies[key] = value
        response: Any = None
        error: BaseException | None = None
        with transaction.atomic():
            try:
                response = client.generic(method, path, body, content_type, headers=headers)
                page = b"".join(response.streaming_content) if response.streaming else response.content
            except Exception as raised:  # noqa: BLE001 - whatever a request raises is what is looked for
                error = raised
            transaction.set_rollback(True)
        if error is None and response.status_code != 500:
            if response.status_code == 405:
                self.methods[name] = [one for one in ("GET", "POST") if one in response["Allow"]] or ["GET", "POST"]
            self._learn(urlsplit(path).path, response, page)
            return
        if error is None and response.exc_info:
            error = response.exc_info[1]
        where = traceback.extract_tb(error.__traceback__)[-1] if error else None
        place = f"{type(error).__name__} {where.filename}:{where.lineno}" if where else f"{name} {method}"
        request_text = f"{method} {path[:2000]}\n{role}, {headers}, {content_type}\n{body[:1500]!r}"
        problem = "".join(traceback.format_exception(error)[-5:]) if error else f"status {response.status_code}"
        self.failures.setdefault(f"{place} {name}", Failure(name, request_text, problem, place))

    def _learn(self, path: str, response: Any, content: bytes) -> None:
        if response.status_code != 200 or not response.get("Content-Type", "").startswith("text/html"):
            return
        page = _Page()
        page.feed(content.decode(errors="replace"))
        for action, fields in page.forms:
            where = urlsplit(action).path or path
            kept = self.forms.setdefault(where, [])
            if len(kept) < 5:
                kept.append([pair for pair in fields if pair[0] != "csrfmiddlewaretoken"])
            self.names += [name for name, _ in fields if name not in self.names]
        for link in page.links:
            if "?" in link and len(self.queries.setdefault(urlsplit(link).path or path, [])) < 30:
                self.queries[urlsplit(link).path or path] += parse_qsl(urlsplit(link).query, keep_blank_values=True)


def _patterns(patterns: list[Any], namespace: str = "", start: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name, route) of every URL; a pattern without a name is named by its route."""
    for pattern in patterns:
        route = start + str(pattern.pattern).strip("^$")
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, ":".join(filter(None, [namespace, pattern.namespace])), route)
        elif isinstance(pattern, URLPattern):
            yield ":".join(filter(None, [namespace, pattern.name or route])), route


def _quote(text: str) -> str:
    return quote(_bytes(text), safe="")


def _urlencode(fields: list[Field]) -> str:
    return "&".join(f"{_quote(name)}={_quote(str(value))}" for name, value in fields)


def _multipart(fields: list[Field]) -> bytes:
    """Return a multipart body as a browser writes it, unless a value is hostile."""
    parts = []
    for name, value in fields:
        filename, content, content_type = value if isinstance(value, tuple) else (None, _bytes(str(value)), "")
        head = b'Content-Disposition: form-data; name="' + _bytes(name) + b'"'
        if filename is not None:
            head += b'; filename="' + _bytes(filename) + b'"\r\nContent-Type: ' + _bytes(content_type)
        parts.append(b"--fuzz\r\n" + head + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + b"--fuzz--\r\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
