"""The dictionaries of the docs, made from the declarations, so that neither can say what the other
does not.

In: findings.yml, indicators.yml, concepts.yml, the forms, crosswalk.yml and rubric.yml. Out: Markdown pages by file name.
"""

from __future__ import annotations

import re
from pathlib import Path

from analysis.checking import declared_findings
from analysis.frames import SEVERITIES
from analysis.measuring import Indicator, indicators
from analysis.scoring import Item, load_rubric
from analysis.templates import Form, concepts, crosswalk, declared, forms, series

_MADE = "<!-- 由 `make docs` 生成，请改声明文件 | made by `make docs`; edit the declarations instead -->\n\n"
_LEVELS = {"error": "错误 error", "warning": "提醒 warning", "note": "说明 note"}


def findings_page() -> str:
    """docs/findings.md: one paragraph a code."""
    lines = [
        "# 发现 | Findings\n\n",
        _MADE,
        "每一项核对有一个代码、一个等级和它所依据的规则，声明在 `src/analysis/checking/findings.yml`。\n"
        "Every check has a code, a severity and the rule it rests on, declared in that file.\n",
    ]
    for severity in SEVERITIES:
        lines.append(f"\n## {_LEVELS[severity]}\n")
        for code, entry in declared_findings().items():
            if entry["severity"] == severity:
                title, basis = entry["title"], entry["basis"]
                lines.append(
                    f"\n### `{code}`\n\n{title['zh']}。{basis['zh']}。\n\n{title['en']}: {basis['en']}.\n"
                )
    return "".join(lines)


def indicators_page() -> str:
    """docs/indicators.md: one row an indicator, in which generations of the form it exists, and what it is made of."""
    codes = list(forms())
    declared_ = {i.base: i for i in reversed(indicators().values())}  # of several under one entry the first
    lines = [
        "# 指标 | Indicators\n\n",
        _MADE,
        _MEASURING,
        f"| 代号 | 指标 indicator | 分子 numerator | 分母 denominator | {' | '.join(codes)} | 用途 use | 不可用于、注意 not for |\n",
        f"|---|---|---|---|{'---|' * len(codes)}---|---|\n",
    ]
    for code, entry in declared("analysis.measuring", "indicators.yml").items():
        i = declared_[code]
        above = (
            entry.get("numerator")
            or f"{i.kind if i.parts else 'each'}({entry.get('parts') or entry['each']})"
        )
        zh, en = (entry[language].format(row="…") for language in ("zh", "en"))
        there = " | ".join(_there(i, form) for form in forms().values())
        lines.append(
            f"| {i.id} | {zh}<br>{en} | `{above}` | `{i.denominator or '—'}` | {there} | {i.use['zh']}<br>{i.use['en']} "
            f"| {i.caution['zh']}<br>{i.caution['en']} |\n"
        )
    lines.append(
        "\n## 各代自己的公式 | Formulas of one generation\n\n表中记“＊”的。 Those marked ＊ above.\n\n"
        "| 指标 indicator | 格式 form | 分子 numerator | 分母 denominator |\n|---|---|---|---|\n"
    )
    for i in declared_.values():
        for form, (above, below) in sorted(i.of_forms.items()):
            lines.append(f"| {i.zh} {i.en} | {form} | `{above}` | `{below}` |\n")
    lines.append("\n## 不计算的 | Not computed\n\n| 代号 | 名称 name | 为什么 why |\n|---|---|---|\n")
    for code, entry in declared("analysis.measuring", "not_computed.yml").items():
        why = entry["why"]
        lines.append(f"| {code} | {entry['zh']}<br>{entry['en']} | {why['zh']}<br>{why['en']} |\n")
    lines.append("\n## 逐年跟踪的数量 | Quantities followed over the years\n\n")
    lines.append("| 代码 code | 名称 name | 单元之和 sum of cells | 检验 tested |\n|---|---|---|---|\n")
    for s in series().values():
        cells = "<br>".join(f"`{cell}`" for cell in s.cells)
        tested = "是 yes" if s.events else "否：产出、存量或金额 no: output, stock or money"
        lines.append(f"| `{s.code}` | {s.name['zh']}<br>{s.name['en']} | {cells} | {tested} |\n")
    lines.append("\n## 概念 | Concepts\n\n| 代码 code | 名称 name | 单元之和 sum of cells |\n|---|---|---|\n")
    for c in concepts().values():
        cells = "<br>".join(f"`{cell}`" for cell in c.cells) or "仅见于正文 prose only"
        lines.append(f"| `{c.code}` | {c.zh}<br>{c.en} | {cells} |\n")
    return "".join(lines)


