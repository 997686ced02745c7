"""A warm kernel does what an ordinary one does, sooner; nothing else can be told from a notebook."""

import asyncio
import importlib.metadata
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from analysis.batch import forked, kernels
from analysis.batch.notebooks import NOTEBOOK
from analysis.batch.run import settled

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not kernels._FORKS, reason="kernels cannot be forked here")

# Each is a cell; those that fail say so in their tag.
CELLS = """
print("out"); import sys; print("err", file=sys.stderr)
###
display({"text/plain": "shown", "text/html": "<b>shown</b>"}, raw=True)
###
1 + 1
###
raise ValueError("as it should")
###
input("?")
###
import matplotlib.pyplot as plt
plt.plot([1, 2, 3]); plt.title("a line");
###
plt.get_backend(), sorted(plt.rcParams.items())[:400], [str(f) for f in plt.matplotlib.font_manager.fontManager.ttflist]
###
import os; print(os.getcwd()); os.environ["MADE"] = "here"
###
%cd -q /
###
print(os.getcwd(), dict(sorted((k, v) for k, v in os.environ.items() if k != "JPY_PARENT_PID")))
###
print(sys.path, sys.argv[1::2], Path(sys.argv[0]).name if (Path := __import__("pathlib").Path) else "", __name__, sys.flags)
###
type(get_ipython()), get_ipython().kernel.parent.__class__, len(get_ipython().history_manager.input_hist_raw)
###
import subprocess; subprocess.run(["sh", "-c", "echo to the descriptor; echo and to the other >&2"]); None
###
get_ipython().system("echo from the shell")
###
import multiprocessing as mp
print(mp.current_process(), mp.parent_process(), mp.get_start_method(allow_none=True))
with mp.get_context("fork").Pool(1) as pool: print(pool.map(abs, [-1, -2]))
###
with mp.get_context("forkserver").Pool(1) as pool: print(pool.map(abs, [-3]))
###
import asyncio; await asyncio.sleep(0.01, "awaited")
###
import threading
t = threading.Thread(target=print, args=("from a thread",)); t.start(); t.join(); threading.main_thread() is threading.current_thread()
###
import signal; [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)], signal.pthread_sigmask(signal.SIG_BLOCK, [])
###
os.getsid(0) == os.getpid() == os.getpgid(0), os.read(0, 1), sys.__stdin__.read(), sys.__stdin__.encoding
###
sorted(os.readlink(f"/proc/self/fd/{f}").split(":")[0] for f in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{f}") and "memfd" not in os.readlink(f"/proc/self/fd/{f}")).count("socket")
###
import resource; [resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")], os.umask(0o22)
###
%matplotlib inline
%time
###
import analysis.workbook, warnings; warnings.warn("seen"); sorted(str(f) for f in warnings.filters)
###
sys.exit(0)
###
print("after")
""".strip().split("\n###\n")
FAIL = ("raise ", "input(", "sys.exit")


def notebook(*sources):
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    for n, source in enumerate(sources):
        tags = {"tags": ["raises-exception"]} if source.startswith(FAIL) else {}
        made.cells.append(nbformat.v4.new_code_cell(source, metadata=tags, id=f"cell-{n}"))
    return made


def run(path, *sources, engine="warm", **options):
    """Execute cells, and give what each left."""
    file = path / f"{len(list(path.iterdir()))}.ipynb"
    nbformat.write(notebook(*sources), file)
    try:
        papermill.execute_notebook(file, file, engine_name=engine, progress_bar=False, **options)
    except PapermillExecutionError:
        assert any(source.startswith(FAIL) for source in sources)
    return [said(cell) for cell in nbformat.read(file, 4).cells if cell.cell_type == "code"]


def said(cell):
    """Outputs of a cell, streams joined and without what is different in every process."""
    joined = {}
    for output in cell.outputs:
        if output.output_type == "stream":
            joined[output.name] = joined.get(output.name, "") + output.text
    others = [dict(o) for o in cell.outputs if o.output_type != "stream"]
    text = json.dumps([joined, others, cell.execution_count], sort_keys=True)
    return re.sub(
        r"ipykernel_\d+/\d+|0x[0-9a-f]+|kernel-\w+/kernel.json|Wall time: [^\"]*|CPU times: [^\"]*", "…", text
    )


@pytest.fixture(scope="module", autouse=True)
def _warm():
    kernels.warm_up()


