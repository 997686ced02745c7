"""Rates of one report from the declared indicators.

Wilson's score interval is statsmodels' ``proportion_confint``; cells are summed by ``cells.Cells``,
numerator and denominator together, so that a rate never mixes two placements.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from analysis import frames
from analysis.cells import Cells
from analysis.reading import Report
from analysis.templates import Cell, Form, concepts, declared

# Fewer cases than this are given with their interval, without rank or adjective.
SMALL = 30
# The intervals are for this confidence.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Indicator:
    """One entry of indicators.yml."""

    code: str
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

    def name(self, language: str) -> str:
        """What readers of ``language`` call it."""
        return self.en if language == "en" else self.zh


@cache
def indicators() -> Mapping[str, Indicator]:
    """Every declared indicator, in its order."""
    return {
        code: Indicator(code=code, source=d.pop("from", "tables"), **d)
        for code, d in declared(__name__.rpartition(".")[0], "indicators.yml").items()
    }


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
    "small": (
        "样本小，只列件数与区间，不作排名和评价",
        "few cases: counts and interval, no rank, no adjective",
    ),
    "ratio": (
        "分子不是分母的一部分，区间仅供参考",
        "numerator and denominator are different cases; the interval is a guide",
    ),
    "prose": ("分子出自正文，无表可核", "the numerator is from the text and cannot be checked"),
    "several": ("正文给出不止一个分子", "the text gives more than one numerator"),
    "unsaid": ("正文没有给出分子", "the text does not give the numerator"),
}


def rates_of(report: Report) -> pd.DataFrame:
    """The table ``rates`` of one report: every indicator, also those that have no value, and why."""
    cells = Cells(report.facts, report.placements)
    rows = [_rate(indicator, report, cells) for indicator in indicators().values()]
    return frames.frame("rates", rows)


def _rate(indicator: Indicator, report: Report, cells: Cells) -> dict:
    notes: list[str] = []
    values: dict[str, float] = {}
    above, below = _sides(indicator, report, cells, notes)
    if above is not None:
        values = _measure(indicator, above, below, notes)
    return {
        "key": f"{report.key}/{indicator.code}",
        "unit": report.unit,
        "year": report.year,
        "indicator": indicator.code,
        **dict.fromkeys(("numerator", "denominator", "value", "low", "high", "least", "most"), math.nan),
        "confidence": CONFIDENCE,
        "numerator_of": _expression(_summed(indicator, report, cells), indicator, report),
        "denominator_of": _expression(indicator.denominator, indicator, report),
        "small": False,
        **values,
        "note_zh": "；".join(_NOTES[n][0] for n in notes),
        "note_en": "; ".join(_NOTES[n][1] for n in notes),
    }


def _sides(indicator: Indicator, report: Report, cells: Cells, notes: list[str]):
    """Numerator and denominator under every placement, as arrays; (None, None) with the reason."""
    below = terms(indicator.denominator, report.form) if indicator.denominator else []
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
    above = terms(indicator.numerator, report.form)
    if above is None or below is None:
        notes.append("no_cells")
        return None, None
    sums = cells.sums([above, below])
    return sums[:, 0], sums[:, 1] if indicator.denominator else np.ones(len(sums))


def _summed(indicator: Indicator, report: Report, cells: Cells) -> str:
    """What the numerator is summed from: of parts, the largest alone where only it counts."""
    if indicator.kind != "largest":
        return indicator.numerator or indicator.parts
    parts = report.form.expand(indicator.parts)
    return str(max(parts, key=lambda part: cells.sum([part])[1])) if parts else ""


def _expression(side: str, indicator: Indicator, report: Report) -> str:
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
    if not math.isnan(value) and 0 <= numerator <= denominator:
        measured["low"], measured["high"] = wilson(numerator, denominator)
    return measured


def wilson(numerator: float, denominator: float) -> tuple[float, float]:
    """Wilson's score interval of a share, at ``CONFIDENCE``; both counts in cases."""
    low, high = proportion_confint(numerator, denominator, alpha=1 - CONFIDENCE, method="wilson")
    # At nothing and at everything the formula leaves dust of the last float digit.
    return (0.0 if numerator == 0 else float(low)), (1.0 if numerator == denominator else float(high))


def _agreed(values: np.ndarray, notes: list[str]) -> float:
    """The value if every placement gives the same, else NaN and a note."""
    if np.ptp(values) < 1e-12:
        return float(values[0])
    notes.append("open")
    return math.nan


def _range(values: np.ndarray, value: float) -> dict[str, float]:
    return {"least": float(values.min()), "most": float(values.max())} if math.isnan(value) else {}
