"""Placeholders and their replacement."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digibeoordelen.outbox.links import fill, hide, placeholder, register


@pytest.mark.parametrize("name", ["", "Start", "a b", "a]]", "é"])
def test_unrecognisable_link_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no link name"):
        placeholder(name)


def test_a_kind_has_one_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.links._resolvers", {})

    def resolver(data: object) -> str:
        return "https://site.test/"

    register("eigen", resolver)
    register("eigen", resolver)
    with pytest.raises(ValueError, match="already"):
        register("eigen", lambda data: "")


def test_placeholder_in_a_url_is_not_expanded() -> None:
    assert fill(f"{placeholder('a')} {placeholder('b')}", {"a": placeholder("b"), "b": "x"}) == "[[link:b]] x"


@given(st.text(alphabet="abcdef0123456789", min_size=16, max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_no_token_survives_hiding(token: str, before: str, after: str) -> None:
    assume(token not in before + after)
    url = f"https://site.test/beoordelen/{token}/"

    for quoted in (url, f"/beoordelen/{token}/", f"/beoordelen/{token}", token):
        assert token not in hide(f"{before}{quoted}{after}", {"start": url})
