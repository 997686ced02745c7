"""Section five: what is said to be wrong, what is promised, and whether the one answers the other.

In: a ``Report``. Out: the table ``problems`` – problem, measure, category, whether the measure
answers the problem, how concrete it is – and the findings about it. Cue words are declared in
categories.yml and rules.yml; ``split`` takes the section apart, ``labels`` labels the items.
"""

from analysis.problems.evidence import contradictions, evidence_of, said
from analysis.problems.findings import find, findings_within
from analysis.problems.labels import aspects, categories, opening, problems_of
from analysis.problems.split import rules

__all__ = [
    "aspects",
    "categories",
    "contradictions",
    "evidence_of",
    "find",
    "findings_within",
    "opening",
    "problems_of",
    "rules",
    "said",
]
