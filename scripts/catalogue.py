"""Compile the English texts, locale/en/LC_MESSAGES/django.po to .mo, with polib instead of GNU gettext.

The .mo is committed; a test compares the two.
"""

from pathlib import Path

import polib

ENGLISH = Path(__file__).resolve().parent.parent / "locale" / "en" / "LC_MESSAGES" / "django.po"


def read() -> polib.POFile:
    return polib.pofile(str(ENGLISH), check_for_duplicates=True)


if __name__ == "__main__":
    ENGLISH.with_suffix(".mo").write_bytes(read().to_binary())
