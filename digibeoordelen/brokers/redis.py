"""The broker on Redis: kombu's transport, in which a worker outlives a restart of Redis.

Kombu 5.7.0 restores and acknowledges what is unfinished on a channel whose connection is gone, and raises an
AttributeError there, of which Celery ends; connection errors it expects and passes over.
"""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("The connection to the broker is closed.")
        parameters: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]  # stubs lack it
        return parameters


class Transport(redis.Transport):
    Channel = Channel
