"""A folder of reports becomes a store: Parquet tables that pandas and DuckDB read.

In: a folder, of any depth and naming. Out: ``facts``, ``claims``, ``sentences``, ``problems``,
``placements``, ``documents`` and what each report shows by itself (``findings_within``) as Parquet, the files that could not be read as ``failures.csv``, and a
``datapackage.json`` that describes them all. Every file is read in a process of its own kind, within
bounds of time and memory, and leaves a piece; the tables are put together from the pieces, a unit at a
time, so that a corpus of any size needs no more memory than its largest unit. A piece is kept under
the hash of its file and of this program, and read again only when either has changed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import frames
from analysis.batch import program
from analysis.batch.again import Again, studied
from analysis.batch.bounded import Ended
from analysis.batch.engine import HERE, Bounds, Cluster, each
from analysis.batch.package import describe
from analysis.batch.pieces import Outcome, Tables, leave, outcome_of, packed, tables_of
from analysis.errors import InputError, NotAReport, Unreached, printable
from analysis.places import (
    UNWRITABLE,
    absolute,
    beside,
    contents,
    files_under,
    folder_for,
    is_local,
    marks,
    reached,
    remove,
    replacing,
    unwritable,
    write_whole,
)
from analysis.reading import corrections, read_report
from analysis.reading.neighbours import needs_neighbours
from analysis.reading.source import MOST_BYTES, SUFFIXES
from analysis.reading.synthetic import synthetic_mixed

TABLES = (
    "facts",
    "claims",
    "sentences",
    "items",
    "pairs",
    "problems",
    "inventory",
    "placements",
    "documents",
    "findings_within",
)
# Files beside reports that are no reports, whatever their kind.
_SIDE = ("sources.csv", "readme.md", "readme.txt", "synthetic.md", "links.tsv", "failures.csv")
# Kinds that often hold something else: one without a report in it is passed over, not failed.
_OFTEN_OTHER = (".csv", ".tsv", ".md", ".xlsx")
# Bounds for one file: seconds, and bytes of memory of the process that reads it.
SECONDS = 120.0
MEMORY = 4 * 2**30
# Files that are handed out together.
_LOT = 8
# The form of pieces: those of another are not looked at.
_FORM = 3
# By what another program sees that a store is being written.
_LOCK = ".lock"
# Rows of a table that are written together, and of them those that wait to be put together.
_ROWS, _WAITING = 20_000, 2_000
# So many reports may be in memory as their pieces have them.
_TOGETHER = 64


@dataclass
class Summary:
    """What a reading has left in the store."""

    out: Path
    outcomes: list[Outcome] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    unused: list[corrections.Correction] = field(default_factory=list)

    def of(self, *states: str) -> list[Outcome]:
        """The files of these states."""
        return [o for o in self.outcomes if o.state in states]


# Files named after a part of a year (2024Q1, 2024H1) are for the bulletin: a store holds one report a unit and year.
PART = re.compile(r"20\d\d[QH][1-4]", re.I)


def find(folder: Path, parts: bool = False) -> list[Path]:
    """The files of a folder that may be reports, in order; with ``parts`` also those named after a part of a year. Raises
    ``InputError`` if there are none."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(
            f"找不到文件夹 {folder}：请核对路径。", f"There is no folder {folder}: check the path."
        )
    found = [
        path
        for path in files_under(folder)
        if path.suffix.lower() in SUFFIXES
        and path.name.lower() not in _SIDE
        and (parts or not PART.fullmatch(path.stem))
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise InputError(
            f"{folder} 里没有报告文件（{' '.join(SUFFIXES)}）。",
            f"{folder} holds no file that may be a report ({' '.join(SUFFIXES)}).",
        )
    return found


# Where a store says from which folder it was read, as seen from the store.
ORIGIN = ".origin"


def read_folder(
    folder: Path,
    out: Path,
    cluster: Cluster = HERE,
    told: Callable[[Outcome, int, int], None] = lambda outcome, done, of: None,
    fixes: Path | None = None,
) -> Summary:
    """Read every report under ``folder`` into the store ``out``.

    ``cluster`` says where the files are read. ``told`` hears of each file as it is done, and then of
    each unit as its reports are ``written``. ``fixes`` is the file of corrections, by default
    ``corrections.yml`` beside the folder or in it. Raises ``InputError`` if the folder holds nothing to
    read or the store cannot be written; what fails in a single file is in the summary.
    """
    if cluster.scheduler:  # its workers stand in folders of their own
        folder, out = folder.absolute(), out.absolute()
    base = folder if folder.is_dir() else folder.parent
    # Of every file as little as can be is held, that memory may not grow with the corpus: a path takes twice its name.
    names = [path.relative_to(base).as_posix() for path in find(folder)]
    declared = _corrections(base, fixes)
    with alone(out):
        return _read(names, base, out, cluster, declared, told)


def _read(
    names: Sequence[str],
    base: Path,
    out: Path,
    cluster: Cluster,
    fixes: Sequence[corrections.Correction],
    told: Callable[[Outcome, int, int], None],
) -> Summary:
    pieces = folder_for(out / ".pieces", "--out")
    if is_local(out):
        for left in out.glob(".new-*"):  # by a run that was killed
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink()
    summary = Summary(out)
    for name, key, outcome in _read_all(names, base, pieces, cluster):
        summary.outcomes.append(_of_file(outcome, name, key))
        told(outcome, len(summary.outcomes), len(names))
    summary.outcomes.sort(key=lambda o: o.name)
    _refuse_mixed(summary)
    _refuse_doubles(summary)
    summary.unused = _unused(fixes, summary)
    units, again = _units(summary), Again(base, pieces, fixes, _ended)
    again.study(units, Bounds(SECONDS, MEMORY), cluster, told)
    try:
        _write(summary, units, again, told)
        write_whole(out / ORIGIN, os.fsencode(_origin(base, out)))
    except OSError as why:
        if not is_local(out) or why.errno not in UNWRITABLE:
            raise
        raise unwritable(out, "--out", why) from None
    _forget(pieces, {o.key for o in summary.outcomes} | again.used)
    return summary


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """The folder ``out``, made if need be, is written by nobody else while this lasts. Raises ``InputError`` if somebody does, or
    if it cannot be written."""
    folder_for(out, "--out")
    if not is_local(out):  # nobody can be kept off there
        yield
        return
    with ExitStack() as held:
        try:
            lock = held.enter_context(closing(sqlite3.connect(out / _LOCK, isolation_level=None, timeout=0)))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise unwritable(out, "--out", OSError(str(error))) from None
            raise InputError(
                f"另一个程序正在写 {out}：请等它结束，或换一个 --out。",
                f"Another program is writing to {out}: wait until it has ended, or choose another --out.",
            ) from None
        yield


def _of_file(outcome: Outcome, name: str, key: str) -> Outcome:
    """The outcome of a file; it comes from another process, so its strings would each be there once more."""
    path = name if outcome.path == name else outcome.path
    unit, state = sys.intern(outcome.unit), sys.intern(outcome.state)
    return replace(outcome, path=path, unit=unit, state=state, name=name, key=key)


def _unused(declared: Sequence[corrections.Correction], summary: Summary) -> list[corrections.Correction]:
    """Corrections of reports that are not there."""
    wanted = {(c.unit, c.year) for c in declared}
    there = wanted.intersection((o.unit, o.year) for o in summary.of("read", "kept"))
    return [c for c in declared if (c.unit, c.year) not in there]


def _origin(base: Path, out: Path) -> str:
    if is_local(base) and is_local(out):
        return os.path.relpath(absolute(base), out.resolve())
    return str(absolute(base))


def _corrections(base: Path, fixes: Path | None) -> list[corrections.Correction]:
    if fixes is not None and not fixes.is_file():
        raise InputError(f"找不到更正文件 {fixes}。", f"There is no file of corrections {fixes}.")
    return corrections.load(fixes or beside(base, corrections.NAME))


# reading the files


def _key(path: Path, name: str, mark: str, reading: str) -> str:
    """What a piece is kept under: its form, the content of the file, or the ``mark`` by which another machine knows it, its
    place (unit and year may come from it), what ``sources.csv`` may say of it, and this program."""
    path = absolute(path)
    place = os.fsencode("/".join(path.parts[-4:]))
    digest = hashlib.sha256(f"{_FORM}\n{reading}\n{name}\n{mark}".encode() + place)
    if mark:
        return digest.hexdigest()[:40]
    sources = path.parent.parent / "sources.csv"
    if sources.is_file():
        digest.update(sources.read_bytes())
    if path.stat().st_size > MOST_BYTES:
        digest.update(str(path.stat().st_size).encode())
    else:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:40]


