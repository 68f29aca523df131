"""The pictures of the documents: each exists and is made by a browser test."""

from __future__ import annotations

import pytest

from . import guide


@pytest.mark.parametrize("name", sorted(guide.shown()))
def test_each_picture_exists_and_has_one_module(name: str) -> None:
    assert (guide.IMAGES / f"{name}.png").is_file()
    assert len(guide.makers(name)) == 1


def test_no_picture_is_unused() -> None:
    assert {path.stem for path in guide.IMAGES.glob("*.png")} == guide.shown()
