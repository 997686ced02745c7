"""Notebooks a minute: ``analysis run`` against a plain papermill loop and against papermill under GNU parallel.

Each kind of notebook is run on the same reports in three ways, one after the other: by ``analysis run`` into an empty folder,
by the loop that a person would write (one Python process, ``papermill.execute_notebook`` for each run), and by
``parallel -j CORES papermill …`` (``xargs -P`` does the same where GNU parallel is not installed). The peers make the first
of the runs that ours makes, as many as ``--peers`` says. What a way takes includes the start of its processes; the rate
"once going" is that of the runs after the first one of each process. CPU seconds are those of all processes.

    .venv/bin/python benchmarks/batch.py [--runs 18] [--peers 6] [--data FOLDER] [--kinds problems trends bulletin]
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from places import SHIPPED, table
from processes import Family

from analysis.batch.notebooks import KINDS
from analysis.batch.plan import Asked, Job, plan
from analysis.batch.run import RECORD

CORES = os.cpu_count() or 1
# There is another program of this name, in moreutils.
PARALLEL = bool(shutil.which("parallel")) and b"GNU" in subprocess.check_output(["parallel", "--version"])
OURS, LOOP = "analysis run", "papermill loop"
SIDE_BY_SIDE = f"papermill, {'GNU parallel -j' if PARALLEL else 'xargs -P'} {CORES}"
# What the loop of a person looks like; the runs come as JSON: the notebook, where it goes, its parameters.
_LOOP = """
import json, sys
import papermill
for notebook, target, parameters in json.load(sys.stdin):
    papermill.execute_notebook(notebook, target, parameters=parameters, progress_bar=False)
