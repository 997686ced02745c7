"""Many units in one period: sums, and who stands out.

In: the rates of one report a unit, the register, the facts of the reports. Out: ``aggregates`` (each indicator over the
units of a group: the sum of the numerators over the sum of the denominators, the mean of the rates beside it) and
``comparison`` (each unit beside the others of its group). A unit stands out if it lies beyond the limits of the funnel,
widened by as much as the units differ anyway, and still does when all units and rates that were looked at are allowed for.
With few cases, or few units, nobody is named; only units whose forms may be compared are counted together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis import frames
from analysis.cells import proven
from analysis.measuring.inference import (
    ALPHA,
    adjusted,
    distances,
    limits,
    overdispersion,
    tails,
    wilson,
)
from analysis.measuring.rates import SMALL, Indicator, crossing, indicators, terms
from analysis.register import Register
from analysis.templates import Cell, Form, comparable

# The limits beyond which a unit lies outside; the inner ones are drawn only.
COVERAGE, INNER = 0.998, 0.95
# Fewer comparable units than this are shown side by side only; fewer than that do not tell how much units differ anyway, so
# no limits are drawn and nobody is named.
UNITS, SPREAD = 5, 10
# A unit with more than this part of all cases is the common rate itself; the others cannot be held against it.
_MOST = 0.5

_NOTES = {
    "few": (f"不足{SMALL}件，不排名、不评价", f"under {SMALL} cases: no rank and no judgement"),
    "unknown": ("数字不全或放不准", "a number it needs is missing or not certain"),
    "broken": ("报告的数字合不上，不计入合计", "its figures do not add up: left out of the sums"),
    "nothing": ("分母为零", "the denominator is zero"),
    "whole": (
        "含其他在列单位的数字，不加入合计，也不与它们比较",
        "holds the figures of other units here: neither added to them nor compared with them",
    ),
    "part": (
        "已含在上级单位的数字里，不重复加入合计",
        "is within the figures of another unit here, so it is not added again",
    ),
    "form": (
        "与多数单位格式不同，这项比率不可比，未计入",
        "on another form than most, across which this rate does not compare: left out",
    ),
    "scopes": (
        "各单位的统计口径不一（本机关、本级或全域）",
        "the units do not all report on the same scope (own, level or area)",
    ),
    "dominated": (
        "一个单位占了半数以上的件数，合计就是它的比率，不拿它衡量别的单位",
        "one unit has more than half of all cases, so the common rate is its own: nobody is held against it",
    ),
    "units": (
        f"可比单位不足{UNITS}个，只并列，不比较",
        f"fewer than {UNITS} comparable units: side by side only",
    ),
    "spread": (
        f"可比单位不足{SPREAD}个，无从估计单位间固有差异，只列位次，不点名",
        f"fewer than {SPREAD} comparable units: how much they differ anyway cannot be told, so nobody is named",
    ),
    "overdispersed": (
        "各单位的差异大于偶然，界限已放宽",
        "the units differ by more than chance; the limits are widened",
    ),
}


def _told(notes: Sequence[str]) -> dict[str, str]:
    return {
        "note_zh": "；".join(_NOTES[n][0] for n in notes),
        "note_en": "; ".join(_NOTES[n][1] for n in notes),
    }


def grouped(units: Sequence[str], register: Register, by: str) -> dict[str, str]:
    """The group of each unit: what the register says of it under ``by``, empty where it says nothing; all in one
    (``""``) if ``by`` is empty. A parent goes by its own name, not by an alias."""
    named = {unit: str(getattr(register.of(unit), by)) if by else "" for unit in units}
    return {u: register.of(name).unit if by == "parent" and name else name for u, name in named.items()}


def wholes(documents: pd.DataFrame, register: Register) -> dict[str, tuple[set[str], bool]]:
    """The units whose reports hold the figures of others among ``documents``: those others, and whether they are all there
    is (the register says that all parts are declared, and each is here). A report on its area holds all parts and theirs, one
    on its level its departments."""
    here: dict[str, set[str]] = {}
    for name in documents["unit"]:
        here.setdefault(register.of(name).unit, set()).add(name)

    def parts(unit: str, scope: str) -> list[str]:
        return [p.unit for p in register.parts(unit) if scope == "area" or p.kind == "department"]

    def below(unit: str, scope: str, seen: frozenset[str]) -> Iterator[str]:
        for part in parts(unit, scope):
            if part not in seen:
                yield part
                if scope == "area":
                    yield from below(part, scope, seen | {part})

    found = {}
    for name, scope in scopes(documents, register).items():
        unit = register.of(name).unit
        within = {p for p in below(unit, scope, frozenset({unit})) if p in here} if scope != "own" else set()
        if scope and within:
            every = register.of(unit).complete == "yes" and all(p in here for p in parts(unit, scope))
            found[name] = ({n for p in within for n in here[p]} - {name}, every)
    return found


def scopes(documents: pd.DataFrame, register: Register) -> dict[str, str]:
    """Whose figures each unit gives: as its page says, or the register; empty where neither does."""
    pairs = zip(documents["unit"], documents["scope"], strict=True)
    return {unit: scope or register.of(unit).scope for unit, scope in pairs}


def compare_units(
    rates: pd.DataFrame,
    documents: pd.DataFrame,
    facts: pd.DataFrame,
    forms: Mapping[str, Form],
    register: Register,
    by: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables ``aggregates`` and ``comparison`` of one period: ``rates`` and ``documents`` have one report of each
    unit, ``forms`` the form of each as its page has it."""
    of_group = grouped(list(documents["unit"]), register, by)
    measured = [
        i.code for i in indicators().values() if i.kind in ("share", "ratio") and i.source == "tables"
    ]
    rates = rates[rates["indicator"].isin(measured)]
    groups = [
        _Group(name, documents[documents["unit"].map(of_group) == name], rates, facts, forms, register)
        for name in sorted(set(of_group.values()))
    ]
    together = [row for group in groups for row in group.together]
    beside = pd.concat([t for group in groups for t in group.beside] or [frames.frame("comparison", [])])
    # One family of tests: every unit and rate that was looked at, in whichever group.
    beside["p"] = beside["p"].mask(beside["indicator"].map(lambda code: bool(indicators()[code].mirrors)))
    judged = beside["p"].notna()
    beside.loc[judged, "adjusted"] = adjusted(beside.loc[judged, "p"].to_numpy())
    sure = (beside["p"] < 1 - COVERAGE) & (beside["adjusted"] <= ALPHA)
    beside.loc[sure, "outside"] = np.where(beside.loc[sure, "distance"] > 0, "above", "below")
    rows = beside.to_dict("records")
    of = {group.name: group for group in groups}
    for row in rows:
        if row["outside"]:
            row["why"], row["excess"] = of[row["group"]].reasons.of(
                indicators()[row["indicator"]], row["unit"], row["outside"] == "above"
            )
    return frames.frame("aggregates", together), frames.frame("comparison", rows)


