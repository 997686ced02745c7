"""Prints reports from true cells, in any format and layout.

In: the cells of a report as its truth has them, and the declared form. Out: the official tables (``Grid``);
with headings and sentences they are the blocks which the printers below put on a page, in a document, on
sheets or in plain text.
"""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from analysis import templates
from analysis.templates import Cell, Form

_WIDE = str.maketrans("(),", "（），")
ORDINALS = "一二三四五六七八九十"
_COUNT_NOTE = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
RESULTS = "三、本年度办理结果"
INDICATOR, MEASURE = "指标名称", "计量单位"
# The room of a Word page, in cm.
_WORD = 15.2
UNIT_OF_MONEY = "本年收费金额（单位：万元）"


@dataclass(frozen=True)
class Truth:
    """A report as it should be read: ``cells`` are printed as they stand here, empty if blank."""

    unit: str
    year: int
    form: Form
    cells: Mapping[Cell, str]

    def __getitem__(self, cell: str) -> str:
        return self.cells[Cell.parse(cell)]

    def path(self, folder: Path, suffix: str) -> Path:
        """Where a report is filed: <unit>/<year>."""
        made = folder / self.unit / f"{self.year}{suffix}"
        made.parent.mkdir(parents=True, exist_ok=True)
        return made


# the tables


@dataclass(frozen=True)
class Box:
    """A printed cell and the columns and rows that it covers; ``value`` if it is a cell of the form."""

    text: str
    wide: int = 1
    high: int = 1
    value: bool = False


@dataclass(frozen=True)
class Grid:
    """A printed table: rows of boxes, the first ``head`` of which are its header."""

    code: str
    rows: tuple[tuple[Box, ...], ...]
    head: int = 0

    def lattice(self) -> list[list[Box | None]]:
        """Every place of the grid: the box that begins there, or None where a box covers it."""
        taken: dict[tuple[int, int], Box | None] = {}
        for r, row in enumerate(self.rows):
            column = 0
            for box in row:
                while (r, column) in taken:
                    column += 1
                for down in range(box.high):
                    for right in range(box.wide):
                        taken[r + down, column + right] = box if not down and not right else None
                column += box.wide
        wide = 1 + max(c for _, c in taken)
        return [[taken.get((r, c)) for c in range(wide)] for r in range(len(self.rows))]

    def shares(self) -> list[float]:
        """How much of the width each column has: numbers need little, labels share the rest."""
        lattice = self.lattice()
        wants = [
            2.5 + max((min(12, len(box.text)) for box in column if box and box.wide == 1), default=3)
            for column in zip(*lattice, strict=True)
        ]
        return [want / sum(wants) for want in wants]

    def with_box(self, row: int, nth: int, box: Box) -> Grid:
        """The table with another box in a place."""
        boxes = [*self.rows[row][:nth], box, *self.rows[row][nth + 1 :]]
        return replace(self, rows=(*self.rows[:row], tuple(boxes), *self.rows[row + 1 :]))

    def without(self, row: int) -> Grid | None:
        """The table without a row; None where a box begins in it that covers others too."""
        if any(box.high > 1 for box in self.rows[row]):
            return None
        rows = [
            tuple(replace(box, high=box.high - (r < row < r + box.high)) for box in boxes)
            for r, boxes in enumerate(self.rows)
            if r != row
        ]
        return replace(self, rows=tuple(rows))

    def cut(self, at: int, header: bool) -> tuple[Grid, Grid]:
        """Two tables, cut before row ``at``: what covers rows on both sides is printed on both."""
        over: list[tuple[int, Box]] = []  # boxes that the cut goes through, by column
        first = [list(row) for row in self.rows[:at]]
        for r, row in enumerate(self.lattice()[:at]):
            for column, box in enumerate(row):
                if box and r + box.high > at:
                    first[r][first[r].index(box)] = replace(box, high=at - r)
                    over.append((column, replace(box, high=r + box.high - at)))
        second = [list(row) for row in self.rows[at:]]
        second[0] = [box for _, box in sorted(over, key=lambda o: o[0])] + second[0]
        if header:
            second = [list(row) for row in self.rows[: self.head]] + second
        return (
            replace(self, rows=tuple(map(tuple, first))),
            replace(self, rows=tuple(map(tuple, second)), head=self.head if header else 0),
        )


class Title(str):
    """The title of a report, which pages and documents print large."""


class Heading(str):
    """The heading of a section."""


Block = str | Grid


def title(true: Truth) -> str:
    """How a report is called."""
    return f"{true.unit}{true.year}年政府信息公开工作年度报告"


