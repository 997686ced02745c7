"""``kill -9`` at random moments: what is lost, half written, done twice or left behind.

A batch of quick runs (a small notebook of its own that opens no report; with ``--real`` the workbook's), and a reading of a
small synthetic corpus, are killed at a random moment of the time they take and called again, until they end; then all begins
anew, until they have been killed as often as was asked for. Most kills are of the process that was called, some of one that makes
runs or reads files for it, or of a kernel. After each it is looked whether

* something that was complete at an earlier look is gone (lost), or is not what an uninterrupted call leaves, byte for byte;
* something can be seen that is not complete (half written);
* something that was complete has been done again (twice): its file is another one, or its notebook began once more;
* a process still runs three seconds later (orphans).

When a call has ended well, all that lies there must be what the uninterrupted call has left, and nothing else.

    .venv/bin/python benchmarks/killed.py [--moments 100] [--seed 1] [--real] [--only runs reading]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import nbformat
import psutil
import pyarrow.parquet as pq
from places import SHIPPED, table
from processes import Family

from analysis.batch.journal import NAME as LEDGER
from analysis.batch.many import INDEX, LOGS
from analysis.batch.pieces import outcome_of
from analysis.batch.run import RECORD

ANALYSIS = [sys.executable, "-m", "analysis"]
# Seconds within which everything ends whose caller was killed, and the longest that a call may take.
ORPHANED, STUCK = 3.0, 300.0
# Of so many kills is one of another process than the one that was called.
SHARE = {"runner": 0.15, "kernel": 0.15}
COUNTED = "RUNS_COUNTED"
UNITS, YEARS = ("甲市", "乙市", "丙市"), (2021, 2022, 2023, 2024)
_PARAMETERS = 'unit = ""\nyears = ""\ndata = ""\nfile = ""\nlanguage = "zh"'
# A book of a notebook that has read nothing; the file counts how often a run was begun.
_BOOK = f"""
import os
import pandas as pd
with open(os.environ["{COUNTED}"], "a") as counted:
    counted.write(f"{{unit}}/{{years}}\\n")

class Book:
    title, place, language, figures, failed = unit, (unit, years), language, [], []
    tables = {{"documents": pd.DataFrame({{"synthetic": [False]}}), "numbers": pd.DataFrame({{"n": range(50_000)}})}}

    def headlines(self, most):
        return [unit]

    def files(self, stem):
        return {{f"{{stem}}.md": unit.encode() * 100_000}}

