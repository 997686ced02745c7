"""One run: a notebook through papermill, its page and its tables, complete or not at all.

The reports are read once before a kernel is started, so that bad input is refused at once and in
one sentence; everything is written aside and put in place in one step.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError

from analysis.errors import InputError
from analysis.parameters import request
from analysis.workbook import Workbook, open_request
from analysis.writing.export import to_html

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "problems_and_improvements.ipynb"
# What a kernel may say on stderr without anything being wrong: nothing so far.
EXPECTED_ON_STDERR: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """The parameters of one run, as typed; they go to the notebook unchanged."""

    unit: str = ""
    years: str = ""
    data: str = ""
    file: str = ""
    language: str = "zh"


@dataclass(frozen=True)
class Made:
    """What a run has left: the folder and the workbook it is about."""

    folder: Path
    notebook: Path
    page: Path
    tables: Path
    book: Workbook


class LocalKernel(AsyncKernelManager):
    """A kernel spoken to through files of this machine, not over a network port."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{"transport": "ipc", **options})


_KERNELS = "analysis.batch.run.LocalKernel" if os.name == "posix" else "jupyter_client.AsyncKernelManager"


class RunFailed(Exception):
    """A run that did not go through, in one sentence."""


def make(run: Run, out: Path, notebook: Path = NOTEBOOK) -> Made:
    """Execute ``notebook`` for ``run``; leave ``<out>/<unit>/<years>/``.

    Raises ``InputError`` for bad input and ``RunFailed`` for anything else that keeps the run from
    being good; in either case nothing is left behind and what was there before stays.
    """
    book = open_request(request(**asdict(run)))
    folder = out / book.unit / book.years
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"不能在 {out} 里写结果（{error.strerror}）：请换一个 OUT。",
            f"Output cannot be written in {out} ({error.strerror}): choose another OUT.",
        ) from None
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(run, book, notebook, aside)
        _put(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        _prune(folder.parent, out)
        raise
    name = notebook.stem
    return Made(folder, folder / f"{name}.ipynb", folder / f"{name}.html", folder / "tables", book)


def _write(run: Run, book: Workbook, notebook: Path, folder: Path) -> None:
    executed = _execute(run, notebook, folder / notebook.name)
    nbformat.write(executed, folder / notebook.name)
    page = to_html(executed, book.title, book.language)
    (folder / f"{notebook.stem}.html").write_text(page, encoding="utf8")
    tables = folder / "tables"
    tables.mkdir()
    for name, table in book.tables.items():
        table.to_csv(tables / f"{name}.csv", index=False, lineterminator="\n")


def _execute(run: Run, notebook: Path, target: Path) -> nbformat.NotebookNode:
    given = {name: value for name, value in asdict(run).items() if value}
    try:
        executed = papermill.execute_notebook(
            str(notebook),
            str(target),
            parameters=given,
            progress_bar=False,
            log_output=False,
            kernel_manager_class=_KERNELS,
        )
    except PapermillExecutionError as error:
        raise _failure(error) from None
    unfinished = [c for c in executed.cells if c.cell_type == "code" and c.get("execution_count") is None]
    if unfinished:
        raise RunFailed(f"{len(unfinished)} 个单元没有运行 | {len(unfinished)} cells did not run")
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr" and not any(e in output.text for e in EXPECTED_ON_STDERR):
                raise RunFailed(f"内核报错输出 | the kernel wrote to stderr: {output.text.strip()[:300]}")
    return settled(executed)


def refresh(notebook: Path) -> None:
    """Execute a committed notebook in place, with its own defaults."""
    with tempfile.TemporaryDirectory() as aside:
        executed = _execute(Run(language=""), notebook, Path(aside) / notebook.name)
    nbformat.write(executed, notebook)


def _failure(error: PapermillExecutionError) -> Exception:
    if error.ename == "InputError":
        zh, _, en = error.evalue.partition("\n")
        return InputError(zh, en)
    return RunFailed(
        f"单元 {error.exec_count} 出错 | cell {error.exec_count} failed: {error.ename}: {error.evalue}"
    )


def settled(executed: nbformat.NotebookNode) -> nbformat.NotebookNode:
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


def _put(aside: Path, folder: Path) -> None:
    """Put the finished folder in place; the one it replaces goes only then."""
    aside.chmod(0o755)
    old = None
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(old / folder.name)
    try:
        aside.rename(folder)
    except OSError:
        if old:
            (old / folder.name).rename(folder)
        raise
    finally:
        if old:
            shutil.rmtree(old, ignore_errors=True)


def _prune(folder: Path, stop: Path) -> None:
    """Remove folders that this run made and that stayed empty."""
    while folder != stop.parent and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
