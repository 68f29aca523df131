"""A real LibreOffice for tests, with Dutch settings: opens a file and saves it in another format.

def test_something(libreoffice):
    book = libreoffice(content, "lijst.csv", to="xlsx")
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.request import pathname2url

import pytest

PATIENCE = 120  # seconds
# A new profile takes the system's locale; set the Netherlands regardless of the machine.
DUTCH = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Setup/L10N">
    <prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>nl-NL</value></prop>
  </item>
</oor:items>
"""
# The import dialog's defaults for a .csv in UTF-8: semicolons, Dutch numbers, every column 'Standaard'.
# Headless it shows no dialog and assumes commas.
OPENS_CSV = "Text - txt - csv (StarCalc):59,34,76,1,{columns},1043,false,false"
SAVES_CSV = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1043,false,true"

Convert = Callable[..., bytes]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need LibreOffice, so that `make test` can skip them."""
    for item in items:
        if "libreoffice" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.libreoffice)


@pytest.fixture
def libreoffice(tmp_path: Path) -> Convert:
    """Return `libreoffice(content, 'a.csv', to='xlsx')`, which returns the bytes of the saved file.

    `text_columns` are the columns of a .csv, counted from 1, that are set to 'Tekst' on opening.
    """
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is needed: `make test` names what to install")
    profile = tmp_path / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(DUTCH)

    def convert(content: bytes, name: str, *, to: str, text_columns: tuple[int, ...] = ()) -> bytes:
        source, saved = tmp_path / name, tmp_path / "saved"
        source.write_bytes(content)
        command = [program, f"-env:UserInstallation=file://{pathname2url(str(profile))}", "--headless"]
        if source.suffix == ".csv":
            columns = "/".join(f"{number}/2" for number in text_columns)
            command.append(f"--infilter={OPENS_CSV.format(columns=columns)}")
        command += ["--convert-to", SAVES_CSV if to == "csv" else to, "--outdir", str(saved), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        made = saved / f"{source.stem}.{to}"
        assert made.exists(), done.stdout + done.stderr
        return made.read_bytes()

    return convert
