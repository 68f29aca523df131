"""What `make` runs. Standard library alone where it works before anything is installed."""

import sys

if sys.version_info < (3, 11):
    found = ".".join(str(part) for part in sys.version_info[:3])
    raise SystemExit(
        f"Python 3.11 or newer is needed; {sys.executable} is {found}. Name another: make … PYTHON=python3.11"
    )
