"""Kernels that are there at once.

``ForkserverProvisioner`` starts a kernel by forking it from the standard library's fork server, which has imported what
the workbook's notebooks import (``preload``); each kernel is a new process all the same (``forked``). ``WarmKernel`` is
its kernel manager; the engine that uses it, ``papermill --engine warm``, is in ``papermill_engine``. A kernel that is not
this Python's, and any kernel where forking is not available, is started in the ordinary way.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
import uuid
import weakref
from contextlib import suppress
from functools import cache
from multiprocessing import connection, get_all_start_methods
from pathlib import Path
from queue import Empty
from subprocess import DEVNULL, STDOUT
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from nbformat import NotebookNode
from traitlets import DottedObjectName, Integer

# On macOS a process that has loaded system libraries must not be forked.
_FORKS = "forkserver" in get_all_start_methods() and sys.platform != "darwin"
if _FORKS:
    import resource
    from multiprocessing import forkserver

    from analysis.batch.forked import Forked

_LAUNCHER = ["-m", "ipykernel_launcher"]
# What ``python -m ipykernel install`` writes before it; it is for debuggers, and changes nothing that a notebook does.
_FROZEN = "-Xfrozen_modules=off"
# So many bytes may a path have at which processes listen to each other, less what is put behind that of the folder.
_LONGEST = 107 - 20
# Seconds that the server may take to load everything, and a kernel to come up.
_START = 60.0
_log = logging.getLogger("papermill")


@cache
def _server() -> forkserver.ForkServer:
    """This process's server of kernels, not yet running. It is not the one that ``multiprocessing`` keeps for processes,
    which may be asked to import other things."""

    class Server(forkserver.ForkServer):
        def ensure_running(self) -> None:
            # A process forked from the one that started the server has no such child, but the server is there.
            with suppress(ChildProcessError):
                super().ensure_running()

    server = Server()
    server.set_forkserver_preload(["analysis.batch.preload"])
    return server


@cache
def _say(zh: str, en: str) -> None:
    """A line in the log, once."""
    _log.warning("%s | %s", zh, en)


def available() -> bool:
    """Whether kernels can be forked here; where they cannot, the log says so, once."""
    if not _FORKS:
        _say(
            "此系统不能 fork，改用普通内核",
            "kernels cannot be forked on this system: ordinary ones are started",
        )
    return _FORKS


def warm_up() -> None:
    """Start the server, which loads what the kernels will need while this process goes on."""
    if available():
        with suppress(OSError):  # as it will be said when a kernel is to come from it
            _server().ensure_running()


class ForkserverProvisioner(LocalProvisioner):
    """Kernels of this Python, forked from the server; any other kernel as ``LocalProvisioner`` starts it.

    For kernel.json it is called ``analysis-forkserver``.
    """

    memory = Integer(
        0, config=True, help="Most bytes of data that a kernel may hold (RLIMIT_DATA); 0: no limit."
    )

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork a kernel, or start one in the ordinary way if ``cmd`` is no plain kernel of this Python."""
        self.process = None
        if _plain(cmd, kwargs) and available():
            try:
                self.process = await _fork(cmd, **kwargs)
            except (OSError, EOFError, TimeoutError) as error:
                _say(
                    f"预热的内核没有启动（{error!r}），改用普通内核",
                    "the warm kernel did not start: an ordinary one does",
                )
        if self.process:
            # Its process group too, as it begins a session.
            self.pid = self.pgid = self.process.pid
            self.cwd = kwargs.get("cwd") or Path.cwd()
        else:
            await super().launch_kernel(cmd, **kwargs)
        if self.memory and _FORKS and hasattr(resource, "prlimit"):
            with suppress(ProcessLookupError):
                resource.prlimit(self.pid, resource.RLIMIT_DATA, (self.memory, self.memory))
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it has started."""
        if signum == signal.SIGINT and self.parent.shutting_down:
            # The kernel has only just replied to the last request, and would log that it was interrupted.
            await asyncio.sleep(0.02)
        await super().send_signal(signum)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wait for the end of the kernel here, where it is heard of at once: the manager, which waits next, looks ten
        times a second."""
        if isinstance(self.process, _Process):
            with suppress(TimeoutError):
                await self.process.ended(self.get_shutdown_wait_time() / 2)


