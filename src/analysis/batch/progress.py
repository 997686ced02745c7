"""Progress of long work: a bar where a person watches, else a line now and then."""

from __future__ import annotations

import sys
import time

from rich import progress
from rich.console import Console

# Seconds between two lines where nobody watches.
_EVERY = 10.0


class Progress:
    """Tells on stderr how far a reading has come."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not self._watched,
        )
        self._task = self._bar.add_task("读取 reading", total=None)
        self._failed, self._last = 0, time.monotonic()

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.stop()

    def told(self, outcome, done: int, of: int) -> None:
        """One file more is done."""
        self._failed += outcome.state == "failed"
        said = f"读取 reading · 失败 failed {self._failed}" if self._failed else "读取 reading"
        self._bar.update(self._task, completed=done, total=of, description=said)
        now = time.monotonic()
        if not self._watched and (done == of or now - self._last > _EVERY):
            print(f"[{done}/{of}] {said}", file=sys.stderr, flush=True)
            self._last = now
