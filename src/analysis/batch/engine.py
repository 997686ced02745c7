"""Many things done side by side: on the processors of this machine, or on a Dask cluster of many.

In: a function of a module and the items it is called with. Out: every item with its result, in the order
in which they are done. Dask carries the work to its workers; each of them does it in bounded processes
(``bounded``), as many as it has threads, so that nothing runs in a thread beside something else and
whatever dies takes nothing along. A worker that is lost costs what it was doing a second try.
"""

from __future__ import annotations

import itertools
import logging
import os
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.batch.bounded import Bounded, Ended
from analysis.batch.program import fingerprint
from analysis.errors import InputError

if TYPE_CHECKING:
    from distributed import Client, Future

# How often a lost worker's item is tried again before it is given up, as the cause of the losses.
_TRIES = 3
# So many lots are handed out for every thread, so that none waits for the next.
_AHEAD = 3
# What Dask does to watch itself, fifty times a second, takes a tenth of a processor from a cluster of this process.
_QUIET = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.profile.enabled": False,
    # The worker of this process is not lost, however long the process was stopped: it would never come again.
    "distributed.scheduler.worker-ttl": None,
}
# Seconds between two looks at what workers there are.
_LOOK = 5.0


@dataclass(frozen=True)
class Bounds:
    """What one item may take: seconds and bytes of memory; 0 for no bound."""

    seconds: float = 0
    memory: int = 0


@dataclass(frozen=True)
class Cluster:
    """Where the work is done: ``jobs`` processes of this machine (0: one a processor), or what the Dask ``scheduler``
    (``tcp://…``) has."""

    jobs: int = 0
    scheduler: str = ""


HERE = Cluster()


def each(
    function: Callable, items: Iterable, bounds: Bounds, cluster: Cluster, lot: int = 1
) -> Iterator[tuple[object, object]]:
    """``(item, function(item) or Ended)`` for every item, as they are done; ``lot`` items are handed out at a time.

    Raises ``InputError`` if the scheduler cannot be reached or its workers have another program.
    """
    jobs = cluster.jobs or os.cpu_count() or 1
    if jobs == 1 and not cluster.scheduler:
        process = Bounded(bounds.memory)
        try:
            for item in items:
                yield item, process.call(function, item, seconds=bounds.seconds)
        finally:
            process.close()
        return
    with _client(jobs, cluster.scheduler) as client:
        yield from _handed_out(client, function, items, bounds, lot)


def _handed_out(
    client: Client, function: Callable, items: Iterable, bounds: Bounds, lot: int
) -> Iterator[tuple[object, object]]:
    left = iter(items)
    lots = iter(lambda: tuple(itertools.islice(left, lot)), ())
    done: queue.SimpleQueue = queue.SimpleQueue()
    held: dict[str, tuple[Future, tuple]] = {}
    threads: int | None = None
    looked = 0.0
    while True:
        if threads is None or time.monotonic() - looked > _LOOK:
            threads, looked = _threads(client, threads), time.monotonic()
        for some in itertools.islice(lots, max(0, _AHEAD * (threads or 1) - len(held))):
            future = client.submit(_do, function, some, bounds, fingerprint(), pure=False)
            held[future.key] = future, some
            future.add_done_callback(done.put)
        if not held:
            return
        try:
            future = done.get(timeout=_LOOK)
        except queue.Empty:
            continue
        _, some = held.pop(future.key)
        yield from zip(some, _results(future, len(some)), strict=True)


def _threads(client: Client, before: int | None) -> int:
    """How many threads the workers have together; if there are none (any more), it is said. Raises ``InputError`` if the
    scheduler is lost."""
    try:
        threads = sum(client.nthreads().values()) if client.status == "running" else None
    except Exception:  # the connection ends in many ways
        threads = None
    if threads is None:
        raise _lost()
    if not threads and before != 0:
        print(
            "集群现在没有工作进程：等到有新的再接着做（Ctrl-C 停止）。 | The cluster has no workers now: the work goes on when there"
            " is one (Ctrl-C stops).",
            file=sys.stderr,
            flush=True,
        )
    return threads


def _results(future: Future, n: int) -> list:
    """What became of the ``n`` items of a lot. Raises ``InputError``."""
    from distributed import CancelledError, KilledWorker

    try:
        # Where its worker was lost before the result was fetched, it is being done again: this waits.
        return future.result()
    except InputError:
        raise
    except KilledWorker:
        return [Ended("crashed", f"{_TRIES + 1} workers were lost")] * n
    except Exception as error:
        # Not what the item itself has raised: with the worker the scheduler was lost, too.
        if isinstance(error, CancelledError) or (isinstance(error, OSError) and future.status != "error"):
            raise _lost() from None
        raise InputError(
            f"集群的工作进程做不了（{type(error).__name__}: {error}）：请在每台机器上装同一版本。",
            f"The workers of the cluster cannot do it ({type(error).__name__}: {error}): install the same version on every machine.",
        ) from None


def _lost() -> InputError:
    return InputError(
        "与调度器的连接中断：请再次运行，已完成的不会重做。",
        "The connection to the scheduler was lost: call again; what is done will not be done again.",
    )


_here = threading.local()
# The processes that the threads of this worker drive.
_driven: weakref.WeakSet[Bounded] = weakref.WeakSet()


def _do(function: Callable, items: tuple, bounds: Bounds, program: str) -> list:
    """On a worker, in one of its threads: each item in the process that belongs to the thread."""
    if program != fingerprint():
        raise InputError(
            "集群中有工作进程装的是另一版程序：请在每台机器上装同一版本。",
            "A worker of the cluster has another version of this program: install the same one on every machine.",
        )
    if getattr(_here, "memory", None) != bounds.memory:
        _here.memory, _here.process = bounds.memory, Bounded(bounds.memory)
        _driven.add(_here.process)
    return [_here.process.call(function, item, seconds=bounds.seconds) for item in items]


@contextmanager
def _client(jobs: int, scheduler: str) -> Iterator[Client]:
    import dask
    from distributed import Client, LocalCluster
    from distributed.comm import parse_address, parse_host_port

    with dask.config.set({"distributed.scheduler.allowed-failures": _TRIES, **_QUIET}):
        if scheduler:
            # It tells of a lost connection on pages.
            logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
            try:
                parse_host_port(parse_address(scheduler)[1])  # a client that fails by this is slow to end
                client = Client(scheduler, timeout=10, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                raise InputError(
                    f"连不上调度器 {scheduler}（{error}）：请核对 --scheduler，或先启动 dask scheduler。",
                    f"The scheduler {scheduler} cannot be reached ({error}): check --scheduler, or start dask scheduler.",
                ) from None
            with client:
                yield client
            return
        # One worker in this process, whose threads only wait for the processes they drive.
        with (
            LocalCluster(
                n_workers=1,
                threads_per_worker=jobs,
                processes=False,
                memory_limit=0,
                silence_logs=logging.ERROR,
                # Its pages are off; the port it opens all the same is a free one.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
            ) as local,
            Client(local, set_as_default=False) as client,
        ):
            try:
                yield client
            finally:  # what its threads still wait for, nobody wants any more
                for process in list(_driven):
                    process.stop()
