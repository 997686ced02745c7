"""Sections five made up by somebody who did not see the program, in all the layouts that bodies use, with the items that a careful
reader would list (made_up.json). With one half the rules were mended; the other, ``held_out``, is only counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labelled import Score, share

from analysis.problems import section_five
from analysis.reading import read_report

SECTIONS = Path(__file__).with_name("made_up.json")
_SHIPPED = Path(__file__).parents[2] / "data" / "reports" / "永康市" / "2020.txt"
_HEADING, _NEXT = "五、存在的主要問題及改進情況", "六、其他需要報告的事項"
_COVERED = 0.7


@dataclass(frozen=True)
class Read:
    """One section: the items that are there and those found, and which is which (by their places in the two lists)."""

    name: str
    there: list[Mapping]
    found: list[Mapping]
    matched: dict[int, int]
    pairs_there: set[tuple[int, int]]
    pairs_found: set[tuple[int, int]]


def sections(half: str) -> list[Mapping]:
    """The sections of one half: ``development`` or ``held_out``."""
    return json.loads(SECTIONS.read_text(encoding="utf8"))[half]


def reads(half: str, folder: Path) -> Iterator[Read]:
    """Every section of one half in the shipped report in place of its own, as the program reads it."""
    shipped = _SHIPPED.read_text(encoding="utf8")
    before, after = shipped.index(_HEADING), shipped.index(_NEXT)
    for n, section in enumerate(sections(half)):
        path = folder / f"{half}{n}.txt"
        opening = f"{shipped[:before]}{_HEADING}\n"
        path.write_text(f"{opening}{section['text'].strip()}\n{shipped[after:]}", encoding="utf8")
        yield _read(section, path, len(opening) + len(section["text"].strip()))


def _read(section: Mapping, path: Path, end: int) -> Read:
    tables = section_five(read_report(path, "永康市", section["year"]))
    text, at, there = path.read_text(encoding="utf8"), path.read_text(encoding="utf8").index(_HEADING), []
    for n, item in enumerate(section["items"]):
        at = text.index(item["text"], at, end)
        end_of = at + len(item["text"])
        # What was wrong the year before is no problem of this report.
        if not (item["kind"] == "problem" and item["last_year"]):
            there.append({**item, "n": n, "start": at, "end": end_of})
        at = end_of
    found = tables["items"].to_dict("records")
    matched: dict[int, int] = {}
    for item in there:
        near = [(share(item, f), m) for m, f in enumerate(found) if f["kind"] == item["kind"]]
        common, best = max(near, default=(0.0, -1))
        if common >= _COVERED and best not in matched.values():
            matched[item["n"]] = best
    kept = {item["n"] for item in there}
    keys = [f["key"] for f in found]
    pairs = zip(tables["pairs"]["problem"], tables["pairs"]["measure"], strict=True)
    return Read(
        section["name"],
        there,
        found,
        matched,
        {(p, m) for p, m in section["pairs"] if p in kept},
        {(keys.index(p), keys.index(m)) for p, m in pairs},
    )


def items(of: Iterable[Read]) -> Score:
    """How many items were found of those there are, and of those found."""
    every = list(of)
    return Score(
        sum(len(r.matched) for r in every), sum(len(r.found) for r in every), sum(len(r.there) for r in every)
    )


def pairs(of: Iterable[Read]) -> Score:
    """The same of pairs."""
    right = found = there = 0
    for r in of:
        due = {(r.matched.get(p), r.matched.get(m)) for p, m in r.pairs_there}
        right, found, there = (
            right + len(due & r.pairs_found),
            found + len(r.pairs_found),
            there + len(r.pairs_there),
        )
    return Score(right, found, there)
