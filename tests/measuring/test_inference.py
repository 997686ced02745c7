"""Intervals and tests against published examples, and against SciPy and statsmodels on the same counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.measuring import inference

# R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10: two shares, and the interval of the
# first less the second.
NEWCOMBE = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0000),
]
# Y. Benjamini, Y. Hochberg, J. R. Statist. Soc. B 57 (1995) 289–300: fifteen p values, of which four are rejected at 0.05.
HOCHBERG = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]
counts = st.integers(0, 400)


@st.composite
def share(draw):
    whole = draw(st.integers(1, 400))
    return draw(st.integers(0, whole)), whole


@pytest.mark.parametrize(("first", "second", "low", "high"), NEWCOMBE)
def test_the_interval_of_a_difference_is_that_of_newcombes_paper(first, second, low, high):
    found = inference.shares_differ(second, first)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_fishers_tea():
    # Three cups of four told right: Fisher (1935), p of one side 17/70, of both 34/70.
    found = inference.shares_differ((1, 4), (3, 4))
    assert found.test == "fisher"
    assert found.p == pytest.approx(34 / 70)


@given(share(), share())
def test_two_shares_are_tested_as_scipy_tests_them(before, after):
    found = inference.shares_differ(before, after)
    table = [[a, n - a] for a, n in (before, after)]
    if found.test == "fisher":
        due = stats.fisher_exact(table)[1]
    else:
        assert stats.contingency.expected_freq(np.array(table)).min() >= 5
        due = stats.chi2_contingency(table, correction=False).pvalue
    assert found.p == pytest.approx(min(1, due), abs=1e-9)
    assert found.low <= found.size <= found.high
    assert -1 <= found.low <= found.high <= 1


@given(counts, st.integers(1, 500), counts, st.integers(1, 500))
def test_two_counts_are_tested_by_the_binomial_that_they_make_together(a, n, b, m):
    found = inference.rates_differ((a, n), (b, m))
    if a + b == 0:
        assert found.p == 1
        return
    assert found.low <= found.size <= found.high
    if (a + b) * min(n, m) / (n + m) < 10:
        assert found.test == "poisson-exact"
        assert found.p == pytest.approx(stats.binomtest(b, a + b, m / (n + m)).pvalue, abs=1e-9)
    else:
        # The score test: the binomial in its normal approximation.
        due, spread = (a + b) * m / (n + m), math.sqrt((a + b) * m * n) / (n + m)
        assert found.p == pytest.approx(2 * stats.norm.sf(abs(b - due) / spread), abs=1e-9)


@pytest.mark.parametrize(
    ("values", "one_sided"),
    # M. Hollander, D. A. Wolfe, Nonparametric Statistical Methods, table of Kendall's K for five observations.
    [([1, 2, 3, 4, 5], 0.0083), ([2, 1, 3, 4, 5], 0.042), ([2, 1, 4, 3, 5], 0.117), ([2, 3, 1, 5, 4], 0.242)],
)
def test_a_series_is_tested_as_the_tables_of_kendall_say(values, one_sided):
    assert inference.slope(range(5), values).p / 2 == pytest.approx(one_sided, abs=5e-4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=5, max_size=7).filter(lambda v: len(set(v)) > 1))
def test_ties_are_tested_by_all_their_orders(values):
    # SciPy's own enumeration of all pairings, with the number of pairs in order less those out of it.
    def score(one):
        return sum(np.sign(one[j] - one[i]) for i in range(len(one)) for j in range(i + 1, len(one)))

    due = stats.permutation_test(
        (np.array(values),), score, permutation_type="pairings", n_resamples=np.inf, alternative="two-sided"
    )
    found = inference.slope(range(len(values)), values)
    if len(set(values)) < len(values):
        both = np.mean(np.abs(due.null_distribution) >= abs(due.statistic))
        assert found.p == pytest.approx(both)


@given(st.lists(st.floats(0, 1), min_size=5, max_size=12, unique=True))
def test_a_slope_is_theils_by_scipy(values):
    years = list(range(2010, 2010 + len(values)))
    found, due = inference.slope(years, values), stats.theilslopes(values, years, alpha=0.95)
    assert (found.size, found.low, found.high) == pytest.approx(tuple(due)[:1] + tuple(due)[2:])
    assert found.tau == pytest.approx(stats.kendalltau(years, values).statistic)
    assert found.low <= found.size <= found.high


def test_fifteen_tests_are_adjusted_as_in_the_paper_of_benjamini_and_hochberg():
    found = inference.adjusted(HOCHBERG)
    assert sum(found <= 0.05) == 4
    assert found == pytest.approx(multipletests(HOCHBERG, method="fdr_bh")[1])


def test_no_tests_need_no_adjusting():
    assert len(inference.adjusted([])) == 0


@given(share())
def test_an_interval_holds_its_estimate(of):
    low, high = inference.wilson(*of)
    assert 0 <= low <= of[0] / of[1] <= high <= 1
    due = stats.binomtest(*of).proportion_ci(0.95, "wilson")
    assert (low, high) == pytest.approx((due.low, due.high), abs=1e-12)


@pytest.mark.parametrize("pairs", [((3, math.nan), (4, 10)), ((3, 9), (math.nan, 10))])
def test_a_count_that_is_not_known_is_not_tested(pairs):
    for test in (inference.shares_differ, inference.rates_differ):
        with pytest.raises(ValueError, match="not known"):
            test(*pairs)


def test_few_of_one_and_many_of_the_other_are_tested_exactly():
    # Together 105 cases, but of the second only two are expected: the normal approximation would not do.
    found = inference.rates_differ((98, 1000), (7, 20))
    assert found.test == "poisson-exact"
    assert found.p == pytest.approx(stats.binomtest(7, 105, 20 / 1020).pvalue)


def chances(size, centre, of_cases):
    """The chance of every number of cases, by SciPy."""
    if of_cases:
        return stats.binom.pmf(np.arange(size + 1), size, centre)
    return stats.poisson.pmf(np.arange(int(8 * size * centre) + 60), size * centre)


@given(st.integers(1, 3000), st.floats(0.01, 0.99), st.booleans())
def test_a_distance_is_the_deviate_of_the_mid_p_of_all_chances(size, centre, of_cases):
    pmf = chances(size, centre, of_cases)
    k = int(np.random.default_rng(size).choice(len(pmf), p=pmf / pmf.sum()))
    above, below = pmf[k + 1 :].sum() + pmf[k] / 2, pmf[:k].sum() + pmf[k] / 2
    far = float(inference.distances([k], [size], centre, of_cases)[0])
    due = stats.norm.isf(above) if above < below else stats.norm.ppf(below)
    assert far == pytest.approx(due, abs=1e-5)
    assert inference.tails(far, 1.0) == pytest.approx(2 * min(above, below), rel=1e-4)


@given(st.integers(1, 3000), st.floats(0.01, 0.99), st.floats(1, 9), st.booleans())
def test_beyond_the_limits_lies_who_is_farther_than_they_allow(size, centre, phi, of_cases):
    (low,), (high,) = inference.limits([size], centre, 0.998, phi, of_cases)
    assert 0 <= low <= centre <= high
    every = np.arange(len(chances(size, centre, of_cases)))
    far = inference.distances(every, np.full(len(every), size), centre, of_cases)
    allowed = stats.norm.ppf(0.999) * math.sqrt(phi)
    clear = np.abs(np.abs(far) - allowed) > 1e-9
    beyond = (every < low * size) | (every > high * size)
    assert (beyond == (np.abs(far) > allowed))[clear].all()


@pytest.mark.parametrize("of_cases", [True, False])
@pytest.mark.parametrize(
    ("size", "centre"), [(30, 0.1), (45, 0.1), (60, 0.3), (200, 0.1), (1000, 0.5), (150, 0.9)]
)
def test_the_limits_hold_as_many_units_as_they_say(size, centre, of_cases):
    # By the distribution itself: how many of all units with this rate lie beyond, of the two in a thousand that may.
    (low,), (high,) = inference.limits([size], centre, 0.998, 1.0, of_cases)
    pmf = chances(size, centre, of_cases)
    every = np.arange(len(pmf)) / size
    assert pmf[every < low].sum() <= 0.002 and pmf[every > high].sum() <= 0.002


def test_none_of_four_expected_is_within_the_limits():
    # Exactly, none of 45 at a tenth has a chance of 0.0087: far from one in a thousand.
    (low,), _ = inference.limits([45], 0.1, 0.998, 1.0)
    assert low == 0
    assert inference.tails(inference.distances([0], [45], 0.1)[0], 1.0) == pytest.approx(0.9**45)


def test_units_that_differ_by_chance_alone_are_not_called_overdispersed():
    chance = np.random.default_rng(3)
    sizes = chance.integers(50, 500, 400)

    def spread(seen, of):
        return inference.overdispersion(inference.distances(seen, of, 0.4))

    found = [spread(chance.binomial(sizes[:40], 0.4), sizes[:40]) for _ in range(200)]
    # What is drawn in at either end is made up for, so that chance alone is one; and it rarely looks like more.
    raw = [factor for factor, _ in found]
    assert np.median(raw) < 1.1 and np.mean([p <= 0.05 for _, p in found]) < 0.1
    factor, p = spread(chance.binomial(sizes, chance.beta(8, 12, 400)), sizes)
    assert factor > 2 and p < 0.001
    # Beta-binomial of mean 0.4 and sizes n: the variance is 1 + (n - 1) / 21 times that of a binomial.
    known = np.full(400, 100)
    factor, _ = spread(chance.binomial(known, chance.beta(8, 12, 400)), known)
    assert factor == pytest.approx(1 + 99 / 21, rel=0.2)