class _Process:
    """A forked kernel, with what ``LocalProvisioner`` uses of ``subprocess.Popen``."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, status: int, alive: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        # The server writes the exit code to the one; the kernel watches the other, which closes with this process.
        self._status, self._alive = status, alive

    async def ended(self, seconds: float) -> None:
        """Return when the process is no more. Raises ``TimeoutError``."""
        if self.returncode is None:
            await _readable(self._status, seconds)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None and connection.wait([self._status], 0):
            try:
                self.returncode = forkserver.read_signed(self._status)
            except (OSError, EOFError):  # the server is gone, and the kernel follows it
                self.returncode = 255
            os.close(self._status)
            os.close(self._alive)
        return self.returncode

    def wait(self) -> int | None:
        """The exit code, once there is one."""
        if self.returncode is None:
            connection.wait([self._status])
        return self.poll()

    def send_signal(self, signum: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)


def _plain(cmd: list[str], kwargs: dict[str, Any]) -> bool:
    """Whether a command starts a kernel of this Python and nothing is asked that forking cannot give."""
    python = Path(cmd[0])
    return (
        [word for word in cmd[1:4] if word != _FROZEN][:2] == _LAUNCHER
        and python.parent == Path(sys.executable).parent
        and python.exists()
        and python.samefile(sys.executable)
        and kwargs.keys() <= {"cwd", "env", "stdout", "stderr", "kernel_id"}
    )


def _descriptor(asked: Any, inherited: int, stdout: int = -1) -> int:
    """A new descriptor for what ``Popen`` would be asked for as stdout or stderr."""
    if asked == DEVNULL:
        return os.open(os.devnull, os.O_WRONLY)
    if asked == STDOUT:
        return os.dup(stdout)
    if asked is None:
        return os.dup(inherited)
    return os.dup(asked if isinstance(asked, int) else asked.fileno())


async def _fork(
    cmd: list[str],
    env: dict[str, str],
    cwd: str | None = None,
    stdout: Any = None,
    stderr: Any = None,
    **_: Any,
) -> _Process:
    """A kernel that listens. Raises ``OSError``, ``EOFError`` or ``TimeoutError`` if none comes."""
    ready, told = os.pipe()
    passed = [told]
    kept = [ready]
    try:
        passed.insert(0, _descriptor(stdout, 1))
        passed.insert(1, _descriptor(stderr, 2, passed[0]))
        status, alive = _server().connect_to_new_process(passed)
        kept += [status, alive]
        with open(alive, "wb", closefd=False) as orders:
            # Nothing is to be prepared as for ``multiprocessing``; then what is to be run.
            pickle.dump({}, orders)
            pickle.dump(Forked.ordered(cmd, cwd, env), orders)
        await _readable(status, _START)
        process = _Process(forkserver.read_signed(status), status, alive)
        kept = [ready]
        for descriptor in passed:
            os.close(descriptor)
        passed.clear()
        # The kernel says when its sockets are open: a client that connects earlier tries again a tenth of a second later.
        try:
            await _readable(ready, _START)
            if not os.read(ready, 1):
                raise EOFError("it ended before it began")
        except BaseException:
            process.send_signal(signal.SIGKILL)
            process.wait()
            raise
        return process
    finally:
        for descriptor in passed + kept:
            os.close(descriptor)


async def _readable(descriptor: int, seconds: float) -> None:
    """Return when there is something to read, or the end. Raises ``TimeoutError``."""
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(descriptor, there.set)
    try:
        await asyncio.wait_for(there.wait(), seconds)
    finally:
        loop.remove_reader(descriptor)


class PromptClient(AsyncKernelClient):
    """A client of a kernel of this machine that does not wait longer than it has to."""

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Start the channels but the heartbeat: the manager knows whether the process runs."""
        super().start_channels(shell, iopub, stdin, hb, control)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel replies and what it publishes arrives. Raises ``RuntimeError``.

        As in the base class, which then listens until nothing has come for a fifth of a second; who executes cells
        knows by their ids which messages are meant.
        """
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            self.kernel_info()
            with suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.iopub_channel.get_msg(timeout=0.2)
                    self._handle_kernel_info_reply(reply)
                    return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")


class LocalKernel(AsyncKernelManager):
    """A kernel spoken to through files of this machine, not over a network port. Its files lie in a folder of its own, so
    that two runs from one place do not hear each other."""

    def __init__(self, **options: object) -> None:
        folder = tempfile.mkdtemp(prefix="kernel-")
        transport = "ipc" if len(os.fsencode(folder)) <= _LONGEST else "tcp"
        super().__init__(**{"transport": transport, "connection_file": f"{folder}/kernel.json", **options})
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


class WarmKernel(LocalKernel):
    """A kernel from the server, unless its kernel.json says how it is to be started."""

    client_class = DottedObjectName(f"{__name__}.{PromptClient.__name__}", config=True)

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        if "kernel_provisioner" not in self.kernel_spec.metadata:
            self.kernel_id = self.kernel_id or str(uuid.uuid4())
            self.provisioner = ForkserverProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )


class WarmEngine:
    """``papermill --engine warm``, as papermill finds it. What it does is in ``papermill_engine``, which needs papermill and so cannot
    be imported yet: papermill asks for its engines while it is imported itself."""

    @staticmethod
    def execute_notebook(*arguments: Any, **options: Any) -> NotebookNode:
        """Execute a notebook."""
        return _engine().execute_notebook(*arguments, **options)

    @staticmethod
    def nb_kernel_name(nb: NotebookNode, name: str | None = None) -> str:
        """The kernel that a notebook asks for."""
        return _engine().nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb: NotebookNode, language: str | None = None) -> str:
        """The language of a notebook."""
        return _engine().nb_language(nb, language)


def _engine() -> type:
    from analysis.batch.papermill_engine import Engine

    return Engine
