"""PDF files with text.

Tables are those that the page rules; text outside them stands line by line. A label that is written
downwards or broken over lines is one label; a row that only fills its first cell is text in a frame.
Numbers of pages are left out. A scanned page has no text, and says so.
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.psparser import literal_name

from analysis.errors import InputError
from analysis.reading.formats import Lines, Page, joined

# The most pages of a report, and the most characters and ruling lines of a page.
MOST_PAGES = 300
_MOST_CHARACTERS = 30_000
_MOST_LINES = 20_000
# The most drawing instructions of a page, in bytes, and how deep forms may draw each other.
_MOST_INSTRUCTIONS = 2 * 2**20
_DEEPEST = 8
# Fewer characters a page than this is a picture of a page.
_LEAST_CHARACTERS = 8
_FOLIO = re.compile(r"[-—–\s]*\d{1,3}[-—–\s]*|第?\s*\d+\s*页.{0,8}")

logging.getLogger("pdfminer").setLevel(logging.ERROR)


def read(data: bytes, kind: str, path: Path) -> Page:
    """The text and tables of a PDF. Raises ``InputError`` for scans, passwords and damage."""
    try:
        pdf = pdfplumber.open(io.BytesIO(data))
    except Exception as error:
        if (
            isinstance(error, PDFPasswordIncorrect)
            or isinstance(error.__cause__, PDFPasswordIncorrect)
            or any(isinstance(a, PDFPasswordIncorrect) for a in error.args)
        ):
            raise InputError(
                f"{path} 有密码：请去掉密码后另存。", f"{path} has a password: save it without one."
            ) from None
        raise
    with pdf:
        if len(pdf.pages) > MOST_PAGES:
            raise InputError(
                f"{path} 有 {len(pdf.pages)} 页，超过 {MOST_PAGES} 页：请只保留年度报告本身。",
                f"{path} has {len(pdf.pages)} pages, more than {MOST_PAGES}: keep the report alone.",
            )
        lines, characters = Lines(path), 0
        for number, page in enumerate(pdf.pages, 1):
            if _weight(page) > _MOST_INSTRUCTIONS:
                raise _too_much(path, number)
            shapes = len(page.lines) + len(page.rects) + len(page.curves)
            if len(page.chars) > _MOST_CHARACTERS or shapes > _MOST_LINES:
                raise _too_much(path, number)
            characters += sum(not c["text"].isspace() for c in page.chars)
            _write(page, number, lines)
            page.close()  # a page keeps its characters until it is closed
        if characters < _LEAST_CHARACTERS * max(1, len(pdf.pages)):
            raise InputError(
                f"{path} 是扫描件，页面上没有文字：请先做文字识别（OCR），或换用网页、Word 版本。",
                f"{path} is a scan and its pages hold no text: run text recognition (OCR) first, or take the "
                "web page or Word file.",
            )
    return lines.page()


def _too_much(path: Path, number: int) -> InputError:
    return InputError(
        f"{path} 第 {number} 页的内容过多，不会是年度报告的一页：请确认文件。",
        f"{path}: page {number} holds too much for a page of a report: check the file.",
    )


def _weight(page: pdfplumber.page.Page) -> int:
    """How many bytes of drawing instructions a page takes, with all the forms it draws and they draw in
    turn, measured before any of them is carried out."""
    weights: dict[int, int] = {}

    def of(streams: list, resources: dict, depth: int) -> int:
        data = b"\n".join(map(_inflated, streams))
        total = len(data)
        forms = resolve1(resources.get("XObject")) or {}
        for name in re.findall(rb"/([^\s/<>\[\]()]+)\s+Do\b", data):
            form = resolve1(forms.get(name.decode("latin-1")))
            if not isinstance(form, PDFStream) or literal_name(form.get("Subtype")) != "Form":
                continue
            if depth > _DEEPEST:
                return _MOST_INSTRUCTIONS + 1
            if id(form) not in weights:
                weights[id(form)] = 0  # a form that draws itself
                inner = resolve1(form.get("Resources")) or resources
                weights[id(form)] = of([form], inner, depth + 1)
            total += weights[id(form)]
            if total > _MOST_INSTRUCTIONS:
                return total
        return total

    contents = [c for c in map(resolve1, page.page_obj.contents) if isinstance(c, PDFStream)]
    return of(contents, resolve1(page.page_obj.resources) or {}, 0)


def _inflated(stream: PDFStream) -> bytes:
    """The instructions of a stream, no more of them than matters."""
    data = stream.get_rawdata() or b""
    if not any(literal_name(name) in ("FlateDecode", "Fl") for name, _ in stream.get_filters()):
        return data
    try:
        return zlib.decompressobj().decompress(data, _MOST_INSTRUCTIONS + 1)
    except zlib.error:
        return data


def _write(page: pdfplumber.page.Page, number: int, lines: Lines) -> None:
    """The lines and table rows of one page, from top to bottom."""
    tables = page.find_tables()
    blocks = [(table.bbox[1], n, list(_rows(table))) for n, table in enumerate(tables, 1)]
    rest = page
    for table in tables:
        rest = rest.outside_bbox(table.bbox, strict=False)
    for line in rest.extract_text_lines(return_chars=False) if rest.chars else ():
        blocks.append((line["top"], 0, [[line["text"]]]))
    for _, table, rows in sorted(blocks, key=lambda b: b[:2]):
        for n, cells in enumerate(rows, 1):
            if len(cells) > 1:
                lines.row(cells, f"p{number}t{table}r{n}")
            elif not (table == 0 and _FOLIO.fullmatch(cells[0])):
                lines.paragraph(cells[0], f"p{number}")


def _rows(table: pdfplumber.table.Table) -> Iterator[list[str]]:
    for row in table.extract():
        yield [joined((cell or "").split("\n")) for cell in row]
