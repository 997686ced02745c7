"""Tables in running text.

In: the text of a section whose table has lost its lines, and the declared table. Out: the rows that
stand in it, each with its label and what is printed behind it. Labels are found in the order of the
form, whatever spaces, quotes and line breaks stand within them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from analysis.reading.layout import Span
from analysis.templates import Row, Table, canonical

# What may stand between the characters of a label, and before it: its ordinal, so many signs at most.
_BETWEEN = r"[\s\"'“”‘’·.:,、|]*"
_ORDINAL = re.compile(
    r"(?:\([一二三四五六七八九十]\)|[一二三四五六七八九十]、|(?:其中:?\s*)?\d[.、])[\s|]*\Z"
)
_MOST_ORDINAL = 40
# What is printed behind a label: a unit of measure at most, then numbers.
_RUN = re.compile(
    r"[\s|\"“”’]*(?:其中)?(?:\(单位:[^()]*\)|(?:万元|人次|件次|条|件|人|元|次|个|份|项|篇|期|册)(?=[\s|\d]))?[\s|]*"
    r"(?P<run>(?:\d(?![.、]\D)|(?<=\d)[.,](?=\d)|[+\-增减](?=\d)|[/—–-]|[\s|]|万元|亿元|元|万|亿|(?<=\d)[件条项个次](?![一-鿿])"
    r"|\((?:其中|含|注|修订|包括)[^()]{0,30}\))*)"
)


# More places where labels occur than this are not looked through.
_MOST_HITS = 1_000


@dataclass(frozen=True)
class Found:
    """A row in running text: its code, its label and the stretch printed behind it.

    ``whole`` is False where further digits stand before the next label, or a line ends between two
    digits: then it is not known what the row prints. ``alone`` says that its label fills a line.
    """

    code: str
    label: Span
    run: Span
    whole: bool
    alone: bool


@dataclass(frozen=True)
class _Hit:
    place: int  # of the row in the table
    start: int
    end: int
    score: int


def rows_in(table: Table, clean: str, start: int, end: int) -> list[Found]:
    """The rows of ``table`` that stand between ``start`` and ``end``, in order."""
    sequence = order(table)
    hits = sorted(_hits(table, sequence, clean, start, end), key=lambda h: (h.start, -h.end))
    found = []
    chain = _chain(hits[:_MOST_HITS])
    if not chain:
        return []
    edges = [*(h.start for h in chain[1:]), end]
    for hit, edge in zip(chain, edges, strict=True):
        match = _RUN.match(clean, hit.end, max(edge, hit.end))
        first, last = match.span("run")
        run = clean[first:last]
        lead = len(run) - len(run.lstrip(" |\n\t"))
        words = run.strip(" |\n\t")
        found.append(
            Found(
                sequence[hit.place],
                Span(clean[hit.start : hit.end].strip(), hit.start, hit.end),
                Span(words, first + lead, first + lead + len(words)),
                not re.search(r"\d(?![.、)\d])", _rest(clean, last, edge)) and not _broken(words, table),
                _alone(clean, hit),
            )
        )
    return found


def _rest(clean: str, start: int, end: int) -> str:
    """What stands behind a run on the same line, as far as it may still belong to the row."""
    line = clean.find("\n", start, end)
    rest = clean[start : end if line < 0 else line]
    # A heading, an ordinal or a sentence is another matter.
    return re.split(
        r"[。;]|[一二三四五六七八九十]、|\([一二三四五六七八九十]\)|第[一二三四五六七八九十]+条|\d[.、]", rest
    )[0][:40]


def _broken(run: str, table: Table) -> bool:
    """Whether a line ends within the run where it may have cut a number."""
    return bool(re.search(r"\d\s*\n\s*\d", run)) and len(run.split()) != len(table.columns)


def _alone(clean: str, hit: _Hit) -> bool:
    """Whether the label fills a line of its own."""
    before = clean[clean.rfind("\n", 0, hit.start) + 1 : hit.start]
    end = clean.find("\n", hit.end)
    behind = clean[hit.end : end if end >= 0 else len(clean)]
    return not (before + behind).strip(" |\t")


def order(table: Table) -> list[str]:
    """The rows of a table, those that may stand for a group before the rows of the group."""
    made: list[str] = []
    for code in table.rows:
        group = code.rpartition(".")[0]
        if group in table.merged and group not in made:
            made.append(group)
        made.append(code)
    return made


def _hits(table: Table, sequence: list[str], clean: str, start: int, end: int) -> Iterator[_Hit]:
    for place, code in enumerate(sequence):
        row = table.rows.get(code) or table.merged[code]
        for pattern in _patterns(row):
            for match in pattern.finditer(clean, start, end):
                run = _RUN.match(clean, match.end(), end)["run"]
                # Looked for once there is a label: a pattern that begins with a certain character is found much sooner.
                ordinal = _ORDINAL.search(clean, max(start, match.start() - _MOST_ORDINAL), match.start())
                begin = ordinal.start() if ordinal else match.start()
                words = len(canonical(clean[begin : match.end()]))
                yield _Hit(place, begin, match.end(), words + (1000 if re.search(r"\d", run) else 0))


@lru_cache(maxsize=2048)
def _spelled(label: str) -> re.Pattern[str]:
    return re.compile(_BETWEEN.join(map(re.escape, canonical(label))))


def _patterns(row: Row) -> list[re.Pattern[str]]:
    return [_spelled(s) for s in row.spellings()]


def _chain(hits: list[_Hit]) -> list[_Hit]:
    """The hits that can stand together: in the order of the form and of the page, most in all."""
    best: list[tuple[int, int]] = []  # score so far, and the hit before
    for i, hit in enumerate(hits):
        score, before = hit.score, -1
        for j, earlier in enumerate(hits[:i]):
            if earlier.end <= hit.start and earlier.place < hit.place and best[j][0] + hit.score > score:
                score, before = best[j][0] + hit.score, j
        best.append((score, before))
    if not best:
        return []
    at = max(range(len(best)), key=lambda i: best[i][0])
    chain = []
    while at >= 0:
        chain.append(hits[at])
        at = best[at][1]
    return chain[::-1]


_NUMBERS = re.compile(r"\d[\d\s|,]*\d|\d")


def last_run(clean: str, start: int, end: int, cells: int, last: str) -> Span | None:
    """The digits that a table of one row prints: a run with a digit for every cell, else the run right
    behind the ``last`` word of its header."""
    runs = list(_NUMBERS.finditer(clean, start, end))
    if not runs:
        return None
    match = max(runs, key=lambda m: len(re.findall(r"\d", m[0])))
    if len(re.findall(r"\d", match[0])) < cells:
        behind = [m for m in runs if clean[: m.start()].rstrip(" |\n\t").endswith(last)]
        if not behind:
            return None
        match = behind[-1]
    return Span(match[0], match.start(), match.end())
