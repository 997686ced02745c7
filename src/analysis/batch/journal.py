"""The ledger of a batch: what became of every run, in one SQLite file.

In and out: records of runs by their ids. One batch at a time writes it; what it has written is there after ``kill -9``.
A ledger that is lost costs nothing but time: the record of every good run lies beside its output, too.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.errors import InputError
from analysis.places import is_local, put

NAME = "ledger.sqlite"
_PUT = "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)"


class Journal:
    """The ledger in the folder ``out``, open for writing. Raises ``InputError`` if another batch has it open."""

    def __init__(self, out: Path) -> None:
        self._far = None if is_local(out) else out / NAME
        self._aside = Path(tempfile.mkdtemp(prefix="ledger-")) if self._far else None
        file = (self._aside or out) / NAME
        if self._far and self._far.exists():
            file.write_bytes(self._far.read_bytes())
        try:
            self._base = sqlite3.connect(file, isolation_level=None, timeout=1)
            # Locked for as long as it is open, and by the end of the process at the latest.
            self._base.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._base.execute("BEGIN EXCLUSIVE")
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, key TEXT, state TEXT, record TEXT)"
            )
            self._base.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._gone()
            if "locked" not in str(error):
                raise InputError(
                    f"账本 {file} 写不了（{error}）：请检查磁盘空间与权限。",
                    f"The ledger {file} cannot be written ({error}): check the room on the disk and the permissions.",
                ) from None
            raise InputError(
                f"另一批正在写 {out}：请等它结束，或换一个 --out。",
                f"Another batch is writing to {out}: wait until it has ended, or choose another --out.",
            ) from None
        except sqlite3.DatabaseError as error:
            self._gone()
            raise InputError(
                f"{file} 已损坏（{error}）：请删除它再运行，已有的结果会被认出。",
                f"{file} is damaged ({error}): delete it and call again; results that are there are recognised.",
            ) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *raised: object) -> None:
        self._base.close()
        try:
            self.save()
        finally:
            self._gone()

    def _gone(self) -> None:
        if self._aside:
            shutil.rmtree(self._aside, ignore_errors=True)

    def save(self) -> None:
        """Copy the ledger to where it belongs, if that is on another machine."""
        if self._far:
            put(self._aside / NAME, self._far)

    def get(self, run: str) -> dict | None:
        """The record of a run, if it has one."""
        row = self._base.execute("SELECT record FROM runs WHERE id = ?", (run,)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, run: str, record: Mapping[str, object]) -> None:
        """Write the record of a run, in place of an older one."""
        self._base.execute(_PUT, _row(run, record))

    def put_all(self, records: Mapping[str, Mapping[str, object]]) -> None:
        """Write the records of many runs: all of them, or none."""
        self._base.execute("BEGIN")
        self._base.executemany(_PUT, (_row(run, record) for run, record in records.items()))
        self._base.execute("COMMIT")

    def records(self) -> Iterator[dict]:
        """Every record, by id."""
        for (record,) in self._base.execute("SELECT record FROM runs ORDER BY id"):
            yield json.loads(record)


def _row(run: str, record: Mapping[str, object]) -> tuple[str, object, object, str]:
    return run, record["key"], record["state"], json.dumps(record, ensure_ascii=False)
