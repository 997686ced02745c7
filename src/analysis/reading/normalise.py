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
from dataclasses import dataclass
from functools import cache

import opencc
from pypinyin import Style, pinyin

# Full-width forms of ASCII, and the spaces that pages use; all one to one, so offsets hold.
_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
# Half-width punctuation beside a Chinese character or a closing quotation mark.
_TYPESET = re.compile(r"(?<=[一-鿿”》%件条])[,;:()!?]|[(](?=[一-鿿])|(?<=\d)[)](?=[一-鿿。，,;])")
_GLOSS = re.compile(r"([一-鿿])((?:\([a-zü-ǜāáǎàēéěèīíǐìōóǒòūúǔùǹńňḿ]+\))+)")


@dataclass(frozen=True)
class Text:
    """``clean`` is the folded text; ``origin[i]`` the offset in ``raw`` of its i-th character."""

    raw: str
    clean: str
    origin: tuple[int, ...]
    name: str
    glosses: int
    traditional: bool
    _line_starts: tuple[int, ...]

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
        """A place in ``clean`` as people find it in the file: ``2020.txt:14:36`` (line, column)."""
        offset = self.span(start, start)[0]
        line = bisect_right(self._line_starts, offset)
        return f"{self.name}:{line}:{offset - self._line_starts[line - 1] + 1}"


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _readings(character: str) -> frozenset[str]:
    """Every reading of a character, with and without its tone mark."""
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


def _simplify(text: str) -> tuple[str, list[int]]:
    """Fold a line to simplified characters; offsets of the result in the line."""
    folded = _simplifier().convert(text)
    if len(folded) == len(text):
        return folded, list(range(len(text)))
    # A phrase changed length: fold character by character, so that the way back stays exact.
    pieces = [_simplifier().convert(c) for c in text]
    return "".join(pieces), [i for i, piece in enumerate(pieces) for _ in piece]


# A text was converted if at least this share of its characters is traditional; 乾隆 or 徵 is no sign.
_TRADITIONAL = 0.02


def _converted(before: str, after: str) -> bool:
    changed = sum(a != b for a, b in zip(before, after, strict=False)) if len(before) == len(after) else 0
    return changed > _TRADITIONAL * len(after)


def typeset(text: str) -> str:
    """Folded text with the punctuation that Chinese is printed with, for showing to readers."""
    return _TYPESET.sub(lambda m: chr(ord(m[0]) + 0xFEE0), text)


def normalise(raw: str, name: str) -> Text:
    """Fold ``raw`` (the text of the file called ``name``)."""
    glosses = _glosses(raw.translate(_WIDTHS))
    keep: list[int] = []
    position = 0
    for start, end, _ in glosses:
        keep.extend(range(position, start))
        position = end
    keep.extend(range(position, len(raw)))

    clean, origin, offset = [], [], 0
    kept = "".join(raw[i] for i in keep).translate(_WIDTHS)
    for line in kept.splitlines(keepends=True):
        folded, offsets = _simplify(line)
        clean.append(folded)
        origin.extend(keep[offset + i] for i in offsets)
        offset += len(line)
    text = "".join(clean)
    return Text(
        raw=raw,
        clean=text,
        origin=tuple(origin),
        name=name,
        glosses=sum(n for _, _, n in glosses),
        traditional=_converted(kept, text),
        _line_starts=(0, *(m.end() for m in re.finditer("\n", raw))),
    )
