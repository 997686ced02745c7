"""Progress of long work: a bar where a person watches, else a line now and then."""

from __future__ import annotations

import sys
import time

from rich import progress
from rich.console import Console

# Seconds between two lines where nobody watches.
_EVERY = 10.0
_READING, _WRITING, _RUNNING = "读取 reading", "写出 writing", "运行 running"
_NAMES = {"settled": "再核 settling", "written": _WRITING}


class Progress:
    """Tells on stderr how far the work has come, how fast it goes and how long it will take."""

    def __init__(self, name: str = _READING) -> None:
        self._for = self._name = name
        self._watched = sys.stderr.isatty()
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[rate]}"),
            console=Console(stderr=True),
            disable=not self._watched,
        )
        self._task = self._bar.add_task(name, total=None, rate="")
        self._failed, self._begun, self._last = 0, time.monotonic(), time.monotonic()
        self._kept = 0

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.stop()

    def told(self, outcome, done: int, of: int) -> None:
        """One thing more is done; ``outcome`` has a ``state``. What is ``settled`` comes when all has been read, and what is
        ``written`` after that."""
        self._now(_NAMES.get(outcome.state, _READING), of)
        if outcome.state not in ("read", *_NAMES):
            self._looked_at(done)
        self.at(done, of, self._failed + (outcome.state == "failed"))
        if outcome.state == "written" and done == of and self._for == _RUNNING:
            self._now(_RUNNING, None)  # for which it was read

    def ran(self, record, done: int, of: int) -> None:
        """One run more is done; ``record`` has its ``state``. Before the first, reports may have been read for them all."""
        self._now(_RUNNING, of)
        if not record["why_zh"] or (
            record["state"] == "refused" and record["seconds"] is None
        ):  # was not made
            self._looked_at(done)
        self.at(done, of, self._failed + (record["state"] != "good"))

    def _now(self, name: str, of: int | None) -> None:
        """What is done from here on; of runs none has failed yet."""
        if name != self._name:
            self._name, self._begun, self._last = name, time.monotonic(), time.monotonic()
            self._kept = 0
            self._failed = 0 if name == _RUNNING else self._failed
            self._bar.remove_task(self._task)
            self._task = self._bar.add_task(name, total=of, rate="")

    def _looked_at(self, done: int) -> None:
        """The last was kept, or may have been: the clock goes from where something is done, and what was only looked at before
        counts for no rate."""
        if self._kept == done - 1:
            self._kept, self._begun = done, time.monotonic()

    def at(self, done: int, of: int, failed: int = 0) -> None:
        """So many are done of so many, and so many of these failed."""
        self._failed = failed
        now = time.monotonic()
        said = f"{self._name} · 失败 failed {failed}" if failed else self._name
        a_second = (done - self._kept) / max(now - self._begun, 1e-9)
        left = f"{(of - done) / a_second:.0f} s" if a_second else "0 s" if done == of else "?"
        rate = f"{60 * a_second:.0f}/min · 剩余 left {left}"
        self._bar.update(self._task, completed=done, total=of, description=said, rate=rate)
        if not self._watched and (done == of or now - self._last > _EVERY):
            print(f"[{done}/{of}] {said} · {rate}", file=sys.stderr, flush=True)
            self._last = now
