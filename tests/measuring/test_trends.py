"""One unit over the years: Pingtan's twelve reports and Suqian's two, against SciPy on the counts of ../shared/truth."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis import frames
from analysis.measuring import counts_of, indicators, lines, rates_of, trends_of
from analysis.measuring.trends import YEARS
from analysis.reading import StoredReport, read_report
from analysis.reading.neighbours import decide_reports
from analysis.templates import breaks, comparable, crosswalk, series
from analysis.writing.trend_statements import trend_statements


def measured(reports):
    return {
        "counts": frames.concat("counts", [counts_of(r) for r in reports]),
        "rates": frames.concat("rates", [rates_of(r) for r in reports]),
        "documents": frames.concat("documents", [r.document.to_frame().T for r in reports]),
    }


def read(folder):
    return decide_reports([read_report(p, folder.name, int(p.stem)) for p in sorted(folder.glob("*.txt"))])


@pytest.fixture(scope="module")
def pingtan(shared):
    made = measured(read(shared / "reports" / "平潭综合实验区"))
    return made | {"trends": trends_of(**made)}


@pytest.fixture(scope="module")
def suqian_years(shared):
    made = measured(read(shared / "reports" / "宿迁市"))
    return made | {"trends": trends_of(**made)}


def total(shared, unit, year, *rows):
    """The true totals of rows of table three."""
    cells = pd.read_csv(shared / "truth" / unit / f"{year}.csv", dtype=str)
    found = cells[(cells["table"] == "applications") & (cells["column"] == "total") & cells["row"].isin(rows)]
    assert len(found) == len(rows)
    return int(found["value"].astype(float).sum())


def row(of, subject, last, span="adjacent"):
    trends = of["trends"]
    found = trends[(trends["subject"] == subject) & (trends["last"] == last) & (trends["span"] == span)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("subject", "rows"),
    [("disclosure_rate", ("granted", "partly_granted")), ("partial_grant_rate", ("partly_granted",))],
)
def test_a_change_of_suqian_is_tested_on_its_true_counts(subject, rows, suqian_years, shared):
    table = []
    for year in (2023, 2024):
        part, whole = total(shared, "宿迁市", year, *rows), total(shared, "宿迁市", year, "total")
        table.append([part, whole - part])
    found = row(suqian_years, subject, 2024)
    assert found["p"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-6)
    shares = [part / (part + rest) for part, rest in table]
    assert found["change"] == pytest.approx(100 * (shares[1] - shares[0]))
    assert found["low"] < found["change"] < found["high"]


def test_what_is_not_supported_is_no_clear_change(pingtan):
    # The interval alone would call it a rise; with all tests allowed for it is none.
    merits = row(pingtan, "merits_disclosure_rate", 2025)
    assert merits["low"] > 0 and merits["p"] < 0.05 < merits["adjusted"]
    assert merits["verdict"] == "none"
    assert row(pingtan, "review_rate", 2025)["verdict"] == "rise"
    trends = pingtan["trends"]
    told = trends[trends["verdict"].isin(["rise", "fall"])]
    assert (told["adjusted"] <= 0.05).all()
    assert (np.sign(told["change"]) == np.where(told["verdict"] == "rise", 1, -1)).all()
    assert (trends.loc[trends["verdict"] == "none", "adjusted"].dropna() > 0.05).all()


def test_all_tests_of_a_unit_are_adjusted_together(pingtan):
    tested = pingtan["trends"].dropna(subset=["adjusted"])
    assert len(tested) > 100
    assert {"adjacent", "series"} <= set(tested["span"]) and {"count", "rate"} <= set(tested["kind"])
    due = multipletests(tested["p"], method="fdr_bh")[1]
    assert tested["adjusted"].to_numpy() == pytest.approx(due)


def test_few_cases_get_figures_and_no_adjective(pingtan):
    for found in (
        pingtan["trends"]
        .query("kind == 'rate' and span == 'adjacent' and verdict in ['rise', 'fall', 'none']")
        .itertuples()
    ):
        if not found.test:
            continue
        rates = pingtan["rates"].set_index("key")
        for source in (found.source_first, found.source_last):
            assert rates.loc[source.removeprefix("rates|"), "denominator"] >= 30, found.key
    # One of six reviews corrected, then three of thirty-six: no adjective, whatever the test says.
    assert row(pingtan, "review_correction_rate", 2025)["verdict"] == "few"


def test_nothing_is_compared_across_a_break_that_the_crosswalk_closes(pingtan):
    trends, form = pingtan["trends"], pingtan["documents"].set_index("year")["template"]
    crossing = {code: entry.crosswalk for code, entry in series().items()}
    for entry in crosswalk().values():
        crossing |= {i.code: entry.code for i in indicators().values() if i.base in entry.indicators}
    crossed = trends[trends["breaks"] != ""]
    assert {"2014", "2019", "2021"} <= set(" ".join(crossed["breaks"]).split())
    for found in crossed.itertuples():
        open_ = comparable(crossing[found.subject], form[found.first], form[found.last]) == "yes"
        known = not (math.isnan(found.value_first) or math.isnan(found.value_last))
        assert (found.verdict == "break") == (known and not open_), found.key
        assert open_ or found.verdict == "untested" or (math.isnan(found.change) and "格式" in found.note_zh)


def test_no_line_crosses_such_a_break(pingtan):
    closed = 0
    for line in lines(pingtan["counts"], pingtan["rates"], pingtan["documents"]):
        for run in line.runs():
            assert comparable(line.crossing, run[0].form, run[-1].form) == "yes"
        closed += len(line.runs()) > 1
    assert closed >= 5  # decisions, and the rates over them


def test_the_breaks_between_two_forms_are_all_that_lie_between():
    assert breaks("2008", "2021") == ("2014", "2019", "2021")
    assert breaks("2021", "2019") == ("2021",)
    assert breaks("2019", "2019") == ()
    assert comparable("received", "2008", "2021") == "yes"
    assert comparable("granted", "2014", "2021") == "roughly"
    assert comparable("carried", "2014", "2021") == "no"
    assert comparable("carried", "2019", "2019") == "yes"


def test_a_year_whose_table_does_not_add_up_is_not_tested(pingtan):
    # Table three of 2020 prints outcomes that make more than its total.
    assert row(pingtan, "disclosure_rate", 2021)["verdict"] == "untested"
    assert "合不上" in row(pingtan, "disclosure_rate", 2021)["note_zh"]
    over = row(pingtan, "disclosure_rate", 2025, "series")
    # 2020 contradicts itself, and 2019 rests on few cases: neither is in the series.
    assert over["n_years"] == 5 and over["note_zh"].count("未计入") == 2
    # What was on hand is what was settled and carried on: the clearance of that year is sound.
    broken = pingtan["rates"].set_index("key")["broken"]
    assert not broken["平潭综合实验区/2020/clearance_rate"] and broken["平潭综合实验区/2020/disclosure_rate"]


def test_a_count_that_the_report_contradicts_is_not_tested(pingtan):
    made = {name: t.copy() for name, t in pingtan.items() if name != "trends"}
    made["counts"].loc[made["counts"]["key"] == "平潭综合实验区/2025/count/reviews", "broken"] = True
    found = trends_of(**made)
    found = found[(found["subject"] == "reviews") & (found["last"] == 2025)]
    assert set(found["verdict"]) <= {"untested", "rise", "none"}
    last = found[found["span"] == "adjacent"].iloc[0]
    assert last["verdict"] == "untested" and "合不上" in last["note_zh"]
    assert not (found["span"] == "series").any() or found[found["span"] == "series"]["n_years"].max() < 12


def test_table_four_that_does_not_add_up_puts_its_rates_in_doubt(shared):
    report = read_report(shared / "reports" / "淮安市洪泽区" / "2023.pdf", "淮安市洪泽区", 2023)
    rates, counts = rates_of(report).set_index("indicator"), counts_of(report).set_index("series")
    # The page prints results of reviews that do not make their total.
    assert rates.loc["review_rate", "broken"] and counts.loc["reviews", "broken"]
    assert not rates.loc["disclosure_rate", "broken"] and not counts.loc["received", "broken"]


@pytest.mark.parametrize(
    ("scopes", "verdict"), [(("own", "area"), "untested"), (("area", "area"), "rise"), (("", "area"), "rise")]
)
def test_years_of_another_scope_are_not_compared(scopes, verdict):
    made = _invented([(2022, 50, 100), (2023, 200, 250)])
    made["documents"]["scope"] = scopes
    found = trends_of(**made).iloc[0]
    assert found["verdict"] == verdict
    assert ("口径" in found["note_zh"]) == (verdict == "untested")


def test_a_rate_that_is_sure_over_counts_that_are_not_is_not_tested(pingtan):
    made = {name: t.copy() for name, t in pingtan.items() if name != "trends"}
    made["rates"].loc[
        made["rates"]["key"] == "平潭综合实验区/2025/review_rate", ["numerator", "denominator"]
    ] = math.nan
    made["trends"] = trends_of(**made)
    found = row(made, "review_rate", 2025)
    assert found["verdict"] == "untested" and math.isnan(found["p"]) and "位置不定" in found["note_zh"]
    told = trend_statements(made, "zh")["text"]
    assert not told.str.contains("复议率.*(?:升至|降至)2025年").any()
    assert trend_statements(pingtan, "zh")["text"].str.contains("复议率.*升至2025年").any()


def test_a_series_is_of_years_with_enough_cases():
    few = [(2016 + n, n + 1, 20) for n in range(3)]
    many = [(2019 + n, 40 + 9 * n, 100) for n in range(5)]
    found = trends_of(**_invented(few + many))
    (over,) = found[found["span"] == "series"].itertuples()
    assert (over.first, over.last, over.n_years, over.test) == (2019, 2023, 5, "mann-kendall")
    assert "不足30件" in over.note_zh
    found = trends_of(**_invented(few + many[:4]))
    (over,) = found[found["span"] == "series"].itertuples()
    assert over.verdict == "few" and math.isnan(over.p)


def test_one_less_another_rate_is_not_tested_again(pingtan):
    of = pingtan["trends"][pingtan["trends"]["subject"] == "carry_over_rate"]
    assert of["adjusted"].isna().all() and of["note_zh"].str.contains("互补").any()


def test_what_a_form_never_had_is_not_called_missing(pingtan):
    of = pingtan["trends"].query("subject == 'natural_person_share' and span == 'adjacent'")
    assert of["first"].min() == 2018 and "没有相应单元" in of.iloc[0]["note_zh"]


def test_a_series_is_mann_kendalls_by_scipy(pingtan):
    found = row(pingtan, "received", 2025, "series")
    counts = pingtan["counts"].query("series == 'received'").sort_values("year")
    assert list(counts["value"]) == [0, 0, 0, 1, 0, 23, 21, 70, 74, 81, 218, 154]
    due = stats.kendalltau(counts["year"], counts["value"])
    assert (found["tau"], found["p"]) == pytest.approx((due.statistic, due.pvalue))
    fitted = stats.theilslopes(counts["value"], counts["year"])
    assert (found["change"], found["low"], found["high"]) == pytest.approx((fitted[0], fitted[2], fitted[3]))
    assert found["verdict"] == "rise"


def test_four_years_are_no_series(pingtan):
    years = set(pingtan["documents"]["year"]) - {2019, 2020, 2021}
    few = {name: t[t["year"].isin(years)] for name, t in pingtan.items() if name != "trends"}
    found = trends_of(**few)
    assert YEARS == 5
    assert not ((found["span"] == "series") & (found["subject"] == "disclosure_rate")).any()


def test_output_stocks_and_money_are_not_tested_from_year_to_year(pingtan):
    trends = pingtan["trends"].query("kind == 'count' and span == 'adjacent'")
    for code, entry in series().items():
        tested = trends[(trends["subject"] == code) & (trends["test"] != "")]
        assert entry.events or tested.empty, code
        assert not entry.events or len(tested) or code == "carried_out"


@pytest.mark.parametrize(("old", "new"), [("yes", "rise"), ("no", "none")])
def test_one_changed_number_changes_the_verdict(old, new, pingtan):
    # 36 reviews in 2025 are a rise; 9 are not.
    made = {name: t.copy() for name, t in pingtan.items() if name != "trends"}
    if old == "no":
        made["counts"].loc[made["counts"]["key"] == "平潭综合实验区/2025/count/reviews", "value"] = 9.0
    found = trends_of(**made)
    found = found[(found["subject"] == "reviews") & (found["last"] == 2025) & (found["span"] == "adjacent")]
    assert found["verdict"].item() == new


def test_the_order_of_the_years_in_the_tables_changes_nothing(pingtan):
    shuffled = {n: t.iloc[::-1].reset_index(drop=True) for n, t in pingtan.items() if n != "trends"}
    one, other = (
        t.sort_values("key").reset_index(drop=True) for t in (pingtan["trends"], trends_of(**shuffled))
    )
    pd.testing.assert_frame_equal(one, other)


def _invented(counts):
    """Tables of one unit with so many decisions and grants in each year of the form of 2021."""
    documents = pd.DataFrame(
        {"unit": "某市", "year": [y for y, *_ in counts], "template": "2021", "scope": ""}
    )
    rates = pd.DataFrame(
        [
            {
                "key": f"某市/{year}/disclosure_rate",
                "year": year,
                "indicator": "disclosure_rate",
                "numerator": float(part),
                "denominator": float(whole),
                "value": part / whole if whole else math.nan,
                "broken": False,
                "numerator_of": "a",
                "denominator_of": "b",
            }
            for year, part, whole in counts
        ]
    )
    return {"documents": documents, "rates": rates, "counts": frames.frame("counts", [])}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=2, max_size=9).map(
        lambda pairs: [(2012 + n, min(p), max(p)) for n, p in enumerate(pairs)]
    )
)
def test_what_is_said_of_any_years_follows_the_tests(counts):
    found = trends_of(**_invented(counts))
    assert len(found.query("span == 'adjacent'")) in (0, len(counts) - 1)
    for t in found.itertuples():
        assert math.isnan(t.low) or t.low <= t.change <= t.high
        if t.verdict in ("rise", "fall"):
            assert t.adjusted <= 0.05 and (t.change > 0) == (t.verdict == "rise")
        if t.verdict == "none" and t.test:
            assert t.adjusted > 0.05 or t.change == 0
        if t.span == "adjacent" and min(c[2] for c in counts if c[0] in (t.first, t.last)) == 0:
            assert t.verdict == "untested"


def test_counts_of_a_stored_report_are_those_of_the_report(yongkang):
    report = yongkang.report
    tables = {name: getattr(report, name) for name in ("facts", "placements", "claims")}
    stored = StoredReport.of(report.document, tables)
    pd.testing.assert_frame_equal(counts_of(stored), counts_of(report))
