"""A PDF with text and ruled tables, without any library.

In: the blocks of a report. Out: the bytes of the file. The font is one of those that a viewer has or replaces, so nothing is
embedded; the same blocks give the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from analysis.synthesis.printing import Block, Grid, Heading, Title

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 60
_INNER = _WIDTH - 2 * _MARGIN
_SIZE, _LINE = 10.5, 18.0
_TITLE = 16.0
# In tables.
_SMALL, _TIGHT, _PAD = 7.5, 9.5, 2.5


def pdf(blocks: Iterable[Block]) -> bytes:
    """The report on pages of A4."""
    sheet = _Sheets()
    for block in blocks:
        if isinstance(block, Grid):
            _table(sheet, block)
        else:
            _paragraph(sheet, block)
    return _file(sheet.done())


@dataclass
class _Sheets:
    """Pages being filled from above: drawing instructions, and how high the pen stands."""

    pages: list[list[str]] = field(default_factory=lambda: [[]])
    y: float = _HEIGHT - _MARGIN

    def room(self, height: float) -> None:
        """Begin another page if so much does not fit on this one."""
        if self.y - height < _MARGIN:
            self.pages.append([])
            self.y = _HEIGHT - _MARGIN

    def text(self, x: float, y: float, words: str, size: float) -> None:
        self.pages[-1].append(f"BT /F {size} Tf {x:.2f} {y:.2f} Td <{words.encode('utf-16-be').hex()}> Tj ET")

    def frame(self, x: float, y: float, wide: float, high: float) -> None:
        self.pages[-1].append(f"{x:.2f} {y:.2f} {wide:.2f} {high:.2f} re S")

    def done(self) -> list[bytes]:
        return ["\n".join(["0.5 w", *page]).encode("ascii") for page in self.pages]


def _wide(words: str, size: float) -> float:
    return size * sum(0.5 if ord(c) < 0x80 else 1 for c in words)


def _broken(words: str, room: float, size: float) -> Iterator[str]:
    """The lines of a text in so much room."""
    line = ""
    for sign in words:
        if line and _wide(line + sign, size) > room:
            yield line
            line = ""
        line += sign
    yield line


def _paragraph(sheet: _Sheets, words: str) -> None:
    size = _TITLE if isinstance(words, Title) else _SIZE
    high = _LINE * size / _SIZE
    # The two blanks before a paragraph are room, not signs.
    indent = 0 if isinstance(words, (Title, Heading)) else 2 * size
    first, *rest = _broken(words, _INNER - indent, size)
    lines = [first, *(_broken("".join(rest), _INNER, size) if rest else [])]
    for n, line in enumerate(lines):
        sheet.room(high)
        sheet.y -= high
        x = _MARGIN + (indent if not n else 0)
        if isinstance(words, Title):
            x = (_WIDTH - _wide(line, size)) / 2
        sheet.text(x, sheet.y + 4, line, size)


def _table(sheet: _Sheets, grid: Grid) -> None:
    """A ruled table; one that does not fit on the page begins on the next, and goes on there if it must."""
    lattice = grid.lattice()
    widths = [_INNER * share for share in grid.shares()]
    lefts = [_MARGIN + sum(widths[:c]) for c in range(len(widths) + 1)]
    lines: dict[tuple[int, int], list[str]] = {}
    highs = [_TIGHT + 2 * _PAD] * len(lattice)
    for r, row in enumerate(lattice):
        for c, box in enumerate(row):
            if box:
                lines[r, c] = list(_broken(box.text, lefts[c + box.wide] - lefts[c] - 2 * _PAD, _SMALL))
                need = len(lines[r, c]) * _TIGHT + 2 * _PAD
                # What a box over several rows lacks is given to its last.
                last = r + box.high - 1
                highs[last] += max(0, need - sum(highs[r : last + 1]))
    sheet.y -= _PAD
    sheet.room(min(sum(highs), _HEIGHT - 2 * _MARGIN))
    for r, row in enumerate(lattice):
        sheet.room(highs[r])
        for c, box in enumerate(row):
            if box:
                high = sum(highs[r : r + box.high])
                wide = lefts[c + box.wide] - lefts[c]
                sheet.frame(lefts[c], sheet.y - high, wide, high)
                for n, words in enumerate(lines[r, c]):
                    at = sheet.y - _PAD - (n + 0.8) * _TIGHT
                    sheet.text(lefts[c] + (wide - _wide(words, _SMALL)) / 2, at, words, _SMALL)
        sheet.y -= highs[r]
    sheet.y -= _LINE / 2


def _file(pages: Sequence[bytes]) -> bytes:
    """The objects of a PDF and where they stand."""
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /W [1 95 500] /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor << /Type /FontDescriptor /FontName "
        b"/STSong-Light /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 "
        b"/StemV 80 >> >>",
    ]
    for n, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Resources << /Font << /F 3 0 R >> >> "
            f"/Contents {6 + 2 * n} 0 R >>".encode()
        )
        stream = zlib.compress(page, 9)
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream)
        )
    made, places = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return bytes(made) + head + table + tail
