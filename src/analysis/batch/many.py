"""Many runs: what is up to date is kept, the rest is made side by side, and every one has its line.

In: the jobs of a plan. Out: their results in the folder ``out``, a log for each, the ledger (``journal``) and ``index.html``.
A run that is killed at any point is finished by the next call, which does nothing twice: results appear whole, each with a
record of what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from analysis.batch.bounded import Ended
from analysis.batch.engine import HERE, Bounds, Cluster, each
from analysis.batch.journal import Journal
from analysis.batch.kept import MOST, keeping
from analysis.batch.plan import Job
from analysis.batch.program import fingerprint
from analysis.batch.read_once import read_before, read_whole
from analysis.batch.run import LONG, RECORD, SAID, RunFailed, make, restore
from analysis.errors import InputError, Unreached
from analysis.places import UNWRITABLE, files_under, folder_for, is_local, unwritable, write_whole
from analysis.writing.index import FILES, index_page
from analysis.writing.labels import label

INDEX = "index.html"
LOGS = "logs"
# Bounds of one run: seconds, and bytes of memory of each of its processes.
BOUNDS = Bounds(600, 4 * 2**30)
# Seconds between two versions of the index while a batch goes on.
_INDEX_EVERY = 30.0
# A run that ended like this ends like this again as long as nothing changes; any other is tried again.
_FINAL = ("good", "refused")


@dataclass
class Batch:
    """What became of the runs that were asked for: a record each, by id, as the index takes it."""

    out: Path
    records: dict[str, dict] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every one that was made or kept is good."""
        return all(record["state"] in ("good", "waiting") for record in self.records.values())


def run_all(
    jobs: Sequence[Job],
    out: Path,
    bounds: Bounds = BOUNDS,
    cluster: Cluster = HERE,
    going_on: bool = True,
    again: bool = False,
    limit: int = 0,
    told: Callable[[Mapping, int, int], None] = lambda record, done, of: None,
    reading: Callable = lambda outcome, done, of: None,
) -> Batch:
    """Make every run that is not up to date, or with ``again`` every run.

    Of those that are not up to date at most ``limit`` are made (0: all), last those that were tried in vain before; the others
    wait for the next call. ``told`` hears of each record as it comes, ``reading`` of each file that is read before the first. Without ``going_on`` the first run that is not good is the last. Raises
    ``InputError`` if ``out`` cannot be written, another batch writes to it, or ``again`` has a ``limit``.
    """
    if again and limit:
        raise InputError(
            "--again 与 --limit 不能同用：每次都会重做同样的几次；请改用 --only 或 --units 指明要重做的。",
            "--again does not go with --limit, which would make the same few every time: name those to make with --only or --units.",
        )
    folder_for(folder_for(out, "--out") / LOGS, "--out")
    try:
        return _run_all(jobs, out, bounds, cluster, going_on, again, limit, told, reading)
    except (OSError, sqlite3.OperationalError) as error:
        # Others are no matter of this folder: a port, a terminal.
        if not is_local(out) or (isinstance(error, OSError) and error.errno not in UNWRITABLE):
            raise
        why = error if isinstance(error, OSError) else OSError(str(error))
        raise unwritable(out, "--out", why, Unreached) from None


