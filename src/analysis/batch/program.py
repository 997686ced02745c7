"""What this program is, for everything that is kept until it changes.

Out: hashes of the package's version, code and declarations, and of Python and the libraries it stands on.
"""

from __future__ import annotations

import hashlib
import platform
import re
from contextlib import suppress
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from analysis import __version__

# What reading a report depends on.
READING = ("templates", "reading", "checking", "problems")


@cache
def fingerprint(*rooms: str) -> str:
    """The program as far as these rooms and the ground they stand on; without any, all of it."""
    digest = hashlib.sha256(__version__.encode())
    root = Path(str(resources.files("analysis")))
    within = [path for room in rooms for path in (root / room).rglob("*")] if rooms else root.rglob("*")
    for path in sorted({*root.glob("*"), *within}):
        if path.is_file() and path.suffix in (".py", ".yml", ".j2", ".css", ".js"):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    if not rooms:
        digest.update("\n".join(libraries()).encode())
    return digest.hexdigest()


@cache
def libraries() -> list[str]:
    """Python and the declared libraries that are installed, with their versions."""
    required = [line for line in metadata.requires("disclosure-workbook") or () if "extra ==" not in line]
    needed = [re.match(r"[\w.-]+", line)[0] for line in required]
    needed += ["numpy", "scipy"]  # which several of them stand on, and the measures with them
    found = []
    for name in dict.fromkeys(needed):
        with suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return [f"python {platform.python_version()}", *found]
