"""Printed rows become facts.

In: the matched tables of a report. Out: one row for every cell of its form (table ``facts``), and
the readings that the page admits where it admits several (table ``placements``). Every fact says
what is printed, where it stands, and how certain its place is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from analysis.errors import InputError
from analysis.figures import number
from analysis.reading.cuts import MOST_CUTS, Sum, TooMany, cuts, each_cut
from analysis.reading.layout import Span
from analysis.reading.normalise import Text
from analysis.reading.placement import (
    Budget,
    Line,
    Placement,
    Solution,
    place,
    row_sums,
    tried,
    unsolved,
)
from analysis.reading.quantities import Quantity, parse_cell
from analysis.reading.tables import PrintedRow, PrintedTable
from analysis.templates import Cell, Column, Equation, Form, Identity, Table

# A count above this, or an amount above that (in 元), is no figure of a report.
_MOST_COUNT, _MOST_AMOUNT = 10**10, 10**14
# How a value came to its cell (facts.basis).
POSITION, IDENTITIES, PROSE, CORRECTION = "position", "identities", "prose", "correction"

Spans = tuple[Span | None, ...]


@dataclass(frozen=True)
class Part:
    """Rows that are placed together. ``spans`` are, for each row and each way to read it, the stretches
    that the solution counts: all cells of the row where they stand in place, else only the numbers
    printed. ``basis`` says what ``decided`` the cells that the equations did not."""

    rows: Sequence[PrintedRow]
    lines: Sequence[Line]
    spans: Sequence[Sequence[Spans]]
    equations: Sequence[Equation]
    solution: Solution
    basis: str = ""
    decided: frozenset[Cell] = frozenset()

    @property
    def glued(self) -> bool:
        """Whether digits had to be cut."""
        return any(line.cuts for line in self.lines)


@dataclass(frozen=True)
class PlacedTable:
    """A printed table, and every reading of it, part by part."""

    printed: PrintedTable
    parts: tuple[Part, ...]

    @property
    def placements(self) -> int:
        """How many readings the page admits."""
        return min(prod(part.solution.count for part in self.parts), 10**12)

    @property
    def broken(self) -> int:
        """How many identities every reading breaks, at the least."""
        return sum(part.solution.broken for part in self.parts)

    @property
    def glued(self) -> bool:
        """Whether digits had to be cut somewhere."""
        return any(part.glued for part in self.parts)

    @property
    def complete(self) -> bool:
        """Whether every reading was counted."""
        return all(part.solution.complete for part in self.parts)


def blanks_vanished(tables: Sequence[PrintedTable]) -> bool:
    """Whether a page that has lost what parts its digits has lost blank cells as well: some row has too
    few digits for its columns, or cannot be cut into a number for every one."""
    rows = [(row, printed.table) for printed in tables for row in printed.rows]
    if not any(row.glued for row, _ in rows):
        return False
    return any(
        not _full(row, table) if row.glued else len(row.values) != len(row.cells) != len(row.numbers)
        for row, table in rows
    )


def place_table(printed: PrintedTable, text: Text, vanished: bool = False) -> PlacedTable:
    """Decide which printed number stands in which cell.

    Rows that equations join are placed together, the others each on its own. ``vanished`` says that blank
    cells have vanished from the page. Raises ``InputError`` for a row that cannot be one of the form.
    """
    joined = {cell.row for e in printed.table.equations() for cell in (*e.left, *e.right)}
    together = [row for row in printed.rows if row.cells[0].row in joined]
    alone = [row for row in printed.rows if row.cells[0].row not in joined]
    budget = Budget()
    parts = [_part([row], printed, text, budget, vanished) for row in alone]
    if together:
        part = _part(together, printed, text, budget, vanished)
        if part.solution.broken and any(map(_ends_blank, together)):
            # Rows of the right length whose blanks have moved to the end: if all of it adds up when the
            # numbers may stand elsewhere, the cells are not in place. A blank between numbers has not moved.
            moved = _part(together, printed, text, budget, vanished, kept=False)
            if moved.solution.complete and not moved.solution.broken:
                part = moved
        parts.append(part)
    return PlacedTable(printed, tuple(parts))


def _part(
    rows: Sequence[PrintedRow],
    printed: PrintedTable,
    text: Text,
    budget: Budget,
    vanished: bool,
    kept: bool = True,
) -> Part:
    """Place ``rows`` together; ``kept`` says that blank cells stand where they were printed."""
    equations = printed.table.equations()
    adds_up = bool(equations) and len(rows) > 1 or printed.table.layout == "one_row"
    in_place = kept and all(len(r.values) == len(r.cells) for r in rows if not r.glued)
    across = list(dict.fromkeys(e.identity for e in equations if e.identity.over == "rows"))
    # Where the blanks of one row have moved to its end, those of the others may have too.
    in_place = in_place and not any(_moved(row, across) for row in rows)

    def solved(holding: bool) -> Part:
        lines, spans = [], []
        for row in rows:
            if row.glued:
                readings = _readings(
                    row, printed.table, row_sums(row.cells, across) if holding else (), vanished
                )
            else:
                readings = [_printed(row, in_place, kept, text)]
            kinds = [printed.table.column_of(c).kind for c in row.cells]
            numbers = [_numbers(reading, row, kinds, adds_up, text) for reading in readings]
            placed = row.glued or len(readings[0]) == len(row.cells)
            unreadable = frozenset(
                cell
                for reading in readings
                if len(reading) == len(row.cells)
                for cell, span in zip(row.cells, reading, strict=True)
                if span and parse_cell(span.text) is None and not row.glued
            )
            lines.append(Line(row.cells, numbers[0], placed, tuple(numbers[1:]), unreadable))
            spans.append(readings)
        tried_ = tried(equations if adds_up else (), lines)
        return Part(rows, lines, spans, tried_, place(lines, tried_, printed.table.presumed, budget=budget))

    if not any(row.glued for row in rows):
        return solved(holding=False)
    if any(row.unread for row in rows):
        return _unread(rows)
    try:
        part = solved(holding=True)
        # Cuts that break the sum of their row are worth a look only where the page does not add up.
        return solved(holding=False) if part.solution.broken else part
    except TooMany:
        return _unread(rows)


def _ends_blank(row: PrintedRow) -> bool:
    """Whether a row has blanks, and all of them at its end."""
    printed = [bool(value.text) for value in row.values]
    return not all(printed) and printed == sorted(printed, reverse=True)


def _moved(row: PrintedRow, across: Sequence[Identity]) -> bool:
    """Whether the blanks of a row have moved to its end: the total is blank, and the last number that is
    printed is the sum of those before it."""
    for parts, total in row_sums(row.cells, across):
        block = sorted((*parts, total))
        if len(row.values) <= block[-1] or row.values[total].text:
            continue
        numbers = [parse_cell(row.values[i].text) for i in block if row.values[i].text]
        if len(numbers) > 2 and all(isinstance(n, Quantity) for n in numbers):
            *rest, last = (n.value for n in numbers)
            if last and last == sum(rest):
                return True
    return False


def _printed(row: PrintedRow, in_place: bool, kept: bool, text: Text) -> Spans:
    """The cells of a row of a grid that count: all of them in their columns, or the numbers alone."""
    filled = row.numbers
    if len(row.values) == len(row.cells) and (in_place or (kept and len(filled) == len(row.cells))):
        return row.values
    values = [v for v in filled if isinstance(parse_cell(v.text), Quantity)]
    if len(values) > len(row.cells):
        place_ = text.where(row.label.start)
        raise InputError(
            f"{place_}：“{row.label.text}”一行有 {len(values)} 个数字，格式只有 {len(row.cells)} 栏；"
            "请对照原报告核对这一行。",
            f"{place_}: the row {row.label.text} has {len(values)} numbers for {len(row.cells)} columns; "
            "compare it with the published report.",
        )
    return tuple(values)


def _columns(row: PrintedRow, table: Table) -> list[Column]:
    return [table.column_of(cell) for cell in row.cells]


def _run(row: PrintedRow) -> tuple[str, int]:
    """What a glued row prints, as one string, and where it begins. Its stretches keep their offsets."""
    if not row.values:
        return "", row.label.end
    start, made = row.values[0].start, ""
    for value in row.values:
        made = made.ljust(value.start - start) + value.text
    return made, start


def _full(row: PrintedRow, table: Table) -> bool:
    """Whether a glued row can be cut into a number for every column."""
    try:
        return next(each_cut(_run(row)[0], _columns(row, table)), None) is not None
    except TooMany:
        return True


def _readings(row: PrintedRow, table: Table, sums: Sequence[Sum], vanished: bool) -> list[Spans]:
    """Every way to cut a glued row, a span or None for each column.

    A row whose table prints no blanks is cut into a number for every column; otherwise any of its
    columns may be blank.
    """
    run, start = _run(row)
    columns = _columns(row, table)
    if not vanished:
        found = cuts(run, columns, sums) or cuts(run, columns)
        return [tuple(Span(run[a:b], start + a, start + b) for a, b in cut) for cut in found]
    made: list[Spans] = []
    if not run:
        return [(None,) * len(columns)]
    for many in range(len(run.split()), len(columns) + 1):
        for chosen in combinations(range(len(columns)), many):
            for cut in cuts(run, [columns[i] for i in chosen]):
                at = dict(zip(chosen, cut, strict=True))
                made.append(
                    tuple(
                        Span(run[slice(*at[i])], start + at[i][0], start + at[i][1]) if i in at else None
                        for i in range(len(columns))
                    )
                )
                if len(made) > MOST_CUTS:
                    raise TooMany
    if not made:
        raise TooMany
    return made


def _unread(rows: Sequence[PrintedRow]) -> Part:
    """Rows that can be cut in more ways than can be looked through, or of which it is not known what they
    print: nothing is known of their cells."""
    lines = [Line(row.cells, (None,) * len(row.cells), True) for row in rows]
    spans = [[(None,) * len(row.cells)] for row in rows]
    return Part(rows, lines, spans, (), unsolved(lines))


def _numbers(
    reading: Spans, row: PrintedRow, kinds: Sequence[str], adds_up: bool, text: Text
) -> tuple[int | None, ...]:
    """What each stretch of a reading counts, None for a blank. Where nothing is added up, only the
    order of what is printed matters, not its value."""
    made = []
    for i, span in enumerate(reading):
        kind = kinds[i] if len(reading) == len(kinds) else "count"
        quantity = parse_cell(span.text, kind) if span else None
        if not isinstance(quantity, Quantity):
            made.append(None)
            continue
        if not row.glued:
            # Of a row whose blanks are gone it may stand in any of these columns.
            possible = kinds[i : i + 1 + max(0, len(kinds) - len(reading))] or [kind]
            _check(quantity, possible, span, row, text)
        made.append(int(quantity.value) if adds_up and kind == "count" else i)
    return tuple(made)


def _check(quantity: Quantity, kinds: Sequence[str], span: Span, row: PrintedRow, text: Text) -> None:
    """Raises ``InputError`` for a number that no cell of these kinds can hold."""
    if abs(quantity.value) > (_MOST_AMOUNT if "amount" in kinds else _MOST_COUNT):
        zh, en = "大得不可能", "which is impossibly large"
    elif {*kinds} == {"count"} and (quantity.value < 0 or not quantity.value.is_integer()):
        zh, en = "件数应为非负整数", "a count must be a whole number of zero or more"
    else:
        return
    place_, printed = text.where(span.start), span.text[:40]
    raise InputError(
        f"{place_}：“{row.label.text}”一行印着 {printed}，{zh}；请对照原报告核对这一格。",
        f"{place_}: the row {row.label.text} prints {printed}, {en}; compare this cell with the published report.",
    )


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
        "basis": "",
    }


def _facts_of_part(table: Table, part: Part, text: Text) -> dict[Cell, dict]:
    placements = part.solution.placements
    settled = [p.settled(part.equations) for p in placements]
    found = {}
    for row, line, readings in zip(part.rows, part.lines, part.spans, strict=True):
        shown = readings[0] if line.placed and not line.cuts else ()
        # Digits whose row does not add up however they are cut may have been cut wrong, or lost a blank.
        doubtful = row.glued and any(
            e.identity.over == "rows" and e.at == row.cells[0].row for p in placements for e in p.broken
        )
        for i, cell in enumerate(row.cells):
            column = table.column_of(cell)
            options = []
            for placement, known in zip(placements, settled, strict=True):
                if cell in placement.source:
                    _, cut, index = placement.source[cell]
                    span = readings[cut][index]
                    options.append((span, parse_cell(span.text, column.kind, column.unit)))
                elif cell in placement.inferred and cell in known:
                    options.append((None, Quantity(float(placement.counted[cell]))))
                else:
                    options.append((None, "0" if cell in known else ""))
            fact = _fact(options, column, row, text, part.solution.complete)
            fact["basis"] = _basis(fact, cell, row, line, part)
            if doubtful and fact["value"] is not None:
                fact |= {
                    "status": "ambiguous",
                    "value": None,
                    "candidates": number(fact["value"]),
                    "basis": "",
                }
            if cell in line.unreadable and (span := shown[i]):
                fact |= _place(span, text, span) | {"status": "ambiguous", "candidates": ""}
            elif i < len(shown) and shown[i] and parse_cell(shown[i].text) == "not_applicable":
                fact["raw"] = shown[i].text
                if fact["status"] == "blank":
                    fact["status"] = "not_applicable"
            found[cell] = fact
    return found


def _basis(fact: Mapping, cell: Cell, row: PrintedRow, line: Line, part: Part) -> str:
    """How the value came to its cell."""
    if fact["value"] is None:
        return ""
    if cell in part.decided:
        return part.basis
    return IDENTITIES if fact["status"] == "inferred" or row.glued or not line.placed else POSITION


def _place(span: Span, text: Text, raw: Span | None) -> dict:
    start, end = text.span(span.start, span.end)
    return {
        "raw": text.raw[start:end] if raw else "",
        "where": text.where(span.start),
        "start": start,
        "end": end,
    }


def _fact(options: list, column, row: PrintedRow, text: Text, complete: bool) -> dict:
    """One cell from what each placement puts there: (span, quantity) or (None, blank)."""
    options = list(dict.fromkeys(options))
    quantities = list(dict.fromkeys(q for _, q in options)) if len(options) > 1 else [options[0][1]]
    span = options[0][0] if len({s for s, _ in options}) == 1 else None
    fact = {"value": None, "unit_of_measure": "", "candidates": "", **_place(span or row.label, text, span)}
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


def placements_of(placed: Mapping[str, PlacedTable], text: Text, whose: Mapping) -> list[dict]:
    """Each admissible reading of a part that admits several (table ``placements``): only the cells on
    which the readings differ, and where each stands."""
    rows = []
    for table in placed.values():
        for which, part in enumerate(table.parts, 1):
            if part.solution.unique or not part.solution.complete:
                continue
            worlds = [_world(p, part, table.printed.table) for p in part.solution.placements]
            open_ = [cell for cell in worlds[0] if len({world[cell] for world in worlds}) > 1]
            rows += [
                {
                    "key": f"{whose['unit']}/{whose['year']}/{cell}/{n}",
                    **whose,
                    "table": cell.table,
                    "part": which,
                    "placement": n,
                    "row": cell.row,
                    "column": cell.column,
                    "value": world[cell][0],
                    **_stretch(world[cell][1], text),
                }
                for n, world in enumerate(worlds, 1)
                for cell in open_
            ]
    return rows


def _stretch(span: Span | None, text: Text) -> dict:
    """Where a reading finds a value; nowhere for a blank."""
    return _place(span, text, span) if span else {"raw": "", "where": "", "start": -1, "end": -1}


def _world(placement: Placement, part: Part, table: Table) -> dict[Cell, tuple[float | None, Span | None]]:
    """What each cell is worth in one placement and where that stands; None where it is not settled."""
    settled = placement.settled(part.equations)
    world: dict[Cell, tuple[float | None, Span | None]] = {}
    for cell, counted in placement.counted.items():
        span = None
        value = float(counted) if cell in settled else None
        if cell in placement.source:
            line, cut, index = placement.source[cell]
            span = part.spans[line][cut][index]
            column = table.column_of(cell)
            quantity = parse_cell(span.text, column.kind, column.unit)
            value = quantity.value if isinstance(quantity, Quantity) else None
            if column.kind == "change" and value and not quantity.sign:
                value = None  # of unknown sign in every reading
        elif not part.equations:
            value = None
        world[cell] = (value, span)
    return world