def _label(row: templates.Row) -> str:
    return row.zh.translate(_WIDE)


def disclosure(true: Truth, mixed: bool = False) -> Grid:
    """Table two: blocks under the items of Article 20. ``mixed`` spans four columns or five."""
    rows: list[tuple[Box, ...]] = []
    wide = 5 if mixed else 4
    blocks = groupby(true.form.tables["disclosure"].rows.values(), key=lambda r: r.heading)
    for n, (heading, block) in enumerate(blocks):
        rows.append((Box(heading.translate(_WIDE), 4 if mixed and n % 2 else wide),))
        for i, row in enumerate(block):
            spans = {1: [wide - 1], 2: [wide - 3, 2], 3: [1, wide - 3, 1]}[len(row.columns)]
            names = [UNIT_OF_MONEY if c.unit else c.zh for c in row.columns.values()]
            if not i:
                rows.append((Box("信息内容"), *map(Box, names, spans)))
            if mixed and len(spans) == 3:
                spans = [2, 1, 1]
            values = [true.cells[Cell("disclosure", row.code, c)] for c in row.columns]
            rows.append((Box(_label(row)), *(Box(v, w, 1, True) for v, w in zip(values, spans, strict=True))))
    return Grid("disclosure", tuple(rows))


def _outcomes(true: Truth) -> list[tuple[str, list[tuple[str, str]]]]:
    """The rows under 三、本年度办理结果: group label (or empty), and its rows as code and label."""
    table = true.form.tables["applications"]
    codes = [c for c in table.rows if c not in ("received", "carried_in", "carried_out")]
    made: list[tuple[str, list[tuple[str, str]]]] = []
    for n, (group, members) in enumerate(groupby(codes, key=lambda c: c.partition(".")[0])):
        ordinal, rows = f"（{ORDINALS[n]}）", list(members)
        if rows == [group]:
            made.append(("", [(group, ordinal + _label(table.rows[group]))]))
        else:
            named = [(c, f"{i}.{_label(table.rows[c])}") for i, c in enumerate(rows, 1)]
            made.append((ordinal + table.groups[group].zh, named))
    return made


def _values(true: Truth, row: str) -> tuple[Box, ...]:
    columns = true.form.tables["applications"].columns
    return tuple(Box(true.cells[Cell("applications", row, c)], value=True) for c in columns)


def applications(true: Truth, flat: bool = False) -> Grid:
    """Table three. ``flat`` prints one label a line, that of a group on a line of its own."""
    table = true.form.tables["applications"]
    person, *bodies, total = (c.zh for c in table.columns.values())
    outcomes = _outcomes(true)
    labels = {c: f"{ORDINALS[n]}、{table.rows[c].zh}" for c, n in zip(
        ("received", "carried_in", "carried_out"), (0, 1, 3), strict=True
    )}  # fmt: skip
    if flat:
        rows = [(Box(_COUNT_NOTE), *map(Box, (person, *bodies, total)))]
        rows += [(Box(labels[c]), *_values(true, c)) for c in ("received", "carried_in")]
        rows.append((Box(RESULTS),))
        for group, members in outcomes:
            rows += [(Box(group),)] if group else []
            rows += [(Box(label), *_values(true, code)) for code, label in members]
        rows.append((Box(labels["carried_out"]), *_values(true, "carried_out")))
        return Grid("applications", tuple(rows), head=1)
    rows = [
        (Box(_COUNT_NOTE, 3, 3), Box("申请人情况", 7)),
        (Box(person, 1, 2), Box("法人或其他组织", 5), Box(total, 1, 2)),
        tuple(map(Box, bodies)),
        *((Box(labels[c], 3), *_values(true, c)) for c in ("received", "carried_in")),
    ]
    first = len(rows)
    for group, members in outcomes:
        for i, (code, label) in enumerate(members):
            lead = () if not group else (Box(group, 1, len(members)),) if not i else None
            boxes = (*(lead or ()), Box(label, 1 if group else 2))
            rows.append((*boxes, *_values(true, code)))
    rows[first] = (Box(RESULTS, 1, len(rows) - first), *rows[first])
    rows.append((Box(labels["carried_out"], 3), *_values(true, "carried_out")))
    return Grid("applications", tuple(rows), head=3)


