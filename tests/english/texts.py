"""The texts of the translated pages and mails, extracted from templates and modules."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from types import ModuleType

from django.template import Node, Template
from django.template.loader import get_template
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.urls import URLPattern, URLResolver, get_resolver

_FUNCTIONS = {"_", "gettext", "gettext_lazy"}
_TRANSLATED = re.compile(r"{% (blocktranslate|comment).*?{% end\1 %}", re.S)
_TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}")
_TEMPLATE_NAME = re.compile(r"[a-z0-9_/.]+\.(?:html|txt|css)")


def translated_views() -> Iterator[tuple[str, object]]:
    """Yield (name, view) of each URL whose page has an English version."""
    for name, view in _views(get_resolver().url_patterns):
        if getattr(view, "is_translated", False):
            yield name, view


def _views(patterns: Iterable[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, object]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from _views(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else "")
        else:
            yield f"{space}{pattern.name}", pattern.callback


def template_names(module: ModuleType) -> set[str]:
    """Return the templates named by strings of a module."""
    strings = (node.value for node in ast.walk(_tree(module)) if isinstance(node, ast.Constant))
    return {text for text in strings if isinstance(text, str) and _TEMPLATE_NAME.fullmatch(text) and "/" in text}


def with_all_included(names: Iterable[str]) -> dict[str, Template]:
    """Return these templates and all that they extend and include, by name."""
    templates: dict[str, Template] = {}
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in templates:
            templates[name] = get_template(name).template
            todo += _asked_for(templates[name])
    return templates


def _asked_for(template: Template) -> Iterator[str]:
    """Yield the names a template extends or includes; for a variable, each template name in its strings."""
    for node in nodes(template):
        if isinstance(node, ExtendsNode):
            yield from _TEMPLATE_NAME.findall(str(node.parent_name.token))
        elif isinstance(node, IncludeNode):
            variables = (expression.var for expression in (node.template, *node.extra_context.values()))
            yield from (name for name in variables if isinstance(name, str) and _TEMPLATE_NAME.fullmatch(name))


def nodes(template: Template) -> Iterator[Node]:
    """Yield all nodes, including nested ones."""
    yield from template.nodelist.get_nodes_by_type(Node)


def messages_of_template(template: Template) -> Iterator[str]:
    """Yield the catalogue's keys that the template looks up."""
    for node in nodes(template):
        if isinstance(node, TranslateNode) and isinstance(node.filter_expression.var.literal, str):
            context = f"{node.message_context.var}\x04" if node.message_context else ""
            yield context + node.filter_expression.var.literal
        elif isinstance(node, BlockTranslateNode):
            keys = [node.render_token_list(tokens)[0] for tokens in (node.singular, node.plural) if tokens]
            yield "\0".join((node.trimmed and key.strip()) or key for key in keys)


def messages_of_module(module: ModuleType) -> Iterator[str]:
    """Yield the literals passed to gettext; raise `AssertionError` for an unknown gettext function."""
    calls = [node for node in ast.walk(_tree(module)) if isinstance(node, ast.Call)]
    for call in calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        assert name in _FUNCTIONS or "gettext" not in name, name
        if name in _FUNCTIONS and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def bare_words(template: Template) -> Iterator[str]:
    """Yield untranslated words of a template: its text and its visible or spoken attributes."""
    reader = _Words()
    reader.feed(_TAGS.sub("\ue000", _TRANSLATED.sub("\ue000", template.source)))
    yield from reader.words


class _Words(HTMLParser):
    READ = ("aria-label", "title", "alt", "placeholder", "data-label")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.words += [value for name, value in attrs if name in self.READ and value and re.search("[a-z]{3}", value)]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in ("style", "script"):
            self.words += re.findall(r"[A-Za-zÀ-ÿ]{2,}(?:[ ,.]+[A-Za-zÀ-ÿ]+)*", data)


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def load(names: Iterable[str]) -> list[ModuleType]:
    return [importlib.import_module(name) for name in names]
