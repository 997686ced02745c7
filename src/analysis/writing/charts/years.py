"""What one unit's figures look like over its years.

In: ``Line``s (measuring/trends.py) and the table ``trends``. Out: ``Chart``. A line joins only years that may be compared; where
the form changed, every panel shows it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.collections import PatchCollection
from matplotlib.markers import TICKDOWN
from matplotlib.patches import Rectangle

from analysis import frames
from analysis.figures import number, percent
from analysis.measuring import Line, headlines, indicators, wilson
from analysis.problems import categories
from analysis.templates import forms, series
from analysis.writing import style
from analysis.writing.charts.canvas import (
    Chart,
    joined,
    names,
    nothing,
    panels,
    round_numbers,
    rules,
)
from analysis.writing.labels import label

# The quantities that are drawn: what comes in, what goes out, what is left, what is disputed.
COUNTS = ("received", "decisions", "carried_out", "reviews", "lawsuits")
# The outcomes of one hundred applications, and the indicators that count them.
MIX = {
    "granted": "full_grant_rate",
    "partly_granted": "partial_grant_rate",
    "denied": "refusal_rate",
    "unavailable": "unavailable_rate",
    "unprocessed": "unprocessed_rate",
    "other": "otherwise_rate",
}


def name(subject: str, language: str) -> str:
    """What a quantity or an indicator is called."""
    if subject in series():
        return series()[subject].name[language]
    return indicators()[subject].name(language)


def _points(lines: Sequence[Line], language: str) -> pd.DataFrame:
    rows = []
    for line in lines:
        for run, points in enumerate(line.runs(), 1):
            for p in points:
                share = line.kind == "rate" and 0 <= p.numerator <= p.denominator
                low, high = wilson(p.numerator, p.denominator) if share else (math.nan, math.nan)
                rows.append(
                    {
                        "subject": line.subject,
                        "label": name(line.subject, language),
                        "year": p.year,
                        "form": p.form,
                        "run": run,
                        "value": p.value,
                        "numerator": p.numerator,
                        "denominator": p.denominator,
                        "low": low,
                        "high": high,
                        "small": line.small(p),
                        "broken": p.note == "broken",
                    }
                )
    columns = [
        "subject",
        "label",
        "year",
        "form",
        "run",
        "value",
        "numerator",
        "denominator",
        "low",
        "high",
        "small",
        "broken",
    ]
    return pd.DataFrame(rows, columns=columns)


def _forms(of: Mapping[int, str]) -> list[tuple[float, str]]:
    """Where the form changed: between which years, and the form that began."""
    years = sorted(of)
    return [
        ((one + other) / 2, of[other])
        for one, other in zip(years, years[1:], strict=False)
        if of[one] != of[other]
    ]


def _breaks(axes, of: Mapping[int, str]) -> None:
    for at, _ in _forms(of):
        axes.axvline(at, color=style.FAINT, lw=1, ls=(0, (2, 2)), zorder=0)


def _years(axes, of: Mapping[int, str]) -> None:
    """The years that have a report, two digits each where they are many."""
    years = sorted(of)
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    shown = years if len(years) < 6 else [y for y in years if y in (years[0], years[-1]) or not y % 5]
    names(axes, shown, map(str, shown), 8, "bottom")
    within = axes.get_xaxis_transform()
    axes.plot(
        years,
        [0] * len(years),
        ls="",
        marker=TICKDOWN,
        ms=3,
        color=style.FAINT,
        transform=within,
        clip_on=False,
    )


def _drawn(axes, table: pd.DataFrame) -> None:
    """Points, hollow where they rest on few cases, crossed where the report contradicts itself, joined within each run;
    dotted over years that are left out."""
    for _, run in table[~table["broken"]].groupby("run"):
        at, value = run["year"].to_numpy(), run["value"].to_numpy()
        for i in range(len(run) - 1):
            apart = at[i + 1] > at[i] + 1
            line = ":" if apart else "-"
            axes.plot(at[i : i + 2], value[i : i + 2], color=style.ACCENT, lw=1.6, ls=line, zorder=2)
    sound, off = table[~table["broken"]], table[table["broken"]]
    axes.vlines(sound["year"], sound["low"], sound["high"], color=style.ACCENT, lw=1.1, alpha=0.55, zorder=1)
    face = [style.PAPER if small else style.ACCENT for small in sound["small"]]
    axes.scatter(
        sound["year"], sound["value"], s=20, c=face, edgecolors=style.ACCENT, linewidths=1.1, zorder=3
    )
    axes.scatter(off["year"], off["value"], s=24, c=style.ALARM, marker="x", linewidths=1.2, zorder=3)


def _verdict(trends: pd.DataFrame, subject: str, language: str) -> str:
    """What the test says of the last change, in a word."""
    of = trends[(trends["subject"] == subject) & (trends["span"] == "adjacent")]
    if of.empty:
        return ""
    last = of.loc[of["last"].idxmax()]
    return f"{last['first']}→{last['last']} {label('verdict_' + last['verdict'], language)}"


def _caption(of: Mapping[int, str], language: str, broken: bool = False) -> str:
    """What the dashed lines are, and the crosses."""
    changed = _forms(of)
    cross = label("crossed", language) if broken else ""
    if not changed:
        return cross
    listed = "、".join(forms()[code].zh for _, code in changed)
    if language == "en":
        listed = ", ".join(forms()[code].en for _, code in changed)
    words = {"zh": f"虚线：格式改变（{listed}）", "en": f"dashed: the form changed ({listed})"}[language]
    return joined([words, cross], language)


def _listed(table: pd.DataFrame, told: Callable[[float], str]) -> str:
    """Every panel's points in words."""
    return "; ".join(
        f"{rows['label'].iloc[0]} " + ", ".join(f"{r.year} {told(r.value)}" for r in frames.tuples(rows))
        for _, rows in table.groupby("subject", sort=False)
    )


