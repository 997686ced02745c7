"""Many units beside each other: sums over sums, limits, ranks, and who is never ranked."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import frames
from analysis.measuring import compare_units, indicators, rates_of
from analysis.measuring.comparison import UNITS
from analysis.reading import StoredReport, read_report
from analysis.register import Register, Unit
from analysis.templates import forms
from analysis.writing.gallery import NOTHING, invented, invented_document, invented_facts

FORM = forms()["2021"]


def compared(units, register=None, by="", scopes=(), scope="area"):
    """``aggregates`` and ``comparison`` of invented units: name → outcomes; those in ``scopes`` report on that ``scope``."""
    facts = {name: invented_facts(name, FORM, settled) for name, settled in units.items()}
    reports = [
        StoredReport(name, 2024, FORM, table, NOTHING["placements"], NOTHING["claims"])
        for name, table in facts.items()
    ]
    documents = frames.concat("documents", [invented_document(name, FORM) for name in units])
    documents["scope"] = [scope if name in scopes else "" for name in documents["unit"]]
    rates = frames.concat("rates", [rates_of(r) for r in reports])
    every = frames.concat("facts", facts.values())
    return compare_units(rates, documents, every, dict.fromkeys(units, FORM), register or Register(), by)


def settled(granted, refused, elsewhere=0):
    return {"granted": granted, "denied.enforcement_files": refused, "unavailable.not_held": elsewhere}


ALIKE = {f"单位{n}": settled(60 + n, 20 - n, 20) for n in range(12)}


MANY = {f"单位{n}": settled(50 + n, 30 - n, 20) for n in range(24)}
# One rate for all, the refusals rare.
NULL = {
    "granted": 0.6,
    "denied.internal_affairs": 0.04,
    "unavailable.not_held": 0.3,
    "unprocessed.petition": 0.06,
}


def of(table, indicator, unit=None):
    rows = table[table["indicator"] == indicator]
    rows = rows if unit is None else rows[rows["unit"] == unit]
    assert len(rows) == 1
    return rows.iloc[0]


def test_all_together_is_the_sum_over_the_sum_with_the_mean_beside_it():
    together, _ = compared({"大市": settled(900, 100), "小镇": settled(1, 9)})
    rate = of(together, "refusal_rate")
    assert (rate["numerator"], rate["denominator"]) == (109, 1010)
    assert rate["value"] == 109 / 1010
    assert rate["mean"] == pytest.approx((0.1 + 0.9) / 2)
    due = stats.binomtest(109, 1010).proportion_ci(0.95, "wilson")
    assert (rate["low"], rate["high"]) == pytest.approx((due.low, due.high))


def test_a_small_unit_is_not_ranked_however_far_out_it_lies():
    _, beside = compared(ALIKE | {"小镇": settled(0, 29)})
    rate = of(beside, "refusal_rate", "小镇")
    assert rate["value"] == 1 and rate["small"]
    assert math.isnan(rate["percentile"]) and math.isnan(rate["p"]) and rate["outside"] == ""
    assert "不排名" in rate["note_zh"]
    # With ten times the cases the same rate lies outside.
    _, beside = compared(ALIKE | {"大镇": settled(0, 290)})
    assert of(beside, "refusal_rate", "大镇")["outside"] == "above"


def test_four_units_stand_side_by_side():
    four = dict(list(ALIKE.items())[:UNITS])
    four.pop("单位0")
    together, beside = compared(four | {"大镇": settled(0, 290)} if len(four) < 4 else four)
    assert beside["p"].isna().all() and (beside["outside"] == "").all()
    assert "只并列" in of(together, "refusal_rate")["note_zh"]


def test_percentiles_are_scipys_among_units_with_enough_cases():
    _, beside = compared(ALIKE | {"小镇": settled(10, 10)})
    rates = beside[(beside["indicator"] == "refusal_rate")].set_index("unit")
    comparable = rates.drop(index="小镇")["value"]
    assert (rates["comparable"] == 12).all()
    for unit in ALIKE:
        due = stats.percentileofscore(comparable, comparable[unit], kind="mean")
        assert rates.loc[unit, "percentile"] == pytest.approx(due)


def test_who_stands_out_and_by_which_row():
    odd = settled(60, 300, 20) | {"denied.internal_affairs": 3}
    _, beside = compared(ALIKE | {"异县": odd})
    refusal = of(beside, "refusal_rate", "异县")
    assert refusal["outside"] == "above" and refusal["value"] > refusal["limit_high"]
    assert refusal["adjusted"] <= 0.05
    assert refusal["why"] == "applications.denied.enforcement_files.total"
    pooled = sum(u["denied.enforcement_files"] for u in [*ALIKE.values(), odd]) / sum(
        sum(u.values()) for u in [*ALIKE.values(), odd]
    )
    assert refusal["excess"] == pytest.approx(300 - 383 * pooled)
    # A rate of one row is explained by where the cases went instead.
    full = of(beside, "full_grant_rate", "异县")
    assert (full["outside"], full["why"]) == ("below", refusal["why"])
    assert (beside.loc[~beside["unit"].isin(["异县"]), "outside"] == "").all()


def test_units_that_differ_anyway_widen_the_limits():
    apart = {f"单位{n}": settled(200 if n % 2 else 100, 100 if n % 2 else 200) for n in range(12)}
    together, beside = compared(apart)
    rate = of(together, "refusal_rate")
    assert rate["phi"] > 4 and "放宽" in rate["note_zh"]
    assert (beside["outside"] == "").all()


def test_all_units_and_rates_of_a_group_are_adjusted_together():
    _, beside, _ = invented()
    judged = beside.dropna(subset=["p"])
    assert judged["unit"].nunique() > 30 and judged["indicator"].nunique() > 10
    due = stats.false_discovery_control(judged["p"])
    assert judged["adjusted"].to_numpy() == pytest.approx(due)
    assert (judged.loc[judged["outside"] != "", "adjusted"] <= 0.05).all()


def test_a_whole_is_not_added_to_its_parts():
    register = Register(
        {"某市": Unit("某市"), "甲区": Unit("甲区", parent="某市"), "乙局": Unit("乙局", parent="甲区")}
    )
    units = {"某市": settled(90, 10), "乙局": settled(40, 5)}
    together, beside = compared(units, register, scopes=("某市",))
    # Not all of the whole is here in parts, so the whole is added and the part is not.
    assert of(together, "refusal_rate")[["units", "counted", "denominator"]].tolist() == [2, 1, 100]
    whole, part = (of(beside, "refusal_rate", unit) for unit in units)
    assert whole["counted"] and whole["left_out"] == "whole"
    assert not part["counted"] and part["left_out"] == "part" and "不重复加入" in part["note_zh"]
    # Its own report alone is added.
    together, _ = compared(units, register)
    assert of(together, "refusal_rate")["denominator"] == 145


def test_parts_that_are_all_there_is_are_added_and_their_whole_is_not():
    register = Register(
        {
            "某市": Unit("某市", complete="yes"),
            "甲区": Unit("甲区", parent="某市"),
            "乙区": Unit("乙区", parent="某市", aliases=("乙县",)),
        }
    )
    units = {"某市": settled(90, 10), "甲区": settled(40, 5), "乙县": settled(50, 5)}
    together, beside = compared(units, register, scopes=("某市",))
    assert of(together, "refusal_rate")[["counted", "denominator"]].tolist() == [2, 100]
    assert not of(beside, "refusal_rate", "某市")["counted"]
    # Where a part has no such rate, the whole stands in again.
    units["乙县"] = {}
    together, _ = compared(units, register, scopes=("某市",))
    assert of(together, "refusal_rate")[["counted", "denominator"]].tolist() == [1, 100]


def test_a_level_of_government_holds_its_departments_only():
    register = Register(
        {
            "某市": Unit("某市"),
            "某局": Unit("某局", parent="某市", kind="department"),
            "某县": Unit("某县", parent="某市", kind="government"),
        }
    )
    units = {"某市": settled(90, 10), "某局": settled(40, 5), "某县": settled(50, 5)}
    together, beside = compared(units, register, scopes=("某市",), scope="level")
    assert of(together, "refusal_rate")["denominator"] == 155
    assert [of(beside, "refusal_rate", u)["left_out"] for u in units] == ["whole", "part", ""]


def test_a_whole_is_not_ranked_among_its_parts():
    register = Register({"某市": Unit("某市")} | {u: Unit(u, parent="某市") for u in ALIKE})
    whole = {row: sum(u.get(row, 0) for u in ALIKE.values()) for row in ALIKE["单位0"]}
    together, beside = compared(ALIKE | {"某市": whole}, register, scopes=("某市",))
    city = of(beside, "refusal_rate", "某市")
    assert math.isnan(city["percentile"]) and city["outside"] == ""
    assert of(beside, "refusal_rate", "单位0")["comparable"] == len(ALIKE)
    assert of(together, "refusal_rate")["denominator"] == sum(whole.values())


def test_units_on_forms_that_do_not_compare_are_not_added():
    older = forms()["2019"]
    facts = {u: invented_facts(u, FORM, s) for u, s in ALIKE.items()}
    facts["旧县"] = invented_facts("旧县", older, {"granted": 50, "unavailable.unclear": 50})
    form = dict.fromkeys(ALIKE, FORM) | {"旧县": older}
    documents = frames.concat("documents", [invented_document(u, form[u]) for u in facts])
    reports = [
        StoredReport(u, 2024, form[u], t, NOTHING["placements"], NOTHING["claims"]) for u, t in facts.items()
    ]
    rates = frames.concat("rates", [rates_of(r) for r in reports])
    together, beside = compare_units(
        rates, documents, frames.concat("facts", facts.values()), form, Register()
    )
    # Full grants compare across 2020/21; what is not available does not.
    assert of(together, "full_grant_rate")["counted"] == 13
    assert of(together, "unavailable_rate")["counted"] == 12
    left = of(beside, "unavailable_rate", "旧县")
    assert left["left_out"] == "form" and math.isnan(left["percentile"])


def test_a_rate_that_is_sure_over_counts_that_are_not_is_neither_added_nor_judged():
    facts = {u: invented_facts(u, FORM, s) for u, s in ALIKE.items()}
    documents = frames.concat("documents", [invented_document(u, FORM) for u in facts])
    rates = frames.concat(
        "rates",
        [
            rates_of(StoredReport(u, 2024, FORM, t, NOTHING["placements"], NOTHING["claims"]))
            for u, t in facts.items()
        ],
    )
    open_ = (rates["unit"] == "单位0") & (rates["indicator"] == "refusal_rate")
    rates.loc[open_, ["numerator", "denominator"]] = math.nan
    together, beside = compare_units(
        rates, documents, frames.concat("facts", facts.values()), dict.fromkeys(facts, FORM), Register()
    )
    assert of(together, "refusal_rate")["counted"] == 11
    found = of(beside, "refusal_rate", "单位0")
    assert found["left_out"] == "unknown" and math.isnan(found["p"]) and math.isnan(found["percentile"])
    assert beside["adjusted"].notna().sum() == beside["p"].notna().sum() > 0


def test_under_ten_units_are_ranked_but_nobody_is_named():
    nine = dict(list(ALIKE.items())[:8]) | {"异县": settled(10, 90)}
    together, beside = compared(nine)
    rate = of(beside, "refusal_rate", "异县")
    assert rate["percentile"] == pytest.approx(100 * 8.5 / 9)
    assert rate["outside"] == "" and math.isnan(rate["p"]) and math.isnan(of(together, "refusal_rate")["phi"])
    assert "不点名" in of(together, "refusal_rate")["note_zh"]


def test_a_unit_with_most_of_the_cases_is_no_measure_of_the_others():
    together, beside = compared(ALIKE | {"大市": settled(5000, 5000)})
    assert "一个单位占了半数以上" in of(together, "refusal_rate")["note_zh"]
    assert beside.loc[beside["indicator"] == "refusal_rate", "p"].isna().all()


def test_one_family_of_tests_over_all_groups():
    register = Register({u: Unit(u, province="甲" if n % 2 else "乙") for n, u in enumerate(MANY)})
    _, beside = compared(MANY, register, "province")
    judged = beside.dropna(subset=["p"])
    assert judged["group"].nunique() == 2
    assert judged["adjusted"].to_numpy() == pytest.approx(stats.false_discovery_control(judged["p"]))
    # What is one less another rate is not tested again.
    assert "clearance_rate" not in set(judged["indicator"]) or "carry_over_rate" not in set(
        judged["indicator"]
    )


def test_a_parent_goes_by_one_name():
    register = Register(
        {
            "某市": Unit("某市", aliases=("某市政府",)),
            "甲局": Unit("甲局", parent="某市"),
            "乙局": Unit("乙局", parent="某市政府"),
        }
    )
    together, _ = compared({"甲局": settled(9, 1), "乙局": settled(9, 1)}, register, "parent")
    assert set(together["group"]) == {"某市"}


@pytest.mark.parametrize(("low", "high"), [(31, 120), (100, 900)])
def test_units_that_differ_by_chance_alone_are_hardly_ever_named(low, high):
    chance = np.random.default_rng(low)
    named = looked = 0
    for _ in range(6):
        sizes = chance.integers(low, high, 40)
        units = {
            f"单位{n}": dict(
                zip(NULL, (int(x) for x in chance.multinomial(size, list(NULL.values()))), strict=True)
            )
            for n, size in enumerate(sizes)
        }
        _, beside = compared(units)
        named += (beside["outside"] != "").sum()
        looked += beside["p"].notna().sum()
    assert looked > 2000
    assert named == 0


def test_units_are_grouped_by_what_the_register_says():
    register = Register({u: Unit(u, level="county" if n < 6 else "township") for n, u in enumerate(ALIKE)})
    together, beside = compared(ALIKE | {"他县": settled(5, 5)}, register, "level")
    assert set(together["group"]) == {"county", "township", ""}
    for group, rows in beside.groupby("group"):
        rate = together[(together["group"] == group) & (together["indicator"] == "refusal_rate")].iloc[0]
        own = rows[rows["indicator"] == "refusal_rate"]
        assert rate["value"] == own["numerator"].sum() / own["denominator"].sum()
        assert (own["centre"] == rate["value"]).all()
    assert len(set(together["key"])) == len(together)


def test_a_report_that_contradicts_itself_is_left_out():
    facts = invented_facts("错县", FORM, settled(60, 300, 20), total=390, received=390)
    report = StoredReport("错县", 2024, FORM, facts, NOTHING["placements"], NOTHING["claims"])
    rates = rates_of(report).set_index("indicator")
    assert rates.loc["refusal_rate", "broken"] and "合不上" in rates.loc["refusal_rate", "note_zh"]
    assert not rates.loc["natural_person_share", "broken"]
    documents = invented_document("错县", FORM)
    together, beside = compare_units(rates_of(report), documents, facts, {"错县": FORM}, Register())
    assert of(together, "refusal_rate")["counted"] == 0 and math.isnan(of(together, "refusal_rate")["value"])
    assert not of(beside, "refusal_rate", "错县")["counted"]


outcomes = st.fixed_dictionaries(
    {
        row: st.integers(0, 80)
        for row in (
            "granted",
            "partly_granted",
            "denied.state_secret",
            "denied.internal_affairs",
            "unavailable.not_held",
            "unprocessed.petition",
            "other.other",
        )
    }
)
many = st.lists(outcomes, min_size=1, max_size=7).map(lambda us: {f"单位{n}": u for n, u in enumerate(us)})


@settings(max_examples=15, deadline=None)
@given(many)
def test_rates_of_one_partition_make_a_whole(units):
    together, beside = compared(units)
    partitions = {i.partition for i in indicators().values()} - {""}
    assert partitions == {"outcome", "ground"}
    for table in (together, beside):
        for partition in partitions:
            codes = [i.code for i in indicators().values() if i.partition == partition]
            rows = table[table["indicator"].isin(codes)].dropna(subset=["value"])
            sums = rows.groupby("unit")["value"].agg(["sum", "size"])
            assert (sums["size"] == len(codes)).all() and sums["sum"].to_numpy() == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(many)
def test_a_unit_without_requests_changes_no_rate(units):
    before, beside = compared(units)
    after, beside_after = compared(units | {"静镇": {}})
    columns = ["numerator", "denominator", "value", "low", "high", "mean", "median", "phi", "counted"]
    pd.testing.assert_frame_equal(before[columns], after[columns])
    others = beside_after[beside_after["unit"] != "静镇"].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        beside.sort_values("key").reset_index(drop=True), others.sort_values("key").reset_index(drop=True)
    )
    assert beside_after.loc[beside_after["unit"] == "静镇", "value"].isna().all()


@settings(max_examples=15, deadline=None)
@given(many, st.randoms())
def test_the_order_of_the_units_changes_nothing(units, chance):
    names = list(units)
    chance.shuffle(names)
    for one, other in zip(compared(units), compared({n: units[n] for n in names}), strict=True):
        pd.testing.assert_frame_equal(*(t.sort_values("key").reset_index(drop=True) for t in (one, other)))


def test_the_real_units_of_a_year(shared):
    folder = shared / "reports"
    reports = [
        read_report(folder / u / f) for u, f in (("宿迁市", "2024.txt"), ("平潭综合实验区", "2024.txt"))
    ]
    documents = frames.concat("documents", [r.document.to_frame().T for r in reports])
    rates, facts = (
        frames.concat(n, t)
        for n, t in (("rates", [rates_of(r) for r in reports]), ("facts", [r.facts for r in reports]))
    )
    together, _ = compare_units(rates, documents, facts, {r.unit: r.form for r in reports}, Register())
    # From the true cells: 3,521 and 218 decisions, 1,902 and 100 of them granted in full or in part.
    truth = [pd.read_csv(shared / "truth" / u / "2024.csv") for u in ("宿迁市", "平潭综合实验区")]
    totals = [
        t[(t["table"] == "applications") & (t["column"] == "total")].set_index("row")["value"].astype(float)
        for t in truth
    ]
    due = sum(t["granted"] + t["partly_granted"] for t in totals) / sum(t["total"] for t in totals)
    assert of(together, "disclosure_rate")["value"] == pytest.approx(due)
