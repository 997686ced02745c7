"""Printed rows become facts.

In: the matched tables of a report. Out: one row for every cell of its form (table ``facts``), and
the readings that the page admits where it admits several (table ``placements``). Every fact says
what is printed, where it stands, and how certain its place is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from analysis.errors import InputError
from analysis.figures import number
from analysis.reading.layout import Span
from analysis.reading.normalise import Text
from analysis.reading.placement import Line, Placement, Solution, place, tried
from analysis.reading.quantities import Quantity, parse_cell
from analysis.reading.tables import PrintedRow, PrintedTable
from analysis.templates import Cell, Form, Table


@dataclass(frozen=True)
class Part:
    """Rows that are placed together. ``spans`` are, for each row, the values that the solution
    counts: all cells of the row where they stand in place, else only the numbers printed."""

    rows: Sequence[PrintedRow]
    spans: Sequence[Sequence[Span]]
    placed: bool
    solution: Solution


@dataclass(frozen=True)
class PlacedTable:
    """A printed table, and every reading of it, part by part."""

    printed: PrintedTable
    parts: tuple[Part, ...]

    @property
    def placements(self) -> int:
        """How many readings the page admits."""
        return prod(len(part.solution.placements) for part in self.parts)

    @property
    def broken(self) -> int:
        """How many identities every reading breaks, at the least."""
        return sum(part.solution.broken for part in self.parts)

    @property
    def complete(self) -> bool:
        """Whether every reading was counted."""
        return all(part.solution.complete for part in self.parts)


def place_table(printed: PrintedTable, text: Text) -> PlacedTable:
    """Decide which printed number stands in which cell.

    Rows that equations join are placed together; in a table where nothing has to add up, each row
    is placed on its own. Raises ``InputError`` for a row that cannot be one of the form.
    """
    if not list(printed.table.equations()):
        in_place = printed.positional
        return PlacedTable(
            printed,
            tuple(
                _part([row], in_place or len(row.values) == len(row.cells), printed, text)
                for row in printed.rows
            ),
        )
    part = _part(printed.rows, printed.positional, printed, text)
    if part.placed and part.solution.broken and any(not v.text for row in printed.rows for v in row.values):
        # Rows of the right length whose blanks have moved to the end: if the numbers add up better
        # when they may stand elsewhere, the cells are not in place.
        moved = _part(printed.rows, False, printed, text)
        if moved.solution.broken < part.solution.broken:
            part = moved
    return PlacedTable(printed, (part,))


def _part(rows: Sequence[PrintedRow], placed: bool, printed: PrintedTable, text: Text) -> Part:
    equations = list(printed.table.equations())
    spans, lines = [], []
    for row in rows:
        values = [v for v in row.values if placed or isinstance(parse_cell(v.text), Quantity)]
        values = values[: len(row.cells)] if placed else values
        if len(values) > len(row.cells):
            place_ = text.where(row.label.start)
            raise InputError(
                f"{place_}：“{row.label.text}”一行有 {len(values)} 个数字，格式只有 {len(row.cells)} 栏；"
                "请对照原报告核对这一行。",
                f"{place_}: the row {row.label.text} has {len(values)} numbers for {len(row.cells)} columns; "
                "compare it with the published report.",
            )
        # Where nothing is added up, only the order of what is printed matters, not its value.
        numbers = [_whole(v, row, text) if equations else _order(i, v) for i, v in enumerate(values)]
        spans.append(values)
        lines.append(Line(row.cells, tuple(numbers), placed))
    return Part(rows, spans, placed, place(lines, equations, printed.table.presumed))


def _whole(span: Span, row: PrintedRow, text: Text) -> int | None:
    """The number in a cell of counts. Raises ``InputError`` for what no count can be."""
    quantity = parse_cell(span.text)
    if not isinstance(quantity, Quantity):
        return None
    if quantity.value < 0 or not quantity.value.is_integer():
        place_ = text.where(span.start)
        raise InputError(
            f"{place_}：“{row.label.text}”一行印着 {span.text}，件数应为非负整数；请对照原报告核对这一格。",
            f"{place_}: the row {row.label.text} prints {span.text}, a count must be a whole number of zero or "
            "more; compare this cell with the published report.",
        )
    return int(quantity.value)


def _order(index: int, span: Span) -> int | None:
    return index if isinstance(parse_cell(span.text), Quantity) else None


def facts_of(form: Form, placed: Mapping[str, PlacedTable], text: Text, whose: Mapping) -> list[dict]:
    """Every cell of the form as a row of the table ``facts``. ``whose`` holds unit and year."""
    rows = []
    for table in form.tables.values():
        found: dict[Cell, dict] = {}
        of_table = placed.get(table.code)
        for part in of_table.parts if of_table else ():
            found |= _facts_of_part(table, part, text)
        for cell in table.cells():
            fact = found.get(cell) or _absent(text)
            rows.append(
                {
                    "key": f"{whose['unit']}/{whose['year']}/{cell}",
                    **whose,
                    "template": form.code,
                    "table": cell.table,
                    "row": cell.row,
                    "column": cell.column,
                    **fact,
                }
            )
    return rows


def _absent(text: Text) -> dict:
    return {
        "value": None,
        "unit_of_measure": "",
        "status": "absent",
        "candidates": "",
        "raw": "",
        "where": text.name,
        "start": -1,
        "end": -1,
    }


def _facts_of_part(table: Table, part: Part, text: Text) -> dict[Cell, dict]:
    placements = part.solution.placements
    equations = tried(table.equations(), part.rows)
    settled = [p.settled(equations) for p in placements]
    found = {}
    for row, spans in zip(part.rows, part.spans, strict=True):
        for i, cell in enumerate(row.cells):
            column = table.column_of(cell)
            options = []
            for placement, known in zip(placements, settled, strict=True):
                if cell in placement.source:
                    span = spans[placement.source[cell][1]]
                    options.append((span, parse_cell(span.text, column.kind, column.unit)))
                elif cell in placement.inferred and cell in known:
                    options.append((None, Quantity(float(placement.counted[cell]))))
                else:
                    options.append((None, "0" if cell in known else ""))
            found[cell] = _fact(options, column, row, text, part.solution.complete)
            if part.placed and parse_cell(spans[i].text) == "not_applicable":
                found[cell]["raw"] = spans[i].text
                if found[cell]["status"] == "blank":
                    found[cell]["status"] = "not_applicable"
    return found


def _fact(options: list, column, row: PrintedRow, text: Text, complete: bool) -> dict:
    """One cell from what each placement puts there: (span, quantity) or (None, blank)."""
    spans = {s for s, _ in options}
    quantities = list(dict.fromkeys(q for _, q in options))
    span = next(iter(spans)) if len(spans) == 1 else None
    place_ = span or row.label
    start, end = text.span(place_.start, place_.end)
    fact = {
        "value": None,
        "unit_of_measure": "",
        "candidates": "",
        "raw": text.raw[start:end] if span else "",
        "where": text.where(place_.start),
        "start": start,
        "end": end,
    }
    if not complete:
        return {**fact, "status": "ambiguous"}
    if not any(isinstance(q, Quantity) for q in quantities):
        return {**fact, "status": "blank", "candidates": "0" if quantities == ["0"] else ""}
    if len(quantities) > 1:
        candidates = sorted({_candidate(q) for q in quantities}, key=lambda c: (c == "blank", len(c), c))
        return {**fact, "status": "ambiguous", "candidates": "|".join(candidates)}
    (quantity,) = quantities
    if column.kind == "change" and not quantity.sign and quantity.value:
        size = number(quantity.value)
        return {**fact, "status": "ambiguous", "candidates": f"+{size}|-{size}"}
    return {
        **fact,
        "value": quantity.value,
        "unit_of_measure": quantity.unit,
        "status": "reported" if span else "inferred",
    }


def _candidate(quantity: Quantity | str) -> str:
    return number(quantity.value) if isinstance(quantity, Quantity) else "blank"


def placements_of(placed: Mapping[str, PlacedTable], whose: Mapping) -> list[dict]:
    """Each admissible reading of a table that admits several (table ``placements``): only the cells
    on which the readings differ."""
    rows = []
    for table in placed.values():
        for part in table.parts:
            equations = tried(table.printed.table.equations(), part.rows)
            if not equations or part.solution.unique or not part.solution.complete:
                continue
            worlds = [_world(p, p.settled(equations)) for p in part.solution.placements]
            open_ = [cell for cell in worlds[0] if len({world[cell] for world in worlds}) > 1]
            rows += [
                {
                    "key": f"{whose['unit']}/{whose['year']}/{cell}/{n}",
                    **whose,
                    "table": cell.table,
                    "placement": n,
                    "row": cell.row,
                    "column": cell.column,
                    "value": world[cell],
                }
                for n, world in enumerate(worlds, 1)
                for cell in open_
            ]
    return rows


def _world(placement: Placement, settled: set[Cell]) -> dict[Cell, int | None]:
    """What each cell is worth in one placement; None where it is not settled."""
    return {cell: value if cell in settled else None for cell, value in placement.counted.items()}
