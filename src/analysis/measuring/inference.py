"""What chance can do: intervals and tests, each from SciPy or statsmodels.

In: counts. Out: numbers. Nothing here knows of reports. Two shares are compared by Newcombe's interval of their
difference (his method 10) and Pearson's chi-squared, or Fisher's exact test where an expected count is below five;
two counts, or counts per case, by the conditional test of two Poisson rates, exact where the counts are
small, and the score interval of their difference. A series is tested by Mann and Kendall, with Theil and Sen's slope. The
limits of a funnel, and how far a unit lies outside, follow Spiegelhalter (Statistics in Medicine 24, 2005) with the inverse
sine of the square root, which holds the variance of a share steady, and his factor for overdispersion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportion_effectsize,
    test_proportions_2indep,
)
from statsmodels.stats.rates import confint_poisson_2indep, test_poisson_2indep

# The intervals are for this confidence, and tests are held against what is left of it.
CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
# Below it an expected count is too small for a test that is not exact (Cochran's rule).
_EXPECTED = 5
# Two counts together are small below this: the exact test is then quick and tells.
_COUNTS = 100
# A series of so many years, with ties, is tested by all its orders; a longer one by the normal approximation.
_ORDERS = 9


@dataclass(frozen=True)
class Difference:
    """Later less earlier, its interval, and the test of no difference: its name and its p."""

    size: float
    low: float
    high: float
    test: str
    p: float


@dataclass(frozen=True)
class Slope:
    """Theil and Sen's slope a year with its interval; Kendall's tau and its p."""

    size: float
    low: float
    high: float
    tau: float
    p: float


def wilson(numerator: float, denominator: float) -> tuple[float, float]:
    """Wilson's score interval of a share, at ``CONFIDENCE``; both counts in cases."""
    low, high = proportion_confint(numerator, denominator, alpha=ALPHA, method="wilson")
    # At nothing and at everything the formula leaves dust of the last float digit.
    return (0.0 if numerator == 0 else float(low)), (1.0 if numerator == denominator else float(high))


def shares_differ(before: tuple[float, float], after: tuple[float, float]) -> Difference:
    """Two independent shares, each as (numerator, denominator); the difference as a fraction."""
    (a, n), (b, m) = before, after
    size, pooled = b / m - a / n, (a + b) / (n + m)
    with np.errstate(divide="ignore", invalid="ignore"):  # of ratios, which are not asked for
        low, high = confint_proportions_2indep(b, m, a, n, method="newcomb", compare="diff", alpha=ALPHA)
        if min(n, m) * min(pooled, 1 - pooled) < _EXPECTED:
            test, p = "fisher", stats.fisher_exact([[b, m - b], [a, n - a]])[1]
        else:
            test, p = "chi2", test_proportions_2indep(b, m, a, n, method="score", correction=False).pvalue
    # An interval holds its estimate and ends where shares do; the last float digit must not take it out.
    low, high = max(-1.0, min(float(low), size)), min(1.0, max(float(high), size))
    return Difference(size, low, high, test, min(1.0, float(p)))


def rates_differ(before: tuple[float, float], after: tuple[float, float]) -> Difference:
    """Two counts per case, or two counts with an exposure of one, each as (count, exposure)."""
    (a, n), (b, m) = before, after
    size = b / m - a / n
    if a == b == 0:
        return Difference(size, math.nan, math.nan, "poisson-exact", 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of ratios, which are not asked for
        low, high = confint_poisson_2indep(b, m, a, n, compare="diff", method="score", alpha=ALPHA)
        if a + b < _COUNTS:
            test, p = "poisson-exact", stats.binomtest(int(b), int(a + b), m / (n + m)).pvalue
        else:
            test, p = "poisson", test_poisson_2indep(b, m, a, n, method="score", compare="ratio").pvalue
    return Difference(size, min(float(low), size), max(float(high), size), test, min(1.0, float(p)))


def slope(years: Sequence[float], values: Sequence[float]) -> Slope:
    """Whether a series goes one way, by Mann and Kendall, and how fast, by Theil and Sen."""
    fitted = stats.theilslopes(values, years, alpha=CONFIDENCE)
    ranks = tuple(int(r) for r in stats.rankdata(values, method="dense"))
    tied = len(set(ranks)) < len(ranks)
    if tied and len(ranks) <= _ORDERS:
        tau, p = stats.kendalltau(years, values).statistic, _all_orders(ranks)
    else:
        tau, p = stats.kendalltau(years, values, method="asymptotic" if tied else "exact")
    return Slope(
        *(float(x) for x in (fitted.slope, fitted.low_slope, fitted.high_slope)), float(tau), float(p)
    )


@lru_cache(maxsize=256)
def _all_orders(ranks: tuple[int, ...]) -> float:
    """The share of all orders of the values that go one way as much as theirs: Mann and Kendall's test, exact with
    ties."""
    orders = np.array(list(permutations(ranks)), dtype=np.int8)
    scores = np.zeros(len(orders), dtype=np.int16)
    for i, j in combinations(range(len(ranks)), 2):
        scores += np.sign(orders[:, j] - orders[:, i])
    return float(np.mean(np.abs(scores) >= abs(scores[0])))  # the first order is the one observed


def adjusted(p: Sequence[float]) -> np.ndarray:
    """The p values adjusted by Benjamini and Hochberg, in their order: of those at or below a limit, no more than
    that share is expected to be false."""
    return stats.false_discovery_control(p, method="bh") if len(p) else np.array([])


# many units


def distance(numerator: float, denominator: float, centre: float, of_cases: bool = True) -> float:
    """How many standard errors a share (``of_cases``), or a count per case, lies from ``centre``."""
    if of_cases:
        return float(np.sqrt(denominator) * proportion_effectsize(numerator / denominator, centre))
    return 2 * (math.sqrt(numerator) - math.sqrt(denominator * centre))


def overdispersion(distances: Sequence[float], least: int) -> float:
    """How much more the units differ than chance alone would have them: the mean square of their distances, a tenth at
    either end drawn in, and no less than one; one where they are fewer than ``least``."""
    if len(distances) < least:
        return 1.0
    low, high = np.quantile(distances, [0.1, 0.9])
    return max(1.0, float(np.mean(np.clip(distances, low, high) ** 2)))


def limits(
    denominators: Sequence[float], centre: float, coverage: float, phi: float, of_cases: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Between which rates that part (``coverage``) of units with ``centre`` lie, for each denominator."""
    beyond = stats.norm.ppf((1 + coverage) / 2) * math.sqrt(phi)
    wide = beyond / (2 * np.sqrt(np.asarray(denominators, dtype=float)))
    if not of_cases:
        middle = math.sqrt(centre)
        return np.clip(middle - wide, 0, None) ** 2, (middle + wide) ** 2
    angle = math.asin(math.sqrt(centre))
    low, high = np.clip(angle - wide, 0, None), np.clip(angle + wide, None, math.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def tail(distance_: float, phi: float) -> float:
    """The chance of lying so far out or farther, on either side, among units that differ by ``phi``."""
    return float(2 * stats.norm.sf(abs(distance_) / math.sqrt(phi)))