def _there(indicator: Indicator, form: Form) -> str:
    """Whether a generation of the form has an indicator: by the common formula, by one of its own, or not."""
    if form.code in indicator.of_forms:
        return "＊"
    return "●" if indicator.exists(form) else "—"


_MEASURING = """声明在 `src/analysis/measuring/indicators.yml`。表中四列年份是各代格式：● 有，＊ 用该代自己的公式（见下），— 没有这些单元。

**一个比率。** 分母为零不给比率；不足 30 件只列件数与区间，不排名、不评价；数字放不准的，各种填法一致就给出，不一致给出范围；报告自身合不上的（勾稽不平）
记为 `broken`，只供核对；区间为 Wilson 95%。“无法提供”算不算拒绝各国不一，两种读法（A4 与 A4+A6）总是并列。

**逐年的变化**（`analysis trends`）。相邻两份报告：比率之差用 Newcombe 区间，检验用 Pearson χ²，期望件数不足 5 时用 Fisher 精确检验；件数和每件引起的复议、诉讼用
泊松率的条件检验（期望件数不足 10 时精确）与得分区间；机关自己的产出、存量和金额两年之间不作检验。五年以上：Theil–Sen 斜率与 Mann–Kendall 检验（有并列值而不超过九年时枚举全部排列），
不足 30 件的年份不计入比率的序列。格式改变处，只有 [forms.md](forms.md) 的“跨代比较”写“可”的才比较、才连线；两份报告写明的统计口径不同，也不比较。报告自身合不上的数字不检验。一个单位的全部检验一并按 Benjamini–Hochberg 校正，校正后 p 不超过 0.05 才称上升或下降，否则称“没有明显变化”。

**许多单位**（`analysis bulletin`）。合计是分子之和除以分母之和，各单位比率的均值列在旁边；含其他在列单位数字的报告（全域或本级口径）与所含单位只加一次：所含单位在名册里是全部、且都在列，就加它们，否则加它；它不与它们比较。与多数单位格式不同而不可比的不计入。
漏斗图的界限按二项分布（件数比按泊松分布）精确计算（mid-p），按 Spiegelhalter（2005）的离散系数放宽；在 99.8% 界外、且经所有组、单位与指标一并校正后仍成立的才点名，并指出差别主要在哪一行。
不足 30 件不排名；可比单位不足 5 个只并列，不足 10 个只列位次、不点名；一个单位占半数以上件数时，合计就是它的比率，也不点名。结转率与结案率互补，只检验一次。

**One rate.** The four columns of years are the generations of the form: ● there, ＊ by a formula of its own (below), — not there. A zero denominator
gives no rate; under 30 cases there are counts and the interval only, no rank and no judgement; open cells give the value if every
placement agrees, else a range; where the report's own figures contradict a number it needs the rate is marked `broken`; intervals are
Wilson's at 95%. Whether “not available” is a refusal is read differently, so both readings (A4 and A4+A6) always stand side by side.

**Over the years** (`analysis trends`). Two reports that follow each other: Newcombe's interval of the difference of two shares, Pearson's
chi-squared or, where an expected count is under 5, Fisher's exact test; for counts, and reviews or lawsuits per decision, the conditional
test of two Poisson rates (exact where fewer than 10 are expected of one) with the score interval; what an office puts out itself, stocks and money
are not tested from year to year. From five years on Theil and Sen's slope and the test of Mann and Kendall (by all orders where values tie and
there are no more than nine); years of under 30 cases are left out of the series of a rate. Nothing is compared or joined across a change of the
form unless [forms.md](forms.md) says “yes”, nor where two reports declare different scopes; numbers that a report itself contradicts are not tested. All tests of a unit are adjusted together after Benjamini and Hochberg; a rise or a fall is
called so at an adjusted p of 0.05 or less, everything else is “no clear change”.

**Many units** (`analysis bulletin`). All together is the sum of the numerators over the sum of the denominators, with the mean of the units'
rates beside it; a report that holds the figures of others here (of its area or its level) and they are added once: they are, if the register says
that they are all there is and all are here, else it is; it is not compared with them. Units on a form across which a rate does not compare are left
out. The limits of the funnel are exact (binomial; for ratios Poisson; mid-p), widened by Spiegelhalter's factor of overdispersion (2005). A unit
is named only if it lies beyond the 99.8% limits and still does when all groups, units and indicators are allowed for, with the row of the form
that makes most of the difference. No rank under 30 cases; under 5 comparable units side by side only, under 10 ranks but no names; nobody is held
against a common rate of which one unit has more than half. The carry-over rate is one less the clearance rate and is not tested again.

"""


