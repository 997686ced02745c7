"""The page becomes sections and printed rows.

In: folded text. Out: the six sections with their places, and the rows of any table in a stretch of
text as lists of cells. A row is a line with ``|`` between its cells, whatever stood around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis import templates
from analysis.reading.normalise import Text

_ORDINALS = "一二三四五六七八九十"
_HEADING = re.compile(rf"^[ \t#]*([{_ORDINALS}]+)、[ \t]*([^\n|]+?)[ \t]*$", re.M)
# The kinds of ordinals that open a numbered part: （一） on a new line, 一是 in a sentence, 1. on a line.
_PART = (
    re.compile(rf"^(?=[ \t]*\([{_ORDINALS}]+\))", re.M),
    re.compile(rf"(?:^|(?<=[。;:,、\s]))(?=[{_ORDINALS}]是)", re.M),
    re.compile(r"^(?=[ \t]*\d+[.、](?!\d))", re.M),
)
# What a numbered part opens with.
ORDINAL = re.compile(rf"[ \t]*(?:\([{_ORDINALS}]+\)|[{_ORDINALS}]是|\d+[.、])")
_DECORATION = re.compile(rf"^(?:[{_ORDINALS}]+、|\([{_ORDINALS}]+\)|\d+[.、])|[\s\"'“”‘’·.:,、]")
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
    its numbered parts, each from its ordinal to the next; what stands before the first has none."""

    code: str
    heading: str
    start: int
    body: int
    end: int
    parts: tuple[Span, ...] = ()

    def part_at(self, place: int) -> Span | None:
        """The numbered part that a place of the folded text lies in."""
        return next((p for p in self.parts if p.start <= place < p.end), None)


def canonical(label: str) -> str:
    """A label without ordinals, spaces and punctuation, for comparing."""
    while (stripped := _DECORATION.sub("", label)) != label:
        label = stripped
    return label


def split_sections(text: Text) -> dict[str, Section]:
    """The sections found, by code, in the order of the page; the preface before them has none."""
    titles = {canonical(t): s.code for s in templates.sections().values() for t in s.titles}
    heads = [(titles[canonical(m[2])], m) for m in _HEADING.finditer(text.clean) if canonical(m[2]) in titles]
    stop = body_end(text)
    ends = [m.start() for _, m in heads[1:]] + [stop]
    found: dict[str, Section] = {}
    for (code, match), end in zip(heads, ends, strict=False):
        parts = tuple(split_parts(text, match.end(), end))
        section = Section(code, match[2], match.start(), match.end(), end, parts)
        # A list of the titles before the report has them too, with nothing under them.
        if code not in found or end - match.end() > found[code].end - found[code].body:
            found[code] = section
    return found


def split_parts(text: Text, start: int, end: int) -> Iterator[Span]:
    """The numbered parts of a stretch, by the first kind of ordinal that it uses."""
    body = text.clean[start:end]
    for pattern in _PART:
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
    for match in re.finditer(r"[^\n]+", text.clean[start:end]):
        line = match[0]
        if "|" not in line or re.fullmatch(r"[|\s:\-]*-{2,}[|\s:\-]*", line):
            continue
        cells, position = [], start + match.start()
        for piece in line.split("|"):
            lead = len(piece) - len(piece.lstrip())
            word = piece.strip()
            cells.append(Span(word, position + lead, position + lead + len(word)))
            position += len(piece) + 1
        # A bar at both edges of the line is a frame; at the right alone, it may close a blank cell.
        framed = line.strip().startswith("|") and line.strip().endswith("|")
        yield cells[1:-1] if framed else cells


def prose(text: Text, section: Section) -> Iterator[Span]:
    """The sentences of a section, tables left out. A sentence ends in 。 or at the end of its line."""
    for line in re.finditer(r"[^\n]+", text.clean[section.body : section.end]):
        if "|" in line[0]:
            continue
        base = section.body + line.start()
        for match in re.finditer(r"[^。!?]+[。!?]?", line[0]):
            if match[0].strip():
                yield Span(match[0], base + match.start(), base + match.end())
