"""The page becomes sections and printed rows.

In: folded text. Out: the sections with their places, and the rows of any table in a stretch of text
as lists of cells. A row is a line with bars, tabs or wide spaces between its cells, whatever stood
around it. A text that has lost its lines has its headings in the middle; rows it has none, and its
tables are found by their labels (``stream``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis import templates
from analysis.errors import InputError
from analysis.reading.normalise import Text
from analysis.reading.quantities import parse_cell
from analysis.templates import canonical

_ORDINALS = "一二三四五六七八九十"
_HEADING = re.compile(rf"^[ \t#]*([{_ORDINALS}]+)、[ \t]*([^\n|]+?)[ \t]*$", re.M)
# The kinds of ordinals that open a numbered part: （一） on a new line, 一是 in a sentence, 1. on a line.
_PART = (
    re.compile(rf"^(?=[ \t]*\([{_ORDINALS}]+\))", re.M),
    re.compile(rf"(?:^|(?<=[。;:,、\s]))(?=[{_ORDINALS}]是)", re.M),
    re.compile(r"^(?=[ \t]*\d+[.、](?!\d))", re.M),
)
_PART_INLINE = (
    re.compile(rf"(?:^|(?<=[。;:!?\s]))(?=\([{_ORDINALS}]+\))"),
    _PART[1],
    re.compile(r"(?:^|(?<=[。;:!?\s]))(?=\d+[.、](?!\d))"),
)
# What a numbered part opens with.
ORDINAL = re.compile(rf"[ \t]*(?:\([{_ORDINALS}]+\)|[{_ORDINALS}]是|\d+[.、])")
# What a page prints around a report: font-size switches, print and close buttons.
_CHROME = re.compile(
    r"^[-\s]*(?:字体:?.*|打印(?:本页)?|关闭(?:窗口)?|【[^】]*】|分享(?:到)?:?.*|扫一扫.*|上一篇.*|下一篇.*)?[-\s]*$"
)


@dataclass(frozen=True)
class Span:
    """A stretch of the folded text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Section:
    """A section of the report: ``heading`` and body are at ``start``, ``body``, ``end``; ``parts`` are
    its numbered parts, each from its ordinal to the next; what stands before the first has none.
    ``tables`` are the stretches of a table within it that are no lines of their own."""

    code: str
    heading: str
    start: int
    body: int
    end: int
    parts: tuple[Span, ...] = ()
    tables: tuple[tuple[int, int], ...] = ()

    def part_at(self, place: int) -> Span | None:
        """The numbered part that a place of the folded text lies in."""
        return next((p for p in self.parts if p.start <= place < p.end), None)


def split_sections(text: Text) -> dict[str, Section]:
    """The sections found, by code, in the order of the page; the preface before them has none."""
    heads = _headings(text)
    ends = [start for _, _, start, _ in heads[1:]] + [body_end(text)]
    found: dict[str, Section] = {}
    for (code, title, start, body), end in zip(heads, ends, strict=False):
        # A list of the titles before the report has them too, with nothing under them.
        if end >= body and (code not in found or end - body > found[code].end - found[code].body):
            found[code] = Section(code, title, start, body, end, tuple(split_parts(text, body, end)))
    return found


# With fewer headings on lines of their own than this, those within lines count too.
_FEW = 3


def _title(heading: str) -> str:
    """A heading for comparing, without the year that some put before it."""
    return re.sub(r"^20\d\d年度?", "", canonical(heading))


def _headings(text: Text) -> list[tuple[str, str, int, int]]:
    """(section, title, start, end) of every heading, in the order of the page."""
    titles = {canonical(t): s.code for s in templates.sections().values() for t in s.titles}
    heads = [
        (titles[_title(m[2])], m[2], m.start(), m.end())
        for m in _HEADING.finditer(text.clean)
        if _title(m[2]) in titles
    ]
    if len({code for code, *_ in heads}) < _FEW:
        heads = [
            (titles[canonical(m[1])], m[1], m.start(), m.end())
            for m in templates.title_pattern().finditer(text.clean)
        ]
    if len({code for code, *_ in heads}) < _FEW:  # ordinals set by a word processor are not in the text
        heads = [
            (titles[canonical(m[0])], m[0], m.start(), m.end())
            for m in re.finditer(r"[^\n|]{2,40}", text.clean)
            if canonical(m[0]) in titles
        ]
    found = {code for code, *_ in heads}
    for section in templates.sections().values():
        if section.code in found:
            continue
        for opening in section.openings:
            if match := opening.search(text.clean):
                # What opens a section without a title is itself part of it.
                start = match.start()
                heads.append(
                    (section.code, match[0].strip(), start, match.end() if "表" in match[0] else start)
                )
                break
    return sorted(heads, key=lambda h: h[2])


