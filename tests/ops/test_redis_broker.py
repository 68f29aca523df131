"""A worker outlives a restart of Redis."""

from types import SimpleNamespace

import pytest
from kombu.transport import TRANSPORT_ALIASES
from redis.exceptions import ConnectionError as RedisConnectionError

from digibeoordelen.brokers.redis import Channel, Transport
from digibeoordelen.celery import app


@pytest.mark.parametrize("transport", [None, SimpleNamespace(client=None)], ids=["no transport", "closed"])
def test_closed_channel_raises_a_connection_error(transport):
    """An AttributeError, which kombu's own raises, ends the worker."""
    channel = Channel.__new__(Channel)
    channel.connection = transport
    with pytest.raises(RedisConnectionError):
        channel._connparams()
    assert issubclass(RedisConnectionError, Transport.connection_errors)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_celery_uses_this_transport(scheme):
    assert TRANSPORT_ALIASES[scheme] == "digibeoordelen.brokers.redis:Transport"


def test_worker_never_gives_up_on_the_broker():
    assert app.conf.broker_connection_max_retries is None
