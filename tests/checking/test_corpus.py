"""Every error that the checks call one in the published reports, and every defect that was found by hand.

The errors were gone through one by one, each against the line of the page that it names: all of them are real.
The defects are those listed at the end of variations.md and in sources.csv of the shared reports.
"""

import pandas as pd
import pytest

from analysis.batch.check import check

SHANGHAI, PINGTAN = "上海市人民政府办公厅", "平潭综合实验区"
YONGKANG, HONGZE, SUQIAN = "永康市", "淮安市洪泽区", "宿迁市"

# Unit, year, place in the file, code, printed, due; and behind each what the page says there.
ERRORS = {
    (
        SHANGHAI,
        2019,
        "¶14",
        "text.count_differs",
        "258",
        "275",
    ),  # 272 + 3; 258 is the cell of natural persons
    (SHANGHAI, 2019, "¶14", "text.percentage_differs", "33.9%", "34.16%"),  # 275 of 805
    (SHANGHAI, 2019, "¶14", "text.count_differs", "265", "337"),  # 265 is item 1 of three
    (SHANGHAI, 2019, "¶14", "text.percentage_differs", "32.9%", "41.86%"),  # 337 of 805; fits 265
    (SHANGHAI, 2019, "¶14", "text.counts_do_not_sum", "716", "805"),  # 258 + 35 + 265 + 158 + 0
    (PINGTAN, 2012, "10:2835", "text.count_differs", "1913", "739"),  # the table prints 739 for the year
    (PINGTAN, 2012, "10:2835", "text.list_differs", "1913 / 1931", "1913"),  # 1397 + 534
    (PINGTAN, 2012, "10:3028", "text.list_share_differs", "8.05%", "7.58%"),  # 145 of 1913
    (PINGTAN, 2013, "10:1163", "text.count_differs", "4970", "72804"),
    (PINGTAN, 2013, "10:1756", "text.count_differs", "1", "0"),  # one review handled, none in the table
    (PINGTAN, 2019, "10:610", "text.list_differs", "2599 / 2533", "2599"),  # eleven kinds of information
    (PINGTAN, 2020, "10:649", "text.list_differs", "2602 / 2603", "2602"),
    (PINGTAN, 2020, "10:5407", "arithmetic.not_balanced", "20", "26"),  # natural persons
    (PINGTAN, 2020, "10:5407", "arithmetic.not_balanced", "21", "27"),  # all applicants
    (YONGKANG, 2020, "5:222", "text.count_differs", "4", "16"),  # 11 + 5
    (YONGKANG, 2020, "5:236", "text.counts_do_not_sum", "146", "158"),  # 92 + 42 + 4 + 8
    (HONGZE, 2023, "p4t2r4c1", "arithmetic.not_balanced", "0", "11"),  # 10 + 1 reviews
    (HONGZE, 2023, "p4t2r4c1", "arithmetic.not_balanced", "0", "5"),  # 5 lawsuits after review
}

