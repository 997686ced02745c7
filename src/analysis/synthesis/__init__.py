"""Reports that nobody wrote, for load and error tests: many, on the official forms, marked as synthetic.

In: how many units, years, formats, a seed and a share of errors. Out: a folder of reports with the truth beside them. What the
forms hold is declared in ``templates/``; names, sizes and sentences in the YAML files here.
"""

from analysis.synthesis.corpus import Made, Plan, plan, synthesise
from analysis.synthesis.formats import FORMATS

__all__ = ["FORMATS", "Made", "Plan", "plan", "synthesise"]