"""


@dataclass(frozen=True)
class Taken:
    """What so many runs of a kind took in one way; ``ends`` are the times at which each was there, from the start."""

    runs: int
    seconds: float
    cpu: float
    ends: Sequence[float]

    def going(self, processes: int) -> float:
        """Seconds a run after the first one of each process; not a number if there are no more."""
        ends = sorted(self.ends)
        more = len(ends) - processes
        return (ends[-1] - ends[processes - 1]) / more if more > 0 else float("nan")


def _watched(command: Sequence[str], made: Path, pattern: str, given: str = "") -> Taken:
    """Run a command; what it makes is files of this pattern, each of which is last written when its run has ended."""
    at, begun = time.time(), time.perf_counter()
    with Family() as family:
        ended = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
        seconds = time.perf_counter() - begun
    ends = [path.stat().st_mtime - at for path in made.rglob(pattern)]
    if ended.returncode or not ends:
        print(
            f"{shlex.join(command[:6])} … ended with {ended.returncode}:\n{ended.stdout[-600:]}{ended.stderr[-1500:]}"
        )
    if not ends:
        raise SystemExit(1)
    return Taken(len(ends), seconds, family.cpu, ends)


def ours(kind: str, data: str, runs: int, folder: Path) -> Taken:
    """``analysis run`` into an empty folder."""
    command = [sys.executable, "-m", "analysis", "run", kind, "--data", data, "--out", str(folder)]
    return _watched([*command, "--jobs", str(CORES), "--limit", str(runs)], folder, f"*{RECORD}")


def loop(jobs: Sequence[Job], folder: Path) -> Taken:
    """One Python process, one run after the other."""
    runs = [(notebook, target, parameters) for notebook, target, parameters in _each(jobs, folder)]
    return _watched([sys.executable, "-c", _LOOP], folder, "*.ipynb", json.dumps(runs))


def side_by_side(jobs: Sequence[Job], folder: Path) -> Taken:
    """A papermill for each run, as many at a time as there are processors."""
    papermill = Path(sys.executable).with_name("papermill")
    lines = [
        shlex.join(
            [str(papermill), notebook, target, "--no-progress-bar"]
            + [word for name, value in parameters.items() for word in ("-r", name, value)]
        )
        for notebook, target, parameters in _each(jobs, folder)
    ]
    at_once = (
        ["parallel", "-j", str(CORES)]
        if PARALLEL
        else ["xargs", "-d", "\n", "-n", "1", "-P", str(CORES), "sh", "-c"]
    )
    return _watched(at_once, folder, "*.ipynb", "\n".join(lines) + "\n")


def _each(jobs: Sequence[Job], folder: Path) -> list[tuple[str, str, dict[str, str]]]:
    folder.mkdir()
    return [
        (str(KINDS[job.run.kind].notebook), str(folder / f"{n}.ipynb"), job.run.given)
        for n, job in enumerate(jobs)
    ]


def compared(kind: str, data: str, runs: int, peers: int) -> dict[str, Taken] | None:
    """What the runs of a kind take in each of the three ways; None if there are none of it."""
    jobs = [job for job in plan(Asked(kind, data=data)) if not job.refused][: runs or None]
    if not jobs:
        return None
    some = jobs[: peers or None]
    with tempfile.TemporaryDirectory(prefix="batch-") as folder:
        return {
            OURS: ours(kind, data, len(jobs), Path(folder) / "ours"),
            LOOP: loop(some, Path(folder) / "loop"),
            SIDE_BY_SIDE: side_by_side(some, Path(folder) / "parallel"),
        }


def added(taken: Sequence[Taken], weights: Sequence[int], processes: int) -> tuple[float, float, float]:
    """Notebooks a minute, the same once going, and CPU seconds a run, for so many runs of each kind."""

    def mean(each: Sequence[float]) -> float:
        return sum(w * one for w, one in zip(weights, each, strict=True)) / sum(weights)

    return (
        60 / mean([t.seconds / t.runs for t in taken]),
        60 / mean([t.going(processes) for t in taken]),
        mean([t.cpu / t.runs for t in taken]),
    )


HEAD = [
    "笔记本 notebook", "方式 way", "次 runs", "秒 s", "次/分 a minute", "起动之后 once going",
    "处理器秒/次 CPU s a run", "比 ratio ours / peer", "起动之后 once going", "处理器 CPU",
]  # fmt: skip


def lines(kind: str, parts: Sequence[dict[str, Taken]]) -> list[list[object]]:
    """A line for each way, with the ratios of ours to it; kinds count by the runs of ours."""
    weights = [part[OURS].runs for part in parts]
    mine = added([part[OURS] for part in parts], weights, CORES)
    told = []
    for way in parts[0]:
        taken = [part[way] for part in parts]
        theirs = added(taken, weights, 1 if way == LOOP else CORES)
        ratios = [mine[0] / theirs[0], mine[1] / theirs[1], theirs[2] / mine[2]]
        told.append(
            [
                kind, way, sum(t.runs for t in taken), f"{sum(t.seconds for t in taken):.1f}",
                f"{theirs[0]:.1f}", f"{theirs[1]:.1f}", f"{theirs[2]:.2f}",
                *(["", "", ""] if way == OURS else [f"{ratio:.1f}" for ratio in ratios]),
            ]
        )  # fmt: skip
    return told


def main() -> None:
    """Measure and print, a kind at a time, then all together."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--runs", type=int, default=18, help="runs of ours of each kind, at most; 0: all")
    arguments.add_argument(
        "--peers", type=int, default=6, help="runs of each peer, at most; 0: as many as ours"
    )
    arguments.add_argument("--data", type=Path, default=SHIPPED, help="folder of reports")
    arguments.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    asked = arguments.parse_args()
    print(
        f"{CORES} 个处理器 cores. 同类只得到笔记本；我们还得到网页、Word、Markdown、表格、记录、日志与一览页。\n"
        "The peers make the notebook alone; ours also the page, Word, Markdown, tables, record, log and index."
    )
    if not PARALLEL:
        print(
            f"没有 GNU parallel（Debian: apt install parallel），以 xargs -P {CORES} 代替 | "
            f"GNU parallel is not installed (Debian: apt install parallel): xargs -P {CORES} in its place"
        )
    parts: list[dict[str, Taken]] = []
    told: list[list[object]] = []
    for kind in asked.kinds:
        print(f"{kind} …", file=sys.stderr, flush=True)
        found = compared(kind, str(asked.data.resolve()), asked.runs, asked.peers)
        if found:
            parts.append(found)
            told += lines(kind, [found])
            print(table(HEAD, lines(kind, [found])), file=sys.stderr, flush=True)
    if len(parts) > 1:
        told += lines("合计 all", parts)
    print("\n" + table(HEAD, told))


if __name__ == "__main__":
    main()