def forms_page() -> str:
    """docs/forms.md: the generations of the form, row by row, and what may be compared across them."""
    lines = [
        "# 格式 | Forms\n\n",
        _MADE,
        "各代格式声明在 `src/analysis/templates/`：表、行、列、网上见过的别样写法、勾稽关系。新见的写法加在它所指的行里。\n"
        "The generations of the form are declared there: tables, rows, columns, the spellings seen in the wild, and "
        "what must add up. A new spelling goes with the row it names.\n",
    ]
    for form in forms().values():
        lines.append(f"\n## {form.code} · {form.zh} | {form.en}\n\n{form.source}\n")
        for table in form.tables.values():
            lines.append(
                f"\n### `{table.code}` {table.zh}\n\n| 行 row | 名称 | name | 又写作 also | 列 columns |\n"
            )
            lines.append("|---|---|---|---|---|\n")
            for row in [*table.rows.values(), *table.merged.values()]:
                columns = " ".join(f"`{c}`" for c in row.columns)
                also = "<br>".join(row.variants)
                lines.append(f"| `{row.code}` | {row.zh} | {row.en} | {also} | {columns} |\n")
            for identity in table.identities:
                usual = "（通常如此，不作核对 | usual, not checked）" if identity.usual else ""
                lines.append(f"\n- `{identity.code}` {identity.zh} | {identity.en}{usual}")
            for rule in table.carried:
                lines.append(f"\n- `{rule.code}` {rule.zh} | {rule.en}（跨年 | from year to year）")
            lines.append("\n")
    breaks = list(forms())[1:]
    lines.append(
        "\n## 跨代比较 | Across generations\n\n声明在 `crosswalk.yml`。只有“可”才可跨越格式变化连成一条线。\n"
        "Only a “yes” lets a line cross the change of form.\n\n"
        f"| 数量 quantity | {' | '.join(f'→{code}' for code in breaks)} | 指标 indicators | 说明 why |\n"
        f"|---|{'---|' * len(breaks)}---|---|\n"
    )
    named = {
        code: entry["zh"].format(row="…")
        for code, entry in declared("analysis.measuring", "indicators.yml").items()
    }
    words = {"yes": "可 yes", "roughly": "约可 roughly", "no": "不可 no"}
    for crossing in crosswalk().values():
        allowed = " | ".join(words[crossing.into[code]] for code in breaks)
        rates = "<br>".join(named[code] for code in crossing.indicators) or "—"
        name = f"{crossing.name['zh']}<br>{crossing.name['en']}"
        lines.append(f"| {name} | {allowed} | {rates} | {crossing.zh}<br>{crossing.en} |\n")
    return "".join(lines)


def tables_page() -> str:
    """docs/tables.md: the tables of a store, column by column."""
    lines = [
        "# 数据表 | Tables\n\n",
        _MADE,
        "`analysis read`、`check`、`score` 写出的 Parquet 表，和各笔记本留下的 CSV；说明声明在 `src/analysis/tables.yml`，也写进 `datapackage.json`。\n"
        "The Parquet tables that `analysis read`, `check` and `score` write, and the CSV that the notebooks leave; the descriptions go into `datapackage.json` too.\n",
    ]
    for name, table in declared("analysis", "tables.yml").items():
        lines.append(
            f"\n## `{name}`\n\n{table['zh']} | {table['en']}\n\n| 列 column | 含义 | meaning |\n|---|---|---|\n"
        )
        for code, about in table["fields"].items():
            lines.append(f"| `{code}` | {about['zh']} | {about['en'].replace('|', chr(92) + '|')} |\n")
    return "".join(lines)


def score_page() -> str:
    """docs/score.md: the default rubric item by item, what it leaves out, and how to replace it."""
    rubric = load_rubric()
    lines = ["# 评分 | Score\n\n", _MADE, _SCORING]
    for code, group in rubric.groups.items():
        lines.append(f"\n## {group['zh']} | {group['en']}\n\n")
        lines.append(
            "| 项目 item | 扣分的依据 what costs points | 每处／至多 each / most | 规则 basis |\n|---|---|---|---|\n"
        )
        for item in rubric.items:
            if item.group == code:
                lines.append(
                    f"| `{item.code}` {item.zh}<br>{item.en} | {_cost(item)} | {item.points:g} / {item.most:g} "
                    f"| {item.basis['zh']}<br>{item.basis['en']} |\n"
                )
    free = "、".join(f"`{code}`" for code in rubric.free())
    return "".join([*lines, f"\n## 不扣分的错误与提醒 | Errors and warnings that cost nothing\n\n{free}\n"])


