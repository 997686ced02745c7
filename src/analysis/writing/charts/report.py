"""What the figures of one report look like.

In: a ``Report`` and the tables made from it. Out: ``Chart``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle, Wedge

from analysis import frames
from analysis.cells import Cells
from analysis.checking import agrees
from analysis.figures import number, percent
from analysis.measuring import headlines, indicators, wilson
from analysis.reading import Report
from analysis.templates import Cell, concepts
from analysis.writing import style
from analysis.writing.charts.canvas import Chart, apart, canvas, names, nothing, round_numbers, rules, width
from analysis.writing.labels import label


def _named(report: Report, cell: Cell, language: str) -> str:
    return report.form.tables[cell.table].rows[cell.row].in_(language)


def _value(cells: Cells, cell: Cell) -> float:
    low, high = cells.sum([cell])
    return low if low == high else math.nan


def outcomes(report: Report, language: str) -> Chart:
    """How the applications on hand were settled: what came in, how it ended, on which ground."""
    cells = report.cells
    table = report.form.tables.get("applications")
    if table is None:
        return nothing("outcomes", pd.DataFrame(), language)
    stages: list[tuple[int, str, str, str, float]] = []

    def add(stage: int, group: str, rows: list[str]) -> None:
        for row in rows:
            value = _value(cells, Cell("applications", row, "total"))
            if value:
                stages.append((stage, group, row, table.rows[row].in_(language), value))

    add(0, "received", ["received"])
    add(0, "carried_in", ["carried_in"])
    for group in (
        "granted",
        "partly_granted",
        "denied",
        "unavailable",
        "unprocessed",
        "other",
        "carried_out",
    ):
        add(2, group, list(table.expand(group)))
    plotted = pd.DataFrame(stages, columns=["stage", "group", "row", "label", "count"])
    details = plotted[plotted["stage"] == 2]
    groups = details.groupby("group", sort=False)["count"].sum()
    on_hand = plotted.loc[plotted["stage"] == 0, "count"].sum()
    if plotted["count"].isna().any() or not on_hand:
        return nothing("outcomes", plotted, language)

    def group_name(group: str) -> str:
        entry = table.groups.get(group) or table.rows[group]
        return entry.in_(language)

    title = {
        "zh": f"{number(on_hand)}件申请去了哪里",
        "en": f"What became of {number(on_hand)} applications",
    }[language]
    figure, axes = canvas(5.6, title)
    # A report that contradicts itself may settle more than it had.
    high = max(on_hand, groups.sum())
    _stack(axes, 0, plotted[plotted["stage"] == 0], high, style.OUTCOMES, label_in=True)
    as_groups = pd.DataFrame(
        {"group": groups.index, "label": [group_name(g) for g in groups.index], "count": groups.values}
    )
    _stack(axes, 1, as_groups, high, style.OUTCOMES, label_in=True)
    _stack(axes, 2, details, high, style.OUTCOMES, label_in=False)
    axes.set(xlim=(-0.02, 4.4), ylim=(high * 1.02, -high * 0.02))
    heads = [label(h, language) for h in ("received_head", "outcome_head", "detail_head")]
    names(axes, [0.4, 0.4 + _STEP, 0.4 + 2 * _STEP], heads, side="top")
    axes.spines[:].set_visible(False)
    shares = "；" if language == "zh" else "; "
    listed = shares.join(
        f"{group_name(g)} {number(n)} ({percent(n / on_hand, 1)})" for g, n in groups.items()
    )
    return Chart(
        "outcomes", title, figure, plotted.assign(share=plotted["count"] / on_hand), f"{title}: {listed}"
    )


# Columns of blocks are 0.8 wide and stand this far apart.
_STEP = 1.3


def _stack(axes, column: int, parts: pd.DataFrame, whole: float, colours: Mapping, *, label_in: bool) -> None:
    """One column of blocks as high as their counts, labelled inside, or to the right if thin."""
    column, top, outside = column * _STEP, 0.0, []
    for part in frames.tuples(parts):
        block = (column, top), 0.8, part.count
        axes.add_artist(Rectangle(*block, facecolor=colours[part.group], edgecolor="white", lw=1.2))
        middle = top + part.count / 2
        words = f"{part.label} {number(part.count)}"
        if label_in and part.count / whole > 0.03:
            dark = part.group in style.DARK
            axes.text(
                column + 0.4,
                middle,
                words,
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else style.INK,
            )
        elif label_in:
            axes.text(column + 0.83, middle, words, ha="left", va="center", fontsize=8)
        else:
            outside.append((middle, words))
        top += part.count
    places = apart([m for m, _ in outside], whole * 0.05, whole)
    for (middle, words), place in zip(outside, places, strict=True):
        axes.plot([column + 0.81, column + 0.92], [middle, place], color=style.FAINT, lw=0.8)
        axes.text(column + 0.95, place, words, ha="left", va="center", fontsize=9)


def refusal_grounds(report: Report, language: str) -> Chart:
    """The grounds on which applications were refused, with Wilson's interval of each share."""
    cells = report.cells
    grounds = [(c, _value(cells, c)) for c in report.form.expand("applications.denied.total")]
    table = pd.DataFrame(
        [(c.row, _named(report, c, language), v) for c, v in grounds if v], columns=["row", "label", "count"]
    ).sort_values("count", kind="stable")
    refused = table["count"].sum()
    if table["count"].isna().any() or not refused:
        return nothing("refusal_grounds", table, language)
    low, high = zip(*(wilson(count, refused) for count in table["count"]), strict=True)
    table = table.assign(share=table["count"] / refused, low=low, high=high)
    title = {
        "zh": f"{number(refused)}件不予公开的理由（占比与95%区间）",
        "en": f"Grounds of {number(refused)} refusals (share and 95% interval)",
    }[language]
    figure, axes = canvas(0.42 * len(table) + 1.3, title)
    y = range(len(table))
    axes.barh(y, table["share"], color=style.OUTCOMES["denied"], height=0.62)
    axes.hlines(y, table["low"], table["high"], color=style.INK, lw=1.1)
    unit = label("cases", language)
    for at, row in zip(y, frames.tuples(table), strict=True):
        axes.text(row.high + 0.01, at, f"{number(row.count)}{unit}  {percent(row.share, 1)}", va="center")
    end = min(1.0, table["high"].max() + 0.18)
    axes.set(xlim=(0, end), ylim=(-0.6, len(table) - 0.4))
    names(axes, y, table["label"])
    names(axes, round_numbers(0, end), [percent(x, 0) for x in round_numbers(0, end)], side="bottom")
    listed = "; ".join(f"{r.label} {number(r.count)}" for r in frames.tuples(table[::-1]))
    return Chart("refusal_grounds", title, figure, table, f"{title}: {listed}")


