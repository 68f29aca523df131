"""One download of an export in a process of its own: prints how many lines the CSV had, or bytes another kind of file,
and the peak memory in KiB."""

from __future__ import annotations

import sys
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from bench.csv_export import download, download_bytes
    from committee.models import Export

    export, file = Export.objects.select_related("by").get(public_id=sys.argv[1]), sys.argv[2]
    counted = download(export) if file == "CSV" else download_bytes(export, file)
    # Not getrusage's ru_maxrss: that begins with what the process had that started this one.
    [peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    print(counted, peak)


if __name__ == "__main__":
    main()
