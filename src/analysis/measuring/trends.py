"""One unit over the years: which changes are more than chance.

In: the reports of a unit, their rates. Out: ``counts`` (the quantities of templates/series.yml in each year) and ``trends``
(every quantity and indicator from year to year, and from five years on as a series). No two years are compared across a
break of the form that the crosswalk does not open, nor where a report says that it covers another scope than the one before.
All tests of a unit are adjusted together for their number; a change that is not supported then has the verdict ``none``, no
clear change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from analysis import frames
from analysis.measuring.inference import (
    ALPHA,
    Difference,
    Slope,
    adjusted,
    rates_differ,
    shares_differ,
    slope,
)
from analysis.measuring.rates import SMALL, crossing, doubtful, indicators
from analysis.reading import Report, StoredReport
from analysis.templates import breaks, comparable, crosswalk, series

# A series is tested from so many years on.
YEARS = 5


def counts_of(report: Report | StoredReport) -> pd.DataFrame:
    """The table ``counts`` of one report."""
    cells, off = report.cells, doubtful(report)
    rows = []
    for code, entry in series().items():
        summed = entry.cells_in(report.form)
        if not summed:
            continue
        value = cells.certain(summed)
        rows.append(
            {
                "key": f"{report.key}/count/{code}",
                "unit": report.unit,
                "year": report.year,
                "series": code,
                "value": math.nan if value is None else value,
                "broken": value is not None and not off.isdisjoint(summed),
                "of": " + ".join(f"{report.key}/{cell}" for cell in summed),
            }
        )
    return frames.frame("counts", rows)


@dataclass(frozen=True)
class Point:
    """A quantity or indicator in one year: its value, of an indicator the two counts behind it, the form of the
    report and the scope it declares, and its row. ``note`` says why it has no value or cannot be tested (a key of
    ``_NOTES``)."""

    year: int
    form: str
    scope: str
    value: float
    numerator: float
    denominator: float
    source: str
    note: str = ""


@dataclass(frozen=True)
class Line:
    """All points of one quantity or indicator, in order of years."""

    subject: str
    kind: str
    crossing: str
    points: tuple[Point, ...]

    def small(self, point: Point) -> bool:
        """Whether a point is a rate over few cases."""
        return self.kind == "rate" and point.denominator < SMALL

    def joined(self, one: Point, other: Point) -> bool:
        """Whether two years may be compared: by the crosswalk, and as far as they say by their scope."""
        return comparable(self.crossing, one.form, other.form) == "yes" and not _rescoped(one, other)

    def runs(self) -> list[list[Point]]:
        """The stretches of points with a value that may be compared, one with the next; a chart draws each as one
        line."""
        made: list[list[Point]] = []
        for point in self.points:
            if math.isnan(point.value):
                continue
            if made and self.joined(made[-1][-1], point):
                made[-1].append(point)
            else:
                made.append([point])
        return made


def _rescoped(one: Point, other: Point) -> bool:
    return bool(one.scope and other.scope) and one.scope != other.scope


def lines(counts: pd.DataFrame, rates: pd.DataFrame, documents: pd.DataFrame) -> list[Line]:
    """Every quantity and every indicator of one unit that has a value in some year; the tables are of all its
    years."""
    of = {d.year: (d.template, d.scope) for d in frames.tuples(documents)}
    made = []
    for code, rows in counts.groupby("series", sort=False):
        points = [
            Point(
                r.year,
                *of[r.year],
                r.value,
                r.value,
                1.0,
                f"counts|{r.key}",
                "broken" if r.broken else "" if r.value >= 0 else "open",
            )
            for r in frames.tuples(rows.sort_values("year"))
        ]
        made.append(Line(str(code), "count", series()[str(code)].crosswalk, tuple(points)))
    for code, rows in rates.groupby("indicator", sort=False):
        indicator = indicators()[str(code)]
        if indicator.kind not in ("share", "ratio") or indicator.source != "tables":
            continue
        points = [
            Point(r.year, *of[r.year], r.value, r.numerator, r.denominator, f"rates|{r.key}", _why(r))
            for r in frames.tuples(rows.sort_values("year"))
        ]
        made.append(Line(str(code), "rate", crossing(str(code)), tuple(points)))
    return [line for line in made if any(not math.isnan(p.value) for p in line.points)]


def _why(rate) -> str:
    """Why a rate has no value, or cannot be tested; nothing if neither."""
    if rate.denominator == 0:
        return "nothing"
    if math.isnan(rate.value):
        # Without a note in its own words the form has no cells for it: that is no number that is missing.
        return "open" if rate.denominator_of or rate.numerator_of else "none"
    if rate.broken:
        return "broken"
    return "agreed" if math.isnan(rate.numerator + rate.denominator) else ""


_NOTES = {
    "open": ("有一年的数字不全或放不准", "the number of one of the years is missing or not certain"),
    "none": ("有一年的格式没有相应单元", "the form of one of the years has no such cells"),
    "agreed": (
        "有一年数字位置不定，比率虽同而件数不定，不作检验",
        "cells of one of the years are open: the rate is the same whichever way, the counts are not; not tested",
    ),
    "scope": (
        "两年的统计口径不同（本机关、本级或全域），不可比",
        "the two reports cover different scopes (own, level or area): not comparable",
    ),
    "mirror": ("与另一比率互补，不重复检验", "one less another rate, so not tested again"),
    "nothing": ("有一年分母为零", "the denominator of one of the years is zero"),
    "broken": (
        "有一年报告的数字合不上，不作检验",
        "the figures of one of the years do not add up: not tested",
    ),
    "left_out": (
        "数字合不上或件数不定的年份未计入",
        "years whose figures do not add up or are open are left out",
    ),
    "left_out_few": (f"不足{SMALL}件的年份未计入", f"years of under {SMALL} cases are left out"),
    "few": (
        f"有一年不足{SMALL}件，只列数字，不作评价",
        f"under {SMALL} cases in one of the years: figures only, no judgement",
    ),
    "few_years": (
        f"{SMALL}件以上的年份不足{YEARS}个，不作检验",
        f"fewer than {YEARS} years of {SMALL} cases or more: not tested",
    ),
    "output": (
        "机关自己的产出（办结、发文、处罚等）、存量和金额不是随机到来的事件，两年之间不作检验",
        "what an office puts out (decisions, documents, penalties), a stock or a sum of money is not brought by chance: two years "
        "are not tested against each other",
    ),
    "gap": ("两年之间缺报告", "the years between have no report"),
    "same": ("各年相同，没有可检验的", "the same in every year: nothing to test"),
}


def trends_of(counts: pd.DataFrame, rates: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """The table ``trends`` of one unit, from the tables of all its years."""
    if documents.empty:
        return frames.frame("trends", [])
    unit = documents["unit"].iloc[0]
    rows = [row for line in lines(counts, rates, documents) for row in _rows(unit, line)]
    tested = [row for row in rows if row["verdict"] == "none" and row["test"]]
    for row, q in zip(tested, adjusted([row["p"] for row in tested]), strict=True):
        row["adjusted"] = float(q)
        if q <= ALPHA and row["change"]:
            row["verdict"] = "rise" if row["change"] > 0 else "fall"
    return frames.frame("trends", rows)


def _rows(unit: str, line: Line) -> Iterator[dict]:
    for before, after in pairwise(line.points):
        if not before.note == after.note == "none":  # what neither form has is not missing
            yield _adjacent(unit, line, before, after)
    for run in line.runs():
        sound = [p for p in run if not p.note]
        many = [p for p in sound if not line.small(p)]
        notes = ["left_out"] * (len(sound) < len(run))
        if len(many) >= YEARS:
            yield _series(unit, line, many, [*notes, *["left_out_few"] * (len(many) < len(sound))])
        elif len(sound) >= YEARS:
            yield _row(unit, line, "series", sound, verdict="few", notes=[*notes, "few_years"])


def _row(unit: str, line: Line, span: str, run: Sequence[Point], **found: object) -> dict:
    first, last = run[0], run[-1]
    crossed = breaks(first.form, last.form)
    notes: Iterable[str] = found.pop("notes", ())
    told = [_NOTES[n] for n in notes]
    if found.get("verdict") == "break":
        entry = crosswalk()[line.crossing]
        told.append((f"格式改变，不可比：{entry.zh}", f"the form changed, not comparable: {entry.en}"))
    return {
        "key": f"{unit}/{last.year}/trend/{line.subject}/{first.year}-{last.year}"
        + ("/series" if span == "series" else ""),
        "unit": unit,
        "year": last.year,
        "subject": line.subject,
        "kind": line.kind,
        "span": span,
        "first": first.year,
        "last": last.year,
        "n_years": len(run),
        "breaks": " ".join(crossed),
        "value_first": first.value,
        "value_last": last.value,
        **dict.fromkeys(("change", "low", "high", "tau", "p", "adjusted"), math.nan),
        "unit_of_measure": _measure(line) + ("/年" if span == "series" else ""),
        "test": "",
        "verdict": "untested",
        "source_first": first.source,
        "source_last": last.source,
        **found,
        "note_zh": "；".join(zh for zh, _ in told),
        "note_en": "; ".join(en for _, en in told),
    }


def _measure(line: Line) -> str:
    """What a change is counted in."""
    if line.kind == "rate":
        return "百分点"
    unit: Mapping[str, str] = series()[line.subject].unit or {"zh": "件"}
    return unit["zh"]


def _moved(line: Line, found: Difference | Slope) -> dict[str, float]:
    """A change with its interval and p; that of a rate in percentage points."""
    scale = 100.0 if line.kind == "rate" else 1.0
    return {"change": scale * found.size, "low": scale * found.low, "high": scale * found.high, "p": found.p}


def _adjacent(unit: str, line: Line, before: Point, after: Point) -> dict:
    run = (before, after)
    known = not any(math.isnan(p.value) for p in run)
    if known and comparable(line.crossing, before.form, after.form) != "yes":
        return _row(unit, line, "adjacent", run, verdict="break")
    if why := [p.note for p in run if p.note]:
        return _row(unit, line, "adjacent", run, notes=dict.fromkeys(why))
    if _rescoped(before, after):
        return _row(unit, line, "adjacent", run, notes=["scope"])
    size = after.value - before.value
    change = 100 * size if line.kind == "rate" else size
    notes = ["gap"] if after.year > before.year + 1 else []
    few = line.small(before) or line.small(after)
    if size == 0 and (line.kind == "count" or after.value in (0.0, 1.0)):
        verdict, why_ = ("few", "few") if few else ("none", "same")
        return _row(unit, line, "adjacent", run, change=0.0, verdict=verdict, notes=[*notes, why_])
    if line.kind == "count" and not series()[line.subject].events:
        return _row(unit, line, "adjacent", run, change=change, notes=[*notes, "output"])
    if line.kind == "rate" and indicators()[line.subject].mirrors:
        return _row(unit, line, "adjacent", run, change=change, notes=[*notes, "mirror"])
    pairs = [(p.numerator, p.denominator) for p in run]
    of_cases = line.kind == "rate" and indicators()[line.subject].kind == "share"
    found = shares_differ(*pairs) if of_cases else rates_differ(*pairs)
    return _row(
        unit,
        line,
        "adjacent",
        run,
        **_moved(line, found),
        test=found.test,
        verdict="few" if few else "none",
        notes=[*notes, "few"] if few else notes,
    )


def _series(unit: str, line: Line, run: Sequence[Point], notes: list[str]) -> dict:
    notes = notes + ["gap"] * (not notes and run[-1].year - run[0].year >= len(run))
    if len({p.value for p in run}) == 1:
        return _row(unit, line, "series", run, change=0.0, verdict="none", notes=[*notes, "same"])
    if line.kind == "rate" and indicators()[line.subject].mirrors:
        return _row(unit, line, "series", run, notes=[*notes, "mirror"])
    found = slope([p.year for p in run], [p.value for p in run])
    return _row(
        unit,
        line,
        "series",
        run,
        **_moved(line, found),
        test="mann-kendall",
        tau=found.tau,
        verdict="none",
        notes=notes,
    )
