"""One process within bounds, and many things side by side on this machine: what ends badly costs nothing else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import helping
import pytest
from distributed import CancelledError, KilledWorker
from helping import gone, waited_for

from analysis.batch import engine
from analysis.batch.bounded import Bounded, Ended
from analysis.batch.engine import Bounds, Cluster, each
from analysis.errors import InputError

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def process():
    process = Bounded()
    yield process
    process.close()


@pytest.fixture
def reaching(monkeypatch):
    """Processes that are started find the helping module."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE.parents[1] / "src"), str(HERE)]))


def test_what_a_function_returns_comes_back_and_what_it_prints_does_not(process):
    assert process.call(helping.double, 21) == 42
    assert process.call(helping.chatter, 5) == 5
    assert process.call(helping.double, 4) == 8
    assert process.call(helping.large, 30_000_000) == bytes(30_000_000)


def test_an_exception_is_told_and_the_process_goes_on(process):
    assert process.call(os.getpid) == process.call(os.getpid)
    before = process.call(os.getpid)
    assert process.call(helping.fail, 7) == Ended("failed", "ValueError: no 7")
    assert process.call(os.getpid) == before


def test_a_process_that_dies_is_replaced(process):
    assert process.call(helping.end, 3) == Ended("crashed", "exit code 3")
    assert process.call(helping.end, -signal.SIGKILL) == Ended("crashed", "signal 9")
    assert process.call(helping.double, 1) == 2


def test_time_is_bounded_and_importing_is_not_counted(process):
    begun = time.monotonic()
    assert process.call(helping.sleep, 60, seconds=0.3) == Ended("timed_out", "0.3 s")
    assert time.monotonic() - begun < 20
    assert process.call(helping.sleep, 0, seconds=5) == 0


def test_what_a_killed_process_leaves_in_its_temporary_folder_goes_with_it(tmp_path):
    process = Bounded()
    folder = Path(process.call(helping.litter, ""))
    assert folder.is_dir() and folder.parent.name.startswith("b-")
    assert process.call(helping.litter, str(tmp_path / "told"), seconds=3) == Ended("timed_out", "3 s")
    killed = Path((tmp_path / "told").read_text())
    assert killed.parent == folder.parent and not folder.parent.exists()
    again = Path(process.call(helping.litter, ""))
    process.close()
    assert not again.parent.exists()


def test_memory_is_bounded():
    process = Bounded(memory=400 * 2**20)
    try:
        assert process.call(helping.greedy, 10 * 2**20) == 10 * 2**20
        ended = process.call(helping.greedy, 2**30)
        assert (ended.state, "MemoryError" in ended.why) == ("crashed", True)
        assert process.call(helping.double, 1) == 2
    finally:
        process.close()


def test_a_closed_process_is_gone_with_what_it_started(tmp_path):
    process = Bounded()
    assert process.call(helping.leave_pids, str(tmp_path), seconds=3) == Ended("timed_out", "3 s")
    (pids,) = (file.read_text().split() for file in tmp_path.glob("pids-*"))
    assert len(pids) == 2 and gone(pids)
    process.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the system is asked in the way of Linux")
def test_a_kernel_that_never_lets_go_of_the_interpreter_is_gone_too(tmp_path):
    process = Bounded()
    there = tmp_path / "pid"
    try:
        ended = process.call(helping.stuck_kernel, str(tmp_path), seconds=30)
    finally:
        process.close()
    assert ended == Ended("timed_out", "30 s")
    assert there.exists() and gone([there.read_text()])


def test_what_a_cell_has_started_is_gone_when_its_time_is_over(tmp_path):
    process = Bounded()
    try:
        ended = process.call(helping.kernel_with_a_child, str(tmp_path), seconds=20)
    finally:
        process.close()
    assert ended == Ended("timed_out", "20 s")
    assert gone([(tmp_path / "pid").read_text()])


def test_what_a_process_that_died_has_started_goes_with_it(tmp_path, process):
    assert process.call(helping.crash_and_leave, str(tmp_path)) == Ended("crashed", "exit code 3")
    assert gone([(tmp_path / "pid").read_text()])


