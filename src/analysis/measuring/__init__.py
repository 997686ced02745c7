"""Counts become rates, changes and comparisons, with intervals, tests and what cannot be known.

In: reports. Out: ``rates`` (every declared indicator: numerator, denominator, value, Wilson's interval at 95%, notes) and
``counts`` of each report; ``trends`` of a unit over its years; ``aggregates`` and ``comparison`` of many units in one
period. A denominator of nothing gives no rate; cells that the page leaves open give the value if every placement agrees,
else its range; a small denominator is marked, and nobody is ranked by it; a change that its test does not support is none.
"""

from analysis.measuring.comparison import compare_units
from analysis.measuring.inference import limits, wilson
from analysis.measuring.rates import SMALL, Indicator, headlines, indicators, rates_of
from analysis.measuring.trends import Line, counts_of, lines, trends_of

__all__ = [
    "SMALL",
    "Indicator",
    "Line",
    "compare_units",
    "counts_of",
    "headlines",
    "indicators",
    "limits",
    "lines",
    "rates_of",
    "trends_of",
    "wilson",
]
