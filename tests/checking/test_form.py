"""Sections, years, dates and the duties of a report: one thing is changed, and it is found."""

import pytest
from telling import told

from analysis.checking import check_report
from analysis.checking.page import out_of_order
from analysis.reading import read_report

SUQIAN = ("宿迁市", 2024)


@pytest.fixture
def suqian_with(tmp_path):
    """The shipped report of Suqian 2024 with one thing changed, checked."""
    from conftest import PROJECT

    page = PROJECT / "data" / "reports" / "宿迁市" / "2024.txt"

    def make(old: str, new: str):
        text = page.read_text(encoding="utf8")
        assert text.count(old) >= 1, old
        path = tmp_path / "宿迁市" / "2024.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(old, new, 1), encoding="utf8")
        return check_report(read_report(path))

    return make


def codes(found):
    return set(found["code"])


def test_the_report_as_it_is_has_nothing_of_this(suqian_with):
    none = {
        "text.other_year",
        "text.plan_of_this_year",
        "text.date_broken",
        "form.section_empty",
        "form.fee_unreported",
    }
    assert not none & codes(suqian_with("宿迁", "宿迁"))


# What is written in place of the first words of section one → the code that must come of it, if any.
YEARS = {
    "last year's sentence": ("2023年全市共收到申请。", "text.other_year"),
    "a sentence of its own year": ("2024年全市共收到申请。", None),
    "what the unit did last year": ("2023年，我市坚持公开为常态。", "text.other_year"),
    "the unit by its name": ("2022年，宿迁市坚持公开为常态。", "text.other_year"),
    "what was planned": ("2025年，我市将坚持公开为常态。", None),
    "a period that ends before it begins": ("统计时间为2024年1月1日至2023年12月31日。", "text.other_year"),
    "requests of last year, within a sentence": (
        "工作有序，2023年共收到信息公开申请9件。",
        "text.other_year",
    ),
    "a document of last year": ("落实《2023年政务公开要点》。", None),
    "a comparison": ("2023年全市共收到申请，比上年增加。", None),
    "a budget": ("2023年度决算全年公开。", None),
    "last year's period": ("统计时间为2023年1月1日至2023年12月31日。", "text.other_year"),
    "its own period": ("统计时间为2024年1月1日至12月31日。", None),
    "counted to last year": ("截至2023年12月底，栏目已满。", "text.other_year"),
    "a month that is none": ("于2024年13月5日印发。", "text.date_broken"),
    "a day that is none": ("于2月30日印发。", "text.date_broken"),
    "29 February of a leap year": ("于2024年2月29日印发。", None),
    "29 February of a common year": ("于2023年2月29日印发。", "text.date_broken"),
    "a date cut by extraction": ("自202411日至1231日。", "text.date_broken"),
}


@pytest.mark.parametrize("case", YEARS)
def test_years_and_dates(case, suqian_with):
    sentence, code = YEARS[case]
    found = suqian_with("一、总体情况\n", f"一、总体情况\n{sentence}\n")
    mine = {"text.other_year", "text.date_broken"} & codes(found)
    assert mine == ({code} if code else set())


TITLED = {
    "another year": ("宿迁市2024年政府信息公开", "宿迁市2023年政府信息公开", True),
    "another year, the right one in the way to the page": (
        "宿迁市2024年政府信息公开",
        "首页 > 宿迁市2024年政府信息公开工作年度报告\n宿迁市2023年政府信息公开",
        True,
    ),
    "the years of a menu": (
        "宿迁市2024年政府信息公开",
        "2022年政府信息公开年度报告\n2023年政府信息公开年度报告\n宿迁市2024年政府信息公开",
        False,
    ),
    "a link": (
        "宿迁市2024年政府信息公开",
        "上一篇：2023年政府信息公开年度报告\n宿迁市2024年政府信息公开",
        False,
    ),
}


@pytest.mark.parametrize("case", TITLED)
def test_the_year_of_the_title(case, suqian_with):
    old, new, wrong = TITLED[case]
    found = suqian_with(old, new)
    assert ("text.other_year" in codes(found)) == wrong


def test_a_report_filed_under_another_year_is_found_where_it_names_its_own(tmp_path):
    from conftest import PROJECT

    text = (PROJECT / "data" / "reports" / "平潭综合实验区" / "2021.txt").read_text(encoding="utf8")
    path = tmp_path / "平潭综合实验区" / "2021.txt"
    path.parent.mkdir()
    path.write_text(text.replace("2021", "2020"), encoding="utf8")
    report = read_report(path, "平潭综合实验区", 2021)
    (finding,) = check_report(report).query("code == 'document.year_differs'").itertuples()
    assert (finding.reported, finding.expected) == ("2020", "2021")
    assert report.text.raw[finding.start : finding.end] == "2020"


