"""Enter in a form presses its first button, which must be the main one."""

from __future__ import annotations

import re

from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"
INCLUDE = re.compile(r'{%\s*include\s+"([^"]+)"[^%]*%}')
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
BUTTON = re.compile(r'<(?:button|input)\b[^>]*?type="submit".*?>', re.DOTALL)
# Templates whose first button is not of the kind below, and why that is correct.
ALSO_GOOD = {
    "assessments/examiner/form.html": "Tussentijds opslaan: someone who is filling in isn't done",
    "committee/review/correct.html": "the slider saves, as the button at the end does",
    "committee/export/_download.html": "two downloads; neither is the main one",
}


def expanded(name: str) -> str:
    """Return a template's source with its includes expanded."""
    source = COMMENT.sub("", (TEMPLATES / name).read_text())
    return INCLUDE.sub(lambda match: expanded(match[1]) if (TEMPLATES / match[1]).exists() else "", source)


def forms() -> list[tuple[str, list[str]]]:
    """Return (template, enabled submit buttons in order) of each form with several, except language forms."""
    names = [str(path.relative_to(TEMPLATES)) for path in sorted(TEMPLATES.rglob("*.html"))]
    sources = [
        (name, form)
        for name in names
        if "<form" in (TEMPLATES / name).read_text()
        for form in FORM.findall(expanded(name))
    ]
    buttons = [
        (name, [button for button in BUTTON.findall(form) if " disabled" not in button]) for name, form in sources
    ]
    return [(name, several) for name, several in buttons if len(several) > 1 and 'name="language"' not in several[0]]


def test_first_button_of_a_form_is_the_main_one() -> None:
    wrong = [
        (name, buttons[0])
        for name, buttons in forms()
        if name not in ALSO_GOOD and not re.search(r'class="(btn btn-primary|visually-hidden)"', buttons[0])
    ]
    assert not wrong


def test_exceptions_are_still_needed() -> None:
    assert set(ALSO_GOOD) <= {name for name, _ in forms()}
