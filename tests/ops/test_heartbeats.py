"""Real worker and beat give signs of life."""

import pytest

from tests.processes import Site, wait_until

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

FORGET = "from digibeoordelen.health.models import Heartbeat; Heartbeat.objects.all().delete()"


def seen(site: Site) -> set[str]:
    return {process for (process,) in site.rows("select process from health_heartbeat")}


def test_each_process_notes_that_it_started(site: Site) -> None:
    site.python(FORGET)
    site.beat()
    wait_until(lambda: seen(site) == {"beat"}, "beat to note itself")
    site.worker(wait=False)
    wait_until(lambda: seen(site) == {"beat", "worker"}, "the worker to note itself")


def test_beat_without_a_broker_still_notes_itself(site: Site) -> None:
    site.python(FORGET)
    site.env["BROKER_URL"] = "redis://127.0.0.1:1/0"  # no server listens on this port
    task = "from digibeoordelen.health.heartbeats import note_worker"
    site.python(f"{task}\ntry: note_worker.apply_async()\nexcept Exception as error: print(error)")
    assert seen(site) == {"beat"}