def _read_all(
    names: Sequence[str], base: Path, pieces: Path, cluster: Cluster
) -> Iterator[tuple[str, str, Outcome]]:
    """Each file with the key of its piece and what became of it; those of this machine that are unchanged first."""
    reading = program.fingerprint(*program.READING)
    files = zip(names, _marks(names, base), strict=True)
    if is_local(base) and is_local(pieces):
        waiting = []
        for file in files:
            key, outcome = _kept(file, base, pieces, reading)
            if outcome:
                yield file[0], key, outcome
            else:
                waiting.append(file)
    else:
        waiting = list(files)  # whoever reads them looks first, many at a time
    if not waiting:
        return
    read_one = partial(_read_one, base=base, pieces=pieces, reading=reading)
    for (name, _), result in each(read_one, waiting, Bounds(SECONDS, MEMORY), cluster, _LOT):
        if isinstance(result, Ended):
            yield name, "", _outcome(name).failing(_ended(base / name, result))
        else:
            yield name, *result


def _marks(names: Sequence[str], base: Path) -> list[str]:
    """By what another machine knows the content of each file, and of the ``sources.csv`` that may speak of it; nothing for
    files of this one."""
    if is_local(base):
        return [""] * len(names)
    found = marks(base)
    paths = (base / name for name in names)
    return [f"{found[path]} {found.get(path.parent.parent / 'sources.csv', '')}" for path in paths]


