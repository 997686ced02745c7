"""Many units in one period: sums, and who stands out.

In: the rates of one report a unit, the register, the facts of the reports. Out: ``aggregates`` (each indicator over the
units of a group: the sum of the numerators over the sum of the denominators, the mean of the rates beside it) and
``comparison`` (each unit beside the others of its group). A unit stands out if it lies beyond the limits of the funnel,
widened by as much as the units differ anyway, and still does when all that were looked at are allowed for. With few cases,
or few units, nobody is ranked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd
from scipy import stats

from analysis import frames
from analysis.cells import proven
from analysis.measuring.inference import ALPHA, adjusted, distance, limits, overdispersion, tail, wilson
from analysis.measuring.rates import SMALL, Indicator, indicators, terms
from analysis.register import Register
from analysis.templates import Cell, Form

# The limits beyond which a unit lies outside; the inner ones are drawn only.
COVERAGE, INNER = 0.998, 0.95
# Fewer units than this are shown side by side, not compared; fewer than that do not tell how much units differ anyway.
UNITS, SPREAD = 5, 10
# What units can be grouped by.
GROUPS = ("", "level", "parent", "kind", "province")

_NOTES = {
    "few": (f"不足{SMALL}件，不排名、不评价", f"under {SMALL} cases: no rank, no adjective"),
    "unknown": ("数字不全或放不准", "a number it needs is missing or not certain"),
    "broken": ("报告的数字合不上，不计入合计", "its figures do not add up: left out of the sums"),
    "nothing": ("分母为零", "the denominator is zero"),
    "whole": (
        "含其他在列单位的数字，不重复加入合计",
        "holds figures of other units here, so it is not added again",
    ),
    "units": (
        f"可比单位不足{UNITS}个，只并列，不比较",
        f"fewer than {UNITS} comparable units: side by side only",
    ),
    "spread": (
        f"可比单位不足{SPREAD}个，无从估计单位间固有差异",
        f"fewer than {SPREAD} units: how much they differ anyway cannot be told",
    ),
    "overdispersed": (
        "各单位的差异大于偶然，界限已放宽",
        "the units differ by more than chance; the limits are widened",
    ),
}


def _told(notes: list[str]) -> dict[str, str]:
    return {
        "note_zh": "；".join(_NOTES[n][0] for n in notes),
        "note_en": "; ".join(_NOTES[n][1] for n in notes),
    }


def grouped(units: list[str], register: Register, by: str) -> dict[str, str]:
    """The group of each unit: what the register says of it under ``by``, empty where it says nothing; all in one
    (``""``) if ``by`` is empty."""
    return {unit: str(getattr(register.of(unit), by)) if by else "" for unit in units}


def wholes(documents: pd.DataFrame, register: Register) -> set[str]:
    """The units whose reports cover their whole area while parts of it report beside them."""
    here = {register.of(unit).unit for unit in documents["unit"]}

    def below(unit: str, seen: frozenset[str]) -> Iterator[str]:
        for part in register.parts(unit):
            if part.unit not in seen:
                yield part.unit
                yield from below(part.unit, seen | {part.unit})

    found = set()
    for document in documents.itertuples(index=False):
        scope = document.scope or register.of(document.unit).scope
        if scope == "area" and any(part in here for part in below(document.unit, frozenset({document.unit}))):
            found.add(document.unit)
    return found


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
    group = grouped(list(documents["unit"]), register, by)
    sums, sides = [], []
    for name in dict.fromkeys(group[u] for u in sorted(group)):
        units = [u for u in documents["unit"] if group[u] == name]
        own = documents[documents["unit"].isin(units)]
        # In the sums of one group nothing is added that only another group holds.
        twice = wholes(own, register)
        why = _Reasons(own, facts[facts["unit"].isin(units)], forms, twice)
        rows: list[dict] = []
        for code, of_indicator in rates[rates["unit"].isin(units)].groupby("indicator", sort=False):
            indicator = indicators()[str(code)]
            if indicator.kind not in ("share", "ratio") or indicator.source != "tables":
                continue
            together, beside = _compared(indicator, of_indicator, name, twice, why)
            sums.append(together)
            rows += beside
        judged = [row for row in rows if not math.isnan(row["p"])]
        for row, q in zip(judged, adjusted([row["p"] for row in judged]), strict=True):
            row["adjusted"] = float(q)
            if q > ALPHA:
                row.update(outside="", why="", excess=math.nan)
        sides += rows
    return frames.frame("aggregates", sums), frames.frame("comparison", sides)


def _compared(
    indicator: Indicator, of: pd.DataFrame, group: str, twice: set[str], why: _Reasons
) -> tuple[dict, list[dict]]:
    known = of["value"].notna() & ~of["broken"]
    counted = known & ~of["unit"].isin(twice)
    numerator, denominator = (float(of.loc[counted, side].sum()) for side in ("numerator", "denominator"))
    year = int(of["year"].max())
    together: dict = {
        "key": f"{group or 'all'}/{year}/aggregate/{indicator.code}",
        "unit": group or "all",
        "year": year,
        "group": group,
        "indicator": indicator.code,
        "units": len(of),
        "counted": int(counted.sum()),
        "numerator": numerator if counted.any() else math.nan,
        "denominator": denominator if counted.any() else math.nan,
        **dict.fromkeys(("value", "low", "high", "mean", "median", "phi"), math.nan),
    }
    notes: list[str] = []
    judged = known & (of["denominator"] >= SMALL)
    of_cases = indicator.kind == "share"
    enough = denominator > 0 and int(judged.sum()) >= UNITS
    if denominator > 0:
        centre = numerator / denominator
        together |= {
            "value": centre,
            "mean": float(of.loc[counted, "value"].mean()),
            "median": float(of.loc[counted, "value"].median()),
        }
        if numerator <= denominator:
            together["low"], together["high"] = wilson(numerator, denominator)
        if enough and centre > 0 and (centre < 1 or not of_cases):
            far = [distance(r.numerator, r.denominator, centre, of_cases) for r in of[judged].itertuples()]
            together["phi"] = overdispersion(far, SPREAD)
            notes += ["spread"] if len(far) < SPREAD else ["overdispersed"] if together["phi"] > 1 else []
    if not enough:
        notes.append("units")
    ranked = of.loc[judged, "value"]
    beside = [
        _beside(row, indicator, together, group, row.unit in twice, ranked, why) for row in of.itertuples()
    ]
    return together | _told(notes), beside


def _beside(
    rate, indicator: Indicator, together: Mapping, group: str, whole: bool, ranked: pd.Series, why: _Reasons
) -> dict:
    """One unit's row of the table ``comparison``."""
    known = not math.isnan(rate.value) and not rate.broken
    few = known and rate.denominator < SMALL
    row = {
        "key": f"{rate.unit}/{rate.year}/comparison/{rate.indicator}",
        "unit": rate.unit,
        "year": rate.year,
        "group": group,
        "indicator": rate.indicator,
        **{c: getattr(rate, c) for c in ("numerator", "denominator", "value", "low", "high", "small")},
        "counted": known and not whole,
        "centre": together["value"],
        **dict.fromkeys(
            ("limit_low", "limit_high", "distance", "p", "adjusted", "percentile", "excess"), math.nan
        ),
        "comparable": len(ranked),
        "outside": "",
        "why": "",
        "rate_of": rate.key,
    }
    notes = ["whole"] if whole else []
    if not known:
        notes.append("broken" if rate.broken else "nothing" if rate.denominator == 0 else "unknown")
    elif few:
        notes.append("few")
    elif math.isnan(together["phi"]):
        notes += ["units"] if len(ranked) < UNITS else []
    else:
        of_cases, phi = indicator.kind == "share", together["phi"]
        far = distance(rate.numerator, rate.denominator, together["value"], of_cases)
        low, high = limits([rate.denominator], together["value"], COVERAGE, phi, of_cases)
        row |= {
            "distance": far,
            "limit_low": float(low[0]),
            "limit_high": float(high[0]),
            "p": tail(far, phi),
        }
        row["percentile"] = float(stats.percentileofscore(ranked, rate.value, kind="mean"))
        if not low[0] <= rate.value <= high[0]:
            row["outside"] = "above" if far > 0 else "below"
            row["why"], row["excess"] = why.of(indicator, rate.unit, far > 0)
    return row | _told(notes)


