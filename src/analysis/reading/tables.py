"""Printed rows find their rows in the form.

In: the rows printed in a section, or its running text, and the declared table. Out: ``PrintedRow``
objects – the cells of the form that a line holds, and what it prints for them, in order. Which value
stands under which column is decided in ``placement``; here only labels are matched: as declared, else
by order and likeness between two rows that are certain.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from analysis.reading import stream
from analysis.reading.layout import Span
from analysis.reading.quantities import is_unit, parse_cell
from analysis.templates import Cell, Table, canonical

# So many blank cells behind a label make a row of it.
_BLANKS = 2
# Of more lines than this between two known rows nothing is said.
_MOST_OPEN = 60
# How alike two labels are that differ by words cut off or left out.
_ALIKE = 0.6


@dataclass(frozen=True)
class PrintedRow:
    """One printed line: the form's ``cells`` it holds, and the ``values`` printed after its label.

    In a ``glued`` row the values are stretches of digits that may hold several numbers each.
    ``matched`` says how the row was known: by its ``label``, by ``likeness`` or by its ``order``; of an
    ``unread`` row it is not known what it prints.
    """

    cells: tuple[Cell, ...]
    label: Span
    values: tuple[Span, ...]
    glued: bool = False
    matched: str = "label"
    unread: bool = False

    @property
    def numbers(self) -> tuple[Span, ...]:
        """The values that are not blank."""
        return tuple(v for v in self.values if v.text)


@dataclass(frozen=True)
class PrintedTable:
    """All matched lines of a table. ``header`` are the cells of its header lines, ``repeated`` the
    lines that print a row which was printed before. ``table`` is the declared one as this page has it:
    with merged rows, and without columns that the page does not print."""

    table: Table
    rows: tuple[PrintedRow, ...]
    header: tuple[Span, ...]
    repeated: tuple[PrintedRow, ...] = ()
    stretch: tuple[int, int] | None = None

    @property
    def missing(self) -> list[str]:
        """Rows of the form that the page does not print."""
        printed = {cell.row for row in self.rows for cell in row.cells}
        return [] if self.table.partial else [row for row in self.table.rows if row not in printed]


def match(table: Table, printed: Iterable[Sequence[Span]], clean: str, start: int, end: int) -> PrintedTable:
    """Match what is printed between ``start`` and ``end`` with the rows of the form.

    ``printed`` are the table rows of that stretch; where they hold less of the form than its running
    text does, the running text is read.
    """
    lines = _filled(list(printed))
    if table.layout == "one_row":
        return _match_one_row(table, lines, clean, start, end)
    table = _with_columns(table, clean, start, end)
    gridded = _match_lines(table, lines)
    if not gridded.missing and not table.partial:
        return gridded
    running = _match_stream(table, clean, start, end)
    return _both(gridded, running) if gridded.rows else running


def _filled(lines: list[Sequence[Span]]) -> list[Sequence[Span]]:
    """The lines of a sheet without the columns at its left and right that are empty in all of them,
    headers included. Where lines differ in width, the columns of one are not those of another."""
    if len({len(line) for line in lines}) != 1:
        return lines
    printed = [i for line in lines for i, c in enumerate(line) if c.text]
    return [line[min(printed) : max(printed) + 1] for line in lines] if printed else lines


def _both(gridded: PrintedTable, running: PrintedTable) -> PrintedTable:
    """The rows of the grid, and those that stand in running text beside it."""
    table = gridded.table
    have = {row.cells[0].row for row in gridded.rows}
    more = [
        r for r in running.rows if r.values and r.cells[0].row in table.rows and r.cells[0].row not in have
    ]
    rows = sorted([*gridded.rows, *more], key=lambda r: r.label.start)
    return replace(gridded, rows=tuple(rows))


def _with_columns(table: Table, clean: str, start: int, end: int) -> Table:
    """The table without the optional columns that the page has no header for."""
    optional = {c.code: c for c in table.columns.values() if c.optional}
    if not optional:
        return table
    page = clean[start:end].replace(" ", "")
    gone = {code for code, c in optional.items() if not any(s in page for s in c.spellings())}
    return table.with_columns(c for c in table.columns if c not in gone) if gone else table


@dataclass(frozen=True)
class _Labels:
    """Every spelling of a row (several rows may share one) and of a column."""

    rows: Mapping[str, tuple[str, ...]]
    columns: frozenset[str]


@lru_cache(maxsize=64)
def _labels_of(key: tuple) -> _Labels:
    rows, columns = key
    found: dict[str, tuple[str, ...]] = {}
    for code, spellings in rows:
        for s in spellings:
            found[canonical(s)] = (*found.get(canonical(s), ()), code)
    return _Labels(found, frozenset(canonical(s) for s in columns))


def _labels(table: Table) -> _Labels:
    rows = tuple((c, r.spellings()) for c, r in [*table.rows.items(), *table.merged.items()])
    columns = tuple(s for row in table.rows.values() for c in row.columns.values() for s in c.spellings())
    return _labels_of((rows, columns))


@dataclass
class _Line:
    """A line that prints values: its label cells, its values, and the row it was found to be."""

    labels: list[Span]
    values: list[Span]
    code: str = ""
    matched: str = "label"

    @property
    def label(self) -> Span:
        return self.labels[-1] if self.labels else Span("", self.values[0].start, self.values[0].start)


def _match_lines(table: Table, lines: Sequence[Sequence[Span]]) -> PrintedTable:
    labels = _labels(table)
    order = list(stream.order(table))
    found: list[_Line] = []
    header: list[Span] = []
    repeated: list[_Line] = []
    taken: set[str] = set()
    at = -1
    for cells in lines:
        line = _read(cells, labels)
        if line is None:
            header.extend(c for c in cells if c.text)
            continue
        codes = labels.rows.get(canonical(line.label.text), ())
        if len(codes) > 1 and not line.label.text.lstrip().startswith("("):
            # （六）其他 may stand for its group; 其他 or 3.其他 is the row of that name within it.
            codes = tuple(c for c in codes if c not in table.merged) or codes
        if codes:
            later = sorted((c for c in codes if order.index(c) > at and c not in taken), key=order.index)
            line.code = next(iter(later or [c for c in codes if c not in taken]), "")
            if not line.code:
                line.code = codes[0]
                repeated.append(line)
                continue
            taken.add(line.code)
            at = max(at, order.index(line.code))
        found.append(line)
    table = _merged(table, {f.code for f in found})
    _match_rest(table, found, header)
    known = [f for f in found if f.code in table.rows]
    known.sort(key=lambda f: f.values[0].start if f.values else f.label.start)
    cells_of = {
        code: tuple(Cell(table.code, code, c) for c in row.columns) for code, row in table.rows.items()
    }
    _align(known, {code: len(cells) for code, cells in cells_of.items()})
    # A lone number is cut only on a page that has lost its cells elsewhere too.
    sound = any(len(f.values) == len(cells_of[f.code]) > 1 for f in known)
    rows = [_printed_row(cells_of[f.code], f, sound) for f in known]
    again = [_printed_row(cells_of[f.code], f, sound) for f in repeated if f.code in cells_of]
    return PrintedTable(table, tuple(rows), tuple(header), tuple(again))


def _printed_row(cells: tuple[Cell, ...], line: _Line, sound: bool = False) -> PrintedRow:
    """A row of a grid. One cell that holds all its digits, or several numbers, is to be cut."""
    filled = [v for v in line.values if v.text]
    together = any(len(v.text.split()) > 1 and _digits(v.text) for v in filled)
    alone = (
        len(filled) == 1 < len(cells) and len(filled[0].text) >= len(cells) and len(line.values) < len(cells)
    )
    if alone and sound and _digits(filled[0].text):  # one number over several columns, or several glued
        return PrintedRow(cells, line.label, tuple(filled), glued=True, matched=line.matched, unread=True)
    if (together or alone) and all(_digits(v.text) for v in filled):
        return PrintedRow(cells, line.label, tuple(filled), glued=True, matched=line.matched)
    return PrintedRow(cells, line.label, tuple(line.values), matched=line.matched)


def _digits(text: str) -> bool:
    return all(piece.isdecimal() for piece in text.split())


def _read(cells: Sequence[Span], labels: _Labels) -> _Line | None:
    """A line as labels and values; None for a header line or one without a number."""
    named = [i for i, c in enumerate(cells) if c.text and canonical(c.text) in labels.rows]
    if named:
        behind = [c for c in cells[named[-1] + 1 :] if not is_unit(c.text)]
        others = [
            c for i, c in enumerate(cells) if canonical(c.text) in labels.columns and i not in named[-1:]
        ]
        figures = [c for c in behind if parse_cell(c.text) is not None or _numbers(c.text)]
        if not others and (len(figures) == len(behind) or any(c.text for c in figures)):
            return _Line([cells[named[-1]]], list(behind))
    # A label that is not known, or none: the numbers at the end of the line.
    split = len(cells)
    while split and (
        not cells[split - 1].text
        or parse_cell(cells[split - 1].text) is not None
        or _numbers(cells[split - 1].text)
    ):
        split -= 1
    values = [c for c in cells[split:] if not is_unit(c.text)]
    if not any(v.text for v in values):
        # A label that is not known, with nothing but blanks behind it; a header line has no blanks.
        if split == 0 or len(values) < _BLANKS or canonical(cells[split - 1].text) in labels.columns:
            return None
        return _Line([cells[split - 1]], list(values), matched="likeness")
    return _Line([c for c in cells[:split] if c.text], list(values), matched="order")


def _numbers(text: str) -> bool:
    """Several numbers in one cell."""
    return len(text.split()) > 1 and all(parse_cell(piece) is not None for piece in text.split())


def _merged(table: Table, codes: set[str]) -> Table:
    """The table with the rows that this page prints in place of their groups."""
    merged = [g for g in table.merged if g in codes and not codes & set(table.expand(g))]
    return table.with_merged(merged) if merged else table


def _match_rest(table: Table, found: list[_Line], header: list[Span]) -> None:
    """Lines without a known label, between two that are known: by likeness, else by order where as
    many lines stand there as rows of the form are missing."""
    order = list(table.rows)
    open_: list[_Line] = []
    before = -1
    for line in [*found, None]:
        if line is not None and line.code not in order:
            open_.append(line)
            continue
        at = order.index(line.code) if line else len(order)
        if open_ and at > before:
            _assign(table, open_, order[before + 1 : at])
        open_ = []
        before = max(before, at)
    for line in [f for f in found if f.code not in order and f.matched != "label"]:
        header.extend(line.labels)
        header.extend(v for v in line.values if v.text)


def _assign(table: Table, lines: list[_Line], missing: list[str]) -> None:
    width = {code: len(table.rows[code].columns) for code in missing}
    if len(lines) == len(missing) and all(
        sum(bool(v.text) for v in line.values) == width[code]
        for line, code in zip(lines, missing, strict=True)
    ):
        for line, code in zip(lines, missing, strict=True):
            line.code = code
        return
    at = 0
    for line in lines if len(lines) <= _MOST_OPEN else ():
        if not line.labels:
            continue
        label = canonical(line.label.text)
        likely = [
            (difflib.SequenceMatcher(None, label, canonical(s)).ratio(), -i, code)
            for i, code in enumerate(missing)
            if i >= at
            for s in table.rows[code].spellings()
        ]
        ratio, minus, code = max(likely, default=(0.0, 0, ""))
        if ratio >= _ALIKE:
            line.code, line.matched, at = code, "likeness", 1 - minus


def _align(lines: list[_Line], width: Mapping[str, int]) -> None:
    """Cut the empty cells around the values that a wide grid has.

    Of lines equally wide, the values stand in the same columns: where only one stretch of columns holds
    all that is printed in them, it is theirs. Otherwise it is not known which blanks are cells of the
    form, and the blanks are dropped, so that the numbers have to be placed.
    """
    groups: dict[tuple[int, int], list[_Line]] = {}
    for line in lines:
        if len(line.values) > width[line.code]:
            groups.setdefault((len(line.values), width[line.code]), []).append(line)
    for (wide, due), group in groups.items():
        printed = [i for line in group for i, v in enumerate(line.values) if v.text]
        if not printed:
            for line in group:
                line.values = line.values[:due]
            continue
        starts = [s for s in range(wide - due + 1) if s <= min(printed) and max(printed) < s + due]
        for line in group:
            if len(starts) == 1:
                line.values = line.values[starts[0] : starts[0] + due]
            else:
                line.values = [v for v in line.values if v.text]


def _match_stream(table: Table, clean: str, start: int, end: int) -> PrintedTable:
    found = stream.rows_in(table, clean, start, end)
    table = _merged(table, {f.code for f in found})
    rows = []
    for row in found:
        if row.code not in table.rows:
            continue
        cells = tuple(Cell(table.code, row.code, c) for c in table.rows[row.code].columns)
        values = (row.run,) if row.run.text else ()
        rows.append(
            PrintedRow(
                cells,
                row.label,
                values,
                glued=True,
                matched="alone" if row.alone else "label",
                unread=not row.whole,
            )
        )
    if not rows:
        return PrintedTable(table, (), ())
    first = max(start, clean.rfind("。", start, rows[0].label.start) + 1)
    last = rows[-1].values[0].end if rows[-1].values else rows[-1].label.end
    return PrintedTable(table, tuple(rows), (), stretch=(first, last))


def _match_one_row(
    table: Table, lines: Sequence[Sequence[Span]], clean: str, start: int, end: int
) -> PrintedTable:
    """The one line whose cells are all numbers; of several, the one that prints most."""

    def count(line: Sequence[Span]) -> int:
        if all(parse_cell(c.text) is not None or _numbers(c.text) for c in line):
            return sum(len(c.text.split()) for c in line)
        return 0

    best = max(lines, key=count, default=())
    header = tuple(c for line in lines if line is not best for c in line if c.text)
    cells = tuple(table.cells())
    if best and count(best):
        line = _Line([], list(best), table.code)
        _align([line], {table.code: len(cells)})
        row = replace(_printed_row(cells, line), label=Span("", best[0].start, best[0].start))
        return PrintedTable(table, (row,), header)
    last = table.columns[list(table.columns)[-1]].zh
    run = stream.last_run(clean, start, end, len(cells), last)
    if run is None:
        return PrintedTable(table, (), header)
    label = Span("", run.start, run.start)
    first = max(start, clean.rfind("。", start, run.start) + 1)
    unread = sum(c.isdigit() for c in run.text) < len(cells)
    row = PrintedRow(cells, label, (run,), glued=True, unread=unread)
    return PrintedTable(table, (row,), header, stretch=(first, run.end))
