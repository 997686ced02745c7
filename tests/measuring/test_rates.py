"""Rates against the values of the audit and against formulas computed elsewhere."""

import math

import pandas as pd
import pytest
from scipy.stats import binomtest

from analysis.measuring import indicators, rates_of
from analysis.reading import read_report

# Section 4.8 of the audit: indicator → numerator, denominator, value in per cent.
ORACLE = {
    "disclosure_rate": (92, 158, 58.23),
    "full_grant_rate": (71, 158, 44.94),
    "partial_grant_rate": (21, 158, 13.29),
    "refusal_rate": (42, 158, 26.58),
    "refusal_rate_strict": (32, 158, 20.25),
    "refusal_rate_wide": (66, 158, 41.77),
    "unavailable_rate": (16, 158, 10.13),
    "unprocessed_rate": (8, 158, 5.06),
    "otherwise_rate": (0, 158, 0.0),
    "merits_disclosure_rate": (92, 134, 68.66),
    "clearance_rate": (158, 164, 96.34),
    "carry_over_rate": (6, 164, 3.66),
    "carried_in_share": (3, 164, 1.83),
    "review_rate": (9, 158, 5.70),
    "lawsuit_rate": (4, 158, 2.53),
    "review_correction_rate": (1, 9, 11.11),
    "lawsuit_correction_rate": (0, 2, 0.0),
    "dispute_rate": (13, 161, 8.07),
    "natural_person_share": (153, 161, 95.03),
    "largest_ground_share": (11, 42, 26.19),
    "uk_granted_of_resolvable": (71, 147, 48.30),
}
# The intervals that the audit gives, in per cent.
WILSON = {
    "disclosure_rate": (50.4, 65.6),
    "refusal_rate": (20.3, 34.0),
    "review_correction_rate": (2.0, 43.5),
}


def rate(study, code):
    return study.rates.set_index("indicator").loc[code]


@pytest.mark.parametrize("code", ORACLE)
def test_a_rate_equals_the_audit(code, yongkang):
    numerator, denominator, value = ORACLE[code]
    found = rate(yongkang, code)
    assert (found["numerator"], found["denominator"]) == (numerator, denominator)
    assert round(100 * found["value"], 2) == value


@pytest.mark.parametrize("code", WILSON)
def test_an_interval_equals_the_audit(code, yongkang):
    found = rate(yongkang, code)
    assert (round(100 * found["low"], 1), round(100 * found["high"], 1)) == WILSON[code]


def test_every_interval_is_wilsons_by_scipy(yongkang):
    for found in yongkang.rates.dropna(subset=["low"]).itertuples():
        due = binomtest(int(found.numerator), int(found.denominator)).proportion_ci(0.95, "wilson")
        assert found.low == pytest.approx(due.low, abs=1e-12)
        assert found.high == pytest.approx(due.high, abs=1e-12)


def test_counts_and_prose_ratios_of_the_audit(yongkang):
    assert rate(yongkang, "carry_over_net")["value"] == 3
    interpretations = rate(yongkang, "interpretation_ratio")
    assert (interpretations["numerator"], interpretations["denominator"], interpretations["value"]) == (
        32,
        16,
        2,
    )
    assert "正文" in interpretations["note_zh"]
    shares = [7, 2, 5, 7, 11, 10]
    assert rate(yongkang, "ground_concentration")["value"] == pytest.approx(
        sum((s / 42) ** 2 for s in shares)
    )


def test_few_cases_are_marked(yongkang):
    small = set(yongkang.rates.loc[yongkang.rates["small"], "indicator"])
    assert small == {"review_correction_rate", "lawsuit_correction_rate"}


def test_a_rate_that_needs_open_cells_is_a_range(yongkang):
    business = rate(yongkang, "business_share")
    assert math.isnan(business["value"])
    assert (business["least"], business["most"]) == (0, pytest.approx(3 / 161))
    assert "范围" in business["note_zh"]


def test_a_zero_denominator_gives_no_rate(altered):
    found = rate(altered("8 | 1 | 0 | 0 | 9 |", "0 | 0 | 0 | 0 | 0 |"), "review_correction_rate")
    assert math.isnan(found["value"])
    assert found["denominator"] == 0
    assert "不计算比率" in found["note_zh"]


def test_a_blank_that_nothing_proves_to_be_nothing_is_not_counted_as_nothing(altered):
    # Two of five cells of the reviews are blank: nothing says which, so the total is not certain.
    found = rate(
        altered("8 | 1 | 0 | 0 | 9 | 2 | 0 | 0 | 2 | 4 |", "8 | | | | 9 | 2 | 0 | 0 | 2 | 4 |"),
        "review_correction_rate",
    )
    assert math.isnan(found["value"])
    assert found["note_zh"]


def test_both_editions_give_the_same_rates(shipped, published):
    pd.testing.assert_frame_equal(shipped.rates, published.rates)


def test_the_shares_of_one_partition_make_a_whole(yongkang):
    parts = ["disclosure_rate", "refusal_rate", "unavailable_rate", "unprocessed_rate", "otherwise_rate"]
    assert sum(rate(yongkang, p)["value"] for p in parts) == pytest.approx(1)


def test_every_indicator_is_complete_and_in_the_table(yongkang):
    assert list(yongkang.rates["indicator"]) == list(indicators())
    for indicator in indicators().values():
        assert set(indicator.use) == set(indicator.caution) == {"zh", "en"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("| 65 | 2 | 3 | 1 | 71 |", "| 66 | 2 | 3 | 1 | 72 |", "full_grant_rate"),
        ("| 153 | 3 | 4 | 1 | 161 |", "| 154 | 3 | 4 | 1 | 162 |", "natural_person_share"),
        ("2 | 0 | 0 | 2 | 4 |", "3 | 0 | 0 | 2 | 5 |", "lawsuit_rate"),
    ],
)
def test_one_changed_cell_changes_its_rate(old, new, code, altered, shipped):
    assert rate(altered(old, new), code)["numerator"] == rate(shipped, code)["numerator"] + 1


def test_a_page_that_prints_several_rows_as_one_is_measured_by_the_rows_it_prints(shared):
    """Hongze prints one row of other outcomes; the counts are those of its true cells."""
    report = read_report(shared / "reports" / "淮安市洪泽区" / "2023.pdf")
    assert "other" in report.form.tables["applications"].rows
    rates = rates_of(report).set_index("indicator")
    for code, counts in {
        "otherwise_rate": (0, 21),
        "uk_granted_of_resolvable": (0, 11),
        "uk_withheld_of_resolvable": (6, 11),
        "uk_withheld_on_merits": (3, 11),
    }.items():
        assert tuple(rates.loc[code, ["numerator", "denominator"]]) == counts, code
