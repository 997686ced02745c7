"""One run: a notebook through papermill, its page and its tables, complete or not at all.

The reports are read once before a kernel is started, so that bad input is refused at once and in
one sentence; everything is written aside and put in place in one step.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import nbformat
import pandas as pd
import papermill
from papermill.exceptions import PapermillExecutionError

from analysis.batch.kernels import warm_up
from analysis.bulletin import open_bulletin
from analysis.errors import InputError
from analysis.parameters import BULLETIN_NAMES, NAMES, TREND_NAMES
from analysis.rates_and_trends import open_rates_and_trends
from analysis.workbook import open_workbook
from analysis.writing.export import to_html

_NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
# What a kernel may say on stderr without anything being wrong: nothing so far.
EXPECTED_ON_STDERR: tuple[str, ...] = ()


class Book(Protocol):
    """What a notebook talks to, as far as a run needs it."""

    language: str

    @property
    def title(self) -> str:
        """The title of the page."""

    @property
    def place(self) -> tuple[str, str]:
        """Where a run leaves its files: the folder, and the one within."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables that a run leaves as CSV."""

    def headlines(self, most: int) -> list[str]:
        """What matters most, in a sentence each."""


@dataclass(frozen=True)
class Kind:
    """A notebook that can be run: its file, the parameters it takes, and what opens its book."""

    notebook: Path
    names: tuple[str, ...]
    open: Callable[..., Book]


KINDS = {
    "problems": Kind(_NOTEBOOKS / "problems_and_improvements.ipynb", NAMES, open_workbook),
    "trends": Kind(_NOTEBOOKS / "rates_and_trends.ipynb", TREND_NAMES, open_rates_and_trends),
    "bulletin": Kind(_NOTEBOOKS / "bulletin.ipynb", BULLETIN_NAMES, open_bulletin),
}
NOTEBOOK = KINDS["problems"].notebook


@dataclass(frozen=True)
class Run:
    """The parameters of one run, as typed; those that its notebook takes go to it unchanged."""

    unit: str = ""
    years: str = ""
    data: str = ""
    file: str = ""
    language: str = "zh"
    period: str = ""
    group: str = ""
    kind: str = "problems"

    @property
    def given(self) -> dict[str, str]:
        """What is not empty of the parameters that its notebook takes."""
        return {name: value for name in KINDS[self.kind].names if (value := getattr(self, name))}


@dataclass(frozen=True)
class Made:
    """What a run has left: the folder and the workbook it is about."""

    folder: Path
    notebook: Path
    page: Path
    tables: Path
    book: Book


class RunFailed(Exception):
    """A run that did not go through, in one sentence."""


def make(run: Run, out: Path, notebook: Path | None = None, told: Callable | None = None) -> Made:
    """Execute the notebook of ``run``, or another ``notebook`` with its parameters; leave ``<out>/<unit>/<years>/``.

    ``told`` hears of each file, where a run reads a whole folder. Raises ``InputError`` for bad input and ``RunFailed`` for anything else that keeps the run from
    being good; in either case nothing is left behind and what was there before stays.
    """
    kind = KINDS[run.kind]
    notebook = notebook or kind.notebook
    # The server loads while this process reads.
    warm_up()
    book = kind.open(**run.given, **({"told": told} if told else {}))
    folder = out.joinpath(*book.place)
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


def _write(run: Run, book: Book, notebook: Path, folder: Path) -> None:
    executed = _execute(run, notebook, folder / notebook.name)
    nbformat.write(executed, folder / notebook.name)
    page = to_html(executed, book.title, book.language)
    (folder / f"{notebook.stem}.html").write_text(page, encoding="utf8")
    tables = folder / "tables"
    tables.mkdir()
    for name, table in book.tables.items():
        table.to_csv(tables / f"{name}.csv", index=False, lineterminator="\n")
    # A book may leave more files, called after its notebook.
    for name, content in book.files(notebook.stem).items() if hasattr(book, "files") else ():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _execute(run: Run, notebook: Path, target: Path) -> nbformat.NotebookNode:
    try:
        executed = papermill.execute_notebook(
            str(notebook),
            str(target),
            parameters=run.given,
            progress_bar=False,
            log_output=False,
            engine_name="warm",
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
