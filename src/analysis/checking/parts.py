"""A whole against its parts: a government's figures beside those of its departments and counties.

In: the tables of each unit, and the register, which says who is whose part. Out: findings ``whole.*``. Only
direct parts are summed, and a part that is not read, or a cell that is not certain, counts as nothing: the
sum is the least there can be. Whether a whole below it is an error depends on what is declared of its scope
and on whether two parts may have counted the same thing (parts.yml).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import frames
from analysis.checking.finding import Bilingual, Findings, Place
from analysis.figures import Figure, number
from analysis.ledger import Ledger
from analysis.register import Register, Unit
from analysis.templates import Cell, Form, declared, forms


class Parts:
    """Every whole beside those of its parts that were read, year by year."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._parts: dict[str, list[Unit]] = {}
        for unit in register.units.values():
            parent = register.of(unit.parent).unit if unit.parent else ""
            self._parts.setdefault(parent, []).append(unit)
        self._parts.pop("", None)
        self._seen: dict[tuple[str, int], _Report] = {}

    def add(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """See all reports of one unit; those of units that are no part and have none are not kept."""
        for document in frames.tuples(tables["documents"]):
            unit = self._register.of(document.unit)
            if unit.parent or unit.unit in self._parts:
                mine = {n: t[t["year"] == document.year] for n, t in tables.items() if n in _USED}
                kept = _report(document, unit, mine, placed=unit.unit in self._parts)
                self._seen.setdefault((unit.unit, int(document.year)), kept)

    def findings(self) -> pd.DataFrame:
        """What was found in all that was seen."""
        found = []
        for (name, year), whole in sorted(self._seen.items()):
            parts = [(unit, self._seen.get((unit.unit, year))) for unit in self._parts.get(name, ())]
            if whole.scope != "own" and any(report for _, report in parts):
                found.append(_Comparison(whole, parts).findings())
        return frames.concat("findings", found)


_USED = ("facts", "claims")


class _Said(NamedTuple):
    """A count in prose: the concept it is about, and where it stands."""

    about: str
    value: float
    key: str
    quote: str
    place: Place


@dataclass(frozen=True)
class _Report:
    """What is kept of a report: the values of the cells of its form that add up over bodies (NaN where one
    is not certain), what its prose counts, and, of a whole, where each row stands."""

    key: str
    unit: Unit
    form: Form
    scope: str
    values: np.ndarray
    said: tuple[_Said, ...]
    places: Mapping[tuple[str, str], Place]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return _additive(self.form.code)

    def known(self) -> dict[Cell, float]:
        """The cells that are certain."""
        known = ~np.isnan(self.values)
        return {self.cells[i]: float(self.values[i]) for i in np.flatnonzero(known)}

    def address(self, cell: Cell) -> str:
        """The key of a cell."""
        return f"{self.key}/{cell}"


def _report(document, unit: Unit, tables: Mapping[str, pd.DataFrame], placed: bool) -> _Report:
    form = forms()[document.template]
    facts, values, places = tables["facts"], {}, {}
    columns = ["table", "row", "column", "value", "candidates"]
    for table, row, column, value, candidates in frames.tuples(facts[columns]):
        values[Cell(table, row, column)] = 0.0 if pd.isna(value) and candidates == "0" else value
    if placed:
        for fact in frames.tuples(facts[facts["start"] >= 0]):
            if fact.column == "total" or (fact.table, fact.row) not in places:
                places[fact.table, fact.row] = Place.of(fact)
    claims = tables["claims"]
    counted = claims[(claims["about"] != "") & (claims["unit_of_measure"] != "%") & ~claims["approximate"]]
    return _Report(
        document.key,
        unit,
        form,
        document.scope or unit.scope,
        np.array([values.get(cell, np.nan) for cell in _additive(form.code)]),
        tuple(
            _Said(claim.about, claim.value, claim.key, claim.quote, Place.of(claim))
            for claim in frames.tuples(counted[counted["value"] >= _rules()["same"]["least"]])
        ),
        places,
    )


def _rules() -> Mapping:
    return declared("analysis.checking", "parts.yml")


@cache
def _additive(form: str) -> tuple[Cell, ...]:
    """The cells of a form whose counts add up over bodies."""
    rules = _rules()
    return tuple(
        cell
        for code, table in forms()[form].tables.items()
        if code in rules["tables"]
        for cell in table.cells()
        if table.column_of(cell).kind == "count" and cell.column not in rules["not_additive"]
    )


def _counted_once(cell: Cell) -> bool:
    once = _rules()["counted_once"]
    return cell.table in once or f"{cell.table}.{cell.row}" in once


class _Comparison:
    """One whole in one year and its direct parts, read or not."""

    def __init__(self, whole: _Report, parts: Sequence[tuple[Unit, _Report | None]]) -> None:
        self.whole, self.values = whole, whole.known()
        # a level of government holds its departments, not the governments below it
        under = [(u, r) for u, r in parts if whole.scope != "level" or u.kind == "department"]
        self.missing = [unit for unit, report in under if report is None]
        # nor what a department reports beyond itself
        self.parts = [
            r for _, r in under if r and not (whole.scope == "level" and r.scope in ("level", "area"))
        ]
        self.all_there = not self.missing and len(self.parts) == len(under)
        self.by_cell: dict[Cell, dict[str, float]] = {}
        for part in self.parts:
            for cell, value in part.known().items():
                self.by_cell.setdefault(cell, {})[part.address(cell)] = value

    def findings(self) -> pd.DataFrame:
        """What stands out; an empty table for most."""
        if self.parts and self.whole.places:
            if self.whole.scope:
                self._less()
                self._more()
                self._missing()
            else:
                self._unknown()
            self._same()
        return self._findings.frame() if "_findings" in vars(self) else frames.frame("findings", [])

    # what holds between the parts

    @property
    def _apart(self) -> bool:
        """Whether no two parts can have counted the same body: governments beside each other, and
        departments that report on themselves alone."""
        return all(p.unit.kind == "government" or _itself(p) for p in self.parts)

    @property
    def _exhaustive(self) -> bool:
        """Whether the parts are all there is: declared so, all read, the office among them, and every
        one for the whole of itself."""
        entire = (_itself(p) or p.scope == "area" or p.unit.level == "township" for p in self.parts)
        office = (re.search(_rules()["offices"], p.unit.unit) for p in self.parts)
        return self.whole.unit.complete == "yes" and self.all_there and all(entire) and any(office)

    # the findings

    def _less(self) -> None:
        """Rows in which the whole is less than its parts."""
        for head, columns in self._rows(lambda whole, parts: whole < sum(parts)):
            of_parts = {k: v for k, v in self.by_cell[head].items() if v}
            largest = max(of_parts, key=of_parts.__getitem__)
            sure = self._apart
            if (
                not sure
                and of_parts[largest] > self.values[head]
                and _inside(self.whole, largest, self.parts)
            ):
                sure, of_parts = True, {largest: of_parts[largest]}  # one part alone, whatever they share
            total = head.column == "total" or "total" not in self.whole.form.tables[head.table].columns
            certain = sure and total and _counted_once(head)
            code = "whole.less_than_parts" if certain else "whole.less_than_parts_doubtful"
            self._put(code, head, of_parts, columns)

    def _more(self) -> None:
        """Rows in which the whole is more than all its parts, where they are all there is."""
        if self._exhaustive:
            every = len(self.parts)
            for head, columns in self._rows(lambda whole, parts: len(parts) == every and whole > sum(parts)):
                if _counted_once(head):
                    self._put("whole.more_than_parts", head, self.by_cell[head], columns)

    def _unknown(self) -> None:
        """A whole of unknown scope that is less than its parts, so that it cannot be the whole area."""
        rows = [r for r in self._rows(lambda whole, parts: whole < sum(parts)) if _counted_once(r[0])]
        if rows and self._apart:
            head = rows[0][0]
            of_parts = {k: v for k, v in self.by_cell[head].items() if v}
            self._put("whole.scope_unknown", head, of_parts, [cell for cell, _ in rows])

    def _missing(self) -> None:
        """Parts that were not read, where they are declared to be all."""
        if self.missing and self.whole.unit.complete == "yes":
            names = [self._name(unit) for unit in self.missing]
            ledger, shown = self._findings.ledger, _rules()["shown"]
            self._findings.put(
                "whole.parts_missing",
                self._place(),
                reported=" ".join(unit.unit for unit in self.missing),
                scope=_SCOPES[self.whole.scope],
                n=ledger.tally("register", [unit.unit for unit in self.missing]),
                names=names[:shown],
                more=len(names) > shown,
            )

    def _same(self) -> None:
        """Parts whose figures stand in the whole's report too."""
        rule = _rules()["same"]
        for part in self.parts:
            theirs = part.known()
            cells = [c for c, v in self.values.items() if v >= rule["least"] and v == theirs.get(c)]
            said = {(s.about, s.value): s for s in part.said}
            claims = [(s, said[s.about, s.value]) for s in self.whole.said if (s.about, s.value) in said]
            one_each: dict[float, Figure] = {}
            for cell in cells:
                one_each.setdefault(self.values[cell], self._cell(self.whole, cell))
            for claim, _ in claims:
                one_each.setdefault(claim.value, self._findings.ledger.figure("claims", claim.key))
            if len(one_each) < rule["figures"]:
                continue
            shown = list(one_each.values())[: _rules()["shown"]]
            keys = [r.address(c) for c in cells for r in (self.whole, part)]
            self._findings.put(
                "whole.same_as_part",
                self._place(cells[0]) if cells else claims[0][0].place,
                reported=" ".join(number(value) for value in one_each),
                evidence=[*keys, *(s.key for pair in claims for s in pair)],
                part=self._name(part.unit),
                figures=shown,
                more=len(one_each) > len(shown),
            )

    # putting them together

    def _rows(self, holds) -> Iterator[tuple[Cell, list[Cell]]]:
        """Rows in which ``holds(whole, values of the parts)`` in some column: the column to report (the
        total, where it is among them) and all of them."""
        rows: dict[tuple[str, str], list[Cell]] = {}
        for cell, value in self.values.items():
            if holds(value, list(self.by_cell.get(cell, {}).values())):
                rows.setdefault((cell.table, cell.row), []).append(cell)
        for columns in rows.values():
            yield next((c for c in columns if c.column == "total"), columns[0]), columns

    def _put(self, code: str, head: Cell, of_parts: Mapping[str, float], others: Iterable[Cell]) -> None:
        ledger, form = self._findings.ledger, self.whole.form
        whole = self._cell(self.whole, head)
        keys = list(of_parts)
        parts = ledger.figure("facts", " + ".join(keys))
        less = code != "whole.more_than_parts"
        self._findings.put(
            code,
            self._place(head),
            reported=whole,
            expected=f">= {parts}" if less else parts,
            evidence=[*dict.fromkeys([self.whole.address(c) for c in (head, *others)]), *keys],
            table=Bilingual(form.tables[head.table].zh, form.tables[head.table].en),
            cell=Bilingual(*(form.label(head, language) for language in ("zh", "en"))),
            scope=_SCOPES[self.whole.scope],
            whole=whole,
            parts=parts,
            n=ledger.tally("facts", keys),
            difference=ledger.difference(parts, whole) if less else ledger.difference(whole, parts),
        )

    def _cell(self, report: _Report, cell: Cell) -> Figure:
        return self._findings.ledger.figure("facts", report.address(cell))

    def _name(self, unit: Unit) -> Figure:
        return self._findings.ledger.figure("register", f"{unit.unit}:unit", unit.unit)

    def _place(self, cell: Cell | None = None) -> Place:
        """Where a row stands; where none is meant, or it is not printed, the first that is."""
        first = next(iter(self.whole.places.values()))
        return self.whole.places.get((cell.table, cell.row), first) if cell else first

    @cached_property
    def _findings(self) -> Findings:
        """Where the findings are put; the rows that they rest on are put together only if there are any."""
        reports = [self.whole, *self.parts]
        facts = [
            {"key": r.address(c), "value": v, "raw": number(v), "candidates": ""}
            for r in reports
            for c, v in r.known().items()
        ]
        claims = [{"key": s.key, "value": s.value, "quote": s.quote} for r in reports for s in r.said]
        units = [*(p.unit for p in self.parts), *self.missing]
        return Findings(
            Ledger(
                {
                    "facts": pd.DataFrame(facts, columns=["key", "value", "raw", "candidates"]),
                    "claims": pd.DataFrame(claims, columns=["key", "value", "quote"]),
                    "register": pd.DataFrame([{"key": u.unit, "unit": u.unit} for u in units]),
                }
            )
        )


def _itself(part: _Report) -> bool:
    """A department that reports on itself alone."""
    return part.unit.kind == "department" and part.scope == "own"


def _inside(whole: _Report, key: str, parts: Sequence[_Report]) -> bool:
    """Whether everything that the part with the cell ``key`` counts lies within the whole."""
    part = next(p for p in parts if key.startswith(p.key + "/"))
    return whole.scope == "area" or _itself(part)


_SCOPES = {
    "area": Bilingual("全域", "the whole area"),
    "level": Bilingual("本级", "its level of government"),
    "": Bilingual("口径未说明", "a scope not stated"),
}
