"""Word and Excel files (DOCX, XLSX).

Both are archives; what they hold is measured before it is unpacked. A cell that a merge covers is an
empty cell; a merged cell is one cell.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from analysis.errors import InputError
from analysis.reading.formats import MOST_CELLS, Lines, Page, joined

# The most that an archive may hold, in bytes, and how much more than its own size.
_MOST_UNPACKED = 256 * 1024 * 1024
_MOST_TEXT = 48 * 1024 * 1024
_MOST_RATIO = 200
# What is read of a workbook at most.
_MOST_SHEETS, _MOST_COLUMNS = 60, 100
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def office_kind(data: bytes, path: Path) -> str:
    """``docx`` or ``xlsx``, if the archive is one and no larger inside than a report can be."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise InputError(
            f"{path} 已损坏或不完整：请重新下载或另存。",
            f"{path} is damaged or cut off: download or save it again.",
        ) from None
    unpacked = sum(m.file_size for m in members)
    text = sum(m.file_size for m in members if m.filename.endswith((".xml", ".rels")))
    if (
        unpacked > _MOST_UNPACKED
        or text > _MOST_TEXT
        or len(members) > 5_000
        or any(m.file_size > 2**20 and m.file_size > _MOST_RATIO * max(1, m.compress_size) for m in members)
    ):
        raise InputError(
            f"{path} 展开后有 {unpacked // 2**20} MB，不会是一份年度报告：请确认文件。",
            f"{path} unpacks to {unpacked // 2**20} MB, too much for a report: check the file.",
        )
    names = {m.filename for m in members}
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise InputError(
        f"{path} 不是 Word 或 Excel 文件：请另存为 .docx 或 .xlsx。",
        f"{path} is neither a Word nor an Excel file: save it as .docx or .xlsx.",
    )


def read(data: bytes, kind: str, path: Path) -> Page:
    """The paragraphs and tables of a document, or the rows of a workbook's sheets."""
    lines = Lines(path)
    (_write_word if kind == "docx" else _write_sheets)(data, lines)
    return lines.page()


def _write_word(data: bytes, lines: Lines) -> None:
    import docx

    paragraphs = tables = 0
    for block in _inside(docx.Document(io.BytesIO(data)).element.body, "p", "tbl"):
        if block.tag == f"{_W}p":
            paragraphs += 1
            lines.paragraph(_text(block), f"¶{paragraphs}")
        else:
            tables += 1
            for n, row in enumerate(_inside(block, "tr"), 1):
                lines.row(list(_cells(row)), f"t{tables}r{n}")


def _inside(parent, *names: str) -> Iterator:
    """The parts of a document, table or row that have these names, those in content controls too."""
    tags = [f"{_W}{name}" for name in names]
    for part in parent.iterchildren():
        if part.tag in tags:
            yield part
        elif part.tag in (f"{_W}sdt", f"{_W}sdtContent"):
            yield from _inside(part, *names)


def _cells(row) -> Iterator[str]:
    for cell in _inside(row, "tc"):
        merge = cell.find(f"{_W}tcPr/{_W}vMerge")
        covered = merge is not None and merge.get(f"{_W}val") != "restart"
        yield "" if covered else joined([_text(p) for p in cell.iter(f"{_W}p")])


def _text(paragraph) -> str:
    """The text of a paragraph as it is seen: what was deleted under tracked changes is not."""
    made = []
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br"):
        made.append((node.text or "") if node.tag == f"{_W}t" else " ")
    return "".join(made)


def _write_sheets(data: bytes, lines: Lines) -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    left = MOST_CELLS  # rows, of all sheets
    for sheet in book.worksheets[:_MOST_SHEETS]:
        if sheet.sheet_state != "visible":
            continue
        # The size that a sheet gives itself is often wrong, and read only in this mode.
        sheet.reset_dimensions()
        given = sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)
        rows = [[_shown(v) for v in row] for row in islice(given, left)]
        left -= len(rows)
        width = max((i for row in rows for i, cell in enumerate(row, 1) if cell), default=0)
        for n, row in enumerate(rows, 1):
            lines.row((row + [""] * width)[:width], f"{sheet.title}!{n}")
    book.close()


def _shown(value: object) -> str:
    """A cell as it is read: whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