class _Group:
    """The units of one group, each rate of theirs together and beside each other."""

    def __init__(
        self,
        name: str,
        documents: pd.DataFrame,
        rates: pd.DataFrame,
        facts: pd.DataFrame,
        forms: Mapping[str, Form],
        register: Register,
    ) -> None:
        self.name, self._forms = name, {u: forms[u].code for u in documents["unit"]}
        self._wholes = wholes(documents, register)
        self._mixed = len(set(scopes(documents, register).values()) - {""}) > 1
        within = set().union(*(parts for parts, _ in self._wholes.values()))
        apart = [u for u in documents["unit"] if u not in self._wholes and u not in within]
        self.reasons = _Reasons(facts[facts["unit"].isin(self._forms)], forms, apart)
        self.together: list[dict] = []
        self.beside: list[pd.DataFrame] = []
        own = rates[rates["unit"].isin(self._forms)]
        for code, of in own.groupby("indicator", sort=False):
            self._compare(indicators()[str(code)], of)

    def _apart(self, of: pd.DataFrame, known: pd.Series) -> tuple[pd.Series, pd.Series]:
        """Which units hold others, and which are left out of the sums since their figures are in them already: of a whole
        and its parts the whole if the parts are all there is and known, else the parts."""
        here = set(of.loc[known, "unit"])
        whole, part = set(), set()
        for name, (parts, every) in self._wholes.items():
            if name in here and parts & here:
                whole.add(name)
                if not (every and parts <= here):
                    part |= parts
        twice = part | {name for name in whole - part if not self._wholes[name][0] & part}
        return of["unit"].isin(whole), of["unit"].isin(twice)

    def _compare(self, indicator: Indicator, of: pd.DataFrame) -> None:
        complete = of[["value", "numerator", "denominator"]].notna().all(axis=1)
        form = of["unit"].map(self._forms)
        usual = form[complete].mode()
        same = form.map(lambda f: usual.empty or comparable(crossing(indicator.code), f, usual[0]) == "yes")
        known = complete & ~of["broken"] & same
        whole, twice = self._apart(of, known)
        counted = known & ~twice
        few = of["denominator"] < SMALL
        judged = known & ~few & ~whole
        together = self._sum(indicator, of, counted)
        notes = ["scopes"] * self._mixed
        found = self._judged(indicator, of[judged], together, notes)
        self.together.append(together | _told(notes))
        reasons = {"broken": of["broken"], "nothing": of["denominator"] == 0, "unknown": ~complete}
        first = np.select(list(reasons.values()) + [~same, few], [*reasons, "form", "few"], "")
        left_out = [
            [*(["whole"] if w else ["part"] if t and k else []), *([why] if why else [])]
            for w, t, k, why in zip(whole, twice, known, first, strict=True)
        ]
        told = [_told(why) for why in left_out]
        self.beside.append(
            of[["unit", "year", "indicator", "numerator", "denominator", "value", "low", "high", "small"]]
            .assign(
                key=of["unit"] + "/" + of["year"].astype(str) + f"/comparison/{indicator.code}",
                group=self.name,
                counted=counted,
                centre=together["value"],
                comparable=int(judged.sum()),
                left_out=[" ".join(why) for why in left_out],
                outside="",
                why="",
                excess=math.nan,
                adjusted=math.nan,
                rate_of=of["key"],
                note_zh=[t["note_zh"] for t in told],
                note_en=[t["note_en"] for t in told],
            )
            .join(found)
        )

    def _sum(self, indicator: Indicator, of: pd.DataFrame, counted: pd.Series) -> dict:
        """The row of ``aggregates``, without its notes."""
        numerator, denominator = (float(of.loc[counted, s].sum()) for s in ("numerator", "denominator"))
        year = int(of["year"].max())
        rates = of.loc[counted & (of["denominator"] > 0), "value"]
        some = denominator > 0
        low, high = wilson(numerator, denominator) if some and numerator <= denominator else (math.nan,) * 2
        return {
            "key": f"{self.name or '*'}/{year}/aggregate/{indicator.code}",
            "unit": self.name or "all",
            "year": year,
            "group": self.name,
            "indicator": indicator.code,
            "units": len(of),
            "counted": int(counted.sum()),
            "numerator": numerator if counted.any() else math.nan,
            "denominator": denominator if counted.any() else math.nan,
            "value": numerator / denominator if some else math.nan,
            "low": low,
            "high": high,
            "mean": float(rates.mean()),
            "median": float(rates.median()),
            "phi": math.nan,
        }

    def _judged(
        self, indicator: Indicator, of: pd.DataFrame, together: dict, notes: list[str]
    ) -> pd.DataFrame:
        """How the units that can be compared lie: percentile, and where there are enough of them distance, limits and
        p. What keeps them from being judged is added to ``notes``, how much they differ to ``together``."""
        columns = ("percentile", "distance", "p", "limit_low", "limit_high")
        found = pd.DataFrame(math.nan, index=of.index, columns=list(columns))
        many, centre, of_cases = len(of), together["value"], indicator.kind == "share"
        if many < UNITS:
            notes.append("units")
            return found
        found["percentile"] = 100 * (stats.rankdata(of["value"]) - 0.5) / many
        if many < SPREAD:
            notes.append("spread")
        elif of["denominator"].max() > _MOST * together["denominator"]:
            notes.append("dominated")
        elif centre > 0 and (centre < 1 or not of_cases):
            far = distances(of["numerator"], of["denominator"], centre, of_cases)
            together["phi"], chance = overdispersion(far)
            notes += ["overdispersed"] if together["phi"] > 1 and chance <= ALPHA else []
            found["distance"], found["p"] = far, tails(far, together["phi"])
            found["limit_low"], found["limit_high"] = limits(
                of["denominator"], centre, COVERAGE, together["phi"], of_cases
            )
        return found


