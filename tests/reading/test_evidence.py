"""What the prose may decide, and what it may not: another year, a part, a span of years, a plan."""

import pytest

from analysis.reading import read_report
from analysis.reading.identify import same_unit
from analysis.reading.neighbours import _follows
from analysis.templates import forms

PAGE = """甲市2021年政府信息公开工作年度报告
一、总体情况
{}
二、主动公开政府信息情况
无。
五、存在的主要问题及改进情况
队伍有待加强。
"""


def received(tmp_path, words):
    path = tmp_path / "甲市" / "2021.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(PAGE.format(words), encoding="utf8")
    facts = {f["key"]: f for f in read_report(path).records["facts"]}
    return facts["甲市/2021/applications.received.total"]


def test_prose_alone_gives_facts_marked_as_coming_from_it(tmp_path):
    fact = received(tmp_path, "2021年收到政府信息公开申请30件。办结30件。")
    assert (fact["value"], fact["status"], fact["basis"]) == (30, "reported", "prose")
    assert "30件" in fact["raw"]


@pytest.mark.parametrize(
    "words",
    [
        "2020年收到政府信息公开申请30件。",
        "上年收到政府信息公开申请30件。",
        "其中市公安局收到政府信息公开申请30件。",
        "2016年以来累计收到政府信息公开申请30件。",
        "计划收到政府信息公开申请30件。",
        "约收到政府信息公开申请近30件。",
    ],
)
def test_a_number_of_another_year_a_part_or_a_plan_is_no_fact(tmp_path, words):
    fact = received(tmp_path, words + "本年办结申请12件。")
    assert fact["value"] is None


def test_prose_that_contradicts_itself_leaves_the_cell_open(tmp_path):
    fact = received(tmp_path, "2021年收到政府信息公开申请1234567件。共收到政府信息公开申请1234568件。")
    assert (fact["status"], fact["candidates"]) == ("ambiguous", "1234567|1234568")


def test_a_lone_number_over_several_columns_is_not_cut(shared, tmp_path):
    page = (shared / "reports" / "上海市人民政府办公厅" / "2019.html").read_text(encoding="utf8")
    start = page.index("<tr", page.index("规范性文件</p></td>") - 200)
    end = page.index("</tr>", start)
    row = "<tr><td><p>规范性文件</p></td><td colspan=4><p>6060</p></td>"
    path = tmp_path / "上海市人民政府办公厅" / "2019.html"
    path.parent.mkdir()
    path.write_text(page[:start] + row + page[end:], encoding="utf8")
    facts = [f for f in read_report(path).records["facts"] if f["row"] == "normative_documents"]
    assert [f["value"] for f in facts] == [None] * 3


def test_a_hidden_row_is_not_read(shared, tmp_path):
    page = (shared / "reports" / "上海市人民政府办公厅" / "2019.html").read_text(encoding="utf8")
    start = page.index("<tr", page.index("行政许可</p></td>") - 200)
    hidden = '<tr style="display:none"><td>行政许可</td><td>9</td><td>9</td><td>9</td></tr>'
    path = tmp_path / "上海市人民政府办公厅" / "2019.html"
    path.parent.mkdir()
    path.write_text(page[:start] + hidden + page[start:], encoding="utf8")
    facts = [f for f in read_report(path).records["facts"] if f["row"] == "licensing"]
    assert [f["value"] for f in facts] == [0, 0, 0]


def test_a_printed_sign_is_heeded():
    (rule,) = (r for r in forms()["2019"].tables["disclosure"].carried if r.reads)
    before = {"items_last_year": 100.0, "items_change": 5.0}
    assert _follows(before, {"items_last_year": 105.0}, rule)
    assert not _follows(before, {"items_last_year": 95.0}, rule)
    assert _follows({**before, "unsigned": 1.0}, {"items_last_year": 95.0}, rule)


def test_a_province_is_not_its_county():
    assert same_unit("永康市", "浙江省永康市")
    assert same_unit("平潭综合实验区管委会", "平潭综合实验区")
    assert not same_unit("福建省", "福建省平潭县")