class _Reasons:
    """Which outcome makes most of the difference between a unit's rate and the group's."""

    def __init__(
        self, documents: pd.DataFrame, facts: pd.DataFrame, forms: Mapping[str, Form], twice: set[str]
    ) -> None:
        self._form = {u: forms[u] for u in documents["unit"]}
        totals = facts.assign(value=proven(facts))[
            (facts["table"] == "applications") & (facts["column"] == "total")
        ]
        # a row a unit, a column a row of the form; only units whose outcomes are all known
        rows = totals.pivot(index="unit", columns="row", values="value") if len(totals) else pd.DataFrame()
        known = {row for form in self._form.values() for row in _outcomes(form)}
        outcomes = [c for c in rows if c in known]
        whole = rows[outcomes].sum(axis=1) if len(rows) else pd.Series(dtype=float)
        kept = [u for u in rows.index if whole[u] > 0 and whole[u] == rows.loc[u].get("total")]
        self._rows = rows.loc[kept, outcomes].fillna(0.0) if len(rows) else rows
        self._whole = whole.loc[kept]
        once = [u for u in kept if u not in twice] or kept
        self._shares = (
            self._rows.loc[once].sum() / self._whole[once].sum() if kept else pd.Series(dtype=float)
        )

    def of(self, indicator: Indicator, unit: str, more: bool) -> tuple[str, float]:
        """The row of the form that makes most of the difference, and by how many cases it is beyond the group's share;
        nothing where the rate is not over the decisions."""
        form = self._form[unit]
        above, below = indicator.sides(form)
        if below != "decisions" or unit not in self._rows.index:
            return "", math.nan
        net: Counter[Cell] = Counter()
        for cell, sign in terms(above, form) or ():
            net[cell] += sign
        if any(cell.table != "applications" for cell in net):
            return "", math.nan  # reviews and lawsuits are not made of outcomes
        inside = {cell.row for cell, times in net.items() if times > 0}
        excess = self._rows.loc[unit] - self._whole[unit] * self._shares
        # What is beyond its share within the rate, or, the other way round, what took or left its cases; the one row that is
        # the rate explains nothing.
        towards = [e if (r in inside) == more else -e for r, e in excess.items()]
        makes = pd.Series(towards, excess.index)
        makes = makes[[r for r in makes.index if inside != {r}]]
        if makes.empty:
            return "", math.nan
        row = str(makes.idxmax())
        return str(Cell("applications", row, "total")), float(excess[row])


def _outcomes(form: Form) -> set[str]:
    """The rows of the form that say how applications were settled."""
    table = form.tables.get("applications")
    equations = table.equations() if table else ()
    return {cell.row for e in equations if e.identity.code == "outcomes" for cell in e.left}
