"""Findings and rates become points, by a rubric that can be replaced.

In: findings with what people have decided of them, rates, and which reports are at hand. Out: the table
``scores`` – one row an item of the rubric: what is deducted, what is open because it cannot be known, and the
evidence – and ``score_totals``, the points of each report at best and at worst. The rubric is declared in
rubric.yml; ``rubric`` reads and checks it, ``score`` applies it.
"""

from analysis.scoring.rubric import Item, Rubric, load_rubric
from analysis.scoring.score import card, line, score, totals

__all__ = ["Item", "Rubric", "card", "line", "load_rubric", "score", "totals"]