def rates_with_intervals(rates: pd.DataFrame, language: str) -> Chart:
    """The headline rates with Wilson's intervals; few cases are drawn hollow."""
    declared = indicators()
    shown = rates[rates["indicator"].isin(headlines()) & rates["low"].notna()]
    table = shown.assign(label=[declared[c].name(language) for c in shown["indicator"]])[
        ["indicator", "label", "numerator", "denominator", "value", "low", "high", "small"]
    ].iloc[::-1]
    if table.empty:
        return nothing("rates_with_intervals", table, language)
    title = {
        "zh": "主要比率与95%区间（空心：不足30件）",
        "en": "Main rates with 95% intervals (hollow: under 30 cases)",
    }[language]
    figure, axes = canvas(0.36 * len(table) + 1.3, title)
    y = range(len(table))
    axes.hlines(y, table["low"], table["high"], color=style.ACCENT, lw=2)
    face = [style.PAPER if small else style.ACCENT for small in table["small"]]
    axes.scatter(table["value"], y, s=46, c=face, edgecolors=style.ACCENT, linewidths=1.5, zorder=3)
    for at, row in zip(y, frames.tuples(table), strict=True):
        words = f"{percent(row.value)}  ({number(row.numerator)}/{number(row.denominator)})"
        axes.text(1.02, at, words, va="center", fontsize=9)
    axes.set(xlim=(-0.01, 1.32), ylim=(-0.6, len(table) - 0.4))
    rules(axes, down=round_numbers(0, 1))
    names(axes, y, table["label"])
    names(axes, round_numbers(0, 1), [percent(x, 0) for x in round_numbers(0, 1)], side="bottom")
    listed = "; ".join(
        f"{r.label} {percent(r.value)} ({percent(r.low, 1)}–{percent(r.high, 1)})"
        for r in frames.tuples(table[::-1])
    )
    return Chart("rates_with_intervals", title, figure, table, f"{title}: {listed}")


