"""One thing at a time in a process of its own, within bounds of time and memory.

In: a function of a module and its arguments. Out: what it returns, or why it did not. A process that ran
over its time, died or has done its share is replaced by a fresh one; none outlives the process that
started it, however that ended.

It is a plain new Python that is told what to do on its standard input: unlike those of ``multiprocessing``
it never runs the main script of the process that started it, and a Dask worker under a nanny may have one.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

# The path goes before: a file analysis.py in the folder where somebody works is not this package.
_BEGIN = f"from {__name__} import serve; serve()"
# So many seconds after its time a process ends by itself.
_GRACE = 5.0
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
        self._process: subprocess.Popen | None = None
        self._stopped = False

    def call(self, function: Callable, *args: object, seconds: float = 0) -> object:
        """What ``function(*args)`` returns, or ``Ended``; it may take ``seconds`` (0: as long as it likes)."""
        if self._stopped:
            return Ended("crashed", "stopped")
        if self._process is None or self._done >= _MOST or self._process.poll() is not None:
            self.close()
            try:
                self._start()
            except OSError as error:
                return Ended("failed", f"no process could be started ({error.strerror or error})")
        self._done += 1
        late = threading.Event()
        timer = threading.Timer(seconds, self._end_late, (self._process, late))
        try:
            # What the function imports is not its own time.
            self._ask(0, _ready, function)
            if seconds:
                timer.start()
            good, answer = self._ask(seconds, function, *args)
        except (EOFError, OSError, pickle.UnpicklingError):
            code = _ended(self._process)
            self._kill()
            if late.is_set():
                return Ended("timed_out", f"{seconds:g} s")
            return Ended("crashed", f"signal {-code}" if code < 0 else f"exit code {code}")
        except BaseException:  # interrupted while waiting: what it does is not wanted any more
            self._kill()
            raise
        finally:
            timer.cancel()
            if timer.ident:
                timer.join()
        if late.is_set():  # it had answered just in time
            self._kill()
        return answer if good else Ended(*answer)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._kill()

    def __del__(self) -> None:
        self.close()

    def stop(self) -> None:
        """From another thread: end what is being done, and do nothing more."""
        self._stopped = True
        process = self._process
        if process is not None:
            _end(process)

    def _start(self) -> None:
        # What it leaves behind when it is killed goes with this folder.
        self._temporary = tempfile.mkdtemp(prefix="b-")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {_BEGIN}"],
                env={**os.environ, "TMPDIR": self._temporary},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # An interrupt at the terminal is for the process that waits, which ends this one.
                start_new_session=True,
            )
        except OSError:
            shutil.rmtree(self._temporary, ignore_errors=True)
            raise
        self._done = 0
        if self._stopped:
            _end(self._process)
        pickle.dump(self._memory, self._process.stdin)

    def _ask(self, seconds: float, function: Callable, *args: object) -> tuple[bool, object]:
        # Pickled twice, so that the thread that takes it in does not import anything.
        pickle.dump(pickle.dumps((seconds, function, args)), self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)

    @staticmethod
    def _end_late(process: subprocess.Popen, late: threading.Event) -> None:
        late.set()
        _end(process)

    def _kill(self) -> None:
        process, self._process = self._process, None
        _end(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            try:
                pipe.close()
            except OSError:  # what was not written yet has nobody to read it
                continue
        shutil.rmtree(self._temporary, ignore_errors=True)


def without_grammar() -> None:
    """Spare this process three seconds: whatever reads notebooks imports jsonschema, which, where it finds the package
    rfc3987_syntax (JupyterLab brings it along), compiles a grammar of addresses that no notebook asks for."""
    sys.modules.setdefault("rfc3987_syntax", None)


def _end(process: subprocess.Popen) -> None:
    """End a process and those it has started, whatever group they are in: a kernel, and what its cells have started."""
    started = []
    if process.poll() is None:
        with suppress(psutil.Error):
            started = psutil.Process(process.pid).children(recursive=True)
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):  # it ends at this moment
                os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for one in started:
        with suppress(psutil.Error):
            one.kill()


def _ended(process: subprocess.Popen) -> int:
    """The exit code of a process that ends by itself; what is left of its group is ended while its number is still its own."""
    if hasattr(os, "waitid"):
        with suppress(ChildProcessError, ProcessLookupError, PermissionError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def _ready(function: Callable) -> None:
    """That it arrived says that its module is imported."""


def serve() -> None:
    """In the process: do what comes, until nothing more can come."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed is no answer
    without_grammar()
    _limit(pickle.load(sys.stdin.buffer))
    orders: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders, os.environ["TMPDIR"]), daemon=True).start()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    while True:
        order = orders.get()
        try:
            seconds, function, args = pickle.loads(order)
            if seconds:
                # The thread that listens never gets its turn while a regular expression does not let go of the interpreter;
                # this one needs none. Whoever waits has ended the process before, unless he is gone himself.
                faulthandler.dump_traceback_later(seconds + _GRACE, exit=True, file=nowhere)
            answer = True, function(*args)
            said = pickle.dumps(answer)
        except Exception as error:
            state = "crashed" if isinstance(error, MemoryError) else "failed"
            # Plain words: the class of an error may be one that is not known there.
            said = pickle.dumps((False, (state, f"{type(error).__name__}: {error}")))
        finally:
            faulthandler.cancel_dump_traceback_later()
        answers.write(said)
        answers.flush()


def _listen(orders: queue.SimpleQueue, temporary: str) -> None:
    """Take the orders in; at their end whoever gave them is gone, and so is this process, whatever it is doing, with its
    temporary files."""
    try:
        while True:
            orders.put(pickle.load(sys.stdin.buffer))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if hasattr(os, "killpg"):  # with everything that it has started
            os.killpg(0, signal.SIGKILL)
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
