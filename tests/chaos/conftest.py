from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.machine import POSTGRESQL, REDIS

from .installation import Installation, installation


@pytest.fixture(scope="session")
def broken_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that all faults happen to, one after another."""
    if not (POSTGRESQL.is_here() and REDIS.is_here()):
        pytest.skip("PostgreSQL and Redis are needed: `make test` names what to install")
    with installation(tmp_path_factory.mktemp("chaos")) as made:
        yield made
