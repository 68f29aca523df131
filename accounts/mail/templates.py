"""A template loader for mails: subject, text and HTML from one file, `templates/<app>/mail/<kind>.md`.

The first line is the subject, the second the preview in an inbox; then the body in Markdown and, after a line `---`,
the reason for the mail. `<kind>.subject.txt`, `<kind>.txt` and `<kind>.html` are Django templates made from it:
Markdown is converted before Django renders, so values never become Markdown, HTML or links. A file whose name starts
with `_` is an include, with only a body. On a line of their own:

    [[button: words → link]]     a button, and its link to copy; green for 'Start beoordeling' alone
    > **Title:**                 a note; `lines` keeps line breaks
    > {{ remark|lines }}
    {% if … %}, {% for … %}, {% include "<app>/mail/_part.md" %}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.template import Origin
from django.template.loaders import filesystem
from markdown_it import MarkdownIt

_NAME = re.compile(r"(.*/mail/[a-z_]+)(\.subject\.txt|\.txt|\.html)")
_ALONE = r"^(?:\{#.*#\}|\{% (?:load|get_current_language|if|elif|else|endif|for|endfor|include \S+\.md\")[^%]*%\})+\n"
_TAG = r"\{% blocktranslate.*?\{% endblocktranslate %\}|\{%.*?%\}|\{\{.*?\}\}"
_TAGS = re.compile(f"(?P<alone>{_ALONE})|{_TAG}", re.MULTILINE)
_HIDDEN = re.compile(r"<?django(\d+)tag>?")  # '<…>' is a block of HTML in Markdown
_AUTOLINK = re.compile(r"<(\{\{.*?\}\})>")

_MARKDOWN = MarkdownIt("commonmark", {"breaks": True}).enable("table")
_BUTTON = re.compile(r"<p>\[\[button: (?P<words>.*?) → (?P<link>.*?)\]\]</p>")
START, GREEN, PURPLE = "Start beoordeling", "#1b7a43", "#5b2a86"
_NOTE = re.compile(r"<blockquote>\s*<p>(?P<text>.*?)</p>\s*</blockquote>", re.DOTALL)
_STYLES = (
    ("<a ", '<a class="m-link" style="color:#5b2a86" '),
    ("<ul>", '<ul style="margin:0;padding-left:20px">'),  # a loop makes a list for each item
    ("<table>", '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:16px 0">'),
    ("<thead>\n<tr>\n<th></th>\n<th></th>\n</tr>\n</thead>\n", ""),
    (
        "<tr>\n<td>",
        '<tr><td class="m-soft" style="padding:2px 16px 2px 0;color:#5f5a66;vertical-align:top;white-space:nowrap">',
    ),
    ("\n<td>", '<td class="m-ink" style="padding:2px 0">'),
)

_PLAIN = [
    (re.compile(pattern, re.MULTILINE), plain)
    for pattern, plain in (
        (r"^\[\[button: (.+) → (.+)\]\]$", r"\1:\n\2"),
        (r"^\[(.+)\]\((.+)\)$", r"\1:\n\2"),
        (_AUTOLINK.pattern, r"\1"),
        (r"^\| \| \|\n\| --- \| --- \|\n", ""),
        (r"^\| (.+?) \| (.+) \|$", r"\1: \2"),
        (r"^> |\*\*|</?p\b[^>]*>", ""),
        (f"({_ALONE[:-2]})\n", r"\1"),
    )
]


class Loader(filesystem.Loader):
    """Finds `x.md` for `x.subject.txt`, `x.txt` and `x.html`; in settings after the loaders of ordinary files.

    Markdown includes `_part.md`, a page `_part.html`.
    """

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        if part := _NAME.fullmatch(template_name):
            for origin in super().get_template_sources(f"{part[1]}.md"):
                yield Origin(origin.name, template_name, self)

    def get_contents(self, origin: Origin) -> str:
        source, name = super().get_contents(origin), str(origin.template_name)
        if "/_" in name:
            return "{% load i18n mail %}" + (self._html(source) if name.endswith(".html") else _text(source))
        head, _, rest = source.partition("\n\n")
        subject, _, preview = head.partition("\n")
        body, _, reason = rest.partition("\n---\n")
        if name.endswith(".html"):
            content = self._html(f"{body}\n").replace("<p>", '<p style="margin-top:0">', 1)
            reason = self._html(reason).replace("<p>", "").replace("</p>", "")
            blocks = {"title": subject, "preheader": preview, "content": content, "reason": reason}
            filled = "".join(f"{{% block {name} %}}{block}{{% endblock %}}" for name, block in blocks.items())
            return '{% extends "mail/base.html" %}{% load i18n mail %}' + filled
        text = subject if name.endswith(".subject.txt") else _text(f"{body}\n{reason}")
        return "{% load i18n mail %}{% autoescape off %}" + text + "{% endautoescape %}"

    def _html(self, source: str) -> str:
        tags: list[str] = []

        def hide(match: re.Match[str]) -> str:
            tags.append(match[0].replace('.md"', '.html"'))
            hidden = f"django{len(tags) - 1}tag"
            return f"\n\n<{hidden}>\n\n" if match["alone"] else hidden

        html = _MARKDOWN.render(_TAGS.sub(hide, _AUTOLINK.sub(r"[\1](\1)", source)))
        for plain, styled in _STYLES:
            html = html.replace(plain, styled)

        def show(html: str) -> str:
            return _HIDDEN.sub(lambda match: tags[int(match[1])], html)

        def button(match: re.Match[str]) -> str:
            colour = GREEN if START in show(match["words"]) else PURPLE
            return self._fill("button", {**match.groupdict(), "colour": colour})

        return show(_NOTE.sub(lambda match: self._fill("note", match.groupdict()), _BUTTON.sub(button, html)))

    def _fill(self, name: str, values: dict[str, str]) -> str:
        """Return the source of templates/mail/`name`.html with `values` for its variables."""
        source = self.engine.get_template(f"mail/{name}.html").source
        for key, value in values.items():
            source = source.replace(f"{{{{ {key} }}}}", value)
        return str(source)


def _text(source: str) -> str:
    for pattern, plain in _PLAIN:
        source = pattern.sub(plain, source)
    return source.replace('.md"', '.txt"')
