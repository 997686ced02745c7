"""Text as found becomes text that can be matched, with a way back.

In: the text of a file. Out: ``Text`` – the folded text (simplified characters, half-width digits
and punctuation, no pinyin glosses) and, for each of its characters, where it stood in the file.
Nothing that carries meaning is dropped: a bracketed reading goes only if it is a reading of the
very character before it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import opencc

# Full-width forms of ASCII, and the spaces that pages use; all one to one, so offsets hold.
_SPACES = (0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x202F)
_WIDTHS = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_WIDTHS |= dict.fromkeys(map(chr, _SPACES), " ")
_WIDE = re.compile(f"[{re.escape(''.join(_WIDTHS))}]")
# Characters that take no place on the page.
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
# Half-width punctuation beside a Chinese character or a closing quotation mark.
_TYPESET = re.compile(r"(?<=[一-鿿”》%件条])[,;:()!?]|[(](?=[一-鿿])|(?<=\d)[)](?=[一-鿿。，,;])")
_GLOSS = re.compile(r"([一-鿿])((?:\([a-zü-ǜāáǎàēéěèīíǐìōóǒòūúǔùǹńňḿ]+\))+)")


@dataclass(frozen=True)
class Text:
    """``clean`` is the folded text; ``origin[i]`` the offset in ``raw`` of its i-th character."""

    raw: str
    clean: str
    origin: Sequence[int]
    name: str
    glosses: int
    traditional: bool
    _line_starts: tuple[int, ...]
    _places: tuple[str, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of ``clean`` → the stretch of ``raw`` that it was made from."""
        if start >= len(self.origin):
            return len(self.raw), len(self.raw)
        first = self.origin[start]
        return first, max(first, self.origin[end - 1] + 1) if end > start else first

    def clean_offset(self, offset: int) -> int:
        """A place in ``raw`` → the first place in ``clean`` that was made from it or from later."""
        return bisect_left(self.origin, offset)

    def where(self, start: int) -> str:
        """A place in ``clean`` as people find it in the file.

        In a text file line and column (``2020.txt:14:36``); elsewhere the place of its paragraph or
        table row, and the cell (``2019.html:t2r5c3``: table 2, row 5, cell 3; ``2023.pdf:p3t1r2c1``).
        """
        offset = self.span(start, start)[0]
        line = bisect_right(self._line_starts, offset)
        first = self._line_starts[line - 1]
        if not self._places:
            return f"{self.name}:{line}:{offset - first + 1}"
        place = self._places[min(line, len(self._places)) - 1]
        if cell := self.raw.count("|", first, offset):
            place += f"c{cell}"
        return f"{self.name}:{place}"


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _readings(character: str) -> frozenset[str]:
    """Every reading of a character, with and without its tone mark."""
    from pypinyin import Style, pinyin  # large, and few pages have glosses

    marked = pinyin(character, style=Style.TONE, heteronym=True)[0]
    plain = pinyin(character, style=Style.NORMAL, heteronym=True, v_to_u=True)[0]
    return frozenset(unicodedata.normalize("NFC", r) for r in (*marked, *plain))


def _glosses(raw: str) -> list[tuple[int, int, int]]:
    """(start, end, how many) of every run of glosses that are readings of the character before."""
    found = []
    for match in _GLOSS.finditer(raw):
        readings = match[2].strip("()").split(")(")
        if all(unicodedata.normalize("NFC", r) in _readings(match[1]) for r in readings):
            found.append((match.start(2), match.end(2), len(readings)))
    return found