book = Book()
book.tables["numbers"]
"""


@dataclass
class Called:
    """Something that is called, killed and called again: the command without its ``--out``, and how what it leaves is
    looked at. ``folder`` holds what it needs."""

    folder: Path
    command: list[str] = field(default_factory=list)
    reference: dict[str, bytes] = field(default_factory=dict)

    def done(self, out: Path) -> dict[str, tuple]:
        """What is complete, each with a mark that is another one if it was made again."""
        raise NotImplementedError

    def half(self, out: Path) -> list[str]:
        """What can be seen and is not complete."""
        raise NotImplementedError

    def unfinished(self, out: Path) -> list[str]:
        """What is not as it must be after a call that has ended well."""
        now = self.kept(out)
        return [
            f"{name}: {'gone' if name not in now else 'left over' if name not in self.reference else 'differs'}"
            for name in sorted(now.keys() | self.reference.keys())
            if now.get(name) != self.reference.get(name)
        ]

    def kept(self, out: Path) -> dict[str, bytes]:
        """The content of all files, hidden ones too, that two calls leave alike; of the others only that they are there."""
        files = [p for p in out.rglob("*") if p.is_file()]
        names = {p: p.relative_to(out).as_posix() for p in files}
        return {names[p]: b"" if self.varies(names[p]) else p.read_bytes() for p in files}

    def varies(self, name: str) -> bool:
        """Whether a file holds times."""
        return False

    def begun(self) -> Counter:
        """How often each was begun, where that is known."""
        return Counter()


class Runs(Called):
    """``analysis run``: the small notebook for so many units and four years each, or the workbook's own."""

    def __init__(self, folder: Path, units: int = 3, jobs: int = 2, real: bool = False) -> None:
        super().__init__(folder)
        self.counted = folder / "counted"
        if real:
            self.command = [
                "run",
                "problems",
                "--data",
                str(SHIPPED),
                "--unit",
                "平潭综合实验区",
                "--years",
                "2019-2024",
            ]
        else:
            for unit in UNITS[:units]:
                (folder / "data" / unit).mkdir(parents=True)
                for year in YEARS:
                    (folder / "data" / unit / f"{year}.txt").write_text(unit)
            cells = [nbformat.v4.new_code_cell(source) for source in (_PARAMETERS, _BOOK)]
            for n, cell in enumerate(cells):
                cell["id"] = f"cell-{n}"
            cells[0].metadata["tags"] = ["parameters"]
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
            nbformat.write(notebook, folder / "quick.ipynb")
            self.command = ["run", str(folder / "quick.ipynb"), "--data", str(folder / "data")]
        self.command += ["--jobs", str(jobs)]

    def done(self, out: Path) -> dict[str, tuple]:
        """The folders of runs, by their records."""
        return {p.parent.relative_to(out).as_posix(): _mark(p) for p in out.glob(f"[!.]*/[!.]*/*{RECORD}")}

    def half(self, out: Path) -> list[str]:
        """Files of runs that are not as they will be, folders of runs without some; index, logs or ledger that end early."""
        now = {n: c for n, c in self.kept(out).items() if not _hidden(n) and not self.varies(n)}
        told = [f"{n}: half written" for n, content in now.items() if self.reference.get(n) != content]
        for folder in {n.rsplit("/", len(Path(n).parts) - 2)[0] for n in now}:
            whole = {n for n in self.reference if n.startswith(f"{folder}/")}
            told += [f"{n}: not there" for n in whole - now.keys()]
        index = out / INDEX
        if index.exists() and not index.read_text(encoding="utf8").rstrip().endswith("</html>"):
            told.append(f"{INDEX}: half written")
        for log in out.glob(f"{LOGS}/*/[!.]*.log"):
            if not log.read_text(encoding="utf8").endswith("\n"):
                told.append(f"{log.name}: half written")
        return told + [why for why, _ in _ledger(out) if why]

    def unfinished(self, out: Path) -> list[str]:
        """Also a run that is not good, in the ledger, in the index and in its place."""
        records = [record for _, record in _ledger(out) if record]
        index = (out / INDEX).read_text(encoding="utf8")
        told = [f"{r['id']}: {r['state']}" for r in records if r["state"] != "good"]
        told += [f"{r['id']}: not in the index" for r in records if quote(r["html"]) not in index]
        if len(records) != len(self.done(out)):
            told.append(f"{len(records)} runs in the ledger, {len(self.done(out))} in place")
        return super().unfinished(out) + told

    def varies(self, name: str) -> bool:
        """Index, ledger and logs hold times."""
        return name == INDEX or name.startswith((LEDGER, f"{LOGS}/"))

    def begun(self) -> Counter:
        """What the notebooks have written down."""
        lines = self.counted.read_text(encoding="utf8").splitlines() if self.counted.exists() else ()
        return Counter(f"{line}-quick" for line in lines)


class Reading(Called):
    """``analysis read`` of a small synthetic corpus with two processes."""

    def __init__(self, folder: Path, units: int = 12) -> None:
        super().__init__(folder)
        asked = ["--units", str(units), "--years", "2020-2024", "--formats", "html,txt"]
        made = [*ANALYSIS, "synth", str(folder / "reports"), *asked]
        subprocess.run(made, check=True, capture_output=True)
        self.command = ["read", str(folder / "reports"), "--jobs", "2"]

    def done(self, out: Path) -> dict[str, tuple]:
        """The pieces."""
        return {p.name: _mark(p) for p in out.glob(".pieces/[!.]*") if outcome_of(p)}

    def half(self, out: Path) -> list[str]:
        """Pieces that are not as they will be, and tables that end early; without a file whose reader was killed they are
        whole, but not as they will be."""
        now = {n: c for n, c in self.kept(out).items() if not _hidden(n.removeprefix(".pieces/"))}
        return [f"{name}: half written" for name, content in now.items() if not self._whole(name, content)]

    def _whole(self, name: str, content: bytes) -> bool:
        if name.startswith(".pieces/"):
            return self.reference.get(name) == content
        try:
            if name.endswith(".parquet"):
                pq.read_table(io.BytesIO(content))
            elif name.endswith(".json"):
                json.loads(content)
        except ValueError:  # pyarrow's error is one, too
            return False
        return name.endswith(".parquet") or content.endswith(b"\n")


def _mark(path: Path) -> tuple:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _ledger(out: Path) -> list[tuple[str, dict]]:
    """The records of the ledger, or what is wrong with it."""
    if not (out / LEDGER).exists():
        return []
    try:
        with closing(sqlite3.connect(out / LEDGER)) as base:
            (said,) = base.execute("PRAGMA integrity_check").fetchone()
            if said != "ok":
                return [(f"{LEDGER}: {said}", {})]
            if not base.execute("SELECT name FROM sqlite_master").fetchall():
                return []
            return [("", json.loads(record)) for (record,) in base.execute("SELECT record FROM runs")]
    except sqlite3.DatabaseError as error:
        return [(f"{LEDGER}: {error}", {})]


