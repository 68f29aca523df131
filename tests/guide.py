"""Make the pictures of docs/ and the README with the browser tests: `make guide`.

A picture is named for what a test keeps by that name with its fixture `shots`; a document that shows it says so
by its file's name alone, `img/<name>.png`. Of a test that runs at several widths it is the one of a desk: `…-1280`.
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
COLOURS = 128  # a page has few; it takes a third of the room


def documents() -> list[Path]:
    """Those that may show pictures."""
    return [BASE / "README.md", *sorted((BASE / "docs").glob("*.md"))]


def shown() -> set[str]:
    """The names of all pictures that a document shows."""
    texts = (document.read_text(encoding="utf-8") for document in documents())
    return {name for text in texts for name in re.findall(r"\((?:docs/)?img/([\w-]+)\.png\)", text)}


def makers(name: str) -> list[Path]:
    """The modules that keep a picture by this name."""
    at_any_width = name.replace("1280", "{width}")
    call = re.compile(rf'shots\(\w+, (?:"{re.escape(name)}"|f"{re.escape(at_any_width)}")\)')
    return [path for path in sorted(TESTS.rglob("*.py")) if call.search(path.read_text(encoding="utf-8"))]


def main() -> int:
    names = sorted(shown())
    modules = {path for name in names for path in makers(name)}
    # The walk is what several tests take; one of them makes its pictures.
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
