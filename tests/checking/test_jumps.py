"""Numbers that jump and amounts in the wrong unit, on series that the tests make up and on Pingtan's own."""

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from conftest import compared

from analysis.checking.jumps import Jumps, plausible
from analysis.reading import read_report
from analysis.register import Register, Unit
from analysis.templates import Cell, forms

RECEIVED = "applications.received.total"
FEES = "disclosure.fees.amount"
STEADY = [100, 110, 95, 105, 98, 104]


def tables(unit, series, template="2021"):
    """The reports of a unit from 2016 on: ``series`` gives cells their numbers, one a year (None: not certain);
    ``template`` may be one a year too."""
    documents, facts = [], []
    for n in range(max(map(len, series.values()))):
        year, form = 2016 + n, template if isinstance(template, str) else template[n]
        key = f"{unit}/{year}"
        documents.append({"key": key, "unit": unit, "year": year, "template": form})
        for name, values in series.items():
            if n >= len(values) or not forms()[form].expand(name):
                continue
            cell = Cell.parse(name)
            facts.append(
                {"key": f"{key}/{name}", "unit": unit, "year": year, **cell._asdict(), "value": values[n]}
                | {"candidates": "", "raw": str(values[n]), "where": f"{key}.txt:1:1", "start": 0, "end": 1}
            )
    return {"documents": pd.DataFrame(documents), "facts": pd.DataFrame(facts).astype({"value": float})}


def found(*units, register=None):
    check = Jumps(register or Register())
    for each in units:
        check.add(each)
    return check.findings()


def codes(frame):
    return list(frame[["year", "code"]].itertuples(index=False, name=None))


def test_the_range_by_hand():
    # median of −0.1, 0, 0.1, 0.3, 0.4 is 0.1; deviations 0.2, 0.1, 0, 0.2, 0.3, median 0.2, × 1.4826 = 0.29652
    made = plausible([-0.1, 0.0, 0.1, 0.3, 0.4], noise=0.01, usual=0.25, least=4)
    wide = 4 * sqrt(0.29652**2 * 1.2 + 0.01)
    assert (made.low, made.high, made.n) == pytest.approx((0.1 - wide, 0.1 + wide, 5))
    # a spread below what is usual is taken as usual; too few changes make no range
    made = plausible([0.0] * 4, noise=0.0, usual=0.25, least=4)
    assert made.high == pytest.approx(sqrt(1.25))
    assert plausible([0.0] * 3, noise=0.0, usual=0.25, least=4) is None


def test_a_number_beyond_its_own_history_is_a_warning_that_says_what_was_plausible():
    (row,) = found(tables("甲市", {RECEIVED: [*STEADY, 520]})).itertuples()
    assert (row.year, row.code, row.severity, row.reported) == (2022, "years.jump", "warning", "520")
    assert row.evidence == f"甲市/2021/{RECEIVED} 甲市/2022/{RECEIVED}"
    assert "由2021年的104件变为2022年的520件，为上年的5.0倍" in row.message_zh
    assert "以往5次变动" in row.message_zh
    # changes 1.1, .86, 1.11, .93, 1.06; median 104/98; their spread is below 0.25, so that is taken
    noise = 1 / 104.5 + 1 / 520.5
    wide = 4 * sqrt(0.25**2 * 1.2 + noise)
    high = exp(log(104.5 / 98.5) + wide)
    assert f"至{high:.1f}倍之间" in row.message_zh


@pytest.mark.parametrize("last", [30, 60, 104, 200, 300])
def test_a_number_within_its_history_is_let_pass(last):
    assert found(tables("甲市", {RECEIVED: [*STEADY, last]})).empty


def test_few_cases_may_change_by_much():
    # 2 → 14 reviews, and 0 → 9: as a share it is a lot, as chance it is not
    assert found(tables("甲市", {"disputes.review.total": [3, 2, 1, 2, 3, 2, 14]})).empty
    assert found(tables("甲市", {"disputes.review.total": [1, 0, 1, 0, 1, 0, 9]})).empty


def test_a_history_of_few_cases_does_not_make_everything_plausible():
    # the first years are 0 → 23 → 2 → 30; by the steady ones after them, 104 → 520 is a jump
    assert codes(found(tables("甲市", {RECEIVED: [0, 23, 2, 30, *STEADY, 520]}))) == [(2026, "years.jump")]


