"""The dictionaries of the docs, made from the declarations, so that neither can say what the other
does not.

In: findings.yml, indicators.yml, concepts.yml, the forms and crosswalk.yml. Out: Markdown pages by file name.
"""

from __future__ import annotations

from analysis.checking import declared_findings
from analysis.frames import SEVERITIES
from analysis.measuring import indicators
from analysis.templates import concepts, crosswalk, declared, forms

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
    """docs/indicators.md: one row an indicator, and the concepts that they are made of."""
    lines = [
        "# 指标 | Indicators\n\n",
        _MADE,
        "声明在 `src/analysis/measuring/indicators.yml`。分母为零不给比率；不足 30 件只列件数与区间；"
        "数字放不准的给出范围；区间为 Wilson 95%。\n"
        "A zero denominator gives no rate; under 30 cases there are counts and the interval only; open cells "
        "give a range; intervals are Wilson's at 95%.\n\n",
        "| 代号 | 指标 indicator | 分子 numerator | 分母 denominator | 用途 use | 注意 caution |\n|---|---|---|---|---|---|\n",
    ]
    for i in indicators().values():
        above = i.numerator or f"{i.kind}({i.parts})"
        lines.append(
            f"| {i.id} | {i.zh}<br>{i.en} | `{above}` | `{i.denominator or '—'}` | {i.use['zh']}<br>{i.use['en']} "
            f"| {i.caution['zh']}<br>{i.caution['en']} |\n"
        )
    lines.append("\n## 概念 | Concepts\n\n| 代码 code | 名称 name | 单元之和 sum of cells |\n|---|---|---|\n")
    for c in concepts().values():
        cells = "<br>".join(f"`{cell}`" for cell in c.cells) or "仅见于正文 prose only"
        lines.append(f"| `{c.code}` | {c.zh}<br>{c.en} | {cells} |\n")
    return "".join(lines)


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
                lines.append(
                    f"\n- `{rule.code}` {rule.zh} | {rule.en}（只用于读连写的数字 | for joined digits only）"
                )
            lines.append("\n")
    breaks = list(forms())[1:]
    lines.append(
        "\n## 跨代比较 | Across generations\n\n声明在 `crosswalk.yml`。只有“可”才可跨越格式变化连成一条线。\n"
        "Only a “yes” lets a line cross the change of form.\n\n"
        f"| 数量 quantity | {' | '.join(f'→{code}' for code in breaks)} | 指标 indicators | 说明 why |\n"
        f"|---|{'---|' * len(breaks)}---|---|\n"
    )
    words = {"yes": "可 yes", "roughly": "约可 roughly", "no": "不可 no"}
    for crossing in crosswalk().values():
        allowed = " | ".join(words[crossing.into[code]] for code in breaks)
        rates = "<br>".join(indicators()[code].zh for code in crossing.indicators) or "—"
        name = f"{crossing.name['zh']}<br>{crossing.name['en']}"
        lines.append(f"| {name} | {allowed} | {rates} | {crossing.zh}<br>{crossing.en} |\n")
    return "".join(lines)


def tables_page() -> str:
    """docs/tables.md: the tables of a store, column by column."""
    lines = [
        "# 数据表 | Tables\n\n",
        _MADE,
        "`analysis read` 写出的 Parquet 表；说明声明在 `src/analysis/tables.yml`，也写进 `datapackage.json`。\n"
        "The Parquet tables that `analysis read` writes; the descriptions go into `datapackage.json` too.\n",
    ]
    for name, table in declared("analysis", "tables.yml").items():
        lines.append(
            f"\n## `{name}`\n\n{table['zh']} | {table['en']}\n\n| 列 column | 含义 | meaning |\n|---|---|---|\n"
        )
        for code, about in table["fields"].items():
            lines.append(f"| `{code}` | {about['zh']} | {about['en'].replace('|', chr(92) + '|')} |\n")
    return "".join(lines)


PAGES = {
    "findings.md": findings_page,
    "tables.md": tables_page,
    "forms.md": forms_page,
    "indicators.md": indicators_page,
}