def _run_all(
    jobs: Sequence[Job],
    out: Path,
    bounds: Bounds,
    cluster: Cluster,
    going_on: bool,
    again: bool,
    limit: int,
    told: Callable[[Mapping, int, int], None],
    reading: Callable,
) -> Batch:
    batch = Batch(out)
    with Journal(out) as journal:
        if is_local(out):
            # On a cluster what an earlier call began may still be going on.
            restore(out, (bounds.seconds or LONG) if cluster.scheduler else 0)
        fresh: list[tuple[Job, tuple[str, str]]] = []
        tried: list[tuple[Job, tuple[str, str]]] = []
        left: dict[str, dict] = {}
        # Of runs that are to be made again, whatever there is: what there was of them.
        forced: dict[str, str] = {}
        done = _Done(out)
        for job in jobs:
            last = journal.get(job.id)
            kept, why = _kept(job, last, journal, done, out, again)
            if kept:
                batch.records[job.id] = kept
            elif job.refused:
                batch.records[job.id] = _ended(job, why, "refused", *job.refused)
                journal.put(job.id, batch.records[job.id])
            else:
                left[job.id] = _waiting(job, why, last)
                if again:
                    there = done.of(job.key)
                    forced[job.id] = _mark(there[0]) if there else ""
                elif last and last.get("forced"):
                    forced[job.id] = last["was"]
                vain = last and last["key"] == job.key and last["state"] not in ("good", "waiting")
                (tried if vain else fresh).append((job, why))
        if again:  # so that a batch that is interrupted knows which it has not made yet
            journal.put_all(
                {run: {**record, "forced": True, "was": forced[run]} for run, record in left.items()}
            )
        stopped = not going_on and not batch.good
        now = (
            [] if stopped else _spread([*fresh, *tried][: limit or None], cluster.jobs or os.cpu_count() or 1)
        )
        if is_local(out):
            for folder in dict.fromkeys(filter(None, (read_whole(job.run) for job, _ in now))):
                read_before(folder, _keep(out), cluster, reading)
        total = len(batch.records) + len(now)
        for n, record in enumerate(batch.records.values(), 1):
            told(record, n, total)
        made = each(partial(_one, out=out), now, bounds, cluster)
        written = time.monotonic()
        try:
            for (job, why), record in made:
                if isinstance(record, Ended):
                    record = _lost(job, why, record, bounds, out)
                if record["state"] != "good" and job.id in forced:
                    record |= {"forced": True, "was": forced[job.id]}
                batch.records[job.id] = record
                del left[job.id]
                journal.put(job.id, record)
                told(record, len(batch.records), total)
                if time.monotonic() - written > _INDEX_EVERY:
                    _write_index(out, journal, left)
                    journal.save()
                    written = time.monotonic()
                if not going_on and record["state"] != "good":
                    break
            if is_local(out):
                # What workers that were lost have left.
                begun = {_asides(job) for job, _ in now if job.id in batch.records}
                for aside in out.glob(".run-*"):
                    if aside.name.rpartition("-")[0] + "-" in begun:
                        shutil.rmtree(aside, ignore_errors=True)
        finally:
            made.close()
            batch.records |= left
            _write_index(out, journal, left)
            # What runs need alike is kept for those that are left: to the next call, for the same program.
            if is_local(out):
                for kept in out.glob(".kept-*"):
                    if not left or kept != _keep(out):
                        shutil.rmtree(kept, ignore_errors=True)
    return batch


def _spread(waiting: Sequence[tuple[Job, object]], at_once: int) -> list[tuple[Job, object]]:
    """Runs in an order in which those made at one time are of different units: what the years of a unit need alike
    (``kept``) is then made once, and not by all of them at the same time."""
    units: dict[str, list] = {}
    for one in waiting:
        units.setdefault(one[0].run.unit, []).append(one)
    of_units = list(units.values())
    at_once = min(at_once, MOST)
    together = (of_units[n : n + at_once] for n in range(0, len(of_units), at_once))
    return [one for some in together for years in zip_longest(*some) for one in years if one]


def _waiting(job: Job, why: tuple[str, str], last: Mapping | None) -> dict:
    """The record of a run that is still to be made, with the files of its last result if it has one."""
    files = {name: last[name] for name in FILES} if last else {}
    return {**_ended(job, why, "waiting", "", ""), **files}


# So many runs of a kind are named in a summary; the index has them all.
_NAMED = 20