def disputes(report: Report, language: str) -> Chart:
    """Reviews and lawsuits by outcome, pending ones apart."""
    cells = report.cells
    form = report.form.tables.get("disputes")
    if form is None:
        return nothing("disputes", pd.DataFrame(), language)
    rows = [
        (
            row,
            form.rows[row].in_(language),
            column,
            form.columns[column].in_(language),
            _value(cells, Cell("disputes", row, column)),
        )
        for row in form.rows
        for column in style.DISPUTES
    ]
    table = pd.DataFrame(rows, columns=["row", "label", "column", "outcome", "count"])
    if table["count"].isna().all():
        return nothing("disputes", table, language)
    title = {"zh": "复议与诉讼的结果（件）", "en": "Outcomes of reviews and lawsuits (cases)"}[language]
    figure, axes = canvas(2.7, title)
    order = list(dict.fromkeys(table["label"]))[::-1]
    most = table.groupby("label")["count"].sum().max() or 1
    for y, name in enumerate(order):
        parts = table[(table["label"] == name) & (table["count"] > 0)]
        left, outside = 0.0, []
        for part in frames.tuples(parts):
            axes.barh(
                y, part.count, left=left, color=style.DISPUTES[part.column], edgecolor="white", height=0.6
            )
            words = f"{part.outcome} {number(part.count)}"
            if part.count / most > 0.011 * width(words):
                dark = part.column in ("upheld", "corrected", "other")
                colour = "white" if dark else style.INK
                axes.text(left + part.count / 2, y, words, ha="center", va="center", fontsize=9, color=colour)
            else:
                outside.append(words)
            left += part.count
        words = "  ".join([number(left), " · ".join(outside)]).rstrip()
        axes.text(left + most * 0.015, y, words, va="center")
    names(axes, range(len(order)), order)
    axes.set(xlim=(0, most * 1.2), ylim=(-0.6, len(order) - 0.3))
    counts = round_numbers(0, most * 1.2, whole=True)
    names(axes, counts, map(number, counts), side="bottom")
    listed = "; ".join(f"{r.label} {r.outcome} {number(r.count)}" for r in frames.tuples(table) if r.count)
    return Chart("disputes", title, figure, table, f"{title}: {listed}")


def text_against_table(report: Report, language: str) -> Chart:
    """Each count that the prose gives beside the cells it speaks of."""
    cells = report.cells
    rows = []
    for claim in frames.tuples(report.claims):
        concept = concepts().get(claim.about)
        addresses = concept.cells_in(report.form) if concept and not claim.of else ()
        low, high = cells.sum(addresses) if addresses else (math.nan, math.nan)
        if addresses and low == high:
            name = concept.en if language == "en" else concept.zh
            rows.append((claim.about, name, claim.value, low, not agrees(claim, low)))
    table = pd.DataFrame(rows, columns=["concept", "label", "text", "table", "differs"])
    # A concept that is said twice is drawn once, and rather where it is wrong.
    wrong_first = table.sort_values("differs", ascending=False, kind="stable").drop_duplicates("concept")
    table = wrong_first.sort_index()[::-1]
    if table.empty:
        return nothing("text_against_table", table, language)
    wrong = int(table["differs"].sum())
    title = {
        "zh": f"正文与表格：{len(table)}项件数中{wrong}项不一致",
        "en": f"Text against table: {wrong} of {len(table)} counts differ",
    }[language]
    caption = {"zh": "○ 正文　● 表格（对数刻度）", "en": "○ text   ● table (logarithmic scale)"}[language]
    figure, axes = canvas(0.34 * len(table) + 1.1, title, caption)
    y = np.arange(len(table))
    colour = [style.ALARM if d else style.FAINT for d in table["differs"]]
    axes.hlines(y, table["text"], table["table"], color=colour, lw=2.5)
    axes.scatter(
        table["table"], y, s=60, c=[style.ALARM if d else style.ACCENT for d in table["differs"]], zorder=3
    )
    axes.scatter(table["text"], y, s=110, facecolors="none", edgecolors=style.INK, linewidths=1.3, zorder=4)
    for at, row in zip(y, frames.tuples(table), strict=True):
        words = (
            f"{label('in_text', language)} {number(row.text)} ≠ {label('table_word', language)} {number(row.table)}"
            if row.differs
            else number(row.table)
        )
        axes.annotate(
            words,
            (max(row.text, row.table), at),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=10 if row.differs else 9,
            color=style.ALARM if row.differs else style.INK,
        )
    axes.set_xscale("symlog", linthresh=10)
    names(axes, y, table["label"])
    end = max(table[["text", "table"]].max().max() * 6, 1)
    powers = [0, *(10**n for n in range(1, 1 + int(math.log10(end))))]
    axes.set(xlim=(-0.6, end), ylim=(-0.6, len(table) - 0.4))
    axes.set(xticks=[], yticks=[])
    axes.minorticks_off()
    rules(axes, down=powers)
    names(axes, powers, map(number, powers), side="bottom")
    listed = "; ".join(f"{r.label} {number(r.text)}/{number(r.table)}" for r in frames.tuples(table[::-1]))
    return Chart("text_against_table", title, figure, table, f"{title}: {listed}")