def disputes(true: Truth, collapsed: bool = False) -> Grid:
    """Table four: fifteen numbers in one row. ``collapsed`` prints 结果 结果 其他 尚未 总."""
    table = true.form.tables["disputes"]
    names = ["结果", "结果", "其他", "尚未", "总"] if collapsed else [c.zh for c in table.columns.values()]
    review, *lawsuits = (row.zh for row in table.rows.values())
    return Grid(
        "disputes",
        (
            (Box(review, 5), Box("行政诉讼", 10)),
            (*(Box(n, 1, 2) for n in names), *(Box(s, 5) for s in lawsuits)),
            tuple(map(Box, names * 2)),
            tuple(Box(true.cells[cell], value=True) for cell in table.cells()),
        ),
        head=3,
    )


def statistics(true: Truth) -> Grid:
    """The statistics before 2019: a line an indicator."""
    table = true.form.tables["statistics"]
    rows = [(Box(INDICATOR), Box(MEASURE), *(Box(c.zh) for c in table.columns.values()))]
    for row in table.rows.values():
        measure = next((c.unit for c in row.columns.values() if c.unit), "件")
        values = (Box(true.cells[Cell("statistics", row.code, c)], value=True) for c in row.columns)
        rows.append((Box(_label(row)), Box(measure), *values))
    return Grid("statistics", tuple(rows), head=1)


# plain text


def _cells(grid: Grid, covered: bool) -> list[list[str]]:
    """The words of every row; ``covered`` keeps an empty cell for what a span covers."""
    rows = grid.lattice() if covered else grid.rows
    return [[box.text if box else "" for box in row] for row in rows]


def _columns(text: str) -> int:
    """How many columns of a terminal a text fills."""
    return sum(1 + (ord(c) > 0x2E7F) for c in text)


def _aligned(grid: Grid) -> list[str]:
    """Rows whose cells begin under each other."""
    rows = _cells(grid, covered=True)
    wide = [2 + max(_columns(row[c]) for row in rows) for c in range(len(rows[0]))]
    return [
        "".join(t + " " * (w - _columns(t)) for t, w in zip(row, wide, strict=True)).rstrip() for row in rows
    ]


def _vanished(row: Sequence[Box]) -> list[str]:
    """A row whose blank cells have moved behind its numbers."""
    return [b.text for b in row if b.text] + [""] * sum(not b.text for b in row)


ROWS: Mapping[str, Callable[[Grid], list[str]]] = {
    "bars": lambda g: [" | ".join(row) for row in _cells(g, False)],
    "framed": lambda g: [f"| {' | '.join(row)} |" for row in _cells(g, False)],
    "framed, spans kept": lambda g: [f"| {' | '.join(row)} |" for row in _cells(g, True)],
    "tight bars": lambda g: [f"|{'|'.join(row)}|" for row in _cells(g, False)],
    "tabs": lambda g: ["\t".join(row) for row in _cells(g, False)],
    "tabs, spans kept": lambda g: ["\t".join(row) for row in _cells(g, True)],
    "aligned": _aligned,
    "single spaces": lambda g: [" ".join(t for t in row if t) for row in _cells(g, False)],
    "blanks vanished": lambda g: [f"{' | '.join(_vanished(row))} |" for row in g.rows],
    "markdown": lambda g: _markdown(_cells(g, True), g.head),
    "bold markdown": lambda g: _markdown(
        [[f"**{t}**" if t else "" for t in row] for row in _cells(g, True)], g.head
    ),
}


def _markdown(rows: list[list[str]], head: int) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [*lines[: head or 1], "|" + " :---: |" * len(rows[0]), *lines[head or 1 :]]


def text(blocks: Iterable[Block], rows: str) -> str:
    """The report as text; ``rows`` says how tables are printed."""
    return "\n".join("\n".join(ROWS[rows](b)) if isinstance(b, Grid) else b for b in blocks) + "\n"


def glued(blocks: Iterable[Block]) -> str:
    """Everything on one line, and the cells without anything between them."""
    return "".join(
        "".join(box.text for row in b.rows for box in row) if isinstance(b, Grid) else b for b in blocks
    )


# pages


def plain_cell(box: Box) -> str:
    """The words of a cell as HTML."""
    return html.escape(box.text, quote=False)


def html_table(
    grid: Grid, cell: Callable[[Box], str] = plain_cell, head: bool = False, closed: bool = True
) -> str:
    """A table of a page. ``head`` prints thead, tbody and th; not ``closed`` leaves out the closing tags
    that a browser does not need."""
    made = []
    for n, row in enumerate(grid.rows):
        tag = "th" if head and n < grid.head else "td"
        boxes = []
        for box in row:
            spans = f' colspan="{box.wide}"' * (box.wide > 1) + f' rowspan="{box.high}"' * (box.high > 1)
            boxes.append(f"<{tag}{spans}>{cell(box)}" + f"</{tag}>" * closed)
        made.append(f"<tr>{''.join(boxes)}" + "</tr>" * closed)
    if head:
        made = ["<thead>", *made[: grid.head], "</thead><tbody>", *made[grid.head :], "</tbody>"]
    return '<table border="1" cellspacing="0">\n' + "\n".join(made) + "\n</table>"


