"""The dictionaries of the docs, made from the declarations, so that neither can say what the other
does not.

In: findings.yml, indicators.yml, concepts.yml. Out: Markdown pages by file name.
"""

from __future__ import annotations

from analysis.checking import declared_findings
from analysis.frames import SEVERITIES
from analysis.measuring import indicators
from analysis.templates import concepts

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


PAGES = {"findings.md": findings_page, "indicators.md": indicators_page}
