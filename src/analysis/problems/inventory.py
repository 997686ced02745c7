"""What section one says was built and done: platforms, rules, checks, training, each with the numbers said of it.

In: a ``Report``. Out: the table ``inventory``. What makes a clause an item, and of which type, is declared in inventory.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from analysis import frames
from analysis.reading import Report
from analysis.reading.layout import Span, prose
from analysis.reading.normalise import typeset
from analysis.templates import declared

# Commas in brackets, in a title or a quotation cut no clause; neither does the one behind 其中.
_CLAUSE = re.compile(r"(?:《[^》]*》|\([^()]*\)|“[^”]*”|(?<=其中)[,:]|[^,:;])+")
_TITLE = re.compile(r"《[^》]*》")


@dataclass(frozen=True)
class _Clause:
    """A clause: the type that its cue gives, that cue and where it matches, empty if there is none; in which units of measure
    it counts, whether it says that something was done, and whether a semicolon stands before it."""

    span: Span
    type: str
    cue: str
    match: tuple[int, int]
    units: frozenset[str]
    done: bool
    apart: bool

    @property
    def counted(self) -> bool:
        """Whether it has a number."""
        return bool(self.units)

    @property
    def opens(self) -> bool:
        """Whether it makes an item by itself."""
        return bool(self.type) and (self.counted or self.done)

    @property
    def titled(self) -> bool:
        """Whether it names a document."""
        return bool(_TITLE.search(self.span.text))

    @property
    def own(self) -> bool:
        """Whether it has a number or a title of its own."""
        return self.counted or self.titled

    def belongs(self, item: Sequence[_Clause]) -> bool:
        """Whether it goes on speaking of the item before it."""
        alike = self.type == item[0].type
        if self.counted:
            if _any("continues").match(self.span.text):
                return True
            publisher = item[0].type in declared_inventory()["publishers"] and not item[0].counted
            if publisher and _any("published").search(self.span.text):
                return True
            counts_on = any(self.units & clause.units for clause in item) and (alike or not self.type)
            if counts_on and not self.done and not self.titled:
                return True
        if alike and self.cue == item[-1].cue and not self.titled:
            return True
        return alike and not (self.own and any(c.own for c in item))


@cache
def declared_inventory() -> Mapping:
    """The declaration as it stands in inventory.yml."""
    return declared("analysis.problems", "inventory.yml")


@cache
def _any(*path: str) -> re.Pattern[str]:
    """The regular expressions listed under ``path``, as one."""
    listed = declared_inventory()
    for name in path:
        listed = listed[name]
    return re.compile("|".join(f"(?:{pattern})" for pattern in listed))


@cache
def _cues() -> Sequence[tuple[str, str, re.Pattern[str]]]:
    return [(t, cue, re.compile(cue)) for t, d in declared_inventory()["types"].items() for cue in d["cues"]]


def inventory_of(report: Report) -> pd.DataFrame:
    """The table ``inventory`` of one report."""
    rows = []
    claims = report.records["claims"]
    for section, item in _items(report):
        start, end = item[0].span.start, item[-1].span.end
        first, last = report.text.span(start, end)
        numbers = [claim["key"] for claim in claims if first <= claim["start"] < last]
        order = len(rows) + 1
        rows.append(
            {
                "key": f"{report.key}/inventory/{order}",
                "unit": report.unit,
                "year": report.year,
                "order": order,
                "type": item[0].type,
                "name": typeset(_name(item[0], report.text.clean[start:end])),
                "quote": typeset(report.text.clean[start:end]),
                "cue": item[0].cue,
                "numbers": " ".join(numbers),
                "count": len(numbers),
                "section": section,
                "where": report.text.where(start),
                "start": first,
                "end": last,
            }
        )
    return frames.frame("inventory", rows)


def _items(report: Report) -> Iterator[tuple[str, list[_Clause]]]:
    """(section, the clauses of an item), in the order of the page."""
    which = "sections" if int(report.form.code) >= 2019 else "sections_before_2019"
    claims = report.records["claims"]
    counted = {report.text.clean_offset(claim["start"]): claim["unit_of_measure"] for claim in claims}
    for code in declared_inventory()[which]:
        announced: list[_Clause] = []
        for sentence in prose(report.text, report.sections[code]) if code in report.sections else ():
            clauses = list(_clauses(sentence, report.year, counted))
            items = _grouped(clauses)
            if announced and items and items[0][0].type == announced[0].type:
                items[0][:0] = announced
            elif announced:
                yield code, announced
            short = len(sentence.text.strip()) <= declared_inventory()["announces"]
            numberless = not any(c.counted for c in clauses)
            announced = items.pop() if items and short and numberless else []
            yield from ((code, item) for item in items)
        if announced:
            yield code, announced


def _clauses(sentence: Span, year: int, counted: Mapping[int, str]) -> Iterator[_Clause]:
    """The clauses of a sentence up to where it turns to plans; ``counted`` is where numbers stand, and in
    which unit of measure."""
    if _any("never", "sentences").search(sentence.text):
        return
    for match in _CLAUSE.finditer(sentence.text, 0, _planned(sentence.text, year)):
        words = match[0].strip("。!? ")
        start = sentence.start + match.start() + match[0].index(words)
        span = Span(words, start, start + len(words))
        yield _Clause(
            span,
            *_cue(words),
            units=frozenset(unit for place, unit in counted.items() if start <= place < span.end),
            done=bool(_any("done").search(words)),
            apart=sentence.text[: match.start()].endswith(";"),
        )


def _planned(sentence: str, year: int) -> int:
    """Where a sentence turns to what is planned, or its end."""
    for match in _any("never", "plans").finditer(sentence):
        if match["next"] is None or int(match["next"]) > year:
            return match.start()
    return len(sentence)


def _cue(clause: str) -> tuple[str, str, tuple[int, int]]:
    """The type of a clause, the cue that decides and where it matches."""
    if not _any("never", "clauses").search(clause):
        for kind, cue, pattern in _cues():
            if match := pattern.search(clause):
                return kind, cue, match.span()
    return "", "", (0, 0)


def _grouped(clauses: Iterable[_Clause]) -> list[list[_Clause]]:
    """The clauses that make an item each: one that opens it, and those behind it that belong to it."""
    items: list[list[_Clause]] = []
    between: list[_Clause] | None = None  # what stands behind the open item; None if no item is open
    for clause in clauses:
        if clause.apart:
            between = None
        if between is not None and clause.belongs(items[-1]):
            items[-1].extend([*between, clause])
            between = []
        elif clause.opens:
            items.append([clause])
            between = []
        elif clause.counted:
            between = None
        elif between is not None:
            between.append(clause)
    return items


def _name(clause: _Clause, quote: str) -> str:
    """The titles that are no citations, or the phrase that ends with the cue."""
    if titles := _TITLE.findall(re.sub(declared_inventory()["cited"], "", quote)):
        return "".join(dict.fromkeys(titles))
    # A name does not begin within a quotation.
    words = re.sub("“[^”]*”", lambda m: "“" * len(m[0]), clause.span.text)
    start, end = clause.match
    edges = [m.end() for name in ("done", "name_after") for m in _any(name).finditer(words, 0, start)]
    verb = _any("done").match(words, start, end)
    if verb and verb.end() < end:
        edges.append(verb.end())
    name = clause.span.text[max(edges, default=0) : end]
    return name if name.count("“") == name.count("”") else name.strip("“”")