def test_a_restless_history_makes_a_jump_plausible():
    restless = [100, 420, 90, 380, 110, 400]
    assert found(tables("甲市", {RECEIVED: [*restless, 1200]})).empty


def test_a_number_that_comes_back_is_not_reported_again():
    assert codes(found(tables("甲市", {RECEIVED: [*STEADY, 1040, 100]}))) == [(2022, "years.jump")]
    # one that stays is a new level, and reported once
    assert codes(found(tables("甲市", {RECEIVED: [*STEADY, 1040, 1000]}))) == [(2022, "years.jump")]


def test_without_history_or_peers_only_a_crude_factor_decides_and_it_is_a_note():
    (row,) = found(tables("甲市", {RECEIVED: [60, 900]})).itertuples()
    assert (row.code, row.severity) == ("years.jump_crude", "note")
    assert found(tables("甲市", {RECEIVED: [60, 500]})).empty  # less than ten times
    assert found(tables("甲市", {RECEIVED: [3, 60]})).empty  # too few cases


def peers(last, n=12, kind="government"):
    units = [Unit(f"邻{'甲乙丙丁戊己庚辛壬癸子丑寅'[i]}县", kind=kind, level="county") for i in range(n)]
    return units, [tables(u.unit, {RECEIVED: [100 + i, last + 7 * i]}) for i, u in enumerate(units)]


OURS = Unit("甲县", kind="government", level="county")


def registered(*units):
    return Register({u.unit: u for u in units})


def test_a_change_that_its_peers_share_is_no_jump():
    ours = tables(OURS.unit, {RECEIVED: [*STEADY[:2], 600]})  # the years 2016 to 2018
    units, others = peers(580)
    others = [tables(u.unit, {RECEIVED: [100, 100, 580 + 7 * i]}) for i, u in enumerate(units)]
    assert found(ours, *others, register=registered(OURS, *units)).empty
    # the same change alone among peers that stand still: their range is the reason given
    others = [tables(u.unit, {RECEIVED: [100, 100, 100 + i]}) for i, u in enumerate(units)]
    (row,) = found(ours, *others, register=registered(OURS, *units)).itertuples()
    assert (row.unit, row.code) == (OURS.unit, "years.jump") and "同类12个单位" in row.message_zh


def test_history_and_peers_must_both_be_exceeded():
    units, _ = peers(0)
    ours = tables(OURS.unit, {RECEIVED: [*STEADY, 520]})
    alike = [tables(u.unit, {RECEIVED: [*STEADY, 510 + i]}) for i, u in enumerate(units)]
    assert found(ours, *alike, register=registered(OURS, *units)).empty
    still = [tables(u.unit, {RECEIVED: [*STEADY, 101 + i]}) for i, u in enumerate(units)]
    (row,) = found(ours, *still, register=registered(OURS, *units)).itertuples()
    assert "以往5次" in row.message_zh and "同类12个单位" in row.message_zh


def test_units_of_another_standing_are_no_peers():
    units, _ = peers(0, kind="department")
    ours = tables(OURS.unit, {RECEIVED: [*STEADY, 520]})
    alike = [tables(u.unit, {RECEIVED: [*STEADY, 510 + i]}) for i, u in enumerate(units)]
    rows = found(ours, *alike, register=registered(OURS, *units))
    assert codes(rows[rows["unit"] == OURS.unit]) == [(2022, "years.jump")]


def test_nothing_is_compared_across_a_break_that_the_crosswalk_closes():
    # decisions: 2018/19 only roughly; applications received: yes
    series = {"statistics.answered.this_year": [100, 102, 99], "applications.total.total": [0, 0, 0, 2000]}
    assert found(tables("甲市", series, ["2014", "2014", "2014", "2019"])).empty
    series = {"statistics.received.this_year": [100, 102, 99], RECEIVED: [0, 0, 0, 2000]}
    assert codes(found(tables("甲市", series, ["2014"] * 3 + ["2019"]))) == [(2019, "years.jump_crude")]


def test_a_year_that_is_missing_or_not_certain_is_not_bridged():
    assert found(tables("甲市", {RECEIVED: [*STEADY, None, 5200]})).empty


