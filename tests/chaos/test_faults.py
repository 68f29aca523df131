"""Faults of a running site under a small steady traffic: `make chaos`, and three of them in `make test`.

Prints a line for each fault, with what people saw and how long it took until all was well.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter

import pytest

from tests.processes import wait_until

from .checks import count_repeated, find_damaged, find_doubled, find_lost
from .faults import FAULTS, Fault
from .installation import Installation
from .places import what_is_missing
from .traffic import Seen, Traffic

pytestmark = [pytest.mark.process, pytest.mark.servers, pytest.mark.xdist_group("chaos")]

SEED = os.environ.get("CHAOS_SEED", "1")
WELL_WITHIN = 120  # seconds; a PDF waits 60 after an attempt that failed
BEFORE = 2.0  # seconds of traffic before the fault
LINE = "{:<56} {:>5} {:>4}  {:<28} {:>5}  {:>4} {:>4} {:>5} {:>5}  {}"
HEADING = LINE.format(
    "fault", "good", "bad", "bad answers", "slow", "lost", "twice", "mails", "well", "the monitor's words"
)


@pytest.fixture(scope="module", autouse=True)
def heading(pytestconfig: pytest.Config) -> None:
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\nseed {SEED}; 'slow' and 'well' in seconds, 'mails' came twice\n{HEADING}")


@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, id=fault.name, marks=[] if fault.is_short else [pytest.mark.chaos]) for fault in FAULTS],
)
def test_fault_loses_and_doubles_nothing(broken_site: Installation, fault: Fault, capsys) -> None:
    if missing := what_is_missing(fault.place):
        pytest.skip(missing)
    it = broken_site
    it.rng = random.Random(f"{SEED} {fault.name}")
    it.move_to(fault.place)
    it.invite()
    it.wait_until_well(WELL_WITHIN)
    traffic = Traffic(it)
    repeated = count_repeated(it)
    with traffic.run():
        wait_until(it.find_download, "a PDF to read")
        time.sleep(BEFORE)
        fault.happen(it)
    well_after = it.wait_until_well(WELL_WITHIN)

    seen, made = traffic.seen, len(traffic.seen.final)
    lost, damaged, doubled = find_lost(it, seen), find_damaged(it, made), find_doubled(it)
    repeated = count_repeated(it) - repeated
    with capsys.disabled():
        print(describe(fault, seen, len(lost + damaged), len(doubled), repeated, well_after))
    assert not lost + damaged
    assert not doubled
    assert not seen.unexpected
    assert repeated <= fault.repeats


def describe(fault: Fault, seen: Seen, lost: int, doubled: int, repeated: int, well_after: float) -> str:
    bad = Counter(str(answer.status or "none") for answer in seen.answers if not answer.is_good)
    good = sum(answer.is_good for answer in seen.answers)
    words = ", ".join(f"{status} × {count}" for status, count in sorted(bad.items())) or "-"
    monitor = ", ".join(sorted(seen.monitor.keys() - {"ok"})) or "-"
    slowest = max(answer.seconds for answer in seen.answers)
    times = f"{slowest:.1f}", f"{well_after:.1f}"
    return LINE.format(fault.name, good, bad.total(), words, times[0], lost, doubled, repeated, times[1], monitor)
