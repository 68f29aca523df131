"""The page 'Geschil beslissen', and going from one assessment of the search to the next."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Assessment, Correction, Status
from tests.committee.conftest import AfnameMaker


def words(response) -> str:
    return " ".join(response.content.decode().split())


def address(assessment: Assessment) -> str:
    return reverse("committee:dispute", args=[assessment.public_id])


def filled(page: str, letter: str, **fields: str) -> dict[str, str]:
    """Return the page's form with `letter` picked for every criterion."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))
    picked = dict.fromkeys(set(re.findall(r'name="(score-\d+)"', page)), letter)
    return {unescape(name): unescape(value) for name, value in hidden.items()} | picked | fields


def test_only_disputed_criteria_are_listed(member: Client, disputed: Assessment) -> None:
    page = words(member.get(address(disputed)))
    names = re.findall(r'type="radio" name="(score-\d+)"', page)
    assert len(set(names)) == 8
    assert len(names) == 16
    member.post(address(disputed), filled(page, "G", reason="Gehoord.") | {min(names): "V"})
    assert Correction.objects.count() == 8
    assert words(member.get(address(disputed), follow=True)).count("er is al over beslist") == 1


def test_one_reason_counts_for_all_but_an_own_one(member: Client, disputed: Assessment) -> None:
    page = words(member.get(address(disputed)))
    [first, *_] = sorted(set(re.findall(r'name="(score-\d+)"', page)))
    member.post(address(disputed), filled(page, "V", reason="Gehoord.", **{f"reason-{first}": "Eigen."}))
    reasons = sorted(Correction.objects.values_list("reason", flat=True))
    assert reasons == ["Eigen.", *["Gehoord."] * 7]


def test_missing_reason_is_asked_for_once(member: Client, disputed: Assessment) -> None:
    page = words(member.post(address(disputed), filled(words(member.get(address(disputed))), "V")))
    summary = page.partition('id="fouten"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#([^"]*)"', summary) == ["reason"]
    assert page.count(" checked>") == 8
    assert not Correction.objects.exists()


def test_without_a_choice_the_page_stays(member: Client, disputed: Assessment) -> None:
    data = filled(words(member.get(address(disputed))), "V", reason="Gehoord.")
    none = {name: value for name, value in data.items() if not name.startswith("score-")}
    page = words(member.post(address(disputed), none))
    assert "Kies eerst welke score telt" in page
    assert 'value="Gehoord."' in page


def test_decision_after_another_decided_all_says_it_is_not_saved(member: Client, disputed: Assessment) -> None:
    data = filled(words(member.get(address(disputed))), "V", reason="Gehoord.")
    member.post(address(disputed), data)
    late = dict.fromkeys((name for name in data if name.startswith("score-")), "G")
    assert "Wat u koos, is niet opgeslagen." in words(member.post(address(disputed), data | late, follow=True))


def test_unpicked_criteria_stay_in_dispute(member: Client, disputed: Assessment) -> None:
    page = words(member.get(address(disputed)))
    data = filled(page, "V", reason="Gehoord.")
    last = max(name for name in data if name.startswith("score-"))
    del data[last]
    assert "7 wijzigingen opgeslagen." in words(member.post(address(disputed), data, follow=True))
    assert set(re.findall(r'type="radio" name="(score-\d+)"', words(member.get(address(disputed))))) == {last}


def test_decision_on_an_outdated_page_is_refused(member: Client, disputed: Assessment) -> None:
    data = filled(words(member.get(address(disputed))), "V", reason="Gehoord.")
    half = {name: value for name, value in data.items() if not name.startswith("score-")}
    first = min(name for name in data if name.startswith("score-"))
    member.post(address(disputed), half | {first: "G"})
    page = words(member.post(address(disputed), data))
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd." in page
    assert Correction.objects.count() == 1


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.FINAL])
def test_dispute_of_another_status_is_refused(member: Client, make_afname: AfnameMaker, status: str) -> None:
    page = words(member.get(address(make_afname(status)), follow=True))
    assert "kan nu niet worden bewerkt" in page


def test_file_leads_to_its_neighbours_in_the_search(member: Client, make_afname: AfnameMaker) -> None:
    made = [make_afname() for _ in range(3)]
    make_afname(Status.INVITED)
    search = "?status=ASSESSED&sorteer=-sinds"
    page = unescape(words(member.get(reverse("committee:afname", args=[made[1].public_id]) + search)))
    assert "2 van 3" in page
    for rel, one in (("prev", made[2]), ("next", made[0])):
        assert f'rel="{rel}" href="{reverse("committee:afname", args=[one.public_id])}{search}"' in page
    elsewhere = words(member.get(reverse("committee:afname", args=[made[1].public_id]) + "?status=FINAL"))
    assert 'rel="next"' not in elsewhere


def test_long_list_counts_no_further(member: Client, make_afname: AfnameMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("committee.search.MAX_SORTED", 2)
    made = [make_afname() for _ in range(4)]
    first, last = (words(member.get(reverse("committee:afname", args=[one.public_id]))) for one in (made[0], made[3]))
    assert "1 van 2+" in first
    assert 'rel="prev"' not in last
