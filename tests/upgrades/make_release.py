"""Store the data of the present version for the tests of later ones: python -m tests.upgrades.make_release."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from digibeoordelen import VERSION
from scripts import services
from tests.processes import Site, wait_until

RELEASES = Path(__file__).parent / "releases"
UNFINISHED = """
select id from assessments_document where file_id is null
union all select id from outbox_outgoingmail where state = 'QUEUED' or state = 'IN_FLIGHT'
"""


def main() -> None:
    folder = RELEASES / VERSION
    if folder.exists():
        raise SystemExit(f"{folder} is there already: a released version does not change.")
    with services.postgresql() as url, tempfile.TemporaryDirectory() as scratch:
        os.environ["DATABASE_URL"] = url
        site = Site(Path(scratch), database_url=url, broker_url="filesystem://")
        try:
            site.manage("migrate", "--verbosity=0")
            site.python("from tests.upgrades.school import load; load()")
            site.worker()
            wait_until(lambda: not site.rows(UNFINISHED), "the PDF and the mails")
        finally:
            site.end()
        site.manage("backup", str(folder))


if __name__ == "__main__":
    main()