def summary(batch: Batch) -> Iterator[str]:
    """What became of the runs, in lines: those that are not good first, and why; then what was made and what was kept."""
    bad = [record for record in batch.records.values() if record["state"] not in ("good", "waiting")]
    told = [(record, record["state"], (record["message_zh"], record["message_en"])) for record in bad]
    yield from _first_of(told, batch.out)
    good = [record for record in batch.records.values() if record["state"] == "good"]
    over = [(record, "passed over", why.split("\n")) for record in good for why in record["failed"]]
    yield from _first_of(over, batch.out)
    made = Counter(record["why_zh"] + " | " + record["why_en"] for record in good if record["why_zh"])
    for why, n in made.most_common(_NAMED):
        yield f"{'good':<11} {n}  {why}"
    kept = sum(not record["why_zh"] for record in good)
    states = " · ".join(
        f"{label('run_' + s, 'zh')} {s} {n}"
        for s, n in Counter(r["state"] for r in batch.records.values()).items()
        if s != "good"
    )
    yield f"运行 runs {len(batch.records)} · 完成 good {len(good)}（未变 kept {kept}）" + (
        f" · {states}" if states else ""
    )
    yield f"一览 index {batch.out / INDEX}"


def _first_of(told: Sequence[tuple[Mapping, str, Sequence[str]]], out: Path) -> Iterator[str]:
    """A line for each of the first: its run, what is said of it in a word, and why, in Chinese and English."""
    for record, word, why in told[:_NAMED]:
        yield f"{word:<11} {record['unit']} {record['years']}  {' | '.join(why).strip(' |')}"
    if len(told) > _NAMED:
        yield f"… {len(told) - _NAMED} more in {out / INDEX}"


# what is up to date, and why the rest is made


