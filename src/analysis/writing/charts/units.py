"""What many units look like beside each other in one period.

In: the tables ``aggregates`` and ``comparison`` of one group. Out: ``Chart``. Units with few cases are drawn hollow and never named
as standing out; those whose report contradicts itself are crossed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import frames
from analysis.figures import number, percent
from analysis.measuring import SMALL, headlines, indicators, limits
from analysis.measuring.comparison import COVERAGE, INNER
from analysis.writing import style
from analysis.writing.charts.canvas import Chart, apart, joined, names, nothing, panels, round_numbers, rules
from analysis.writing.charts.years import MIX, stacked
from analysis.writing.labels import label

# At most so many units are drawn as bars: the largest.
_BARS = 30
# Units are all named where they are so few.
_ALL = 6


# A share ends at one: what a contradictory report has beyond is drawn at the end of the axis.
_TOP = 1.06


def funnel(
    aggregates: pd.DataFrame,
    comparison: pd.DataFrame,
    chosen: Sequence[str],
    language: str,
) -> Chart:
    """Each rate against the number of cases it rests on, one panel an indicator: the group's rate in the middle, the
    limits between which units with that rate lie."""
    table = _crossed(comparison[comparison["indicator"].isin(chosen) & comparison["value"].notna()])
    table = table[
        [
            "indicator",
            "unit",
            "numerator",
            "denominator",
            "value",
            "centre",
            "limit_low",
            "limit_high",
            "small",
            "outside",
            "broken",
        ]
    ]
    together = aggregates.set_index("indicator")
    shown = [c for c in chosen if c in set(table["indicator"])]
    if not shown:
        return nothing("funnel", table, language)
    title = {
        "zh": "各单位的比率与件数（空心：不足30件）",
        "en": "Rate and number of cases of each unit (hollow: under 30 cases)",
    }[language]
    judged = together.loc[shown, "phi"].notna().any()
    caption = {
        "zh": "横线：合计；灰带：95%与99.8%界限，已按单位间固有差异放宽；橙色菱形：界外且经多重检验校正后仍成立",
        "en": "line: all units together; grey: 95% and 99.8% limits, widened by how much units differ anyway; "
        "orange diamond: outside, all comparisons allowed for",
    }[language]
    few = {
        "zh": "横线：合计；可比单位太少或一家独大，不画界限",
        "en": "line: all units together; too few units for limits, or one that outweighs the others",
    }[language]
    across = 1 if len(shown) == 1 else 2
    shares = [code for code in shown if indicators()[code].kind == "share"]
    over = table["indicator"].isin(shares) & (table["value"] > _TOP)
    caption = _with_cross(caption if judged else few, table, language)
    caption = joined(
        [caption, label("beyond", language) if over.any() else "", label("cases_axis", language)], language
    )
    figure, axes = panels(len(shown), across, 3.4 if across == 1 else 2.3, title, caption)
    for at, indicator in zip(axes, shown, strict=True):
        _funnel(at, table[table["indicator"] == indicator], together.loc[indicator], indicator, language)
    out = table[table["outside"] != ""]
    said = "; ".join(
        f"{indicators()[r.indicator].name(language)} {r.unit} {percent(r.value, 1)} {label(r.outside, language)}"
        for r in frames.tuples(out)
    ) or label("nobody_outside", language)
    means = "; ".join(
        f"{indicators()[c].name(language)} {percent(together.loc[c, 'value'], 1)}" for c in shown
    )
    return Chart("funnel", title, figure, table, f"{title}: {label('together', language)} {means}. {said}")


def _funnel(at, table: pd.DataFrame, together: pd.Series, indicator: str, language: str) -> None:
    centre, phi = together["value"], together["phi"]
    of_cases = indicators()[indicator].kind == "share"
    most = max(float(table["denominator"].max()), 2.0 * SMALL)
    if not math.isnan(phi):
        sizes = np.unique(np.geomspace(1, most * 1.6, 300).round())
        for coverage, shade in ((COVERAGE, "#eef1f4"), (INNER, "#dde2e7")):
            low, high = limits(sizes, centre, coverage, phi, of_cases)
            at.fill_between(sizes, low, high, color=shade, lw=0, zorder=0)
    if not math.isnan(centre):
        at.axhline(centre, color=style.INK, lw=1, zorder=1)
        at.annotate(
            percent(centre, 1),
            (1, centre),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    out = table["outside"] != ""
    top = max(float(table["value"].max()) * 1.12, centre * 1.3 if centre > 0 else 0.02)
    top = min(top, _TOP) if of_cases else top
    drawn = table.assign(at=table["value"].clip(upper=top))
    _points(at, table["denominator"], drawn["at"], table, table["value"] > top, "^")
    named = drawn if len(table) <= _ALL else drawn[out]
    ordered = named.sort_values("at")
    places = apart(list(ordered["at"]), top * 0.085, top)
    for r, y in zip(frames.tuples(ordered), places, strict=True):
        at.annotate(
            r.unit,
            (r.denominator, r.at),
            xytext=(r.denominator / 1.3, y),
            textcoords="data",
            ha="right",
            va="center",
            fontsize=7.5,
            arrowprops={"arrowstyle": "-", "color": style.FAINT, "lw": 0.7, "shrinkA": 0, "shrinkB": 3},
        )
    at.set_xscale("log")
    at.set(xlim=(0.9, most * 1.6), ylim=(-0.03 * top, top * 1.04))
    at.set(xticks=[], yticks=[])
    at.minorticks_off()
    powers = [10**n for n in range(1 + int(math.log10(most * 1.6)))]
    names(at, powers, map(number, powers), 8, "bottom")
    shares = round_numbers(0, top, 5)
    names(at, shares, [percent(x, 0 if top > 0.1 else 1) for x in shares], 8)
    rules(at, across=shares)
    at.set_title(indicators()[indicator].name(language), fontsize=9, pad=4)


def _crossed(comparison: pd.DataFrame) -> pd.DataFrame:
    """With the column ``broken``: whether the unit is left out since its figures do not add up."""
    return comparison.assign(broken=["broken" in why.split() for why in comparison["left_out"]])


def _with_cross(caption: str, table: pd.DataFrame, language: str) -> str:
    return joined([caption, label("crossed", language) if table["broken"].any() else ""], language)


def _points(
    axes: Axes, x: pd.Series, y: Sequence[float], of: pd.DataFrame, over: Sequence[bool], beyond: str
) -> None:
    """Units as points: hollow where they rest on few cases, diamonds outside the limits, triangles where the value is ``over``
    the end of the axis, crosses where the report contradicts itself, over the triangle where it is both."""
    x, y, off, over = (np.asarray(each) for each in (x, y, of["broken"].astype(bool), over))
    out = (of["outside"] != "").to_numpy() & ~off
    colour = np.where(out, style.ALARM, style.ACCENT)
    face = np.where(of["small"], style.PAPER, colour)
    for mark, rows in (("o", ~(out | over | off)), ("D", out & ~over), (beyond, over)):
        edge = {"c": face[rows], "edgecolors": colour[rows], "marker": mark, "s": 22, "linewidths": 1}
        if rows.any():
            axes.scatter(x[rows], y[rows], alpha=0.9, zorder=3, **edge)
    if off.any():
        axes.scatter(x[off], y[off], s=24, c=style.ALARM, marker="x", linewidths=1.2, zorder=3)


def outcomes_of_units(rates: pd.DataFrame, aggregates: pd.DataFrame, language: str) -> Chart:
    """How the units settled their applications, as parts of the whole: all together first, then the largest."""
    wanted = rates[rates["indicator"].isin(MIX.values()) & rates["value"].notna() & ~rates["broken"]]
    wide = (
        wanted.pivot(index="unit", columns="indicator", values="numerator")
        .reindex(columns=list(MIX.values()))
        .dropna()
    )
    whole = wanted.groupby("unit")["denominator"].first()
    sums = aggregates.set_index("indicator")
    every = label("together", language)
    rows = []
    total = sums["denominator"].get(MIX["granted"], math.nan)
    if len(wide) and set(MIX.values()) <= set(sums.index) and total > 0:
        rows += [(every, g, sums.loc[c, "numerator"], total) for g, c in MIX.items()]
    largest = whole.loc[wide.index].sort_values(ascending=False, kind="stable").index[:_BARS]
    rows += [(u, g, wide.loc[u, c], whole[u]) for u in largest for g, c in MIX.items()]
    table = pd.DataFrame(rows, columns=["unit", "group", "count", "decisions"])
    table.insert(2, "label", [label(f"outcome_{g}", language) for g in table["group"]])
    table["share"] = table["count"] / table["decisions"]
    if table.empty:
        return nothing("outcomes_of_units", table, language)
    title = {"zh": "各单位的申请怎样办结", "en": "How the units settled their applications"}[language]
    left = len(wide) - len(largest)
    off = rates.loc[rates["indicator"].isin(MIX.values()) & rates["broken"], "unit"].nunique()
    told = {
        "zh": (f"另有{left}个件数较少的单位未画", f"{off}个单位的数字合不上，未画"),
        "en": (f"smaller units not drawn: {left}", f"not drawn, since they do not add up: {off}"),
    }[language]
    caption = joined((t for t, n in zip(told, (left, off), strict=True) if n), language)
    shown = list(dict.fromkeys(table["unit"]))
    figure, (axes,) = panels(1, 1, 0.34 * len(shown) + 0.9, title, caption)
    stacked(axes, {u: table[table["unit"] == u] for u in shown}, language)
    listed = "; ".join(
        f"{u} " + ", ".join(f"{r.label} {percent(r.share, 1)}" for r in frames.tuples(of) if r.count)
        for u, of in table.groupby("unit", sort=False)
    )
    return Chart("outcomes_of_units", title, figure, table, f"{title}: {listed}")


def spread(comparison: pd.DataFrame, aggregates: pd.DataFrame, language: str) -> Chart:
    """Where the units lie on each headline rate: one strip an indicator, the group's rate as a line."""
    headline = [c for c in dict.fromkeys(comparison["indicator"]) if c in headlines()]
    table = _crossed(comparison[comparison["indicator"].isin(headline) & comparison["value"].notna()])
    table = table.assign(label=[indicators()[c].name(language) for c in table["indicator"]])[
        ["indicator", "label", "unit", "value", "denominator", "small", "centre", "outside", "broken"]
    ]
    if table.empty:
        return nothing("spread", table, language)
    title = {
        "zh": "各单位在主要比率上的分布（空心：不足30件）",
        "en": "Where the units lie on the main rates (hollow: under 30 cases)",
    }[language]
    shown = list(dict.fromkeys(table["indicator"]))[::-1]
    caption = _with_cross(label("spread_caption", language), table, language)
    figure, (axes,) = panels(1, 1, 0.44 * len(shown) + 0.6, title, caption)
    for y, indicator in enumerate(shown):
        rows = table[table["indicator"] == indicator].sort_values("unit", kind="stable")
        # Units of the same value lie over each other: a step up and down, by place in the list, parts them.
        step = 0.07 * ((np.arange(len(rows)) % 5) - 2)
        _points(axes, rows["value"].clip(upper=1), y + step, rows, rows["value"] > 1, ">")
        centre = rows["centre"].iloc[0]
        if centre <= 1:
            axes.plot([centre, centre], [y - 0.36, y + 0.36], color=style.INK, lw=1.6, zorder=2)
        axes.text(1.03, y, percent(centre, 1) if not math.isnan(centre) else "—", va="center", fontsize=9)
    names(axes, range(len(shown)), [indicators()[c].name(language) for c in shown])
    axes.set(xlim=(-0.02, 1.14), ylim=(-0.6, len(shown) - 0.4))
    names(axes, round_numbers(0, 1), [percent(x, 0) for x in round_numbers(0, 1)], side="bottom")
    rules(axes, down=round_numbers(0, 1))
    listed = "; ".join(
        f"{rows['label'].iloc[0]} {percent(rows['value'].min(), 1)}–{percent(rows['value'].max(), 1)}"
        for _, rows in table.groupby("indicator", sort=False)
    )
    return Chart("spread", title, figure, table, f"{title}: {listed}")
