"""The folder that bulletins are made of is read once, before the first of them.

In: the folder of reports, and where a batch keeps what its runs need alike (``kept``). Out: a store, and what became of the
files. Every bulletin looks at all reports; a corpus that takes an hour to read would take one for each of them, within the
time of a single run.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.batch import kept, store
from analysis.batch.check import is_store
from analysis.batch.engine import Cluster
from analysis.batch.notebooks import Run
from analysis.errors import InputError
from analysis.parameters import bulletin_request
from analysis.places import absolute, reached, write_whole

_SUMMARY = ".summary"


def read_whole(run: Run) -> Path | None:
    """The folder of reports that a run reads as a whole, if it does; none either if its parameters are wrong, as it will say."""
    if run.kind != "bulletin":
        return None
    try:
        asked = bulletin_request(run.data, run.period, run.group, run.language)
    except InputError:
        return None
    part = asked.period is not None and asked.period.part
    with reached(asked.folder):
        return None if part or is_store(asked.folder) else asked.folder


def read_before(folder: Path, at: Path, cluster: Cluster, told: Callable) -> None:
    """Read ``folder`` for the runs that keep what they need in ``at``; ``told`` hears of each file.

    Where that fails each run reads by itself and says what is wrong, as if nobody had read before it.
    """
    place = _place(folder, at)
    try:
        (place / _SUMMARY).unlink(missing_ok=True)
        made = store.read_folder(folder, place, cluster, told)
        write_whole(place / _SUMMARY, pickle.dumps(made))
    except InputError:  # such as a scheduler that was lost: what is read, the next call goes on from
        pass
    except Exception:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Path, store.Summary]]:
    """The store of a folder of reports and what became of the files: what the batch has read, or else read now and thrown
    away afterwards. Raises ``InputError`` as reading does."""
    if (at := kept.folder()) and (place := _place(folder, at) / _SUMMARY).exists():
        yield place.parent, pickle.loads(place.read_bytes())
        return
    with tempfile.TemporaryDirectory() as aside:
        yield Path(aside), store.read_folder(folder, Path(aside))


def _place(folder: Path, at: Path) -> Path:
    return at / f"store-{hashlib.sha256(str(absolute(folder)).encode(errors='replace')).hexdigest()[:16]}"
