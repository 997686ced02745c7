"""One thing at a time in a process of its own, within bounds of time and memory.

In: a function of a module and its arguments. Out: what it returns, or why it did not. A process that ran
over its time, died or has done its share is replaced by a fresh one; none outlives the process that
started it, however that ended.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

# A process does so many things before a fresh one takes its place.
_MOST = 500


@dataclass(frozen=True)
class Ended:
    """Why there is no result: ``timed_out``, ``crashed`` (the process or its machine was lost) or ``failed`` (it raised)."""

    state: str
    why: str = ""


class Bounded:
    """A process that is started when it is first needed. ``memory``: bytes it may hold, and each process it
    starts; 0 for as much as there is. To be used by one thread at a time."""

    def __init__(self, memory: int = 0) -> None:
        self._memory = memory
        self._process: multiprocessing.process.BaseProcess | None = None

    def call(self, function: Callable, *args: object, seconds: float = 0) -> object:
        """What ``function(*args)`` returns, or ``Ended``; it may take ``seconds`` (0: as long as it likes)."""
        if self._process is None or self._done >= _MOST or not self._process.is_alive():
            self.close()
            self._start()
        self._done += 1
        try:
            # What the function imports is not its own time.
            self._pipe.send((_ready, (function,)))
            self._pipe.recv()
            self._pipe.send((function, args))
            if not self._pipe.poll(seconds or None):
                self._kill()
                return Ended("timed_out", f"{seconds:g} s")
            good, answer = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self._kill()
            return Ended("crashed", f"signal {-code}" if code and code < 0 else f"exit code {code}")
        except BaseException:  # interrupted while waiting: what it does is not wanted any more
            self._kill()
            raise
        return answer if good else Ended("crashed" if "MemoryError" in answer else "failed", answer)

    def close(self) -> None:
        """Let the process end by itself."""
        if self._process is not None:
            self._pipe.close()
            self._process.join(5)
            self._kill()

    def _start(self) -> None:
        # Started afresh, never forked: this process may have threads, which a fork would copy in the middle of something.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._memory))
        self._process.start()
        theirs.close()
        self._done = 0

    def _kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process = None


def _serve(pipe: multiprocessing.connection.Connection, memory: int) -> None:
    """In the process: do what comes, until nothing more can come."""
    if hasattr(os, "setsid"):
        os.setsid()  # an interrupt at the terminal is for the process that waits, which ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(memory)
    with suppress(EOFError, OSError):
        while True:
            function, args = pipe.recv()
            try:
                answer = True, function(*args)
            except Exception as error:
                answer = False, f"{type(error).__name__}: {error}"
            pipe.send(answer)


def _ready(function: Callable) -> None:
    """That it arrived says that its module is imported."""


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    if memory:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        allowed = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))
