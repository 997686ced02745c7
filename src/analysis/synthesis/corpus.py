"""Folders of synthetic reports, as large as they are asked for.

In: how many units, which years, formats, seed and share of errors. Out: ``<out>/<unit>/<year>.<type>``, the truth of every cell
in ``.truth/cells.parquet``, the planted errors in ``.truth/planted.csv``, and SYNTHETIC.md, which says what the folder is. A
unit is made from the seed and its number alone, so that a larger corpus begins with the smaller one, however many processes
make it. The folder of the truth is hidden from the reading of reports.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import InputError
from analysis.places import write_whole
from analysis.reading.synthetic import mark
from analysis.synthesis.figures import Figures, year_of
from analysis.synthesis.formats import FORMATS, printed
from analysis.synthesis.paper import paper, truth_of
from analysis.synthesis.planted import Planted, planted, told_of
from analysis.synthesis.printing import Block, Truth
from analysis.synthesis.units import first_name, most_units, unit_of
from analysis.templates import forms

NOTICE, TRUTH = "SYNTHETIC.md", ".truth"
_PLANTED = ("file", "unit", "year", *Planted._fields)
_CELLS = pa.schema(
    [
        ("unit", pa.string()),
        ("year", pa.int64()),
        ("file", pa.string()),
        ("format", pa.string()),
        ("table", pa.string()),
        ("row", pa.string()),
        ("column", pa.string()),
        ("value", pa.float64()),
        ("printed", pa.string()),
    ]
)
_ROWS = 100_000


@dataclass(frozen=True)
class Plan:
    """What a corpus is to be."""

    units: int
    years: tuple[int, ...]
    formats: tuple[str, ...] = FORMATS
    seed: int = 1
    errors: float = 0.0


@dataclass(frozen=True)
class _Report:
    """One file, its true cells, and what was planted in it."""

    unit: str
    year: int
    kind: str
    file: str
    content: bytes
    cells: tuple[tuple, ...] = ()
    planted: tuple[Planted, ...] = ()


@dataclass
class Made:
    """What was written: files by format, cells, and reports with an error by kind."""

    out: Path
    files: Counter[str] = field(default_factory=Counter)
    cells: int = 0
    planted: Counter[str] = field(default_factory=Counter)


def plan(units: int, years: Sequence[int], formats: str = "all", seed: int = 1, errors: float = 0.0) -> Plan:
    """A plan of what was asked for. Raises ``InputError`` for what cannot be made."""
    if not 0 < units <= most_units():
        raise InputError(
            f"单位数应在 1 到 {most_units()} 之间，不能是 {units}。",
            f"The number of units is from 1 to {most_units()}, not {units}.",
        )
    known = sorted(y for f in forms().values() for y in f.years)
    if wrong := sorted(set(years) - set(known)):
        raise InputError(
            f"没有 {wrong[0]} 年的格式：可用 {known[0]}—{known[-1]} 年。",
            f"There is no form of {wrong[0]}: the years are {known[0]} to {known[-1]}.",
        )
    kinds = FORMATS if formats == "all" else tuple(dict.fromkeys(k.strip() for k in formats.split(",")))
    if wrong_kinds := [k for k in kinds if k not in FORMATS]:
        raise InputError(
            f"没有“{wrong_kinds[0]}”这种格式：可用 {','.join(FORMATS)} 或 all。",
            f"There is no format {wrong_kinds[0]!r}: use {','.join(FORMATS)} or all.",
        )
    if not 0 <= errors <= 1:
        raise InputError(
            f"错误的比例在 0 到 1 之间，不能是 {errors}。",
            f"The share of errors is from 0 to 1, not {errors}.",
        )
    if seed < 0:
        raise InputError(f"种子不能是负数（{seed}）。", f"The seed cannot be negative ({seed}).")
    return Plan(units, tuple(sorted(set(years))), kinds, seed, errors)


def synthesise(
    wanted: Plan, out: Path, jobs: int = 1, told: Callable[[int, int], None] = lambda done, of: None
) -> Made:
    """Write a corpus into the folder ``out``, in place of an older synthetic one; ``told`` hears of each unit. Raises
    ``InputError`` if the folder holds anything else."""
    _refuse_others(out)
    made = Made(out)
    truth = out / TRUTH
    try:
        _clear(out)
        truth.mkdir(parents=True)
        _write(out / NOTICE, _notice(wanted).encode())
        _write_all(wanted, made, jobs, told)
    except OSError as error:
        raise InputError(
            f"不能在 {out} 里写（{error.strerror}）：请换一个文件夹。",
            f"Nothing can be written in {out} ({error.strerror}): choose another folder.",
        ) from None
    return made


def _write_all(wanted: Plan, made: Made, jobs: int, told: Callable[[int, int], None]) -> None:
    out, truth = made.out, made.out / TRUTH
    cells: list[tuple] = []
    with (
        pq.ParquetWriter(truth / ".cells", _CELLS, compression="zstd") as table,
        (truth / ".planted").open("w", encoding="utf8", newline="") as listed,
    ):
        rows = csv.writer(listed, lineterminator="\n")
        rows.writerow(_PLANTED)
        for done, reports in enumerate(_units(wanted, jobs), 1):
            for report in reports:
                _write(out / report.file, report.content)
                made.files[report.kind] += 1
                made.planted.update({p.kind for p in report.planted})
                rows.writerows([report.file, report.unit, report.year, *p] for p in report.planted)
                cells += report.cells
            if len(cells) >= _ROWS:
                made.cells += _flush(table, cells)
            told(done, wanted.units)
        made.cells += _flush(table, cells)
    (truth / ".cells").replace(truth / "cells.parquet")
    (truth / ".planted").replace(truth / "planted.csv")


def _flush(table: pq.ParquetWriter, cells: list[tuple]) -> int:
    """Write the cells that were gathered, if any, and forget them."""
    if not cells:
        return 0
    columns = zip(*cells, strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _CELLS.types, strict=True)]
    table.write_table(pa.Table.from_arrays(arrays, schema=_CELLS))
    count = len(cells)
    cells.clear()
    return count


def _units(wanted: Plan, jobs: int) -> Iterator[list[_Report]]:
    """The reports of every unit, in order."""
    work = partial(_of_unit, wanted)
    if jobs == 1:
        yield from map(work, range(wanted.units))
        return
    with multiprocessing.get_context("spawn").Pool(jobs or os.cpu_count()) as pool:
        yield from pool.imap(work, range(wanted.units), chunksize=4)


class _Paper(NamedTuple):
    """A report before it is printed: whose, its true cells as they are printed, its blocks, and whether an error is due."""

    unit: str
    year: int
    figures: Figures
    true: Truth
    blocks: list[Block]
    unlucky: bool


def _papers(wanted: Plan, number: int) -> Iterator[_Paper]:
    """The reports of a unit from the first year to the last, also of years that are not asked for: what they hand on arrives
    in the next."""
    rng = np.random.default_rng([wanted.seed, number])
    unit, figures = unit_of(number, rng), None
    for year in range(wanted.years[0], wanted.years[-1] + 1):
        figures = year_of(year, unit, figures, rng)
        true = truth_of(unit, year, figures)
        blocks = paper(true, unit, figures, rng)
        yield _Paper(unit.name, year, figures, true, blocks, rng.random() < wanted.errors)


def _of_unit(wanted: Plan, number: int) -> list[_Report]:
    """All reports of one unit."""
    reports = []
    every = list(_papers(wanted, number))
    # Errors that come from another unit come from the one before this, which a smaller corpus has as well.
    others: dict[int, _Paper] = {}
    if number and any(sound.unlucky for sound in every):
        others = {sound.year: sound for sound in _papers(wanted, number - 1)}
    asked = [sound for sound in every if sound.year in wanted.years]
    with tempfile.TemporaryDirectory() as aside:
        blocks, errors = _printed(asked, others, str(wanted.seed), Path(aside))
    for sound in asked:
        year = sound.year
        kind = wanted.formats[(number + wanted.years.index(year)) % len(wanted.formats)]
        suffix, content = printed(blocks[year], kind, number)
        file = f"{sound.unit}/{year}{suffix}"
        cells = tuple(
            (sound.unit, year, file, kind, *cell, float(value), sound.true.cells[cell])
            for cell, value in sound.figures.cells.items()
        )
        found = tuple(errors.get(year, ()))
        reports.append(_Report(sound.unit, year, kind, file, content, cells, found))
    return reports


def _printed(
    papers: Sequence[_Paper], others: Mapping[int, _Paper], seed: str, folder: Path
) -> tuple[dict[int, list[Block]], dict[int, list[Planted]]]:
    """The blocks of one unit's reports with the errors that are due, by year, and what these errors are."""
    sound = {paper.year: paper.blocks for paper in papers}
    blocks, plants = dict(sound), {}
    for unit, year, *_, unlucky in papers:
        if unlucky:
            other = (others[year].unit, others[year].blocks) if others else None
            place = f"{seed}/{unit}/{year}"
            blocks[year], plants[year] = planted(
                sound[year], _near(sound, year), unit, year, folder, place, other
            )
    return blocks, {
        year: told_of(plant, _near(blocks, year), folder) for year, plant in plants.items() if plant
    }


