"""Whether the memory of a reading is bounded: its peak for N/10 files and for N.

Makes a corpus of N files out of the shipped text and web reports, each under the name of another unit and with
its years moved, so that every file is a report of its own; reads it with ``analysis read`` in a process
of its own and adds up the resident memory of that process and all its children, five times a second. Pages that
processes share are counted in each of them. The peer is ``pandas.read_parquet`` of the store that was made,
in a process of its own: what it takes to hold in memory what was read.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from places import SHIPPED, table

# The part of a unit's name that is changed; what follows it in the text stays.
NAMES = ("平潭", "永康", "宿迁", "上海")
SYLLABLES = "甲乙丙丁戊己庚辛壬寅卯辰巳午未酉戌亥"
EVERY = 0.2


def corpus(folder: Path, files: int) -> None:
    """Writes so many reports below ``folder``, filed by unit and year."""
    sources = [p for p in sorted(SHIPPED.glob("*/*")) if p.suffix in (".txt", ".md", ".html")]
    for path, text in itertools.islice(_copies(sources), files):
        path = folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")


def _copies(sources: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """All sources as reports of one set of units, then of the next, without end."""
    texts = [(p, p.read_text(encoding="utf8")) for p in sources]
    for number, syllables in enumerate(itertools.product(SYLLABLES, repeat=4)):
        for source, text in texts:
            old = next(n for n in NAMES if n in source.parent.name)
            # Units of their own, so that no two sources become the same report.
            new = "".join(syllables) + {"永康": "永", "宿迁": "宿"}.get(old, "")
            by = number % 3 - 1
            year = int(source.stem) + by
            moved = re.sub(r"20[012]\d(?=\s*年)", lambda m, by=by: str(int(m[0]) + by), text)
            yield f"{source.parent.name.replace(old, new)}/{year}{source.suffix}", moved.replace(old, new)


def watched(command: Sequence[str]) -> tuple[int, float, int]:
    """Peak bytes of a command and its children, its seconds, and its exit code."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = psutil.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        peak = 0
        while child.poll() is None:
            peak = max(peak, _resident(child))
            time.sleep(EVERY)
    return peak, time.perf_counter() - start, child.returncode


def _resident(child: psutil.Process) -> int:
    total = 0
    try:
        family = [child, *child.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:  # ended between
            continue
    return total


def measured(files: int, folder: Path, jobs: int) -> dict[str, float]:
    """What reading a corpus of so many files takes, and what holding its store takes."""
    corpus(folder / "reports", files)
    store = folder / "store"
    command = [sys.executable, "-m", "analysis", "read", str(folder / "reports"), "--out", str(store)]
    peak, seconds, code = watched([*command, "--jobs", str(jobs)])
    if code not in (0, 1):
        raise SystemExit(f"analysis read ended with {code}")
    hold = "import pandas, sys, time; kept = [pandas.read_parquet(p) for p in sys.argv[1:]]; time.sleep(0.5)"
    tables = [str(p) for p in sorted(store.glob("*.parquet"))]
    held, _, _ = watched([sys.executable, "-c", hold, *tables])
    read = pq.ParquetFile(store / "documents.parquet").metadata.num_rows
    return {"files": files, "read": read, "peak": peak, "seconds": seconds, "held": held}


def main() -> None:
    """Make, read, watch, print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--files", type=int, default=10_000, help="files of the larger corpus")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes that read")
    asked = arguments.parse_args()
    runs = []
    for files in (max(1, asked.files // 10), asked.files):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measured(files, Path(folder), asked.jobs))
    head = [
        "文件 files", "读成 read", "份/秒 reports a second", "峰值 peak, MB",
        "pandas.read_parquet 峰值 peak, MB", "比 ratio ours / peer",
    ]  # fmt: skip
    rows = [
        [
            f"{run['files']:,}", f"{run['read']:,}", f"{run['read'] / run['seconds']:.1f}", f"{run['peak'] / 2**20:.0f}",
            f"{run['held'] / 2**20:.0f}", f"{run['peak'] / run['held']:.2f}",
        ]
        for run in runs
    ]  # fmt: skip
    few, many = runs
    print(table(head, rows))
    print(
        f"\n文件增为十倍，峰值之比 | ten times the files, ratio of the peaks: {many['peak'] / few['peak']:.2f} "
        f"(pandas.read_parquet {many['held'] / few['held']:.2f}); {asked.jobs} 个进程 processes"
    )


if __name__ == "__main__":
    main()
