"""Packages of the operating system: check for them, install them if root, else describe how to."""

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

POSTGRESQL_FOLDER = Path("/usr/lib/postgresql")  # Debian's: a folder per version, not on the PATH
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")


@dataclass(frozen=True)
class Need:
    """Debian packages, their purpose, and a check for them."""

    packages: tuple[str, ...]
    purpose: str
    is_here: Callable[[], bool]


def find_program(name: str) -> str | None:
    """Return a program's path, also in PostgreSQL's folder on Debian, which is not on the PATH; None if missing."""
    if path := shutil.which(name):
        return path
    versions = sorted(POSTGRESQL_FOLDER.glob("*/bin"), key=_version, reverse=True)
    folders = [*(str(folder) for folder in versions), "/usr/sbin"]
    return shutil.which(name, path=os.pathsep.join(folders))


def _version(folder: Path) -> float:
    """Return the version in '/usr/lib/postgresql/15/bin'; 0 if it is not a number."""
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _program(name: str) -> Callable[[], bool]:
    return lambda: find_program(name) is not None


def _libraries(*names: str) -> Callable[[], bool]:
    def load() -> bool:
        try:
            for name in names:
                ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return load


def _can_make_environments() -> bool:
    importlib.invalidate_caches()  # it may just have been installed
    return importlib.util.find_spec("ensurepip") is not None


def _fonts(*names: str) -> Callable[[], bool]:
    """Look for font files by their names without extension, which may hold wildcards."""

    def look() -> bool:
        folders = [folder for folder in FONT_FOLDERS if folder.is_dir()]
        return all(any(next(folder.rglob(f"{name}.[to]t[cf]"), None) for folder in folders) for name in names)

    return look


SITE_NEEDS = (
    Need(("python3-venv",), "the virtual environment", _can_make_environments),
    Need(
        ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        "making PDFs (WeasyPrint)",
        _libraries("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"),
    ),
    Need(("fonts-dejavu-core",), "signs in PDFs that the typeface lacks", _fonts("DejaVuSans")),
    Need(
        ("fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"),
        "other scripts, Chinese, Japanese and Korean, and emoji in PDFs",
        _fonts("NotoSansEthiopic*", "NotoSansCJK*", "NotoColorEmoji*"),
    ),
)
CHROMIUM = Need(("chromium",), "the browser tests", _program("chromium"))
# The browser tests run without it too, in twice the processor time.
HEADLESS_CHROMIUM = Need(("chromium-headless-shell",), "fast browser tests", _program("chromium-headless-shell"))
LIBREOFFICE = Need(("libreoffice-calc-nogui",), "the tests of files in a spreadsheet", _program("soffice"))
CADDY = Need(("caddy",), "the tests of the proxy", _program("caddy"))
POSTGRESQL = Need(("postgresql",), "the tests on PostgreSQL", _program("postgres"))
REDIS = Need(("redis-server",), "the tests on Redis", _program("redis-server"))

BUILDAH = Need(("buildah",), "building the image", _program("buildah"))
DEBOOTSTRAP = Need(("debootstrap",), "a base for the image without a registry", _program("debootstrap"))


def install_command(needs: Sequence[Need]) -> str:
    """Return the command that installs `needs` on Debian, as root."""
    return "apt-get install --yes --no-install-recommends " + " ".join(p for need in needs for p in need.packages)


def install_missing(needs: Sequence[Need]) -> list[Need]:
    """Install the missing `needs` with apt-get if root; return what is still missing."""
    missing = [need for need in needs if not need.is_here()]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return missing
    print(f"Installing Debian's {', '.join(p for need in missing for p in need.packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update", install_command(missing)):
        done = subprocess.run(
            command.split(), env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            print(f"`{command}` failed:\n{(done.stdout + done.stderr)[-2000:]}", flush=True)
    return [need for need in missing if not need.is_here()]


def name_missing(missing: Sequence[Need]) -> str:
    """Return a message about missing packages, their purpose, and the command to install them."""
    purposes = "; ".join(f"{', '.join(need.packages)} for {need.purpose}" for need in missing)
    command = f"sudo apt-get update && sudo {install_command(missing)}"
    return f"Missing on this machine: {purposes}.\nType this, then try again:\n\n    {command}\n"
