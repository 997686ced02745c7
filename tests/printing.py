"""Whole reports of the tests' own making, from true cells (``analysis.synthesis.printing`` prints them).

In: the cells of a report as its truth has them, and the declared form. Out: ``paper`` – headings, sentences
and the official tables. The sentences are the tests' own.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from analysis import templates
from analysis.synthesis.printing import (
    ORDINALS,
    ROWS,
    Block,
    Grid,
    Truth,
    applications,
    disclosure,
    disputes,
    title,
)
from analysis.templates import Cell, Form, forms


def truth(shared: Path, unit: str, year: int) -> Truth:
    """The true cells of a shared report."""
    form = next(f for f in templates.forms().values() if year in f.years)
    with (shared / "truth" / unit / f"{year}.csv").open(encoding="utf8") as listed:
        cells = {Cell(t["table"], t["row"], t["column"]): t["value"] for t in csv.DictReader(listed)}
    if Cell("applications", "other", "total") in cells:
        form = _with_other(form)
    return Truth(unit, year, form, cells)


def _with_other(form: Form) -> Form:
    """The form with 其他处理 as one row."""
    table = form.tables["applications"]
    return replace(form, tables={**form.tables, "applications": table.with_merged(["other"])})


def other_in_one_row(true: Truth) -> Truth:
    """The report with 其他处理 printed as one row, as in the form before."""
    cells, sums = {}, {}
    for cell, value in true.cells.items():
        if cell.table == "applications" and cell.row.startswith("other."):
            sums[cell.column] = sums.get(cell.column, 0) + int(value)
        else:
            cells[cell] = value
    cells |= {Cell("applications", "other", column): str(n) for column, n in sums.items()}
    return replace(true, cells=cells, form=_with_other(true.form))


# the report


def _sentences(true: Truth) -> dict[str, list[str]]:
    said = {c: true[f"applications.{c}.total"] for c in ("received", "carried_in", "total", "carried_out")}
    counts = [
        f"全年受理政府信息公开申请{said['received']}件",
        f"上年结转{said['carried_in']}件",
        f"办结{said['total']}件",
        f"结转下年继续办理{said['carried_out']}件",
    ]
    return {
        "overview": [
            f"{true.year}年，{true.unit}把政务公开列入每月例会的议题，网站、热线、服务窗口各有专人值守，群众来问有人接、有人答、有人催办。",
            "（一）主动公开方面。全年在门户网站登出各类信息1286条，随文配发政策解读36篇，其中图解21篇、短片15篇，办事指南按事项逐条校对后重新上架。",
            f"（二）依申请公开方面。{'，'.join(counts)}，每件都登记到人、限时办理，临期三天由系统自动提醒承办科室。",
            "（三）政府信息管理方面。文件起草时就注明公开属性，发布前由两名工作人员先后核对，过期的文件每季度清理一遍并公布结果。",
            "（四）平台建设方面。网站检索框改为全站可用，手机端页面随之调整，老年人常用的栏目放大了字号，也添了语音播报。",
            "（五）监督保障方面。年内办了两期业务培训，请一线承办人讲自己办过的案子；考核结果当月通报，没有发生责任追究的情形。",
        ],
        "disclosure": ["本年度主动公开的各项数字列表如下。"],
        "applications": ["申请的来源与办理结果见下表。"],
        "disputes": ["本年度复议与诉讼的结果见下表。"],
        "problems": [
            "（一）有的单位更新栏目不勤，个别专栏一个季度才动一次。下一步逐月抽查，查出的问题当月改完，改不完的在例会上说明原因。",
            "（二）答复文书的说理还不够充分，引用条款偶有疏漏。下一步编一本常见情形的答复范例，新来的承办人先学后办。",
        ],
        "other_matters": ["本年度没有收取信息处理费。"],
    }


def paper(true: Truth, grids: Sequence[Block] | None = None, flat: bool = False) -> list[Block]:
    """The whole report. ``grids`` go in place of the tables; a ``Grid`` stands in the section of its
    code."""
    if grids is None:
        grids = [disclosure(true), applications(true, flat), disputes(true)]
    said = _sentences(true)
    made: list[Block] = [
        title(true),
        f"本报告依照《中华人民共和国政府信息公开条例》编写，数据的统计期限为{true.year}年1月1日至12月31日。"
        "报告由总体情况、主动公开、依申请公开、复议与诉讼、问题与改进、其他事项六部分组成。",
    ]
    for n, code in enumerate(true.form.sections):
        made += [f"{ORDINALS[n]}、{templates.sections()[code].zh}", *said[code]]
        made += [grid for grid in grids if isinstance(grid, Grid) and grid.code == code]
    return made


def prose(blocks: Iterable[Block]) -> list[Block]:
    """The report without its tables."""
    return [b for b in blocks if isinstance(b, str)]


def wrapped(blocks: Iterable[Block], rows: str, width: int = 30, lines: int = 24) -> str:
    """The report as text, its paragraphs cut after ``width`` characters, a page number after every so many
    lines."""
    made: list[str] = []
    for block in blocks:
        if isinstance(block, Grid):
            made += ROWS[rows](block)
        else:
            made += [block[i : i + width] for i in range(0, len(block), width)]
    for n, at in enumerate(range(lines, len(made), lines)):
        made.insert(at + n, f"— {n + 1} —")
    return "\n".join(made) + "\n"


_OWN = {
    "received": "一、",
    "carried_in": "二、",
    "granted": "(一)",
    "partly_granted": "(二)",
    "total": "(七)",
    "carried_out": "四、",
}


def labelled() -> list[tuple[str, str]]:
    """The rows of table three in the form of 2021, each with its label and ordinal."""
    count, made = Counter(), []
    for code, row in forms()["2021"].tables["applications"].rows.items():
        count[group := code.partition(".")[0]] += 1
        made.append((code, _OWN.get(code, f"{count[group]}.") + row.zh))
    return made


def around(three: str, said: str = "", four: str = "无。", behind: str = "") -> str:
    """A short report of 2023 with this in its sections three and four and behind its end, and ``said`` in section one."""
    return (
        f"某某市2023年政府信息公开工作年度报告\n一、总体情况\n坚持以公开为常态、不公开为例外。{said}\n"
        f"二、主动公开政府信息情况\n无。\n三、收到和处理政府信息公开申请情况\n{three}\n"
        f"四、政府信息公开行政复议、行政诉讼情况\n{four}\n五、存在的主要问题及改进情况\n公开内容不够。\n"
        f"六、其他需要报告的事项\n无。\n{behind}\n"
    )
