"""The same report in every format and layout is read the same, cell by cell.

Whole reports are printed from the true cells (``printing``) and read back. What must hold of every
layout: no cell gets a value that is not its own, no number that is printed is called blank, and the
true value is among the candidates of a cell that stays open. Where blanks and columns are kept, no
cell stays open at all.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import matplotlib.figure
import opencc
import pytest
from printing import around, labelled, other_in_one_row, paper, prose, title, truth, wrapped
from pypinyin import pinyin

from analysis.errors import InputError
from analysis.reading import read_report
from analysis.synthesis.printing import (
    RESULTS,
    ROWS,
    Box,
    Grid,
    Truth,
    applications,
    delimited,
    disclosure,
    disputes,
    docx,
    glued,
    html_body,
    html_page,
    html_table,
    number,
    plain_cell,
    text,
    xlsx,
)
from analysis.templates import Cell

PROJECT = Path(__file__).parents[2]
# What is printed again: the form of 2021 with large and small numbers, that of 2019, and one that prints
# blanks where it counts nothing and leaves totals out.
FULL = [("宿迁市", 2023), ("宿迁市", 2024), ("平潭综合实验区", 2019), ("平潭综合实验区", 2025)]
BLANK = ("上海市人民政府办公厅", 2019)


def _named(which):
    return f"{which[0][:2]}{which[1]}"


@pytest.fixture(params=[FULL[0], *FULL[2:], BLANK], ids=_named)
def true(request, shared) -> Truth:
    """One of each kind."""
    return truth(shared, *request.param)


@pytest.fixture(params=FULL, ids=_named)
def full(request, shared) -> Truth:
    """Each of those that print a number in every cell."""
    return truth(shared, *request.param)


@pytest.fixture
def blank(shared) -> Truth:
    return truth(shared, *BLANK)


@pytest.fixture
def suqian(shared) -> Truth:
    return truth(shared, "宿迁市", 2023)


# comparing


def worth(cell: Cell, printed: str, true: Truth) -> float:
    """What a printed cell is worth in the unit of the facts."""
    column = true.form.tables[cell.table].column_of(cell)
    digits = float(re.match(r"-?[\d.]+", printed)[0])
    return digits * (1e8 if "亿" in printed else 1e4 if column.unit and "元" not in printed else 1)


def _implied(cell: Cell, true: Truth) -> float | None:
    """What a blank total counts: the sum of what its row prints."""
    row = [v for c, v in true.cells.items() if (c.table, c.row) == (cell.table, cell.row) and v]
    return float(sum(map(int, row))) if cell.column == "total" and row else None


def _close(value: float, other: float) -> bool:
    return abs(value - other) <= 1e-9 * max(1, abs(other))


def compare(report, true: Truth) -> tuple[list[str], list[str]]:
    """The cells that are read wrong, and those that stay open."""
    facts = {Cell(f["table"], f["row"], f["column"]): f for f in report.records["facts"]}
    wrong, open_ = [], []
    for cell, printed in true.cells.items():
        fact = facts.get(cell)
        if fact is None:
            wrong.append(f"{cell}: not in the form of the page")
            continue
        value, status = fact["value"], fact["status"]
        found = f"{cell}: {status} {value} {fact['candidates']} for {printed or 'blank'}"
        if status == "ambiguous":
            listed = fact["candidates"].split("|") if fact["candidates"] else []
            options = {float(c) for c in listed if c != "blank"}
            due = worth(cell, printed, true) if printed else None
            among = any(_close(o, due) for o in options) if printed else bool({"blank", "0"} & set(listed))
            among = among or (not printed and _implied(cell, true) in options)
            (open_ if among or not listed else wrong).append(found)
        elif printed:
            if value is None or not _close(value, worth(cell, printed, true)):
                wrong.append(found)
        elif value is not None and (status != "inferred" or value != _implied(cell, true)):
            wrong.append(found)
    return wrong, open_


def read(true: Truth, folder: Path, suffix: str, page: str | bytes, encoding: str = "utf-8"):
    """Write a page where it is filed and read it; its unit, year and form must be known."""
    path = true.path(folder, suffix)
    path.write_bytes(page.encode(encoding) if isinstance(page, str) else page)
    report = read_report(path)
    assert (report.unit, report.year, report.form.code) == (true.unit, true.year, true.form.code)
    return report


def read_whole(true: Truth, *page, **more) -> None:
    """Every printed cell is right, and every blank is a blank."""
    report = read(true, *page, **more)
    wrong, open_ = compare(report, true)
    assert (wrong[:9], open_[:9]) == ([], [])
    assert {f["status"] for f in report.records["facts"]} <= {
        "reported",
        "blank",
        "not_applicable",
        "inferred",
    }


def read_open(true: Truth, *page, only: frozenset[str] = frozenset(), **more) -> None:
    """No cell is wrong, and only cells of the tables ``only`` stay open."""
    wrong, open_ = compare(read(true, *page, **more), true)
    assert wrong[:9] == []
    assert [o for o in open_ if o.partition(".")[0] not in only] == []


ANY = frozenset(["disclosure", "applications", "disputes"])


# web pages


def test_a_plain_page(true, tmp_path):
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true))))


@pytest.mark.parametrize("suffix", [".htm", ".shtml", ".txt"])
def test_a_page_is_known_by_what_it_holds(suqian, tmp_path, suffix):
    read_whole(suqian, tmp_path, suffix, html_page(html_body(paper(suqian))))


def test_a_piece_of_a_page_without_html_or_body(true, tmp_path):
    read_whole(true, tmp_path, ".html", html_body(paper(true)))


MENU = '<div class="header"><ul><li><a href="/">首页</a></li><li><a>政务公开</a></li><li><a>办事服务</a></li></ul></div>'
CRUMBS = '<div class="position">您现在的位置：<a>首页</a> &gt; <a>政府信息公开</a> &gt; <a>政府信息公开年报</a></div>'
SIDEBAR = (
    '<div class="side"><h3>历年年报</h3><ul>'
    + "".join(
        f"<li><a>{year}年政府信息公开工作年度报告</a> {year + 1}-01-31</li>" for year in range(2012, 2022)
    )
    + "</ul></div>"
)
CALENDAR = (
    '<table class="calendar"><tr><th>一</th><th>二</th><th>三</th><th>四</th><th>五</th><th>六</th><th>日</th></tr>'
    + "".join(f"<tr>{''.join(f'<td>{d + w}</td>' for d in range(7))}</tr>" for w in (1, 8, 15, 22))
    + "</table>"
)
HIDDEN = (
    '<div style="display: none"><p>三、收到和处理政府信息公开申请情况</p><table><tr><td>一、本年新收政府信息公开申请数量'
    "</td><td>9</td><td>9</td><td>9</td><td>9</td><td>9</td><td>9</td><td>54</td></tr></table></div>"
)
SCRIPT = "<script>var t = '<table><tr><td>规章</td><td>7</td><td>7</td><td>7</td></tr></table>'; if (1 < 2) {}</script>"
STYLE = "<style>.p1 {margin: 0} td {width: 12px}</style>"
COMMENT = "<!-- <table><tr><td>规章</td><td>8</td><td>8</td><td>8</td></tr></table> -->"
FOOTER = (
    "<div class='share'>打印本页 关闭窗口</div><div id='footer'><p>主办：办公室 承办：信息中心</p><p>网站标识码3200000001 "
    "ICP备05000001号</p><table><tr><td>访问量</td><td>1234567</td></tr></table></div>"
)
SITES = {
    "menus before and after": lambda a: f"{MENU}{CRUMBS}<div id='content'>{a}</div>{FOOTER}",
    "a list of other reports beside it": lambda a: (
        f"{MENU}<div>{SIDEBAR}<div id='content'>{a}</div></div>{FOOTER}"
    ),
    "the list behind it": lambda a: f"{MENU}<div><div id='content'>{a}</div>{SIDEBAR}</div>{FOOTER}",
    "a calendar before it": lambda a: f"{MENU}{CALENDAR}<div id='content'>{a}</div>{FOOTER}",
    "a calendar behind it": lambda a: f"{MENU}<div id='content'>{a}</div>{CALENDAR}{FOOTER}",
    "scripts, styles and comments": lambda a: (
        f"{SCRIPT}{STYLE}{COMMENT}<div>{COMMENT}{a}{SCRIPT}</div>{COMMENT}{SCRIPT}"
    ),
    "a hidden copy before it": lambda a: f"{HIDDEN}<div>{a}</div>",
    "a hidden copy behind it": lambda a: f"<div>{a}</div>{HIDDEN}",
    "a hidden table among its parts": lambda a: f"<div>{a.replace('<p>四、', HIDDEN + '<p>四、')}</div>",
    "scripts and comments between rows": lambda a: (
        f"<div>{a.replace('</tr>', '</tr>' + COMMENT + SCRIPT)}</div>"
    ),
    "a frame of nested tables": lambda a: (
        "<table><tr><td>".join(["", MENU, CRUMBS, a]) + "</td></tr></table>" * 3
    ),
    "a frame with a sidebar": lambda a: (
        f"<table><tr><td colspan=2>{MENU}</td></tr><tr><td width=200><table><tr><td>{SIDEBAR}</td></tr></table></td>"
        f"<td><table><tr><td><table><tr><td>{a}</td></tr></table></td></tr></table></td></tr><tr><td colspan=2>{FOOTER}"
        "</td></tr></table>"
    ),
    "a frame around every paragraph": lambda a: re.sub(
        r"<p>(.*)</p>", r"<table><tr><td><p>\1</p></td></tr></table>", a
    ),
    "sections in elements of their own": lambda a: re.sub(
        r"(?s)<p>([一二三四五六]、.*?)(?=\n<p>[一二三四五六]、|\Z)", r"<section><h2>\1</section>", a
    ).replace("<h2>", "<p>"),
}


@pytest.mark.parametrize("site", SITES)
def test_the_article_is_found_in_its_site(true, tmp_path, site):
    read_whole(true, tmp_path, ".html", html_page(SITES[site](html_body(paper(true))), name=title(true)))


def test_a_title_that_only_the_site_prints_names_the_report(true, tmp_path):
    page = html_page(f"<h1>{title(true)}</h1><div>{MENU}</div><div>{html_body(paper(true)[1:])}</div>")
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf8")
    report = read_report(path)
    assert (report.unit, report.year) == (true.unit, true.year)


def test_columns_of_four_and_five_in_one_table(true, tmp_path):
    grids = [disclosure(true, mixed=True), applications(true), disputes(true)]
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true, grids))))


def test_the_label_of_the_results_spans_all_its_rows(true):
    (spans,) = (box.high for row in applications(true).rows for box in row if box.text == RESULTS)
    assert spans == (20 if true.form.code == "2019" else 22)


@pytest.mark.parametrize("header", [False, True], ids=["header once", "header again"])
@pytest.mark.parametrize("at", [4, 6, 9, 13, 24])
def test_table_three_cut_after_a_row(true, tmp_path, at, header):
    first, second = applications(true).cut(at, header)
    assert at in (4, 24) or any(box.text == RESULTS for row in second.rows for box in row)
    grids = [disclosure(true), first, second, disputes(true)]
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true, grids))))


@pytest.mark.parametrize("at", [2, 3, 4, 6, 9])
def test_table_two_cut_after_a_row(true, tmp_path, at):
    grids = [*disclosure(true).cut(at, False), applications(true), disputes(true)]
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true, grids))))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_table_four_cut_within_its_header(true, tmp_path, at):
    grids = [disclosure(true), applications(true), *disputes(true).cut(at, False)]
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true, grids))))


def test_each_block_in_a_table_of_its_own(true, tmp_path):
    table = disclosure(true)
    starts = [n for n, row in enumerate(table.rows) if len(row) == 1] + [len(table.rows)]
    blocks = [replace(table, rows=table.rows[a:b]) for a, b in zip(starts, starts[1:], strict=False)]
    grids = [*blocks, applications(true), disputes(true)]
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true, grids))))


def _wide(digits: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in digits)


def _value(printed: str, empty: str = ""):
    """Cells whose numbers are printed in this way, and their blanks in that."""

    def cell(box: Box) -> str:
        if not box.value:
            return f'<p style="text-align:center">{plain_cell(box)}</p>'
        return printed.format(box.text, wide=_wide(box.text)) if box.text else empty

    return cell


def _spelled(between: str):
    """Labels cut in the middle."""

    def cell(box: Box) -> str:
        half = len(box.text) // 2
        return box.text if box.value or half < 2 else f"{box.text[:half]}{between}{box.text[half:]}"

    return cell


CELLS = {
    "paragraphs": _value("<p>{}</p>", "<p></p>"),
    "an empty paragraph behind": _value("<p>{}</p><p>&nbsp;</p>", "<p>&nbsp;</p><p>&nbsp;</p>"),
    "an empty paragraph before": _value("<p>&nbsp;</p><p>{}</p>", "<p> </p>"),
    "line breaks": _value("<br>{}<br/>", "<br/>"),
    "spaces that do not break": _value("&nbsp;{}&nbsp;", "&nbsp;"),
    "Word's paragraphs": _value(
        '<p class="MsoNormal"><span lang="EN-US">{}<o:p></o:p></span></p>',
        '<p class="MsoNormal"><span lang="EN-US"><o:p>&nbsp;</o:p></span></p>',
    ),
    "spaces and line ends": _value("\n   {}\n\t", "\n  \n"),
    "full-width spaces": _value("　{}　", "　"),
    "full-width digits": _value("{wide}"),
    "each number in a font": _value("<font size=3><b><span>{}</span></b></font>", "<span></span>"),
    "no-width spaces": _value("\u200b{}\ufeff", "\u200b"),
    "a dash for a blank": _value("{}", "-"),
    "a long dash for a blank": _value("{}", "——"),
    "a stroke for a blank": _value("{}", "/"),
    "numbers as links": _value('<a href="#">{}</a>', "<a></a>"),
    "comments in cells": _value("<!--[if !supportEmptyParas]-->{}<!--[endif]-->", "<!-- 0 -->"),
    "labels cut by line breaks": _spelled("<br>"),
    "labels in two paragraphs": _spelled("</p>\n<p>"),
    "labels with spaces": _spelled("&nbsp; "),
    "labels over source lines": _spelled("\n      "),
}


@pytest.mark.parametrize("how", CELLS)
def test_cells_printed_so(true, tmp_path, how):
    page = html_page(html_body(paper(true), partial(html_table, cell=CELLS[how])))
    read_whole(true, tmp_path, ".html", page)


def test_digits_of_a_number_in_several_elements(true, tmp_path):
    def cell(box: Box) -> str:
        return "".join(f"<span>{c}</span>" for c in box.text) if box.value else plain_cell(box)

    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true), partial(html_table, cell=cell))))


def test_amounts_and_counts_with_commas(suqian, tmp_path):
    def cell(box: Box) -> str:
        whole, dot, decimals = box.text.partition(".")
        return f"{int(whole):,}{dot}{decimals}" if box.value else plain_cell(box)

    read_whole(suqian, tmp_path, ".html", html_page(html_body(paper(suqian), partial(html_table, cell=cell))))


def test_rows_that_are_paragraphs_of_one_row(full, tmp_path):
    """The reasons of a refusal, and their numbers, line by line within one row of cells."""
    table = applications(full)
    made: list[tuple[Box, ...]] = []
    for row in table.rows:
        label = next((b for b in row if re.match(r"\d\.", b.text)), None)
        if label and not label.text.startswith("1."):
            made[-1] = (
                *made[-1][:-8],
                *(replace(a, text=f"{a.text}\n{b.text}") for a, b in zip(made[-1][-8:], row, strict=True)),
            )
        else:
            made.append(row)
    rows = [tuple(replace(b, high=1) if n > 2 else b for b in row) for n, row in enumerate(made)]
    table = replace(table, rows=tuple(rows))
    grids = [disclosure(full), table, disputes(full)]

    def cell(box: Box) -> str:
        return "".join(f"<p>{line}</p>" for line in box.text.split("\n"))

    read_whole(
        full, tmp_path, ".html", html_page(html_body(paper(full, grids), partial(html_table, cell=cell)))
    )


def test_header_and_body_told_apart(true, tmp_path):
    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true), partial(html_table, head=True))))


def test_row_labels_that_are_headers(true, tmp_path):
    def table(grid: Grid) -> str:
        return re.sub(r"<td([^>]*)>([^<]*[一-鿿][^<]*)</td>", r"<th\1>\2</th>", html_table(grid))

    read_whole(true, tmp_path, ".html", html_page(html_body(paper(true), table)))


def test_elements_that_are_never_closed(true, tmp_path):
    page = html_page(html_body(paper(true), partial(html_table, closed=False), closed=False))
    assert "</p>" not in page and "</td>" not in page
    read_whole(true, tmp_path, ".html", page)


def test_tags_in_capitals(true, tmp_path):
    page = re.sub(r"</?\w+", lambda m: m[0].upper(), html_page(html_body(paper(true))))
    read_whole(true, tmp_path, ".html", page)


def test_rows_of_a_wide_grid_end_in_empty_cells(true, tmp_path):
    page = html_page(html_body(paper(true))).replace("</tr>", "<td></td><td>&nbsp;</td></tr>")
    read_whole(true, tmp_path, ".html", page)


# encodings


def _traditional(page: str, how: str = "s2t") -> str:
    return opencc.OpenCC(how).convert(page)


ENCODINGS = {
    "UTF-8": ("utf-8", "utf-8"),
    "UTF-8 with its mark": ("utf-8-sig", "utf-8"),
    "GB18030": ("gb18030", "gb18030"),
    "GBK": ("gbk", "gbk"),
    "GBK declared as GB2312": ("gbk", "gb2312"),
    "GBK declared as UTF-8": ("gbk", "utf-8"),
    "UTF-8 declared as GB2312": ("utf-8", "gb2312"),
    "UTF-8 with its mark declared as GBK": ("utf-8-sig", "gbk"),
    "GBK not declared": ("gbk", ""),
    "UTF-8 not declared": ("utf-8", ""),
    "GBK declared as something unknown": ("gbk", "x-none"),
    "UTF-16": ("utf-16", "utf-16"),
    "UTF-16 declared as UTF-8": ("utf-16", "utf-8"),
    "UTF-16 without its mark": ("utf-16-le", ""),
    "UTF-16, the other way round": ("utf-16-be", ""),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_page_in_this_encoding(suqian, tmp_path, name):
    encoding, declared = ENCODINGS[name]
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    read_whole(suqian, tmp_path, ".html", html_page(html_body(paper(suqian)), head), encoding=encoding)


@pytest.mark.parametrize("name", [n for n, (_, declared) in ENCODINGS.items() if not declared] + ["UTF-16"])
def test_a_text_in_this_encoding(suqian, tmp_path, name):
    read_whole(suqian, tmp_path, ".txt", text(paper(suqian), "bars"), encoding=ENCODINGS[name][0])


@pytest.mark.parametrize("declared", ["big5", "utf-8", ""])
@pytest.mark.parametrize("suffix", [".html", ".txt"])
def test_traditional_characters_in_big5(true, tmp_path, suffix, declared):
    blocks = paper(true)
    page = (
        html_page(html_body(blocks), f'<meta charset="{declared}">')
        if suffix == ".html"
        else text(blocks, "bars")
    )
    read_whole(true, tmp_path, suffix, _traditional(page, "s2tw"), encoding="big5")


def test_a_file_with_the_line_ends_of_windows_or_of_old_macs(suqian, tmp_path):
    for end in ("\r\n", "\r"):
        read_whole(suqian, tmp_path, ".txt", text(paper(suqian), "bars").replace("\n", end))


@pytest.mark.parametrize("transfer", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
@pytest.mark.parametrize("suffix", [".mhtml", ".mht"])
def test_an_archive_of_a_page(suqian, tmp_path, suffix, charset, transfer):
    message = EmailMessage()
    message["Subject"] = title(suqian)
    page = html_page(html_body(paper(suqian)), "")
    message.set_content(page, subtype="html", charset=charset, cte=transfer)
    message.make_related()
    message.add_related(b"\x89PNG\r\n" * 9, "image", "png", cid="<a@b>")
    read_whole(suqian, tmp_path, suffix, message.as_bytes())


# documents and sheets


def test_a_word_document_with_merged_cells(true, tmp_path):
    read_whole(true, tmp_path, ".docx", docx(paper(true)))


def test_a_word_document_with_labels_over_paragraphs(true, tmp_path):
    def pieces(box: Box) -> list[str]:
        return [box.text] if box.value else [box.text[i : i + 5] for i in range(0, len(box.text), 5)] or [""]

    read_whole(true, tmp_path, ".docx", docx(paper(true), pieces))


def test_a_word_document_with_empty_paragraphs_in_cells(true, tmp_path):
    read_whole(true, tmp_path, ".docx", docx(paper(true), lambda b: ["", f" {b.text} ", ""]))


def test_a_word_document_whose_ordinals_are_set_by_word(true, tmp_path):
    """Headings and labels without their ordinals, which stand in the numbering of the document."""
    bare = re.compile(r"^(?:[一二三四五六]、|（[一二三四五六七]）|\d\.)")
    tables = [
        replace(g, rows=tuple(tuple(replace(b, text=bare.sub("", b.text)) for b in row) for row in g.rows))
        for g in (disclosure(true), applications(true), disputes(true))
    ]
    read_whole(
        true,
        tmp_path,
        ".docx",
        docx([bare.sub("", b) if isinstance(b, str) else b for b in paper(true, tables)]),
    )


def test_a_word_document_with_a_table_cut_by_a_page(true, tmp_path):
    grids = [disclosure(true), *applications(true).cut(12, True), disputes(true)]
    read_whole(true, tmp_path, ".docx", docx(paper(true, grids)))


def test_a_word_document_with_its_tables_in_content_controls(suqian, tmp_path):
    import docx as word
    from docx.oxml import OxmlElement

    document = word.Document(io.BytesIO(docx(paper(suqian))))
    for table in document.tables:
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        table._tbl.addprevious(control)
        control.append(content)
        content.append(table._tbl)
    made = io.BytesIO()
    document.save(made)
    read_whole(suqian, tmp_path, ".docx", made.getvalue())


SHEETS = {
    "whole numbers": {"value": number},
    "fractions": {"value": partial(number, kind=float)},
    "text": {"value": lambda b: b.text or None},
    "text with spaces": {"value": lambda b: f" {b.text} "},
    "a sheet a table": {"sheets": True},
    "empty columns around": {"margin": 2},
    "a sheet a table, empty columns around": {"sheets": True, "margin": 1},
}


@pytest.mark.parametrize("how", SHEETS)
def test_a_workbook_of(true, tmp_path, how):
    read_whole(true, tmp_path, ".xlsx", xlsx(paper(true), **SHEETS[how]))


@pytest.mark.parametrize("spans", [False, True], ids=["cells alone", "spans kept"])
@pytest.mark.parametrize("suffix, delimiter", [(".csv", ","), (".csv", ";"), (".csv", "\t"), (".tsv", "\t")])
def test_delimited_text(true, tmp_path, suffix, delimiter, spans):
    read_whole(true, tmp_path, suffix, delimited(paper(true), delimiter, spans))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("suffix, delimiter", [(".csv", ","), (".tsv", "\t")])
def test_delimited_text_in_this_encoding(suqian, tmp_path, suffix, delimiter, encoding):
    read_whole(suqian, tmp_path, suffix, delimited(paper(suqian), delimiter, True), encoding=encoding)


# text

# Layouts that keep every cell; in the others a blank leaves nothing behind.
KEPT = [
    "bars",
    "framed",
    "framed, spans kept",
    "tight bars",
    "tabs",
    "tabs, spans kept",
    "markdown",
    "bold markdown",
]


@pytest.mark.parametrize("flat", [False, True], ids=["groups beside", "groups above"])
@pytest.mark.parametrize("rows", KEPT)
def test_text_with_its_cells_kept(true, tmp_path, rows, flat):
    suffix = ".md" if "markdown" in rows else ".txt"
    read_whole(true, tmp_path, suffix, text(paper(true, flat=flat), rows))


@pytest.mark.parametrize("flat", [False, True], ids=["groups beside", "groups above"])
@pytest.mark.parametrize("rows", [r for r in ROWS if r not in KEPT])
def test_text_without_blanks_needs_no_cells(full, tmp_path, rows, flat):
    read_whole(full, tmp_path, ".txt", text(paper(full, flat=flat), rows))


@pytest.mark.parametrize("flat", [False, True], ids=["groups beside", "groups above"])
@pytest.mark.parametrize("rows", ["aligned", "blanks vanished", "single spaces"])
def test_blanks_that_vanished_make_no_cell_wrong(blank, tmp_path, rows, flat):
    read_open(blank, tmp_path, ".txt", text(paper(blank, flat=flat), rows), only=ANY)


@pytest.mark.parametrize("rows", ["bars", "single spaces", "aligned", "tabs", "framed, spans kept"])
def test_a_text_wrapped_by_hand_with_page_numbers(full, tmp_path, rows):
    read_whole(full, tmp_path, ".txt", wrapped(paper(full), rows))


def test_a_text_whose_tables_are_wrapped_too(full, tmp_path):
    """Lines of thirty characters, page numbers between them, cut through labels and between numbers."""
    page = text(paper(full), "single spaces")
    lines = []
    for line in page.splitlines():
        made = ""
        for word in re.findall(r"\d[\d.,]*元?|\s|.", line):
            if len(made) + len(word) > 30:
                lines.append(made)
                made = ""
            made += word
        lines.append(made)
    for at in range(len(lines) - len(lines) % 20, 0, -20):
        lines.insert(at, f"— {at // 20} —")
    read_open(full, tmp_path, ".txt", "\n".join(lines), only=frozenset(["disclosure"]))


def test_everything_on_one_line_with_digits_glued(full, tmp_path):
    # Suqian's lawsuits can be cut in two ways that add up: 1|1|16|6|24 and 1|11|6|6|24.
    only = {"disclosure", "disputes"} if full.unit == "宿迁市" else {"disclosure"}
    read_open(full, tmp_path, ".txt", glued(paper(full)), only=frozenset(only))


@pytest.mark.parametrize("width", [29, 30, 41])
def test_glued_digits_wrapped_anywhere_make_no_cell_wrong(full, tmp_path, width):
    page = glued(paper(full))
    lines = "\n".join(page[i : i + width] for i in range(0, len(page), width))
    read_open(full, tmp_path, ".txt", lines, only=ANY)


def test_glued_digits_without_blanks_make_no_cell_wrong(blank, tmp_path):
    read_open(blank, tmp_path, ".txt", glued(paper(blank)), only=ANY)


def test_one_line_with_a_space_between_cells(full, tmp_path):
    page = text(paper(full), "single spaces").replace("\n", " ")
    read_whole(full, tmp_path, ".txt", page)


# characters and labels


def _glossed(page: str, every: int = 7) -> str:
    """Traditional characters, some with their reading behind them: 據(jù)."""
    made = []
    for n, character in enumerate(_traditional(page)):
        made.append(character)
        if n % every == 0 and "一" <= character <= "鿿":
            made.append(f"({unicodedata.normalize('NFC', pinyin(character)[0][0])})")
    return "".join(made)


@pytest.mark.parametrize("rows", ["bars", "framed", "tabs", "markdown"])
def test_traditional_characters_with_their_readings(true, tmp_path, rows):
    page = _glossed(text(paper(true), rows))
    report = read(true, tmp_path, ".txt", page)
    assert compare(report, true) == ([], [])
    assert report.text.glosses > 50 and report.text.traditional


@pytest.mark.parametrize("rows", ["bars", "tabs"])
def test_full_width_digits_bars_and_punctuation(true, tmp_path, rows):
    page = text(paper(true), rows)
    wide = "".join(chr(ord(c) + 0xFEE0) if c in "0123456789.|,()/" else c for c in page)
    read_whole(true, tmp_path, ".txt", wide)


def test_half_width_punctuation(true, tmp_path):
    page = text(paper(true), "bars").translate(str.maketrans("（），：；“”", '(),:;""'))
    read_whole(true, tmp_path, ".txt", page)


def _renamed(true: Truth, names: Mapping[str, str]) -> list:
    """The report with other words for some labels."""
    return [
        replace(
            g,
            rows=tuple(
                tuple(b if b.value else replace(b, text=names.get(b.text, b.text)) for b in row)
                for row in g.rows
            ),
        )
        for g in (disclosure(true), applications(true), disputes(true))
    ]


LABELS = {
    "规范性文件": {"行政规范性文件": "规范性文件"},
    "行政规范性文件": {"规范性文件": "行政规范性文件"},
    "words missing": {"2.其他法律行政法规禁止公开": "2.其他法律行政止公开"},
    "more words missing": {
        "5.要求行政机关确认或重新出具已获取信息": "5.要求行政机关确认或重新出具",
        "2.没有现成信息需要另行制作": "2.没有现成信息需另行制作",
        "1.本机关不掌握相关政府信息": "1.本机关不掌握相关信息",
    },
    "shortened": {
        "（二）部分公开（区分处理的，只计这一情形，不计其他情形）": "（二）部分公开",
        "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请": "1.申请人无正当理由逾期不补正",
        "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请": "2.申请人逾期未缴纳费用",
    },
    "without ordinals": {
        "（七）总计": "总计",
        "四、结转下年度继续办理": "结转下年度继续办理",
        "（一）予以公开": "予以公开",
    },
    "other headers": {
        "本年新制作数量": "本年新|制作数量",
        "本年增/减": "本年增（减）",
        "现行有效件数": "现行有效|件数",
        "社会公益组织": "社会公益 组织",
    },
    "headers cut short": {"本年新制作数量": "本年新", "本年新公开数量": "本年新", "本年制发件数": "本年"},
}


@pytest.mark.parametrize("suffix", [".html", ".docx", ".txt"])
@pytest.mark.parametrize("which", LABELS)
def test_labels_in_other_words(true, tmp_path, which, suffix):
    names = {k: v.replace("|", "" if suffix == ".txt" else "\n") for k, v in LABELS[which].items()}
    blocks = paper(true, _renamed(true, names))
    page = {
        ".html": lambda: html_page(
            html_body(blocks, partial(html_table, cell=lambda b: plain_cell(b).replace("\n", "<br>")))
        ),
        ".docx": lambda: docx(blocks, lambda b: b.text.split("\n")),
        ".txt": lambda: text(blocks, "bars"),
    }[suffix]()
    read_whole(true, tmp_path, suffix, page)


PRINTERS = {
    "html": (".html", lambda blocks: html_page(html_body(blocks))),
    "docx": (".docx", docx),
    "xlsx": (".xlsx", xlsx),
    "csv": (".csv", partial(delimited, delimiter=",", spans=True)),
    "bars": (".txt", partial(text, rows="bars")),
    "aligned": (".txt", partial(text, rows="aligned")),
    "single spaces": (".txt", partial(text, rows="single spaces")),
}


@pytest.mark.parametrize("how", PRINTERS)
def test_other_outcomes_in_one_row_on_the_form_of_2021(suqian, tmp_path, how):
    true = other_in_one_row(suqian)
    suffix, printer = PRINTERS[how]
    read_whole(true, tmp_path, suffix, printer(paper(true)))


def test_other_outcomes_in_one_row_with_digits_glued(suqian, tmp_path):
    true = other_in_one_row(suqian)
    read_open(true, tmp_path, ".txt", glued(paper(true)), only=frozenset(["disclosure", "disputes"]))


@pytest.mark.parametrize("how", PRINTERS)
def test_the_header_of_table_four_collapsed(full, tmp_path, how):
    suffix, printer = PRINTERS[how]
    grids = [disclosure(full), applications(full), disputes(full, collapsed=True)]
    read_whole(full, tmp_path, suffix, printer(paper(full, grids)))


def test_a_footnote_with_a_number_behind_each_table(true, tmp_path):
    blocks = []
    for block in paper(true):
        blocks += [block, "注：以上数字包括2个派出机构的36件。"] if isinstance(block, Grid) else [block]
    for suffix, printer in PRINTERS.values():
        if suffix != ".txt":
            read_whole(true, tmp_path, suffix, printer(blocks))


def test_remarks_in_cells(suqian, tmp_path):
    def cell(box: Box) -> str:
        return f"{box.text}（其中修订1件）" if box.text == "109" else plain_cell(box)

    read_whole(suqian, tmp_path, ".html", html_page(html_body(paper(suqian), partial(html_table, cell=cell))))


# PDFs


@pytest.mark.parametrize("edition", ["shared", "shipped"])
def test_a_pdf_is_read_cell_by_cell(shared, edition):
    true = truth(shared, "淮安市洪泽区", 2023)
    folder = shared / "reports" if edition == "shared" else PROJECT / "data" / "reports"
    report = read_report(folder / "淮安市洪泽区" / "2023.pdf")
    assert compare(report, true) == ([], [])


def test_a_scanned_pdf_says_that_it_is_one(tmp_path):
    figure = matplotlib.figure.Figure(figsize=(4, 6))
    figure.figimage([[0, 255] * 100] * 300)
    figure.savefig(tmp_path / "2023.pdf")
    with pytest.raises(InputError, match="扫描件"):
        read_report(tmp_path / "2023.pdf")


def locked_pdf() -> bytes:
    """A PDF of one empty page whose password nobody knows."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>",
        b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (b"5a" * 32, b"a5" * 32),
    ]
    made, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (n, body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF" % len(made)
    return made + b"xref\n0 5\n0000000000 65535 f \n" + rows + end


def test_a_pdf_with_a_password_says_so(tmp_path):
    (tmp_path / "2023.pdf").write_bytes(locked_pdf())
    with pytest.raises(InputError, match="有密码"):
        read_report(tmp_path / "2023.pdf")


# reports without the tables of any form


def test_a_report_without_tables_gives_what_its_prose_says(suqian, tmp_path):
    report = read(suqian, tmp_path, ".txt", "\n".join(prose(paper(suqian))))
    said = {
        f"{f['table']}.{f['row']}.{f['column']}": (f["value"], f["basis"])
        for f in report.records["facts"]
        if f["value"] is not None
    }
    assert said == {
        "applications.received.total": (3511, "prose"),
        "applications.carried_in.total": (96, "prose"),
        "applications.total.total": (3486, "prose"),
        "applications.carried_out.total": (121, "prose"),
    }
    assert {f["status"] for f in report.records["facts"] if f["value"] is None} == {"absent"}


INVENTED = Grid(
    "applications",
    (
        tuple(map(Box, ("受理渠道", "窗口", "信函", "网上"))),
        *(
            (Box(label), *(Box(str(n * k), value=True) for k in (3, 5, 8)))
            for n, label in enumerate(("咨询件", "重复申请", "转办件", "属于国家秘密", "办结件"), 1)
        ),
    ),
)


@pytest.mark.parametrize("year", [2023, 2031])
@pytest.mark.parametrize("how", ["html", "docx", "bars"])
def test_a_form_that_is_not_declared_is_refused_and_the_nearest_named(suqian, tmp_path, how, year):
    blocks = [
        b.replace("2023", str(year)) if isinstance(b, str) else b for b in paper(suqian, [INVENTED]) if b
    ]
    suffix, printer = PRINTERS[how]
    path = replace(suqian, year=year).path(tmp_path, suffix)
    page = printer(blocks)
    path.write_bytes(page.encode() if isinstance(page, str) else page)
    with pytest.raises(InputError, match="最接近的是(?:2021年起的报告格式|2019—2020年报告格式)"):
        read_report(path)


# the reports at hand

SHIPPED = sorted(
    f"{row['unit']}/{row['year']}"
    for row in csv.DictReader((PROJECT / "data" / "reports" / "sources.csv").open(encoding="utf8"))
)
SHARED = [*SHIPPED, "平潭县公安局/2009"]  # read, but not shipped


def _published(folder: Path, key: str) -> Path:
    (path,) = folder.glob(f"{key}.*")
    return path


def test_nineteen_reports_are_at_hand(shared):
    found = {f"{p.parent.name}/{p.stem}" for p in (shared / "reports").glob("*/*")}
    assert found == set(SHARED) and len(SHARED) == 19


@pytest.mark.parametrize("key", SHARED)
def test_no_report_at_hand_has_a_wrong_cell(shared, key):
    report = read_report(_published(shared / "reports", key))
    assert f"{report.unit}/{report.year}" == key
    listed = shared / "truth" / f"{key}.csv"
    if not listed.is_file():  # the statistics before 2019 have no true cells by hand
        assert {f["status"] for f in report.records["facts"]} >= {"reported"}
        return
    facts = {(f["table"], f["row"], f["column"]): f for f in report.records["facts"]}
    columns = {cell: report.form.tables[cell.table].column_of(cell) for cell in report.form.cells()}
    wrong = []
    for row in csv.DictReader(listed.open(encoding="utf8")):
        cell = Cell(row["table"], row["row"], row["column"])
        value, status = facts[cell]["value"], facts[cell]["status"]
        if value is None:
            right = status == "ambiguous" or row["status"] != "reported"
        elif row["status"] == "reported":
            match = re.match(r"(-?[\d.]+)(亿?)(元?)", row["value"])
            scale = 1e8 if match[2] else 1e4 if columns[cell].unit and not match[3] else 1
            right = _close(value, float(match[1]) * scale)
        else:
            right = status == "inferred" and cell.column == "total"
        if not right:
            wrong.append((row, status, value))
    assert wrong == []


@pytest.mark.parametrize("key", SHIPPED)
def test_both_editions_of_a_report_give_the_same_facts(shared, key):
    found = []
    for folder in (shared / "reports", PROJECT / "data" / "reports"):
        report = read_report(_published(folder, key))
        found.append(
            {f["key"]: (f["value"], f["status"], f["raw"], f["candidates"]) for f in report.records["facts"]}
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("between", ["\n", "\n\n", "  \n", "\t\n"])
def test_a_table_with_a_cell_a_line_at_the_end_of_the_page_is_found(between, tmp_path):
    numbers = dict.fromkeys(("received", "granted", "total"), [12, 0, 0, 0, 0, 0, 12])
    cells = [str(c) for code, words in labelled() for c in (words, *numbers.get(code, [0] * 7))]
    path = tmp_path / "某某市" / "2023.txt"
    path.parent.mkdir()
    path.write_text(around("见附表。", behind="附表\n" + between.join(cells)), encoding="utf8")
    facts = read_report(path).facts
    held = facts[facts["table"] == "applications"].set_index(["row", "column"])["value"]
    assert held[[("received", "natural_person"), ("received", "total"), ("total", "total")]].tolist() == [
        12,
        12,
        12,
    ]
    assert held[("unprocessed.repeated", "total")] == 0
