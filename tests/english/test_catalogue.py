"""The English texts are complete and compiled, with the right placeholders."""

from __future__ import annotations

import gettext
import inspect
import re

import pytest
from django.template import Template

from scripts.catalogue import ENGLISH, read

from .covered import BY_VARIABLE, MODULES, all_templates
from .texts import bare_words, load, messages_of_module, messages_of_template, translated_views

# Texts that are equal in both languages, or name a language in that language.
SAME_IN_BOTH = {
    *("Digitaal beoordelen", "English", "Nederlands"),
    "catalogue",  # a CSS class in a block
    *("Show this form in English", "Toon dit formulier in het Nederlands"),
}
EACH_ITS_OWN = {
    "assessments/mail/_other_language.html",
    "assessments/mail/_other_language.txt",
}
NO_WORDS = (".css",)


@pytest.fixture(scope="module")
def catalogue() -> dict[str, str]:
    """Return message → translation as in a .mo: a context before "\\x04", plurals joined by "\\0"."""
    return {
        "\0".join(filter(None, (entry.msgid_with_context, entry.msgid_plural))): "\0".join(
            entry.msgstr_plural.values() or [entry.msgstr]
        )
        for entry in read()
    }


@pytest.fixture(scope="module")
def used() -> set[str]:
    """Return every message of the pages and mails of examiners and students."""
    messages = set(BY_VARIABLE)
    for template in all_templates().values():
        messages.update(messages_of_template(template))
    for module in load(MODULES):
        messages.update(messages_of_module(module))
    return messages


def test_every_text_has_a_translation(used: set[str], catalogue: dict[str, str]) -> None:
    assert not used - {message for message, translation in catalogue.items() if all(translation.split("\0"))}


def test_no_translation_is_obsolete(used: set[str], catalogue: dict[str, str]) -> None:
    assert not catalogue.keys() - used


def test_each_translation_has_the_same_placeholders(catalogue: dict[str, str]) -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}|</?strong>", text))

    wrong = [message for message, text in catalogue.items() if message and places(message) != places(text)]
    assert wrong == []


def test_compiled_file_matches_the_texts() -> None:
    assert ENGLISH.with_suffix(".mo").read_bytes() == read().to_binary(), "make messages"


def test_python_reads_the_compiled_file(catalogue: dict[str, str]) -> None:
    with ENGLISH.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Tussentijds opslaan") == "Save for now"
    assert compiled.pgettext("page x of y", "van") == "of"
    assert compiled.ngettext("%(number)s examen", "%(number)s examens", 2) == "%(number)s exams"


@pytest.mark.parametrize("name", sorted(all_templates()))
def test_no_text_is_outside_the_catalogue(name: str) -> None:
    if name.endswith(NO_WORDS) or name in EACH_ITS_OWN:
        return
    assert set(bare_words(all_templates()[name])) <= SAME_IN_BOTH


def test_words_outside_the_catalogue_are_seen() -> None:
    template = Template('<p title="Uw naam">Goed zo, {{ name }}</p>{# niets #}<b aria-label="{{ name }}">O</b>')
    assert list(bare_words(template)) == ["Uw naam", "Goed zo"]


def test_every_translated_view_is_covered() -> None:
    modules = {inspect.unwrap(view).__module__ for _, view in translated_views()}  # type: ignore[arg-type]
    missing = {module for module in modules - set(MODULES) if not module.startswith(("allauth.", "django."))}
    assert not missing, "allauth's views have templates and forms of ours, which accounts.auth names"