def html_body(blocks: Iterable[Block], table: Callable[[Grid], str] = html_table, closed: bool = True) -> str:
    """The article: a paragraph for each text, the first a heading."""
    end = "</p>" * closed
    made = [table(b) if isinstance(b, Grid) else f"<p>{html.escape(b, quote=False)}{end}" for b in blocks]
    return "\n".join(made)


def html_page(body: str, head: str = '<meta charset="utf-8">', name: str = "") -> str:
    """A page around an article."""
    return (
        f"<!DOCTYPE html>\n<html><head>{head}<title>{name}</title></head>\n<body>\n{body}\n</body></html>\n"
    )


# documents and sheets


def docx(blocks: Iterable[Block], pieces: Callable[[Box], Sequence[str]] = lambda b: [b.text]) -> bytes:
    """A Word file; ``pieces`` are the paragraphs of a cell."""
    import docx as word
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    document = word.Document()
    for block in blocks:
        if isinstance(block, str):
            words = document.add_paragraph()
            run = words.add_run(block)
            if isinstance(block, Title):
                words.alignment, run.font.size = WD_ALIGN_PARAGRAPH.CENTER, Pt(16)
            run.bold = isinstance(block, (Title, Heading)) or None
            continue
        lattice = block.lattice()
        table = document.add_table(len(lattice), len(lattice[0]), "Table Grid")
        cells = [list(row.cells) for row in table.rows]
        for column in zip(table.columns, block.shares(), *cells, strict=True):
            (whole, share), own = column[:2], column[2:]
            for part in (whole, *own):
                part.width = Cm(_WORD * share)
        for r, row in enumerate(lattice):
            for c, box in enumerate(row):
                if box is None:
                    continue
                cell = cells[r][c]
                if box.wide > 1 or box.high > 1:
                    cell = cell.merge(cells[r + box.high - 1][c + box.wide - 1])
                cell.text, *more = pieces(box)
                for piece in more:
                    cell.add_paragraph(piece)
        document.add_paragraph("")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def number(box: Box, kind: type = int) -> object:
    """What a sheet holds for a cell: a number of some kind where there is one."""
    if not box.value or not box.text or box.text.startswith("+"):
        return box.text or None
    try:
        return float(box.text) if "." in box.text else kind(box.text)
    except ValueError:
        return box.text


def xlsx(
    blocks: Iterable[Block],
    value: Callable[[Box], object] = number,
    sheets: bool = False,
    margin: int = 0,
) -> bytes:
    """An Excel file: all on one sheet, or each table on one of its own; ``margin`` empty columns (and a
    row between blocks) around the tables."""
    import openpyxl
    from openpyxl.writer.excel import ExcelWriter

    book = openpyxl.Workbook()
    sheet, line = book.active, 1
    for block in blocks:
        if isinstance(block, str):
            if sheets and sheet is not book.active:
                sheet, line = book.create_sheet(), 1
            sheet.cell(line, 1, block)
            line += 1
            continue
        if sheets:
            sheet, line = book.create_sheet(block.code), 1
        for row in block.lattice():
            for c, box in enumerate(row, 1 + margin):
                if box is None:
                    continue
                sheet.cell(line, c, value(box))
                if box.wide > 1 or box.high > 1:
                    sheet.merge_cells(
                        start_row=line,
                        end_row=line + box.high - 1,
                        start_column=c,
                        end_column=c + box.wide - 1,
                    )
            line += 1
        if margin:
            sheet.cell(line, len(row) + 2 * margin).number_format = "0"
            line += 1
    # As ``book.save`` does, but for the clock time in it.
    book.properties.created = book.properties.modified = datetime(1980, 1, 1)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()
    return made.getvalue()


def delimited(blocks: Iterable[Block], delimiter: str, spans: bool) -> str:
    """A CSV; ``spans`` keeps an empty cell for what a span covers."""
    made = io.StringIO()
    rows = csv.writer(made, delimiter=delimiter, lineterminator="\n")
    for block in blocks:
        rows.writerows(_cells(block, spans) if isinstance(block, Grid) else [[block]])
    return made.getvalue()
