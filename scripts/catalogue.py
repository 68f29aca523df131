"""Compile the English texts: read locale/en/LC_MESSAGES/django.po, write the .mo that Django reads.

The .mo is kept beside the .po, so that a fresh clone needs no GNU gettext; a test compares them. Runs in the virtual
environment, with polib.
"""

from pathlib import Path

import polib

ENGLISH = Path(__file__).resolve().parent.parent / "locale" / "en" / "LC_MESSAGES" / "django.po"


def read() -> polib.POFile:
    return polib.pofile(str(ENGLISH), check_for_duplicates=True)


if __name__ == "__main__":
    ENGLISH.with_suffix(".mo").write_bytes(read().to_binary())
