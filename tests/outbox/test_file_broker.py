"""The embedded broker delivers only complete messages."""

from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Queue

from digibeoordelen.brokers.files import Channel, Transport


@pytest.fixture
def channel(tmp_path: Path) -> Any:
    (tmp_path / "messages").mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection(transport=Transport, transport_options=options) as connection:
        Queue("work")(connection.default_channel).declare()
        yield connection.default_channel


def test_celery_uses_the_file_broker(tmp_path: Path) -> None:
    from digibeoordelen.celery import app

    with app.connection_for_write("filesystem://") as connection:
        assert isinstance(connection.transport, Transport)


def test_messages_come_once_and_in_order(channel: Channel) -> None:
    for number in range(3):
        channel._put("work", {"number": number})

    assert sorted(channel._get("work")["number"] for _ in range(3)) == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get("work")


def test_partially_written_message_is_not_visible(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text = Path.write_text

    def halfway(path: Path, content: str) -> int:
        write_text(path, content[:10])
        with pytest.raises(Empty):
            channel._get("work")
        return write_text(path, content)

    monkeypatch.setattr(Path, "write_text", halfway)
    channel._put("work", {"text": "a message of more than ten characters"})

    assert channel._get("work") == {"text": "a message of more than ten characters"}


def test_urgent_message_comes_before_older_ones(channel: Channel) -> None:
    for number, priority in enumerate((6, 6, 0)):
        channel._put("work", {"number": number, "properties": {"priority": priority}})

    assert [channel._get("work")["number"] for _ in range(3)] == [2, 0, 1]