def test_whatever_a_cell_does_comes_out_the_same(tmp_path):
    ordinary = run(
        tmp_path, *CELLS, engine="nbclient", kernel_manager_class="analysis.batch.kernels.LocalKernel"
    )
    warm = run(tmp_path, *CELLS)
    for source, one, other in zip(CELLS, ordinary, warm, strict=True):
        assert one == other, source


def test_the_workbook_comes_out_the_same_to_the_last_byte_of_its_pictures(tmp_path):
    ordinary, warm = (
        settled(
            papermill.execute_notebook(
                NOTEBOOK, tmp_path / f"{engine}.ipynb", {"years": "2020"}, engine, progress_bar=False
            )
        )
        for engine in ("nbclient", "warm")
    )
    assert nbformat.writes(ordinary) == nbformat.writes(warm)


def test_a_kernel_is_forked_and_has_what_was_preloaded(tmp_path):
    (one,) = run(tmp_path, "import os, sys; print(os.getppid(), 'analysis.workbook' in sys.modules)")
    assert f"{kernels._server()._forkserver_pid} True" in one


def test_nothing_of_a_notebook_is_seen_by_the_next(tmp_path):
    change = """
import pandas, matplotlib, os, builtins, sys, random, numpy
pandas.DataFrame = None; matplotlib.rcParams["lines.linewidth"] = 99; os.environ["LEFT"] = "1"; os.chdir("/")
builtins.left = 1; sys.path.append("/left"); pandas.set_option("display.max_rows", 3)
"""
    look = """
import pandas, matplotlib, os, builtins, sys
print(pandas.DataFrame, matplotlib.rcParams["lines.linewidth"], os.environ.get("LEFT"), os.getcwd() == "/",
      hasattr(builtins, "left"), "/left" in sys.path, pandas.get_option("display.max_rows"))
"""
    (before,) = run(tmp_path, look)
    run(tmp_path, change)
    assert run(tmp_path, look) == [before]


def test_what_is_drawn_by_chance_is_another_in_every_kernel(tmp_path):
    draw = "import random, numpy, uuid; print(random.random(), numpy.random.rand(), uuid.uuid4())"
    (one,), (other,) = run(tmp_path, draw), run(tmp_path, draw)
    numbers = [re.findall(r"[\d.]{8,}", text) for text in (one, other)]
    assert len(numbers[0]) >= 2
    assert not set(numbers[0]) & set(numbers[1])


def test_files_are_closed_and_hooks_called_when_a_kernel_ends(tmp_path):
    (tmp_path / "module.py").write_text("kept = open('module.txt', 'w'); kept.write('whole')")
    run(
        tmp_path,
        f"import atexit, tempfile, os; os.chdir({str(tmp_path)!r})\n"
        "kept = open('unflushed.txt', 'w'); kept.write('whole')\n"
        "atexit.register(lambda: open('hook.txt', 'w').write('called'))\n"
        "aside = tempfile.TemporaryDirectory(dir='.', prefix='aside')",
        "import module",
    )
    assert (tmp_path / "module.txt").read_text() == "whole"
    assert (tmp_path / "unflushed.txt").read_text() == "whole"
    assert (tmp_path / "hook.txt").read_text() == "called"
    assert not list(tmp_path.glob("aside*"))


def test_every_kernel_ends_by_itself_when_it_is_asked_to(tmp_path, monkeypatch):
    """Threads of ipykernel may wait for each other at the end: one in four then had to be killed, five seconds later."""
    codes, poll = [], kernels._Process.poll

    def noted(self):
        ended = self.returncode is None and poll(self) is not None
        codes.extend([self.returncode] * ended)
        return self.returncode

    monkeypatch.setattr(kernels._Process, "poll", noted)
    for _ in range(15):
        run(tmp_path, "1")
    assert codes == [0] * 15


def test_a_cell_that_takes_too_long_is_refused_as_ordinarily(tmp_path):
    with pytest.raises(CellTimeoutError):
        run(tmp_path, "import time; time.sleep(60)", execution_timeout=1)


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), 9)", "os._exit(3)"])
def test_a_kernel_that_dies_harms_no_other(death, tmp_path):
    async def both():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            other = loop.run_in_executor(pool, run, tmp_path, "import time; time.sleep(2); print('well')")
            with pytest.raises(DeadKernelError):
                await loop.run_in_executor(pool, lambda: run(dying, f"import os; {death}"))
            return await other

    dying = tmp_path / "dying"
    dying.mkdir()
    assert "well" in asyncio.run(both())[0]