def _simplified(text: str, keep: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Fold a text to simplified characters; ``keep`` says where each character stands in the file, and
    so does the second result for each folded one."""
    if _simplifier().convert(text) == text:
        return text, keep
    made: list[str] = []
    origin: list[int] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        folded = _simplifier().convert(line)
        if len(folded) == len(line):
            made.append(folded)
            origin.extend(keep[offset : offset + len(line)])
        else:
            # A phrase changed length: fold character by character, so that the way back stays exact.
            pieces = [_simplifier().convert(c) for c in line]
            made.extend(pieces)
            origin.extend(keep[offset + i] for i, piece in enumerate(pieces) for _ in piece)
        offset += len(line)
    return "".join(made), origin


# A text was converted if at least this share of its characters is traditional; 乾隆 or 徵 is no sign.
_TRADITIONAL = 0.02


def _converted(before: str, after: str) -> bool:
    if before == after:
        return False
    changed = sum(a != b for a, b in zip(before, after, strict=False)) if len(before) == len(after) else 0
    return changed > _TRADITIONAL * len(after)


def typeset(text: str) -> str:
    """Folded text with the punctuation that Chinese is printed with, for showing to readers."""
    return _TYPESET.sub(lambda m: chr(ord(m[0]) + 0xFEE0), text)


# A line that is a page number and nothing else.
_FOLIO = re.compile(r"[ \t]*[-—–][-—– \t]*\d{1,3}[ \t]*[-—–][-—– \t]*")
# What opens a paragraph, and what closes one.
_OPENS = re.compile(
    r"[ \t]*(?:[#|]|[一二三四五六七八九十]+、|\([一二三四五六七八九十\d]+\)|\d{1,2}[.、]\s*\D)"
)
_CLOSES = tuple("。!?;:|")
_ROW = re.compile(r"[|\t]|\S {2,}\S")
# Lines of a text wrapped by hand are no longer than this, and there are at least so many of them.
_WRAPPED_AT, _WRAPPED_LINES = 64, 12


def _wraps(text: str) -> list[tuple[int, int]]:
    """The stretches (line ends and page numbers) that cut the paragraphs of a hard-wrapped text."""
    lines = [(m.start(), m.end(), m[0].rstrip()) for m in re.finditer(r"[^\n]+", text)]
    prose = [w for _, _, w in lines if not _ROW.search(w) and len(w) >= 12]
    if len(prose) < _WRAPPED_LINES or max(map(len, prose)) > _WRAPPED_AT:
        return []
    full = sorted(map(len, prose))[len(prose) * 3 // 4] * 0.8
    cuts: list[tuple[int, int]] = []
    open_: tuple[int, str] | None = None  # where the line before ended, and its words
    for start, end, words in lines:
        if _FOLIO.fullmatch(words):
            cuts.append((start, end))
            continue
        if (
            open_
            and not _OPENS.match(words)
            and not _ROW.search(words)
            and text.count("\n", open_[0], start) <= 2
        ):
            cuts.append((open_[0], start))
        wraps = len(words) >= full and not words.endswith(_CLOSES) and not _ROW.search(words)
        open_ = (end, words) if wraps else None
    return cuts


def normalise(raw: str, name: str, places: tuple[str, ...] = ()) -> Text:
    """Fold ``raw``, the text of the file called ``name``; ``places`` says where its lines stand."""
    narrow = _WIDE.sub(lambda m: _WIDTHS[m[0]], raw)
    glosses = _glosses(narrow)
    keep: Sequence[int] = range(len(raw))
    if glosses or _UNSEEN.search(raw):
        inside = [True] * len(raw)
        for start, end, _ in glosses:
            inside[start:end] = [False] * (end - start)
        keep = [i for i, kept in enumerate(inside) if kept and not _UNSEEN.match(raw[i])]
        narrow = "".join(narrow[i] for i in keep)
    text, origin = _simplified(narrow, keep)
    converted = _converted(narrow, text)
    if cuts := _wraps(text):
        edges = [0, *(edge for cut in cuts for edge in cut), len(text)]
        stretches = list(zip(edges[::2], edges[1::2], strict=True))
        text, origin = (
            "".join(text[a:b] for a, b in stretches),
            [place for a, b in stretches for place in origin[a:b]],
        )
    return Text(
        raw=raw,
        clean=text,
        origin=origin,
        name=name,
        glosses=sum(n for _, _, n in glosses),
        traditional=converted,
        _line_starts=(0, *(m.end() for m in re.finditer("\n", raw))),
        _places=places,
    )
