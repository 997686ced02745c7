"""One function a chart: figure, plotted table, alt text.

In: reports and the tables made from them. Out: ``Chart``. The table holds every number that is drawn, so a chart is
tested as data; the alt text says what it shows. Looks are in ``style``. ``report`` draws one report, ``years`` one unit
over its years, ``units`` many units beside each other.
"""

from analysis.writing.charts import report, units, years
from analysis.writing.charts.canvas import Chart, draw

__all__ = ["Chart", "draw", "report", "units", "years"]