@dataclass
class Found:
    """What killing has shown."""

    kills: Counter = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    batches: int = 0
    calls: int = 0

    @property
    def bad(self) -> list[str]:
        """Everything that should not be."""
        return self.lost + self.half + self.twice + [f"orphan: {command}" for command in self.orphans]


def killed(what: Called, moments: int, seed: int = 1) -> Found:
    """Call, kill and look, so many times."""
    chance, found = random.Random(seed), Found()
    # Sockets of kernels lie there, too, whose paths must be short.
    with Family() as family, tempfile.TemporaryDirectory(prefix="k-") as temporary:
        environment = {**os.environ, COUNTED: str(what.folder / "counted"), "TMPDIR": temporary}

        def call(out: Path) -> subprocess.Popen:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            command = [*ANALYSIS, *what.command, "--out", str(out)]
            return subprocess.Popen(command, env=environment, start_new_session=True, **quiet)

        out = what.folder / "whole"
        begun = time.perf_counter()
        if code := call(out).wait(STUCK):
            raise SystemExit(f"an uninterrupted call ended with {code}")
        usual = time.perf_counter() - begun
        family.end(ORPHANED)
        what.reference = what.kept(out)
        while found.kills.total() < moments:
            found.batches += 1
            out = what.folder / f"killed-{found.batches}"
            ended, seen = False, {}
            while not ended:
                begun = what.begun()
                found.calls += 1
                process = call(out)
                victim = ""
                if found.kills.total() < moments:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(chance.uniform(0, usual))
                    victim = _kill(process, chance)
                    found.kills[victim] += bool(victim)
                code = process.wait(STUCK)
                found.orphans += family.end(ORPHANED)
                ended = not victim
                _look(what, out, seen, begun, found)
                print(
                    f"{found.kills.total()} {out.name} {victim or 'ended'}", *found.bad[-1:], file=sys.stderr
                )
                if ended:
                    why = what.unfinished(out) + ([f"exit code {code}"] if code else [])
                    found.lost += [f"{out.name}: {w}" for w in why]
    return found


def _kill(process: subprocess.Popen, chance: random.Random) -> str:
    """Kill the process that was called, or one that works for it; says which, or nothing if it has ended."""
    asked, among = chance.random(), chance.random()
    if process.poll() is not None:
        return ""
    below = {"runner": [], "kernel": []}
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if any("analysis.batch.bounded" in word for word in one.cmdline()):
                    below["runner"].append(one)
                elif any("forkserver" in word for word in one.parent().cmdline()):
                    below["kernel"].append(one)
    for name, share in SHARE.items():
        if asked < share and below[name]:
            with suppress(psutil.NoSuchProcess):
                below[name][int(among * len(below[name]))].kill()
                return name
        asked -= share
    os.kill(process.pid, signal.SIGKILL)
    return "called"


def _look(what: Called, out: Path, seen: dict, begun: Counter, found: Found) -> None:
    """Compare what is there with what was ``seen`` before, and add to that."""
    done, now = what.done(out), what.begun()
    found.half += [f"{out.name}: {why}" for why in what.half(out)]
    for name, mark in seen.items():
        if name not in done:
            found.lost.append(f"{out.name}: {name}: gone")
        elif done[name] != mark or now[name] > begun[name]:
            found.twice.append(f"{out.name}: {name}: done again")
    seen.update(done)


HEAD = [
    "", "时刻 moments", "其中主进程 of the process called", "工作进程 runners", "内核 kernels", "批 batches", "调用 calls",
    "丢失 lost", "写了一半 half written", "重做 done twice", "遗留进程 orphans",
]  # fmt: skip


def main() -> None:
    """Kill, look, print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--moments", type=int, default=100, help="kills of each")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument(
        "--real", action="store_true", help="the workbook's notebook in place of a small one"
    )
    arguments.add_argument("--only", nargs="+", choices=["runs", "reading"], default=["runs", "reading"])
    asked = arguments.parse_args()
    told, bad = [], []
    for name in asked.only:
        with tempfile.TemporaryDirectory(prefix="killed-") as folder:
            what = Runs(Path(folder), real=asked.real) if name == "runs" else Reading(Path(folder))
            found = killed(what, asked.moments, asked.seed)
        bad += [f"{name}: {why}" for why in found.bad]
        kills = found.kills
        told.append(
            [
                f"analysis {what.command[0]}", kills.total(), kills["called"], kills["runner"], kills["kernel"],
                found.batches, found.calls, len(found.lost), len(found.half), len(found.twice), len(found.orphans),
            ]
        )  # fmt: skip
        print(table(HEAD, told[-1:]), file=sys.stderr, flush=True)
    print(table(HEAD, told))
    for why in bad:
        print(f"- {why}")
    if bad:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
