"""Every kind of file becomes the same page of lines.

In: the bytes of a file. Out: ``Page`` – its text, one line a paragraph and one line a table row
(``| cell | cell |``), and where each line stands in the file. Each kind has a module of its own; the
kind is told by the content, and by the name only where the content does not say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from analysis import templates
from analysis.errors import InputError
from analysis.templates import canonical

# The names that reports are looked for under.
SUFFIXES = (
    ".txt", ".md", ".html", ".htm", ".shtml", ".mhtml", ".mht", ".pdf", ".docx", ".xlsx", ".csv", ".tsv",
)  # fmt: skip
# The most cells that the tables of one file can have: the form has some 200, a page some 1,000.
MOST_CELLS = 20_000

_READERS = {
    "pdf": "analysis.reading.formats.pdf",
    "docx": "analysis.reading.formats.office",
    "xlsx": "analysis.reading.formats.office",
    "html": "analysis.reading.formats.html",
    "mhtml": "analysis.reading.formats.html",
    "csv": "analysis.reading.formats.plain",
    "text": "analysis.reading.formats.plain",
}
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta|div|p|td|tr)\b", re.I)
_BAR = str.maketrans({"|": "¦", "｜": "¦", "\r": " ", "\n": " "})


@dataclass(frozen=True)
class Page:
    """The text of a file; ``places`` has one entry a line, or none where the lines are the file's own."""

    text: str
    places: tuple[str, ...] = ()


class Lines:
    """Collects the lines of a page with their places."""

    def __init__(self, path: Path) -> None:
        self._path, self._cells = path, 0
        self._lines: list[str] = []
        self._places: list[str] = []

    def paragraph(self, words: str, place: str) -> None:
        """One paragraph; empty ones are left out. A bar would make it a table row, so it is none here."""
        words = " ".join(words.translate(_BAR).split())
        if words:
            self._lines.append(words)
            self._places.append(place)

    def row(self, cells: list[str], place: str) -> None:
        """One row of a table. A row that fills its first cell alone is a paragraph in a frame, unless that
        is the label of a row whose cells are blank."""
        self._cells += len(cells)
        if self._cells > MOST_CELLS:
            raise InputError(
                f"{self._path} 的表格超过 {MOST_CELLS} 个单元格，不会是一份年度报告：请确认文件。",
                f"{self._path} has tables of more than {MOST_CELLS} cells, too many for a report: check the file.",
            )
        cells = [" ".join(c.translate(_BAR).split()) for c in cells]
        filled = [c for c in cells if c]
        if len(filled) == 1 and filled[0] == cells[0] and canonical(filled[0]) not in templates.row_labels():
            self.paragraph(filled[0], place)
        elif filled:
            self._lines.append(f"| {' | '.join(cells)} |")
            self._places.append(place)

    def page(self) -> Page:
        """All lines so far."""
        return Page("\n".join(self._lines), tuple(self._places))


def joined(pieces: list[str]) -> str:
    """The pieces of one cell or label, cut by line breaks: joined as Chinese is, numbers kept apart."""
    made = ""
    for piece in pieces:
        piece = piece.strip()
        if made and piece and made[-1].isascii() and piece[0].isascii():
            made += " "
        made += piece
    return made


def kind_of(data: bytes, path: Path) -> str:
    """What a file is, by its first bytes. Raises ``InputError`` for kinds that cannot be read."""
    head = data[:4096]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        from analysis.reading.formats.office import office_kind

        return office_kind(data, path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{path} 是旧版 Office 文件或加密的文件：请去掉密码，另存为 .docx、.xlsx 或 .pdf。",
            f"{path} is a file of old Office, or one with a password: save it without as .docx, .xlsx or .pdf.",
        )
    suffix = path.suffix.lower()
    if suffix in (".mhtml", ".mht"):
        return "mhtml"
    if _MARKUP.search(_narrowed(head)) and suffix not in (".csv", ".tsv", ".md"):
        return "html"
    if suffix in (".csv", ".tsv"):
        return "csv"
    if suffix and suffix not in SUFFIXES:
        known = " ".join(SUFFIXES)
        raise InputError(
            f"{path}：不能读取 {suffix} 文件；请另存为 {known} 之一。",
            f"{path}: files of type {suffix} cannot be read; save it as one of {known}.",
        )
    return "html" if suffix in (".html", ".htm", ".shtml") else "text"


def _narrowed(head: bytes) -> bytes:
    """The ASCII of a file's beginning, if it is UTF-16 (with a mark, or with every second byte empty)."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(b"\0") > len(head) // 16
    if not wide:
        return head
    big = head.startswith(b"\xfe\xff") or head[::2].count(b"\0") > head[1::2].count(b"\0")
    return head.decode("utf-16-be" if big else "utf-16-le", errors="ignore").encode("ascii", errors="replace")


def read_page(data: bytes, kind: str, path: Path) -> Page:
    """Read a file of a known kind. Raises ``InputError``; nothing else leaves this room."""
    reader = import_module(_READERS[kind])
    try:
        return reader.read(data, kind, path)
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{path} 读取时内存不足：文件可能已损坏，请重新保存。",
            f"{path} takes too much memory to read: it may be damaged; save it again.",
        ) from None
    except Exception as error:  # whatever a library makes of a damaged file
        reason = type(error).__name__
        raise InputError(
            f"{path} 已损坏或不完整（{reason}），读不出文字：请重新下载或另存。",
            f"{path} is damaged or cut off ({reason}) and gives no text: download or save it again.",
        ) from None
