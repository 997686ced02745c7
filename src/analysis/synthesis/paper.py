"""A synthetic report before it is printed: what it says and its tables.

In: a unit, a year and its figures. Out: blocks – lines of text and grids – for the printers of ``printing``. The sentences are
declared in sentences.yml; the numbers they print are those of the cells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.reading.synthetic import mark
from analysis.synthesis import printing
from analysis.synthesis.figures import Figures
from analysis.synthesis.printing import ORDINALS, Block, Grid, Heading, Title, Truth
from analysis.synthesis.units import Unit
from analysis.templates import Cell, Column, concepts, declared, sections

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([^{}]+)\}")
_MYRIAD = 10_000


class _NotTold(Exception):
    """A sentence needs a number that there is not."""


def truth_of(unit: Unit, year: int, figures: Figures) -> Truth:
    """The cells as they are printed."""
    tables = figures.form.tables
    cells = {
        cell: ""
        if not value and cell.table in unit.blanks
        else _text(tables[cell.table].column_of(cell), value)
        for cell, value in figures.cells.items()
    }
    return Truth(unit.name, year, figures.form, cells)


def _text(column: Column, value: int) -> str:
    if column.kind == "change":
        return f"{value:+d}" if value else "0"
    if column.kind == "amount" and column.unit != "元":
        # A header without a unit leaves it to the cell.
        return f"{value / _MYRIAD:.2f}{'' if column.unit else '万元'}"
    return str(value)


def paper(true: Truth, unit: Unit, figures: Figures, rng: np.random.Generator) -> list[Block]:
    """The whole report, its mark first."""
    words = _Words(true, unit, figures, rng)
    said = declared("analysis.synthesis", "sentences.yml")
    made: list[Block] = [
        mark(),
        Title(printing.title(true)),
        words.said(said["published"]),
        words.said(said["preface"]),
    ]
    grids = {grid.code: grid for grid in tables_of(true)}
    for n, code in enumerate(true.form.sections or said["order"]):
        made.append(Heading(f"{ORDINALS[n]}、{sections()[code].zh}"))
        made += (
            words.problems(said["problems"])
            if code == "problems"
            else words.paragraphs(said["sections"][code])
        )
        made += [grid for table, grid in grids.items() if true.form.tables[table].section == code]
    return made


def tables_of(true: Truth) -> list[Grid]:
    """The official tables of the form."""
    makers = {"disclosure": printing.disclosure, "applications": printing.applications}
    makers |= {"disputes": printing.disputes, "statistics": printing.statistics}
    return [makers[code](true) for code in true.form.tables]


class _Words:
    """Says the sentences of one report."""

    def __init__(self, true: Truth, unit: Unit, figures: Figures, rng: np.random.Generator) -> None:
        self.figures, self.unit, self.rng = figures, unit, rng
        self.form = figures.form
        self.names = {"unit": true.unit, "year": str(true.year), "next": str(true.year + 1)}

    def said(self, sentence: str, **more: str) -> str:
        """A sentence with its choices made and its numbers put in. Raises ``_NotTold``."""
        chosen = _CHOICE.sub(lambda m: self._one(m[1].split("|")), sentence)
        return _SLOT.sub(lambda m: more.get(m[1]) or self.names.get(m[1]) or self._number(m[1]), chosen)

    def paragraphs(self, declared_: Sequence[Sequence[str]]) -> Iterator[str]:
        """The paragraphs of a section, without the sentences that cannot be told."""
        for sentences in declared_:
            told = []
            for sentence in sentences:
                try:
                    told.append(self.said(sentence))
                except _NotTold:
                    continue
            yield "".join(told)

    def problems(self, declared_: Mapping[str, Any]) -> Iterator[str]:
        """What became of last year's problems, then some of this year's, each with its measure."""
        yield self.said(declared_["done"])
        least, most = declared_["taken"]
        ways = declared_["ways"]
        taken = self.rng.permutation(len(ways))[: int(self.rng.integers(least, most + 1))]
        for n, way in enumerate(taken):
            parts = {key: self.said(words) for key, words in ways[int(way)].items()}
            yield self.said(declared_["lead"], ordinal=ORDINALS[n], **parts)

    def _one(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def _number(self, slot: str) -> str:
        name, _, about = slot.partition(":")
        if name == "count":
            return str(max(1, round(float(about) * self.unit.size * math.exp(self.rng.normal(0, 0.3)))))
        code, _, share = slot.partition(".")
        count = self._count(code)
        if not share:
            return str(count)
        whole = self._count(concepts()[code].share_of)
        if not whole:
            raise _NotTold
        return f"{100 * count / whole:.1f}%"

    def _count(self, code: str) -> int:
        cells: tuple[Cell, ...] = concepts()[code].cells_in(self.form)
        if not cells:
            raise _NotTold
        return sum(self.figures.cells[cell] for cell in cells)