def test_a_process_that_never_lets_go_of_the_interpreter_outlives_its_parent_by_seconds(tmp_path, reaching):
    parent = _starting(
        "import helping; from analysis.batch.engine import *\n"
        f"list(each(helping.stuck, [{str(tmp_path)!r}], Bounds(3), Cluster(1)))"
    )
    waited_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    parent.kill()
    parent.communicate()
    assert gone([(tmp_path / "pid").read_text()], within=20)


def test_files_where_somebody_works_are_not_taken_for_modules(tmp_path, monkeypatch):
    for name in ("analysis.py", "queue.py", "pickle.py"):
        (tmp_path / name).write_text("raise SystemExit('of mine')")
    monkeypatch.chdir(tmp_path)
    process = Bounded()
    try:
        assert process.call(helping.double, 2) == 4
    finally:
        process.close()


class Lost:
    """A future of Dask whose worker was lost, and which is done again while its result is asked for."""

    status = "lost"

    def __init__(self, ends_in):
        self._ends_in = ends_in

    def result(self):
        if isinstance(self._ends_in, Exception):
            raise self._ends_in
        return self._ends_in


def test_a_result_whose_worker_is_lost_before_it_is_fetched_is_waited_for():
    assert engine._results(Lost([4, 5]), 2) == [4, 5]
    ended = engine._results(Lost(KilledWorker("a", None, 4)), 2)
    assert [e.state for e in ended] == ["crashed", "crashed"]
    for error, said in ((CancelledError("gone"), "scheduler was lost"), (ValueError("x"), "ValueError: x")):
        with pytest.raises(InputError, match=said):
            engine._results(Lost(error), 1)


def test_the_worker_of_this_process_is_never_given_up():
    """One that was stopped for minutes, as by ctrl-Z, would wait for another that never comes."""
    with engine._client(2, "") as client:
        assert client.cluster.scheduler.worker_ttl is None


def test_one_process_and_two_give_the_same():
    items = list(range(7))
    one, two = (dict(each(helping.double, items, Bounds(), Cluster(jobs))) for jobs in (1, 2))
    assert one == two == {n: 2 * n for n in items}


@pytest.mark.parametrize("jobs", [1, 2])
def test_items_that_end_their_process_cost_the_others_nothing(jobs):
    found = dict(each(helping.odd_ends_its_process, range(6), Bounds(), Cluster(jobs), lot=2))
    assert {n: r for n, r in found.items() if n % 2 == 0} == {0: 0, 2: 2, 4: 4}
    assert {r for n, r in found.items() if n % 2} == {Ended("crashed", "signal 9")}


def test_each_bound_holds_side_by_side():
    bounds = Bounds(seconds=1)
    found = dict(each(helping.sleep, [0, 30, 0.1], bounds, Cluster(2)))
    assert found == {0: 0, 0.1: 0.1, 30: Ended("timed_out", "1 s")}


def _starting(code):
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_nothing_outlives_a_parent_that_is_killed(tmp_path, reaching, jobs):
    parent = _starting(
        "import helping; from analysis.batch.engine import *\n"
        f"list(each(helping.leave_pids, [{str(tmp_path)!r}] * {jobs}, Bounds(), Cluster({jobs})))"
    )
    waited_for(lambda: len(list(tmp_path.glob("pids-*"))) == jobs)
    pids = [pid for file in tmp_path.glob("pids-*") for pid in file.read_text().split()]
    parent.kill()
    parent.communicate()
    assert len(pids) == 2 * jobs and gone(pids)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_everything_at_once(tmp_path, reaching, jobs):
    parent = _starting(
        "import helping, signal; from analysis.batch.engine import *\n"
        # Tests that were started in the background may have been told to ignore it, and what they start with them.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n"
        f"    list(each(helping.leave_pids, [{str(tmp_path)!r}] * {jobs}, Bounds(), Cluster({jobs})))\n"
        "except KeyboardInterrupt: print('stopped')\n"
    )
    waited_for(lambda: len(list(tmp_path.glob("pids-*"))) == jobs)
    pids = [pid for file in tmp_path.glob("pids-*") for pid in file.read_text().split()]
    parent.send_signal(signal.SIGINT)
    said, wrong = parent.communicate(timeout=30)
    assert (said, "Traceback" in wrong) == ("stopped\n", False), wrong
    assert len(pids) == 2 * jobs and gone(pids)
