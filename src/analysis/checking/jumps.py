"""Counts that jump, and amounts in the wrong unit.

In: the tables of each unit, all its years, and the register, which says who its peers are. Out: findings
``years.jump`` (a change beyond what the unit's own history and its peers make plausible), ``years.jump_crude``
(where there is neither) and ``years.unit_off``. How it is decided is declared in jumps.yml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, floor, log, log10, sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis import frames
from analysis.cells import proven
from analysis.checking.finding import Bilingual, Findings, Place
from analysis.figures import Figure
from analysis.ledger import Ledger
from analysis.register import Register
from analysis.templates import Cell, Series, comparable, declared, forms, series


class Point(NamedTuple):
    """A quantity in one year: its value and the keys of the cells that it sums."""

    year: int
    template: str
    value: float
    keys: tuple[str, ...]


class Change(NamedTuple):
    """From one year to the next: ``size`` is the logarithm of their ratio, ``noise`` its Poisson variance."""

    before: Point
    now: Point
    size: float
    noise: float

    @property
    def tells(self) -> bool:
        """Whether it says anything of what is usual, and is not mostly chance."""
        return sqrt(self.noise) <= _rules()["chance"]


class Range(NamedTuple):
    """The changes that a frame of reference of ``n`` changes makes plausible, as logarithms."""

    low: float
    high: float
    n: int

    def excludes(self, size: float) -> bool:
        """Whether a change lies outside, on its own side of no change."""
        return size > max(self.high, 0) or size < min(self.low, 0)


@dataclass(frozen=True)
class _Candidate:
    """A change that its unit's history does not explain; judged when all peers were seen."""

    unit: str
    standing: tuple[str, str]
    quantity: str
    change: Change
    earlier: tuple[Change, ...]
    own: Range | None
    place: Place
    facts: tuple[Mapping, ...]
    documents: tuple[Mapping, ...]


