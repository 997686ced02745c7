"""What chance can do: intervals and tests, each from SciPy or statsmodels.

In: counts. Out: numbers. Nothing here knows of reports. Two shares are compared by Newcombe's interval of their
difference (his method 10) and Pearson's chi-squared, or Fisher's exact test where an expected count is below five;
two counts, or counts per case, by the conditional test of two Poisson rates, exact where an expected count is
small, and the score interval of their difference. A series is tested by Mann and Kendall, with Theil and Sen's slope. The
limits of a funnel follow Spiegelhalter (Statistics in Medicine 24, 2005): the exact binomial or Poisson distribution, between
whole numbers interpolated, and his factor for overdispersion. Half of the chance of the very number that was seen counts to either
side (mid-p), or a unit that expects few cases would be judged too hard, or never.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    test_proportions_2indep,
)
from statsmodels.stats.rates import confint_poisson_2indep, test_poisson_2indep

# The intervals are for this confidence, and tests are held against what is left of it.
CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
# Below it an expected count is too small for a test that is not exact (Cochran's rule); of a Poisson count.
_EXPECTED, _COUNT = 5, 10
# A series of so many years, with ties, is tested by all its orders; a longer one by the normal approximation.
_ORDERS = 9


# One number a unit.
Counts = Sequence[float] | np.ndarray | pd.Series


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


@lru_cache(10_000)  # counts are small, and the same ones come again and again
def wilson(numerator: float, denominator: float) -> tuple[float, float]:
    """Wilson's score interval of a share, at ``CONFIDENCE``; both counts in cases."""
    low, high = proportion_confint(numerator, denominator, alpha=ALPHA, method="wilson")
    # At nothing and at everything the formula leaves dust of the last float digit.
    return (0.0 if numerator == 0 else float(low)), (1.0 if numerator == denominator else float(high))


def _known(*pairs: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    if np.isnan(pairs).any():
        raise ValueError(f"a count is not known: {pairs}")
    return pairs


def shares_differ(before: tuple[float, float], after: tuple[float, float]) -> Difference:
    """Two independent shares, each as (numerator, denominator); the difference as a fraction. Raises ``ValueError`` where a
    count is not known."""
    (a, n), (b, m) = _known(before, after)
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
    """Two counts per case, or two counts with an exposure of one, each as (count, exposure). Raises ``ValueError`` where one
    is not known."""
    (a, n), (b, m) = _known(before, after)
    size = b / m - a / n
    if a == b == 0:
        return Difference(size, math.nan, math.nan, "poisson-exact", 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of ratios, which are not asked for
        low, high = confint_poisson_2indep(b, m, a, n, compare="diff", method="score", alpha=ALPHA)
        if (a + b) * min(n, m) / (n + m) < _COUNT:
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

# Distances are not told beyond it: the chance is then below the smallest float.
_FAR = 37.0
# The part at either end that is drawn in before the spread of many units is taken, and what is then left of a
# normal distribution's variance.
_DRAWN_IN = 0.1
_EDGE = stats.norm.isf(_DRAWN_IN)
_LEFT = 2 * (0.5 - _DRAWN_IN - _EDGE * stats.norm.pdf(_EDGE) + _DRAWN_IN * _EDGE**2)


def _chance(denominators: Counts, centre: float, of_cases: bool):
    """How numerators over ``denominators`` are distributed at the rate ``centre``: binomial, or Poisson where the
    numerator is not a part of the denominator."""
    of = np.asarray(denominators, dtype=float)
    return stats.binom(of, centre) if of_cases else stats.poisson(of * centre)


def distances(numerators: Counts, denominators: Counts, centre: float, of_cases: bool = True) -> np.ndarray:
    """How far each share (``of_cases``), or count per case, lies from ``centre``: the standard normal deviate with the same
    chance (mid-p) of lying so far out or farther on its side."""
    seen, chance = np.asarray(numerators, dtype=float), _chance(denominators, centre, of_cases)
    half = chance.pmf(seen) / 2
    below, above = chance.cdf(seen - 1) + half, chance.sf(seen) + half
    far = np.where(below < above, stats.norm.ppf(below), stats.norm.isf(above))
    return np.clip(far, -_FAR, _FAR)


def overdispersion(of: Sequence[float]) -> tuple[float, float]:
    """How much more units at these distances differ than chance alone would have them, and the chance of as much
    (chi-squared). The first is the mean square of the distances, a tenth at either end drawn in, against what that leaves
    of a normal distribution; no less than one."""
    low, high = np.quantile(of, [_DRAWN_IN, 1 - _DRAWN_IN])
    factor = float(np.mean(np.clip(of, low, high) ** 2)) / _LEFT
    return max(1.0, factor), float(stats.chi2.sf(np.sum(np.square(of)), len(of) - 1))


def limits(
    denominators: Counts, centre: float, coverage: float, phi: float, of_cases: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Between which rates that part (``coverage``) of units with ``centre`` lie, for each denominator. At its limit a
    numerator, interpolated between whole ones, is at the distance (``distances``) that ``coverage`` and ``phi`` allow."""
    of = np.asarray(denominators, dtype=float)
    chance = _chance(of, centre, of_cases)
    allowed = stats.norm.sf(stats.norm.ppf((1 + coverage) / 2) * math.sqrt(phi))
    # No count farther out than this has a chance that a float can hold.
    most = of if of_cases else np.ceil(of * centre + 40 * np.sqrt(of * centre) + 400)

    def below(x: np.ndarray) -> np.ndarray:
        return chance.cdf(x - 1) + chance.pmf(x) / 2

    def above(x: np.ndarray) -> np.ndarray:
        return chance.sf(x) + chance.pmf(x) / 2

    first = _first(lambda x: below(x) >= allowed, most)
    low = first - _part(below(first), below(first - 1), allowed)
    last = _first(lambda x: above(x) <= allowed, most)
    high = last - _part(above(last - 1), above(last), allowed, rising=False)
    return np.clip(low, 0, most) / of, np.clip(high, 0, most) / of


def _first(reached: Callable[[np.ndarray], np.ndarray], most: np.ndarray) -> np.ndarray:
    """The first whole number at which something is reached, for each ``most``; the one after it if none does. SciPy's own
    ``isf`` loses the tails that wide limits ask for."""
    low, high = np.zeros_like(most), most + 1
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        yes = reached(middle) & (low < high)
        low, high = np.where(yes | (low >= high), low, middle + 1), np.where(yes, middle, high)
    return low


def _part(upper: np.ndarray, lower: np.ndarray, wanted: float, rising: bool = True) -> np.ndarray:
    """How far back from a whole number a line between two chances reaches the one that is ``wanted``."""
    step = np.where(upper > lower, upper - lower, 1.0)
    return np.clip((upper - wanted if rising else wanted - lower) / step, 0, 1)


def tails(of: Counts, phi: float) -> np.ndarray:
    """The chance of lying at these distances or farther, on either side, among units that differ by ``phi``."""
    return 2 * stats.norm.sf(np.abs(of) / math.sqrt(phi))
