"""What happens in a forked process before it is a kernel.

In: the command, folder, environment and limits that an ordinary kernel would be started with. Out: a process in the state
that ``python -m ipykernel_launcher`` would have brought about, which then runs ipykernel. Where the process that was
forked cannot be brought into that state – it is asked for another environment than its modules were imported under, or
the folder holds modules of its own – the ordinary kernel takes its place. The module imports little, because both sides do.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import logging
import os
import resource
import signal
import sys
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, forkserver, process, resource_tracker
from pathlib import Path

# Variables that are read when Python starts or a library is imported. The server has done both already.
AT_START = (
    "ARROW_",
    "HOME",
    "LANG",
    "LC_",
    "LD_",
    "MKL_",
    "MPL",
    "NUMEXPR_",
    "OMP_",
    "OPENBLAS_",
    "PANDAS_",
    "PYTHON",
    "TZ",
    "XDG_",
)


def at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a running process can no longer take over."""
    return {name: value for name, value in environment.items() if name.startswith(AT_START)}


@dataclass(frozen=True)
class Forked:
    """A kernel to be: everything that a new process is given, and the process itself once it is forked."""

    command: list[str]
    folder: str
    environment: dict[str, str]
    limits: dict[int, tuple[int, int]]
    umask: int

    @classmethod
    def ordered(cls, command: list[str], folder: str | None, environment: Mapping[str, str]) -> Forked:
        """An order for a kernel, with what it would inherit of this process."""
        names = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
        umask = os.umask(0o077)
        os.umask(umask)
        return cls(
            list(command),
            os.fspath(folder or Path.cwd()),
            dict(environment),
            {name: resource.getrlimit(name) for name in names},
            umask,
        )

    def _bootstrap(self, asker: int) -> int:
        """Become the kernel. The fork server calls this in the new process, as it does on ``multiprocessing.Process``;
        ``asker`` can be read once the process that asked for the kernel is gone."""
        os.setsid()
        stdout, stderr, ready = forkserver.get_inherited_fds()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for theirs, ours in ((nothing, 0), (stdout, 1), (stderr, 2)):
            os.dup2(theirs, ours)
            os.close(theirs)
        os.set_inheritable(ready, False)
        _forget_the_server()
        _end_with_the_server()
        os.umask(self.umask)
        for name, limit in self.limits.items():
            with suppress(OSError, ValueError):  # a limit once lowered cannot be raised
                resource.setrlimit(name, limit)
        os.chdir(self.folder)
        os.environ.clear()
        # The kernel's parent is the server, and it is told so.
        os.environ.update(self.environment, JPY_PARENT_PID=str(os.getppid()))
        preload = sys.modules.get("analysis.batch.preload")
        if (
            not (preload and preload.PLAIN)
            or at_start(os.environ) != at_start(preload.ENVIRONMENT)
            or _shadowed(self.folder)
        ):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.write(ready, b"+")  # it is another's turn now
            os.execvp(self.command[0], self.command)
        for option in self.command[1 : self.command.index("-m")]:  # as a kernelspec has it
            name, _, value = option.removeprefix("-X").partition("=")
            sys._xoptions[name] = value or True
        for name, value in preload.SET.items():
            os.environ.setdefault(name, value)
        sys.path[:] = preload.PATH
        sys.orig_argv[:] = self.command
        launcher = self.command.index("ipykernel_launcher")
        sys.argv[:] = [preload.LAUNCHER, *self.command[launcher + 1 :]]
        sys.stdin = sys.__stdin__ = open(0, encoding=sys.__stdout__.encoding, closefd=False)  # noqa: SIM115
        if "numpy" in sys.modules:
            # Seeded when it was imported; ``random`` sees to itself.
            sys.modules["numpy"].random.seed()
        self._run(asker, ready)
        return 0

    def _run(self, asker: int, ready: int) -> None:
        from ipykernel.kernelapp import IPKernelApp
        from ipykernel.parentpoller import ParentPollerUnix

        class Poller(ParentPollerUnix):
            """Ends the kernel when the process that asked for it is gone, or the server."""

            def run(self) -> None:
                while os.getppid() == self.parent_pid and not connection.wait([asker], 1.0):
                    pass
                os._exit(1)

        if sys.version_info >= (3, 13):
            # The server has forgotten what was registered before the fork; what a notebook registers is called before these.
            atexit.register(logging.shutdown)
            atexit.register(weakref.finalize._exitfunc)
        app = IPKernelApp.instance(parent_handle=os.getppid())
        app.initialize(sys.argv[1:])
        app.poller = Poller(os.getppid())
        os.write(ready, b"+")
        os.close(ready)
        app.start()
        # Once it has replied to the request to shut down, the control thread has what was printed flushed. ipykernel, which
        # ends its threads on the way out, ends the one that does so first; then both would wait for ever.
        if app.control_thread and app.control_thread.is_alive():
            app.control_thread.stop()
            app.control_thread.join()
        _leave()


def _leave() -> None:
    """End as an interpreter does: threads first, then what was registered, which clears the notebook's names; what it has
    written reaches its files. Only the taking apart of all modules, which takes longer than a kernel takes to start, is
    left to the system."""
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()
    for thing in gc.get_objects():
        if type(thing) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom):
            with suppress(OSError, ValueError):
                thing.flush()


def _end_with_the_server() -> None:
    """Have the system kill the kernel when the server is no more: the thread that watches for it never gets its turn while a
    cell is in code that does not let go of the interpreter, such as an endless regular expression."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _forget_the_server() -> None:
    """Close what leads to the server and to the helper of ``multiprocessing``, so that a notebook which uses processes
    starts helpers of its own, and the server ends with the last process that asks it for kernels."""
    for helper, descriptor in (
        (forkserver._forkserver, "_forkserver_alive_fd"),
        (resource_tracker._resource_tracker, "_fd"),
    ):
        os.close(getattr(helper, descriptor))
        helper.__init__()
    process.current_process().authkey = os.urandom(32)


def _shadowed(folder: str) -> bool:
    """Whether modules or settings in the folder of a notebook would be taken for those that are imported already."""
    names = set()
    with suppress(OSError):  # what cannot be listed, nothing is imported from
        for entry in Path(folder).iterdir():
            if entry.suffix == ".py" or _has(entry, "__init__.py"):
                names.add(entry.stem)
    return not names.isdisjoint(sys.modules) or _has(Path(folder), "matplotlibrc")


def _has(folder: Path, name: str) -> bool:
    try:
        return (folder / name).exists()
    except OSError:  # it may not be looked into
        return False