@pytest.mark.parametrize("together", [12, 240])
def test_chance_alone_makes_next_to_no_jumps_and_tenfold_errors_are_found(together):
    # 240 units, seven years, counts that drift by a quarter a year and vary by chance; seen twelve at a time
    # they are too few to be peers, seen all at once each has its own history and its peers
    draw = np.random.default_rng(4)
    drifts = np.cumsum(draw.normal(0, 0.25, (240, 7)), axis=1)
    counts = draw.poisson(np.exp(draw.normal(log(150), 1, (240, 1)) + drifts))
    batches = [range(n, n + together) for n in range(0, 240, together)]
    alarms = sum(len(found(*(tables(f"单位{n}", {RECEIVED: counts[n]}) for n in batch))) for batch in batches)
    assert alarms <= 0.002 * 6 * len(counts)
    # in every tenth unit the last number has a nought too many
    wrong = [n for n in range(0, 240, 10) if counts[n, 5] >= 20]
    counts[wrong, 6] *= 10
    rows = [found(*(tables(f"单位{n}", {RECEIVED: counts[n]}) for n in batch)) for batch in batches]
    seen = {
        row.unit for each in rows for row in each.itertuples() if (row.year, row.code) == (2022, "years.jump")
    }
    assert len(seen & {f"单位{n}" for n in wrong}) >= 0.9 * len(wrong)


# amounts


FEES_OK = [242523110.82, 91163600, 59490886.67, 186510600, 41662416.19]  # Pingtan 2021 to 2025, in yuan


@pytest.mark.parametrize("year", range(5))
@pytest.mark.parametrize("power", [-8, -4, 4, 8])
def test_an_amount_in_the_wrong_unit_is_found_in_its_year_alone(year, power):
    series = [a * 10**power if n == year else a for n, a in enumerate(FEES_OK)]
    (row,) = found(tables("甲市", {FEES: series})).itertuples()
    assert (row.code, row.year, row.severity) == ("years.unit_off", 2016 + year, "warning")
    assert row.suspect == f"甲市/{2016 + year}/{FEES}"


def test_amounts_that_only_vary_are_let_pass():
    assert found(tables("甲市", {FEES: FEES_OK})).empty
    assert "years.unit_off" not in set(
        found(tables("甲市", {FEES: [5e4, 6e6, 8e7]}))["code"]
    )  # a steady climb


def test_another_power_of_ten_counts_only_with_the_same_digits():
    fees = "years.unit_off"
    assert codes(found(tables("甲市", {FEES: [91163600, 88000000, 9116360]}))) == [(2018, fees)]
    assert found(tables("甲市", {FEES: [91163600, 88000000, 9216360]})).empty


@pytest.mark.parametrize("now", [91173600, 88173600, 9116.36 * 2.5e4])
def test_of_two_years_the_later_is_doubted_and_none_is_called_the_wrong_one(now):
    (row,) = found(tables("甲市", {FEES: [9116.36, now]})).itertuples()
    assert (row.code, row.year, row.suspect) == ("years.unit_off", 2017, "")


@pytest.mark.parametrize("now", [9.2e6, 8.8e8, 450_000])
def test_of_two_years_a_great_change_is_no_matter_of_units(now):
    assert "years.unit_off" not in set(found(tables("甲市", {FEES: [9116.36, now]}))["code"])


# the reports at hand


def test_pingtan_as_published(shared):
    folder = shared / "reports" / "平潭综合实验区"
    rows = compared(*(read_report(path) for path in sorted(folder.glob("*.txt"))))
    rows = rows[rows["code"].isin(["years.jump", "years.jump_crude", "years.unit_off"])]
    # 739 → 72,804 items of information: the prose of 2013 says 4,970. The fees of 2021, 24,252 万元, are of the
    # order of 2024's 18,651, and the years between are no steadier: nothing to say.
    assert codes(rows) == [(2013, "years.jump_crude")]
    assert rows["reported"].iloc[0] == "72804"


def test_suqian_and_shanghai_as_published(shared):
    folders = [shared / "reports" / name for name in ("宿迁市", "上海市人民政府办公厅")]
    rows = compared(*(read_report(p) for folder in folders for p in sorted(folder.iterdir())))
    assert not rows["code"].str.startswith(("years.jump", "years.unit_off")).any()