def _kept(file: tuple[str, str], base: Path, pieces: Path, reading: str) -> tuple[str, Outcome | None]:
    """The key of a file's piece, and what became of it if that is known."""
    path = base / file[0]
    try:
        key = _key(path, printable(file[0]), file[1], reading)
    except OSError as error:
        why = error.strerror or str(error)
        said = InputError(
            f"{path} 打不开（{why}）：请检查读取权限。",
            f"{path} cannot be opened ({why}): check that it may be read.",
        )
        return "", _outcome(file[0]).failing(said)
    with reached(pieces):
        return key, outcome_of(pieces / key, str(path))


def _outcome(name: str) -> Outcome:
    return Outcome(printable(name), "read")


def _ended(path: Path, ended: Ended) -> InputError:
    """What is wrong with a file that cost the process that read it; it is tried again in the next call, unless the program was
    at fault."""
    zh, en = {
        "timed_out": (
            f"{path} 在 {SECONDS:.0f} 秒内没有读完：文件可能已损坏，请重新保存。",
            f"{path} was not read within {SECONDS:.0f} seconds: it may be damaged; save it again.",
        ),
        "crashed": (
            f"{path} 读取时进程中断（多因内存不足）：文件可能已损坏，请重新保存。",
            f"{path} ended the process that read it (most often for want of memory): it may be damaged; save it again.",
        ),
        # A fault of ours must not cost the other files.
        "failed": (
            f"{path} 使程序出错（{ended.why}）：其他文件不受影响，请把这个文件告知维护者。",
            f"{path} made the program fail ({ended.why}): the other files are not affected; tell the maintainers of this "
            "one.",
        ),
    }[ended.state]
    return (InputError if ended.state == "failed" else Unreached)(zh, en)


def _read_one(file: tuple[str, str], base: Path, pieces: Path, reading: str) -> tuple[str, Outcome]:
    """Read one file and leave its piece, if there is none yet."""
    path, outcome, key = base / file[0], _outcome(file[0]), ""
    try:
        key, kept = _kept(file, base, pieces, reading)
        if kept:
            return key, kept
        report = read_report(path)
        records = {k: list(v) for k, v in report.records.items()}
        document = {**records["documents"][0], "file": outcome.path}
        records |= {"documents": [document], **studied(report)}
        outcome = replace(
            outcome,
            unit=report.unit,
            year=report.year,
            notes=tuple(_notes(document, outcome.path)),
            synthetic=bool(document["synthetic"]),
            open=needs_neighbours(records),
        )
        leave(pieces / key, outcome, packed(records))
    except Unreached as error:  # another time it may be; the piece that there may be is kept for it
        return key, outcome.failing(error)
    except InputError as error:
        other = isinstance(error, NotAReport) and path.suffix.lower() in _OFTEN_OTHER
        outcome = outcome.failing(error, "passed" if other else "failed")
        # Where no piece can be left, what is wrong is known all the same, and looked for again the next time.
        with suppress(Unreached):
            leave(pieces / key, outcome, {}, str(path))
    return key, outcome


def _notes(document: Mapping, name: str) -> Iterator[str]:
    """What the text says of unit and year, where the path says otherwise."""
    folder = Path(name).parent.name
    filed = [p for p in (Path(name).stem, folder) if p.isdecimal() and len(p) == 4]
    if filed and document["year"] != int(filed[0]):
        yield f"{name}：路径是{filed[0]}年，正文是{document['year']}年 | filed as {filed[0]}, its text says {document['year']}"
    if folder and not folder.isascii() and document["unit"] not in folder and folder not in document["unit"]:
        yield f"{name}：路径是{folder}，正文是{document['unit']} | filed under {folder}, its text is of {document['unit']}"


def _forget(pieces: Path, used: set[str]) -> None:
    """Delete the pieces of files that are gone or have changed."""
    remove([piece for piece in pieces.iterdir() if piece.name not in used])


# putting the tables together


def _refuse_mixed(summary: Summary) -> None:
    rows = [(o.path, o.synthetic) for o in summary.of("read", "kept")]
    if mixed := synthetic_mixed(pd.DataFrame(rows, columns=["key", "synthetic"])):
        raise mixed


