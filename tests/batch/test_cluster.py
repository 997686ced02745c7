"""A real scheduler and real workers, each a process of its own: whatever of them is lost, the work is done."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import helping
import nbformat
import pytest
from conftest import PROJECT
from helping import gone, waited_for

from analysis.batch.bounded import Ended
from analysis.batch.engine import Bounds, Cluster, each
from analysis.errors import InputError

HERE = Path(__file__).parent
SHIPPED = PROJECT / "data" / "reports"


class Machines:
    """A scheduler and its workers."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.scheduler = f"tcp://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PROJECT / "src"), str(HERE)]),
        }

    def start(self, *said, **variables):
        log = (self.folder / f"log-{len(self.processes)}").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *said],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes.append(process)
        return process

    def schedule(self):
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        return self.start("scheduler", *options, "--dashboard-address", "127.0.0.1:0")

    def work(self, *options, **variables):
        said = ["worker", self.scheduler, "--nthreads", "1", "--host", "127.0.0.1", "--memory-limit", "0"]
        return self.start(*said, "--no-dashboard", *options, **variables)

    def analysis(self, *said, **variables):
        return subprocess.Popen(
            [sys.executable, "-m", "analysis", *map(str, said), "--scheduler", self.scheduler],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path):
    made = Machines(tmp_path)
    made.schedule()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Four short reports of two units."""
    folder = tmp_path_factory.mktemp("far") / "reports"
    for name in (
        "永康市/2020.txt",
        "平潭综合实验区/2012.txt",
        "平潭综合实验区/2018.txt",
        "平潭综合实验区/2020.txt",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SHIPPED / name, folder / name)
    shutil.copy(SHIPPED / "sources.csv", folder)
    shutil.copy(PROJECT / "data" / "units.csv", folder.parent)
    return folder


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A notebook that reads a report and leaves its tables, without the charts and files of the workbook's own."""
    made = nbformat.v4.new_notebook()
    parameters = nbformat.v4.new_code_cell('unit = ""\nyears = ""\ndata = ""\nfile = ""\nlanguage = "zh"')
    parameters.metadata.tags = ["parameters"]
    opened = nbformat.v4.new_code_cell(
        "from analysis.workbook import Workbook, open_workbook\nWorkbook.files = lambda book, name: {}\n"
        "book = open_workbook(unit, years, data, file, language)"
    )
    made.cells = [parameters, opened]
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path_factory.mktemp("notebook") / "tables.ipynb"
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def local(reports, notebook, tmp_path_factory):
    """What this machine alone makes of them."""
    out = tmp_path_factory.mktemp("local")
    for verb in (["read", reports], ["run", notebook, "--years", "2020", "--data", reports]):
        said = [*verb, "--out", out / verb[0], "--jobs", "1"]
        subprocess.run([sys.executable, "-m", "analysis", *map(str, said)], check=True, capture_output=True)
    return out


def same_store(one, other):
    """Whether two stores have the same tables."""
    names = sorted(p.name for p in one.glob("*.parquet"))
    assert len(names) == 10
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def same_runs(one, other):
    """Whether the same runs have the same tables."""
    tables = sorted(p.relative_to(one) for p in one.rglob("tables/*.csv"))
    assert len(tables) > 20
    return all((one / t).read_text(encoding="utf8") == (other / t).read_text(encoding="utf8") for t in tables)


def ended(process, within=150):
    """How a command ended and what it said."""
    out, err = process.communicate(timeout=within)
    return process.returncode, out + err


def test_several_workers_read_and_run_as_one_machine_does(machines, reports, notebook, local, tmp_path):
    reading = machines.analysis("read", reports, "--out", "store")
    # Without workers it waits, and says so.
    said = reading.stderr.readline()
    assert "没有工作进程" in said and "no workers" in said
    machines.work("--no-nanny")
    machines.work("--nanny")
    code, said = ended(reading)
    assert code == 0, said
    assert same_store(local / "read", tmp_path / "store")
    code, said = ended(
        machines.analysis("run", notebook, "--years", "2020", "--data", reports, "--out", "runs")
    )
    assert (code, "good 2" in said) == (0, True), said
    assert same_runs(local / "run", tmp_path / "runs")
    makers = {
        line.split()[1]
        for log in (tmp_path / "runs" / "logs").rglob("*.log")
        for line in log.read_text(encoding="utf8").splitlines()
        if line.startswith("process")
    }
    assert len(makers) == 2


