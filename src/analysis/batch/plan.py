"""Which runs a batch makes, and what each is made from.

In: a notebook, units and years as typed, a folder of reports. Out: a ``Job`` for each run – one a unit and year, or a unit
(trends), or a period (bulletin) – with the hashes of everything it is made from, so that it is known later whether anything
has changed, and what.
"""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
import papermill

from analysis import __version__, register
from analysis.batch import store
from analysis.batch.check import home, is_store
from analysis.batch.notebooks import KINDS, Run
from analysis.batch.program import fingerprint
from analysis.checking import reviews
from analysis.errors import InputError, printable
from analysis.parameters import SHIPPED, parse_period, parse_units, parse_years, request, years_label
from analysis.places import beside, files_under, is_local, mark, marks, place, reached
from analysis.reading import corrections
from analysis.reading.source import SUFFIXES
from analysis.writing.labels import label

ALL = ("", "all", "全部")


@dataclass(frozen=True)
class Notebook:
    """A notebook to run: its file name, the kind whose parameters it takes, and its content without outputs."""

    name: str
    kind: str
    source: str

    @property
    def stem(self) -> str:
        """What its files are called after."""
        return self.name.removesuffix(".ipynb")

    @cached_property
    def digest(self) -> str:
        """The hash of its cells, with what they are marked as, and of its kernel."""
        made = json.loads(self.source)
        cells = [[c["cell_type"], c["source"], c["metadata"].get("tags")] for c in made["cells"]]
        kernel = made["metadata"].get("kernelspec", {}).get("name")
        return hashlib.sha256(json.dumps([cells, kernel]).encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """One run to be made: its parameters, its notebook, and what it is made from (hashes of the ``inputs`` by name).
    ``refused`` says why it cannot be made, in Chinese and English; ``every_year`` that it is of all years there are, whichever
    these are at the time."""

    run: Run
    notebook: Notebook
    inputs: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, str] | None = None
    every_year: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The unit and the years, or what stands for them in the bulletin of all."""
        if self.run.kind == "bulletin":
            period = self.run.period + (f"-{self.run.group}" if self.run.group else "")
            return label("bulletin_folder", self.run.language), period
        return self.run.unit, self.run.years

    @property
    def id(self) -> str:
        """What it is known by from one batch to the next."""
        unit, years = self.place
        return "/".join([self.notebook.stem, unit, ALL[1] if self.every_year else years])

    @cached_property
    def origin(self) -> dict[str, object]:
        """What the run is made from, for its record; ``key`` is the hash over all of it."""
        made = {
            "kind": self.run.kind,
            "every_year": self.every_year,
            "notebook": self.notebook.name,
            "parameters": self.run.given,
            "version": __version__,
            "program": fingerprint(),
            "notebook_hash": self.notebook.digest,
            "inputs": dict(self.inputs),
        }
        # Where the reports lie is no part of what they say, and which years all of them are the parameters say.
        weighed = {**made, "parameters": {k: v for k, v in self.run.given.items() if k != "data"}}
        del weighed["every_year"]
        text = json.dumps(weighed, ensure_ascii=False, sort_keys=True)
        return {**made, "key": hashlib.sha256(text.encode()).hexdigest()}

    @property
    def key(self) -> str:
        """The hash over all that it is made from."""
        return self.origin["key"]


def open_notebook(typed: str) -> Notebook:
    """A notebook of the workbook by its kind (``problems``, ``trends``, ``bulletin``), or any file whose parameters are
    among those of one of these. Raises ``InputError``."""
    path = KINDS[typed].notebook if typed in KINDS else Path(typed).expanduser()
    if path.suffix != ".ipynb" or not path.is_file():
        kinds = "、".join(KINDS)
        raise InputError(
            f"没有笔记本 {typed}：请写 {kinds} 之一，或一个 .ipynb 文件。",
            f"There is no notebook {typed}: give one of {', '.join(KINDS)}, or a .ipynb file.",
        )
    try:
        notebook = nbformat.read(path, 4)
        taken = set(papermill.inspect_notebook(str(path)))
    except Exception as error:  # nbformat and papermill have many ways to say it
        why = str(error).partition("\n")[0]
        raise InputError(
            f"{path} 不是笔记本（{why}）：请用 JupyterLab 重新保存。",
            f"{path} is no notebook ({why}): save it again in JupyterLab.",
        ) from None
    fitting = [k for k in KINDS if taken <= set(KINDS[k].names)]
    if not fitting:
        known = sorted({name for kind in KINDS.values() for name in kind.names})
        odd = sorted(taken - set(known)) or sorted(taken)
        raise InputError(
            f"{path} 的参数 {'、'.join(odd)} 不能由批次给出：可用的是 {'、'.join(known)}。",
            f"{path} has parameters that a batch cannot give: {', '.join(odd)}; there are {', '.join(known)}.",
        )
    # Another notebook has a run a unit and year, if it can be told them; a copy of ours has the runs of ours.
    kind = next((k for k in fitting if KINDS[k].notebook.name == path.name), fitting[0])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return Notebook(path.name, kind, nbformat.writes(notebook))


@dataclass(frozen=True)
class Asked:
    """What a batch is asked for, as typed."""

    notebook: str = "problems"
    units: str = ""
    years: str = ""
    data: str = ""
    language: str = "zh"
    group: str = ""
    only: str = ""


def plan(asked: Asked) -> list[Job]:
    """The runs that are asked for, in order. Raises ``InputError`` for what no run can come of."""
    notebook = open_notebook(asked.notebook)
    bulletin = notebook.kind == "bulletin"
    if bulletin and asked.units.strip() not in ALL:
        raise InputError(
            "通报是全部单位一起的，不接受 --units：请去掉它，或把这些单位的报告放在一个文件夹里用 --data。",
            "A bulletin is of all units and takes no --units: leave it out, or give a folder of these units with --data.",
        )
    if asked.group and not bulletin:
        raise InputError(
            f"{notebook.name} 不分组：--group 只用于 bulletin。",
            f"{notebook.name} groups nothing: --group is for a bulletin.",
        )
    folder = place(asked.data) if asked.data else SHIPPED
    if printable(str(folder)) != str(folder):
        raise InputError(
            f"文件夹 {folder} 的路径不是 UTF-8 编码：请改名。",
            f"The path of the folder {folder} is not in UTF-8: rename it.",
        )
    with reached(folder):
        return _jobs(asked, folder, notebook)


def _jobs(asked: Asked, folder: Path, notebook: Notebook) -> list[Job]:
    bulletin = notebook.kind == "bulletin"
    if not folder.is_dir():
        request(data=asked.data)  # says what is wrong with it
    runs = list((_bulletins if bulletin else _of_units)(asked, folder, notebook))
    jobs = [job for job in runs if _wanted(job, asked.only)]
    if not runs and not bulletin and not _filed(folder):
        raise InputError(
            f"{folder} 里没有报告：请按 <单位>/<年份>.<类型> 放入。",
            f"{folder} has no report: put them there as <unit>/<year>.<type>.",
        )
    if not jobs:
        raise InputError(
            f"没有要运行的：{folder} 里没有符合 --units、--years、--only 的报告。",
            f"There is nothing to run: {folder} has no report that --units, --years and --only leave.",
        )
    return jobs


def _wanted(job: Job, only: str) -> bool:
    name = "/".join(job.place)
    return not only or only in name or fnmatch.fnmatch(name, only)


def _of_units(asked: Asked, folder: Path, notebook: Notebook) -> Iterator[Job]:
    filed = _filed(folder)
    sides = _Sides(folder)
    every = asked.units.strip() in ALL
    years = None if asked.years.strip() in ALL else parse_years(asked.years)
    for unit in sorted(filed) if every else parse_units(asked.units):
        have = filed.get(unit, {})
        if refused := _ill_named(unit):
            unit = printable(unit)
            yield Job(
                Run(unit, "", asked.data, "", asked.language, kind=notebook.kind), notebook, {}, refused
            )
            continue
        inputs = sides.of(have)
        for of in _years_of_runs(notebook.kind, have, years, every):
            run = Run(unit, of, asked.data, "", asked.language, kind=notebook.kind)
            missing = not have or (notebook.kind == "problems" and int(of) not in have)
            whole = notebook.kind == "trends" and years is None
            yield Job(run, notebook, inputs, _refusal(run) if missing else None, whole)


def _years_of_runs(
    kind: str, have: Mapping[int, Path], years: Sequence[int] | None, every: bool
) -> list[str]:
    """The years that each run of a unit is of: of trends one run for all of them."""
    # Of all units each has its years; of one that is named a year that is missing is worth knowing.
    asked = sorted(have) if years is None else [year for year in years if year in have or not every]
    if every and not asked:
        return []
    if not have and (kind == "trends" or years is None):
        return [""]
    if kind == "trends":
        return [years_label(years) if years else "-".join(map(str, sorted({min(have), max(have)})))]
    return [str(year) for year in asked]


def _ill_named(unit: str) -> tuple[str, str] | None:
    """Why no run can be made of a unit with such a name."""
    if (readable := printable(unit)) != unit:
        return (
            f"文件夹名“{readable}”不是 UTF-8 编码（多出自别的系统压缩的文件）：请改名。",
            f"The name of the folder “{readable}” is not in UTF-8, as of archives from other systems: rename it.",
        )
    if parse_units(unit) != [unit]:
        return (
            f"文件夹名“{unit}”含逗号、顿号或前后空格，会被当作几个单位：请改名。",
            f"The folder “{unit}” has a comma or outer blanks in its name and would be taken for several units: rename it.",
        )
    return None


def _refusal(run: Run) -> tuple[str, str] | None:
    try:
        request(run.unit, run.years, run.data, "", run.language)
    except InputError as error:
        return error.zh, error.en
    return None


def _bulletins(asked: Asked, folder: Path, notebook: Notebook) -> Iterator[Job]:
    sides = _Sides(folder)
    if is_store(folder):
        package = folder / "datapackage.json"
        periods = [] if asked.years.strip() in ALL else list(map(str, parse_years(asked.years)))
        if not periods:
            raise InputError(
                "数据文件夹的通报请写明年份：--years 2024。",
                "Name the years for the bulletin of a store: --years 2024.",
            )
        inputs = dict.fromkeys(periods, sides.hashed({package.name: package}))
    else:
        paths = store.find(folder, parts=True)
        have = sorted({p.stem.upper() for p in paths if re.fullmatch(r"20\d\d([QH][1-4])?", p.stem.upper())})
        typed = [p for p in re.split(r"[,，、\s]+", asked.years.strip()) if p]
        if asked.years.strip() in ALL:
            periods = have
            if not have:
                raise InputError(
                    f"{folder} 里的文件不以年份命名：通报请写明年份，如 --years 2024。",
                    f"The files in {folder} are not called after years: name the years of the bulletin, e.g. --years 2024.",
                )
        elif all(re.fullmatch(r"\d{4}([-–—~至]\d{4})?", p) for p in typed):
            periods = list(map(str, parse_years(asked.years)))
        else:
            periods = list(dict.fromkeys(parse_period(p).code for p in typed))
        named = {printable(p.relative_to(folder).as_posix()): p for p in paths}
        years = sides.hashed({n: p for n, p in named.items() if not store.PART.fullmatch(p.stem)})
        inputs = {
            period: sides.hashed({n: p for n, p in named.items() if p.stem.upper() == period})
            if store.PART.fullmatch(period)
            else years
            for period in periods
        }
    sources = folder / "sources.csv"
    listed = sides.hashed({sources.name: sources}) if sources.is_file() else {}
    for period in periods:
        run = Run(data=asked.data, language=asked.language, period=period, group=asked.group, kind="bulletin")
        yield Job(run, notebook, {**inputs[period], **sides.common, **listed})


def _filed(folder: Path) -> dict[str, dict[int, Path]]:
    """The report files by unit and year, as ``parameters`` finds them: a format that can be read goes first."""
    filed: dict[str, dict[int, Path]] = {}
    found = [p for p in files_under(folder) if p.parent.parent == folder and re.fullmatch(r"20\d\d", p.stem)]
    for path in sorted(found, key=lambda p: (p.suffix.lower() not in SUFFIXES, p.name)):
        filed.setdefault(path.parent.name, {}).setdefault(int(path.stem), path)
    return filed


class _Sides:
    """The files beside a folder of reports that what is made of them depends on."""

    def __init__(self, folder: Path) -> None:
        names = (register.NAME, corrections.NAME, reviews.NAME)
        found = {name: path for name in names if (path := beside(home(folder), name)).is_file()}
        # Where files are on another machine, what it says of their content; reading them to know it would be slow.
        self._marks = {} if is_local(folder) else marks(folder)
        self.common = self.hashed(found)
        listed = folder / "sources.csv"
        self._editions = _editions(listed) if is_local(folder) else {}
        # There the list of sources, which goes by the hashes of files, counts as a whole.
        self._listed = {listed.name: self._marks[listed]} if listed in self._marks else {}

    def hashed(self, files: Mapping[str, Path]) -> dict[str, str]:
        """The hash of each file by its name."""
        return {name: self._marks.get(path) or _digest(path) for name, path in files.items()}

    def of(self, files: Mapping[int, Path]) -> dict[str, str]:
        """The inputs of a run on a unit's reports: all its years, since each decides and checks the others."""
        named = {printable(f"{p.parent.name}/{p.name}"): p for _, p in sorted(files.items())}
        inputs = self.hashed(named)
        # Of the list of sources only what it says of these files counts.
        told = {name: self._editions[digest] for name, digest in inputs.items() if digest in self._editions}
        said = json.dumps(told, ensure_ascii=False).encode()
        return {
            **inputs,
            **self.common,
            **self._listed,
            **({"sources.csv": hashlib.sha256(said).hexdigest()} if told else {}),
        }


def _editions(listed: Path) -> dict[str, str]:
    if not listed.is_file():
        return {}
    rows = csv.DictReader(listed.read_text(encoding="utf-8-sig", errors="replace").splitlines())
    return {row.get("sha256") or "": row.get("edition") or "" for row in rows}


def _digest(path: Path) -> str:
    if not is_local(path):
        return mark(path)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