def _refuse_doubles(summary: Summary) -> None:
    """Of several files with the report of one unit and year, the first is read."""
    outcomes = summary.outcomes
    first: dict[tuple[str, int], Outcome] = {}
    for n, outcome in enumerate(outcomes):
        if outcome.state not in ("read", "kept"):
            continue
        other = first.setdefault((outcome.unit, outcome.year), outcome)
        if other is not outcome:
            whose = f"{outcome.unit} {outcome.year}"
            said = InputError(
                f"{outcome.path}：{whose} 的报告已由 {other.path} 读入；请只留一份，或核对单位与年份。",
                f"{outcome.path}: the report of {whose} was read from {other.path}; keep one of them, or check whose they are.",
            )
            outcomes[n] = outcome.failing(said)


def _units(summary: Summary) -> list[list[Outcome]]:
    """What was read, in the order of the tables: by unit, then by year."""
    units: dict[str, list[Outcome]] = {}
    for outcome in summary.of("read", "kept"):
        units.setdefault(outcome.unit, []).append(outcome)
    return [sorted(units[unit], key=lambda o: o.year) for unit in sorted(units)]


def _write(
    summary: Summary,
    units: Sequence[Sequence[Outcome]],
    again: Again,
    told: Callable[[Outcome, int, int], None],
) -> None:
    read = map(tables_of, contents(again.pieces / o.key for outcomes in units for o in outcomes))
    done, total = 0, sum(map(len, units))
    if total:
        told(replace(units[0][0], state="written"), 0, total)
    with replacing(summary.out) as aside:
        with _Tables(aside) as tables:
            for outcomes in units:
                for outcome, of_report in again.of_unit(outcomes, list(islice(read, len(outcomes)))):
                    if of_report:
                        tables.add(of_report)
                    else:
                        summary.outcomes = [
                            outcome if o.name == outcome.name else o for o in summary.outcomes
                        ]
                done += len(outcomes)
                told(replace(outcomes[-1], state="written"), done, total)
            summary.rows, summary.statuses = tables.rows, tables.statuses
        with (aside / "failures.csv").open("w", encoding="utf8", errors="replace", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["path", "message_zh", "message_en"])
            rows.writerows([o.path, o.zh, o.en] for o in summary.of("failed"))
        package = json.dumps(describe(summary.rows, aside), ensure_ascii=False, indent=2)
        (aside / "datapackage.json").write_text(package + "\n", encoding="utf8")


class _Tables:
    """The Parquet files being written."""

    def __init__(self, folder: Path) -> None:
        self._schemas = {name: frames.arrow_schema(name) for name in TABLES}
        self._writers = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd")
            for name, schema in self._schemas.items()
        }
        # What waits to be gathered, what is gathered and waits to be written, and how many rows that is.
        self._waiting: dict[str, list[pa.RecordBatch]] = {name: [] for name in TABLES}
        self._gathered: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
        self._rows = {name: [0, 0] for name in TABLES}
        self._reports = 0
        self.rows = dict.fromkeys(TABLES, 0)
        self.statuses: dict[str, int] = {}

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, *raised: object) -> None:
        for name in TABLES:
            if raised[0] is None:
                self._gather(name)
                self._flush(name)
            self._writers[name].close()

    def add(self, tables: Tables) -> None:
        """The rows of one report."""
        for name in TABLES:
            self._waiting[name].append(tables[name])
            self._rows[name][0] += len(tables[name])
            if self._rows[name][0] >= _WAITING:
                self._gather(name)
            if self._rows[name][1] >= _ROWS:
                self._flush(name)
        for status in tables["facts"]["status"].value_counts().to_pylist():
            self.statuses[status["values"]] = self.statuses.get(status["values"], 0) + status["counts"]
        self._reports += 1
        if self._reports % _TOGETHER == 0:
            self._let_go()

    def _let_go(self) -> None:
        """Copy what waits out of the pieces that it came from: a few rows would keep the whole of each in memory."""
        for name, batches in self._waiting.items():
            if batches:
                table = pa.Table.from_batches(batches, self._schemas[name]).combine_chunks()
                self._waiting[name] = table.to_batches()

    def _gather(self, name: str) -> None:
        batches, self._waiting[name] = self._waiting[name], []
        waiting, self._rows[name][0] = self._rows[name][0], 0
        if waiting:
            table = pa.Table.from_batches(batches, self._schemas[name])
            self._gathered[name].append(table.combine_chunks())
            self._rows[name][1] += waiting
            self.rows[name] += waiting

    def _flush(self, name: str) -> None:
        some, self._gathered[name] = self._gathered[name], []
        self._rows[name][1] = 0
        if some:
            self._writers[name].write_table(pa.concat_tables(some).combine_chunks())
