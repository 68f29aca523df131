"""Typed text appears unchanged in mails, also where it looks like Markdown or HTML."""

from __future__ import annotations

import html
import re

import pytest

from accounts.mail.rendering import render_mail
from accounts.models import School, User
from addressbook.models import Contact
from assessments.mails import invitation_context
from assessments.models import Invitation

TYPED = [
    "[klik](http://evil.test)",
    "**x** _y_ `z`",
    "<b>&lt;vet&gt;</b>",
    "<http://evil.test>",
    "# Kop",
    "1. Een",
    "- punt",
    "{{ link }}{% now 'Y' %}",
    "[[button: Klik → http://evil.test]]",
    "django0tag <django0tag>",
]
REMARK = "Eerst dit.\n\n# Dan\n1. een\n2. twee\n\n---\n- punt\n> citaat\n    code\n| a | b |\n[[button: Klik → http://evil.test]]"


def parts(invitation: Invitation) -> tuple[str, str, str]:
    context = invitation_context(invitation, link="https://hier.test/start")
    return render_mail("assessments/mail/invitation", context, language="nl")


def seen(page: str) -> str:
    body = page[page.index("<body") :].replace("<br>", "\n")
    return html.unescape(re.sub(r"<[^>]*>", "", body))


@pytest.mark.parametrize("typed", TYPED)
def test_a_name_stays_as_typed_in_both_parts(invitation: Invitation, typed: str) -> None:
    _, _, before = parts(Invitation.objects.get())
    Contact.objects.update(first_name=typed)
    subject, text, page = parts(Invitation.objects.get())
    assert f"Geachte {typed} Examinator," in text
    assert f"Geachte {typed} Examinator," in seen(page)
    assert re.findall("<[a-z]+", page) == re.findall("<[a-z]+", before)
    assert "evil" not in "".join(re.findall('href="[^"]*"', page))
    assert "Examinator" not in subject


@pytest.mark.parametrize("typed", TYPED)
def test_a_school_stays_as_typed_in_the_reason(invitation: Invitation, typed: str) -> None:
    School.objects.update(name=typed)
    _, text, page = parts(Invitation.objects.get())
    assert text.rstrip().endswith(f"({typed}) u als examinator heeft gekozen.")
    assert f"({typed}) u als examinator heeft gekozen." in seen(page)


def test_remark_keeps_line_breaks_in_both_parts(invitation: Invitation) -> None:
    invitation.remark = REMARK
    _, text, page = parts(invitation)
    assert f"Opmerking van Dirk Docent:\n{REMARK}\n\nStart beoordeling:\nhttps://hier.test/start\n" in text
    assert REMARK in seen(page)
    assert not re.search("<(h1|ol|ul|hr|pre|code)", page)
    assert page.count(">Start beoordeling</a>") == page.count('bgcolor="#1b7a43"') == 1


def test_the_subject_is_no_markdown(invitation: Invitation) -> None:
    User.objects.filter(last_name="Hoff").update(first_name="*A*", infix="", last_name="<b>")
    subject, _, _ = parts(Invitation.objects.get())
    assert subject == "Verzoek om *A* <b> te beoordelen: Verzorgende IG, B1"


def test_the_text_part_has_no_marks_of_markdown(invitation: Invitation) -> None:
    _, text, _ = parts(Invitation.objects.get())
    assert not re.search(r"\*\*|\[\[|<p|^>", text, re.MULTILINE)
