"""What the tests of the engine have done in other processes: functions that end well, badly or not at all."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def double(n):
    return 2 * n


def chatter(n):
    print("a line that is no answer")
    sys.stdout.flush()
    os.write(1, b"\x80 nor is this")
    return n


def large(n):
    return bytes(n)


def fail(n):
    raise ValueError(f"no {n}")


def greedy(n):
    return len(bytearray(n))


def end(how):
    """A process that ends by itself: by exit code, or by a signal."""
    os._exit(how) if how >= 0 else os.kill(os.getpid(), -how)


def sleep(seconds):
    time.sleep(seconds)
    return seconds


def litter(told):
    """Leave a temporary folder that nobody clears away, and then, if its name is to be ``told`` in a file, never end."""
    made = tempfile.mkdtemp(prefix="litter-")
    if told:
        Path(told).write_text(made)
        time.sleep(600)
    return made


def odd_ends_its_process(n):
    if n % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def leave_pids(folder):
    """Start a child, write down who we are and who it is, and never end."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    noted = Path(folder) / f"pids-{os.getpid()}"
    # Whoever waits for the file must not find it without its line.
    aside = noted.with_name("aside-" + noted.name)
    aside.write_text(f"{os.getpid()} {child.pid}")
    aside.replace(noted)
    time.sleep(600)


def held_and_noted(item):
    """Leave a note at the beginning; be done when there is a file ``go``, or at once if it need not be held."""
    folder, n, held = item
    with (Path(folder) / "begun").open("a") as notes:
        notes.write(f"{n} {os.getpid()} {os.getppid()}\n")
    while held and not (Path(folder) / "go").exists():
        time.sleep(0.05)
    return n


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def gone(pids, within=3.0):
    """Whether all these processes are gone before the time is over."""
    until = time.monotonic() + within
    while any(map(alive, pids)):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def waited_for(what, within=120.0):
    """What ``what()`` returns once it is true."""
    until = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < until, f"not within {within} s"
        time.sleep(0.1)
    return found


def crash_and_leave(folder):
    """Start a child, write down which, and be gone."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (Path(folder) / "pid").write_text(str(child.pid))
    os._exit(3)


ENDLESS = "re.match(r'(a+)+$', 'a' * 60 + 'b')"


def stuck(folder):
    """Write down who we are, and never let go of the interpreter again."""
    (Path(folder) / "pid").write_text(str(os.getpid()))
    eval(ENDLESS, {"re": re})


def stuck_kernel(folder):
    """Have a kernel run a cell that never lets go of the interpreter, and writes down its process first."""
    _in_a_kernel(
        folder,
        f"import os, re\nopen({str(Path(folder) / 'pid')!r}, 'w').write(str(os.getpid()))\n{ENDLESS}",
    )


def kernel_with_a_child(folder):
    """Have a kernel run a cell that starts a process of its own, writes down which, and never ends."""
    _in_a_kernel(
        folder,
        "import subprocess, time\nchild = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(Path(folder) / 'pid')!r}, 'w').write(str(child.pid))\ntime.sleep(600)",
    )


def _in_a_kernel(folder, source):
    import nbformat
    import papermill

    import analysis.batch.papermill_engine  # noqa: F401

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(notebook, Path(folder) / "stuck.ipynb")
    papermill.execute_notebook(
        str(Path(folder) / "stuck.ipynb"), None, engine_name="warm", progress_bar=False
    )