class _Reasons:
    """Which outcome makes most of the difference between a unit's rate and the group's."""

    def __init__(self, facts: pd.DataFrame, forms: Mapping[str, Form], apart: Sequence[str]) -> None:
        units = list(dict.fromkeys(facts["unit"]))
        self._form = {u: forms[u] for u in units}
        totals = facts.assign(value=proven(facts))[
            (facts["table"] == "applications") & (facts["column"] == "total")
        ]
        # a row a unit, a column a row of the form; only units whose outcomes are all known
        rows = totals.pivot(index="unit", columns="row", values="value") if len(totals) else pd.DataFrame()
        known = {row for form in {f.code: f for f in self._form.values()}.values() for row in _outcomes(form)}
        outcomes = [c for c in rows if c in known]
        whole = rows[outcomes].sum(axis=1) if len(rows) else pd.Series(dtype=float)
        kept = [u for u in rows.index if whole[u] > 0 and whole[u] == rows.loc[u].get("total")]
        self._rows = rows.loc[kept, outcomes].fillna(0.0) if len(rows) else rows
        self._whole = whole.loc[kept]
        once = [u for u in kept if u in set(apart)] or kept
        self._shares = (
            self._rows.loc[once].sum() / self._whole[once].sum() if kept else pd.Series(dtype=float)
        )

    def of(self, indicator: Indicator, unit: str, more: bool) -> tuple[str, float]:
        """The row of the form that makes most of the difference, and by how many cases it is beyond the group's share;
        nothing where the rate is not over the decisions. Of a rate of many rows it is one of them; of a rate of one or two,
        which would only say the rate again, it is the row that took its cases or left them."""
        form = self._form.get(unit)
        above, below = indicator.sides(form) if form else ("", "")
        if below != "decisions" or unit not in self._rows.index:
            return "", math.nan
        net: Counter[Cell] = Counter()
        for cell, sign in terms(above, form) or ():
            net[cell] += sign
        if any(cell.table != "applications" for cell in net):
            return "", math.nan  # reviews and lawsuits are not made of outcomes
        inside = {cell.row for cell, times in net.items() if times > 0}
        excess = self._rows.loc[unit] - self._whole[unit] * self._shares
        within = len(inside) > 2
        makes = excess[[row for row in excess.index if (row in inside) == within]]
        if makes.empty:
            return "", math.nan
        row = str(makes.idxmax() if within == more else makes.idxmin())
        return str(Cell("applications", row, "total")), float(excess[row])


def _outcomes(form: Form) -> set[str]:
    """The rows of the form that say how applications were settled."""
    table = form.tables.get("applications")
    equations = table.equations() if table else ()
    return {cell.row for e in equations if e.identity.code == "outcomes" for cell in e.left}
