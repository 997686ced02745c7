"""Rates against published statistics: the formulas give the figures that others have printed.

Only what is published is typed here; a report is invented around it that has these numbers in its cells.
"""

import pytest

from analysis.measuring import rates_of
from analysis.reading import StoredReport
from analysis.templates import forms
from analysis.writing.gallery import NOTHING, invented_facts


def rates(settled, form="2021", **more):
    of = forms()[form]
    facts = invented_facts("某市", of, settled, **more)
    report = StoredReport("某市", 2024, of, facts, NOTHING["placements"], NOTHING["claims"])
    return rates_of(report).set_index("indicator")


def test_putuo_district_of_shanghai_discloses_30_80_per_cent():
    # First half of 2022: 81 of 263 answers granted in full or in part, 公开率 30.80%.
    found = rates({"granted": 60, "partly_granted": 21, "unavailable.not_held": 182})
    rate = found.loc["disclosure_rate"]
    assert (rate["numerator"], rate["denominator"]) == (81, 263)
    assert f"{rate['value']:.2%}" == "30.80%"


def test_the_resolvable_requests_of_the_uk():
    # Cabinet Office, second quarter of 2023: 15,583 requests of which 10,729 resolvable; 34% of these granted in full.
    granted, withheld = round(0.34 * 10_729), round(0.31 * 10_729)
    found = rates(
        {
            "granted": granted,
            "denied.state_secret": withheld,
            "partly_granted": 10_729 - granted - withheld,
            "unavailable.not_held": 4_000,
            "unavailable.unclear": 500,
            "other.overdue_correction": 15_583 - 10_729 - 4_500,
        }
    )
    assert found.loc["disclosure_rate", "denominator"] == 15_583
    assert found.loc["uk_granted_of_resolvable", "denominator"] == 10_729
    assert f"{found.loc['uk_granted_of_resolvable', 'value']:.0%}" == "34%"
    assert f"{found.loc['uk_withheld_of_resolvable', 'value']:.0%}" == "31%"
    assert f"{found.loc['uk_withheld_on_merits', 'value']:.0%}" == "31%"


def test_the_release_rate_of_the_us_department_of_justice_leaves_out_what_it_does_not_hold():
    # Fiscal year 2011: released in full or in part for 94.5% of requests involving responsive records. How many had none
    # must not matter.
    responsive = {"granted": 600, "partly_granted": 345, "denied.internal_affairs": 55}
    for none in (0, 400, 5_000):
        found = rates({**responsive, "unavailable.not_held": none})
        assert f"{found.loc['merits_disclosure_rate', 'value']:.1%}" == "94.5%"
    # The same requests over everything processed: the war of the denominators.
    assert found.loc["disclosure_rate", "value"] < 0.2


def test_the_indian_basis_is_what_was_on_hand():
    # Central Information Commission, 2014–15: 8.40% rejected of those received and pending at the opening.
    found = rates({"granted": 916, "denied.state_secret": 84}, carried_in=0)
    assert f"{found.loc['in_rejected', 'value']:.2%}" == "8.40%"


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_both_readings_of_not_available_are_there_and_differ_by_it(form):
    found = rates({"granted": 50, "denied.state_secret": 20, "unavailable.not_held": 30}, form)["value"]
    assert found["refused_or_unavailable_rate"] == found["refusal_rate"] + found["unavailable_rate"] == 0.5
