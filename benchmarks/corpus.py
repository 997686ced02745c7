"""Reading 1,000, 10,000 and 100,000 synthetic reports: time and memory, with one process, a local cluster, and over TCP.

The reports are made by ``analysis synth`` with a fixed seed (five years a unit; a larger corpus begins with the smaller one)
and read by ``analysis read`` into an empty store: ``one`` with ``--jobs 1``; ``local`` with as many processes as there are
processors; ``tcp`` with a Dask scheduler and two workers of one thread each, processes of their own that are joined by TCP.
Time is from start to end of ``analysis read``; CPU seconds and memory are those of all processes, scheduler and workers
included; the coordinator is the process of ``analysis read`` alone. Stores are the same if all their files are, byte for byte.
The peer is ``pandas.read_html`` (lxml) of the web pages among the same reports, in one process: bare tables.

Results are printed as they come; with ``--save`` they are kept, too, and what is there is not measured again, so that a long
measurement can be interrupted and extended. ``--folder`` keeps the reports.

    .venv/bin/python benchmarks/corpus.py --sizes 1000 10000 --save corpus.jsonl --folder ../corpora
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
from places import table
from processes import PSS, Watched

from analysis import __version__

ANALYSIS = [sys.executable, "-m", "analysis"]
YEARS, SEED = "2020-2024", 1
A_UNIT = 5
WAYS = ("one", "local", "tcp")
PEER = "pandas.read_html"
# So many pages are enough to know the rate of the peer.
_PAGES = 2000


def made(folder: Path, size: int, formats: str) -> Path:
    """The corpus of so many reports below ``folder``, made unless it is there."""
    corpus = folder / f"{size}-{formats.replace(',', '-')}-{SEED}"
    if not corpus.exists():
        aside = folder / f"{corpus.name}.new"
        shutil.rmtree(aside, ignore_errors=True)
        asked = ["--units", str(size // A_UNIT), "--years", YEARS, "--formats", formats, "--seed", str(SEED)]
        subprocess.run([*ANALYSIS, "synth", str(aside), *asked, "--jobs", "0"], check=True, stdout=sys.stderr)
        aside.rename(corpus)
    return corpus


@contextmanager
def joined(folder: Path) -> Iterator[str]:
    """A Dask scheduler and two workers of one thread, joined by TCP; gives the address."""
    dask = [sys.executable, "-m", "dask"]
    described = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begin = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(described)]
    with ExitStack() as started:
        scheduler = subprocess.Popen([*dask, "scheduler", *begin], **quiet)
        started.callback(_end, scheduler)
        address = _address(described)
        for n in range(2):
            place = [
                "--local-directory",
                str(folder / f"worker-{n}"),
                "--memory-limit",
                "0",
                "--no-dashboard",
            ]
            worker = subprocess.Popen([*dask, "worker", address, "--nthreads", "1", *place], **quiet)
            started.callback(_end, worker)
        _wait_for_workers(address)
        yield address


def _address(described: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if described.exists() and (text := described.read_text()):
            return json.loads(text)["address"]
        time.sleep(0.1)
    raise SystemExit("the scheduler did not start")


def _wait_for_workers(address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def measured(corpus: Path, way: str, folder: Path) -> dict[str, object]:
    """What reading a corpus in a way takes, and the hash of the store."""
    store = folder / "store"
    with Watched() as watched, ExitStack() as stack:
        how = ["--jobs", "1" if way == "one" else str(os.cpu_count())]
        if way == "tcp":
            how = ["--scheduler", stack.enter_context(joined(folder))]
        begun = time.perf_counter()
        command = [*ANALYSIS, "read", str(corpus), "--out", str(store), *how]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said, _ = process.communicate()
        seconds = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"analysis read ended with {process.returncode}:\n{said}")
    # The length of a column is told without reading it.
    reports = len(pd.read_parquet(store / "documents.parquet", columns=["year"]))
    return {
        "reports": reports,
        "seconds": seconds,
        "cpu": watched.cpu,
        "peak": watched.peak,
        "own": watched.own.get(process.pid, 0),
        "store": digest(store),
    }


def digest(store: Path) -> str:
    """The hash of all files of a store, hidden ones aside."""
    total = hashlib.sha256()
    for path in sorted(p for p in store.iterdir() if p.is_file() and not p.name.startswith(".")):
        with path.open("rb") as file:
            total.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def bare(corpus: Path) -> dict[str, object]:
    """The peer: the tables of the web pages of a corpus, one after the other in this process."""
    pages = [path for _, path in zip(range(_PAGES), sorted(corpus.glob("*/*.html")), strict=False)]
    if not pages:
        raise SystemExit("the peer reads web pages: name html among the --formats")
    pd.read_html(pages[0], flavor="lxml", encoding="utf8")  # warming up
    begun, spent = time.perf_counter(), time.process_time()
    for path in pages:
        pd.read_html(path, flavor="lxml", encoding="utf8")
    return {
        "reports": len(pages),
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - spent,
        "peak": 0,
        "own": 0,
        "store": "",
    }


MB = 2**20
HEAD = [
    "份 reports", "方式 way", "秒 s", "处理器秒 CPU s", "份/秒 a second", "峰值 peak, MB", "主进程自己 coordinator, RSS, MB",
    "数据 store", "比 ratio ours / peer, a second",
]  # fmt: skip


def rows(results: Sequence[dict]) -> list[list[object]]:
    """The table of a size: a line for each way, and the peer."""
    peer = next((r["reports"] / r["seconds"] for r in results if r["way"] == PEER), 0)
    stores = [r["store"] for r in results if r["store"]]
    # One store is the same as no other.
    verdict = "" if len(stores) < 2 else " 相同 same" if len({*stores}) == 1 else " 不同 DIFFERS"
    told = []
    for result in results:
        rate, ours = result["reports"] / result["seconds"], result["way"] != PEER
        same = result["store"][:8] + verdict if ours else ""
        told.append(
            [
                f"{result['reports']:,}", result["way"], f"{result['seconds']:.1f}", f"{result['cpu']:.1f}", f"{rate:.1f}",
                *([f"{result['peak'] / MB:.0f}", f"{result['own'] / MB:.0f}"] if ours else ["", ""]),
                same, f"{rate / peer:.2f}" if ours and peer else "",
            ]
        )  # fmt: skip
    return told


GROWTH = ["方式 way", "份数 reports ×", "时间 time ×", "处理器 CPU ×", "峰值 peak ×", "主进程 coordinator ×"]


def growth(results: Sequence[dict]) -> list[list[object]]:
    """How the numbers of each way grow from a size to the next."""
    told = []
    for way in WAYS:
        mine = sorted((r for r in results if r["way"] == way), key=lambda r: r["size"])
        for few, many in zip(mine, mine[1:], strict=False):
            ratios = [many[n] / few[n] for n in ("seconds", "cpu", "peak", "own")]
            step = f"{few['reports']:,} → {many['reports']:,}: {many['reports'] / few['reports']:.1f}"
            told.append([way, step, *(f"{ratio:.2f}" for ratio in ratios)])
    return told


def main() -> None:
    """Make, read, watch, print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--sizes", nargs="+", type=int, default=[1000, 10_000, 100_000], help="reports")
    arguments.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    arguments.add_argument("--formats", default="html,txt", help="as for analysis synth")
    arguments.add_argument("--save", type=Path, help="file of results, a JSON line each")
    arguments.add_argument("--folder", type=Path, help="where the reports are kept; else they are made anew")
    asked = arguments.parse_args()
    kept = asked.save.read_text().splitlines() if asked.save and asked.save.exists() else []
    alike = {"version": __version__, "formats": asked.formats, "seed": SEED}
    results = [r for line in kept if alike.items() <= (r := json.loads(line)).items()]
    print(f"{os.cpu_count()} 个处理器 cores; 内存 memory: {'PSS' if PSS else 'RSS'}", flush=True)
    with tempfile.TemporaryDirectory(prefix="corpora-") as thrown_away:
        folder = asked.folder or Path(thrown_away)
        folder.mkdir(parents=True, exist_ok=True)
        for size in asked.sizes:
            for way in (PEER, *asked.ways):
                if any((r["size"], r["way"]) == (size, way) for r in results):
                    continue
                corpus = made(folder, size, asked.formats)
                with tempfile.TemporaryDirectory(prefix="corpus-") as aside:
                    found = bare(corpus) if way == PEER else measured(corpus, way, Path(aside))
                results.append({"size": size, "way": way, **alike, **found})
                print(json.dumps(results[-1]), file=sys.stderr, flush=True)
                if asked.save:
                    with asked.save.open("a") as file:
                        file.write(json.dumps(results[-1]) + "\n")
            print("\n" + table(HEAD, rows([r for r in results if r["size"] == size])), flush=True)
    print("\n" + table(GROWTH, growth(results)))


if __name__ == "__main__":
    main()
