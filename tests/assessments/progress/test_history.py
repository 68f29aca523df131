"""The history: each kind of event by a person, by the system and without a name."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import Role, School, User
from assessments import lifecycle
from assessments.models import Assessment, Event
from assessments.progress.detail import read_history
from tests.factories import MembershipFactory

DATA: dict[str, dict[str, Any]] = {
    Event.Kind.COUPLED: {"examiners": ["Erik Examinator", "Tineke Tweede"], "target": "het hele examen"},
    Event.Kind.PROPOSED: {"examiner": "Erik Examinator", "replacement": "Greet Nieuw"},
    Event.Kind.PROPOSAL_DECLINED: {"examiner": "Erik Examinator", "replacement": "Greet Nieuw"},
    Event.Kind.REPLACED: {"examiner": "Erik Examinator", "replacement": "Greet Nieuw"},
}


@pytest.fixture(params=["account", "examiner", "system", "no name"])
def logged(request: pytest.FixtureRequest, assessment: Assessment, docent: User) -> tuple[Assessment, int]:
    """An assessment with an event of each kind by one actor, and the number of 'door' in each sentence."""
    by = {"account": docent, "no name": User(pk=docent.pk)}.get(request.param)
    by_name = "Erik Examinator" if request.param == "examiner" else ""
    for kind in Event.Kind:
        data = DATA.get(kind, {"examiner": "Erik Examinator"})
        lifecycle.record(assessment, kind=kind, by=by, by_name=by_name, **data)
    return assessment, 0 if request.param == "no name" else 1


def check(sentences: list[str], count: int) -> None:
    assert len(sentences) == len(Event.Kind)
    for sentence in sentences:
        assert len(re.findall(r"\bdoor\b", sentence)) == count, sentence
        assert not re.search(r"\bdoor\s*($|[:,.(])|[:,]\s*$|None", sentence), sentence


def test_each_kind_is_one_sentence(logged: tuple[Assessment, int]) -> None:
    assessment, count = logged
    check([line.what for line in read_history(assessment)][: len(Event.Kind)], count)


@pytest.mark.parametrize("page", ["assessments:detail", "committee:afname"])
def test_each_kind_is_one_sentence_on_its_page(
    logged: tuple[Assessment, int], client: Client, school: School, docent: User, page: str
) -> None:
    assessment, count = logged
    MembershipFactory(user=docent, school=school, role=Role.EXAMENCOMMISSIE)
    client.force_login(docent)
    html = client.get(reverse(page, args=[assessment.public_id])).content.decode()
    log = re.search(r'<details class="(?:history|events)">(.*?)</details>', html, re.DOTALL)
    assert log
    items = re.findall(r"<li>.*?</time>(.*?)</li>", log[1], re.DOTALL)
    sentences = [" ".join(strip_tags(item).split()) for item in items]
    assert len(sentences) == len(Event.Kind) + 1
    check([one for one in sentences if one != "Beoordeling gestart door Dirk Docent"], count)


def test_replacement_names_both_examiners(assessment: Assessment, docent: User) -> None:
    names = DATA[Event.Kind.REPLACED]
    lifecycle.record(assessment, kind=Event.Kind.REPLACED, by=docent, **names)
    [newest, *_] = read_history(assessment)
    assert newest.what == "Andere examinator gekozen door Dirk Docent: Greet Nieuw, in plaats van Erik Examinator"