# Ordinals in their order → those that are wrong, by place, with what is due.
ORDERS = [
    ([1, 2, 3], []),
    ([1, 2, 3, 4, 4], [(4, 5)]),
    ([1, 3, 3], [(1, 2)]),  # 一是、三是、三是 in Pingtan's report of 2023
    ([1, 1, 3, 4], [(1, 2)]),
    ([1, 2, 2, 4], [(2, 3)]),
    ([1, 2, 4, 5], [(2, 3), (3, 4)]),  # one is skipped
    ([1, 1], [(1, 2)]),
    ([1, 2, 1, 2], []),  # two lists
    ([1, 1, 2, 3], []),
    ([2, 3, 4], []),  # 首先…二是…三是
]


@pytest.mark.parametrize(("values", "wrong"), ORDERS)
def test_ordinals_run_in_order(values, wrong):
    assert out_of_order(values) == wrong


LISTS = {
    "（一）甲。（二）乙。（三）丙。": [],
    "（一）甲。（三）乙。（三）丙。": [("(三)", "(二)")],
    "1.甲。2.乙。2.丙。": [("2.", "3.")],
    "（一）甲：1.子。2.丑。（二）乙：1.寅。2.卯。": [],
    "一是甲；二是乙；二是丙。": [("二是", "三是")],
    "第二十条第（五）项所列。（一）甲。（二）乙。": [],
    "占3.5，增2.5。": [],
}


@pytest.mark.parametrize("words", LISTS)
def test_lists_of_every_kind_are_numbered(words, tmp_path):
    found = check_report(told(tmp_path, words)).query("code == 'text.ordinal_repeated'")
    assert list(found[["reported", "expected"]].itertuples(index=False, name=None)) == LISTS[words]


def test_two_sections_of_one_number_are_found(suqian_with):
    found = suqian_with("三、收到和处理政府信息公开申请情况", "二、收到和处理政府信息公开申请情况")
    (row,) = found.query("code == 'text.ordinal_repeated'").itertuples()
    assert (row.reported, row.expected) == ("二、", "三、")


def test_a_section_that_is_known_by_what_it_says_alone_is_noted(shared):
    # The heading of section five is missing in the text made from the PDF.
    report = read_report(shared / "reports" / "上海市人民政府办公厅" / "2025.md")
    (note,) = check_report(report).query("code == 'form.section_untitled'").itertuples()
    assert note.expected == "存在的主要问题及改进情况"


@pytest.mark.parametrize(("year", "wrong"), [(2024, True), (2025, False)])
def test_a_plan_for_the_year_reported_on_is_last_years(year, wrong, suqian_with):
    title = "五、存在的主要问题及改进情况\n"
    found = suqian_with(title, f"{title}{year}年，我们将改进。\n")
    assert ("text.plan_of_this_year" in codes(found)) == wrong


def test_section_six_without_the_fee_is_found_on_the_form_of_2021(suqian_with, tmp_path):
    from conftest import PROJECT

    text = (PROJECT / "data" / "reports" / "宿迁市" / "2024.txt").read_text(encoding="utf8")
    told = text[text.index("六、其他需要报告的事项") + len("六、其他需要报告的事项") :]
    found = suqian_with(told, "\n无。\n")
    assert "form.fee_unreported" in codes(found)


def test_section_six_of_2020_owes_no_fee(shipped):
    # 永康 2020 says 无 in section six, and the duty began with the report of 2021.
    assert "form.fee_unreported" not in codes(shipped.findings)


def test_a_section_five_of_nothing_is_found(altered, shipped):
    text = shipped.report.text.raw
    section = shipped.report.sections["problems"]
    start, end = shipped.report.text.span(section.body, section.end)
    found = altered(text[start:end], "\n無\n").findings
    assert "form.section_empty" in codes(found)


def test_the_duties_of_article_50_hold_from_2019(shared):
    found = check_report(read_report(shared / "reports" / "平潭综合实验区" / "2018.txt"))
    assert not found["code"].str.startswith("duty.").any()


TITLES = [
    ("一、总体情况", "一、2024年总体情况"),
    ("一、总体情况", "一、总体工作情况"),
    ("五、存在的主要问题及改进情况", "五、存在的不足及改进措施"),
    ("六、其他需要报告的事项", "六、其他事项"),
]


@pytest.mark.parametrize(("old", "new"), TITLES)
def test_a_section_under_a_usual_other_title_is_there(old, new, suqian_with):
    assert not {"form.section_missing", "form.section_renamed"} & codes(suqian_with(old, new))


def test_a_section_under_an_unknown_title_is_no_error(suqian_with):
    found = codes(suqian_with("六、其他需要报告的事项", "六、补充说明"))
    assert "form.section_renamed" in found and "form.section_missing" not in found
