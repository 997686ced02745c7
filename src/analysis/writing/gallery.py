"""The gallery of the docs: every chart once, with what it shows and how to read it.

In: the shipped reports, and for charts of many units invented ones, since none of the shipped years has enough. Out:
``docs/charts.md`` and a picture each. The invented units are drawn from a fixed seed and marked as invented wherever they
are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from analysis import frames
from analysis.measuring import compare_units, counts_of, lines, rates_of, trends_of
from analysis.problems import items_of
from analysis.reading import Report, StoredReport, tables_of
from analysis.register import Register
from analysis.templates import Form, forms
from analysis.writing.charts import Chart, draw, report, units, years
from analysis.writing.statements import Study

FOLDER = "images/charts"

# What each chart answers, and how it is read.
CAPTIONS: Mapping[str, tuple[str, str]] = {
    "outcomes": (
        "申请去了哪里：收到、结果、细项三栏，高度即件数。",
        "What became of the applications: in, outcome and detail, as high as their number.",
    ),
    "refusal_grounds": (
        "依据什么理由拒绝，各占多少，区间多宽。",
        "On which grounds applications were refused, and how certain each share is.",
    ),
    "rates_with_intervals": (
        "一份报告的主要比率；空心的不足三十件。",
        "The main rates of one report; hollow where there are few cases.",
    ),
    "disputes": ("复议与诉讼各有几件，怎样了结。", "How many reviews and lawsuits, and how they ended."),
    "text_against_table": (
        "正文的数与表中的数；橙色的不一致。",
        "Counts of the text beside those of the table; orange where they differ.",
    ),
    "placement_map": (
        "表三逐格：哪些放得准，哪些放不准。",
        "Table three cell by cell: what is certain and what stays open.",
    ),
    "problems_against_evidence": (
        "第五部分说的问题，措施对应吗，数字说得到吗。",
        "The problems of section five against measures and figures.",
    ),
    "counts_over_years": (
        "件数逐年怎么变；格式改变处不连线，除非可比。",
        "Numbers over the years; no line across a change of the form unless it may be crossed.",
    ),
    "outcomes_over_years": (
        "逐年怎样办结；数字合不上的年份不画。",
        "How each year's applications were settled; years that do not add up are left out.",
    ),
    "rates_over_years": (
        "比率逐年与区间；叉是数字合不上的年份。",
        "Rates over the years with intervals; a cross where the report contradicts itself.",
    ),
    "problems_over_years": (
        "历年第五部分说了哪类问题，哪些年年都有。",
        "Which kinds of problems section five names, and which come back every year.",
    ),
    "changes": (
        "最近一次变化，实心的经多重检验校正后站得住。",
        "The last change; filled where it is supported with all tests allowed for.",
    ),
    "funnel": (
        "比率与件数：件数越少，偏离越不说明问题。",
        "Rate against number of cases: the fewer, the less a distance means.",
    ),
    "spread": (
        "各单位在每个比率上的位置，竖线是合计。",
        "Where the units lie on each rate; the line is all together.",
    ),
    "outcomes_of_units": (
        "各单位怎样办结，先合计，后按件数。",
        "How the units settled their applications, all together first.",
    ),
}


def one_report(study: Study, language: str = "zh") -> list[Chart]:
    """The charts of one report."""
    of = study.report
    return [
        draw(report.outcomes, of, language),
        draw(report.refusal_grounds, of, language),
        draw(report.rates_with_intervals, study.rates, language),
        draw(report.disputes, of, language),
        draw(report.text_against_table, of, language),
        draw(report.placement_map, of, language),
        draw(report.problems_against_evidence, study.evidence, language),
    ]


def many_years(reports: list[Report], language: str = "zh") -> list[Chart]:
    """The charts of one unit over its years."""
    counts = frames.concat("counts", [counts_of(r) for r in reports])
    rates = frames.concat("rates", [rates_of(r) for r in reports])
    documents = tables_of(reports, ())["documents"]
    trends = trends_of(counts, rates, documents)
    items = frames.concat("items", [items_of(r) for r in reports])
    of, form = lines(counts, rates, documents), {r.year: r.form.code for r in reports}
    return [
        draw(years.counts_over_years, of, trends, form, language),
        draw(years.outcomes_over_years, rates, form, language),
        draw(years.rates_over_years, of, trends, form, language),
        draw(years.changes, trends, language),
        draw(years.problems_over_years, items, reports[0].unit, language),
    ]


def many_units(language: str = "zh") -> list[Chart]:
    """The charts of many units, from invented ones."""
    aggregates, comparison, rates = invented()
    chosen = ("disclosure_rate", "refusal_rate", "refused_or_unavailable_rate", "review_rate")
    return [
        draw(units.funnel, aggregates, comparison, chosen, language),
        draw(units.spread, comparison, aggregates, language),
        draw(units.outcomes_of_units, rates, aggregates, language),
    ]


# Of a hundred decisions, in the order of the rows of the form; one unit refuses on enforcement files far more often.
_MIX = {
    "granted": 38,
    "partly_granted": 12,
    "denied.enforcement_files": 3,
    "denied.internal_affairs": 2,
    "denied.administrative_inquiry": 2,
    "unavailable.not_held": 25,
    "unavailable.unclear": 3,
    "unprocessed.petition": 5,
    "other.other": 10,
}
_SEED, _MANY, _ODD = 20251125, 36, 7


def invented() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """``aggregates``, ``comparison`` and ``rates`` of invented units, the same at every call."""
    chance, form = np.random.default_rng(_SEED), forms()["2021"]
    shares = np.array(list(_MIX.values())) / sum(_MIX.values())
    found: dict[str, list[pd.DataFrame]] = {"facts": [], "documents": [], "rates": []}
    for n in range(_MANY):
        name, size = f"虚构单位{n + 1:02d}", int(chance.lognormal(4.8, 1.1)) + 1
        own = chance.dirichlet(shares * 60)
        if n == _ODD:
            size, own = 420, 0.7 * shares + 0.3 * (np.array(list(_MIX)) == "denied.enforcement_files")
        settled = dict(zip(_MIX, chance.multinomial(size, own), strict=True))
        facts = invented_facts(name, form, settled, {"upheld": int(chance.binomial(size, 0.04))})
        report_ = StoredReport(name, 2024, form, facts, NOTHING["placements"], NOTHING["claims"])
        found["facts"].append(facts)
        found["rates"].append(rates_of(report_))
        found["documents"].append(invented_document(name, form))
    facts, documents, rates = (frames.concat(k, found[k]) for k in ("facts", "documents", "rates"))
    named = dict.fromkeys(documents["unit"], form)
    return *compare_units(rates, documents, facts, named, Register()), rates


NOTHING = {name: frames.frame(name, []) for name in ("placements", "claims")}


def invented_facts(
    unit: str,
    form: Form,
    settled: Mapping[str, int],
    reviews: Mapping[str, int] = MappingProxyType({}),
    **more: int,
) -> pd.DataFrame:
    """The cells of an invented report of 2024: how so many applications, all of natural persons and of this year, were
    ``settled``, and reviews by result; ``more`` are other rows of table three. Every other cell is nothing."""
    size = sum(settled.values())
    rows = {"received": size, "total": size, **settled, **more}
    held = {
        ("applications", row, column): n for row, n in rows.items() for column in ("total", "natural_person")
    }
    results = {**reviews, "total": sum(reviews.values())}
    held |= {("disputes", "review", column): n for column, n in results.items()}
    made = [
        {
            "key": f"{unit}/2024/{cell}",
            "unit": unit,
            "year": 2024,
            "template": form.code,
            "table": cell.table,
            "row": cell.row,
            "column": cell.column,
            "value": float(held.get((cell.table, cell.row, cell.column), 0)),
            "unit_of_measure": "",
            "status": "reported",
            "candidates": "",
            "raw": "",
            "basis": "position",
            "where": "",
            "start": 0,
            "end": 0,
        }
        for cell in form.cells()
    ]
    return frames.frame("facts", made)


def invented_document(unit: str, form: Form) -> pd.DataFrame:
    """The row of ``documents`` of an invented report of 2024."""
    columns = frames.SCHEMAS["documents"].columns
    row: dict[str, object] = {name: "" if str(c.dtype) == "object" else 0 for name, c in columns.items()}
    row |= {
        "key": f"{unit}/2024",
        "unit": unit,
        "year": 2024,
        "template": form.code,
        "form_zh": form.zh,
        "form_en": form.en,
    }
    return frames.frame("documents", [row])


def page(charts: list[Chart]) -> str:
    """docs/charts.md: every chart with its caption and its alt text."""
    lines_ = [
        "# 图 | Charts\n\n",
        "<!-- 由 `make gallery` 生成 | made by `make gallery` -->\n\n",
        "每张图是 `src/analysis/writing/charts/` 里的一个函数，返回图、所画的表和替代文字；样式都在 `writing/style.py`：思源黑体，Okabe–Ito 色，"
        "相邻颜色深浅不同，灰度打印也分得清；形状（空心、菱形、叉）另说一遍颜色说的事。一份报告的图用随附的永康市2020年报告，多年的用平潭综合实验区，"
        "多个单位的用**虚构数据**（随附的各年单位都太少）。\n\n"
        "Every chart is one function there and returns figure, plotted table and alt text. One style for all: Noto Sans CJK, the colours of Okabe "
        "and Ito, neighbours apart in lightness so that grey print can be read, and shapes (hollow, diamond, cross) that say again what colour "
        "says. The charts of one report show Yongkang 2020, those of many years Pingtan, those of many units **invented data**.\n",
    ]
    for chart in charts:
        zh, en = CAPTIONS[chart.code]
        lines_.append(
            f"\n## `{chart.code}` {chart.title}\n\n{zh}\n{en}\n\n![{chart.title}]({FOLDER}/{chart.code}.png)\n"
        )
    return "".join(lines_)


def write(charts: list[Chart], png, docs: Path) -> None:
    """Leave the page and its pictures in the folder ``docs``; ``png`` gives the bytes of a chart."""
    (docs / FOLDER).mkdir(parents=True, exist_ok=True)
    for chart in charts:
        (docs / FOLDER / f"{chart.code}.png").write_bytes(png(chart))
    (docs / "charts.md").write_text(page(charts), encoding="utf8")
