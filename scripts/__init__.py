"""What `make` runs; only the standard library, where no package may be installed yet."""

import sys

if sys.version_info < (3, 11):
    version = ".".join(str(part) for part in sys.version_info[:3])
    raise SystemExit(
        f"Python 3.11 or newer is needed; {sys.executable} is {version}. Name another: make … PYTHON=python3.11"
    )
