"""Printed rows find their rows in the form.

In: the rows printed in a section and the declared table. Out: ``PrintedRow`` objects – the cells of
the form that a line holds, and the values it prints for them, in order. Which value stands under
which column is decided in ``placement``; here only labels are matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.reading.layout import Span, canonical
from analysis.reading.quantities import parse_cell
from analysis.templates import Cell, Table


@dataclass(frozen=True)
class PrintedRow:
    """One printed line: the form's ``cells`` it holds, and the ``values`` printed after its label."""

    cells: tuple[Cell, ...]
    label: Span
    values: tuple[Span, ...]


@dataclass(frozen=True)
class PrintedTable:
    """All matched lines of a table. ``header`` are the cells of its header lines, ``repeated`` the
    lines that print a row which was printed before."""

    table: Table
    rows: tuple[PrintedRow, ...]
    header: tuple[Span, ...]
    repeated: tuple[PrintedRow, ...] = ()

    @property
    def positional(self) -> bool:
        """Whether every line prints a cell for each column, so that place alone says which is which.
        A last bar that closes every line leaves one blank more."""
        if all(len(r.values) == len(r.cells) + 1 and not r.values[-1].text for r in self.rows):
            return True
        return all(len(r.values) == len(r.cells) for r in self.rows)

    @property
    def missing(self) -> list[str]:
        """Rows of the form that the page does not print."""
        printed = {cell.row for row in self.rows for cell in row.cells}
        return [row for row in self.table.rows if row not in printed]


def _is_value(text: str) -> bool:
    return parse_cell(text) is not None


def match(table: Table, printed: Iterable[Sequence[Span]]) -> PrintedTable:
    """Match every printed row with a row of the form by its label (or, for a table printed in one
    row, by its numbers). Lines that match nothing are header lines."""
    lines = list(printed)
    if table.layout == "one_row":
        return _match_one_row(table, lines)
    labels = {canonical(s): code for code, row in table.rows.items() for s in row.spellings()}
    heads = {canonical(s) for row in table.rows.values() for c in row.columns.values() for s in c.spellings()}
    rows: dict[str, PrintedRow] = {}
    header: list[Span] = []
    repeated: list[PrintedRow] = []
    for line in lines:
        named = [i for i, cell in enumerate(line) if canonical(cell.text) in labels]
        others = [c for i, c in enumerate(line) if canonical(c.text) in heads and i not in named[-1:]]
        if not named or others or not all(_is_value(c.text) for c in line[named[-1] + 1 :]):
            header.extend(c for c in line if c.text)
            continue
        code = labels[canonical(line[named[-1]].text)]
        cells = tuple(Cell(table.code, code, c) for c in table.rows[code].columns)
        row = PrintedRow(cells, line[named[-1]], tuple(line[named[-1] + 1 :]))
        if rows.setdefault(code, row) is not row:
            repeated.append(row)
    return PrintedTable(table, tuple(rows.values()), tuple(header), tuple(repeated))


def _match_one_row(table: Table, lines: Sequence[Sequence[Span]]) -> PrintedTable:
    """The one line whose cells are all numbers; of several, the one that prints most."""

    def count(line: Sequence[Span]) -> int:
        return sum(bool(c.text) for c in line) if all(_is_value(c.text) for c in line) else 0

    best = max(lines, key=count, default=())
    header = tuple(c for line in lines if line is not best for c in line if c.text)
    if not best or not count(best):
        return PrintedTable(table, (), header)
    label = Span("", best[0].start, best[0].start)
    return PrintedTable(table, (PrintedRow(tuple(table.cells()), label, tuple(best)),), header)
