"""`make image`: what it reads in the Dockerfile, and what it refuses. The build itself takes minutes, as root."""

from __future__ import annotations

import re

import pytest

from scripts import build_image
from scripts.environment import BASE

DOCKERFILE = (BASE / "Dockerfile").read_text()


def test_base_is_made_under_the_name_of_every_stage() -> None:
    name = build_image.base_name(DOCKERFILE)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == [name, name]
    assert build_image.base_versions(name) == ("3.11", "bookworm")


def test_stages_on_different_bases_are_refused() -> None:
    with pytest.raises(ValueError, match="too many values"):
        build_image.base_name("FROM python:3.11-slim-bookworm AS packages\nFROM debian:bookworm\n")


@pytest.mark.parametrize("name", ["python:3.11", "debian:bookworm-slim"])
def test_base_that_debootstrap_cannot_make_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        build_image.base_versions(name)


def test_image_may_be_350_mb_over_its_base() -> None:
    base = 130_000_000
    build_image.check_size(base, base + 350_000_000)
    with pytest.raises(SystemExit, match="too large"):
        build_image.check_size(base, base + 350_000_001)


def test_what_the_build_keeps_is_outside_git_and_the_image() -> None:
    folder = build_image.STORE.relative_to(BASE).parts[0]
    assert f"/{folder}/" in (BASE / ".gitignore").read_text().split()
    assert folder in (BASE / ".dockerignore").read_text().split()
