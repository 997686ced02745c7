"""One run: a notebook through papermill, its page, its tables and its files, complete or not at all.

In: a notebook, its parameters, a folder. Out: ``<out>/<place>/`` with everything the run left, among it ``<notebook>.run.json``,
which says what it was made from. Everything is written aside and put in place in one step. A run is good only if every cell
completed, nothing unexpected came on stderr and no glyph was missing; what else it is, it says.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from analysis import __version__
from analysis.batch.kernels import warm_up
from analysis.batch.notebooks import KINDS, Run, is_ours
from analysis.batch.papermill_engine import Engine
from analysis.errors import InputError, Unreached
from analysis.places import files_under, is_local, put, reached, unwritable, write_whole
from analysis.writing.export import to_html

# What a kernel may say on stderr without anything being wrong: nothing so far.
EXPECTED_ON_STDERR: tuple[str, ...] = ()
# What matplotlib says of a sign that its font lacks.
_NO_GLYPH = " missing from font"
# The tag by which nbclient passes a cell over.
_SKIPPED = "skip-execution"
RECORD = ".run.json"
# What the kernel says of the run, for the process that drives it.
_ABOUT = "about.json"
# What of it the record keeps: ``failed`` tells of files that were passed over, ``again`` whether another time they might not be.
SAID = ("headlines", "figures", "findings", "synthetic", "failed", "again")


@dataclass(frozen=True)
class Made:
    """What a run has left: the folder, the files in it, and what the run says of itself (``leave``)."""

    folder: Path
    notebook: Path
    page: Path
    tables: Path
    about: Mapping[str, object]
    seconds: Mapping[int, float]


class RunFailed(Exception):
    """A run that is not good, in one sentence; ``state`` is ``failed`` (a cell raised), ``crashed``, ``ended_early`` or
    ``unclean``. ``executed`` is its notebook as far as it came."""

    def __init__(self, state: str, zh: str, en: str, executed: NotebookNode | None = None) -> None:
        super().__init__(f"{zh} | {en}")
        self.state, self.zh, self.en, self.executed = state, zh, en, executed


def make(
    run: Run,
    out: Path,
    notebook: Path | None = None,
    origin: Mapping[str, object] | None = None,
    aside: str = ".one-",
) -> Made:
    """Execute the notebook of ``run``, or another ``notebook`` with its parameters; leave ``<out>/<unit>/<years>/``.

    ``origin`` is what the run is made from (``plan``), kept in its record. It is written in a folder beside the others whose
    name begins with ``aside``. Raises ``InputError`` for bad input and ``RunFailed`` for anything else that keeps the run from being good; in either case
    nothing is left behind and what was there before stays.
    """
    warm_up()  # while this process goes on
    notebook = notebook or KINDS[run.kind].notebook
    stem = notebook.stem
    with aside_of(out, aside) as folder:
        executed, seconds = execute(notebook, folder / f"{stem}.ipynb", run.given, folder)
        about = json.loads((folder / _ABOUT).read_text(encoding="utf8"))
        (folder / _ABOUT).unlink()
        nbformat.write(executed, folder / f"{stem}.ipynb")
        page = to_html(executed, about["title"], about["language"])
        (folder / f"{stem}.html").write_text(page, encoding="utf8")
        own = "" if is_ours(stem) else f"-{stem}"
        first, within = about["place"]
        place = out / first / f"{within}{own}"
        said = {name: about[name] for name in SAID}
        origin = origin or {"kind": run.kind, "notebook": notebook.name, "parameters": run.given}
        record = {"version": __version__, **origin, "state": "good", "tables": "tables", **said}
        text = json.dumps(record, ensure_ascii=False, indent=1)
        (folder / f"{stem}{RECORD}").write_text(text + "\n", encoding="utf8")
        _put(folder, place)
    return Made(place, place / f"{stem}.ipynb", place / f"{stem}.html", place / "tables", about, seconds)


class _Leaving(Engine):
    """The warm engine, with a last request to the kernel once all cells have run: to leave its files."""

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, last: str = "", **kwargs) -> NotebookNode:
        """Execute ``nb`` and then the code ``last``, which the notebook does not keep unless it failed."""
        if last:
            nb.cells.append(nbformat.v4.new_code_cell(last, id="leave"))
        executed = super().execute_notebook(nb, kernel_name, **kwargs)
        if last and all(o.output_type != "error" for o in executed.cells[-1].outputs):
            said = executed.cells.pop().outputs
            if said and executed.cells:
                executed.cells[-1].setdefault("outputs", []).extend(said)
        return executed


papermill_engines.register("leaving", _Leaving)


def execute(
    notebook: Path,
    target: Path,
    parameters: Mapping[str, str],
    leave: Path | None = None,
) -> tuple[NotebookNode, dict[int, float]]:
    """Execute a notebook; the kernel leaves its files in ``leave``. Returns it with the seconds that each cell took.
    Raises ``InputError`` and ``RunFailed``."""
    last = ""
    if leave:
        last = f"from analysis.batch.leave import leave as _leave\n_leave(book, {str(leave)!r}, {target.stem!r}, {_ABOUT!r})"
    try:
        executed = papermill.execute_notebook(
            str(notebook),
            str(target),
            parameters=dict(parameters),
            progress_bar=False,
            log_output=False,
            engine_name="leaving",
            last=last,
        )
    except PapermillExecutionError as error:
        raise _failure(error, target) from None
    except DeadKernelError:
        raise RunFailed("crashed", "内核中断", "the kernel died", _left(target)) from None
    except TimeoutError as error:
        why = " ".join(str(error).split())
        zh, en = (
            f"内核没有交出全部输出（{why}）",
            f"the kernel did not hand over all that it had put out ({why})",
        )
        raise RunFailed("crashed", zh, en, _left(target)) from None
    except RuntimeError as error:
        if "kernel" not in str(error).lower():
            raise
        # jupyter_client, of one that did not come up.
        zh, en = (
            f"内核没有起来（{error}），多因内存不足",
            f"the kernel did not start ({error}), most often for want of memory",
        )
        raise RunFailed("crashed", zh, en, _left(target)) from None
    _refuse_unclean(executed, leave is None or (leave / _ABOUT).exists())
    stamps = enumerate(cell.metadata.get("papermill", {}) for cell in executed.cells)
    seconds = {n: stamp["duration"] for n, stamp in stamps if stamp.get("duration")}
    return settled(executed), seconds


def _refuse_unclean(executed: NotebookNode, left: bool) -> None:
    """Raises ``RunFailed`` unless every cell ran in silence and the kernel has then ``left`` its files."""
    if n := sum(map(_unfinished, executed.cells)):
        raise RunFailed("ended_early", f"{n} 个单元没有运行", f"{n} cells did not run", executed)
    if not left:
        zh, en = "最后一个单元结束了内核，结果没有写出", "the last cell ended the kernel: nothing was written"
        raise RunFailed("ended_early", zh, en, executed)
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") != "stderr" or any(e in output.text for e in EXPECTED_ON_STDERR):
                continue
            said = output.text.strip()[:300]
            if _NO_GLYPH in output.text:
                raise RunFailed("unclean", f"图中缺字：{said}", f"a chart lacks a sign: {said}", executed)
            raise RunFailed(
                "unclean", f"内核报错输出：{said}", f"the kernel wrote to stderr: {said}", executed
            )


def _unfinished(cell: NotebookNode) -> bool:
    """Whether there was something to run that has not run: not in a cell without code, nor in one that is to be skipped."""
    to_run = (
        cell.cell_type == "code" and cell.source.strip() and _SKIPPED not in cell.metadata.get("tags", ())
    )
    return bool(to_run) and cell.get("execution_count") is None


def _failure(error: PapermillExecutionError, target: Path) -> Exception:
    if refused := {kind.__name__: kind for kind in (InputError, *InputError.__subclasses__())}.get(
        error.ename
    ):
        zh, _, en = error.evalue.partition("\n")
        return refused(zh, en)
    # A kernel that ran out of memory may still say so.
    state = "crashed" if error.ename.endswith("MemoryError") else "failed"
    said = f"{error.ename}: {error.evalue}"
    zh, en = f"单元 {error.exec_count} 出错：{said}", f"cell {error.exec_count} failed: {said}"
    return RunFailed(state, zh, en, _left(target))


def _left(target: Path) -> NotebookNode | None:
    """What papermill wrote of a notebook, as far as it came."""
    with suppress(OSError, ValueError):
        return nbformat.read(target, 4)
    return None


def refresh(notebook: Path) -> None:
    """Execute a committed notebook in place, with its own defaults."""
    with tempfile.TemporaryDirectory() as aside:
        executed, _ = execute(notebook, Path(aside) / notebook.name, {})
    write_whole(notebook, (nbformat.writes(executed) + "\n").encode())


def settled(executed: NotebookNode) -> NotebookNode:
    """An executed notebook without clock times and paths, so that two runs give the same file."""
    kept = executed.metadata.get("papermill", {})
    executed.metadata.pop("papermill", None)
    if kept.get("parameters"):
        executed.metadata["papermill"] = {"parameters": kept["parameters"], "version": kept["version"]}
    executed.metadata.pop("widgets", None)
    for n, cell in enumerate(executed.cells):
        # The cell that papermill puts in has a new id in every run.
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = f"injected-parameters-{n}"
        for stamp in ("papermill", "execution"):
            cell.metadata.pop(stamp, None)
    return executed


# putting it in place


@contextmanager
def aside_of(out: Path, begins: str) -> Iterator[Path]:
    """A folder to write a run in, which is gone afterwards; and so are folders of ``out`` that it made and nothing used. Raises
    ``Unreached`` if nothing can be written there."""
    there = next((p for p in (out, *out.parents) if p.exists()), out) if is_local(out) else out
    try:
        if is_local(out):
            out.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=begins, dir=out))
        else:
            folder = Path(tempfile.mkdtemp(prefix="run-"))
    except OSError as error:
        raise unwritable(out, "--out", error, Unreached) from None  # another time there may be room
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        while is_local(out) and out != there and out.is_dir() and not any(out.iterdir()):
            out.rmdir()
            out = out.parent


def _put(aside: Path, folder: Path) -> None:
    """Put the finished files in the place ``folder``; those they replace go only then."""
    if not is_local(folder):
        with reached(folder):
            _put_far(aside, folder)
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside.chmod(0o755)
    for _ in range(_PUT):
        old = None
        with suppress(FileNotFoundError):  # there is nothing to replace
            old = _set_aside(folder)
        try:
            aside.rename(folder)
            return
        except OSError as error:
            if old and not folder.exists():
                (old / folder.name).rename(folder)
            # Another run of the same name was put there meanwhile.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            if old:
                shutil.rmtree(old, ignore_errors=True)
    raise Unreached(
        f"{folder} 不断被另一个命令写入：请让一个结果只由一个命令写。",
        f"{folder} is written by another command again and again: let one command write a result.",
    )


def _set_aside(folder: Path) -> Path:
    """Move a folder into a new one beside it, which is returned. Raises ``FileNotFoundError`` if it is not there."""
    old = Path(tempfile.mkdtemp(prefix=f"{OLD}{folder.name}-", dir=folder.parent))
    try:
        folder.rename(old / folder.name)
    except OSError:
        old.rmdir()
        raise
    return old


OLD = ".old-"
# No run takes so many seconds.
LONG = 24 * 3600
# So often it is tried to put a result in its place.
_PUT = 5


def _put_far(aside: Path, folder: Path) -> None:
    """On another machine files appear one by one: the record goes first and comes last, and only with it is a run there."""
    before = {p.relative_to(folder).as_posix(): p for p in files_under(folder)} if folder.exists() else {}
    for name in [name for name in before if name.endswith(RECORD)]:
        before.pop(name).unlink()
    files = sorted((p for p in aside.rglob("*") if p.is_file()), key=lambda p: p.name.endswith(RECORD))
    names = {p.relative_to(aside).as_posix() for p in files}
    for name in before.keys() - names:
        with suppress(FileNotFoundError):
            before[name].unlink()
    for path in files:
        put(path, folder.joinpath(*path.relative_to(aside).parts))


def restore(out: Path, young: float = 0) -> None:
    """After a batch that was killed: what was being replaced comes back unless what replaces it is there; what was being
    written goes, unless something was written there less than so many seconds ago."""
    for old in out.glob(f"*/{OLD}*"):
        with suppress(OSError):  # a single run beside this may be done with it
            for folder in old.iterdir():
                if not (old.parent / folder.name).exists():
                    folder.rename(old.parent / folder.name)
        shutil.rmtree(old, ignore_errors=True)
    # That of a single run may be going on, too.
    for pattern, least in ((".run-*", young), (".one-*", LONG)):
        for aside in out.glob(pattern):
            with suppress(OSError):
                if not least or time.time() - aside.stat().st_mtime > least:
                    shutil.rmtree(aside, ignore_errors=True)
    for file in (*out.glob(".new-*"), *out.glob("*/*/.new-*")):  # index and logs
        if not file.is_dir():  # tables that a check writes, or has left
            file.unlink(missing_ok=True)
