"""What this program is, for everything that is kept until it changes.

Out: hashes of the package's version, code and declarations.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
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
    return digest.hexdigest()