def split_parts(text: Text, start: int, end: int) -> Iterator[Span]:
    """The numbered parts of a stretch, by the first kind of ordinal that it uses."""
    body = text.clean[start:end]
    for pattern in _PART if "\n" in body.strip() else _PART_INLINE:
        openings = [start + m.start() for m in pattern.finditer(body)]
        if openings:
            for first, last in zip(openings, [*openings[1:], end], strict=True):
                words = text.clean[first:last].rstrip()
                yield Span(words, first, first + len(words))
            return


def body_end(text: Text) -> int:
    """Where the report ends and the buttons of the page begin."""
    end = len(text.clean)
    while end:
        start = text.clean.rfind("\n", 0, end - 1) + 1
        if not _CHROME.match(text.clean[start:end].strip("\n")):
            return end
        end = start
    return end


def rows(text: Text, start: int, end: int) -> Iterator[list[Span]]:
    """Every printed row between ``start`` and ``end``: its cells, stripped, with their places."""
    many = 0
    for match in re.finditer(r"[^\n]+", text.clean[start:end]):
        if cells := _cells(match[0]):
            many += len(cells)
            if many > _MOST_CELLS:
                raise InputError(
                    f"{text.where(start)}：此处的表格超过 {_MOST_CELLS} 个单元格，不会是一份年度报告；请确认文件。",
                    f"{text.where(start)}: the tables from here on have more than {_MOST_CELLS} cells, too many for a "
                    "report; check the file.",
                )
            at = start + match.start()
            yield [Span(cell.text, at + cell.start, at + cell.end) for cell in cells]


_RULE = re.compile(r"[|\s:\-—+=]+")
# The most cells of a text, and the longest stretch that is read as one sentence.
_MOST_CELLS, _MOST_SENTENCE = 20_000, 4_000
_BAR = re.compile(r"\|")
# What parts the cells of a line without bars.
_GAP = re.compile(r"\t| {2,}(?=\S)")


# The lines of a page are gone through for its tables and again whenever its prose is.
@lru_cache(maxsize=1_024)
def _cells(line: str) -> Sequence[Span]:
    """The cells of a line that is a table row, with their places in it; none if it is not."""
    if "|" in line:
        if "--" in line and _RULE.fullmatch(line):
            return []
        # A bar at both edges of the line is a frame; at the right alone, it may close a blank cell.
        cells = _split(line, _BAR, 0)
        framed = line.strip().startswith("|") and line.strip().endswith("|")
        return cells[1:-1] if framed else cells
    if "\t" not in line and "  " not in line:
        return []
    lead = len(line) - len(line.lstrip(" "))
    if not _GAP.search(line, lead):
        return []
    cells = _split(line[lead:], _GAP, lead)
    if line.count("\t") > 1:  # no prose has several
        return cells
    figures = [c for c in cells[1:] if c.text and parse_cell(c.text) is not None]
    return cells if figures and (len(cells) > 2 or cells[-1] in figures) else []


def _split(line: str, gap: re.Pattern[str], start: int) -> list[Span]:
    cells, position = [], 0
    for edge, after in [*((m.start(), m.end()) for m in gap.finditer(line)), (len(line), len(line))]:
        piece = line[position:edge]
        lead = len(piece) - len(piece.lstrip(" \t*"))
        word = piece.strip(" \t*")
        cells.append(Span(word, start + position + lead, start + position + lead + len(word)))
        position = after
    return cells


_SENTENCE = re.compile(f"[^。!?]{{1,{_MOST_SENTENCE}}}[。!?]?")


def prose(text: Text, section: Section) -> Iterator[Span]:
    """The sentences of a section, tables left out. A sentence ends in 。 or at the end of its line."""
    edges = [section.body, *(edge for table in section.tables for edge in table), section.end]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        for line in re.finditer(r"[^\n]+", text.clean[first:last]):
            if "|" in line[0] or _cells(line[0]):
                continue
            base = first + line.start()
            for match in _SENTENCE.finditer(line[0]):
                if match[0].strip():
                    yield Span(match[0], base + match.start(), base + match.end())