def _near(blocks: Mapping[int, list[Block]], year: int) -> dict[int, list[Block]]:
    return {y: blocks[y] for y in (year - 1, year + 1) if y in blocks}


# the folder


def _refuse_others(out: Path) -> None:
    """Raises ``InputError`` if the folder holds anything but a synthetic corpus."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} 是一个文件：请给文件夹。", f"{out} is a file: give a folder.")
    held = sorted(p for p in out.iterdir()) if out.is_dir() else []
    notice = out / NOTICE
    marked = notice.is_file() and mark() in notice.read_text(encoding="utf8", errors="replace")
    other = next((p for p in held if not marked or not _ours(p)), None)
    if other is not None:
        raise InputError(
            f"{out} 里有不是合成数据的内容（{other.name}）：合成数据绝不与真实数据放在一起，请换一个空文件夹。",
            f"{out} holds something that is no synthetic data ({other.name}): synthetic data are never put beside real data; "
            "choose an empty folder.",
        )


def _ours(path: Path) -> bool:
    """Whether something in the folder was written by this program."""
    if path.is_dir():
        reports = path.name.startswith(first_name())
        return path.name == TRUTH or (
            reports and all(re.fullmatch(r"20\d\d\.\w+|\.new-\w+", p.name) for p in path.iterdir())
        )
    return path.name == NOTICE or path.name.startswith(".new-")


def _clear(out: Path) -> None:
    """Take out an older corpus, its notice last."""
    held: Iterable[Path] = out.iterdir() if out.is_dir() else ()
    for path in held:
        if path.is_dir():
            shutil.rmtree(path)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def _notice(wanted: Plan) -> str:
    years = ",".join(map(str, wanted.years))
    asked = f"--units {wanted.units} --years {years} --formats {','.join(wanted.formats)} --seed {wanted.seed} --errors {wanted.errors}"
    return f"""# {mark()}

这个文件夹由 `analysis synth` 生成：单位、数字和文句都是虚构的，只供负载与差错测试，不得引用，也不得与真实报告放在一起。

These files were made by `analysis synth`: the units, the figures and the words are invented, for load and error tests alone.
Nothing here may be quoted or put beside real reports.

- `{TRUTH}/cells.parquet`：每一格的真值，及植入错误之前的印法 | the true value of every cell, and how it is printed where no error is planted
- `{TRUTH}/planted.csv`：植入的错误：文件、种类、位置、真值、印作什么、与什么矛盾 | the planted errors: file, kind, place, true, printed, against what

参数 | made with: `{asked}`
"""
