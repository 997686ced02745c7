"""Numbers as reports write them."""

import pytest

from analysis.figures import number
from analysis.reading.quantities import Quantity, chinese_number, numbers, parse_cell


@pytest.mark.parametrize(
    ("printed", "kind", "unit", "expected"),
    [
        ("158", "count", None, Quantity(158)),
        ("1,234", "count", None, Quantity(1234)),
        ("", "count", None, "blank"),
        ("  ", "count", None, "blank"),
        ("/", "count", None, "not_applicable"),
        ("—", "count", None, "not_applicable"),
        ("总计", "count", None, None),
        ("22(其中修订16件)", "count", None, Quantity(22)),
        ("73802895.90元", "amount", None, Quantity(73802895.9, "元")),
        ("增141", "change", None, Quantity(141, "", "+")),
        ("减18", "change", None, Quantity(-18, "", "-")),
        ("+19", "change", None, Quantity(19, "", "+")),
        ("-417", "change", None, Quantity(-417, "", "-")),
        ("2012", "change", None, Quantity(2012, "", "")),
        ("3.993702亿元", "amount", None, Quantity(399370200, "元")),
        ("240万元", "amount", None, Quantity(2400000, "元")),
        ("251000元", "amount", None, Quantity(251000, "元")),
        ("72701.2578", "amount", "万元", Quantity(727012578, "元")),
        ("251000元", "amount", "万元", Quantity(251000, "元")),
    ],
)
def test_a_cell(printed, kind, unit, expected):
    assert parse_cell(printed, kind, unit) == expected


def said(text):
    return [(c.quantity.value, c.quantity.unit, c.quantity.approximate) for c in numbers(text)]


def test_counts_percentages_and_approximate_counts_are_found():
    assert said("公开32000余条,占58.2%;14万余条") == [
        (32000, "条", True),
        (58.2, "%", False),
        (140000, "条", True),
    ]


def test_dates_ordinals_and_document_numbers_are_no_quantities():
    assert said("2020年1月1日至12月31日,国办发〔2021〕30号,第20条,第一项") == []
    assert said("第十四个五年规划,第二批试点") == []


def test_chinese_numerals_count_where_a_measure_word_follows():
    assert said("两项公开规范等三项制度,每三个月,办结一件申请,一是加强") == [
        (2, "项", False),
        (3, "项", False),
        (3, "个月", False),
    ]
    assert [chinese_number(w) for w in ("三", "十", "十九", "二十", "一百二十三")] == [3, 10, 19, 20, 123]
    assert said("三千五百一十一件") == [(3511, "件", False)]


def test_about_and_over_make_a_count_approximate():
    assert said("近3600件,超过200条,约50%") == [(3600, "件", True), (200, "条", True), (50, "%", True)]


def test_a_number_without_a_unit_counts_only_at_the_end_of_its_clause():
    assert said("共受理161,12345热线,三个“1+X”机制") == [(161, "", False), (3, "个", False)]


@pytest.mark.parametrize(
    ("value", "printed"),
    [(73802895.9, "73802895.9"), (592372449.5, "592372449.5"), (158.0, "158"), (2.5, "2.5")],
)
def test_a_number_is_printed_with_all_its_digits(value, printed):
    assert number(value) == printed
