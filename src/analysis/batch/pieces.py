"""What is kept of every file that was read: its piece.

In: what became of a file, and its records. Out: a file named by the hash of all that it was made from, there whole or not at
all, and what it says. The outcome stands on the first line, the records are packed behind it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

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


def leave(piece: Path, outcome: Outcome, records: Mapping, typed: str = "") -> None:
    """Write a piece; ``typed`` is how the file was named that its outcome may name. Raises ``Unreached`` where that cannot be
    done now."""
    body = json.dumps(records, ensure_ascii=False).encode(errors="replace")
    told = {**asdict(outcome), "typed": printable(typed)}
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
        zlib.decompress(body)
        if told.pop("typed") != printable(typed) and told["state"] != "read":
            return None
        state = "kept" if told["state"] == "read" else told["state"]
        return Outcome(**{**told, "state": state, "notes": tuple(told["notes"])})
    except (OSError, ValueError, TypeError, KeyError, zlib.error):
        return None


def records_of(piece: bytes) -> dict[str, list[dict]]:
    """The records of a piece, by table."""
    return json.loads(zlib.decompress(piece.partition(b"\n")[2]))
