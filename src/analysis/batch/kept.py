"""What several runs of a batch need alike is made once.

In: the files that it is made from, and how to make it. Out: it, made or taken from the folder that the batch keeps for the
purpose; outside a batch there is none, and everything is made. All years of a unit are read, decided and compared for each of its
years, so this is most of the work of a run.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from analysis.places import write_whole

_FOLDER = "ANALYSIS_KEPT"
# So many are kept: of so many units may runs be made at one time.
MOST = 24


def folder() -> Path | None:
    """Where the batch that started this kernel keeps what several of its runs need; None outside a batch."""
    named = os.environ.get(_FOLDER)
    return Path(named) if named else None


def kept(files: Iterable[Path], words: Iterable[str], make: Callable[[], object]) -> object:
    """What ``make`` makes of the content of ``files`` (those that are there) and of ``words``."""
    at = folder()
    if at is None:
        return make()
    digest = hashlib.sha256("\0".join(words).encode())
    for file in files:
        digest.update(f"\0{file}\0".encode(errors="replace"))
        with suppress(OSError):
            digest.update(file.read_bytes())
    place = at / digest.hexdigest()
    with suppress(OSError, EOFError, pickle.UnpicklingError):
        return pickle.loads(place.read_bytes())
    made = make()
    with suppress(OSError):  # a full disk costs time, no result
        write_whole(place, pickle.dumps(made, pickle.HIGHEST_PROTOCOL))
        there = [path for path in at.iterdir() if path.is_file()]
        for old in sorted(there, key=lambda p: p.stat().st_mtime)[:-MOST]:
            old.unlink(missing_ok=True)
    return made


@contextmanager
def keeping(folder: Path | None) -> Iterator[None]:
    """While it lasts, kernels that are started keep what they make in ``folder``; it is for one program alone."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[_FOLDER] = str(folder.resolve())
    try:
        yield
    finally:
        del os.environ[_FOLDER]
