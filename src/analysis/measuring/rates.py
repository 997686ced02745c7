"""Rates of one report from the declared indicators.

Intervals are those of ``inference``; cells are summed by ``cells.Cells``,
numerator and denominator together, so that a rate never mixes two placements.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd

from analysis import frames
from analysis.cells import Cells
from analysis.measuring.inference import CONFIDENCE, wilson
from analysis.reading import Report, StoredReport
from analysis.templates import Cell, Form, concepts, crosswalk, declared, forms

# Fewer cases than this are given with their interval, without rank or adjective.
SMALL = 30


@dataclass(frozen=True)
class Indicator:
    """One entry of indicators.yml; ``base`` is the code it was declared under, another than ``code`` where one
    entry stands for several."""

    code: str
    base: str
    id: str
    zh: str
    en: str
    kind: str
    use: Mapping[str, str]
    caution: Mapping[str, str]
    numerator: str = ""
    denominator: str = ""
    parts: str = ""
    source: str = "tables"
    headline: bool = False
    partition: str = ""
    mirrors: str = ""
    of_forms: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def name(self, language: str) -> str:
        """What readers of ``language`` call it."""
        return self.en if language == "en" else self.zh

    def sides(self, form: Form) -> tuple[str, str]:
        """Numerator and denominator in ``form``."""
        return self.of_forms.get(form.code, (self.numerator, self.denominator))

    def exists(self, form: Form) -> bool:
        """Whether ``form`` has the cells it needs."""
        above, below = self.sides(form)
        if self.source == "prose":
            above = ""
        return not any(side and terms(side, form) is None for side in (above or self.parts, below))


@cache
def indicators() -> Mapping[str, Indicator]:
    """Every declared indicator, in its order."""
    return {
        indicator.code: indicator
        for code, entry in declared(__name__.rpartition(".")[0], "indicators.yml").items()
        for indicator in _indicators(code, dict(entry))
    }


def _indicators(code: str, entry: dict) -> Iterator[Indicator]:
    each = entry.pop("each", "")
    made = Indicator(
        code,
        code,
        source=entry.pop("from", "tables"),
        of_forms={form: (d["numerator"], d["denominator"]) for form, d in entry.pop("in", {}).items()},
        **entry,
    )
    if not each:
        yield made
        return
    rows = {
        cell: form.tables[cell.table].rows[cell.row]
        for form in forms().values()
        for cell in form.expand(each)
    }
    for cell, row in rows.items():
        zh, en = made.zh.format(row=row.in_("zh")), made.en.format(row=row.in_("en"))
        own = f"{code}.{cell.row.rpartition('.')[2]}"
        yield replace(made, code=own, zh=zh, en=en, numerator=str(cell))


@cache
def headlines() -> tuple[str, ...]:
    """The indicators that charts and sentences show, by code."""
    return tuple(code for code, indicator in indicators().items() if indicator.headline)


@cache
def crossing(indicator: str) -> str:
    """The entry of the crosswalk that says over which breaks of the form an indicator may be carried."""
    base = indicators()[indicator].base
    return next(code for code, entry in crosswalk().items() if base in entry.indicators)


Terms = list[tuple[Cell, int]]


def terms(expression: str, form: Form) -> Terms | None:
    """``reviews - reviews_pending`` → signed cells; None if the form has none of a term's cells.

    A concept that this generation of the form does not split out counts as nothing when it is
    subtracted: there is nothing to leave out.
    """
    found: Terms = []
    for sign, name in re.findall(r"([+-]?)\s*([\w.]+)", expression):
        cells = concepts()[name].cells_in(form) if name in concepts() else form.expand(name)
        if not cells and sign != "-":
            return None
        found += [(cell, -1 if sign == "-" else 1) for cell in cells]
    return found


_NOTES = {
    "no_cells": ("本代格式没有相应单元", "this form has no such cells"),
    "unknown": ("所需单元未印出或无法确定", "a cell it needs is not printed or not certain"),
    "nothing": ("分母为零，不计算比率", "the denominator is zero: no rate"),
    "contradiction": (
        "报告的数字互相矛盾，不计算比率",
        "the report's figures contradict each other: no rate",
    ),
    "open": ("数字位置不定，给出各种填法下的范围", "cells are open: the range over all placements"),
    "agreed": (
        "数字位置不定，但各种填法下比率相同；件数不定，不作检验",
        "cells are open, yet every placement gives the same rate; the counts are not certain and are not tested",
    ),
    "small": (
        "样本小，只列件数与区间，不作排名和评价",
        "few cases: counts and interval, no rank, no adjective",
    ),
    "ratio": (
        "分子不是分母的一部分，区间仅供参考",
        "numerator and denominator are different cases; the interval is a guide",
    ),
    "broken": (
        "报告的数字在这里合不上（勾稽不平），比率只供核对",
        "the report's own figures do not add up here: the rate is for checking only",
    ),
    "prose": ("分子出自正文，无表可核", "the numerator is from the text and cannot be checked"),
    "several": ("正文给出不止一个分子", "the text gives more than one numerator"),
    "unsaid": ("正文没有给出分子", "the text does not give the numerator"),
}


def rates_of(report: Report | StoredReport) -> pd.DataFrame:
    """The table ``rates`` of one report: every indicator, also those that have no value, and why."""
    cells = Cells(_proven(report), report.placements)
    off = _doubtful(report, cells)
    rows = [_rate(indicator, report, cells, off) for indicator in indicators().values()]
    return frames.frame("rates", rows)


def _doubtful(report: Report | StoredReport, cells: Cells) -> set[Cell]:
    """The cells that the report itself contradicts under every placement: those of an identity that is broken, other than
    those that another identity, down their column, bears out; and where that bears out all of them, all the same, since
    one of them must be wrong."""
    broken: list[set[Cell]] = []
    held: set[Cell] = set()
    for table in report.form.tables.values():
        for equation in table.equations():
            sums = cells.sums([[(cell, 1) for cell in side] for side in (equation.left, equation.right)])
            if np.isnan(sums).any():
                continue
            both = {*equation.left, *equation.right}
            if (sums[:, 0] != sums[:, 1]).all():
                broken.append(both)
            elif equation.identity.over == "columns":
                held |= both
    return set().union(*(both - held or both for both in broken))


def doubtful(report: Report | StoredReport) -> set[Cell]:
    """The cells that the report itself contradicts; what is summed from them is not tested."""
    return _doubtful(report, Cells(_proven(report), report.placements))


def _proven(report: Report | StoredReport) -> pd.DataFrame:
    """The facts, with the rows that a partial table does not print marked as nothing where those that it does
    print already add up and none is left to a row of others: then nothing is missing."""
    facts, held = report.facts, report.facts.set_index("key")["value"]
    absent = set(facts.loc[facts["status"] == "absent", "key"])
    nothing: set[str] = set()
    for table in report.form.tables.values():
        for equation in table.equations() if table.partial else ():
            whole = held.reindex([f"{report.key}/{c}" for c in equation.right]).sum(skipna=False)
            parts = {
                c: held.get(f"{report.key}/{c}", math.nan)
                for c in equation.left
                if f"{report.key}/{c}" not in absent
            }
            others = any(value for cell, value in parts.items() if cell.row.endswith(".other"))
            if parts and not others and sum(parts.values()) == whole:
                nothing |= absent.intersection(f"{report.key}/{c}" for c in equation.left)
    return facts.assign(candidates=facts["candidates"].mask(facts["key"].isin(nothing), "0"))


def _rate(indicator: Indicator, report: Report | StoredReport, cells: Cells, off: set[Cell]) -> dict:
    notes: list[str] = []
    values: dict[str, float] = {}
    above, below = _sides(indicator, report, cells, notes)
    if above is not None:
        values = _measure(indicator, above, below, notes)
    broken = not off.isdisjoint(_used(indicator, report.form))
    if broken and "value" in values:
        notes.append("broken")
    return {
        "key": f"{report.key}/{indicator.code}",
        "unit": report.unit,
        "year": report.year,
        "indicator": indicator.code,
        **dict.fromkeys(("numerator", "denominator", "value", "low", "high", "least", "most"), math.nan),
        "confidence": CONFIDENCE,
        "numerator_of": _expression(_summed(indicator, report, cells), indicator, report),
        "denominator_of": _expression(indicator.sides(report.form)[1], indicator, report),
        "small": False,
        "broken": broken,
        **values,
        "note_zh": "；".join(_NOTES[n][0] for n in notes),
        "note_en": "; ".join(_NOTES[n][1] for n in notes),
    }


def _sides(indicator: Indicator, report: Report | StoredReport, cells: Cells, notes: list[str]):
    """Numerator and denominator under every placement, as arrays; (None, None) with the reason."""
    numerator, denominator_ = indicator.sides(report.form)
    below = terms(denominator_, report.form) if denominator_ else []
    if indicator.parts:
        parts = [[(cell, 1)] for cell in report.form.expand(indicator.parts)]
        if not parts or below is None:
            notes.append("no_cells")
            return None, None
        sums = cells.sums([below, *parts])
        return sums[:, 1:], sums[:, 0]
    if indicator.source == "prose":
        said = report.claims.loc[report.claims["about"] == indicator.numerator, "value"].unique()
        notes.append("prose" if len(said) == 1 else "unsaid" if not len(said) else "several")
        if below is None or len(said) != 1:
            return None, None
        denominator = cells.sums([below])[:, 0]
        return np.full_like(denominator, said[0]), denominator
    above = terms(numerator, report.form)
    if above is None or below is None:
        notes.append("no_cells")
        return None, None
    sums = cells.sums([above, below])
    return sums[:, 0], sums[:, 1] if denominator_ else np.ones(len(sums))


def _used(indicator: Indicator, form: Form) -> set[Cell]:
    """Every cell that an indicator is made of."""
    above, below = indicator.sides(form)
    sides = [below, indicator.parts if indicator.parts else above if indicator.source == "tables" else ""]
    return {cell for side in sides if side for cell, _ in terms(side, form) or ()}


def _summed(indicator: Indicator, report: Report | StoredReport, cells: Cells) -> str:
    """What the numerator is summed from: of parts, the largest alone where only it counts."""
    if indicator.kind != "largest":
        return indicator.sides(report.form)[0] or indicator.parts
    parts = report.form.expand(indicator.parts)
    return str(max(parts, key=lambda part: cells.sum([part])[1])) if parts else ""


def _expression(side: str, indicator: Indicator, report: Report | StoredReport) -> str:
    """The rows that a side is summed from, as a key of the ledger."""
    if indicator.source == "prose" and side == indicator.numerator:
        said = report.claims.loc[report.claims["about"] == side, "key"]
        return f"claims|{said.iloc[0]}" if len(said) else ""
    words = ""
    for cell, sign in terms(side, report.form) or [] if side else []:
        joint = " - " if sign < 0 else " + " if words else ""
        words += f"{joint}{report.key}/{cell}"
    return words


def _measure(indicator: Indicator, above: np.ndarray, below: np.ndarray, notes: list[str]) -> dict:
    if np.isnan(above).any() or np.isnan(below).any():
        notes.append("unknown")
        return {}
    if indicator.kind == "count":
        value = _agreed(above, notes)
        return {"numerator": value, "value": value, **_range(above, value)}
    denominator = _agreed(below, [])
    if (below <= 0).any():
        notes.append("nothing" if (below == 0).any() else "contradiction")
        numerator = math.nan if above.ndim > 1 else _agreed(above, [])
        return {"numerator": numerator, "denominator": denominator}
    if indicator.kind == "share" and (above > below).any():
        notes.append("contradiction")
        return {"numerator": _agreed(above, []), "denominator": denominator}
    if indicator.kind == "concentration":
        shares = ((above / below[:, None]) ** 2).sum(axis=1)
        value = _agreed(shares, notes)
        return {"denominator": denominator, "value": value, **_range(shares, value)}
    if indicator.kind == "largest":
        above = above.max(axis=1)
    ratio = above / below
    value = _agreed(ratio, notes)
    numerator = _agreed(above, [])
    measured = {"numerator": numerator, "denominator": denominator, "value": value, **_range(ratio, value)}
    if indicator.source == "tables" and not math.isnan(denominator) and denominator < SMALL:
        notes.append("small")
        measured["small"] = True
    if indicator.kind == "ratio":
        notes.append("ratio")
    if not math.isnan(value) and math.isnan(numerator + denominator):
        notes.append("agreed")
    if not math.isnan(value) and 0 <= numerator <= denominator:
        measured["low"], measured["high"] = wilson(numerator, denominator)
    return measured


def _agreed(values: np.ndarray, notes: list[str]) -> float:
    """The value if every placement gives the same, else NaN and a note."""
    if np.ptp(values) < 1e-12:
        return float(values[0])
    notes.append("open")
    return math.nan


def _range(values: np.ndarray, value: float) -> dict[str, float]:
    return {"least": float(values.min()), "most": float(values.max())} if math.isnan(value) else {}