def test_a_worker_that_is_lost_costs_a_retry_and_nothing_else(machines, tmp_path):
    first, second = machines.work("--no-nanny"), machines.work("--no-nanny")
    # After the first four, nothing is done before a worker is lost: each has one in hand.
    items = [(str(tmp_path), n, n >= 4) for n in range(16)]
    found, begun = {}, tmp_path / "begun"

    def notes():
        return [line.split() for line in begun.read_text().splitlines()] if begun.exists() else []

    def work():
        found.update(each(helping.held_and_noted, items, Bounds(60), Cluster(scheduler=machines.scheduler)))

    thread = threading.Thread(target=work)
    thread.start()
    waited_for(lambda: len({parent for n, _, parent in notes() if int(n) >= 4}) == 2)
    first.kill()
    lost = [int(child) for _, child, parent in notes() if int(parent) == first.pid]
    assert lost and gone(lost)
    (tmp_path / "go").touch()
    thread.join(60)
    assert found == {item: item[1] for item in items}
    # Nothing was done again but what the lost worker had not handed over.
    again = len(notes()) - len(items)
    assert 1 <= again <= 4
    second.kill()


def test_a_worker_is_killed_while_reports_are_read_and_runs_are_made(
    machines, reports, notebook, local, tmp_path
):
    first = machines.work("--no-nanny")
    reading = machines.analysis("read", reports, "--out", "store")
    pieces = tmp_path / "store" / ".pieces"
    waited_for(lambda: pieces.is_dir() and any(pieces.iterdir()))
    first.kill()
    machines.work("--no-nanny")
    code, said = ended(reading)
    assert (code, "失败 failed 0" in said) == (0, True), said
    assert same_store(local / "read", tmp_path / "store")

    third = machines.work("--no-nanny")
    running = machines.analysis("run", notebook, "--years", "2020", "--data", reports, "--out", "runs")
    # The folders of two runs that are being made, and the kernel that makes one of them: the fourth that the worker has started,
    # after the process that drives it, the server of kernels and its helper.
    waited_for(lambda: len(list((tmp_path / "runs").glob(".run-*"))) == 2)
    waited_for(lambda: len(_descendants(third.pid)) >= 4)
    family = _descendants(third.pid)
    third.kill()
    assert len(family) >= 3 and gone(family, 5)
    code, said = ended(running)
    assert (code, "good 2" in said) == (0, True), said
    assert same_runs(local / "run", tmp_path / "runs")
    assert not list((tmp_path / "runs").glob(".run-*"))


def _descendants(pid):
    """Every process that a process has started, and those that these have."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, left = [], [pid]
    while left:
        above = left.pop()
        below = [child for child, parent in parents.items() if parent == above]
        found += below
        left += below
    return found


def test_a_scheduler_that_is_not_there_is_a_sentence(machines, reports, tmp_path):
    machines.stop()
    code, said = ended(machines.analysis("read", reports, "--out", "store"))
    assert code == 2 and "Traceback" not in said
    assert "连不上调度器" in said and "cannot be reached" in said
    for typed in ("nonsense", "tcp://127.0.0.1:none"):
        with pytest.raises(InputError, match="调度器"):
            list(each(helping.double, [1], Bounds(), Cluster(scheduler=typed)))


def test_a_scheduler_that_is_lost_is_a_sentence_and_the_next_call_goes_on(
    machines, reports, notebook, local, tmp_path
):
    worker = machines.work("--no-nanny")
    running = machines.analysis("run", notebook, "--years", "2020", "--data", reports, "--out", "runs")
    records = tmp_path / "runs"
    waited_for(lambda: len(list(records.rglob("*.run.json"))) == 1)
    machines.processes[0].kill()
    code, said = ended(running, 60)
    assert code == 2 and "Traceback" not in said, said
    assert "与调度器的连接中断" in said and "was lost" in said
    worker.kill()
    machines.schedule()
    machines.work("--no-nanny")
    code, said = ended(
        machines.analysis("run", notebook, "--years", "2020", "--data", reports, "--out", "runs")
    )
    assert code == 0 and "未变 kept 0" not in said, said
    assert same_runs(local / "run", records)


def test_workers_with_another_program_are_refused(machines, reports, tmp_path):
    copy = tmp_path / "other"
    shutil.copytree(PROJECT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "analysis" / "errors.py").open("a") as file:
        file.write("# another version\n")
    machines.work("--no-nanny", PYTHONPATH=str(copy))
    code, said = ended(machines.analysis("read", reports, "--out", "store"))
    assert code == 2 and "Traceback" not in said
    assert "另一版程序" in said and "another version" in said


def test_an_item_that_ends_every_process_takes_nothing_along(machines):
    worker = machines.work("--no-nanny")
    found = dict(
        each(helping.odd_ends_its_process, range(5), Bounds(), Cluster(scheduler=machines.scheduler), lot=2)
    )
    crashed = Ended("crashed", "signal 9")
    assert found == {0: 0, 1: crashed, 2: 2, 3: crashed, 4: 4}
    assert worker.poll() is None


def test_what_the_workers_cannot_import_is_a_sentence(machines, tmp_path, monkeypatch):
    machines.work("--no-nanny")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "elsewhere.py").write_text("def double(n): return 2 * n\n")
    monkeypatch.syspath_prepend(tmp_path / "own")
    import elsewhere

    with pytest.raises(InputError, match="每台机器"):
        list(each(elsewhere.double, [1], Bounds(), Cluster(scheduler=machines.scheduler)))
