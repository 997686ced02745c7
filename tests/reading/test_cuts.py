"""Digits that have run together: every cut against plain enumeration, and the Pingtan pages."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.reading import read_report
from analysis.reading.cuts import MOST_CUTS, TooMany, cuts
from analysis.reading.placement import Line, place
from analysis.reading.stream import rows_in
from analysis.templates import Cell, Column, forms

COUNT = Column("n", "", "", "")
CHANGE = Column("c", "", "", "", kind="change")
AMOUNT = Column("a", "", "", "", kind="amount")


def words(run, columns, sums=()):
    return [[run[a:b] for a, b in cut] for cut in cuts(run, columns, sums)]


def enumerated(run, width):
    """Every way to cut a string of digits in so many numbers of ten digits at most, no leading zeros."""
    ways = []
    for at in combinations(range(1, len(run)), width - 1):
        pieces = [run[a:b] for a, b in zip((0, *at), (*at, len(run)), strict=True)]
        if all(p == "0" or (p[0] != "0" and len(p) <= 10) for p in pieces):
            ways.append(pieces)
    return ways


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=6))
def test_every_cut_without_a_leading_zero_is_found_and_no_other(numbers):
    run = "".join(map(str, numbers))
    due = enumerated(run, len(numbers))
    if len(due) > MOST_CUTS:
        with pytest.raises(TooMany):
            words(run, [COUNT] * len(numbers))
        return
    assert words(run, [COUNT] * len(numbers)) == due
    assert [str(n) for n in numbers] in words(run, [COUNT] * len(numbers))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=6, max_size=6))
def test_what_must_add_up_strikes_out_only_what_does_not(parts):
    run = "".join(map(str, [*parts, sum(parts)]))
    found = words(run, [COUNT] * 7, [((0, 1, 2, 3, 4, 5), 6)])
    due = [w for w in enumerated(run, 7) if sum(map(int, w[:6])) == int(w[6])]
    assert found == due


def test_a_space_always_parts_two_numbers():
    found = words("20 0 00 0 121", [COUNT] * 7)
    assert ["20", "0", "0", "0", "0", "1", "21"] in found
    assert all("".join(w) == "200000121" for w in found)
    assert all("".join(w[:k]) == "20" for w in found for k in (1, 2) if len("".join(w[:k])) == 2)
    assert words("20 0 00 0 121", [COUNT] * 7, [((0, 1, 2, 3, 4, 5), 6)]) == [
        ["20", "0", "0", "0", "0", "1", "21"]
    ]
    assert words("1 2 3", [COUNT] * 2) == []


def test_a_sign_a_point_and_a_unit_belong_to_their_columns():
    assert words("2648-18538", [COUNT, CHANGE, COUNT])[1] == ["2648", "-18", "538"]
    assert words("35-15", [COUNT, CHANGE]) == [["35", "-15"], ["35-15"[:2], "-15"]][:1]
    assert ["135", "75394432.52元"] in words("13575394432.52元", [COUNT, AMOUNT])
    assert words("5949.088667", [AMOUNT]) == [["5949.088667"]]


def test_a_number_too_large_for_any_report_is_no_cut():
    assert words("12345678901", [COUNT]) == []


def test_a_row_with_too_many_cuts_says_so():
    with pytest.raises(TooMany):
        cuts("1" * 60, [COUNT] * 7)


def test_rows_are_found_in_running_text_in_the_order_of_the_form():
    table = forms()["2021"].tables["applications"]
    text = "说明重复申请很多。(五)不予处理1.信访举报投诉类申请00000002.重复申请10000013.要求提供公开出版物0000000"
    found = rows_in(table, text, 0, len(text))
    assert [(f.code, f.run.text) for f in found] == [
        ("unprocessed.petition", "0000000"),
        ("unprocessed.repeated", "1000001"),
        ("unprocessed.publications", "0000000"),
    ]


def test_a_label_may_hold_spaces_quotes_and_line_breaks():
    table = forms()["2021"].tables["applications"]
    text = "3.危及 “三安全\n一稳定” 0000000 4.保护第三方 合法权益1000001"
    found = rows_in(table, text, 0, len(text))
    assert [f.run.text for f in found] == ["0000000", "1000001"]


@pytest.mark.parametrize("ordinal", ["", "1.", "其中:1.", "(三)", "三、", "2、"])
def test_a_label_begins_with_its_ordinal_whatever_blanks_stand_around_it(ordinal):
    table = forms()["2021"].tables["applications"]
    text = f"不予公开{' ' * 90}{ordinal} | 属于国家秘密{' ' * 90}3 0 0 0 0 0 3\n"
    (found,) = (f for f in rows_in(table, text, 0, len(text)) if f.code == "denied.state_secret")
    assert found.label.text == f"{ordinal} | 属于国家秘密".strip(" |")
    assert text[found.label.start :].startswith(ordinal or "属于")
    assert found.run.text.split() == ["3", "0", "0", "0", "0", "0", "3"]


def test_the_column_sums_decide_between_cuts_that_both_add_up():
    # 22|0|…|22 or 2|20|…|22 alone; 30 natural persons in all settle it.
    columns = ("a", "b", "total")
    cells = {r: tuple(Cell("t", r, c) for c in columns) for r in ("x", "y", "z")}
    from analysis.templates import Equation, Identity

    across = Identity("across", "rows", ("a", "b"), ("total",), "", "", "")
    down = Identity("down", "columns", ("x", "y"), ("z",), "", "", "")
    equations = [Equation(across, r, cells[r][:2], cells[r][2:]) for r in cells]
    equations += [
        Equation(down, c, (Cell("t", "x", c), Cell("t", "y", c)), (Cell("t", "z", c),)) for c in columns
    ]
    lines = [
        Line(cells["x"], (22, 0, 22), True, ((2, 20, 22),)),
        Line(cells["y"], (8, 0, 8), True),
        Line(cells["z"], (30, 0, 30), True),
    ]
    (placement,) = place(lines, equations).placements
    assert placement.counted[Cell("t", "x", "a")] == 22


@pytest.mark.parametrize("year", range(2019, 2026))
def test_tables_three_and_four_of_every_glued_page_have_one_reading(year, shared):
    report = read_report(shared / "reports" / "平潭综合实验区" / f"{year}.txt")
    for code in ("applications", "disputes"):
        table = report.tables[code]
        assert all(row.glued for row in table.printed.rows), code
        assert table.complete and table.placements == 1, code
    # 2020 breaks two identities itself, and no other reading is as good.
    assert report.tables["applications"].broken == (2 if year == 2020 else 0)


def test_the_prose_decides_where_it_counts_the_very_cell(shared):
    report = read_report(shared / "reports" / "平潭综合实验区" / "2022.txt")
    facts = report.facts.set_index(["row", "column"])
    assert list(facts.loc["normative_documents", "value"]) == [88, 55, 698]
    assert set(facts.loc["normative_documents", "basis"]) == {"prose"}


def test_prose_that_no_cut_agrees_with_decides_nothing(shared):
    # 2023: the prose says 393 documents in force, the digits are 77132470.
    report = read_report(shared / "reports" / "平潭综合实验区" / "2023.txt")
    facts = report.facts.set_index(["row", "column"])
    assert facts.loc[("normative_documents", "made"), "value"] == 77
    assert facts.loc[("normative_documents", "in_force"), "status"] == "ambiguous"
    assert "470" in facts.loc[("normative_documents", "in_force"), "candidates"].split("|")
