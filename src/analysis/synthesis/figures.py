"""The figures of a unit, year after year, drawn so that every identity of the form comes out.

In: a unit (``units.py``), the form of the year, and the figures of the year before. Out: ``Figures`` – the value of every
cell that is printed. Which rows, columns and identities there are is declared in ``templates/``; how large a cell is, in sizes.yml.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from analysis.synthesis.units import Unit, spread
from analysis.templates import Cell, Equation, Form, Table, declared, forms

# Amounts of money are multiples of this many yuan, so that they end with two decimals in 万元.
_ROUND = 100


@dataclass(frozen=True)
class Figures:
    """The cells of one report, money in yuan, and the ``form`` with the rows that it prints."""

    form: Form
    cells: Mapping[Cell, int]


@cache
def _sizes(table: str) -> tuple[str, Mapping[str, float], Mapping[str, str], Mapping[Cell, Mapping]]:
    """The column that is drawn, the weights of columns, what is handed on, and how each cell is drawn."""
    data = declared("analysis.synthesis", "sizes.yml")[table]
    column = data.get("column", "")
    cells = {
        Cell.parse(f"{table}.{f'{key}.{column}' if column else key}"): d for key, d in data["cells"].items()
    }
    return column, data.get("columns", {}), data.get("handed_on", {}), cells


@cache
def printed_form(year: int, cumulative: str) -> Form:
    """The form of a year as it is printed: of a partial table the rows that sizes.yml has, and optional columns where
    ``cumulative`` names it."""
    form = next(f for f in forms().values() if year in f.years)
    tables = {}
    for table in form.tables.values():
        sizes = _sizes(table.code)[3]
        if table.partial:
            drawn = {cell.row for cell in sizes}
            table = replace(table, rows={code: row for code, row in table.rows.items() if code in drawn})
        columns = [c.code for c in table.columns.values() if cumulative == form.code or not c.optional]
        tables[table.code] = table.with_columns(columns)
    return replace(form, tables=tables)


def year_of(year: int, unit: Unit, last: Figures | None, rng: np.random.Generator) -> Figures:
    """The figures of one year; ``last`` are those of the year before, None for the first."""
    form = printed_form(year, unit.cumulative)
    scale = unit.size * math.exp(rng.normal(0, spread("years")))
    cells: dict[Cell, int] = {}
    for table in form.tables.values():
        _Drawing(
            table, unit, scale, last, last is not None and last.form.code == form.code, cells, rng
        ).draw()
    return Figures(form, cells)


class _Drawing:
    """One table being filled."""

    def __init__(
        self,
        table: Table,
        unit: Unit,
        scale: float,
        last: Figures | None,
        same: bool,
        cells: dict[Cell, int],
        rng: np.random.Generator,
    ) -> None:
        self.table, self.unit, self.scale, self.cells, self.rng = table, unit, scale, cells, rng
        self.last = last.cells if last else {}
        self.before = self.last if same else {}  # stocks begin anew on another form
        self.column, self.columns, self.handed_on, self.sizes = _sizes(table.code)
        self.stocks = {rule.to for rule in table.carried}
        # The sums of rows, and what follows from the year before, are not parted themselves.
        self.sums = {c for i in table.identities if i.over == "rows" for c in i.right} | self.stocks
        self.weights = {c: self._weight(c) * math.exp(rng.normal(0, spread("shares"))) for c in table.cells()}

    def _weight(self, cell: Cell) -> float:
        """The share that a cell has of a sum, among the rows of its column or the columns of its row."""
        return self.sizes.get(Cell(cell.table, cell.row, self.column), {}).get("weight", 0) or 0

    def draw(self) -> None:
        """Fill every cell."""
        self._handed()
        equations = [e for e in self.table.equations() if self._parted(e)]
        while True:
            done = len(self.cells)
            for cell in self.table.cells():
                if cell not in self.cells:
                    self._drawn(cell, parted=False)
            for equation in equations:
                self._settle(equation)
            if len(self.cells) == done:
                rest = [c for c in self.table.cells() if c not in self.cells]
                if not any(self._drawn(c, parted=True) for c in rest):
                    break
        self._carry()
        if missing := [str(c) for c in self.table.cells() if c not in self.cells]:
            raise ValueError(f"sizes.yml does not say how large {missing} are")

    def _parted(self, equation: Equation) -> bool:
        identity = equation.identity
        named = {*identity.left, *identity.right} <= self.table.rows.keys()
        return (named or not identity.usual) and (identity.over == "rows" or equation.at not in self.sums)

    def _handed(self) -> None:
        """What was left open last year, applicant by applicant (in a first year a little of everything), and the
        stocks that last year alone decides."""
        for rule in self.table.carried:
            for row in self.table.rows.values():
                cell = Cell(self.table.code, row.code, rule.to)
                if cell in self.before and not (rule.plus_now or rule.minus_now):
                    self.cells[cell] = self._worth(row.code, rule.plus, self.before) - self._worth(
                        row.code, rule.minus, self.before
                    )
        for source, target in self.handed_on.items():
            for column in self.columns:
                cell, before = Cell(self.table.code, target, column), Cell(self.table.code, source, column)
                if before in self.last:
                    self.cells[cell] = self.last[before]
                else:
                    share = self.columns[column] / sum(self.columns.values())
                    self.cells[cell] = int(self.rng.poisson(2 * self.scale * share))

    def _drawn(self, cell: Cell, parted: bool) -> bool:
        """Draw a cell by itself, if sizes.yml says how and what it rests on is known."""
        size = self.sizes.get(cell)
        if size is None or cell in self.before and cell.column in self.stocks:
            return False
        if cell.row in self.handed_on.values() or ("weight" in size) != parted:
            return False
        if self.unit.level not in size.get("levels", (self.unit.level,)):
            self.cells[cell] = 0
        elif "of" in size:
            whole, *less = (Cell.parse(c) for c in (size["of"], *size.get("less", ())))
            if not {whole, *less} <= self.cells.keys():
                return False
            left = self.cells[whole] - sum(self.cells[c] for c in less)
            self.cells[cell] = (
                self._changed(size, left) if "change" in size else self._some(left, size["share"])
            )
        elif "median" in size:
            self.cells[cell] = self._sized(cell, size)
        return cell in self.cells

    def _some(self, whole: int, share: float) -> int:
        return int(self.rng.binomial(whole, share))

    def _changed(self, size: Mapping, left: int) -> int:
        by = self.rng.normal(0, size["change"] * min(1, self.scale)) if self.rng.random() < 0.5 else 0
        return max(round(by), -left)

    def _sized(self, cell: Cell, size: Mapping) -> int:
        if self.rng.random() < size.get("zero", 0):
            return 0
        drawn = size["median"] * self.scale * math.exp(self.rng.normal(0, 0.3))
        if self.table.column_of(cell).kind == "amount":
            return round(drawn / _ROUND) * _ROUND
        return int(self.rng.poisson(drawn))

    def _settle(self, equation: Equation) -> None:
        """Where one side is known and the other is not, part what is left of it among the cells that are not."""
        sides = equation.left, equation.right
        for known, other in (sides, sides[::-1]):
            unknown = [c for c in other if c not in self.cells]
            if not unknown or not self.cells.keys() >= set(known):
                continue
            left = sum(self.cells[c] for c in known) - sum(self.cells[c] for c in other if c in self.cells)
            weights = [self._share(equation, c) for c in unknown]
            if len(unknown) == 1 or all(weights):
                self.cells.update(zip(unknown, self._parts(left, weights), strict=True))
            return

    def _share(self, equation: Equation, cell: Cell) -> float:
        return self.columns.get(cell.column, 0) if equation.identity.over == "rows" else self.weights[cell]

    def _parts(self, whole: int, weights: Sequence[float]) -> list[int]:
        if len(weights) == 1:
            return [whole]
        share = np.array(weights) / sum(weights)
        return [int(n) for n in self.rng.multinomial(whole, share)]

    def _worth(self, row: str, columns: Sequence[str], of: Mapping[Cell, int]) -> int:
        return sum(of[Cell(self.table.code, row, c)] for c in columns)

    def _carry(self) -> None:
        """Stocks follow from the year before and from this year's cells; what has accumulated in a first year is a multiple
        of them."""
        times = int(self.rng.integers(1, 9))
        for rule in self.table.carried:
            for row in self.table.rows.values():
                cell = Cell(self.table.code, row.code, rule.to)
                if rule.to not in row.columns or not (rule.plus_now or rule.minus_now):
                    continue
                if cell in self.before:
                    value = self._worth(row.code, rule.plus, self.before)
                    value -= self._worth(row.code, rule.minus, self.before)
                else:
                    value = self.cells.get(cell, 0)
                value += self._worth(row.code, rule.plus_now, self.cells)
                for column in rule.minus_now:  # no more is taken away than there is
                    taken = Cell(self.table.code, row.code, column)
                    self.cells[taken] = min(self.cells[taken], value)
                    value -= self.cells[taken]
                self.cells[cell] = value if cell in self.before or cell in self.sizes else value * times