def counts_over_years(
    lines: Sequence[Line], trends: pd.DataFrame, of: Mapping[int, str], language: str
) -> Chart:
    """Applications, reviews and lawsuits, year by year: one panel each (``of``: the form of each year)."""
    chosen = sorted(
        (line for line in lines if line.subject in COUNTS), key=lambda line: COUNTS.index(line.subject)
    )
    table = _points(chosen, language).drop(columns=["numerator", "denominator", "low", "high", "small"])
    if table.empty:
        return nothing("counts_over_years", table, language)
    title = {"zh": "件数逐年怎么变", "en": "How the numbers changed over the years"}[language]
    shown = [line.subject for line in chosen if line.subject in set(table["subject"])]
    figure, axes = panels(len(shown), 1, 1.25, title, _caption(of, language, bool(table["broken"].any())))
    for at, subject in zip(axes, shown, strict=True):
        rows = table[table["subject"] == subject].assign(low=math.nan, high=math.nan, small=False)
        _drawn(at, rows)
        _breaks(at, of)
        _years(at, of)
        top = rows["value"].max() or 1
        for r in frames.tuples(rows):
            at.annotate(
                number(r.value),
                (r.year, r.value),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        at.set_ylim(-0.08 * top, 1.35 * top)
        at.set_title(f"{rows['label'].iloc[0]}  {_verdict(trends, subject, language)}", fontsize=9, pad=4)
    listed = _listed(table, number)
    return Chart("counts_over_years", title, figure, table, f"{title}: {listed}")


def rates_over_years(
    lines: Sequence[Line], trends: pd.DataFrame, of: Mapping[int, str], language: str
) -> Chart:
    """The headline rates with Wilson's intervals, one panel each."""
    chosen = [line for line in lines if line.subject in headlines()]
    table = _points(chosen, language)
    if table.empty:
        return nothing("rates_over_years", table, language)
    title = {
        "zh": "主要比率逐年与95%区间（空心：不足30件）",
        "en": "Main rates over the years with 95% intervals (hollow: under 30 cases)",
    }[language]
    shown = list(dict.fromkeys(table["subject"]))
    of = {year: form for year, form in of.items() if year >= table["year"].min()}
    figure, axes = panels(len(shown), 2, 1.8, title, _caption(of, language, bool(table["broken"].any())))
    for at, subject in zip(axes, shown, strict=False):
        rows = table[table["subject"] == subject]
        _drawn(at, rows)
        _breaks(at, of)
        _years(at, of)
        at.set_xlim(right=max(of) + 0.18 * (max(of) - min(of) + 2))  # room for the last value
        # Two heights of axis only, so that panels can be compared at a glance.
        most = np.nanmax([rows["high"].max(), rows["value"].max()])
        top = 0.25 if most <= 0.25 else 1.0 if most <= 1 else most * 1.1
        at.set_ylim(-0.04 * top, 1.08 * top)
        halves = [0, top / 2, top]
        names(at, halves, [percent(x, 0 if x * 100 % 1 < 1e-9 else 1) for x in halves], 8)
        rules(at, across=halves)
        last = rows.iloc[-1]
        at.annotate(
            percent(last["value"], 1),
            (last["year"], last["value"]),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
        at.set_title(
            f"{rows['label'].iloc[0]}\n{_verdict(trends, subject, language)}",
            fontsize=8.5,
            pad=6,
            linespacing=1.4,
        )
    listed = _listed(table, lambda value: percent(value, 1))
    return Chart("rates_over_years", title, figure, table, f"{title}: {listed}")


def outcomes_over_years(rates: pd.DataFrame, of: Mapping[int, str], language: str) -> Chart:
    """How each year's applications were settled, as parts of the whole."""
    wanted = rates[rates["indicator"].isin(MIX.values()) & rates["value"].notna() & ~rates["broken"]]
    wide = wanted.pivot(index="year", columns="indicator", values="numerator")
    whole = wanted.groupby("year")["denominator"].first()
    wide = wide.reindex(columns=list(MIX.values())).dropna()
    table = pd.DataFrame(
        [
            (
                year,
                group,
                label(f"outcome_{group}", language),
                row[code],
                whole[year],
                row[code] / whole[year],
            )
            for year, row in wide.iterrows()
            for group, code in MIX.items()
        ],
        columns=["year", "group", "label", "count", "decisions", "share"],
    )
    if table.empty:
        return nothing("outcomes_over_years", table, language)
    title = {"zh": "逐年的申请怎样办结", "en": "How each year's applications were settled"}[language]
    years = list(dict.fromkeys(table["year"]))
    figure, (axes,) = panels(
        1, 1, 0.42 * len(years) + 0.9, title, _caption({y: of[y] for y in years}, language)
    )
    stacked(axes, {str(y): table[table["year"] == y] for y in years}, language)
    for at, _ in _forms({i: of[y] for i, y in enumerate(years)}):
        axes.axhline(at, color=style.FAINT, lw=1, ls=(0, (2, 2)))
    listed = "; ".join(
        f"{y} " + ", ".join(f"{r.label} {percent(r.share, 1)}" for r in frames.tuples(rows) if r.count)
        for y, rows in table.groupby("year")
    )
    return Chart("outcomes_over_years", title, figure, table, f"{title}: {listed}")


def problems_over_years(items: pd.DataFrame, unit: str, language: str) -> Chart:
    """Which kinds of problems each report names: filled where one is, a ring where only a measure is about it."""
    rows = [(i.year, c, i.kind) for i in frames.tuples(items) for c in i.categories.split()[:1]]
    seen = pd.DataFrame(rows, columns=["year", "category", "kind"])
    counted = seen.groupby(["category", "year", "kind"]).size().unstack("kind", fill_value=0)
    counted = counted.reindex(columns=["problem", "measure"], fill_value=0).reset_index()
    order = sorted(set(counted["category"]), key=lambda c: int(c[1:]))
    table = counted.assign(label=[categories()[c].in_(language) for c in counted["category"]])[
        ["category", "label", "year", "problem", "measure"]
    ]
    if table.empty:
        return nothing("problems_over_years", table, language)
    title = {
        "zh": f"{unit}：历年第五部分说了哪类问题（实心：问题；空心：只有措施）",
        "en": f"{unit}: kinds of problems in each report (filled: a problem; ring: a measure only)",
    }[language]
    years = sorted(set(items["year"]))
    figure, (axes,) = panels(1, 1, 0.34 * len(order) + 0.7, title, "")
    for filled in (False, True):
        of = table[(table["problem"] > 0) == filled]
        axes.scatter(
            [years.index(y) for y in of["year"]],
            [order.index(c) for c in of["category"]],
            s=60,
            c=style.ACCENT if filled else style.PAPER,
            edgecolors=style.ACCENT,
            linewidths=1.3,
            zorder=3,
        )
    rows, columns = range(len(order)), range(len(years))
    names(axes, rows, [categories()[c].in_(language) for c in order], 9)
    names(axes, columns, map(str, years), 8.5, "bottom")
    rules(axes, across=rows, down=columns)
    axes.set(xlim=(-0.6, len(years) - 0.4), ylim=(len(order) - 0.4, -0.6))
    named = table[table["problem"] > 0]
    listed = "; ".join(
        f"{rows['label'].iloc[0]} {', '.join(map(str, rows['year']))}"
        for _, rows in named.groupby("category", sort=False)
    )
    return Chart("problems_over_years", title, figure, table, f"{title}: {listed}")


def stacked(axes, bars: Mapping[str, pd.DataFrame], language: str) -> None:
    """Parts of a whole, one bar a name; the parts of the first bar are labelled directly, those of all with their
    share where it fits. The number of cases stands at the end."""
    blocks, colours = [], []
    for y, rows in enumerate(bars.values()):
        left = 0.0
        for r in frames.tuples(rows):
            blocks.append(Rectangle((left, y - 0.36), r.share, 0.72))
            colours.append(style.OUTCOMES[r.group])
            if r.share >= 0.06:
                dark = r.group in style.DARK
                axes.text(
                    left + r.share / 2,
                    y,
                    percent(r.share, 0),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=style.PAPER if dark else style.INK,
                )
            left += r.share
        axes.text(
            1.01, y, f"{number(rows['decisions'].iloc[0])}{label('cases', language)}", va="center", fontsize=8
        )
    drawn = PatchCollection(blocks, facecolor=colours, edgecolor=style.PAPER, linewidth=1)
    axes.add_collection(drawn, autolim=False)
    axes.set(xlim=(0, 1.1), ylim=(len(bars) - 0.4, -1.15))
    names(axes, range(len(bars)), bars, 9)
    axes.spines[:].set_visible(False)
    # One row of names over the bars, each behind a square of its colour.
    groups = next(iter(bars.values()))
    at = 0.0
    for r in frames.tuples(groups):
        axes.scatter([at + 0.012], [-0.85], s=46, marker="s", color=style.OUTCOMES[r.group], clip_on=False)
        axes.text(at + 0.03, -0.85, r.label, va="center", fontsize=8.5)
        at += 1.1 / len(groups)


def changes(trends: pd.DataFrame, language: str) -> Chart:
    """The last change of every headline rate, in percentage points with its interval; filled where the test supports
    it."""
    of = trends[(trends["kind"] == "rate") & (trends["span"] == "adjacent") & trends["low"].notna()]
    of = of[of["subject"].isin(headlines())]
    of = of[of["last"] == of["last"].max()]
    table = of.assign(label=[name(s, language) for s in of["subject"]])[
        [
            "subject",
            "label",
            "first",
            "last",
            "value_first",
            "value_last",
            "change",
            "low",
            "high",
            "adjusted",
            "verdict",
        ]
    ].iloc[::-1]
    if table.empty:
        return nothing("changes", table, language)
    first, last = table["first"].iloc[0], table["last"].iloc[0]
    title = {
        "zh": f"{first}年到{last}年，哪些变化站得住（百分点与95%区间）",
        "en": f"Which changes from {first} to {last} are supported (percentage points, 95% intervals)",
    }[language]
    figure, (axes,) = panels(1, 1, 0.36 * len(table) + 0.6, title, "")
    y = np.arange(len(table))
    axes.axvline(0, color=style.FAINT, lw=1)
    axes.hlines(y, table["low"], table["high"], color=style.ACCENT, lw=2)
    sure = table["verdict"].isin(["rise", "fall"])
    axes.scatter(
        table["change"],
        y,
        s=46,
        c=[style.ACCENT if s else style.PAPER for s in sure],
        edgecolors=style.ACCENT,
        linewidths=1.5,
        zorder=3,
    )
    edge = max(table["high"].abs().max(), table["low"].abs().max())
    for at, row in zip(y, frames.tuples(table), strict=True):
        words = f"{percent(row.value_first, 1)} → {percent(row.value_last, 1)}  {label('verdict_' + row.verdict, language)}"
        axes.text(edge * 1.08, at, words, va="center", fontsize=9)
    names(axes, y, table["label"])
    axes.set(xlim=(-edge * 1.05, edge * 2.3), ylim=(-0.6, len(table) - 0.4))
    points = round_numbers(-edge, edge, 7)
    names(axes, points, [f"{x:g}" for x in points], side="bottom")
    rules(axes, down=points)
    listed = "; ".join(
        f"{r.label} {r.change:+.1f} ({r.low:+.1f}–{r.high:+.1f}) {label('verdict_' + r.verdict, language)}"
        for r in frames.tuples(table[::-1])
    )
    return Chart("changes", title, figure, table, f"{title}: {listed}")
