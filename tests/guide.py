"""Make the pictures of docs/ and the README with the browser tests: `make guide`.

A test saves a picture under a name with the fixture `shots`; a document refers to it
by file name, `img/<name>.png`. Of a test that runs at several widths the desktop picture is used: `…-1280`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
IMAGES = BASE / "docs" / "img"
TESTS = BASE / "tests"
COLOURS = 128  # pages have few colours; this takes a third of the space


def documents() -> list[Path]:
    """Return the documents that may show pictures."""
    return [BASE / "README.md", *sorted((BASE / "docs").glob("*.md"))]


def shown() -> set[str]:
    """Return the names of all pictures in the documents."""
    texts = (document.read_text(encoding="utf-8") for document in documents())
    return {name for text in texts for name in re.findall(r"\((?:docs/)?img/([\w-]+)\.png\)", text)}


def makers(name: str) -> list[Path]:
    """Return the modules that save a picture under this name."""
    at_any_width = name.replace("1280", "{width}")
    call = re.compile(rf'shots\(\w+, (?:"{re.escape(name)}"|f"{re.escape(at_any_width)}")\)')
    return [path for path in sorted(TESTS.rglob("*.py")) if call.search(path.read_text(encoding="utf-8"))]


def main() -> int:
    names = sorted(shown())
    modules = {path for name in names for path in makers(name)}
    # Several tests use the walk; one of them makes its pictures.
    tests = sorted({TESTS / "browser" / "test_whole_flow.py" if path.name == "walk.py" else path for path in modules})
    env = {**os.environ, "SCREENSHOTS": str(IMAGES), "SHOTS": ",".join(names), "FOLD": "on"}
    command = [sys.executable, "-m", "pytest", "-q", *map(str, tests)]
    if code := subprocess.run(command, cwd=BASE, env=env, check=False).returncode:
        return code
    from PIL import Image

    for name in names:
        path = IMAGES / f"{name}.png"
        with Image.open(path) as image:
            image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
