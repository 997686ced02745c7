"""What one year hands to the next: carry-overs and stocks, on the published reports of Pingtan and Suqian."""

import re

import pytest
from conftest import compared

from analysis.reading import read_report
from analysis.register import Register, Unit

PINGTAN = "平潭综合实验区"


@pytest.fixture(scope="module")
def pingtan(shared):
    folder = shared / "reports" / PINGTAN
    return compared(*(read_report(path) for path in sorted(folder.glob("*.txt"))))


# Year and row → what sources.csv and variations.md say: the stock that was due, and the one printed.
STOCKS = {
    (2012, "主动公开"): ("2255", "4359"),  # 1516 + 739
    (2013, "主动公开"): ("77163", "76424"),  # 4359 + 72804
    (2020, "规章"): ("<= 0", "7"),
}


@pytest.mark.parametrize("case", STOCKS)
def test_a_stock_that_does_not_follow_is_found(case, pingtan):
    year, row = case
    rows = pingtan[(pingtan["code"] == "years.stock") & (pingtan["year"] == year)]
    told = rows[rows["message_zh"].str.contains(f"“{row}”")]
    assert list(told[["expected", "reported"]].itertuples(index=False, name=None)) == [STOCKS[case]]


# What is changed in Suqian 2024 (597 + 50 − 227 = 420 and 11 + 2 − 1 = 12) → the cell that is named, and its number.
MISTYPED = {
    "a digit dropped in the stock": (
        r"(行政规范性文件 *\| *50 *\| *227 *\| *)420",
        r"\g<1>42",
        "in_force",
        "420",
    ),
    "two digits that changed places": (
        r"(行政规范性文件 *\| *50 *\| *227 *\| *)420",
        r"\g<1>240",
        "in_force",
        "420",
    ),
    "what was repealed": (r"(行政规范性文件 *\| *50 *\| *)227", r"\g<1>272", "repealed", "227"),
}


@pytest.mark.parametrize("case", MISTYPED)
def test_the_number_that_is_mistyped_in_a_stock_is_named(case, pair):
    old, new, column, due = MISTYPED[case]
    (found,) = pair({old: new}).query("code == 'years.stock'").itertuples()
    assert found.suspect == f"宿迁市/2024/disclosure.normative_documents.{column}"
    assert f"为{due}（所印" in found.message_zh


def test_a_stock_that_no_slip_explains_accuses_no_number(pingtan):
    # 1516 + 739 against 4359.
    rows = pingtan.query("code == 'years.stock' and year == 2012")
    assert len(rows) == 3 and not rows["suspect"].any()


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_glued_digits_that_follow_under_no_reading_are_found_without_a_number_being_guessed(year, pingtan):
    # 698+77−132 against 470; 470+62−33 against 440; 440+58−45 against 546: none follows, however they are cut.
    (stock,) = pingtan[(pingtan["code"] == "years.stock") & (pingtan["year"] == year)].itertuples()
    assert stock.reported == stock.expected == ""
    assert "无论怎样断开" in stock.message_zh
    assert "normative_documents.in_force" in stock.evidence


def test_a_stock_that_may_follow_is_let_pass(pingtan):
    # 2014: 76424 + 2543 = 78967. 2022: the digits of 2021 can be cut so that 665 + 88 − 55 = 698.
    stocks = pingtan[pingtan["code"] == "years.stock"]
    assert not stocks["year"].isin([2014, 2022]).any()


def test_no_carry_over_of_pingtan_is_broken(pingtan):
    assert not pingtan["code"].str.startswith("years.carry_over").any()


@pytest.fixture
def pair(shared, tmp_path):
    """Suqian's two reports, the second with some lines changed: ``pair({pattern: new})``."""

    def make(changes):
        folder = shared / "reports" / "宿迁市"
        text = (folder / "2024.txt").read_text(encoding="utf8")
        for old, new in changes.items():
            text, times = re.subn(old, new, text, count=1)
            assert times == 1, old
        path = tmp_path / "宿迁市" / "2024.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf8")
        return compared(read_report(folder / "2023.txt"), read_report(path))

    return make


def test_suqian_hands_on_what_it_should(pair):
    assert not pair({})["code"].str.startswith(("years.carry_over", "years.copied")).any()


