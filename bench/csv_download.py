"""Download an export in its own process; print the number of lines of the CSV, or bytes of another file, and the peak
memory in KiB."""

from __future__ import annotations

import sys
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from bench.figures.csv_export import download, download_bytes
    from committee.models import Export

    export, file = Export.objects.select_related("by").get(public_id=sys.argv[1]), sys.argv[2]
    size = download(export) if file == "CSV" else download_bytes(export, file)
    # Not getrusage's ru_maxrss, which starts at the parent process's value.
    [peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    print(size, peak)


if __name__ == "__main__":
    main()