def placement_map(report: Report, language: str) -> Chart:
    """The main table as it was read: what is certain, what is blank, what cannot be placed."""
    form = report.form.tables.get("applications") or report.form.tables["statistics"]
    facts = report.facts[(report.facts["table"] == form.code) & (report.facts["status"] != "absent")]
    table = facts[["row", "column", "value", "status", "candidates"]].reset_index(drop=True)
    if table.empty:
        return nothing("placement_map", table, language)
    open_ = int((table["status"] == "ambiguous").sum())
    name = {"applications": ("表三", "Table three")}.get(form.code, ("统计表", "Statistics"))
    title = {
        "zh": f"{name[0]}逐格：{open_}格放不准" if open_ else f"{name[0]}逐格：全部放准",
        "en": f"{name[1]} cell by cell: {open_} cells open" if open_ else f"{name[1]}: every cell is certain",
    }[language]
    printed = set(table["row"])
    columns, rows = list(form.columns), [r for r in form.rows if r in printed]
    caption = {
        "zh": "白：所印数字　灰：空白　黄：可能的数字（–为空白）",
        "en": "white: printed   grey: blank   yellow: what it may hold (– is blank)",
    }[language]
    figure, axes = canvas(0.27 * len(rows) + 1.1, title, caption)
    places = [(columns.index(c), rows.index(r)) for c, r in zip(table["column"], table["row"], strict=True)]
    boxes = PatchCollection(
        [Rectangle(place, 1, 1) for place in places],
        facecolor=[style.STATUSES[status] for status in table["status"]],
        edgecolor=style.GRID,
    )
    axes.add_collection(boxes, autolim=False)
    for (x, y), cell in zip(places, frames.tuples(table), strict=True):
        if cell.status == "ambiguous":
            words, size = cell.candidates.replace("|", " / ").replace("blank", "–"), 8
        else:
            words, size = ("" if pd.isna(cell.value) else number(cell.value)), 9
        axes.text(x + 0.5, y + 0.5, words, ha="center", va="center", fontsize=size, in_layout=False)
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    heads = [form.columns[c].in_(language).replace(" ", "\n") for c in columns]
    names(axes, np.arange(len(columns)) + 0.5, heads, 8, "top")
    names(axes, np.arange(len(rows)) + 0.5, [form.rows[r].in_(language) for r in rows], 8)
    counts = table["status"].value_counts()
    listed = "; ".join(f"{s} {n}" for s, n in counts.items())
    return Chart("placement_map", title, figure, table, f"{title}: {listed}")


def problems_against_evidence(evidence: pd.DataFrame, language: str) -> Chart:
    """Each problem, stated or passed over, against what answers, checks and shows it (the table
    ``evidence``: marks of 1 yes, 0.5 partly, 0 no)."""
    marks = ["stated", "answered", "checkable", "figures_show"]
    table = evidence.assign(label=evidence[f"label_{language}"])[["label", *marks]].reset_index(drop=True)
    if table.empty:
        return nothing("problems_against_evidence", table, language)
    title = {"zh": "问题与证据：说到了吗，有措施吗，查得到吗", "en": "Problems against evidence"}[language]
    figure, axes = canvas(0.5 * len(table) + 1.5, title)
    wide = 2.6
    for y, row in enumerate(frames.tuples(table)):
        for x, mark in enumerate(marks):
            level = getattr(row, mark)
            colour = style.ACCENT if level > 0 else style.FAINT
            middle = (x * wide + wide / 2, y + 0.5)
            axes.add_artist(Wedge(middle, 0.24, 0, 360, facecolor=style.PAPER, edgecolor=colour, lw=1.4))
            if math.isnan(level):
                axes.text(*middle, "?", ha="center", va="center", color=style.FAINT)
            elif level:
                axes.add_artist(Wedge(middle, 0.24, 90, 90 + 360 * level, facecolor=colour))
    axes.axhline(table["stated"].sum(), color=style.GRID, lw=1.2)
    axes.set(xlim=(0, wide * len(marks)), ylim=(len(table), 0))
    axes.set_aspect("equal", anchor="W")
    words = [label(m, language).replace(" ", "\n", 1) for m in marks]
    names(axes, wide * (np.arange(len(marks)) + 0.5), words, 9, "top")
    names(axes, np.arange(len(table)) + 0.5, table["label"], 9)
    axes.spines[:].set_visible(False)
    words = {1.0: label("yes", language), 0.5: label("partly", language), 0.0: label("no", language)}
    listed = "; ".join(
        f"{r['label']}: " + ", ".join(f"{label(m, language)} {words.get(float(r[m]), '?')}" for m in marks)
        for r in table.to_dict("records")
    )
    return Chart("problems_against_evidence", title, figure, table, f"{title}: {listed}")