async def _kernel(code, act, **options):
    """Run ``code`` in a kernel, act when it has begun, and give the reply."""
    manager = kernels.WarmKernel(kernel_name="python3")
    await manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(30)
        request = client.execute(code)
        await asyncio.sleep(0.3)
        await act(manager)
        while True:
            reply = await client.get_shell_msg(timeout=20)
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"], manager.provisioner
    finally:
        client.stop_channels()
        await manager.shutdown_kernel()


def test_a_cell_can_be_interrupted():
    reply, provisioner = asyncio.run(
        _kernel("import time; time.sleep(30)", lambda manager: manager.interrupt_kernel())
    )
    assert reply["ename"] == "KeyboardInterrupt"
    assert not provisioner.has_process


def test_a_kernel_is_told_apart_by_what_is_known_of_it():
    async def act(manager):
        info = await manager.provisioner.get_provisioner_info()
        assert info["pid"] == info["pgid"] == manager.provisioner.process.pid
        assert await manager.is_alive()
        again = kernels.ForkserverProvisioner(kernel_spec=manager.kernel_spec, parent=manager)
        await again.load_provisioner_info(info)
        assert again.pid == info["pid"]

    reply, _ = asyncio.run(_kernel("pass", act))
    assert reply["status"] == "ok"


def test_its_own_output_goes_where_it_was_asked_to(tmp_path):
    async def nothing(_):
        pass

    with (tmp_path / "out").open("w") as out:
        asyncio.run(
            _kernel("import sys; print('deep', file=sys.__stdout__, flush=True)", nothing, stdout=out)
        )
    assert "deep" in (tmp_path / "out").read_text()


def test_memory_is_bounded_where_asked(tmp_path):
    hungry = (
        "try:\n    bytearray(3 << 30)\nexcept MemoryError:\n    print('no more')\nelse:\n    print('enough')"
    )
    assert "no more" in run(tmp_path, hungry, memory=2 << 30)[0]
    assert "enough" in run(tmp_path, hungry)[0]


LOCAL = {"shadowing module": ("seaborn.py", "mine = 1"), "settings": ("matplotlibrc", "lines.linewidth: 7")}


@pytest.mark.parametrize("case", LOCAL)
def test_a_folder_with_modules_of_its_own_gets_them(case, tmp_path):
    name, content = LOCAL[case]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).write_text(content)
    look = "import matplotlib; print(matplotlib.rcParams['lines.linewidth']); import seaborn; print(hasattr(seaborn, 'mine'))"
    (out,) = run(tmp_path, look, cwd=str(folder))
    assert ("True" in out) == (name == "seaborn.py")
    assert ("7.0" in out) == (name == "matplotlibrc")


@pytest.mark.parametrize("asked", ["exists", "iterdir"])
def test_a_folder_that_may_not_be_looked_into_is_no_hindrance(asked, tmp_path, monkeypatch):
    """As in /tmp, where systemd keeps folders that are nobody's business."""

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "private").mkdir()
    monkeypatch.setattr(Path, asked, refused)
    assert not forked._shadowed(str(tmp_path))


def test_where_a_kernel_ends_before_it_begins_an_ordinary_one_is_started(tmp_path, monkeypatch):
    ordered = kernels.Forked.ordered
    monkeypatch.setattr(
        kernels.Forked, "ordered", lambda *asked: replace(ordered(*asked), folder=str(tmp_path / "nowhere"))
    )
    (out,) = run(tmp_path, "import os; print(os.getppid())")
    assert f"{os.getpid()}\\n" in out


