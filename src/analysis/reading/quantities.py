"""Numbers as the reports write them.

In: folded text. Out: what a table cell holds (``parse_cell``) and every counted thing in a
sentence (``numbers``): value, unit of measure, sign, and whether it is said to be approximate.
Dates, ordinals and document numbers are not quantities and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf

# More digits than this are no number of a report; it is called infinite, and whoever meets it refuses it.
_MOST_DIGITS = 24
_MULTIPLIERS = {"": 1, "万": 10_000, "亿": 100_000_000}
_PLAIN = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CELL = re.compile(
    rf"(?P<sign>[+\-增减]?)\s*(?P<number>{_PLAIN})\s*(?P<times>[万亿]?)(?P<unit>元|件|条|项|个|次)?"
    r"(?:\s*\([^()]*\))?"  # a remark in the cell: 22（其中修订16件）
)
# A cell that names the unit of measure of its row.
_UNIT = re.compile(r"件|条|项|个|次|人|元|万元|份|篇|期|册|人次|件次")
_NOT_APPLICABLE = re.compile(r"[/\-—–－]+")

UNITS = "件次|人次|场次|个月|季度|件|条|项|次|个|篇|期|元|人|份|家|起|宗|例|类|名|册|场|%|‰"
_ARABIC = re.compile(
    rf"(?=[\d近约超逾])(?P<about>近|约|超过?|逾)?(?<![\d.])(?P<number>{_PLAIN})\s*(?P<times>[万亿]?)(?P<more>[余多]?)\s*"
    rf"(?:(?P<unit>{UNITS})|(?=[,。;、)]|$))"
)
_CHINESE = re.compile(
    rf"(?=[一二两三四五六七八九十百千近约超逾])(?P<about>近|约|超过?|逾)?(?<!第)(?P<number>(?!一[^十百千])[一二两三四五六七八九十百千]{{1,12}})"
    rf"(?P<more>[余多]?)(?P<unit>{UNITS})"
)
# A single 一 is idiom more often than count (办结一件申请、解决一个问题), so it is none here.
# The lookaheads of these three say what they can begin with, which saves most of the search.
# What looks like a number but counts nothing: dates, spans of years, numbers of documents, articles (第二十条),
# ordinals ((1), 1、) and names (IPv6).
_PASS = re.compile(
    r"(?=[\d〔\[第(A-Za-z三四])(?:\d{4}年|\d{4}[-—~]\d{4}|\d{1,2}月(?:\d{1,2}日)?|〔\d{4}〕第?\d+号|\[\d{4}\]\d+号"
    r"|第(?:\d+|[一二三四五六七八九十百]+)[章条款项号期届次个批轮]|三类(?=内部)|四类(?=过程)|\(\d{1,2}\)|[A-Za-z]+\d+"
    r"|(?<![^\s。;:!?])\d{1,2}[、.．](?!\d))"
)
_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"两": 2}


@dataclass(frozen=True)
class Quantity:
    """``value`` in the unit named (money always in 元); ``sign`` is ``+``, ``-`` or empty."""

    value: float
    unit: str = ""
    sign: str = ""
    approximate: bool = False


@dataclass(frozen=True)
class Counted:
    """A quantity in a sentence, at characters ``start`` to ``end`` (the unit included)."""

    quantity: Quantity
    start: int
    end: int


def _scaled(number: str, times: str) -> float:
    """Exact for every amount a report can print: whole numbers stay whole."""
    digits, _, decimals = number.replace(",", "").partition(".")
    if len(digits) + len(decimals) > _MOST_DIGITS:
        return inf
    scaled = int(digits + decimals) * _MULTIPLIERS[times]
    return scaled / 10 ** len(decimals)


def chinese_number(text: str) -> int:
    """``三`` → 3, ``十九`` → 19, ``二十`` → 20."""
    total, current = 0, 0
    for character in text:
        if character == "十":
            total, current = total + (current or 1) * 10, 0
        elif character in "百千":
            total, current = total + (current or 1) * (100 if character == "百" else 1000), 0
        else:
            current = _DIGITS[character]
    return total + current


@lru_cache(maxsize=65536)
def parse_cell(text: str, kind: str = "count", unit: str | None = None) -> Quantity | str | None:
    """What a table cell holds: a ``Quantity``, ``"blank"``, ``"not_applicable"``, or None for text.

    ``kind`` and ``unit`` are those of the column: money is brought to 元, a change keeps its sign
    and has none when none is printed.
    """
    text = text.strip()
    if not text:
        return "blank"
    if _NOT_APPLICABLE.fullmatch(text):
        return "not_applicable"
    match = _CELL.fullmatch(text)
    if not match:
        return None
    if kind == "amount":
        # The unit printed in the cell goes before the unit printed in the header.
        times = match["times"] or ("" if match["unit"] else (unit or "").removesuffix("元"))
        return Quantity(_scaled(match["number"], times), "元")
    value = _scaled(match["number"], match["times"])
    sign = {"增": "+", "减": "-"}.get(match["sign"], match["sign"])
    return Quantity(-value if sign == "-" else value, match["unit"] or "", sign)


def is_unit(text: str) -> bool:
    """Whether a cell holds the unit of measure of its row: 条, 件, 万元."""
    return bool(_UNIT.fullmatch(text.strip()))


def numbers(text: str) -> Iterator[Counted]:
    """Every counted thing in ``text``, in order."""
    passed = [m.span() for m in _PASS.finditer(text)]
    found = []
    for pattern in (_ARABIC, _CHINESE):
        for match in pattern.finditer(text):
            if any(start < match.end("number") and match.start() < end for start, end in passed):
                continue
            arabic = pattern is _ARABIC
            value = _scaled(match["number"], match["times"]) if arabic else chinese_number(match["number"])
            if value == inf:
                continue
            found.append(
                Counted(
                    Quantity(value, match["unit"] or "", "", bool(match["more"] or match["about"])),
                    match.start("number"),
                    match.end(),
                )
            )
    yield from sorted(found, key=lambda c: c.start)
