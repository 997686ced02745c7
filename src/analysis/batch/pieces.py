"""What is kept of every file that was read: its piece.

In: what became of a file, and its tables. Out: a file named by the hash of all that it was made from, there whole or not at
all, and what it says. The outcome stands on the first line, the tables are packed behind it as Arrow has them in memory: to put
them together takes no reading of their rows.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa

from analysis import frames
from analysis.errors import InputError, Unreached, printable
from analysis.places import content, is_local, reached, unwritable, write_whole


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: ``read``, ``kept`` (unchanged since), ``failed`` or ``passed`` (no report). Whoever listens to
    the progress is told of a report that is ``settled`` among the other years of its unit, too, and of the last of a unit when
    its reports have been ``written`` into the tables."""

    path: str
    state: str
    unit: str = ""
    year: int = 0
    zh: str = ""
    en: str = ""
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    # Whether it has cells that other years of its unit may decide.
    open: bool = False
    # Whether it is as likely to fail the next time: not if time ran out, or a place could not be reached.
    final: bool = True
    # The name of the file itself, of which ``path`` is what can be shown, and the key of its piece.
    name: str = ""
    key: str = ""

    @property
    def message(self) -> str:
        """Why it failed, in one line."""
        return f"{self.zh} | {self.en}"

    def failing(self, error: InputError, state: str = "failed") -> Outcome:
        """The same file, with which this is wrong."""
        final = not isinstance(error, Unreached)
        return replace(self, state=state, zh=error.zh, en=error.en, final=final)


Rows = Sequence[Mapping[str, object]]
Tables = Mapping[str, pa.RecordBatch]


def packed(records: Mapping[str, Rows]) -> dict[str, pa.RecordBatch]:
    """Tables of a report, from their rows."""
    return {name: _batch(name, rows) for name, rows in records.items()}


def _batch(name: str, rows: Rows) -> pa.RecordBatch:
    try:
        return frames.batch(name, rows)
    except UnicodeEncodeError:  # half of a sign, as a damaged page may have it
        text = json.dumps(list(rows), ensure_ascii=False)
        return frames.batch(name, json.loads(text.encode(errors="replace")))


def leave(piece: Path, outcome: Outcome, tables: Tables, typed: str = "") -> None:
    """Write a piece; ``typed`` is how the file was named that its outcome may name. Raises ``Unreached`` where that cannot be
    done now."""
    parts = {name: table.serialize().to_pybytes() for name, table in tables.items()}
    body = b"".join(parts.values())
    sizes = {name: len(part) for name, part in parts.items()}
    told = {**asdict(outcome), "typed": printable(typed), "tables": sizes}
    head = json.dumps(told, ensure_ascii=False).encode(errors="replace")
    with reached(piece):
        try:
            write_whole(piece, head + b"\n" + zlib.compress(body, 1))
        except OSError as why:
            if not is_local(piece):
                raise
            raise unwritable(piece.parent.parent, "--out", why, Unreached) from None


def outcome_of(piece: Path, typed: str = "") -> Outcome | None:
    """What a piece says became of its file; None if there is none, a spoilt one, or one whose sentence names the file otherwise
    than it is ``typed`` now."""
    try:
        head, _, body = content(piece).partition(b"\n")
        told = json.loads(head)
        if sum(told.pop("tables").values()) != len(zlib.decompress(body)):
            return None
        if told.pop("typed") != printable(typed) and told["state"] != "read":
            return None
        state = "kept" if told["state"] == "read" else told["state"]
        return Outcome(**{**told, "state": state, "notes": tuple(told["notes"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zlib.error):
        return None


def tables_of(piece: bytes) -> dict[str, pa.RecordBatch]:
    """The tables of a piece, which lie in one stretch of memory for as long as one of them is there."""
    head, _, body = piece.partition(b"\n")
    all_of_them = pa.py_buffer(zlib.decompress(body))
    found, at = {}, 0
    for name, size in json.loads(head)["tables"].items():
        part = all_of_them.slice(at, size)
        found[name] = pa.ipc.read_record_batch(part, frames.arrow_schema(name))
        at += size
    return found