def test_a_kernel_that_is_registered_with_ipykernel_is_forked_too(tmp_path, monkeypatch):
    spec = {
        "argv": [
            sys.executable,
            "-Xfrozen_modules=off",
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
    }
    place = tmp_path / "share" / "kernels" / "mine"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps({**spec, "display_name": "Mine", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    (out,) = run(tmp_path, "import os, sys; print(os.getppid(), sys._xoptions)", kernel_name="mine")
    assert f"{kernels._server()._forkserver_pid} {{'frozen_modules': 'off'}}" in out


def test_a_long_path_of_temporary_files_is_no_hindrance(tmp_path, monkeypatch):
    long = tmp_path / ("长" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert kernels.LocalKernel(kernel_name="python3").transport == "tcp"
    (out,) = run(tmp_path, "print(1 + 1)")
    assert "2" in out


def test_a_server_that_cannot_be_started_is_no_fault_of_the_run(monkeypatch):
    def refused(*_):
        raise OSError("AF_UNIX path too long")

    monkeypatch.setattr(type(kernels._server()), "ensure_running", refused)
    kernels.warm_up()


def test_another_environment_at_the_start_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    look = "import sys, os; print(sys.flags.hash_randomization, hash('a'), os.environ['PYTHONHASHSEED'])"
    expected = subprocess.check_output([sys.executable, "-c", look], text=True)
    assert json.dumps(expected)[1:-1] in run(tmp_path, look)[0]


def test_papermill_takes_the_engine_by_its_name_and_leaves_nothing_when_it_is_killed(tmp_path):
    tell = "import os, time; open('told', 'w').write(f'{os.getpid()} {os.getppid()} {n}.'); time.sleep(60)"
    nbformat.write(notebook(tell), tmp_path / "in.ipynb")
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--engine",
        "warm",
        "in.ipynb",
        "out.ipynb",
        "-p",
        "n",
        "17",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    told = tmp_path / "told"
    _until(60, lambda: told.exists() and told.read_text().endswith("17."))
    process.kill()
    process.wait()
    pids = told.read_text().split()[:2]
    _until(5, lambda: not any(map(_alive, pids)))


def _until(seconds, holds):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_where_forking_is_not_available_the_log_says_so_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(kernels, "_FORKS", False)
    kernels._say.cache_clear()
    with caplog.at_level(logging.WARNING, "papermill"):
        kernels.warm_up()
        out = run(tmp_path, "import os; print(os.getppid())")
    assert f"{os.getpid()}" in out[0]
    assert [r.message for r in caplog.records if "fork" in r.message] == [
        "此系统不能 fork，改用普通内核 | kernels cannot be forked on this system: ordinary ones are started"
    ]


def test_a_server_that_does_not_start_costs_nothing_but_time(tmp_path, monkeypatch, caplog):
    def refuse(_):
        raise ConnectionRefusedError

    monkeypatch.setattr(kernels._server(), "connect_to_new_process", refuse)
    kernels._say.cache_clear()
    assert "well" in run(tmp_path, "print('well')")[0]
    assert "the warm kernel did not start" in caplog.text


def test_kernels_of_another_kind_are_left_to_others():
    assert kernels._plain([sys.executable, "-m", "ipykernel_launcher", "-f", "x"], {"env": {}})
    assert not kernels._plain(["Rscript", "-e", "IRkernel::main()"], {"env": {}})
    assert not kernels._plain(["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "x"], {"env": {}})
    assert not kernels._plain(
        [sys.executable, "-m", "ipykernel_launcher", "-f", "x"], {"env": {}, "stdin": 0}
    )


def test_the_server_has_no_threads_and_nothing_of_zmq_to_be_copied(tmp_path):
    run(tmp_path, "pass")
    server = Path(f"/proc/{kernels._server()._forkserver_pid}")
    threads = [(task / "comm").read_text().strip() for task in (server / "task").iterdir()]
    # That of pyarrow's allocator sees to itself when its process is forked, as OpenBLAS's have done before this.
    assert len([name for name in threads if "jemalloc" not in name]) == 1, threads
    held = [str(fd.readlink()) for fd in (server / "fd").iterdir()]
    assert len([name for name in held if name.startswith("socket")]) == 1
    assert not [name for name in held if "eventfd" in name]


@pytest.mark.parametrize(
    "first", ["papermill", "analysis.batch.kernels", "analysis.batch.papermill_engine", "analysis.batch.run"]
)
def test_it_can_be_imported_in_any_order(first):
    look = f"import {first}; from papermill.engines import papermill_engines; papermill_engines.get_engine('warm')"
    subprocess.run([sys.executable, "-c", look], check=True)


DECLARED = {
    "papermill.engine": ("warm", "WarmEngine"),
    "jupyter_client.kernel_provisioners": ("analysis-forkserver", "ForkserverProvisioner"),
}


@pytest.mark.parametrize("group", DECLARED)
def test_the_entry_points_are_declared_and_load(group):
    name, what = DECLARED[group]
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]
    assert declared[group] == {name: f"analysis.batch.kernels:{what}"}
    (point,) = importlib.metadata.entry_points(group=group, name=name)
    assert point.load() is getattr(kernels, what)
