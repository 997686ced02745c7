"""What two texts have in common when the names, years and numbers in them are set aside.

In: sentences of reports, and how their unit is called. Out: folded sentences, which of them a copy of each
other, and hashes by which texts that have something in common are found among very many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from rapidfuzz import fuzz, process

from analysis.register import Unit
from analysis.templates import declared

# What stands for any number, and for the unit itself.
NUMBER, SELF = "#", "◇"
_ORDINAL = re.compile(
    r"^\s*(?:[一二三四五六七八九十]+[是、]|[(（][一二三四五六七八九十\d]+[)）]|\d{1,2}[.、．](?!\d))\s*"
)
_FIGURE = re.compile(r"\d+(?:[.,，]\d+)*")
_CLAUSE = re.compile(r"[,，;；:：。!！?？]")
_SILENT = re.compile(rf"[^一-鿿A-Za-z{NUMBER}{SELF}]+")
# A name in its parts: province, prefecture, county, township, and the body.
_PARTS = re.compile(
    r"(?P<a>.{2,7}?(?:省|自治区|特别行政区))?(?P<b>.{1,8}?(?:市|自治州|地区|盟))?"
    r"(?P<c>.{1,10}?(?:综合实验区|开发区|新区|实验区|高新区|区|县|旗|市))?(?P<d>.{1,8}?(?:镇|乡|街道))?(?P<e>.*)"
)
_PLACE_END = r"(?:省|市|县|区|旗|州|镇|乡|街道)"


@cache
def settings() -> dict:
    """The declared thresholds and patterns (copying.yml)."""
    return declared("analysis.checking", "copying.yml")


def parts(name: str) -> tuple[tuple[str, ...], str]:
    """A name as the places it begins with and the body behind them: 永康市财政局 → (永康市,), 财政局."""
    found = _PARTS.fullmatch(name)
    return tuple(p for p in found.group("a", "b", "c", "d") if p), found["e"]


def itself(unit: Unit, *printed: str) -> re.Pattern[str]:
    """How a text may name the ``unit`` it speaks for: its names, their parts, and 我市, 市政府办公室 and such."""
    words: set[str] = set()
    for name in filter(None, (unit.unit, *unit.aliases, *printed)):
        places, body = parts(name)
        words |= {name, "".join(places), *places, body}
        for place in places:
            stem = re.sub(rf"(?:综合实验区|开发区|新区|实验区|高新区|{_PLACE_END})$", "", place)
            words |= {stem} if len(stem) > 1 else set()
    named = "|".join(map(re.escape, sorted((w for w in words if len(w) > 1), key=len, reverse=True)))
    own = settings()["fold"]["self"]
    office = "(?:人民政府|政府|管委会)?(?:办公厅|办公室)?"
    return re.compile(rf"(?:(?:{named}){_PLACE_END}?{office})|{'|'.join(own)}")


@cache
def _boilerplate() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{b})" for b in settings()["boilerplate"]))


@cache
def _years() -> re.Pattern[str]:
    return re.compile(settings()["fold"]["years"])


def folded(text: str, own: re.Pattern[str], whole: bool = False) -> str:
    """A sentence without names, numbers, ordinals, punctuation and (unless ``whole``) boilerplate."""
    while (bare := _ORDINAL.sub("", text)) != text:
        text = bare
    text = _years().sub(NUMBER, text)
    if not whole:
        text = "".join(c for c in _CLAUSE.split(text) if not _boilerplate().search(c))
    text = _FIGURE.sub(NUMBER, own.sub(SELF, text))
    return re.sub(f"{SELF}+", SELF, _SILENT.sub("", text))


def alike(ours: Sequence[str], theirs: Sequence[str], cutoff: float) -> list[tuple[int, float]]:
    """For each of ``ours`` the place of the most alike of ``theirs`` and how alike (percent); -1 and 0
    where none reaches the cutoff."""
    if not ours or not theirs:
        return [(-1, 0.0)] * len(ours)
    scores = process.cdist(ours, theirs, scorer=fuzz.ratio, score_cutoff=cutoff, dtype=np.float32)
    best = scores.argmax(axis=1)
    return [(int(b), float(s)) if s else (-1, 0.0) for b, s in zip(best, scores.max(axis=1), strict=True)]


_FACTORS = np.array([pow(0x9E3779B97F4A7C15, n + 1, 2**64) for n in range(64)], dtype=np.uint64)


def sketch(text: str) -> np.ndarray:
    """The hashes of a few phrases of a folded sentence (uint64): the smallest of all, so that two texts that
    share much share some of them. Empty for a text shorter than a phrase."""
    size, keep = settings()["pairs"]["phrase"], settings()["pairs"]["hashes"]
    if len(text) < size:
        return np.empty(0, dtype=np.uint64)
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    mixed = sliding_window_view(codes, size) @ _FACTORS[:size]
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return np.unique(mixed)[:keep]


class Index:
    """Which texts share phrases, without keeping the texts: of each only hashes, its unit and its year."""

    def __init__(self) -> None:
        self._hashes: list[np.ndarray] = []
        self._units: list[int] = []
        self._years: list[int] = []

    def add(self, unit: int, year: int, sentences: Iterable[str]) -> int:
        """Take in a text; returns its number."""
        sketches = [sketch(s) for s in sentences]
        self._hashes.append(np.unique(np.concatenate(sketches)) if sketches else np.empty(0, dtype=np.uint64))
        self._units.append(unit)
        self._years.append(year)
        return len(self._units) - 1

    def _entries(self) -> tuple[np.ndarray, np.ndarray]:
        sizes = [len(h) for h in self._hashes]
        return np.concatenate(self._hashes), np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    def common(self) -> np.ndarray:
        """The hashes of phrases that very many units have (sorted)."""
        limits = settings()["common"]
        units = np.asarray(self._units)
        most = max(limits["units"], limits["share"] * len(np.unique(units)))
        if len(np.unique(units)) <= most:
            return np.empty(0, dtype=np.uint64)
        hashes, texts = self._entries()
        order = np.lexsort((units[texts], hashes))
        hashes, of = hashes[order], units[texts][order]
        first = np.r_[True, (hashes[1:] != hashes[:-1]) | (of[1:] != of[:-1])]
        values, counts = np.unique(hashes[first], return_counts=True)
        return values[counts > most]

    def pairs(self, common: np.ndarray) -> list[tuple[int, int]]:
        """Texts of different units, of the same or neighbouring years, that share phrases: (text, other), each
        text with the few it shares most with, not after it in time."""
        rules = settings()["pairs"]
        if not self._hashes:
            return []
        units, years = np.asarray(self._units), np.asarray(self._years)
        hashes, texts = self._entries()
        rare = ~np.isin(hashes, common)
        hashes, texts = hashes[rare], texts[rare]
        order = np.lexsort((units[texts], years[texts], hashes))
        hashes, texts = hashes[order], texts[order]
        found = []
        for step in range(1, rules["beside"] + 1):
            same = hashes[step:] == hashes[:-step]
            one, other = texts[:-step][same], texts[step:][same]
            apart = (units[one] != units[other]) & (np.abs(years[one] - years[other]) <= 1)
            found.append(one[apart] * len(units) + other[apart])
        codes, counts = np.unique(np.concatenate(found), return_counts=True)
        enough = counts >= rules["shared"]
        best: dict[int, list[tuple[int, int]]] = {}
        for code, count in zip(codes[enough].tolist(), counts[enough].tolist(), strict=True):
            one, other = divmod(code, len(units))
            for mine, theirs in ((one, other), (other, one)):
                if years[theirs] <= years[mine]:
                    best.setdefault(mine, []).append((-count, theirs))
        return [(m, o) for m, found in sorted(best.items()) for _, o in sorted(found)[: rules["most"]]]