# Where it was listed → unit, year, code, and words of the finding.
DEFECTS = {
    "Pingtan 2020: outcomes sum to 27 against 21": (PINGTAN, 2020, "arithmetic.not_balanced", ("27", "21")),
    "Hongze 2023: a total of 0 over 11 reviews": (
        HONGZE,
        2023,
        "arithmetic.not_balanced",
        ("11", "为11（所印0）"),
    ),
    "Hongze 2023: a total of 0 over 5 lawsuits": (
        HONGZE,
        2023,
        "arithmetic.not_balanced",
        ("5", "为5（所印0）"),
    ),
    "Suqian 2024: 134 reviews against 170": (
        SUQIAN,
        2024,
        "text.count_excludes_pending",
        ("134", "170", "36"),
    ),
    "Suqian 2024: 57 lawsuits against 77": (SUQIAN, 2024, "text.count_excludes_pending", ("57", "77", "20")),
    "Pingtan 2013: 4,970 against 72,804": (PINGTAN, 2013, "text.count_differs", ("4970", "72804")),
    "Pingtan 2013: one review against none": (
        PINGTAN,
        2013,
        "text.count_differs",
        ("行政复议", "1件", "0件"),
    ),
    "Shanghai 2019: 258 against 275": (SHANGHAI, 2019, "text.count_differs", ("258", "275")),
    "Shanghai 2019: 265 against 337": (SHANGHAI, 2019, "text.count_differs", ("265", "337")),
    "Shanghai 2019: 716 of 805": (SHANGHAI, 2019, "text.counts_do_not_sum", ("716", "805", "89")),
    "Shanghai 2019: all reviews upheld, two pending": (
        SHANGHAI,
        2019,
        "text.said_too_early",
        ("行政复议", "2件"),
    ),
    "Shanghai 2019: all lawsuits upheld, one pending": (
        SHANGHAI,
        2019,
        "text.said_too_early",
        ("行政诉讼", "1件"),
    ),
    "Shanghai 2019: blanks for zeros": (SHANGHAI, 2019, "form.blank_cells", ()),
    "Pingtan 2022: 75 received against 74 and 1": (PINGTAN, 2022, "text.count_of_another", ("75", "74＋1")),
    # 65 in force as the page had it, where the joined digits can be 665 as well
    "Pingtan 2022: 65+88−55 against 698": (PINGTAN, 2022, "years.stock_open", ("规范性文件",)),
    "Pingtan 2022: a section title with a typo": (PINGTAN, 2022, "wording.error", ("行政法复议",)),
    "Pingtan 2023: 393 documents in force, not 470": (PINGTAN, 2023, "text.count_not_among", ("393", "470")),
    "Pingtan 2023: 一是 三是 三是": (PINGTAN, 2023, "text.ordinal_repeated", ("三是", "二是")),
    "Pingtan 2023: 698+77−132 against 470": (PINGTAN, 2023, "years.stock", ("规范性文件",)),
    "Pingtan 2024: 470+62−33 against 440": (PINGTAN, 2024, "years.stock", ("规范性文件",)),
    "Pingtan 2025: 440+58−45 against 546": (PINGTAN, 2025, "years.stock", ("规范性文件",)),
    "Pingtan 2024: 仍在不足": (PINGTAN, 2024, "wording.error", ("仍在",)),
    "Pingtan 2024: spaces in header cells": (PINGTAN, 2024, "wording.label_spaced", ()),
    "Pingtan 2011: categories 421 of 425": (PINGTAN, 2011, "text.list_unclear", ("421", "425")),
    "Pingtan 2011: percentages to 98.9%": (PINGTAN, 2011, "text.list_unclear", ("占比合计98.90%",)),
    "Pingtan 2011: reviews counted in 条": (PINGTAN, 2011, "wording.error", ("条", "件")),
    "Pingtan 2011: 我县 and 我区": (PINGTAN, 2011, "wording.mixed_self", ()),
    "Pingtan 2012: 1397+534 against 1913": (PINGTAN, 2012, "text.list_differs", ("1931", "1913")),
    "Pingtan 2012: categories 911 of 1913": (PINGTAN, 2012, "text.list_unclear", ("911", "1913")),
    "Pingtan 2012: 8.05% for 7.58%": (PINGTAN, 2012, "text.list_share_differs", ("8.05%", "7.58%")),
    "Pingtan 2012: 3636, 1913 and 739": (PINGTAN, 2012, "text.total_twice", ("3636", "1913", "739")),
    "Pingtan 2012: 1516+739 against 4359": (PINGTAN, 2012, "years.stock", ("2255", "4359")),
    "Pingtan 2013: 4359+72804 against 76424": (PINGTAN, 2013, "years.stock", ("77163", "76424")),
    "Pingtan 2013: a blank cell": (PINGTAN, 2013, "form.placement_ambiguous", ("统计表",)),
    "Pingtan 2014: categories 2641 of 2543": (PINGTAN, 2014, "text.list_unclear", ("2641", "2543")),
    "Pingtan 2018: a bracket that does not close": (PINGTAN, 2018, "wording.unbalanced", ()),
    "Pingtan 2018: a full-width ＠": (PINGTAN, 2018, "wording.error", ("＠",)),
    "Pingtan 2019: categories 2533 of 2599": (PINGTAN, 2019, "text.list_differs", ("2533", "2599")),
    "Pingtan 2019: a number missing before 条": (PINGTAN, 2019, "wording.error", ("条", "缺少数字")),
    "Pingtan 2020: categories 2603 of 2602": (PINGTAN, 2020, "text.list_differs", ("2603", "2602")),
    "Pingtan 2020: seven rules where none was and none was made": (
        PINGTAN,
        2020,
        "years.stock",
        ("规章", "7"),
    ),
    "Pingtan 2020: a change without a sign": (PINGTAN, 2020, "form.change_unsigned", ("行政许可",)),
    "Pingtan 2020: follows the guide of another province": (PINGTAN, 2020, "copy.other_province", ("江苏",)),
    "Public security 2009: names a third unit": ("平潭县公安局", 2009, "copy.other_name", ("经贸局",)),
    "Public security 2009: full-width and half-width points": (
        "平潭县公安局",
        2009,
        "wording.mixed_points",
        (),
    ),
    "Hongze 2023: the label of a row cut": (HONGZE, 2023, "wording.error", ("其他法律行政止公开",)),
    "Shanghai 2019: an amount with its unit in the cell": (
        SHANGHAI,
        2019,
        "form.unit_in_cell",
        ("251000元",),
    ),
    "Shanghai 2025: no heading of section five": (SHANGHAI, 2025, "form.section_untitled", ("改进情况",)),
    "Yongkang 2020: 4 against 16": (YONGKANG, 2020, "text.count_differs", ("4件", "16件", "10.1%")),
}


@pytest.fixture(scope="module")
def found(shared, tmp_path_factory) -> pd.DataFrame:
    """Every shared report, checked with the register of the project."""
    from conftest import PROJECT

    made = check(shared / "reports", tmp_path_factory.mktemp("store"), units=PROJECT / "data" / "units.csv")
    return pd.read_parquet(made.out / "findings.parquet")


def test_every_error_is_one_that_was_seen_to_be_real(found):
    errors = found[found["severity"] == "error"]
    where = errors["where"].str.partition(":")[2]
    rows = errors.assign(where=where)[["unit", "year", "where", "code", "reported", "expected"]]
    assert set(rows.itertuples(index=False, name=None)) == ERRORS
    assert len(rows) == len(ERRORS)


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_defect_found_by_hand_is_found(defect, found):
    unit, year, code, words = DEFECTS[defect]
    rows = found[(found["unit"] == unit) & (found["year"] == year) & (found["code"] == code)]
    said = [m for m in rows["message_zh"] if all(word in m for word in words)]
    assert said, list(rows["message_zh"])


def test_reports_that_are_sound_have_no_error(found):
    sound = {(SUQIAN, 2023), (SUQIAN, 2024), (SHANGHAI, 2025), (PINGTAN, 2021), (PINGTAN, 2025)}
    errors = found[found["severity"] == "error"]
    assert not sound & set(zip(errors["unit"], errors["year"], strict=True))
