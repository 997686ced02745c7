"""Sections, years, dates and the duties of a report: one thing is changed, and it is found."""

import pytest

from analysis.checking import check_report
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
