"""How digits that have run together can be cut into the numbers of a row.

In: what is printed after a label, and the columns it fills. Out: every way to cut it, as stretches of
it. A number has no leading zero; a space always parts two numbers, but not every two numbers are
parted by one. What has to add up within the row cuts the search short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analysis.templates import Column

# What a column can print: no count of more than ten digits, no amount of more than fourteen.
_PIECES = {
    "count": re.compile(r"(?:0|[1-9]\d{0,9})(?:件|条|项|个|次)?"),
    "change": re.compile(r"[+\-增减]?(?:0|[1-9]\d{0,9})"),
    "amount": re.compile(r"(?:0|[1-9]\d{0,13})(?:,\d{3})*(?:\.\d+)?(?:[万亿]?元|[万亿])?"),
}
_LONGEST = 32
_LENGTHS = {"count": 11, "change": 11, "amount": _LONGEST}
# More cuts of one row than this are not looked through, nor more steps than that taken for them.
MOST_CUTS = 4_000
_MOST_STEPS = 200_000

Cut = tuple[tuple[int, int], ...]
# Of a row's numbers: the places of the parts, and the place of their total.
Sum = tuple[tuple[int, ...], int]


class TooMany(Exception):
    """A row that can be cut in more ways than can be looked through."""


def cuts(run: str, columns: Sequence[Column], sums: Sequence[Sum] = ()) -> list[Cut]:
    """Every way to cut ``run`` into one number for each of ``columns`` so that ``sums`` hold.

    Each cut is the stretches of ``run``, one a column. Raises ``TooMany``.
    """
    found = []
    for cut in each_cut(run, columns, sums):
        found.append(cut)
        if len(found) > MOST_CUTS:
            raise TooMany
    return found


def each_cut(run: str, columns: Sequence[Column], sums: Sequence[Sum] = ()) -> Iterator[Cut]:
    """The same, one after the other."""
    tokens = [m.span() for m in re.finditer(r"[^\s|]+", run)]
    if not columns or not tokens or len(tokens) > len(columns):
        return
    # What the columns from each on can hold at most, and what the tokens from each on print.
    room = [sum(_LENGTHS[c.kind] for c in columns[n:]) for n in range(len(columns) + 1)]
    left = [sum(b - a for a, b in tokens[n:]) for n in range(len(tokens) + 1)]
    due = {max((*parts, total)): (parts, total) for parts, total in sums}
    steps = 0

    def tried(token: int, start: int, made: list[tuple[int, int]]) -> Iterator[Cut]:
        nonlocal steps
        steps += 1
        if steps > _MOST_STEPS:
            raise TooMany
        if len(made) == len(columns):
            if token == len(tokens):
                yield tuple(made)
            return
        # Each token left fills at least one column.
        if len(columns) - len(made) < len(tokens) - token or token == len(tokens):
            return
        end = tokens[token][1]
        if end - start + left[token + 1] > room[len(made)]:
            return
        shape = _PIECES[columns[len(made)].kind]
        for stop in range(start + 1, min(end, start + _LONGEST) + 1):
            if not shape.fullmatch(run, start, stop):
                continue
            piece = [*made, (start, stop)]
            rule = due.get(len(made))
            if rule and not _holds(run, piece, rule):
                continue
            following = token + 1 if stop == end else token
            yield from tried(
                following, tokens[following][0] if stop == end and following < len(tokens) else stop, piece
            )

    yield from tried(0, tokens[0][0], [])


def _holds(run: str, cut: Sequence[tuple[int, int]], rule: Sum) -> bool:
    parts, total = rule
    return sum(_whole(run, *cut[p]) for p in parts) == _whole(run, *cut[total])


def _whole(run: str, start: int, end: int) -> int:
    digits = run[start:end]
    return int(digits if digits.isdecimal() else re.sub(r"\D", "", digits))