class _Done:
    """The records of runs that lie beside their output, by key; looked for only when they are needed."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._found: dict[str, tuple[Path, dict]] | None = None
        self._files: set[str] | None = None

    def there(self, record: Mapping) -> bool:
        """Whether what a record of the ledger speaks of is still there, and of this run."""
        path = self._out / record["record"]
        if not is_local(self._out):
            if self._files is None:
                self._files = {str(p) for p in files_under(self._out)}
            return str(path) in self._files
        with suppress(OSError, ValueError):  # another command may have put its own there
            return json.loads(path.read_text(encoding="utf8")).get("key") == record["key"]
        return False

    def of(self, key: str) -> tuple[Path, dict] | None:
        """The record with this key, and where it lies."""
        if self._found is None:
            self._found = {}
            for path in files_under(self._out):
                if path.name.endswith(RECORD) and not path.relative_to(self._out).parts[0].startswith("."):
                    with suppress(OSError, ValueError, KeyError):
                        record = json.loads(path.read_text(encoding="utf8"))
                        self._found[record["key"]] = path, record
        return self._found.get(key)


def _kept(
    job: Job, last: Mapping | None, journal: Journal, done: _Done, out: Path, again: bool
) -> tuple[dict | None, tuple[str, str]]:
    """The record of a run that need not be made again; or why it must be. ``last`` is its record in the ledger."""
    if again:
        return None, _said("why_forced")
    same = last is not None and last["key"] == job.key
    if same and last["state"] == "good" and not done.there(last):
        return None, _said("why_gone")
    refused_alike = bool(job.refused) == (same and last["state"] == "refused" and not last["log"])
    if same and last["state"] in _FINAL and not last["again"] and refused_alike:
        return {**last, "why_zh": "", "why_en": ""}, ("", "")
    # A batch that was killed between a result and its line in the ledger has made the result all the same. Where all was to be
    # made again, it is what was not there before.
    found = done.of(job.key)
    if found and same and last.get("forced") and _mark(found[0]) == last["was"]:
        found = None
    if found and not found[1]["again"]:
        record = _good(job, ("", ""), found[0].parent, out, found[1])
        if not (out / record["log"]).exists():
            _log(job, record, out, None, {})
        journal.put(job.id, record)
        return record, ("", "")
    if same and last["state"] == "waiting":
        return None, _said("why_forced")
    if found or (same and last["again"]):
        return None, _said("why_passed_over")
    if same:
        return None, tuple(f"{label('why_again', g)}{label('run_' + last['state'], g)}" for g in ("zh", "en"))
    return None, _changed(last, job) if last else _said("why_new")


def _mark(record: Path) -> str:
    """By what the record of a result is told from that of another with the same content; on another machine by nothing."""
    if is_local(record):
        with suppress(OSError):
            there = record.stat()
            return f"{there.st_ino} {there.st_mtime_ns}"
    return ""


def _said(word: str, what: str = "") -> tuple[str, str]:
    return tuple(label(word, language) + what for language in ("zh", "en"))


def _changed(last: Mapping, job: Job) -> tuple[str, str]:
    """What is not as it was when the run was made last."""
    before, now = last["origin"], job.origin
    told = []
    files = sorted(
        name
        for name in before["inputs"].keys() | now["inputs"].keys()
        if before["inputs"].get(name) != now["inputs"].get(name)
    )
    if files:
        more = f" +{len(files) - 3}" if len(files) > 3 else ""
        told.append(_said("why_inputs", "、".join(files[:3]) + more))
    given = [n for n in before["parameters"].keys() | now["parameters"].keys() if n != "data"]
    differ = sorted(n for n in given if before["parameters"].get(n) != now["parameters"].get(n))
    if differ:
        said = [f"{n} {before['parameters'].get(n, '')}→{now['parameters'].get(n, '')}" for n in differ]
        told.append(_said("why_parameters", "、".join(said)))
    if before["program"] != now["program"]:
        told.append(
            _said(
                "why_program",
                f" {before['version']}→{now['version']}" if before["version"] != now["version"] else "",
            )
        )
    if before["notebook_hash"] != now["notebook_hash"]:
        told.append(_said("why_notebook"))
    return "；".join(zh for zh, _ in told), "; ".join(en for _, en in told)


# one run, in a process of its own


def _asides(job: Job) -> str:
    """How the folders begin that a run is written in: the process that makes it makes one of its own, since on a cluster two
    may be at it, and the process that waits finds it by its name."""
    return f".run-{hashlib.sha256(job.id.encode()).hexdigest()[:16]}-"


def _keep(out: Path) -> Path:
    """Where the kernels of a batch keep what several of them need: for this program alone."""
    return out / f".kept-{fingerprint()[:16]}"


def _one(waiting: tuple[Job, tuple[str, str]], out: Path) -> dict:
    """Make a run and leave its log; its record, whatever came of it."""
    job, why = waiting
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        notebook = Path(folder) / job.notebook.name
        notebook.write_text(job.notebook.source, encoding="utf8")
        executed, seconds = None, {}
        try:
            with keeping(_keep(out) if is_local(out) else None):
                made = make(job.run, out, notebook, job.origin, aside=_asides(job))
        except Unreached as error:  # another time it may be
            record = _ended(job, why, "failed", error.zh, error.en)
        except InputError as error:
            record = _ended(job, why, "refused", error.zh, error.en)
        except RunFailed as error:
            record, executed = _ended(job, why, error.state, error.zh, error.en), error.executed
        else:
            record, seconds = _good(job, why, made.folder, out, made.about), made.seconds
    record["seconds"] = round(time.monotonic() - begun, 2)
    _log(job, record, out, executed, seconds, process=os.getpid())
    return record


def _good(job: Job, why: tuple[str, str], folder: Path, out: Path, about: Mapping) -> dict:
    """The record of a good run whose output lies in ``folder``, and what the run says of itself."""
    stem = job.notebook.stem
    base = folder.relative_to(out).as_posix()
    there = {path.name for path in folder.iterdir()}
    files = {
        kind: f"{base}/{stem}.{kind}" if f"{stem}.{kind}" in there else ""
        for kind in ("html", "docx", "ipynb")
    }
    said = {name: about[name] for name in SAID}
    return {
        **_ended(job, why, "good", "", ""),
        **files,
        **said,
        "record": f"{base}/{stem}{RECORD}",
        "log": _log_name(job),
    }


def _ended(job: Job, why: tuple[str, str], state: str, zh: str, en: str) -> dict:
    """The record of a run that has nothing to show."""
    unit, years = job.place
    return {
        "id": job.id,
        "key": job.key,
        "origin": job.origin,
        "state": state,
        "kind": job.run.kind,
        "notebook": job.notebook.stem,
        "unit": unit,
        "years": years,
        "language": job.run.language,
        "figures": [],
        "findings": {},
        "headlines": [],
        "failed": [],
        "again": False,
        "message_zh": zh,
        "message_en": en,
        "why_zh": why[0],
        "why_en": why[1],
        "seconds": None,
        "synthetic": False,
        "html": "",
        "docx": "",
        "ipynb": "",
        "log": "",
        "record": "",
    }


def _lost(job: Job, why: tuple[str, str], ended: Ended, bounds: Bounds, out: Path) -> dict:
    """The record of a run whose process ended before it did; its log, from the notebook as far as it came."""
    executed = None
    if is_local(out):
        for aside in out.glob(f"{_asides(job)}*"):
            with suppress(OSError, ValueError):
                executed = nbformat.read(aside / job.notebook.name, 4)
            shutil.rmtree(aside, ignore_errors=True)
    words = {
        "timed_out": (
            f"超过时限 {bounds.seconds:g} 秒：可用 --seconds 放宽。",
            f"It took more than {bounds.seconds:g} seconds: --seconds allows more.",
        ),
        "crashed": (
            f"运行它的进程中断（{ended.why}），多因超过内存上限：可用 --memory 放宽。",
            f"The process that ran it died ({ended.why}), most often over the limit of memory: --memory allows more.",
        ),
        "failed": (f"程序出错：{ended.why}", f"The program failed: {ended.why}"),
    }
    record = _ended(job, why, ended.state, *words[ended.state])
    record["seconds"] = bounds.seconds if ended.state == "timed_out" else None
    _log(job, record, out, executed, {})
    return record


# logs and index


# How IPython colours a traceback.
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def _log_name(job: Job) -> str:
    unit, years = job.place
    return f"{LOGS}/{unit}/{years}-{job.notebook.stem}.log"


def _log(
    job: Job,
    record: dict,
    out: Path,
    executed: NotebookNode | None,
    seconds: Mapping[int, float],
    process: int | None = None,
) -> None:
    """Write the log of a run, and beside it the notebook of one that is not good, as far as it came; of one that was lost it is
    not known how long it took, and which process made it."""
    known = {"seconds": record["seconds"], "process": process}
    lines = [
        f"run       {job.id}",
        f"state     {record['state']}",
        f"why run   {record['why_zh']} | {record['why_en']}",
        *(f"{name:<9} {value}" for name, value in known.items() if value is not None),
        *(f"{name:<9} {value}" for name, value in job.origin.items() if name not in ("inputs", "parameters")),
        *(f"parameter {name} = {value}" for name, value in job.run.given.items()),
        *(f"input     {name} {digest}" for name, digest in job.inputs.items()),
    ]
    if record["message_zh"]:
        lines += ["", record["message_zh"], record["message_en"]]
    target = out / _log_name(job)
    if is_local(out):
        target.parent.mkdir(parents=True, exist_ok=True)
    notebook = target.with_suffix(".ipynb")
    if not executed:
        notebook.unlink(missing_ok=True)  # of an earlier try
    else:
        lines += ["", *_cells(executed)]
        write_whole(notebook, nbformat.writes(executed).encode())
        record["ipynb"] = notebook.relative_to(out).as_posix()
    lines += [f"cell {n:>3}  {taken:7.2f} s" for n, taken in seconds.items()]
    write_whole(target, ("\n".join(lines) + "\n").encode(errors="replace"))
    record["log"] = _log_name(job)


def _cells(executed: NotebookNode) -> Iterator[str]:
    """How far each cell came, and what it said on stderr or as its error."""
    for n, cell in enumerate(executed.cells):
        if cell.cell_type != "code":
            continue
        told = cell.metadata.get("papermill", {})
        yield f"cell {n:>3}  {told.get('duration') or 0:7.2f} s  {told.get('status', '')}"
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                yield output.text.rstrip()
            if output.output_type == "error":
                yield from (_COLOUR.sub("", line) for line in output.traceback)


def _write_index(out: Path, journal: Journal, left: Mapping[str, dict]) -> None:
    """All runs that the ledger knows, and those that are still to be made."""
    records = {record["id"]: record for record in journal.records()} | left
    write_whole(out / INDEX, index_page(list(records.values())).encode())