class Jumps:
    """The changes of declared quantities, and amounts, of every unit."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._peers: dict[tuple[str, int, tuple[str, str]], list[float]] = {}
        self._candidates: list[_Candidate] = []
        self._found: list[pd.DataFrame] = []
        self._told: list[Mapping[str, object]] = []

    def add(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """See all reports of one unit."""
        documents = tables["documents"].sort_values("year")
        if len(documents) < 2:
            return
        facts = tables["facts"]
        if off := _units_off(documents, facts):
            self._found.append(_put_off(off, facts, self._told))
        points = _points(documents, facts, {o.row.key for o in off})
        known = self._register.of(documents["unit"].iloc[0])
        standing = (known.kind, known.level)
        for code, rule in _rules()["quantities"].items():
            changes = list(_changes(points[code], series()[code]))
            for n, change in enumerate(changes):
                if max(change.before.value, change.now.value) < rule["least"]:
                    continue
                if change.tells:
                    self._peers.setdefault((code, change.now.year, standing), []).append(change.size)
                earlier = tuple(c for c in changes[:n] if c.tells)
                own = plausible([c.size for c in earlier], change.noise, rule["usual"], _rules()["history"])
                if abs(change.size) < log(_rules()["factor"]) or (own and not own.excludes(change.size)):
                    continue
                keys = {k for c in (*earlier, change) for p in (c.before, c.now) for k in p.keys}
                mine = facts[facts["key"].isin(keys)]
                at = mine[mine["key"] == change.now.keys[0]].iloc[0]
                years = documents[documents["year"].isin([change.before.year, change.now.year])]
                # Kept until all peers were seen: what the sentence will need of the rows, and no more.
                kept = [
                    tuple(rows[columns].to_dict("records"))
                    for rows, columns in ((mine, _FACT), (years, ["key", "year"]))
                ]
                self._candidates.append(
                    _Candidate(at["unit"], standing, code, change, earlier, own, Place.of(at), *kept)
                )

    def findings(self) -> pd.DataFrame:
        """What was found in all that was seen."""
        jumped: dict[tuple[str, str], Change] = {}
        for candidate in self._candidates:  # of a unit and quantity, in the order of the years
            series, change = (candidate.unit, candidate.quantity), candidate.change
            if (last := jumped.get(series)) and _returns(last, change):
                continue
            if (found := self._judge(candidate)) is not None:
                jumped[series] = change
                self._found.append(found)
        return frames.concat("findings", self._found)

    def sides(self) -> dict[str, pd.DataFrame]:
        """What the sentences say besides cells: the ranges that changes were held against (``changes``)."""
        return {"changes": pd.DataFrame(self._told or None, columns=None if self._told else ["key"])}

    def _judge(self, candidate: _Candidate) -> pd.DataFrame | None:
        rules, change = _rules(), candidate.change
        peers = list(self._peers.get((candidate.quantity, change.now.year, candidate.standing), ()))
        if change.tells:
            peers.remove(change.size)
        usual = rules["quantities"][candidate.quantity]["usual"]
        theirs = plausible(peers, change.noise, usual, rules["peers"])
        if candidate.own or theirs:
            return (
                _put("years.jump", candidate, theirs, self._told)
                if not theirs or theirs.excludes(change.size)
                else None
            )
        crude = rules["crude"]
        least = max(change.before.value, change.now.value) >= crude["least"]
        far = abs(change.size) - 2 * sqrt(change.noise) >= log(crude["factor"])
        return _put("years.jump_crude", candidate, None, self._told) if least and far else None


# What a sentence needs of the facts.
_FACT = ["key", "year", "value", "raw", "candidates", "where"]


def _rules() -> Mapping:
    return declared("analysis.checking", "jumps.yml")


def plausible(sizes: Sequence[float], noise: float, usual: float, least: int) -> Range | None:
    """The range that changes of ``sizes`` make plausible for one with Poisson variance ``noise``; None if they
    are fewer than ``least``."""
    if len(sizes) < least:
        return None
    middle = float(np.median(sizes))
    spread = max(1.4826 * float(np.median(np.abs(np.array(sizes) - middle))), usual)
    wide = _rules()["limit"] * sqrt(spread**2 * (1 + 1 / len(sizes)) + noise)
    return Range(middle - wide, middle + wide, len(sizes))


def _points(documents: pd.DataFrame, facts: pd.DataFrame, without: set[str]) -> Mapping[str, list[Point]]:
    """Each declared quantity in the years where all its cells are certain; cells ``without`` are left out."""
    values = {k: v for k, v in zip(facts["key"], proven(facts), strict=True) if v >= 0 and k not in without}
    points: dict[str, list[Point]] = {code: [] for code in _rules()["quantities"]}
    for document in frames.tuples(documents):
        form = forms()[document.template]
        for code in points:
            keys = tuple(f"{document.key}/{cell}" for cell in series()[code].cells_in(form))
            if keys and values.keys() >= set(keys):
                total = sum(values[key] for key in keys)
                points[code].append(Point(int(document.year), document.template, total, keys))
    return points


def _changes(points: Sequence[Point], of: Series) -> Iterator[Change]:
    """From year to year, where the two may be compared."""
    for before, now in pairwise(points):
        same = comparable(of.crosswalk, before.template, now.template) == "yes"
        if now.year == before.year + 1 and same:
            above, below = now.value + 0.5, before.value + 0.5
            yield Change(before, now, log(above / below), 0.0 if of.unit else 1 / above + 1 / below)


def _returns(last: Change, change: Change) -> bool:
    """Whether a number comes back to what it was before it jumped."""
    return last.now.year == change.before.year and abs(last.size + change.size) <= log(_rules()["factor"])


def _put(code: str, candidate: _Candidate, peers: Range | None, told_of: list) -> pd.DataFrame:
    of, change, own = series()[candidate.quantity], candidate.change, candidate.own
    key = f"{candidate.unit}/{change.now.year}/changes.{candidate.quantity}"
    row = {"key": key, "peers_n": float(peers.n) if peers else np.nan}
    for name, range_ in (("own", own), ("peers", peers)):
        for end in ("low", "high"):
            row[f"{name}_{end}"] = exp(getattr(range_, end)) if range_ else np.nan
    told_of.append(row)
    kept = {"facts": candidate.facts, "documents": candidate.documents, "changes": [row]}
    ledger = Ledger({name: pd.DataFrame(list(rows)) for name, rows in kept.items()})
    findings = Findings(ledger)

    def told(*ends: str) -> list[Figure]:
        return [ledger.figure("changes", f"{key}:{end}", _times(row[end])) for end in ends]

    before, now = (ledger.figure("facts", " + ".join(p.keys)) for p in (change.before, change.now))
    years = {
        row["year"]: ledger.figure("documents", f"{row['key']}:year", str(row["year"]))
        for row in candidate.documents
    }
    ratio = f"{now.key} / {before.key}"
    times = change.now.value / change.before.value if change.before.value else None
    findings.put(
        code,
        candidate.place,
        reported=now,
        evidence=[*change.before.keys, *change.now.keys],
        quantity=Bilingual(of.name["zh"], of.name["en"]),
        measure=Bilingual(of.unit["zh"], of.unit["en"]) if of.unit else Bilingual("件", ""),
        before=years[change.before.year],
        now=years[change.now.year],
        from_=before,
        to=now,
        times=ledger.figure("facts", ratio, _times(times)) if times else None,
        own=told("own_low", "own_high") if own else None,
        n=ledger.tally("facts", [c.now.keys[0] for c in candidate.earlier]) if own else None,
        peers=told("peers_low", "peers_high") if peers else None,
        m=ledger.figure("changes", f"{key}:peers_n") if peers else None,
    )
    return findings.frame()


def _times(ratio: float) -> str:
    """A ratio in as many digits as tell something: 98, 3.2, 0.31, 0.00010."""
    decimals = 0 if ratio >= 10 else 1 if ratio >= 1 else 1 - floor(log10(ratio))
    return f"{ratio:.{decimals}f}"


# amounts


class _Off(NamedTuple):
    """An amount (a row of facts) in the wrong unit: so many times the median of the ``others``."""

    template: str
    cell: Cell
    row: Any
    others: Sequence
    times: float


def _units_off(documents: pd.DataFrame, facts: pd.DataFrame) -> list[_Off]:
    """Amounts of one unit that are a power of ten away from its other years on the same form."""
    rows = {row.key: row for row in frames.tuples(facts[facts["value"] > 0])}
    series: dict[tuple[str, Cell], list] = {}
    for document in frames.tuples(documents):
        for cell in _amounts(document.template):
            if (row := rows.get(f"{document.key}/{cell}")) is not None:
                series.setdefault((document.template, cell), []).append(row)
    found = []
    for (template, cell), same in series.items():
        for n, row in enumerate(same):
            others = same[:n] + same[n + 1 :]
            if (times := _off(row.value, [o.value for o in others], last=row is same[-1])) is not None:
                found.append(_Off(template, cell, row, others, times))
    return found


def _put_off(off: Sequence[_Off], facts: pd.DataFrame, told_of: list) -> pd.DataFrame:
    changes = [{"key": o.row.key, "times": o.times} for o in off]
    told_of += changes
    ledger = Ledger({"facts": facts, "changes": pd.DataFrame(changes)})
    findings, figure = Findings(ledger), ledger.figure
    for template, cell, row, others, times in off:
        form = forms()[template]
        findings.put(
            "years.unit_off",
            Place.of(row),
            reported=row.raw,
            evidence=[row.key, *(o.key for o in others)],
            suspect=[row.key] if len(others) >= _rules()["unit_off"]["years"] else [],
            cell=Bilingual(*(form.label(cell, language) for language in ("zh", "en"))),
            amount=figure("facts", row.key),
            others=[(figure("facts", f"{o.key}:year", str(o.year)), figure("facts", o.key)) for o in others],
            times=figure("changes", f"{row.key}:times", _times(times)),
        )
    return findings.frame()


@cache
def _amounts(form: str) -> tuple[Cell, ...]:
    """The cells of a form that hold money."""
    tables = forms()[form].tables
    return tuple(c for c in forms()[form].cells() if tables[c.table].column_of(c).kind == "amount")


def _off(value: float, others: Sequence[float], last: bool) -> float | None:
    """How many times the other years' amount this one is, if its unit seems wrong. ``last``: it is the latest,
    which is the one asked about where there are but two."""
    rules = _rules()["unit_off"]
    within, digits = log10(rules["within"]), _digits(value)
    middle = float(np.median(np.log10(others))) if others else 0.0
    near = [o for o in others if abs(log10(o) - middle) <= log10(rules["agree"])]
    if len(others) >= rules["years"]:
        if len(near) < rules["years"] or 2 * len(near) <= len(others):
            return None  # they do not agree among themselves
    elif not others or not last:
        return None
    steps = [log10(value / o) for o in near]
    of_units = any(abs(abs(step) - power) <= within for step in steps for power in rules["powers"])
    alone = len(digits) >= rules["digits"] and all(abs(step) > within for step in steps)
    shifted = alone and any(digits == _digits(o) for o in near)
    return value / 10**middle if of_units or shifted else None


def _digits(value: float) -> str:
    """The significant digits of an amount."""
    return f"{value:.4f}".replace(".", "").strip("0")
