"""Counts become rates, with intervals and with what cannot be known.

In: a ``Report``. Out: the table ``rates`` – one row for each declared indicator (indicators.yml):
numerator, denominator, value, Wilson's interval at 95%, and notes. A denominator of nothing gives
no rate; cells that the page leaves open give the value if every placement agrees, else its range; a
small denominator is marked.
"""

from analysis.measuring.rates import Indicator, indicators, rates_of, wilson

__all__ = ["Indicator", "indicators", "rates_of", "wilson"]
