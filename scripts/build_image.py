"""`make image`: build the image of the Dockerfile, and walk the flow over its processes, without a container engine.

Needs root on Linux, and buildah, which needs no daemon. If the registry does not give the base image of the Dockerfile,
debootstrap makes one of the same release of Debian from this machine's apt sources, and the build takes its packages by
this machine's configuration of apt and pip. Base and image are kept in var/image.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts import environment, machine, services
from scripts.environment import APP, BASE

MEGABYTE = 1_000_000
MAX_MEGABYTES = 350  # over the base
NOT_IN_SLIM = ("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man")  # of Python's own images either
REGISTRY = "docker.io/library/"  # where buildah looks for a name without one
STORE = BASE / "var" / "image"
BUILDAH = ("buildah", "--root", str(STORE / "storage"), "--runroot", str(STORE / "run"))
NEEDS = (machine.BUILDAH, machine.DEBOOTSTRAP, machine.POSTGRESQL, machine.REDIS, machine.CHROMIUM)
TESTS = ("tests/ops/test_compose.py::TestProcesses", "tests/ops/test_compose_walk.py")
CHECK = "pg_dump --version; pg_restore --version; if python -m pip --version; then exit 1; fi"

# In a mount namespace of its own, which takes these mounts along when its last process ends.
ENTER = """
set -e
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/hosts "$root/etc/hosts"
mount -t tmpfs -o size=256m,mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o "mode=755,$2" tmpfs "$root$1"; shift 2
exec "$@"
"""


def base_name(dockerfile: str) -> str:
    """Return the one image that the stages of a Dockerfile begin with; raise ValueError if they differ."""
    [name] = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    return name


def base_versions(name: str) -> tuple[str, str]:
    """Return the versions of Python and Debian of 'python:3.11-slim-bookworm': '3.11' and 'bookworm'."""
    match = re.fullmatch(r"python:(\d+\.\d+)-slim-(\w+)", name)
    if match is None:
        raise ValueError(f"Not an image of Python on a release of Debian: {name}")
    return match[1], match[2]


def check_size(base: int, image: int) -> None:
    """Raise SystemExit if an image of `image` bytes is too large for a base of `base` bytes."""
    more = (image - base) / MEGABYTE
    print(f"The image is {more:.0f} MB over its base; at most {MAX_MEGABYTES}.", flush=True)
    if more > MAX_MEGABYTES:
        raise SystemExit("The image is too large.")


def main() -> int:
    """Build, measure and walk; return the exit code."""
    if os.geteuid() != 0:
        raise SystemExit("Mounting the image takes root: sudo make image")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if missing := machine.install_missing(NEEDS):
        raise SystemExit(machine.name_missing(missing))
    python = environment.prepare(environment.DEV)
    base = base_name((BASE / "Dockerfile").read_text())
    image = f"digibeoordelen:{_version()}"
    _build(image, base, python)
    with _container(base) as (_, root):
        base_size = _size(root)
    with _container(image) as (_, root):
        size = _size(root)
        print(f"{base}: {base_size / MEGABYTE:.0f} MB; {image}: {size / MEGABYTE:.0f} MB", flush=True)
        check_size(base_size, size)
        return _walk(python, root, _config(image))


def _version() -> str:
    return str(tomllib.loads((BASE / "pyproject.toml").read_text())["project"]["version"])


def _build(image: str, base: str, python: Path) -> None:
    started = time.monotonic()
    _run(*BUILDAH, "rm", "--all")  # what a build that was killed left
    with tempfile.TemporaryDirectory(prefix="digibeoordelen-image-") as folder:
        options = []
        if _succeeds(*BUILDAH, "pull", "--quiet", "--policy=always", base):
            print(f"The registry has {base}", flush=True)
        else:
            if not _succeeds(*BUILDAH, "inspect", "--type=image", REGISTRY + base):
                _make_base(base)
            options = _packages_as_here(python, base_versions(base)[0], Path(folder))
        print(f"Building {image}", flush=True)
        _run(*BUILDAH, "build", "--isolation=chroot", *options, f"--tag={image}", str(BASE))
    _run(*BUILDAH, "rmi", "--prune", "--force")  # the one before
    print(f"Built in {time.monotonic() - started:.0f} s", flush=True)


def _make_base(name: str) -> None:
    """Make the base with Debian's own Python, under the name by which buildah looks for `name`."""
    _, release = base_versions(name)
    print(f"The registry does not give {name}: making one of Debian {release}", flush=True)
    sources = _output("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
    mirrors = [line.split()[1] for line in sources.splitlines() if line.startswith(f"{release} ")]
    if not mirrors:
        raise SystemExit(f"This machine's apt has no {release}.")
    packages = "--include=ca-certificates,python3,python3-venv,python-is-python3"
    with _container("scratch") as (container, root):
        _run("debootstrap", "--variant=minbase", packages, release, str(root), mirrors[0])
        for left in (*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*_*")):
            left.unlink()
        for folder in NOT_IN_SLIM:
            shutil.rmtree(root / folder)
            (root / folder).mkdir()
        excludes = "".join(f"path-exclude /{folder}/*\n" for folder in NOT_IN_SLIM)
        (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(excludes)
        _run(*BUILDAH, "commit", container, REGISTRY + name)


def _packages_as_here(python: Path, version: str, folder: Path) -> list[str]:
    """Return options that give a build this machine's apt configuration, and the locked packages, put in `folder`.

    What is mounted exists in the base, so that the mounts leave nothing in the image. Nor do apt's downloads.
    """
    pip = (str(python), "-m", "pip", "--disable-pip-version-check", "download", "-qq", "--no-deps", "--require-hashes")
    wheels = ("--only-binary=:all:", f"--python-version={version}", f"--dest={folder / 'wheels'}")
    lock = folder / "app.txt"
    # pip would read conditions such as python_full_version < '3.11.3' for its own Python, not for the image's.
    lock.write_text(re.sub(r" ;.*(?= \\$)", "", APP.read_text(), flags=re.MULTILINE))
    _run(*pip, *wheels, "-r", str(lock))
    settings = folder / ".config/pip/pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text("[global]\nno-index = true\nfind-links = /root/wheels\n")
    downloads = folder / "downloads"
    downloads.mkdir()
    apt = ("/etc/apt", "/usr/share/keyrings", "/etc/ssl/certs/ca-certificates.crt")
    mounts = [f"--volume={folder}:/root:ro", f"--volume={downloads}:/var/cache/apt"]
    return [*mounts, *(f"--volume={path}:{path}:ro" for path in apt)]


def _walk(python: Path, root: Path, config: dict[str, Any]) -> int:
    """Run the tests of docker-compose.yml in the image at `root` as an engine does; return their exit code."""
    variables = [*config["Env"], f"HOME=/home/{config['User']}"]
    user = (f"--reuid={config['User']}", f"--regid={config['User']}", "--init-groups", "--no-new-privs")
    limits = ("--bounding-set=-all", "--inh-caps=-all", "--pdeathsig=KILL")
    inside = ("chroot", str(root), "setpriv", *user, *limits, "env", f"--chdir={config['WorkingDir']}", *variables)
    _run(*inside, "sh", "-ec", CHECK)
    [volume] = config["Volumes"]
    owner = (root / volume.lstrip("/")).stat()
    enter = ("unshare", "--mount", "sh", "-c", ENTER, "sh", str(root), volume, f"uid={owner.st_uid},gid={owner.st_gid}")
    with services.postgresql() as database, services.redis() as broker:
        env = {**os.environ, "DATABASE_URL": database, "BROKER_URL": broker, "IN_IMAGE": shlex.join(inside)}
        return subprocess.run([*enter, str(python), "-m", "pytest", "-q", *TESTS], cwd=BASE, env=env).returncode


@contextmanager
def _container(image: str) -> Iterator[tuple[str, Path]]:
    """Yield a new container of `image` and the folder where it is mounted."""
    container = _output(*BUILDAH, "from", image)
    try:
        yield container, Path(_output(*BUILDAH, "mount", container))
    finally:
        _run(*BUILDAH, "rm", container)


def _config(image: str) -> dict[str, Any]:
    inspected = json.loads(_output(*BUILDAH, "inspect", "--type=image", image))
    return dict(inspected["OCIv1"]["config"])


def _size(root: Path) -> int:
    return int(_output("du", "--summarize", "--bytes", "--one-file-system", str(root)).split()[0])


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def _output(*command: str) -> str:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def _run(*command: str) -> None:
    """Run a command, and print its output if it fails; raise SystemExit then."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout[-4000:]}\nThis failed with code {done.returncode}: {shlex.join(command)}")


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit("\nStopped; what was started is gone.") from None
