"""The cache of the site: its counters are convenience, so that the site stays up without it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")
_outage_logged = False  # an outage is logged once per process


class FailOpenRedisCache(RedisCache):
    """Django's, which finds nothing and stores nothing while Redis does not answer."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return _ask(partial(super().add, *args, **kwargs), without=True)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return _ask(partial(super().get, key, default, version), without=default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        _ask(partial(super().set, *args, **kwargs), without=None)

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return _ask(partial(super().incr, *args, **kwargs), without=1)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return _ask(partial(super().delete, *args, **kwargs), without=False)


def _ask(cache: Callable[[], T], *, without: T) -> T:
    """Return the cache's answer, or `without` if Redis gives none."""
    global _outage_logged
    try:
        answer = cache()
    except RedisError:
        if not _outage_logged:
            logger.warning("The cache does not answer; nothing is counted.", exc_info=True)
        _outage_logged = True
        return without
    _outage_logged = False
    return answer
