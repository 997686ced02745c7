"""A report of an invented city whose tables add up, and whose overview says what a test wants it to say."""

from pathlib import Path

from printing import paper

from analysis import templates
from analysis.reading import Report, read_report
from analysis.synthesis.printing import Truth, text
from analysis.templates import Cell

UNIT, YEAR = "甲市", 2024
# Row, then what its columns hold where that is not 0: natural persons and businesses; the total is their sum.
APPLICATIONS = {
    "received": (90, 10),
    "carried_in": (6, 0),
    "granted": (36, 4),
    "partly_granted": (14, 0),
    "denied.state_secret": (2, 0),
    "denied.internal_affairs": (8, 0),
    "unavailable.not_held": (20, 5),
    "unavailable.needs_creation": (5, 0),
    "unprocessed.repeated": (3, 0),
    "other.overdue_correction": (1, 0),
    "other.other": (2, 0),
    "total": (91, 9),
    "carried_out": (5, 1),
}
# upheld, corrected, other, pending
DISPUTES = {"review": (6, 2, 1, 3), "lawsuit_direct": (2, 0, 0, 1), "lawsuit_after_review": (4, 0, 1, 0)}
DISCLOSURE = {
    "normative_documents.made": "12",
    "normative_documents.repealed": "3",
    "normative_documents.in_force": "80",
    "licensing.decisions": "5000",
    "penalties.decisions": "700",
    "coercion.decisions": "30",
    "fees.amount": "12.5",
}


def cells(**changed: str) -> dict[Cell, str]:
    """The true cells; ``changed`` says some otherwise (``applications__received__total="101"``)."""
    form = templates.forms()["2021"]
    made = dict.fromkeys(form.cells(), "0")
    for row, (natural, business) in APPLICATIONS.items():
        for column, n in (("natural_person", natural), ("business", business), ("total", natural + business)):
            made[Cell("applications", row, column)] = str(n)
    for row, outcomes in DISPUTES.items():
        columns = ("upheld", "corrected", "other", "pending", "total")
        for column, n in zip(columns, (*outcomes, sum(outcomes)), strict=True):
            made[Cell("disputes", row, column)] = str(n)
    for place, value in DISCLOSURE.items():
        made[Cell.parse(f"disclosure.{place}")] = value
    for place, value in changed.items():
        made[Cell(*place.split("__"))] = value
    return made


def told(folder: Path, words: str, unit: str = UNIT, year: int = YEAR, **changed: str) -> Report:
    """The report with ``words`` for its overview; of another ``unit`` and ``year`` (from 2021 on) if need be."""
    true = Truth(unit, year, templates.forms()["2021"], cells(**changed))
    blocks, skipped = [], False
    for block in paper(true):
        if isinstance(block, str) and block[1:2] == "、" and block[0] in "一二三四五六":
            skipped = block.startswith("一")
            blocks += [block, *([words] if skipped else [])]
        elif not (skipped and isinstance(block, str)):
            blocks.append(block)
    path = true.path(folder, ".txt")
    path.write_text(text(blocks, "framed"), encoding="utf8")
    return read_report(path)


# A page without tables and of the years before the national forms, to try lists on.
OLD = """甲县{year}年政府信息公开工作年度报告
一、概述
{words}
五、政府信息公开工作存在的主要问题及改进情况
队伍有待加强。
附件：政府信息公开情况统计表
指标名称 | 计量单位 | {year}年度 | 历年累计
主动公开信息数 | 条 | {published} | 5000
其中：1.网站公开 | 条 | {published} | 5000
2.政府公报公开 | 条 | 0 | 0
受理依申请公开信息总数 | 条 | 3 | 9
行政复议数 | 件 | {reviews} | 0
行政诉讼数 | 件 | 0 | 0
"""


def told_before(folder: Path, words: str, published: int = 400, reviews: int = 0, year: int = 2012) -> Report:
    """A report on the local statistics before 2014 with ``words`` for its overview."""
    path = folder / "甲县" / f"{year}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(OLD.format(year=year, words=words, published=published, reviews=reviews), encoding="utf8")
    return read_report(path)