def _cost(item: Item) -> str:
    """What costs the points of an item, and what leaves them open."""
    said = [f"`{code}`" for code in item.codes]
    if item.rate:
        name = indicators()[item.rate]
        side, bound = ("＞", item.above) if item.above is not None else ("＜", item.below)
        said.append(f"{name.zh} {name.en} {side} {bound:.0%}，至少 at least {item.least}")
    if item.unseen:
        said.append("报告中看不出 no report shows it")
    if item.confirmed:
        said.append("须人复核属实 only when a person has confirmed it")
    if item.needs:
        said.append("须有 needs: " + " ".join(f"`{need}`" for need in item.needs))
    if item.open_if:
        said.append("不能全判 open if: " + " ".join(f"`{code}`" for code in item.open_if))
    if item.year_from:
        said.append(f"{item.year_from}—")
    return "<br>".join(said)


_SCORING = """`analysis score 文件夹或数据` 按评分办法给每份报告扣分：从满分起，每处发现或每个比率按下表扣，同一疑误处引起的几处发现只扣一次，
各项有上限。人已判为不成立（dismissed）的不扣，已说明（explained）的按 `explained` 的比例扣，依据已变（reopened）的照扣
（见 `data/reviews.csv` 与 `analysis review`）。比率只在整个 Wilson 95% 区间都越过界限时才扣，件数不足不扣，以免罚了偶然。
不予公开率、无法提供率等高低本身不是过错，不参与评分。

**不知道的不装作知道。** 没有发布日期、没有上年报告、没有别的单位可比、数字放不准、任何报告都看不出的，一概列为“不能断定”
（`unknown`），所涉分数另计（`open`）。所以得分是一个范围：最高是这些全不扣，最低是全扣。比较各单位时请看 `deducted` 与 `open` 两列，
并只比较同一评分办法（`rubric` 列）的得分。

`analysis score` deducts points by a rubric: a report begins with all of them; each finding or rate costs what the table
says, findings that name the same suspect count once, and every item has its limit. A finding that a person has dismissed costs
nothing, an explained one the share `explained`, a reopened one counts (`data/reviews.csv`, `analysis review`). A rate costs points
only if its whole Wilson interval lies beyond the threshold, and never on few cases, so that chance is not punished. Rates of
refusal are no fault in themselves and are not scored.

What cannot be known is said: without a date of publication, a report of the year before, other units to compare with, with
figures that cannot be placed, and for what no report shows, an item is `unknown` and its points are `open`. So a score is a range.
Compare the columns `deducted` and `open`, under one rubric.

## 换用自己的评分办法 | A rubric of your own

把 `src/analysis/scoring/rubric.yml` 复制出来，改分值、增删项目，然后 `analysis score 文件夹 --rubric 我的.yml`。文件开头说明每个字段；
写错时会指出第几行哪个字段。项目里的代码见 [findings.md](findings.md)，可写一族（`copy.*`）；指名的代码归指名它的项目。
比率见 [indicators.md](indicators.md)，只能用部分占整体的。结果在 `scores.csv`（每项一行，列见 [tables.md](tables.md)）与
`score_totals.csv`（每份报告一行）。

Copy `src/analysis/scoring/rubric.yml`, change points, add or remove items, and run `analysis score FOLDER --rubric mine.yml`. The head of
the file says what each field means; a mistake is answered with its line and field. Codes are those of
[findings.md](findings.md), or families (`copy.*`); rates those of [indicators.md](indicators.md) that are shares. The results are
`scores.csv`, a row an item, and `score_totals.csv`, a row a report ([tables.md](tables.md)).
"""

# What the benchmark of planted errors has measured, which findings.md ends with.
PLANTED = "planted.md"

PAGES = {
    "findings.md": findings_page,
    "tables.md": tables_page,
    "forms.md": forms_page,
    "indicators.md": indicators_page,
    "score.md": score_page,
}


def page(name: str, folder: Path) -> str:
    """The page called ``name``; that of the findings ends with what ``benchmarks/planted.py`` has left in ``folder``."""
    made = PAGES[name]()
    measured = folder / PLANTED
    if name == "findings.md" and measured.is_file():
        made += "\n" + re.sub(r"^#", "##", measured.read_text(encoding="utf8"), flags=re.M)
    return made