def test_a_carry_over_that_arrives_as_another_number_is_an_error_of_the_later_report(pair):
    changed = pair({r"(二、上年结转政府信息公开申请数量(?: *\| *\d+){6} *\| *)\d+": r"\g<1>99"})
    (found,) = changed[changed["code"] == "years.carry_over"].itertuples()
    assert (found.year, found.severity, found.reported, found.expected) == (2024, "error", "99", "121")
    assert found.suspect.split() == [
        "宿迁市/2023/applications.carried_out.total",
        "宿迁市/2024/applications.carried_in.total",
    ]


CHANGES = {
    "the text tells of a change": {
        "一、总体情况\n": "一、总体情况\n因机构改革，上年结转含划入单位的件数。\n"
    },
    "another scope": {"一、总体情况\n": "本报告数据范围仅包括本机关。\n一、总体情况\n"},
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_carry_over_that_may_differ_rightly_is_no_error(case, pair):
    total = {r"(二、上年结转政府信息公开申请数量(?: *\| *\d+){6} *\| *)\d+": r"\g<1>99"}
    found = pair({**total, **CHANGES[case]})
    told = set(found.loc[found["code"].str.startswith("years.carry_over"), "code"])
    # Suqian's reports do not say whose figures they give; where one does and the other does not, nothing is known.
    due = "years.carry_over_explained" if case == "the text tells of a change" else "years.carry_over"
    assert told == {due}


def test_a_carry_over_under_other_applicants_is_a_warning(pair):
    # One application moves from the first column to the second; the total stays.
    def moved(match):
        cells = [int(c) for c in re.findall(r"\d+", match[2])]
        cells[0], cells[1] = cells[0] - 1, cells[1] + 1
        return match[1] + " | ".join(map(str, cells))

    changed = pair({r"(二、上年结转政府信息公开申请数量 *\| *)((?:\d+ *\| *){6}\d+)": moved})
    assert set(changed.loc[changed["code"].str.startswith("years.carry"), "code"]) == {
        "years.carry_over_columns"
    }


def test_figures_left_from_last_year_are_found(shared, tmp_path):
    # The report of 2023 filed again as that of 2024, with nothing but the year changed.
    folder = shared / "reports" / "宿迁市"
    path = tmp_path / "宿迁市" / "2024.txt"
    path.parent.mkdir()
    path.write_text((folder / "2023.txt").read_text(encoding="utf8").replace("2023", "2024"), encoding="utf8")
    found = compared(read_report(folder / "2023.txt"), read_report(path))
    tables = {
        e.split("/")[2].split(".")[0]
        for e in " ".join(found.loc[found["code"] == "years.copied", "evidence"]).split()
    }
    assert {"applications", "disputes", "disclosure"} <= tables


RULES = [
    ("永康市", Unit("永康市", kind="government", level="county"), True),
    ("永康市", Unit("永康市", kind="government", level="prefecture"), False),
    ("永康市", Unit("永康市"), False),
    ("某某县", Unit("某某县"), True),
    ("某某省人民政府办公厅", Unit("某某省人民政府办公厅", kind="department", level="province"), False),
    ("某某省水利厅", Unit("某某省水利厅", kind="department", level="province"), True),
]


@pytest.mark.parametrize(("name", "unit", "barred"), RULES)
def test_rules_of_a_body_that_may_make_none(name, unit, barred, altered):
    report = altered("規(guī)章 | 0 | 0 | 0", "規(guī)章 | 2 | 2 | 2").report
    renamed = report.with_records(
        **{
            table: [
                {**row, "unit": name, "key": row["key"].replace("永康市", name)}
                for row in report.records[table]
            ]
            for table in ("documents", "facts", "placements", "claims", "sentences")
        }
    )
    object.__setattr__(renamed, "unit", name)
    found = compared(renamed, register=Register({name: unit}))
    assert (found["code"] == "form.power_missing").any() == barred


DATES = [  # published, kind, late
    ("2021-03-31", "government", False),
    ("2021-04-01", "government", True),
    ("2021-02-01", "department", True),
    ("2021-02-01", "", False),
    ("2021-04-01", "", True),
    ("", "department", False),
]


@pytest.mark.parametrize(("published", "kind", "late"), DATES)
def test_a_report_is_late_by_the_deadline_of_what_the_body_is(published, kind, late, shipped):
    report = shipped.report
    document = {**report.records["documents"][0], "published": published}
    dated = report.with_records(documents=[document])
    found = compared(dated, register=Register({"永康市": Unit("永康市", kind=kind)}))
    assert (found["code"] == "form.late").any() == late
