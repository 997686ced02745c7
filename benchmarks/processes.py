"""What commands and everything that they start take: CPU seconds and memory. Linux only.

Within a ``Family`` this process is the one that orphans fall to, so that all descendants are seen and their CPU time is counted,
whoever started them. Memory is sampled twice a second: the sum of PSS over all of them (a page that several share
counts once), or of RSS where the system does not tell PSS.
"""

from __future__ import annotations

import ctypes
import os
import resource
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

EVERY = 0.5
PSS = Path("/proc/self/smaps_rollup").exists()
_SUBREAPER = 36


def adopt(yes: bool) -> None:
    """Whether orphans among the descendants of this process fall to it, or to the system."""
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, int(yes), 0, 0, 0)


class Family:
    """A context: the processes that are started within it, directly or not, whoever their parent is now. ``cpu`` is what
    they have taken in seconds, known at its end."""

    cpu = 0.0

    def __enter__(self) -> Family:
        adopt(True)
        self._known = {process.pid for process in psutil.Process().children(recursive=True)}
        self._before = _spent()
        return self

    def __exit__(self, *raised: object) -> None:
        self.end(10)
        adopt(False)
        self.cpu = _spent() - self._before

    def running(self) -> list[psutil.Process]:
        """Those that run."""
        return [process for process, ended in self._all() if not ended]

    def end(self, seconds: float) -> list[str]:
        """Wait until none runs; those that still do after so many seconds are killed, and named. All are reaped, so that
        their CPU time counts as that of children."""
        until = time.monotonic() + seconds
        while (left := self.running()) and time.monotonic() < until:
            time.sleep(0.02)
        named = []
        for process in left:
            with suppress(psutil.NoSuchProcess):
                named.append(" ".join(process.cmdline())[:200])
                process.kill()
        while ended := [process.pid for process, ended in self._all() if ended]:
            for pid in ended:
                with suppress(ChildProcessError):
                    os.waitpid(pid, 0)
        return named

    def _all(self) -> list[tuple[psutil.Process, bool]]:
        found = []
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.pid not in self._known:
                    found.append((process, process.status() == psutil.STATUS_ZOMBIE))
        return found


class Watched(Family):
    """A family whose memory is known: ``peak`` (bytes, all processes together) and ``own`` (bytes by process id)."""

    def __enter__(self) -> Watched:
        super().__enter__()
        self.peak, self.own = 0, {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        self._thread.join()
        super().__exit__(*raised)

    def _look(self) -> None:
        while not self._ended.wait(EVERY):
            total = 0
            for process in self.running():
                with suppress(OSError, psutil.Error):
                    total += memory(process.pid)
                    status = Path(f"/proc/{process.pid}/status").read_text()
                    self.own[process.pid] = _field(status, "VmHWM:")
            self.peak = max(self.peak, total)


def memory(pid: int) -> int:
    """Bytes that a process holds."""
    if PSS:
        return _field(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss:")
    return psutil.Process(pid).memory_info().rss


def _field(text: str, name: str) -> int:
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(name)), 0)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
